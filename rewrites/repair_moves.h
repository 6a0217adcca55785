// Which nodes of a graph may go to an earlier place without computing anything else.
//
// A node may when it only computes (no write, no random number, no assertion, nothing asynchronous or unknown), when nothing between the two
// places writes what it reads, and when the same holds for those of its operands that stand between. Inputs and constants may be
// the same memory: a write to any of them counts for all.
#pragma once

#include <set>
#include <vector>

#include "rewrites/effects.h"

namespace rewrites {

class RepairMoves {
 public:
  explicit RepairMoves(const Storage& storage);

  /// Adds to `moved` what has to go before `before` so that `node` may stand there; false when that is not possible.
  bool collect(graph::ir::NodeId node, graph::ir::NodeId before, std::set<graph::ir::NodeId>& moved) const;
  /// The same of a value that may only be a view, with views and sizes that it needs: nothing is computed earlier.
  bool collectView(graph::ir::NodeId value, graph::ir::NodeId before, std::set<graph::ir::NodeId>& moved) const;
  std::vector<graph::ir::NodeId> ordered(const std::set<graph::ir::NodeId>& moved) const;   // in execution order
  /// The values that a node reads of one storage.
  std::vector<graph::ir::NodeId> readsOf(graph::ir::NodeId reader, graph::ir::NodeId owner) const;
  /// Whether `reader` computes the same from a clone of `value` made before `before`: its elements are not written until then, and its result gets
  /// the strides that it had, as long as the inputs that are added to `assumed` have those that the graph states.
  bool mayReadClone(graph::ir::NodeId reader, graph::ir::NodeId value, graph::ir::NodeId before, Storage::Assumed& assumed) const;
  /// Somebody writes into a value's storage, as printed.
  bool isWritten(graph::ir::NodeId value) const { return !effects_.writers(storage_.owner(value)).empty(); }

 private:
  bool onlyComputes(graph::ir::NodeId id) const;
  bool unchanged(graph::ir::NodeId value, graph::ir::NodeId from, graph::ir::NodeId until) const;
  bool readsTheSame(graph::ir::NodeId id, graph::ir::NodeId before) const;
  bool isUnderstood(graph::ir::NodeId value) const;
  bool keptByCaller(graph::ir::NodeId owner) const;

  const Storage& storage_;
  const graph::ir::Graph& graph_;
  Effects effects_;
  std::vector<graph::ir::NodeId> sharedWriters_;   // nodes that write an input or a constant
};

}  // namespace rewrites
