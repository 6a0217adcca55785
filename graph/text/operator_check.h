// What the operator table says about a call: unknown names, arguments that cannot match. Internal to graph/text.
#pragma once

#include "graph/text/reader.h"

namespace graph::text {

/// The callee at `token`, looked up once per file and spelling.
Callee& lookUpCallee(Reader& reader, const Token& token);

/// Reports an unknown operator (a warning, once per spelling, in namespaces that the table knows) and arguments that no
/// reading of the schema takes: an error when the text names the overload, a warning when it does not. Dumps of other PyTorch
/// versions are valid, so everything that might match passes.
void checkOperator(Reader& reader, Callee& callee, const ir::Node& node, Range where);

}  // namespace graph::text
