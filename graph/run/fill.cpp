#include "graph/run/fill.h"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

namespace graph::run {
namespace {

using ir::DType;

constexpr std::array<std::pair<Fill, std::string_view>, 7> kNames{{{Fill::random, "random"},
                                                                  {Fill::duplicates, "duplicates"},
                                                                  {Fill::duplicateReads, "duplicate-reads"},
                                                                  {Fill::special, "special"},
                                                                  {Fill::extreme, "extreme"},
                                                                  {Fill::allTrue, "all-true"},
                                                                  {Fill::allFalse, "all-false"}}};

// Limits of a floating type: its largest number, the smallest normal one, the smallest of all, and one whose square is no infinity yet.
struct Limits {
  double largest, smallestNormal, smallest, some;
};
Limits limitsOf(DType dtype) {
  switch (dtype) {
    case DType::f64:
      return {std::numeric_limits<double>::max(), std::numeric_limits<double>::min(), std::numeric_limits<double>::denorm_min(), 1000};
    case DType::f32:
      return {std::numeric_limits<float>::max(), std::numeric_limits<float>::min(), std::numeric_limits<float>::denorm_min(), 1000};
    case DType::bf16:
      return {std::ldexp(255, 120), std::ldexp(1, -126), std::ldexp(1, -133), 1000};
    case DType::f16:
      return {65504, std::ldexp(1, -14), std::ldexp(1, -24), 32};
    default:
      return {240, std::ldexp(1, -6), std::ldexp(1, -9), 8};  // 8-bit types: what all of them hold
  }
}

std::vector<double> numbersOf(Fill fill, DType dtype) {
  auto limits = limitsOf(dtype);
  if (fill == Fill::extreme) return {-0.0, limits.some, limits.smallest, -limits.some, 0.0, -limits.smallest, limits.smallestNormal};
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return {std::numeric_limits<double>::quiet_NaN(), kInfinity, -0.0,           -kInfinity, limits.largest, limits.smallest, 0.0,
          -limits.largest,                          limits.smallestNormal, -limits.smallest};
}

// The first element, then at random distances: an eighth of many, half of few. The numbers go round.
void overlayFloats(Fill fill, DType dtype, Random& random, std::vector<std::byte>& elements) {
  auto part = dtype == DType::c32 ? DType::f16 : dtype == DType::c64 ? DType::f32 : dtype == DType::c128 ? DType::f64 : dtype;
  auto size = static_cast<size_t>(ir::itemSize(part));
  auto numbers = numbersOf(fill, part);
  size_t count = elements.size() / size, next = 0;
  for (size_t i = 0; i < count; i += 1 + random.below(count > 64 ? 15 : 3)) encode(part, numbers[next++ % numbers.size()], &elements[i * size]);
}

// The element at (i, j, …) takes the value at (i rounded down to even, j rounded down to even, …).
void repeatPairs(std::span<const int64_t> sizes, size_t itemSize, std::vector<std::byte>& elements) {
  std::vector<int64_t> index(sizes.size(), 0);
  for (size_t at = 0; at + itemSize <= elements.size(); at += itemSize) {
    int64_t from = 0;
    for (size_t dim = 0; dim < sizes.size(); ++dim) from = from * sizes[dim] + (index[dim] & ~int64_t{1});
    std::memmove(&elements[at], &elements[static_cast<size_t>(from) * itemSize], itemSize);
    for (size_t dim = sizes.size(); dim-- > 0 && ++index[dim] == sizes[dim];) index[dim] = 0;
  }
}

bool isFloat(DType dtype) { return ir::isFloating(dtype) || ir::isComplex(dtype); }

}  // namespace

std::string_view fillName(Fill fill) {
  for (auto& [known, name] : kNames)
    if (known == fill) return name;
  return "";
}

std::optional<Fill> parseFill(std::string_view name) {
  for (auto& [fill, known] : kNames)
    if (known == name) return fill;
  return std::nullopt;
}

std::string fillNames() {
  std::string text;
  for (auto& [fill, name] : kNames) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

bool concerns(Fill fill, DType dtype) {
  switch (fill) {
    case Fill::random:
      return false;
    case Fill::duplicates:
    case Fill::duplicateReads:
      return !isFloat(dtype) && dtype != DType::b8;
    case Fill::special:
    case Fill::extreme:
      return isFloat(dtype);
    case Fill::allTrue:
    case Fill::allFalse:
      return dtype == DType::b8;
  }
  return false;
}

void applyFill(Fill fill, DType dtype, std::span<const int64_t> sizes, Random& random, std::vector<std::byte>& elements) {
  if (!concerns(fill, dtype)) return;
  if (dtype == DType::b8)
    std::memset(elements.data(), fill == Fill::allTrue, elements.size());
  else if (isFloat(dtype))
    overlayFloats(fill, dtype, random, elements);
  else
    repeatPairs(sizes, static_cast<size_t>(ir::itemSize(dtype)), elements);
}

}  // namespace graph::run
