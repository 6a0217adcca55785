// The one table of element types: abbreviation, torch name, size, kind. Looked up linearly: it has 24 rows.
#include "graph/ir/dtype.h"

#include <array>
#include <charconv>

namespace graph::ir {
namespace {

enum class Kind : uint8_t { floating, complex, integral, other };
struct Row {
  std::string_view abbreviation, torchName;
  int64_t itemSize;
  Kind kind;
};

// In the order of DType.
constexpr std::array<Row, 24> rows = {{
    {"bf16", "torch.bfloat16", 2, Kind::floating},
    {"f64", "torch.float64", 8, Kind::floating},
    {"f32", "torch.float32", 4, Kind::floating},
    {"f16", "torch.float16", 2, Kind::floating},
    {"f8e4m3fn", "torch.float8_e4m3fn", 1, Kind::floating},
    {"f8e5m2", "torch.float8_e5m2", 1, Kind::floating},
    {"f8e4m3fnuz", "torch.float8_e4m3fnuz", 1, Kind::floating},
    {"f8e5m2fnuz", "torch.float8_e5m2fnuz", 1, Kind::floating},
    {"f8e8m0fnu", "torch.float8_e8m0fnu", 1, Kind::floating},
    {"f4e2m1fnx2", "torch.float4_e2m1fn_x2", 1, Kind::floating},
    {"c32", "torch.complex32", 4, Kind::complex},
    {"c64", "torch.complex64", 8, Kind::complex},
    {"c128", "torch.complex128", 16, Kind::complex},
    {"i8", "torch.int8", 1, Kind::integral},
    {"i16", "torch.int16", 2, Kind::integral},
    {"i32", "torch.int32", 4, Kind::integral},
    {"i64", "torch.int64", 8, Kind::integral},
    {"b8", "torch.bool", 1, Kind::other},
    {"u8", "torch.uint8", 1, Kind::integral},
    {"u16", "torch.uint16", 2, Kind::integral},
    {"u32", "torch.uint32", 4, Kind::integral},
    {"u64", "torch.uint64", 8, Kind::integral},
    {"b16", "torch.bits16", 2, Kind::other},
    {"b1x8", "torch.bits1x8", 1, Kind::other},
}};
static_assert(rows.size() == static_cast<size_t>(DType::b1x8) + 1);

struct Alias {
  std::string_view name;
  DType dtype;
};
constexpr std::array<Alias, 9> aliases = {{
    {"float", DType::f32},
    {"double", DType::f64},
    {"half", DType::f16},
    {"long", DType::i64},
    {"int", DType::i32},
    {"short", DType::i16},
    {"chalf", DType::c32},
    {"cfloat", DType::c64},
    {"cdouble", DType::c128},
}};

constexpr std::string_view torchPrefix = "torch.";

const Row& row(DType dtype) { return rows.at(static_cast<size_t>(dtype)); }

bool isDeviceWord(std::string_view text) {
  if (text.empty() || !((text[0] >= 'a' && text[0] <= 'z') || text[0] == '_')) return false;
  for (char c : text) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
  }
  return true;
}

}  // namespace

std::optional<DType> dtypeFromAbbreviation(std::string_view text) {
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].abbreviation == text) return static_cast<DType>(i);
  }
  return std::nullopt;
}

std::optional<DType> dtypeFromTorchName(std::string_view text) {
  if (text.starts_with(torchPrefix)) text.remove_prefix(torchPrefix.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].torchName.substr(torchPrefix.size()) == text) return static_cast<DType>(i);
  }
  for (const Alias& alias : aliases) {
    if (alias.name == text) return alias.dtype;
  }
  return std::nullopt;
}

std::string_view abbreviation(DType dtype) { return row(dtype).abbreviation; }
std::string_view torchName(DType dtype) { return row(dtype).torchName; }
int64_t itemSize(DType dtype) { return row(dtype).itemSize; }
bool isFloating(DType dtype) { return row(dtype).kind == Kind::floating; }
bool isComplex(DType dtype) { return row(dtype).kind == Kind::complex; }
bool isIntegral(DType dtype) { return row(dtype).kind == Kind::integral; }

std::string Device::str() const { return index ? type + ":" + std::to_string(*index) : type; }

std::optional<Device> Device::parse(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string_view word = text.substr(0, colon);
  if (!isDeviceWord(word)) return std::nullopt;
  Device device{std::string(word), std::nullopt};
  if (colon == std::string_view::npos) return device;
  const std::string_view digits = text.substr(colon + 1);
  if (digits.empty() || digits[0] < '0' || digits[0] > '9') return std::nullopt;
  int index = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  device.index = index;
  return device;
}

}  // namespace graph::ir
