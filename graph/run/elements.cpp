#include "graph/run/elements.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace graph::run {
namespace {

using ir::DType;

template <class T>
T read(const std::byte* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}
template <class T>
void write(std::byte* bytes, T value) {
  std::memcpy(bytes, &value, sizeof value);
}

// A float of `exponentBits` and `mantissaBits` with IEEE layout. `finite`: the all-ones exponent holds numbers too (e4m3fn).
struct Small {
  int exponentBits, mantissaBits, bias;
  bool finite = false;           // no infinities
  bool unsignedZeroNaN = false;  // fnuz: NaN is negative zero
};

double decodeSmall(uint32_t bits, Small f) {
  uint32_t mantissa = bits & ((1u << f.mantissaBits) - 1), exponent = (bits >> f.mantissaBits) & ((1u << f.exponentBits) - 1);
  bool negative = bits >> (f.mantissaBits + f.exponentBits) & 1;
  uint32_t top = (1u << f.exponentBits) - 1;
  double value;
  if (f.unsignedZeroNaN && negative && exponent == 0 && mantissa == 0) return std::nan("");
  if (!f.unsignedZeroNaN && exponent == top && (!f.finite || mantissa == (1u << f.mantissaBits) - 1)) {
    if (mantissa != 0) return std::nan("");
    value = std::numeric_limits<double>::infinity();
  } else if (exponent == 0) {
    value = std::ldexp(mantissa, 1 - f.bias - f.mantissaBits);
  } else {
    value = std::ldexp(mantissa | (1u << f.mantissaBits), static_cast<int>(exponent) - f.bias - f.mantissaBits);
  }
  return negative ? -value : value;
}

// The nearest representable number by search over the positive codes, ties to even: exact, and only used for 8-bit types.
uint32_t encodeSmall(double value, Small f) {
  uint32_t sign = std::signbit(value) ? 1u << (f.exponentBits + f.mantissaBits) : 0;
  double wanted = std::fabs(value), best = std::numeric_limits<double>::infinity();
  uint32_t code = 0;
  for (uint32_t bits = 0; bits < (1u << (f.exponentBits + f.mantissaBits)); ++bits) {
    double candidate = decodeSmall(bits, f);
    if (!std::isfinite(candidate)) continue;
    double distance = std::fabs(candidate - wanted);
    if (distance < best || (distance == best && bits % 2 == 0)) best = distance, code = bits;
  }
  return code == 0 && f.unsignedZeroNaN ? 0 : sign | code;
}

constexpr Small kHalf{5, 10, 15}, kE4m3{4, 3, 7, true}, kE5m2{5, 2, 15}, kE4m3fnuz{4, 3, 8, true, true}, kE5m2fnuz{5, 2, 16, true, true};

// float -> IEEE half, round to nearest even.
uint16_t encodeHalf(float value) {
  auto bits = std::bit_cast<uint32_t>(value);
  uint32_t sign = bits >> 16 & 0x8000u;
  double magnitude = std::fabs(static_cast<double>(value));
  if (std::isnan(value)) return static_cast<uint16_t>(sign | 0x7e00u);
  if (magnitude >= 65520) return static_cast<uint16_t>(sign | 0x7c00u);
  int exponent = magnitude < 6.103515625e-05 ? -14 : std::ilogb(magnitude);
  double scaled = std::nearbyint(std::ldexp(magnitude, 10 - exponent));  // in units of the last place
  auto code = static_cast<uint32_t>(scaled);                             // 1024 … 2048 for normal numbers
  if (exponent == -14) return static_cast<uint16_t>(sign | code);        // subnormal, or the smallest normal by carry
  return static_cast<uint16_t>(sign | ((static_cast<uint32_t>(exponent + 14) << 10) + code));
}

uint16_t encodeBfloat(float value) {
  auto bits = std::bit_cast<uint32_t>(value);
  if (std::isnan(value)) return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

template <class T>
void writeInteger(std::byte* bytes, double value) {
  if (std::isnan(value)) value = 0;
  double low = static_cast<double>(std::numeric_limits<T>::min()), high = static_cast<double>(std::numeric_limits<T>::max());
  write<T>(bytes, value <= low ? std::numeric_limits<T>::min() : value >= high ? std::numeric_limits<T>::max() : static_cast<T>(value));
}

DType component(DType dtype) {
  switch (dtype) {
    case DType::c32:
      return DType::f16;
    case DType::c64:
      return DType::f32;
    case DType::c128:
      return DType::f64;
    default:
      return dtype;
  }
}

}  // namespace

double decode(DType dtype, const std::byte* bytes) {
  switch (component(dtype)) {
    case DType::f64:
      return read<double>(bytes);
    case DType::f32:
      return read<float>(bytes);
    case DType::f16:
      return decodeSmall(read<uint16_t>(bytes), kHalf);
    case DType::bf16:
      return std::bit_cast<float>(static_cast<uint32_t>(read<uint16_t>(bytes)) << 16);
    case DType::f8e4m3fn:
      return decodeSmall(read<uint8_t>(bytes), kE4m3);
    case DType::f8e5m2:
      return decodeSmall(read<uint8_t>(bytes), kE5m2);
    case DType::f8e4m3fnuz:
      return decodeSmall(read<uint8_t>(bytes), kE4m3fnuz);
    case DType::f8e5m2fnuz:
      return decodeSmall(read<uint8_t>(bytes), kE5m2fnuz);
    case DType::f8e8m0fnu:
      return read<uint8_t>(bytes) == 255 ? std::nan("") : std::ldexp(1.0, read<uint8_t>(bytes) - 127);
    case DType::i8:
      return read<int8_t>(bytes);
    case DType::i16:
      return read<int16_t>(bytes);
    case DType::i32:
      return read<int32_t>(bytes);
    case DType::i64:
      return static_cast<double>(read<int64_t>(bytes));
    case DType::u16:
      return read<uint16_t>(bytes);
    case DType::u32:
      return read<uint32_t>(bytes);
    case DType::u64:
      return static_cast<double>(read<uint64_t>(bytes));
    case DType::b16:
      return read<uint16_t>(bytes);
    default:
      return read<uint8_t>(bytes);  // u8, bool, packed bytes
  }
}

void encode(DType dtype, double value, std::byte* bytes) {
  switch (component(dtype)) {
    case DType::f64:
      return write(bytes, value);
    case DType::f32:
      return write(bytes, static_cast<float>(value));
    case DType::f16:
      return write(bytes, encodeHalf(static_cast<float>(value)));
    case DType::bf16:
      return write(bytes, encodeBfloat(static_cast<float>(value)));
    case DType::f8e4m3fn:
      return write(bytes, static_cast<uint8_t>(encodeSmall(value, kE4m3)));
    case DType::f8e5m2:
      return write(bytes, static_cast<uint8_t>(encodeSmall(value, kE5m2)));
    case DType::f8e4m3fnuz:
      return write(bytes, static_cast<uint8_t>(encodeSmall(value, kE4m3fnuz)));
    case DType::f8e5m2fnuz:
      return write(bytes, static_cast<uint8_t>(encodeSmall(value, kE5m2fnuz)));
    case DType::f8e8m0fnu:
      return write(bytes, static_cast<uint8_t>(std::clamp(127 + (value > 0 ? std::ilogb(value) : 0), 0, 254)));
    case DType::i8:
      return writeInteger<int8_t>(bytes, value);
    case DType::i16:
      return writeInteger<int16_t>(bytes, value);
    case DType::i32:
      return writeInteger<int32_t>(bytes, value);
    case DType::i64:
      return writeInteger<int64_t>(bytes, value);
    case DType::u16:
      return writeInteger<uint16_t>(bytes, value);
    case DType::u32:
      return writeInteger<uint32_t>(bytes, value);
    case DType::u64:
      return writeInteger<uint64_t>(bytes, value);
    case DType::b8:
      return write(bytes, static_cast<uint8_t>(value != 0));
    case DType::b16:
      return writeInteger<uint16_t>(bytes, value);
    default:
      return writeInteger<uint8_t>(bytes, value);
  }
}

Tolerance toleranceOf(DType dtype) {
  switch (component(dtype)) {
    case DType::f64:
    case DType::f32:
      return {};
    case DType::f16:
      return {std::ldexp(1.0, -10), std::ldexp(1.0, -10)};
    case DType::bf16:
      return {std::ldexp(1.0, -7), std::ldexp(1.0, -7)};
    case DType::f8e4m3fn:
    case DType::f8e4m3fnuz:
      return {0.125, 0.125};
    case DType::f8e5m2:
    case DType::f8e5m2fnuz:
      return {0.25, 0.25};
    default:
      return {0, 0};
  }
}

ElementDifference compareElements(DType dtype, std::span<const std::byte> a, std::span<const std::byte> b, Tolerance tolerance) {
  ElementDifference result;
  auto size = static_cast<size_t>(ir::itemSize(dtype));
  if (a.size() != b.size()) {
    result.identical = result.close = false;
    result.differing = static_cast<int64_t>(std::max(a.size(), b.size()) / size);
    return result;
  }
  if (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0) return result;
  result.identical = false;
  auto part = component(dtype);
  auto step = static_cast<size_t>(ir::itemSize(part));
  bool floating = ir::isFloating(part);
  for (size_t i = 0; i < a.size(); i += size) {
    if (std::memcmp(&a[i], &b[i], size) == 0) continue;
    ++result.differing;
    if (!floating) {
      result.close = false;
      continue;
    }
    bool otherThanNaN = false;
    for (size_t j = i; j < i + size; j += step) {
      double x = decode(part, &a[j]), y = decode(part, &b[j]);
      bool bothNaN = std::isnan(x) && std::isnan(y);
      otherThanNaN |= !bothNaN && std::memcmp(&a[j], &b[j], step) != 0;
      if (x == y || bothNaN) continue;
      double distance = std::fabs(x - y);
      if (std::isnan(distance)) distance = std::numeric_limits<double>::infinity();
      result.maxAbs = std::max(result.maxAbs, distance);
      result.maxRel = std::max(result.maxRel, distance / std::max(std::fabs(y), std::numeric_limits<double>::min()));
      if (!(distance <= tolerance.absolute + tolerance.relative * std::fabs(y)) || std::isinf(distance)) result.close = false;
    }
    if (!otherThanNaN) ++result.nanPayloads;
  }
  return result;
}

namespace {

// Words of `T`, where those above `infinity` without their sign are NaN. Mixed as splitmix64 mixes its state.
template <class T>
uint64_t digestWords(std::span<const std::byte> bytes, T infinity) {
  uint64_t hash = 0;
  constexpr T kSign = static_cast<T>(T{1} << (8 * sizeof(T) - 1));
  for (size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T word = read<T>(&bytes[at]);
    if (infinity && static_cast<T>(word & static_cast<T>(~kSign)) > infinity) word = static_cast<T>(infinity + 1);
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 29;
  }
  return hash;
}

}  // namespace

uint64_t digest(DType dtype, std::span<const std::byte> elements) {
  switch (component(dtype)) {
    case DType::f64:
      return digestWords<uint64_t>(elements, 0x7ff0000000000000u);
    case DType::f32:
      return digestWords<uint32_t>(elements, 0x7f800000u);
    case DType::f16:
      return digestWords<uint16_t>(elements, 0x7c00u);
    case DType::bf16:
      return digestWords<uint16_t>(elements, 0x7f80u);
    default:
      return digestWords<uint8_t>(elements, 0);
  }
}

Random::Random(uint64_t seed, std::string_view name) : state_(seed ^ 0xcbf29ce484222325u) {
  for (unsigned char c : name) state_ = (state_ ^ c) * 0x100000001b3u;
}

uint64_t Random::next() {
  uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

uint64_t Random::below(uint64_t limit) { return static_cast<uint64_t>((static_cast<unsigned __int128>(next()) * limit) >> 64); }

double Random::normal() {
  auto bits = next();
  auto sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
  // four uniform numbers of 0 … 65535: mean 131070, deviation 65536 / sqrt(3)
  return (static_cast<double>(sum) - 131070.0) * (1.7320508075688772 / 65536.0);
}

}  // namespace graph::run
