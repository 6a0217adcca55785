// Elements of any dtype on the host: as numbers and back, random ones, and compared.
//
// Pure, standard library only: what a backend's tensors are filled from and compared by does not depend on the backend, so that the same
// seed gives the same bytes on every device.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "graph/ir/dtype.h"

namespace graph::run {

/// The element at `bytes` as a double (integers beyond 2^53 round). Complex: the real part; the imaginary one lies behind it.
double decode(ir::DType dtype, const std::byte* bytes);
/// Rounds to nearest, saturating for integers.
void encode(ir::DType dtype, double value, std::byte* bytes);

struct Tolerance {
  double relative = 1e-5, absolute = 1e-6;
};
/// For floats 1e-5 and 1e-6, for narrower ones their own epsilon; zero for everything else (and then bits decide).
Tolerance toleranceOf(ir::DType dtype);

struct ElementDifference {
  bool identical = true;  // bit for bit
  bool close = true;      // |a - b| <= absolute + relative * |b|, NaN equals NaN
  double maxAbs = 0, maxRel = 0;
  int64_t differing = 0;    // by bits
  int64_t nanPayloads = 0;  // of these: NaN on both sides, with other bits
};
ElementDifference compareElements(ir::DType dtype, std::span<const std::byte> a, std::span<const std::byte> b, Tolerance tolerance);

/// A number that equal elements share, every NaN counting as the same. Elements in row-major order.
uint64_t digest(ir::DType dtype, std::span<const std::byte> elements);

/// A small generator with a fixed definition (splitmix64): the same on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  /// Depends on the name too, so that an input's numbers do not change when another input is given.
  Random(uint64_t seed, std::string_view name);
  uint64_t next();
  uint64_t below(uint64_t limit);  // 0 … limit-1; limit > 0
  /// Mean 0, deviation 1: the sum of four uniform numbers, without libm, at most 3.5 from 0.
  double normal();

 private:
  uint64_t state_;
};

}  // namespace graph::run
