// When a graph first writes and last touches each of its inputs and constants: what a `disjoint` guard is checked against.
//
// From schemas alone: a node whose result may alias an operand carries that operand's input on; an operator without schema may write,
// read and alias everything that it is given. Metadata (aten.sym_*) and views touch nothing. Pure, O(nodes).
#pragma once

#include <cstdint>
#include <vector>

#include "graph/ir/graph.h"

namespace graph::ir {

struct InputUse {
  NodeId input;               // a placeholder or get_attr node that is a tensor
  uint32_t firstWrite = 0;    // position in execution order, from 1; 0 = never written
  uint32_t lastTouch = 0;     // last node that reads or writes its elements; 0 = never
  /// May `this` (guarded, written) and `other` not be the same memory? Exactly when `other` is touched at or after the first write.
  bool conflictsWith(const InputUse& other) const { return firstWrite != 0 && other.lastTouch >= firstWrite; }
};

/// Of every tensor input and constant, in order.
std::vector<InputUse> inputUses(const Graph& graph);

}  // namespace graph::ir
