// Where do two graphs begin to differ? Both are run node by node on the same inputs, and values of nodes with the same name are compared
// when they are computed.
//
// A first pass keeps a digest of every value of the first graph, so that memory stays bounded; a second one keeps the value of the
// node that differs, to measure it, and watches its operands to say which of them was overwritten, and by whom.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "graph/run/inputs.h"

namespace graph::run {

struct FirstDifference {
  ir::NodeId node;          // of the second graph
  double maxAbs = 0;
  int64_t differing = 0, elements = 0;
  /// An operand that was equal when it was computed and differs when the node reads it.
  struct Overwritten {
    std::string operand;
    ir::NodeId by;          // of the second graph; none when it is the first graph that overwrote it
  };
  std::optional<Overwritten> overwritten;
};

struct NodeComparison {
  std::optional<FirstDifference> first;
  size_t compared = 0;      // nodes that both have, with results of the same types and shapes
  std::string failure;      // a run that failed on the way, of the second graph
};

/// The first node of `after`, in its order, whose result differs from that of the node of `before` with the same name. Results of other
/// shapes are not compared: a node that a rewrite made another one of. Equal NaN are equal. Throws what makeInputs and running `before` throw.
NodeComparison firstDifference(Backend& backend, const ir::Graph& before, const ir::Graph& after, const InputRequest& request);

}  // namespace graph::run
