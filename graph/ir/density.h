// How the elements of a tensor fill its memory, from sizes and strides. Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "graph/ir/symbol.h"

namespace graph::ir {

enum class Density : uint8_t {
  contiguous,   // row major, without gaps
  dense,        // without gaps, the dimensions in another order (channels last, transposed): clone keeps such strides
  gaps,         // no two elements in one place, but places between them that are nobody's
  overlapping,  // a stride of 0 along which there is more than one element
  unknown,      // none of these can be proved
};

/// `shape` and `stride` of the same length, in elements. Dimensions of size 1 do not count; symbolic sizes are taken to be at least 1, as a
/// tensor without elements fills nothing.
Density densityOf(const std::vector<Expr>& shape, const std::vector<Expr>& stride);
/// "contiguous", "dense" …
std::string_view densityName(Density density);

}  // namespace graph::ir
