// Symbolic integers: the `s0`, `2*s0 + 1`, `(s77//2)`, `Max(1, u0)` of a dump.
//
// An Expr is an immutable value with a normal form: a sum of monomials (coefficient times product of atom powers), where an
// atom is a symbol or a function (floordiv, Mod, Max, Min, …) of normal forms. Two Exprs are equal iff their normal forms
// are; that proves equality and never disproves it. Evaluation follows Python (floor division, sign of the modulus).
// "Unknown" is an answer: nothing here guesses. Expr is pure and thread safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace graph::ir {

namespace symbolic {
struct Form;  // the normal form of what is no constant; symbol_form.h
}

/// Values of symbols by name (`s0` -> 8).
using Binding = std::map<std::string, int64_t>;

class Expr {
 public:
  Expr() = default;                                     // the constant 0
  Expr(int64_t constant) : constant_(constant) {}       // NOLINT(google-explicit-constructor): sizes are mostly numbers
  static Expr symbol(std::string name);
  /// An unevaluated function of its arguments (`Max`, `PythonMod`, `ToFloat` …). The known ones fold when the arguments
  /// are constant: FloorDiv Mod PythonMod Max Min Pow CeilToInt Eq Ne Lt Le Gt Ge IntTrueDiv (when exact) Abs Where Piecewise.
  /// Conditions are 1 and 0. Throws std::length_error when the result nests deeper than 1000 or has over a million parts.
  static Expr function(std::string name, std::vector<Expr> arguments);

  struct ParseError { size_t offset; std::string message; };
  /// Parses what sympy prints. On failure returns nothing and fills `error` (offset into `text`). Nesting deeper than 200
  /// is an error, so that hostile text cannot exhaust the stack.
  static std::optional<Expr> parse(std::string_view text, ParseError* error = nullptr);

  std::optional<int64_t> asConstant() const { return form_ ? std::nullopt : std::optional<int64_t>(constant_); }
  /// The value under `binding`; nothing when a symbol is unbound, a division is by zero, the result is no integer, or
  /// it overflows 64 bits.
  std::optional<int64_t> evaluate(const Binding& binding) const;
  void collectSymbols(std::set<std::string>& into) const;
  /// Replaces symbols by expressions.
  Expr substitute(const std::map<std::string, Expr>& values) const;
  /// As sympy's str() prints it inside an annotation: `2*s0 + 1`, `(s77//2)`, `Max(1, u0)`.
  std::string str() const;

  friend Expr operator+(const Expr&, const Expr&);
  friend Expr operator-(const Expr&, const Expr&);
  friend Expr operator*(const Expr&, const Expr&);
  Expr operator-() const;
  friend Expr floorDiv(const Expr&, const Expr&);
  friend Expr mod(const Expr&, const Expr&);   // Python's: sign of the divisor
  friend Expr max(const Expr&, const Expr&);
  friend Expr min(const Expr&, const Expr&);
  /// Same normal form.
  friend bool operator==(const Expr&, const Expr&);
  size_t hash() const;

  /// For this module's own files: the normal form; null for a constant, which is held without allocation.
  const symbolic::Form* form() const { return form_.get(); }
  explicit Expr(std::shared_ptr<const symbolic::Form> form) : form_(std::move(form)) {}

 private:
  std::shared_ptr<const symbolic::Form> form_;
  int64_t constant_ = 0;           // the value when there is no form
};

}  // namespace graph::ir

template <>
struct std::hash<graph::ir::Expr> {
  size_t operator()(const graph::ir::Expr& e) const noexcept { return e.hash(); }
};

namespace graph::ir {

/// What is known about symbols: a set of expressions that are >= 0. It proves inequalities by linear combination and says
/// "unknown" otherwise. Sizes of tensors are added as non-negative by whoever reads a graph. Answers are remembered until a fact is
/// added, because the layers of a model ask the same of the same symbols: one thread for each object.
class Facts {
 public:
  /// States that `expression >= 0`.
  void addNonNegative(const Expr& expression);
  /// States that `left == right`.
  void addEqual(const Expr& left, const Expr& right);
  /// True when `expression >= 0` follows from the facts (also through Max/Min/FloorDiv/Mod bounds where simple);
  /// false means "not proved".
  bool provesNonNegative(const Expr& expression) const;
  bool provesLessEqual(const Expr& a, const Expr& b) const { return provesNonNegative(b - a); }
  bool provesEqual(const Expr& a, const Expr& b) const;

 private:
  std::vector<Expr> nonNegative_;
  mutable std::unordered_map<Expr, bool> proofs_;   // of "is not negative"
};

}  // namespace graph::ir
