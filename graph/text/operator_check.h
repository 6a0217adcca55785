// What the operator table says about a call: unknown names, arguments that cannot match. Internal to graph/text.
#pragma once

#include "graph/text/reader.h"

namespace graph::text {

/// The callee at `token`, looked up once per file and spelling.
Callee& lookUpCallee(Reader& reader, const Token& token);

/// The callee that a target in print(graph) or, with `isStr`, print_tabular means (described_target.h). Warns when only the function's own name is known.
Callee& lookUpPrinted(Reader& reader, std::string_view printed, Range where, bool isStr);

/// Reports an unknown operator (a warning, once per spelling, in namespaces that the table knows) and arguments that no
/// reading of the schema takes: an error when the text names the overload, a warning when it does not. Dumps of other PyTorch
/// versions are valid, so everything that might match passes.
void checkOperator(Reader& reader, Callee& callee, const ir::Node& node, Range where);

}  // namespace graph::text
