// Checks what every graph must satisfy before it becomes a revision.
#pragma once

#include <string>
#include <vector>

#include "graph/ir/graph.h"

namespace graph::ir {

struct LintProblem {
  NodeId node;
  std::string message;  // says the node's name and what is wrong
};

/// Definition before use, one output and last, placeholders first, unique names that are Python identifiers, argument
/// counts and names against the schema where it is known (an unknown operator is no breach: custom operators exist), shapes
/// not negative, getitem in range where the producer's schema says how many results there are. Empty when all is well.
std::vector<LintProblem> lint(const Graph& graph);

}  // namespace graph::ir
