// What an exported Python module checks of its inputs, and the names that are used in it.
//
// The tables of a graph (inputs, pairs that must be apart, strides, conditions) are written here; the code that reads them is
// python_runtime.h, the same in every module.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "graph/ir/graph.h"
#include "graph/ir/input_use.h"

namespace rewrites {

/// Names that a module uses itself: no value may be called like that.
const std::set<std::string, std::less<>>& pythonReservedNames();
/// A text as an identifier that is not reserved.
std::string pythonIdentifier(const std::string& text);
/// A text as a literal.
std::string pythonString(const std::string& text);
/// What forward() calls a placeholder.
std::string pythonParameter(const graph::ir::Node& placeholder);

/// CHECK_INPUTS, the tables, and `_check_inputs(values)` with what it calls. `uses` are the graph's input uses; `attributes` the module's
/// globals by the target of their get_attr nodes.
std::string pythonChecks(const graph::ir::Graph& graph, const std::vector<graph::ir::InputUse>& uses, const std::map<std::string, std::string>& attributes);

}  // namespace rewrites
