// What a view operator does to a location: slice, select, permute, view, expand … with Python's rules for bounds.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "rewrites/storage.h"

namespace rewrites {

/// Reads the arguments of one view, whether they stand in a node or are those of a scatter.
class ViewArguments {
 public:
  virtual ~ViewArguments() = default;
  /// Argument `name` of the view's schema, default filled in; null when there is none.
  virtual const graph::ir::Argument* get(std::string_view name) const = 0;
};

/// What applyView needs to know beside the arguments.
struct ViewContext {
  const Location& base;
  const Location& owner;                          // of base's storage: its shape and dtype
  const std::vector<graph::ir::Expr>* shape;      // of the result as annotated, null when nothing says it
  graph::ir::DType dtype;                         // of the result
  const graph::ir::Facts& facts;
  std::function<std::optional<graph::ir::Expr>(const graph::ir::Argument&)> expression;   // the value of an integer argument
  bool fromStart;                                 // the owner's storage begins with its first element, row by row: as_strided can be placed
};

/// The location of `target(base, arguments…)`. The annotated shape states what clamping came to (a slice 0:s0 annotated s0 says that s0
/// fits). A view that is not modelled exactly becomes a superset or, when even its elements are unclear, `known == false`.
Location applyView(const ViewContext& context, std::string_view target, const ViewArguments& arguments);

/// Result `index` of split, split_with_sizes, chunk, unbind.
Location applySplit(const ViewContext& context, std::string_view target, const ViewArguments& arguments, int64_t index);

/// The affine map of a location: its own, or the one that its box and dimensions say. `item` is the size of an element in bytes.
std::optional<Strided> mapOf(const Location& at, const std::vector<graph::ir::Expr>& ownerShape, int64_t item);

}  // namespace rewrites
