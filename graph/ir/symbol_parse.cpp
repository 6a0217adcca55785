// Reading what sympy prints: precedence climbing over a string. Depth and length are bounded before anything is built.
#include <charconv>
#include <stdexcept>

#include "graph/ir/symbol_form.h"

namespace graph::ir {
namespace symbolic {
namespace {

constexpr int maxNesting = 200;
constexpr size_t maxText = 1 << 16;

struct Failure {
  size_t offset;
  std::string message;
};

bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Expr all() {
    if (text_.size() > maxText) throw Failure{maxText, "expression is longer than 65536 characters"};
    Expr result = disjunction();
    skipSpace();
    if (at_ < text_.size()) fail("unexpected '" + std::string(1, text_[at_]) + "' after the expression");
    return result;
  }

 private:
  struct Deeper {
    explicit Deeper(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > maxNesting) parser_.fail("expression is nested more than 200 deep");
    }
    ~Deeper() { --parser_.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    Parser& parser_;
  };

  [[noreturn]] void fail(std::string message) const { throw Failure{at_, std::move(message)}; }

  void skipSpace() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  }
  bool peek(std::string_view token) {
    skipSpace();
    return text_.substr(at_).starts_with(token);
  }
  bool take(std::string_view token) {
    if (!peek(token)) return false;
    at_ += token.size();
    return true;
  }

  Expr disjunction() {
    std::vector<Expr> parts{conjunction()};
    while (peek("|")) ++at_, parts.push_back(conjunction());
    return parts.size() == 1 ? parts[0] : Expr::function("Or", std::move(parts));
  }
  Expr conjunction() {
    std::vector<Expr> parts{comparison()};
    while (peek("&")) ++at_, parts.push_back(comparison());
    return parts.size() == 1 ? parts[0] : Expr::function("And", std::move(parts));
  }
  Expr comparison() {
    Expr left = sum();
    for (const auto& [token, function] : {std::pair{"<=", "Le"}, {">=", "Ge"}, {"==", "Eq"}, {"!=", "Ne"}, {"<", "Lt"}, {">", "Gt"}}) {
      if (take(token)) return Expr::function(function, {left, sum()});
    }
    return left;
  }
  Expr sum() {
    std::vector<Expr> parts{product()};
    for (;;) {
      if (take("+")) parts.push_back(product());
      else if (take("-")) parts.push_back(-product());
      else return parts.size() == 1 ? parts[0] : sumOf(parts);
    }
  }
  Expr product() {
    Expr left = unary();
    for (;;) {
      if (take("//")) left = floorDiv(left, unary());
      else if (take("/")) left = Expr::function("TrueDiv", {left, unary()});
      else if (take("%")) left = mod(left, unary());
      else if (!peek("**") && take("*")) left = left * unary();
      else return left;
    }
  }
  Expr unary() {
    const Deeper deeper(*this);
    if (take("-")) return -unary();
    if (take("+")) return unary();
    if (take("~")) return Expr::function("Not", {unary()});
    Expr base = primary();
    if (!take("**")) return base;
    return power(base, unary(), "Pow");
  }
  Expr primary() {
    skipSpace();
    if (at_ >= text_.size()) fail("the expression ends where a number, a symbol or '(' is expected");
    const char c = text_[at_];
    if (isDigit(c) || (c == '.' && at_ + 1 < text_.size() && isDigit(text_[at_ + 1]))) return number();
    if (isLetter(c)) return named();
    if (c == '(') {
      ++at_;
      bool tuple = false;
      std::vector<Expr> items = list(tuple);
      return tuple || items.size() != 1 ? Expr::function("", std::move(items)) : items[0];
    }
    fail("unexpected '" + std::string(1, c) + "', expected a number, a symbol or '('");
  }
  /// The items up to the closing parenthesis; the opening one has been read.
  std::vector<Expr> list(bool& tuple) {
    const Deeper deeper(*this);
    std::vector<Expr> items;
    const size_t open = at_ - 1;
    while (!take(")")) {
      items.push_back(disjunction());
      if (take(",")) tuple = true;
      else if (!peek(")")) {
        if (at_ < text_.size()) fail("unexpected '" + std::string(1, text_[at_]) + "', expected ',' or ')'");
        throw Failure{open, "'(' is never closed"};
      }
    }
    return items;
  }
  Expr number() {
    const size_t start = at_;
    bool whole = true;
    while (at_ < text_.size() && isDigit(text_[at_])) ++at_;
    if (at_ < text_.size() && text_[at_] == '.') {
      whole = false;
      do ++at_;
      while (at_ < text_.size() && isDigit(text_[at_]));
    }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      size_t end = at_ + 1;
      if (end < text_.size() && (text_[end] == '+' || text_[end] == '-')) ++end;
      if (end < text_.size() && isDigit(text_[end])) {
        whole = false;
        for (at_ = end; at_ < text_.size() && isDigit(text_[at_]);) ++at_;
      }
    }
    if (at_ < text_.size() && isLetter(text_[at_])) fail("unexpected '" + std::string(1, text_[at_]) + "' in a number");
    const std::string_view digits = text_.substr(start, at_ - start);
    int64_t value = 0;
    if (whole && std::from_chars(digits.data(), digits.data() + digits.size(), value).ec == std::errc()) return Expr(value);
    return numberText(std::string(digits));
  }
  Expr named() {
    const size_t start = at_;
    while (at_ < text_.size() &&
           (isLetter(text_[at_]) || isDigit(text_[at_]) || (text_[at_] == '.' && at_ + 1 < text_.size() && isLetter(text_[at_ + 1])))) {
      ++at_;
    }
    std::string name(text_.substr(start, at_ - start));
    if (take("(")) {
      bool tuple = false;
      std::vector<Expr> arguments = list(tuple);
      return Expr::function(std::move(name), std::move(arguments));
    }
    for (std::string_view value : {"True", "False", "oo", "int_oo", "zoo", "inf", "nan"}) {
      if (name == value) return numberText(std::move(name));
    }
    return Expr::symbol(std::move(name));
  }

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
};

/// A plain number or name, by far the most of all sizes, without the parser.
std::optional<Expr> simple(std::string_view text) {
  if (text.empty() || text.size() > 24) return std::nullopt;
  if (isDigit(text[0])) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? std::optional<Expr>(value) : std::nullopt;
  }
  if ((text[0] != 's' && text[0] != 'u') || text.size() < 2) return std::nullopt;  // s0, u12: torch's symbols
  for (char c : text.substr(1)) {
    if (!isDigit(c)) return std::nullopt;
  }
  return Expr::symbol(std::string(text));
}

}  // namespace
}  // namespace symbolic

std::optional<Expr> Expr::parse(std::string_view text, ParseError* error) {
  if (auto found = symbolic::simple(text)) return found;
  try {
    return symbolic::Parser(text).all();
  } catch (const symbolic::Failure& failure) {
    if (error) *error = {failure.offset, failure.message};
  } catch (const std::length_error& tooLarge) {
    if (error) *error = {0, tooLarge.what()};
  }
  return std::nullopt;
}

}  // namespace graph::ir
