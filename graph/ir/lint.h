// Checks what every graph must satisfy before it becomes a revision. O(nodes + arguments).
#pragma once

#include <string>
#include <vector>

#include "graph/ir/graph.h"

namespace graph::ir {

struct LintProblem {
  NodeId node;
  std::string message;  // says the node's name and what is wrong
};

/// Definition before use, at most one output (a fragment has none) and last, placeholders before calls, unique names that are
/// Python identifiers, argument counts and names against the schema where it is known (an unknown operator is no breach: custom
/// operators exist), sizes not negative, getitem in range where the producer's schema says how many results there are. Empty when
/// all is well. Problems of a subgraph are reported at the get_attr that reads it.
std::vector<LintProblem> lint(const Graph& graph);

}  // namespace graph::ir
