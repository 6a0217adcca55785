// What an operator does to memory: makes a fresh result, shows its operand (a view), writes an operand, or nobody knows.
//
// From the schema's alias annotations, plus the operators whose annotations do not tell (`_unsafe_view` aliases without saying so,
// `reshape` only may alias). A custom, higher-order or torch-level call that has no schema is `unknown`: it may read, write and
// keep whatever it can reach. Pure; results are computed once per target.
#pragma once

#include <initializer_list>
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

/// How a copy need not be made: what its result could show instead.
enum class Forward : uint8_t {
  none,
  clone,    // operand 0: clone, contiguous, _to_copy when the types agree
  view,     // a view of operand 0: slice_copy …; Operator::view names it
  source,   // copy(d, s): operand 1, when types and shapes agree
};

struct Operator {
  Effect effect = Effect::unknown;
  std::vector<size_t> written;     // mutation: schema arguments that are written
  std::vector<size_t> aliased;     // mutation: what the results show, by result (SIZE_MAX: fresh)
  bool readsOperand0 = true;       // false: fill, zero, copy, *_like: nothing of operand 0 is read
  bool covers = false;             // mutation: every element of the destination is written
  bool mayNotBlock = false;        // takes `non_blocking`, or nobody knows
  bool multiple = false;           // several results, taken by getitem
  bool collective = false;         // runs asynchronously until waited for
  bool pointwise = false;          // each element of the result depends on the operands' elements at its place alone
  Forward forward = Forward::none;
  std::string view;                // update by scatter: the view operator that shows its window; Forward::view: that view
  std::string twin;                // update, or fresh: the in-place operator
};

/// References stay valid as long as the table.
class Operators {
 public:
  const Operator& of(const graph::ir::Node& node);

 private:
  struct Hash : std::hash<std::string_view> { using is_transparent = void; };
  std::unordered_map<std::string, Operator, Hash, std::equal_to<>> known_;
};

/// Reads or shows the storage of its operand, whatever the operand itself shows of it: as_strided and its kin.
bool isStorageRelative(const graph::ir::Node& node);
/// Its result is row-major whatever it is given: factories, and updates that do not keep their base's strides.
bool makesRowMajor(const graph::ir::Node& node);
/// Its result is row-major when all of its tensor operands are.
bool keepsRowMajor(const graph::ir::Node& node, const Operator& op);
/// "slice_scatter" of "aten.slice_scatter.default". Empty for a declared operator: whatever it is called, its schema alone says what it does.
std::string_view operatorName(std::string_view target);
/// A name among others.
bool oneOf(std::string_view name, std::initializer_list<std::string_view> names);
/// `copy_`, which the epilogue of a graph writes its inputs with.
bool isCopyInto(const graph::ir::Node& node);
/// What a node asks for as `memory_format` ("torch.contiguous_format"); empty when it asks for none.
std::string_view memoryFormat(const graph::ir::Node& node);
/// Tensor operand `index` (by schema position) of a node: the nodes in it (several for a list).
std::vector<graph::ir::NodeId> operand(const graph::ir::Node& node, size_t index);
/// What a scatter, copy or copy_ moves: operand 1; no node when that is no single one.
graph::ir::NodeId sourceOf(const graph::ir::Node& node);
/// The first operand of a view, update or mutation; no node when it is not one.
graph::ir::NodeId firstOperand(const graph::ir::Node& node);

}  // namespace rewrites
