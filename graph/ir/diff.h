// What changed between two revisions of a graph, or between two graphs read from files.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "graph/ir/graph.h"

namespace graph::ir {

struct Diff {
  std::vector<NodeId> removed;                      // ids of the first graph
  std::vector<NodeId> added;                        // ids of the second
  std::vector<std::pair<NodeId, NodeId>> changed;   // same node (by id or by name), other content
  bool empty() const { return removed.empty() && added.empty() && changed.empty(); }
};

/// For revisions of one graph: compares slots by pointer, shared chunks in O(1).
Diff diffRevisions(const Graph& before, const Graph& after);
/// For unrelated graphs: nodes are matched by name, references by the names they refer to.
Diff diffByName(const Graph& before, const Graph& after);

}  // namespace graph::ir
