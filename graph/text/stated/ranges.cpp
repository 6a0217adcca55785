#include "graph/text/stated/ranges.h"

#include <charconv>
#include <limits>

namespace graph::text {
namespace {

constexpr int64_t kMostly = std::numeric_limits<int64_t>::max() - 1;   // torch <= 2.4 writes sys.maxsize - 1 for no upper bound

/// One side of a range: false when it is neither a number nor infinite.
bool readBound(std::string_view text, bool isUpper, std::optional<int64_t>& into) {
  for (std::string_view open : {"int_oo", "oo", "inf", "math.inf"}) {
    if (isUpper && text == open) return true;
    if (!isUpper && text.size() == open.size() + 1 && text[0] == '-' && text.substr(1) == open) return true;
  }
  const auto value = readInteger(text);
  if (!value) return false;
  if (*value < kMostly && *value > -kMostly) into = value;
  return true;
}

}  // namespace

std::optional<int64_t> readInteger(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<ir::SymbolFacts> readRange(const Repr& repr) {
  const Repr *lower = nullptr, *upper = nullptr;
  if (repr.callee == "VR" && repr.bracket == '[') {
    lower = repr.at(0);
    upper = repr.at(1);
  } else if (repr.isCall("RangeConstraint") || repr.isCall("ValueRanges") || repr.isCall("StrictMinMaxConstraint")) {
    lower = repr.get("min_val") ? repr.get("min_val") : repr.get("lower");
    upper = repr.get("max_val") ? repr.get("max_val") : repr.get("upper");
  }
  ir::SymbolFacts facts;
  if (!repr.closed || !lower || !upper || !readBound(lower->text, false, facts.lower) || !readBound(upper->text, true, facts.upper)) return std::nullopt;
  return facts;
}

}  // namespace graph::text
