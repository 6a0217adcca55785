#include "graph/run/sizes.h"

#include <array>
#include <set>
#include <string_view>

namespace graph::run {
namespace {

// The one symbol that `binding` lacks; nothing when there is none or more than one.
std::optional<std::string> onlyUnknown(const ir::Expr& expression, const ir::Binding& binding) {
  std::set<std::string> symbols;
  expression.collectSymbols(symbols);
  std::optional<std::string> unknown;
  for (auto& symbol : symbols) {
    if (binding.count(symbol)) continue;
    if (unknown) return std::nullopt;
    unknown = symbol;
  }
  return unknown;
}

// Solves expression == value for `symbol` when the expression is linear in it; checked by evaluation.
std::optional<int64_t> solveFor(const ir::Expr& expression, int64_t value, const std::string& symbol, ir::Binding binding) {
  auto at = [&](int64_t x) {
    binding[symbol] = x;
    return expression.evaluate(binding);
  };
  auto zero = at(0), one = at(1);
  if (zero && one && *one != *zero && (value - *zero) % (*one - *zero) == 0) {
    int64_t candidate = (value - *zero) / (*one - *zero);
    if (at(candidate) == value) return candidate;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> solve(const std::vector<Equation>& equations, ir::Binding& binding) {
  for (bool progress = true; progress;) {
    progress = false;
    for (auto& equation : equations)
      if (auto symbol = onlyUnknown(equation.expression, binding))
        if (auto value = solveFor(equation.expression, equation.value, *symbol, binding)) {
          binding[*symbol] = *value;
          progress = true;
        }
  }
  for (auto& equation : equations) {
    auto value = equation.expression.evaluate(binding);
    if (value && *value != equation.value)
      return equation.where + " is " + std::to_string(equation.value) + ", but " + equation.expression.str() + " is " +
             std::to_string(*value) + (binding.empty() ? "" : " (" + describe(binding) + ")");
  }
  return std::nullopt;
}

std::optional<Condition> Condition::parse(std::string_view text) {
  static constexpr std::array<std::string_view, 6> kSigns{"<=", ">=", "==", "!=", "<", ">"};
  Condition result;
  for (auto sign : kSigns) {
    int depth = 0;
    for (size_t i = 0; i + sign.size() <= text.size(); ++i) {
      if (text[i] == '(') ++depth;
      if (text[i] == ')') --depth;
      if (depth != 0 || text.substr(i, sign.size()) != sign) continue;
      auto left = ir::Expr::parse(text.substr(0, i)), right = ir::Expr::parse(text.substr(i + sign.size()));
      if (!left || !right) return std::nullopt;
      result.left_ = *left;
      result.right_ = *right;
      result.sign_ = sign;
      return result;
    }
  }
  auto whole = ir::Expr::parse(text);
  if (!whole) return std::nullopt;
  result.left_ = *whole;
  return result;
}

std::optional<bool> Condition::holds(const ir::Binding& binding) const {
  auto a = left_.evaluate(binding);
  if (!a) return std::nullopt;
  if (sign_.empty()) return *a != 0;
  auto b = right_.evaluate(binding);
  if (!b) return std::nullopt;
  if (sign_ == "<=") return *a <= *b;
  if (sign_ == ">=") return *a >= *b;
  if (sign_ == "==") return *a == *b;
  if (sign_ == "!=") return *a != *b;
  return sign_ == "<" ? *a < *b : *a > *b;
}

std::string describe(const ir::Binding& binding) {
  std::string text;
  for (auto& [symbol, value] : binding) text += (text.empty() ? "" : ", ") + symbol + " = " + std::to_string(value);
  return text;
}

}  // namespace graph::run
