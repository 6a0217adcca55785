// The grammar of FunctionSchema's printing: types with alias sets, defaults, named results.
//
// Defaults become Arguments. Torch prints enums as ints; they become what a dump would hold: a ScalarType default a DType, a Layout
// `torch.strided` …, a MemoryFormat `torch.contiguous_format` …, a Device "cpu" a Device. Other ints (`Reduction`) stay ints.
#include "graph/ir/schema_parse.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace graph::ir {
namespace {

// c10::ScalarType (quantized and sub-byte types have no DType), c10::Layout, c10::MemoryFormat by number.
std::optional<DType> scalarType(int64_t number) {
  constexpr std::array<DType, 12> first = {DType::u8,  DType::i8,  DType::i16, DType::i32, DType::i64,  DType::f16,
                                           DType::f32, DType::f64, DType::c32, DType::c64, DType::c128, DType::b8};
  constexpr std::array<DType, 8> fromBits16 = {DType::b16,        DType::f8e5m2, DType::f8e4m3fn, DType::f8e5m2fnuz,
                                               DType::f8e4m3fnuz, DType::u16,    DType::u32,      DType::u64};
  if (number >= 0 && number < 12) return first[static_cast<size_t>(number)];
  if (number >= 22 && number < 30) return fromBits16[static_cast<size_t>(number - 22)];
  return number == 15 ? std::optional(DType::bf16) : std::nullopt;
}
constexpr std::array<std::string_view, 4> layouts = {"torch.strided", "torch.sparse_coo", "torch.sparse_csr", "torch._mkldnn"};
constexpr std::array<std::string_view, 4> memoryFormats = {"torch.contiguous_format", "torch.preserve_format", "torch.channels_last",
                                                           "torch.channels_last_3d"};

bool isWordCharacter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.'; }

class Parser {
 public:
  Parser(std::string_view target, std::string_view line) : line_(line) {
    schema_.target = target;
    schema_.text = line;
  }

  Schema parse() {
    at_ = line_.find('(');
    if (at_ == std::string_view::npos) fail("has no argument list");
    ++at_;
    arguments();
    expect("->");
    returns();
    skip();
    if (at_ != line_.size()) fail("has text after its results");
    return std::move(schema_);
  }

 private:
  struct Type {
    std::string text, aliasSet;
    bool written = false;
  };

