#include "graph/text/annotation.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "graph/text/lexer.h"

namespace graph::text {
namespace {

constexpr int kDeepest = 20;  // wrappers around wrappers

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// Position of the bracket that closes the one at text[open].
size_t closing(std::string_view text, size_t open) {
  int depth = 0;
  for (size_t i = open; i < text.size(); ++i) {
    if (text[i] == '(' || text[i] == '[') ++depth;
    else if ((text[i] == ')' || text[i] == ']') && --depth == 0) return i;
  }
  return std::string_view::npos;
}

/// Splits at commas outside brackets: `s77, 2*s77 + 1, Max(1, u0)`.
std::vector<std::string_view> splitList(std::string_view text) {
  std::vector<std::string_view> items;
  if (trim(text).empty()) return items;
  int depth = 0;
  size_t from = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(' || text[i] == '[') ++depth;
    else if (text[i] == ')' || text[i] == ']') --depth;
    else if (text[i] == ',' && depth == 0) { items.push_back(trim(text.substr(from, i - from))); from = i + 1; }
  }
  items.push_back(trim(text.substr(from)));
  return items;
}

std::optional<ir::Expr> expression(std::string_view text, std::string* problem) {
  // Sizes are mostly plain numbers.
  if (!text.empty() && text.size() < 18 && std::all_of(text.begin(), text.end(), isDigit)) {
    int64_t value = 0;
    for (char c : text) value = value * 10 + (c - '0');
    return ir::Expr(value);
  }
  ir::Expr::ParseError error{};
  auto result = ir::Expr::parse(text, &error);
  if (!result && problem) *problem = fmt::format("cannot read '{}': {}", text.substr(0, 80), error.message);
  return result;
}

std::optional<std::vector<ir::Expr>> expressions(std::string_view text, std::string* problem) {
  std::vector<ir::Expr> all;
  for (auto item : splitList(text)) {
    auto one = expression(item, problem);
    if (!one) return std::nullopt;
    all.push_back(std::move(*one));
  }
  return all;
}

/// `f32[2, 4][4, 1]cuda:0`
std::optional<ir::TensorMeta> tensor(std::string_view text, std::string* problem) {
  size_t open = text.find('[');
  if (open == std::string_view::npos || open == 0) return std::nullopt;
  auto dtype = ir::dtypeFromAbbreviation(text.substr(0, open));
  if (!dtype) return std::nullopt;
  ir::TensorMeta meta;
  meta.dtype = *dtype;
  size_t close = closing(text, open);
  if (close == std::string_view::npos) {
    if (problem) *problem = "the shape has no closing ']'";
    return std::nullopt;
  }
  auto shape = expressions(text.substr(open + 1, close - open - 1), problem);
  if (!shape) return std::nullopt;
  meta.shape = std::move(*shape);
  std::string_view rest = text.substr(close + 1);
  if (rest.starts_with('[')) {
    close = closing(rest, 0);
    if (close == std::string_view::npos) {
      if (problem) *problem = "the stride has no closing ']'";
      return std::nullopt;
    }
    auto stride = expressions(rest.substr(1, close - 1), problem);
    if (!stride) return std::nullopt;
    if (stride->size() != meta.shape.size()) {
      if (problem) *problem = fmt::format("the stride has {} entries and the shape {}", stride->size(), meta.shape.size());
      return std::nullopt;
    }
    meta.stride = std::move(stride);
    rest.remove_prefix(close + 1);
  }
  if (!rest.empty()) {
    meta.device = ir::Device::parse(rest);
    if (!meta.device) {
      if (problem) *problem = fmt::format("'{}' is no device", rest.substr(0, 80));
      return std::nullopt;
    }
  }
  return meta;
}

ir::Meta parseNested(std::string_view text, std::string* problem, int depth);

/// `Parameter(f32[2])`, `DTensor(f32[8, 16], S(0)R)`: the tensor inside; the wrapper keeps what follows it (`DTensor, S(0)R`).
std::optional<ir::TensorMeta> wrapped(std::string_view text, std::string* problem, int depth) {
  size_t open = text.find('(');
  if (depth > kDeepest || open == std::string_view::npos || open == 0 || !text.ends_with(')')) return std::nullopt;
  if (!std::all_of(text.begin(), text.begin() + open, [](char c) { return isNameChar(c) || c == '.'; })) return std::nullopt;
  auto inside = text.substr(open + 1, text.size() - open - 2);
  auto parts = splitList(inside);
  if (parts.empty()) return std::nullopt;
  auto meta = parseNested(parts[0], problem, depth + 1);
  auto* core = std::get_if<ir::TensorMeta>(&meta);
  if (!core || !core->wrapper.empty()) return std::nullopt;
  core->wrapper = std::string(text.substr(0, open));
  if (parts.size() > 1) core->wrapper += fmt::format(", {}", inside.substr(static_cast<size_t>(parts[1].data() - inside.data())));
  return *core;
}

/// A type that is neither tensor nor symbol: kept as text, which printed between quotes must read back.
ir::Meta otherType(std::string_view text, std::string* problem) {
  if (text.find_first_of("\"\\\n") == std::string_view::npos) return ir::OtherMeta{std::string(text)};
  if (problem && problem->empty()) *problem = "an annotation holds no quote and no backslash";
  return {};
}

ir::Meta parseNested(std::string_view text, std::string* problem, int depth) {
  if (text.starts_with("Sym(") && text.ends_with(')')) {
    if (auto value = expression(trim(text.substr(4, text.size() - 5)), problem)) return ir::SymMeta{std::move(*value)};
    return otherType(text, problem);
  }
  if (auto meta = tensor(text, problem)) return *meta;
  if (auto meta = wrapped(text, problem, depth)) return *meta;
  return otherType(text, problem);
}

}  // namespace

ir::Meta parseMeta(std::string_view text, std::string* problem) {
  text = trim(text);
  if (text.empty()) return {};
  return parseNested(text, problem, 0);
}

const AnnotationCache::Entry& AnnotationCache::find(std::string_view text) {
  auto& entry = entries_.insert(text).value;
  if (!entry) {
    entry = std::make_unique<Entry>();
    entry->meta = parseMeta(text, &entry->problem);
  }
  return *entry;
}

}  // namespace graph::text
