// Guards as text.
#include "graph/ir/guard.h"

#include <algorithm>
#include <cctype>

namespace graph::ir {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool isWord(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) || c == '_' || c >= 0x80; });
}

/// `f(a, b)` -> "a, b" when the text is a call of `function`.
std::optional<std::string_view> insideCall(std::string_view text, std::string_view function) {
  if (!text.starts_with(function) || !text.ends_with(')')) return std::nullopt;
  text.remove_prefix(function.size());
  text = trimmed(text);
  if (!text.starts_with('(')) return std::nullopt;
  return text.substr(1, text.size() - 2);
}

/// `[s0, Max(1, s1)]` as expressions.
std::optional<std::vector<Expr>> listOf(std::string_view text) {
  if (!text.starts_with('[') || !text.ends_with(']') || text.size() < 2) return std::nullopt;
  text = trimmed(text.substr(1, text.size() - 2));
  std::vector<Expr> result;
  int depth = 0;
  for (size_t start = 0, i = 0; i <= text.size() && !text.empty(); ++i) {
    const char c = i < text.size() ? text[i] : ',';
    depth += (c == '(') - (c == ')');
    if (c != ',' || depth > 0) continue;
    const auto item = Expr::parse(trimmed(text.substr(start, i - start)));
    if (!item) return std::nullopt;
    result.push_back(*item);
    start = i + 1;
  }
  return depth == 0 ? std::optional(std::move(result)) : std::nullopt;
}

std::optional<Guard> parseDisjoint(std::string_view inside) {
  const size_t comma = inside.find(',');
  const bool pair = comma != std::string_view::npos;   // without a second name: against every other input
  const std::string_view a = trimmed(inside.substr(0, comma)), b = pair ? trimmed(inside.substr(comma + 1)) : std::string_view{};
  if (!isWord(a) || (pair && !isWord(b))) return std::nullopt;
  return Guard{Guard::Kind::disjoint, std::string(a), std::string(b), {}};
}

/// `a, [4, 1]` or `a, [4, 1], 0`.
std::optional<Guard> parseStrides(std::string_view inside) {
  const size_t comma = inside.find(','), close = inside.rfind(']');
  if (comma == std::string_view::npos || close == std::string_view::npos || close < comma) return std::nullopt;
  const std::string_view a = trimmed(inside.substr(0, comma)), rest = trimmed(inside.substr(close + 1));
  auto strides = listOf(trimmed(inside.substr(comma + 1, close - comma)));
  if (!isWord(a) || !strides) return std::nullopt;
  Guard guard{Guard::Kind::strides, std::string(a), {}, {}, std::move(*strides), {}};
  if (rest.empty()) return guard;
  if (!rest.starts_with(',')) return std::nullopt;
  guard.offset = Expr::parse(trimmed(rest.substr(1)));
  return guard.offset ? std::optional(std::move(guard)) : std::nullopt;
}

}  // namespace

std::string Guard::str() const {
  switch (kind) {
    case Kind::disjoint: return "disjoint(" + first + (second.empty() ? "" : ", " + second) + ")";
    case Kind::no_self_overlap: return "no_self_overlap(" + first + ")";
    case Kind::symbol: return condition;
    case Kind::strides: {
      std::string out = "strides(" + first + ", [";
      for (size_t i = 0; i < strides.size(); ++i) out += (i ? ", " : "") + strides[i].str();
      return out + "]" + (offset ? ", " + offset->str() : "") + ")";
    }
  }
  return {};
}

std::optional<Guard> Guard::parse(std::string_view text) {
  text = trimmed(text);
  if (const auto inside = insideCall(text, "disjoint")) return parseDisjoint(*inside);
  if (const auto inside = insideCall(text, "strides")) return parseStrides(*inside);
  if (const auto inside = insideCall(text, "no_self_overlap")) {
    const std::string_view a = trimmed(*inside);
    if (!isWord(a)) return std::nullopt;
    return Guard{Kind::no_self_overlap, std::string(a), {}, {}};
  }
  const bool compares = text.find_first_of("<>=!") != std::string_view::npos || text.starts_with("Eq(") || text.starts_with("Ne(");
  if (!compares || !Expr::parse(text)) return std::nullopt;
  return Guard{Kind::symbol, {}, {}, std::string(text)};
}

std::string_view Guard::forms() { return "disjoint(a, b), no_self_overlap(a), strides(a, [4, 1]) or a condition such as s0 >= 2"; }

}  // namespace graph::ir
