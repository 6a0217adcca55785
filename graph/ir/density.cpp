// From the smallest stride to the largest: each dimension must begin where those before it end, or behind that.
#include "graph/ir/density.h"

#include <algorithm>

namespace graph::ir {
namespace {

struct Dimension {
  Expr size, stride;
};

bool isContiguous(const std::vector<Dimension>& dimensions) {
  Expr expected(1);
  for (size_t i = dimensions.size(); i-- > 0;) {
    if (!(dimensions[i].stride == expected)) return false;
    expected = expected * dimensions[i].size;
  }
  return true;
}

bool isDense(std::vector<Dimension> left) {
  for (Expr expected(1); !left.empty();) {
    const auto next = std::find_if(left.begin(), left.end(), [&](const Dimension& d) { return d.stride == expected; });
    if (next == left.end()) return false;
    expected = expected * next->size;
    left.erase(next);
  }
  return true;
}

bool isNested(std::vector<Dimension> left) {
  Facts facts;
  for (const Dimension& dimension : left) facts.addNonNegative(dimension.size - Expr(1));
  for (Expr end(1); !left.empty();) {   // one past the last element of the dimensions taken so far
    const auto isNext = [&](const Dimension& d) {
      return facts.provesNonNegative(d.stride - end) &&
             std::all_of(left.begin(), left.end(), [&](const Dimension& other) { return facts.provesNonNegative(other.stride - d.stride); });
    };
    const auto next = std::find_if(left.begin(), left.end(), isNext);
    if (next == left.end()) return false;
    end = end + (next->size - Expr(1)) * next->stride;
    left.erase(next);
  }
  return true;
}

}  // namespace

Density densityOf(const std::vector<Expr>& shape, const std::vector<Expr>& stride) {
  std::vector<Dimension> dimensions;
  for (size_t i = 0; i < std::min(shape.size(), stride.size()); ++i)
    if (!(shape[i] == Expr(1))) dimensions.push_back({shape[i], stride[i]});
  if (isContiguous(dimensions)) return Density::contiguous;
  if (isDense(dimensions)) return Density::dense;
  if (std::any_of(dimensions.begin(), dimensions.end(), [](const Dimension& d) { return d.stride == Expr(0) && d.size.asConstant(); }))
    return Density::overlapping;
  return isNested(dimensions) ? Density::gaps : Density::unknown;
}

std::string_view densityName(Density density) {
  switch (density) {
    case Density::contiguous: return "contiguous";
    case Density::dense: return "dense";
    case Density::gaps: return "gaps";
    case Density::overlapping: return "overlapping";
    case Density::unknown: break;
  }
  return "unknown";
}

}  // namespace graph::ir
