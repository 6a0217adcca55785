#include "graph/run/overlap.h"

#include <algorithm>
#include <numeric>

namespace graph::run {
namespace {

using Dims = std::span<const ByteSet::Dim>;

int64_t extent(Dims dims) {
  int64_t last = 0;
  for (auto& dim : dims) last += (dim.size - 1) * dim.stride;
  return last + 1;
}

// Bytes of the innermost dense run, and how many dimensions lie outside it.
struct Shape {
  int64_t run = 1;
  size_t outer = 0;
};
Shape shapeOf(Dims dims) {
  if (!dims.empty() && dims.back().stride == 1) return {dims.back().size, dims.size() - 1};
  return {1, dims.size()};
}

int64_t floorDivide(int64_t a, int64_t b) { return a / b - (a % b != 0 && a < 0); }

class Search {
 public:
  // Sets `dims` at byte `a` against `other` at byte `b`; false also when the budget ran out (see `exhausted`).
  bool meet(int64_t a, Dims dims, int64_t b, Dims other) {
    if (--budget_ < 0) return false;
    auto lengthA = extent(dims), lengthB = extent(other);
    if (a + lengthA <= b || b + lengthB <= a) return false;
    if (a == b) return true;
    auto shapeA = shapeOf(dims), shapeB = shapeOf(other);
    if (shapeA.outer == 0 && shapeB.outer == 0) return true;
    if (apartByResidue(a, dims, shapeA, b, other, shapeB)) return false;
    if (shapeA.outer > 0 && shapeB.outer > 0 && dims[0].stride == other[0].stride) return meetInStep(a, dims, b, other);
    if (shapeB.outer == 0 || (shapeA.outer > 0 && dims[0].stride >= other[0].stride)) return split(a, dims, b, other);
    return split(b, other, a, dims);
  }
  bool exhausted() const { return budget_ < 0; }

 private:
  // All starts of dense runs are congruent modulo the gcd of the outer strides: runs that do not meet there never meet.
  static bool apartByResidue(int64_t a, Dims dims, Shape shapeA, int64_t b, Dims other, Shape shapeB) {
    int64_t g = 0;
    for (auto& dim : dims.first(shapeA.outer)) g = std::gcd(g, dim.stride);
    for (auto& dim : other.first(shapeB.outer)) g = std::gcd(g, dim.stride);
    if (g <= 1 || shapeA.run >= g || shapeB.run >= g) return false;
    int64_t distance = ((b - a) % g + g) % g;
    return distance >= shapeA.run && g - distance >= shapeB.run;
  }

  // Same outer stride: only the difference of the two outer indices matters.
  bool meetInStep(int64_t a, Dims dims, int64_t b, Dims other) {
    int64_t step = dims[0].stride, low = -(other[0].size - 1), high = dims[0].size - 1;
    narrow(a, extent(dims.subspan(1)), b, extent(other.subspan(1)), step, low, high);
    for (int64_t shift = low; shift <= high && budget_ >= 0; ++shift)
      if (meet(a + shift * step, dims.subspan(1), b, other.subspan(1))) return true;
    return false;
  }

  bool split(int64_t a, Dims dims, int64_t b, Dims other) {
    int64_t step = dims[0].stride, low = 0, high = dims[0].size - 1;
    narrow(a, extent(dims.subspan(1)), b, extent(other), step, low, high);
    for (int64_t index = low; index <= high && budget_ >= 0; ++index)
      if (meet(a + index * step, dims.subspan(1), b, other)) return true;
    return false;
  }

  // Keeps the indices i for which [a + i*step, + lengthA) meets [b, + lengthB).
  static void narrow(int64_t a, int64_t lengthA, int64_t b, int64_t lengthB, int64_t step, int64_t& low, int64_t& high) {
    low = std::max(low, floorDivide(b - a - lengthA, step) + 1);
    high = std::min(high, floorDivide(b + lengthB - 1 - a, step));
  }

  int64_t budget_ = 20'000'000;
};

}  // namespace

ByteSet::ByteSet(int64_t begin, std::span<const int64_t> sizes, std::span<const int64_t> strides, int64_t itemSize) : begin_(begin) {
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 0) empty_ = true;
    if (sizes[i] <= 1) continue;
    int64_t stride = strides[i] * itemSize;
    if (stride == 0) {
      repeats_ = true;
      continue;
    }
    if (stride < 0) {
      begin_ += (sizes[i] - 1) * stride;
      stride = -stride;
    }
    dims_.push_back({sizes[i], stride});
  }
  if (itemSize > 1) dims_.push_back({itemSize, 1});
  std::sort(dims_.begin(), dims_.end(), [](const Dim& a, const Dim& b) { return a.stride > b.stride; });
  std::vector<Dim> merged;
  for (auto& dim : dims_) {
    if (!merged.empty() && merged.back().stride == dim.size * dim.stride)
      merged.back() = {merged.back().size * dim.size, dim.stride};
    else
      merged.push_back(dim);
  }
  dims_ = std::move(merged);
}

int64_t ByteSet::end() const { return empty_ ? begin_ : begin_ + extent(dims_); }

Overlap overlap(const ByteSet& a, const ByteSet& b) {
  if (a.empty() || b.empty()) return Overlap::disjoint;
  Search search;
  if (search.meet(a.begin(), a.dims(), b.begin(), b.dims())) return Overlap::shared;
  return search.exhausted() ? Overlap::unknown : Overlap::disjoint;
}

Overlap selfOverlap(int64_t begin, std::span<const int64_t> sizes, std::span<const int64_t> strides, int64_t itemSize) {
  ByteSet all(begin, sizes, strides, itemSize);
  if (all.empty()) return Overlap::disjoint;
  if (all.repeats()) return Overlap::shared;
  Dims dims = all.dims();
  Search search;
  // Two elements that meet differ first in some dimension i, by 1 … size-1: the rest of the tensor against itself, shifted.
  for (size_t i = 0; i < dims.size(); ++i) {
    auto rest = dims.subspan(i + 1);
    for (int64_t shift = 1; shift < dims[i].size && shift * dims[i].stride < extent(rest); ++shift)
      if (search.meet(0, rest, shift * dims[i].stride, rest)) return Overlap::shared;
  }
  return search.exhausted() ? Overlap::unknown : Overlap::disjoint;
}

}  // namespace graph::run
