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

/// The location of `target(base, arguments…)`. `shape` is the annotated shape of the result when there is one: it states what
/// clamping came to (a slice 0:s0 annotated s0 says that s0 fits). `expression` gives integer arguments. A view that is not
/// modelled exactly becomes inexact or, when even its elements are unclear, `known == false`.
Location applyView(const Location& base, std::string_view target, const ViewArguments& arguments, const std::vector<graph::ir::Expr>* shape,
                   const graph::ir::Facts& facts, const std::function<std::optional<graph::ir::Expr>(const graph::ir::Argument&)>& expression);

/// Result `index` of split, split_with_sizes, chunk, unbind.
Location applySplit(const Location& base, std::string_view target, const ViewArguments& arguments, int64_t index, const std::vector<graph::ir::Expr>* shape,
                    const graph::ir::Facts& facts, const std::function<std::optional<graph::ir::Expr>(const graph::ir::Argument&)>& expression);

}  // namespace rewrites
