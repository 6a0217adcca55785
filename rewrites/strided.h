// The elements that a view shows, as an affine map into its owner: byte offset + sum(index * stride), sizes and strides symbolic.
//
// Bytes are numbered as if the owner lay row by row, which any owner without self overlap may be taken to do: who meets whom does not
// depend on how it really lies. Every view operator of ATen is an operation on such a map, except those that are relative to the
// storage (as_strided), which need an owner that really lies row by row. Pure.
#pragma once

#include <optional>
#include <vector>

#include "graph/ir/symbol.h"

namespace rewrites {

struct Strided {
  struct Dim {
    graph::ir::Expr size, stride;   // stride in bytes
    bool operator==(const Dim&) const = default;
  };
  graph::ir::Expr offset;           // in bytes, from the owner's first element
  std::vector<Dim> dims;            // of the value, in its order
  int64_t item = 1;                 // bytes of an element
  bool operator==(const Strided&) const = default;

  /// All of a tensor of this shape.
  static Strided whole(const std::vector<graph::ir::Expr>& shape, int64_t item);
  /// Elements start, start+step … of dimension `d`, `size` of them.
  void narrow(size_t d, const graph::ir::Expr& start, const graph::ir::Expr& size, const graph::ir::Expr& step);
  /// view, reshape: the same elements in the same order. Nothing when no strides show them (torch: "not compatible with its size and stride"),
  /// or when the symbols do not tell. The rule is computeStride of ATen/TensorUtils.cpp, over the normal form of the sizes.
  std::optional<Strided> reshaped(const std::vector<graph::ir::Expr>& shape, const graph::ir::Facts& facts) const;
  /// view.dtype: elements of another size; the last dimension must be dense when they are not equally large.
  std::optional<Strided> reinterpreted(int64_t newItem) const;
  /// Whether its elements lie one after the other in their order, from the map alone.
  bool isRowMajor(const graph::ir::Facts& facts) const;
  /// The same with gaps: each dimension steps over all of the inner ones.
  bool isInRowOrder(const graph::ir::Facts& facts) const;
  /// One past the last byte, and the first; nothing when a stride is not provably >= 0.
  struct Span { graph::ir::Expr begin, end; };
  std::optional<Span> span(const graph::ir::Facts& facts) const;
  /// Nothing of it is empty or all of it is: no dimension's size is provably 0.
  bool isConstant() const;
};

/// Where `inner`, a map into a value, lies in the owner of that value, which `outer` shows. `inner` numbers the value's bytes row by row, so this is
/// exact when the value is dense in its owner, or when `inner` says along which dimension of the value it runs.
std::optional<Strided> compose(const Strided& outer, const Strided& inner, const graph::ir::Facts& facts);

enum class Overlap : uint8_t { no, yes, unknown };   // unknown: a symbol decides

Overlap overlap(const Strided& a, const Strided& b, const graph::ir::Facts& facts);
/// Provably the same value: the same elements in the same order.
bool sameValue(const Strided& a, const Strided& b, const graph::ir::Facts& facts);
/// Every byte of `inner` is provably one of `outer`.
bool contains(const Strided& outer, const Strided& inner, const graph::ir::Facts& facts);
/// At most one dimension has more than one element: they have one order only.
bool isLine(const std::vector<graph::ir::Expr>& shape);
/// Two elements may share a byte.
bool maySelfOverlap(const Strided& map, const graph::ir::Facts& facts);

}  // namespace rewrites
