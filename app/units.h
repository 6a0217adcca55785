// Numbers as people read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace app {

/// `0 B`, `512 B`, `1.5 KiB`, `23.4 MiB`.
std::string humanBytes(int64_t bytes);
/// The same; `?` for nothing.
std::string humanBytes(const std::optional<int64_t>& bytes);
/// `12.3 us`, `4.56 ms`, `1.23 s`.
std::string humanTime(double microseconds);
/// `1 chain`, `2 chains`.
std::string counted(size_t count, const std::string& what);

}  // namespace app
