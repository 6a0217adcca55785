#include "graph/text/annotation.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "graph/ir/spelling.h"
#include "graph/text/characters.h"
#include "graph/text/lexer.h"
#include "graph/text/parser.h"

namespace graph::text {
namespace {

constexpr int kDeepest = 20;  // wrappers around wrappers

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// Reads one annotation; the first problem that comes up is the one that is kept.
class AnnotationReader {
 public:
  explicit AnnotationReader(AnnotationProblem* problem) : problem_(problem) {}
  ir::Meta read(std::string_view text, int depth);

 private:
  std::nullopt_t fail(std::string_view where, std::string message) {
    say(where, "annotation kept as text: " + message);
    return std::nullopt;
  }
  void say(std::string_view where, std::string message) {
    if (problem_ && problem_->message.empty()) *problem_ = {std::move(message), where};
  }
  size_t closing(std::string_view text, size_t open, std::string_view what);
  void checkFunctions(std::string_view text);
  std::optional<ir::Expr> expression(std::string_view text);
  std::optional<std::vector<ir::Expr>> expressions(std::string_view text);
  std::optional<ir::DType> dtype(std::string_view name, std::string_view rest);
  std::optional<ir::Device> device(std::string_view text);
  std::optional<ir::TensorMeta> tensor(std::string_view text);
  std::optional<ir::TensorMeta> wrapped(std::string_view text, int depth);
  ir::Meta otherType(std::string_view text);

