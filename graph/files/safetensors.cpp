#include "graph/files/safetensors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

static_assert(std::endian::native == std::endian::little, "safetensors are little-endian");

namespace graph::files {
namespace {

using ir::DType;
using Json = nlohmann::json;

constexpr uint64_t kHeaderLimit = 100'000'000;

constexpr std::array<std::pair<std::string_view, DType>, 17> kNames{{
    {"F64", DType::f64},
    {"F32", DType::f32},
    {"F16", DType::f16},
    {"BF16", DType::bf16},
    {"I64", DType::i64},
    {"I32", DType::i32},
    {"I16", DType::i16},
    {"I8", DType::i8},
    {"U64", DType::u64},
    {"U32", DType::u32},
    {"U16", DType::u16},
    {"U8", DType::u8},
    {"BOOL", DType::b8},
    {"F8_E4M3", DType::f8e4m3fn},
    {"F8_E5M2", DType::f8e5m2},
    {"F8_E8M0", DType::f8e8m0fnu},
    {"F8_E4M3FNUZ", DType::f8e4m3fnuz},
}};

std::optional<DType> dtypeFromName(std::string_view name) {
  for (auto& [text, dtype] : kNames)
    if (text == name) return dtype;
  return std::nullopt;
}

std::string_view nameOf(DType dtype) {
  for (auto& [text, known] : kNames)
    if (known == dtype) return text;
  return {};
}

[[noreturn]] void fail(const std::string& path, const std::string& what) { throw FileError(path + ": " + what); }

std::string reasonOf(int error) { return std::strerror(error); }

struct Descriptor {
  int value = -1;
  ~Descriptor() {
    if (value >= 0) ::close(value);
  }
};

// The file as bytes; kept alive by the pointer.
std::pair<std::shared_ptr<const void>, size_t> mapFile(const std::string& path) {
  Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.value < 0) fail(path, reasonOf(errno));
  struct stat status {};
  if (::fstat(file.value, &status) != 0) fail(path, reasonOf(errno));
  if (!S_ISREG(status.st_mode)) fail(path, S_ISDIR(status.st_mode) ? "is a folder" : "is no regular file");
  auto size = static_cast<size_t>(status.st_size);
  if (size < 8) fail(path, "is no safetensors file: " + std::to_string(size) + " bytes");
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.value, 0);
  if (address == MAP_FAILED) fail(path, reasonOf(errno));
  return {std::shared_ptr<const void>(address, [size](const void* p) { ::munmap(const_cast<void*>(p), size); }), size};
}

// Bytes of shape x dtype; nothing on overflow or a negative size.
std::optional<uint64_t> byteCount(const std::vector<int64_t>& shape, DType dtype) {
  uint64_t count = static_cast<uint64_t>(ir::itemSize(dtype));
  for (auto size : shape)
    if (size < 0 || __builtin_mul_overflow(count, static_cast<uint64_t>(size), &count)) return std::nullopt;
  return count;
}

struct Entry {
  std::string name;
  DType dtype;
  std::vector<int64_t> shape;
  uint64_t begin = 0, end = 0;  // in the data
};

Entry readEntry(const std::string& path, const std::string& name, const Json& json, uint64_t dataSize) {
  auto bad = [&](const std::string& what) -> void { fail(path, "tensor '" + name + "': " + what); };
  Entry entry{name, DType::f32, {}};
  if (!json.is_object()) bad("is no object");
  auto dtype = json.find("dtype"), shape = json.find("shape"), offsets = json.find("data_offsets");
  if (dtype == json.end() || !dtype->is_string()) bad("has no dtype");
  auto known = dtypeFromName(dtype->get_ref<const std::string&>());
  if (!known) bad("unknown dtype '" + dtype->get<std::string>() + "'");
  entry.dtype = *known;
  if (shape == json.end() || !shape->is_array()) bad("has no shape");
  for (auto& size : *shape) {
    if (!size.is_number_unsigned() || size.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) bad("its shape has an item that is no size");
    entry.shape.push_back(size.get<int64_t>());
  }
  if (offsets == json.end() || !offsets->is_array() || offsets->size() != 2 || !(*offsets)[0].is_number_unsigned() ||
      !(*offsets)[1].is_number_unsigned())
    bad("has no data_offsets");
  entry.begin = (*offsets)[0].get<uint64_t>();
  entry.end = (*offsets)[1].get<uint64_t>();
  if (entry.begin > entry.end || entry.end > dataSize)
    bad("its bytes " + std::to_string(entry.begin) + " to " + std::to_string(entry.end) + " are outside the data (" +
        std::to_string(dataSize) + " bytes)");
  auto wanted = byteCount(entry.shape, entry.dtype);
  if (!wanted || *wanted != entry.end - entry.begin)
    bad("has " + std::to_string(entry.end - entry.begin) + " bytes, its shape and dtype need " +
        (wanted ? std::to_string(*wanted) : "more than there can be"));
  return entry;
}