  [[noreturn]] void fail(const std::string& what) const {
    throw std::invalid_argument(schemaError(line_, at_, what));
  }
  void skip() {
    while (at_ < line_.size() && line_[at_] == ' ') ++at_;
  }
  char peek() {
    skip();
    return at_ < line_.size() ? line_[at_] : '\0';
  }
  bool take(std::string_view token) {
    skip();
    if (!line_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  void expect(std::string_view token) {
    if (!take(token)) fail("misses '" + std::string(token) + "'");
  }
  std::string word() {
    skip();
    const size_t start = at_;
    while (at_ < line_.size() && isWordCharacter(line_[at_])) ++at_;
    if (at_ == start) fail("misses a type or a name");
    return std::string(line_.substr(start, at_ - start));
  }

  void arguments() {
    bool keywordOnly = false;
    while (!take(")")) {
      if (take("...")) {
        schema_.variadic = true;
      } else if (take("*")) {
        keywordOnly = true;
      } else {
        Type read = type();
        SchemaArgument argument{word(), std::move(read.text), std::nullopt, keywordOnly, std::move(read.aliasSet), read.written};
        if (take("=")) argument.defaultValue = defaultValue(argument.type);
        schema_.arguments.push_back(std::move(argument));
      }
      if (!take(",") && peek() != ')') fail("misses ',' or ')'");
    }
  }

  void returns() {
    if (take("...")) {
      schema_.variadic = true;
      return;
    }
    if (!take("(")) {
      oneReturn();
      return;
    }
    while (!take(")")) {
      oneReturn();
      if (!take(",") && peek() != ')') fail("misses ',' or ')'");
    }
  }
  void oneReturn() {
    Type read = type();
    schema_.returns.push_back({std::move(read.text), std::move(read.aliasSet), read.written});
    if (const char c = peek(); isWordCharacter(c) && c != '.') word();  // a result's name
  }

  /// Tensor, Tensor(a!), Tensor(a -> *)[], int[2], Dict(str, t)(a!), (str, t)[], Future(t), __torch__.torch.classes.x.Y
  Type type() {
    Type result;
    if (peek() == '(') {
      result.text = parenthesised();
    } else {
      const std::string name = word();
      result.text = name;
      if (name == "Dict" || name == "Future" || name == "Await" || name == "RRef" || name == "Union" || name == "Optional" ||
          name == "Tuple") {
        if (peek() == '(') result.text += parenthesised();
      }
    }
    for (;;) {
      if (at_ < line_.size() && line_[at_] == '(') {
        alias(parenthesised(), result);
      } else if (at_ < line_.size() && line_[at_] == '?') {
        ++at_;
        result.text += '?';
      } else if (at_ < line_.size() && line_[at_] == '[') {  // a fixed length (int[2]) is no part of the type
        const size_t close = line_.find(']', at_);
        if (close == std::string_view::npos) fail("misses ']'");
        at_ = close + 1;
        result.text += "[]";
      } else {
        return result;
      }
    }
  }
  std::string parenthesised() {
    const size_t start = at_;
    int depth = 0;
    do {
      if (line_[at_] == '(') ++depth;
      if (line_[at_] == ')') --depth;
      ++at_;
    } while (depth > 0 && at_ < line_.size());
    if (depth > 0) fail("misses ')'");
    return std::string(line_.substr(start, at_ - start));
  }
  /// (a!) or (a -> *) or (a|b); the set before the call counts.
  static void alias(const std::string& text, Type& into) {
    std::string set = text.substr(1, text.size() - 2);
    if (const size_t arrow = set.find(" -> "); arrow != std::string::npos) set.resize(arrow);
    if (!set.empty() && set.back() == '!') {
      into.written = true;
      set.pop_back();
    }
    into.aliasSet = std::move(set);
  }

  Argument defaultValue(const std::string& type) {
    Argument value = literal();
    const std::string_view base = std::string_view(type).substr(0, type.find_first_of("?["));
    if (const auto* number = value.as<int64_t>()) {
      const auto index = static_cast<size_t>(*number);
      if (base == "ScalarType") {
        if (const auto dtype = scalarType(*number)) return *dtype;
      }
      if (base == "Layout" && index < layouts.size()) return Name{std::string(layouts[index])};
      if (base == "MemoryFormat" && index < memoryFormats.size()) return Name{std::string(memoryFormats[index])};
      if (base == "float") return static_cast<double>(*number);
    }
    if (const auto* text = value.as<std::string>(); text && base == "Device") {
      if (auto device = Device::parse(*text)) return *device;
    }
    return value;
  }

  Argument literal() {
    const char c = peek();
    if (c == '[') return list();
    if (c == '"' || c == '\'') return quoted(c);
    const size_t start = at_;
    while (at_ < line_.size() && (isWordCharacter(line_[at_]) || line_[at_] == '-' || line_[at_] == '+')) ++at_;
    const std::string_view text = line_.substr(start, at_ - start);
    if (text == "None") return None{};
    if (text == "True") return true;
    if (text == "False") return false;
    if (text == "inf") return HUGE_VAL;
    if (text == "-inf") return -HUGE_VAL;
    if (text == "nan") return std::nan("");
    int64_t whole = 0;
    if (const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
        error == std::errc() && end == text.data() + text.size()) {
      return whole;
    }
    double number = 0;
    if (const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        error == std::errc() && end == text.data() + text.size()) {
      return number;
    }
    if (text.empty()) fail("misses a default value");
    return Name{std::string(text)};
  }
  Argument list() {
    List result;
    if (++depth_ > 32) fail("nests lists more than 32 deep");
    ++at_;
    while (!take("]")) {
      result.items.push_back(literal());
      if (!take(",") && peek() != ']') fail("misses ',' or ']'");
    }
    --depth_;
    return result;
  }
  Argument quoted(char quote) {
    std::string result;
    for (++at_; at_ < line_.size() && line_[at_] != quote; ++at_) {
      if (line_[at_] == '\\' && at_ + 1 < line_.size()) ++at_;
      result += line_[at_];
    }
    if (at_ >= line_.size()) fail("has a string without end");
    ++at_;
    return result;
  }

  std::string_view line_;
  size_t at_ = 0;
  int depth_ = 0;
  Schema schema_;
};

}  // namespace

Schema parseSchema(std::string_view target, std::string_view line) { return Parser(target, line).parse(); }

std::string schemaError(std::string_view line, size_t at, std::string_view what) {
  at = std::min(at, line.size());
  return "operator schema " + std::string(what) + " (column " + std::to_string(at + 1) + ")\n  " + std::string(line) + "\n  " +
         std::string(at, ' ') + "^";
}

}  // namespace graph::ir
