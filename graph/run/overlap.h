// Do two strided sets of bytes share one, exactly?
//
// Cheap answers first: address intervals, equal starts, a residue test (views that interleave with a common stride). Then both sets
// are split along their outermost dimension wherever their intervals still meet. Work is bounded: two sets too irregular to
// decide give `unknown`, which callers must treat as sharing. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace graph::run {

/// Bytes [begin + sum(index * stride)] of every index, in a normal form: no size 1, no stride 0, strides descending, dense dimensions
/// merged.
class ByteSet {
 public:
  /// Sizes and strides in elements; `begin` in bytes (an address, or an offset within a storage).
  ByteSet(int64_t begin, std::span<const int64_t> sizes, std::span<const int64_t> strides, int64_t itemSize);

  bool empty() const { return empty_; }
  int64_t begin() const { return begin_; }
  int64_t end() const;  // one past the last byte
  struct Dim {
    int64_t size, stride;
  };
  const std::vector<Dim>& dims() const { return dims_; }
  /// Some dimension of more than one element has stride 0.
  bool repeats() const { return repeats_; }

 private:
  int64_t begin_ = 0;
  bool empty_ = false, repeats_ = false;
  std::vector<Dim> dims_;
};

enum class Overlap : uint8_t { disjoint, shared, unknown };

Overlap overlap(const ByteSet& a, const ByteSet& b);
/// Whether two elements of one tensor share a byte.
Overlap selfOverlap(int64_t begin, std::span<const int64_t> sizes, std::span<const int64_t> strides, int64_t itemSize);

}  // namespace graph::run
