#include "graph/text/dumps/file_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "graph/text/characters.h"

namespace graph::text {
namespace {

constexpr size_t kHead = 1 << 16;  // bytes that show what a file is

/// What Windows' PowerShell writes for `python x.py > log.txt`. A half of a pair alone becomes U+FFFD.
std::string fromUtf16(std::string_view bytes, bool bigEndian) {
  std::string text;
  text.reserve(bytes.size() / 2);
  const auto unit = [&](size_t at) {
    const auto first = static_cast<unsigned char>(bytes[at]), second = static_cast<unsigned char>(bytes[at + 1]);
    return static_cast<uint32_t>(bigEndian ? first << 8 | second : second << 8 | first);
  };
  for (size_t at = 2; at + 1 < bytes.size(); at += 2) {
    uint32_t code = unit(at);
    if (code >= 0xD800 && code < 0xDC00 && at + 3 < bytes.size() && (unit(at + 2) & 0xFC00) == 0xDC00) {
      code = 0x10000 + ((code - 0xD800) << 10) + (unit(at + 2) - 0xDC00);
      at += 2;
    } else if (code >= 0xD800 && code < 0xE000) {
      code = 0xFFFD;
    }
    appendUtf8(text, code);
  }
  return text;
}

}  // namespace

std::string binaryProblem(std::string_view bytes) {
  if (bytes.starts_with("PK\x03\x04")) return "this is a zip archive (.pt, .pt2), not text";
  const auto head = bytes.substr(0, kHead);
  const auto controls = static_cast<size_t>(std::count_if(head.begin(), head.end(), isControl));
  // One such byte in a hundred is no slip of whoever made the text.
  return controls * 100 > head.size() && controls > 1 ? "this is binary data, not text" : "";
}

std::string readText(const std::string& path, std::string& text) {
  std::error_code error;
  auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) return "no such file";
  if (std::filesystem::is_directory(status)) return "this is a folder, not a file";
  if (std::filesystem::is_regular_file(status) && std::filesystem::file_size(path, error) > (uint64_t{1} << 31))
    return "the file is larger than 2 GiB";
  std::ifstream in(path, std::ios::binary);
  if (!in) return fmt::format("the file cannot be opened: {}", std::strerror(errno));
  text.clear();
  char buffer[kHead];
  while (in.read(buffer, sizeof buffer) || in.gcount()) {
    const bool isHead = text.empty();
    text.append(buffer, static_cast<size_t>(in.gcount()));
    if (!isHead) continue;
    const bool isUtf16 = text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
    if (auto problem = isUtf16 ? std::string() : binaryProblem(text); !problem.empty()) return problem;
    if (std::filesystem::is_regular_file(status)) text.reserve(std::filesystem::file_size(path, error));
  }
  if (in.bad()) return fmt::format("the file cannot be read: {}", std::strerror(errno));
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) text = fromUtf16(text, text[0] == '\xFE');
  return text.empty() ? "the file is empty" : "";
}

}  // namespace graph::text
