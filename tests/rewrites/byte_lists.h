// Small strided values as plain lists of byte addresses: what strided.h and Storage::overlap say is compared with them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <set>
#include <vector>

namespace rewrites::test {

/// Sizes and strides of a value, numbers only. Strides and offset in bytes.
struct Plain {
  std::vector<int64_t> sizes, strides;
  int64_t offset = 0, item = 4;

  /// The address of each element, row by row.
  std::vector<int64_t> elements() const {
    std::vector<int64_t> all{offset};
    for (size_t d = 0; d < sizes.size(); ++d) {
      std::vector<int64_t> next;
      for (const int64_t at : all)
        for (int64_t i = 0; i < sizes[d]; ++i) next.push_back(at + i * strides[d]);
      all = std::move(next);
    }
    return all;
  }
  /// Of each byte, element by element.
  std::vector<int64_t> bytes() const {
    std::vector<int64_t> all;
    for (const int64_t at : elements())
      for (int64_t i = 0; i < item; ++i) all.push_back(at + i);
    return all;
  }
  std::set<int64_t> byteSet() const {
    const auto all = bytes();
    return {all.begin(), all.end()};
  }
  int64_t count() const {
    int64_t n = 1;
    for (const int64_t size : sizes) n *= size;
    return n;
  }
  bool repeats() const { return byteSet().size() != static_cast<size_t>(count() * item); }
};

inline bool meet(const Plain& a, const Plain& b) {
  const auto x = a.byteSet(), y = b.byteSet();
  return std::any_of(x.begin(), x.end(), [&](int64_t byte) { return y.count(byte) != 0; });
}

inline bool within(const Plain& inner, const Plain& outer) {
  const auto x = inner.byteSet(), y = outer.byteSet();
  return std::includes(y.begin(), y.end(), x.begin(), x.end());
}

/// The strides that show the elements of `of` in this shape; none when there are none (all sizes > 0).
inline bool strideFor(const Plain& of, const std::vector<int64_t>& shape, Plain& out) {
  out = {shape, {}, of.offset, of.item};
  const auto all = of.elements();
  int64_t step = of.count();
  for (const int64_t size : shape) {
    step /= size;
    out.strides.push_back(size > 1 ? all[static_cast<size_t>(step)] - all[0] : of.item);
  }
  return out.elements() == all;
}

using Random = std::mt19937;
inline int64_t pick(Random& random, int64_t lo, int64_t hi) { return std::uniform_int_distribution<int64_t>(lo, hi)(random); }

}  // namespace rewrites::test
