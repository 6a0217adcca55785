// Element types and devices, in the words that FX dumps use.
//
// A dump abbreviates dtypes (`f32`, `bf16`, `b8` = bool); Python text says `torch.float32`. Both directions live here so
// that nobody else keeps such a table. Standard library only; every function is pure and thread safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace graph::ir {

/// Every dtype that torch.utils._dtype_abbrs names, in its order.
enum class DType : uint8_t {
  bf16, f64, f32, f16,
  f8e4m3fn, f8e5m2, f8e4m3fnuz, f8e5m2fnuz, f8e8m0fnu, f4e2m1fnx2,
  c32, c64, c128,
  i8, i16, i32, i64,
  b8,
  u8, u16, u32, u64,
  b16, b1x8,
};

/// `f32` -> DType::f32; nothing for a word that is no dtype.
std::optional<DType> dtypeFromAbbreviation(std::string_view text);
/// `float32` or `torch.float32` (also `float`, `half`, `long` … aliases) -> DType.
std::optional<DType> dtypeFromTorchName(std::string_view text);
/// `f32`, as a dump's annotation has it.
std::string_view abbreviation(DType dtype);
/// `torch.float32`, as Python prints it.
std::string_view torchName(DType dtype);
/// Bytes of one element (b1x8 and f4e2m1fnx2 count the packed byte).
int64_t itemSize(DType dtype);
bool isFloating(DType dtype);
bool isComplex(DType dtype);
bool isIntegral(DType dtype);  // bool excluded

/// `cpu`, `cuda:0`, `cuda` (no index), `meta`, any backend's name.
struct Device {
  std::string type = "cpu";
  std::optional<int> index;

  std::string str() const;  // cpu, cuda:0
  /// Parses `cpu` or `cuda:0`; nothing when the text has another form.
  static std::optional<Device> parse(std::string_view text);
  bool operator==(const Device&) const = default;
};

}  // namespace graph::ir
