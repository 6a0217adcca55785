// Placeholders of the forms that show a node's name and its parameter's both. Internal to graph/text.
#pragma once

#include "graph/ir/graph.h"
#include "graph/text/problems.h"

namespace graph::text {

/// A parameter with the name of another placeholder or parameter has no place in generated code: it gets its node's name, with a
/// warning at `where`.
void settleParameters(ir::Graph& graph, Problems& problems, Range where);

}  // namespace graph::text
