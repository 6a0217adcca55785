#include "graph/text/dumps/file_text.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace graph::text {

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
  if (std::filesystem::is_regular_file(status)) text.reserve(std::filesystem::file_size(path, error));
  char buffer[1 << 16];
  while (in.read(buffer, sizeof buffer) || in.gcount()) text.append(buffer, static_cast<size_t>(in.gcount()));
  if (in.bad()) return fmt::format("the file cannot be read: {}", std::strerror(errno));
  return text.empty() ? "the file is empty" : "";
}

}  // namespace graph::text
