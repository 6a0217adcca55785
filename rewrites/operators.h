// What an operator does to memory: makes a fresh result, shows its operand (a view), writes an operand, or nobody knows.
//
// From the schema's alias annotations, plus the operators whose annotations do not tell (`_unsafe_view` aliases without saying so,
// `reshape` only may alias). A custom, higher-order or torch-level call that has no schema is `unknown`: it may read, write and
// keep whatever it can reach. Pure; results are computed once per target.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graph/ir/graph.h"
#include "graph/ir/schema.h"

namespace rewrites {

enum class Effect : uint8_t {
  input,      // placeholder
  constant,   // get_attr
  output,
  symbolic,   // integers and metadata (sym_size, _operator.mul on sizes): reads no element
  stride,     // sym_stride, sym_storage_offset …: reads no element, but tells the geometry
  view,       // the result shows operand 0
  mayView,    // at some sizes or strides the result shows operand 0, at others it is fresh
  getitem,    // one of several results
  update,     // fresh result equal to operand 0 outside a window
  mutation,   // writes an operand
  fresh,      // reads its tensor operands, result is new
  unknown,
};

struct Operator {
  Effect effect = Effect::unknown;
  std::vector<size_t> written;     // mutation: schema arguments that are written
  std::vector<size_t> aliased;     // mutation: what the results show, by result (SIZE_MAX: fresh)
  bool readsOperand0 = true;       // false: fill, zero, copy, *_like: nothing of operand 0 is read
  bool covers = false;             // mutation: every element of the destination is written
  bool multiple = false;           // several results, taken by getitem
  bool collective = false;         // runs asynchronously until waited for
  std::string view;                // update by scatter: the view operator that shows its window
  std::string twin;                // update: the in-place operator
};

class Operators {
 public:
  const Operator& of(const graph::ir::Node& node);

 private:
  std::unordered_map<std::string, Operator> known_;
};

/// "slice_scatter" of "aten.slice_scatter.default".
std::string_view operatorName(std::string_view target);
/// Tensor operand `index` (by schema position) of a node: the nodes in it (several for a list).
std::vector<graph::ir::NodeId> operand(const graph::ir::Node& node, size_t index);
/// The first operand of a view, update or mutation; no node when it is not one.
graph::ir::NodeId firstOperand(const graph::ir::Node& node);

}  // namespace rewrites
