// The normal form behind Expr, private to the symbol_*.cpp files and facts.cpp.
//
// constant + sum of terms; a term is a coefficient times powers of atoms; an atom is a symbol, a number that is no 64-bit integer
// (kept as text) or a function of normal forms. Atoms and forms are immutable and shared. Terms and factors are sorted as sympy prints
// them, so that printing needs no second order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "graph/ir/symbol.h"

namespace graph::ir::symbolic {

/// What is known about a function by its name; `other` is opaque. sum and product hold what would overflow or grow too large.
enum class Function : uint8_t {
  other,
  floorDiv,
  mod,
  max,
  min,
  pow,
  ceilToInt,
  floorToInt,
  truncToInt,
  roundToInt,
  trueDiv,
  eq,
  ne,
  lt,
  le,
  gt,
  ge,
  logicalAnd,
  logicalOr,
  logicalNot,
  abs,
  where,
  piecewise,
  toFloat,
  truncToFloat,
  modularIndexing,
  leftShift,
  rightShift,
  identity,
  tuple,
  sum,
  product,
};

struct Atom {
  enum class Kind : uint8_t { symbol, number, function };
  Kind kind = Kind::symbol;
  Function function = Function::other;
  bool integral = false;     // its value is an integer (or the expression is undefined)
  uint32_t depth = 1;        // nesting, bounds every recursion
  uint32_t weight = 1;       // parts when written out, bounds every walk
  size_t hash = 0;
  std::string name;          // PythonMod and Mod are one function with two names: the name is only for printing then
  std::vector<Expr> arguments;
};
using AtomPtr = std::shared_ptr<const Atom>;

struct Factor {
  AtomPtr atom;
  uint32_t power = 1;
};
struct Term {
  int64_t coefficient = 1;
  std::vector<Factor> factors;
};

struct Form {
  std::vector<Term> terms;   // at least one
  int64_t constant = 0;
  bool integral = false;
  uint32_t depth = 1, weight = 1;
  size_t hash = 0;
};

constexpr uint32_t maxDepth = 1000, maxWeight = 1u << 20;
constexpr size_t maxTerms = 256;       // a product that would have more stays a product
constexpr uint32_t maxExpanded = 1u << 14;

/// Collects terms and makes their normal form. `build` gives nothing when a coefficient overflows.
class SumBuilder {
 public:
  void addConstant(int64_t value) { overflow_ |= __builtin_add_overflow(constant_, value, &constant_); }
  void add(const Expr& expression, int64_t times = 1);
  void addTerm(Term term);
  std::optional<Expr> build();

 private:
  std::vector<Term> terms_;
  int64_t constant_ = 0;
  bool overflow_ = false;
};

int compare(const Expr& a, const Expr& b);              // a total order; 0 = same normal form
int compare(const Atom& a, const Atom& b);
int compare(const std::vector<Factor>& a, const std::vector<Factor>& b);

Expr ofAtom(AtomPtr atom);
Expr ofTerm(Term term);
/// The function unevaluated, whatever its arguments are.
Expr opaque(Function function, std::string name, std::vector<Expr> arguments);
Expr numberText(std::string text);                      // 2.5, oo, True
Expr sumOf(const std::vector<Expr>& parts);             // in one pass
Expr power(const Expr& base, const Expr& exponent, std::string_view name);
Function functionOf(std::string_view name);

bool isIntegral(const Expr& e);
uint32_t depthOf(const Expr& e);
uint32_t weightOf(const Expr& e);
int64_t constantOf(const Expr& e);                      // the constant part
/// The atom when the expression is exactly one, to the power 1 and once; else null.
const Atom* soleAtom(const Expr& e);

/// Value of a function of numbers; the rules of Python. Nothing when undefined or too large.
std::optional<int64_t> floorDivide(int64_t a, int64_t b);
std::optional<int64_t> pythonMod(int64_t a, int64_t b);
std::optional<int64_t> integerPower(int64_t base, int64_t exponent);

}  // namespace graph::ir::symbolic
