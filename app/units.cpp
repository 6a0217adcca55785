// Three significant digits everywhere, so that columns line up.
#include "app/units.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace app {
namespace {

// Three significant digits without an exponent.
std::string three(double value) {
  if (std::abs(value) >= 99.95) return fmt::format("{:.0f}", value);
  return std::abs(value) >= 9.995 ? fmt::format("{:.1f}", value) : fmt::format("{:.2f}", value);
}

}  // namespace

std::string humanBytes(int64_t bytes) {
  if (std::abs(bytes) < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  const char* units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  size_t unit = 0;
  for (value /= 1024; std::abs(value) >= 1023.5 && unit + 1 < std::size(units); value /= 1024) ++unit;
  return fmt::format("{} {}", three(value), units[unit]);
}

std::string humanBytes(const std::optional<int64_t>& bytes) { return bytes ? humanBytes(*bytes) : "?"; }

std::string humanTime(double microseconds) {
  if (microseconds < 999.5) return three(microseconds) + " us";
  if (microseconds < 999.5e3) return three(microseconds / 1e3) + " ms";
  return three(microseconds / 1e6) + " s";
}

std::string counted(size_t count, const std::string& what) {
  bool sibilant = what.ends_with('s') || what.ends_with('h');
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : sibilant ? "es" : "s");
}

}  // namespace app
