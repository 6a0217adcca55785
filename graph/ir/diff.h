// What changed between two revisions of a graph, or between two graphs read from files.
//
// Lists are in execution order of the graph whose ids they hold (pairs: of the second). Subgraphs and guards are not looked at.
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
  std::vector<std::pair<NodeId, NodeId>> moved;     // in both, at another place in execution order: as few as explain it
  bool empty() const { return removed.empty() && added.empty() && changed.empty() && moved.empty(); }
};

/// For revisions of one graph: compares slots by pointer, shared chunks in O(1).
Diff diffRevisions(const Graph& before, const Graph& after);
/// For unrelated graphs: nodes are matched by name, references by the names they refer to.
Diff diffByName(const Graph& before, const Graph& after);

}  // namespace graph::ir
