// Which integers are valid for an integer input: those that its uses as an index allow.
//
// Follows the input forward through views, conversions and sums with constants to embedding, index, index_put, gather, scatter,
// index_select and their kin; sizes come from annotations under the binding. Pure.
#pragma once

#include <optional>

#include "graph/ir/graph.h"

namespace graph::run {

struct IndexUse {
  int64_t low = 0, high = INT64_MAX;  // valid values: low <= v < high
  bool used = false;                  // as an index somewhere
  bool distinct = false;              // an index_put or scatter writes by it: equal indices would make the result depend on order
  std::optional<int64_t> exact;       // its only element becomes a symbol whose value is known
};

IndexUse indexUse(const ir::Graph& graph, ir::NodeId input, const ir::Binding& binding);

/// The input feeds a square root or logarithm: it must be positive for the results to be numbers.
bool needsPositive(const ir::Graph& graph, ir::NodeId input);

}  // namespace graph::run