  AnnotationProblem* problem_;
};

/// Position of the bracket that closes the one at text[open]; npos, and said why, when there is none or another kind comes first.
size_t AnnotationReader::closing(std::string_view text, size_t open, std::string_view what) {
  std::vector<size_t> stack;
  for (size_t i = open; i < text.size(); ++i) {
    if (text[i] == '(' || text[i] == '[') stack.push_back(i);
    if (text[i] != ')' && text[i] != ']') continue;
    const char expected = text[stack.back()] == '(' ? ')' : ']';
    if (text[i] != expected) {
      fail(text.substr(i, 1), fmt::format("unexpected '{}', expected ',' or '{}'", text[i], expected));
      return std::string_view::npos;
    }
    stack.pop_back();
    if (stack.empty()) return i;
  }
  fail(text.substr(open, 1), fmt::format("the {} has no closing ']'", what));
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

/// A function that nobody knows is kept (another version of torch may print it), but has no value here.
void AnnotationReader::checkFunctions(std::string_view text) {
  if (!problem_) return;
  for (size_t open = 0; (open = text.find('(', open)) != std::string_view::npos; ++open) {
    size_t begin = open;
    while (begin > 0 && (isNameChar(text[begin - 1]) || text[begin - 1] == '.')) --begin;
    const auto name = text.substr(begin, open - begin), closest = ir::closestOf(name, ir::symbolFunctions());
    if (!closest.empty()) say(name, fmt::format("unknown function '{}' in a size{}", name, ir::didYouMean(closest)));
  }
}

std::optional<ir::Expr> AnnotationReader::expression(std::string_view text) {
  // Sizes are mostly plain numbers.
  if (!text.empty() && text.size() < 18 && std::all_of(text.begin(), text.end(), isDigit)) {
    int64_t value = 0;
    for (char c : text) value = value * 10 + (c - '0');
    return ir::Expr(value);
  }
  ir::Expr::ParseError error{};
  auto result = ir::Expr::parse(text, &error);
  if (!result) return fail(text.substr(std::min(error.offset, text.size())), fmt::format("cannot read '{}': {}", text.substr(0, 80), error.message));
  checkFunctions(text);
  return result;
}

std::optional<std::vector<ir::Expr>> AnnotationReader::expressions(std::string_view text) {
  std::vector<ir::Expr> all;
  for (auto item : splitList(text)) {
    auto one = expression(item);
    if (!one) return std::nullopt;
    all.push_back(std::move(*one));
  }
  return all;
}

/// Types have brackets too (`list[int]`): only a word of letters and digits that is nearly a dtype is taken for a misspelled one.
std::optional<ir::DType> AnnotationReader::dtype(std::string_view name, std::string_view rest) {
  if (auto known = ir::dtypeFromAbbreviation(name)) return known;
  if (!problem_ || name.size() > 20 || name.find_first_of("0123456789") == std::string_view::npos || rest.find(']') == std::string_view::npos) return std::nullopt;
  ir::Closest closest(name);
  for (int i = 0; i <= static_cast<int>(ir::DType::b1x8); ++i) closest.add(ir::abbreviation(static_cast<ir::DType>(i)));
  const bool isWord = std::all_of(name.begin(), name.end(), [](char c) { return isDigit(c) || (c >= 'a' && c <= 'z'); });
  if (isWord) fail(name, fmt::format("unknown dtype '{}'{}", name, ir::didYouMean(closest.word())));
  return std::nullopt;
}

/// Anybody may register a device: one that is nearly a known one is kept, and said.
std::optional<ir::Device> AnnotationReader::device(std::string_view text) {
  auto device = ir::Device::parse(text);
  if (!device) return fail(text, fmt::format("'{}' is no device", text.substr(0, 80)));
  if (problem_)
    if (auto closest = closestDevice(device->type); !closest.empty()) say(text, fmt::format("unknown device '{}'{}", device->type, ir::didYouMean(closest)));
  return device;
}

/// `f32[2, 4][4, 1]cuda:0`
std::optional<ir::TensorMeta> AnnotationReader::tensor(std::string_view text) {
  size_t open = text.find('[');
  if (open == std::string_view::npos || open == 0) return std::nullopt;
  auto dtype = this->dtype(text.substr(0, open), text.substr(open));
  if (!dtype) return std::nullopt;
  ir::TensorMeta meta;
  meta.dtype = *dtype;
  size_t close = closing(text, open, "shape");
  if (close == std::string_view::npos) return std::nullopt;
  auto shape = expressions(text.substr(open + 1, close - open - 1));
  if (!shape) return std::nullopt;
  meta.shape = std::move(*shape);
  std::string_view rest = text.substr(close + 1);
  if (rest.starts_with('[')) {
    close = closing(rest, 0, "stride");
    if (close == std::string_view::npos) return std::nullopt;
    auto stride = expressions(rest.substr(1, close - 1));
    if (!stride) return std::nullopt;
    if (stride->size() != meta.shape.size())
      return fail(rest.substr(0, close + 1), fmt::format("the stride has {} entries and the shape {}", stride->size(), meta.shape.size()));
    meta.stride = std::move(stride);
    rest.remove_prefix(close + 1);
  }
  if (!rest.empty()) {
    meta.device = device(rest);
    if (!meta.device) return std::nullopt;
  }
  return meta;
}

/// `Parameter(f32[2])`, `DTensor(f32[8, 16], S(0)R)`: the tensor inside; the wrapper keeps what follows it (`DTensor, S(0)R`).
std::optional<ir::TensorMeta> AnnotationReader::wrapped(std::string_view text, int depth) {
  size_t open = text.find('(');
  if (depth > kDeepest || open == std::string_view::npos || open == 0 || !text.ends_with(')')) return std::nullopt;
  if (!std::all_of(text.begin(), text.begin() + open, [](char c) { return isNameChar(c) || c == '.'; })) return std::nullopt;
  auto inside = text.substr(open + 1, text.size() - open - 2);
  auto parts = splitList(inside);
  if (parts.empty()) return std::nullopt;
  auto meta = read(parts[0], depth + 1);
  auto* core = std::get_if<ir::TensorMeta>(&meta);
  if (!core || !core->wrapper.empty()) return std::nullopt;
  core->wrapper = std::string(text.substr(0, open));
  if (parts.size() > 1) core->wrapper += fmt::format(", {}", inside.substr(static_cast<size_t>(parts[1].data() - inside.data())));
  return *core;
}

/// A type that is neither tensor nor symbol: kept as text, which printed between quotes must read back.
ir::Meta AnnotationReader::otherType(std::string_view text) {
  const auto at = std::find_if(text.begin(), text.end(), [](char c) { return c == '"' || c == '\\' || c == '\n' || isControl(c); });
  if (at == text.end()) return ir::OtherMeta{std::string(text)};
  if (problem_) *problem_ = {"annotation left out: a type holds no quote, no backslash and no line feed or control character", text.substr(static_cast<size_t>(at - text.begin()), 1)};
  return {};
}

ir::Meta AnnotationReader::read(std::string_view text, int depth) {
  if (std::any_of(text.begin(), text.end(), isControl)) return otherType(text);
  if (text.starts_with("Sym(") && text.ends_with(')')) {
    if (auto value = expression(trim(text.substr(4, text.size() - 5)))) return ir::SymMeta{std::move(*value)};
    return otherType(text);
  }
  if (auto meta = tensor(text)) return *meta;
  if (auto meta = wrapped(text, depth)) return *meta;
  return otherType(text);
}

}  // namespace

std::string_view closestDevice(std::string_view type) {
  // c10/core/DeviceType.h
  static constexpr std::string_view kTypes[] = {"cpu", "cuda", "mkldnn", "opengl", "opencl", "ideep", "hip", "fpga", "maia", "xla", "vulkan", "metal",
                                                "xpu", "mps", "meta", "hpu", "ve", "lazy", "ipu", "mtia", "npu", "privateuseone"};
  return type.size() < 4 ? std::string_view() : ir::closestOf(type, kTypes);
}

ir::Meta readMeta(std::string_view text, AnnotationProblem* problem) {
  text = trim(text);
  if (text.empty()) return {};
  return AnnotationReader(problem).read(text, 0);
}

ir::Meta parseMeta(std::string_view text, std::string* problem) {
  AnnotationProblem found;
  ir::Meta meta = readMeta(text, &found);
  if (problem) *problem = std::move(found.message);
  return meta;
}

const AnnotationCache::Entry& AnnotationCache::find(std::string_view text) {
  auto& entry = entries_.insert(text).value;
  if (!entry) {
    entry = std::make_unique<Entry>();
    AnnotationProblem problem;
    entry->meta = readMeta(text, &problem);
    if (!problem.message.empty()) {
      entry->problem = std::move(problem.message);
      entry->offset = static_cast<size_t>(problem.where.data() - text.data());
      entry->length = problem.where.size();
    }
  }
  return *entry;
}

}  // namespace graph::text