Json parseHeader(const std::string& path, const char* text, uint64_t length) {
  // The depth is checked first: the parser recurses.
  int depth = 0;
  bool quoted = false;
  for (uint64_t i = 0; i < length; ++i) {
    if (quoted && text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      quoted = !quoted;
    else if (!quoted && (text[i] == '{' || text[i] == '[') && ++depth > 64)
      fail(path, "its header is nested too deeply");
    else if (!quoted && (text[i] == '}' || text[i] == ']'))
      --depth;
  }
  // A name given twice is refused by the format; the parser alone would keep the last.
  std::vector<std::set<std::string>> names;
  std::string twice;
  auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) names.emplace_back();
    if (event == Json::parse_event_t::object_end && !names.empty()) names.pop_back();
    if (event == Json::parse_event_t::key && !names.empty() && !names.back().insert(parsed.get<std::string>()).second)
      twice = parsed.get<std::string>();
    return true;
  };
  auto header = Json::parse(text, text + length, watch, /*allow_exceptions=*/false);
  if (header.is_discarded() || !header.is_object()) fail(path, "its header is no JSON object");
  if (!twice.empty()) fail(path, "its header has '" + twice + "' twice");
  return header;
}

void checkNoOverlap(const std::string& path, std::vector<Entry>& entries) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return std::tie(a.begin, a.end) < std::tie(b.begin, b.end); });
  const Entry* previous = nullptr;
  for (auto& entry : entries) {
    if (entry.begin == entry.end) continue;
    if (previous && entry.begin < previous->end) fail(path, "tensors '" + previous->name + "' and '" + entry.name + "' overlap");
    previous = &entry;
  }
}

void writeAll(int file, const std::string& path, const void* data, size_t size) {
  auto* bytes = static_cast<const char*>(data);
  while (size > 0) {
    auto written = ::write(file, bytes, std::min<size_t>(size, size_t{1} << 30));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail(path, "cannot be written: " + reasonOf(errno));
    bytes += written;
    size -= static_cast<size_t>(written);
  }
}

// Creates PATH.tmp-<pid>, lets `write` fill it and renames it over PATH; removes it when anything fails.
template <class Write>
void replaceFile(const std::string& path, Write write) {
  auto temporary = path + ".tmp-" + std::to_string(::getpid());
  try {
    Descriptor file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
    if (file.value < 0) fail(path, "cannot be written: " + reasonOf(errno));
    write(file.value);
    if (::close(std::exchange(file.value, -1)) != 0) fail(path, "cannot be written: " + reasonOf(errno));
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail(path, "cannot be replaced: " + reasonOf(errno));
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

}  // namespace

Safetensors Safetensors::open(const std::string& path) {
  auto [mapping, size] = mapFile(path);
  auto* bytes = static_cast<const std::byte*>(mapping.get());
  uint64_t length = 0;
  std::memcpy(&length, bytes, 8);
  if (length > kHeaderLimit) fail(path, "its header would have " + std::to_string(length) + " bytes, more than 100 MB");
  if (length > size - 8)
    fail(path, "is truncated: its header needs " + std::to_string(length) + " bytes, " + std::to_string(size - 8) + " are there");
  auto header = parseHeader(path, reinterpret_cast<const char*>(bytes + 8), length);

  Safetensors result;
  auto* data = bytes + 8 + length;
  uint64_t dataSize = size - 8 - length;
  std::vector<Entry> entries;
  for (auto& [name, json] : header.items()) {
    if (name != "__metadata__") {
      entries.push_back(readEntry(path, name, json, dataSize));
      continue;
    }
    if (!json.is_object()) fail(path, "its __metadata__ is no object");
    for (auto& [key, value] : json.items()) {
      if (!value.is_string()) fail(path, "its __metadata__ '" + key + "' is no string");
      result.metadata_[key] = value.get<std::string>();
    }
  }
  checkNoOverlap(path, entries);
  for (auto& entry : entries)
    result.tensors_[entry.name] = {entry.dtype, std::move(entry.shape), {data + entry.begin, static_cast<size_t>(entry.end - entry.begin)}};
  result.mapping_ = std::move(mapping);
  return result;
}

void writeSafetensors(const std::string& path, const std::vector<std::pair<std::string, TensorBytes>>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  auto header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t offset = 0;
  for (auto& [name, tensor] : tensors) {
    auto dtype = nameOf(tensor.dtype);
    if (dtype.empty())
      fail(path, "tensor '" + name + "' is " + std::string(ir::abbreviation(tensor.dtype)) + ", which has no safetensors type");
    if (name == "__metadata__" || header.contains(name)) fail(path, "tensor '" + name + "' is given twice");
    auto wanted = byteCount(tensor.shape, tensor.dtype);
    if (!wanted || *wanted != tensor.bytes.size())
      fail(path, "tensor '" + name + "' has " + std::to_string(tensor.bytes.size()) + " bytes, not those of its shape");
    header[name] = {{"dtype", dtype}, {"shape", tensor.shape}, {"data_offsets", {offset, offset + tensor.bytes.size()}}};
    offset += tensor.bytes.size();
  }
  auto text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.append((8 - text.size() % 8) % 8, ' ');  // the data begins aligned
  replaceFile(path, [&](int file) {
    uint64_t length = text.size();
    writeAll(file, path, &length, 8);
    writeAll(file, path, text.data(), text.size());
    for (auto& [name, tensor] : tensors) writeAll(file, path, tensor.bytes.data(), tensor.bytes.size());
  });
}

void writeFileAtomically(const std::string& path, std::string_view text) {
  replaceFile(path, [&](int file) { writeAll(file, path, text.data(), text.size()); });
}

}  // namespace graph::files
