// Values under a binding, and substitution. Quotients of true divisions are exact fractions that only the rounding functions and
// comparisons accept, because that is where Python's floats give the same answer; anything else of a fraction is unknown.
#include <numeric>

#include "graph/ir/symbol_form.h"

namespace graph::ir {
namespace symbolic {
namespace {

using Wide = __int128;

struct Fraction {
  int64_t numerator = 0, denominator = 1;  // denominator > 0, reduced
};
using Value = std::optional<Fraction>;
constexpr int64_t exactInDouble = int64_t{1} << 53;

std::optional<int64_t> integer(const Value& value) {
  return value && value->denominator == 1 ? std::optional<int64_t>(value->numerator) : std::nullopt;
}
Value of(std::optional<int64_t> value) { return value ? Value(Fraction{*value, 1}) : std::nullopt; }

class Evaluator {
 public:
  explicit Evaluator(const Binding& binding) : binding_(binding) {}

  Value value(const Expr& e) const {
    if (const auto constant = e.asConstant()) return Fraction{*constant, 1};
    if (const Atom* atom = soleAtom(e)) return this->atom(*atom);
    Wide sum = e.form()->constant;
    for (const Term& term : e.form()->terms) {
      Wide product = term.coefficient;
      for (const Factor& factor : term.factors) {
        const auto base = integer(this->atom(*factor.atom));
        if (!base) return std::nullopt;
        for (uint32_t i = 0; i < factor.power; ++i) {
          if (__builtin_mul_overflow(product, Wide{*base}, &product)) return std::nullopt;
          if (*base == 0 || *base == 1) break;
          if (*base == -1) {
            if (factor.power % 2 == 0) product = -product;
            break;
          }
        }
      }
      if (__builtin_add_overflow(sum, product, &sum)) return std::nullopt;
    }
    if (sum < INT64_MIN || sum > INT64_MAX) return std::nullopt;
    return Fraction{static_cast<int64_t>(sum), 1};
  }

 private:
  Value atom(const Atom& atom) const {
    switch (atom.kind) {
      case Atom::Kind::symbol: {
        const auto found = binding_.find(atom.name);
        return found == binding_.end() ? std::nullopt : Value(Fraction{found->second, 1});
      }
      case Atom::Kind::number:
        return atom.name == "True" ? Value(Fraction{1, 1}) : atom.name == "False" ? Value(Fraction{0, 1}) : std::nullopt;
      case Atom::Kind::function: return function(atom.function, atom.arguments);
    }
    return std::nullopt;
  }

  Value function(Function function, const std::vector<Expr>& arguments) const {
    switch (function) {
      case Function::where: {
        const auto condition = integer(value(arguments[0]));
        return condition ? value(arguments[*condition != 0 ? 1 : 2]) : std::nullopt;
      }
      case Function::piecewise: return piecewise(arguments);
      case Function::max: case Function::min: return extreme(function, arguments);
      case Function::sum: case Function::product: return wide(function, arguments);
      case Function::logicalAnd: case Function::logicalOr: return logical(function, arguments);
      case Function::modularIndexing: {  // (a // b) % c
        const Value a = value(arguments[0]), b = value(arguments[1]), c = value(arguments[2]);
        const Value quotient = a && b ? binary(Function::floorDiv, *a, *b) : std::nullopt;
        return quotient && c ? binary(Function::mod, *quotient, *c) : std::nullopt;
      }
      case Function::other: case Function::tuple: return std::nullopt;
      default: break;
    }
    const Value a = value(arguments[0]);
    if (!a) return std::nullopt;
    if (arguments.size() == 1) return unary(function, *a);
    const Value b = value(arguments[1]);
    return b ? binary(function, *a, *b) : std::nullopt;
  }

  static Value unary(Function function, Fraction a) {
    const auto floor = floorDivide(a.numerator, a.denominator);
    const bool whole = a.denominator == 1;
    switch (function) {
      case Function::floorToInt: return of(floor);
      case Function::ceilToInt: return of(*floor + (whole ? 0 : 1));
      case Function::truncToInt: return of(*floor + (whole || a.numerator >= 0 ? 0 : 1));
      case Function::roundToInt: {  // to even, as Python's round
        if (whole) return a;
        const Wide twice = Wide{a.numerator} - Wide{*floor} * a.denominator;
        const Wide half = 2 * twice - a.denominator;
        return of(*floor + (half > 0 || (half == 0 && *floor % 2 != 0) ? 1 : 0));
      }
      case Function::truncToFloat: return unary(Function::truncToInt, a);
      case Function::toFloat:  // beyond 2**53 a double may be another number
        return a.numerator > -exactInDouble && a.numerator < exactInDouble ? Value(a) : std::nullopt;
      case Function::identity: return a;
      case Function::logicalNot: return Fraction{a.numerator == 0, 1};
      case Function::abs:
        if (a.numerator == INT64_MIN) return std::nullopt;
        return Fraction{std::abs(a.numerator), a.denominator};
      default: return std::nullopt;
    }
  }

  static Value binary(Function function, Fraction a, Fraction b) {
    if (function == Function::trueDiv) {
      if (a.denominator != 1 || b.denominator != 1 || b.numerator == 0) return std::nullopt;
      if (a.numerator <= -exactInDouble || a.numerator >= exactInDouble || b.numerator <= -exactInDouble || b.numerator >= exactInDouble) {
        return std::nullopt;  // Python's quotient would be rounded
      }
      const int64_t common = std::gcd(a.numerator, b.numerator) * (b.numerator < 0 ? -1 : 1);
      return Fraction{a.numerator / common, b.numerator / common};
    }
    const Wide difference = Wide{a.numerator} * b.denominator - Wide{b.numerator} * a.denominator;
    switch (function) {
      case Function::eq: return Fraction{difference == 0, 1};
      case Function::ne: return Fraction{difference != 0, 1};
      case Function::lt: return Fraction{difference < 0, 1};
      case Function::le: return Fraction{difference <= 0, 1};
      case Function::gt: return Fraction{difference > 0, 1};
      case Function::ge: return Fraction{difference >= 0, 1};
      default: break;
    }
    if (a.denominator != 1 || b.denominator != 1) return std::nullopt;
    switch (function) {
      case Function::floorDiv: return of(floorDivide(a.numerator, b.numerator));
      case Function::mod: return of(pythonMod(a.numerator, b.numerator));
      case Function::pow: return of(integerPower(a.numerator, b.numerator));
      case Function::leftShift: case Function::rightShift: {
        const auto scale = b.numerator < 0 || b.numerator > 62 ? std::nullopt : std::optional<int64_t>(int64_t{1} << b.numerator);
        int64_t product = 0;
        if (!scale || (function == Function::leftShift && __builtin_mul_overflow(a.numerator, *scale, &product))) return std::nullopt;
        return of(function == Function::leftShift ? product : floorDivide(a.numerator, *scale));
      }
      default: return std::nullopt;
    }
  }

  Value extreme(Function function, const std::vector<Expr>& arguments) const {
    Value best;
    for (const Expr& argument : arguments) {
      const Value candidate = value(argument);
      if (!candidate) return std::nullopt;
      if (!best || binary(function == Function::max ? Function::gt : Function::lt, *candidate, *best)->numerator != 0) best = candidate;
    }
    return best;
  }

  Value wide(Function function, const std::vector<Expr>& arguments) const {
    Wide result = function == Function::sum ? 0 : 1;
    for (const Expr& argument : arguments) {
      const auto part = integer(value(argument));
      if (!part) return std::nullopt;
      const bool overflow = function == Function::sum ? __builtin_add_overflow(result, Wide{*part}, &result)
                                                      : __builtin_mul_overflow(result, Wide{*part}, &result);
      if (overflow) return std::nullopt;
    }
    if (result < INT64_MIN || result > INT64_MAX) return std::nullopt;
    return Fraction{static_cast<int64_t>(result), 1};
  }

  Value logical(Function function, const std::vector<Expr>& arguments) const {
    const bool isAnd = function == Function::logicalAnd;
    for (const Expr& argument : arguments) {
      const Value part = value(argument);
      if (!part) return std::nullopt;
      if ((part->numerator != 0) != isAnd) return Fraction{isAnd ? 0 : 1, 1};
    }
    return Fraction{isAnd ? 1 : 0, 1};
  }

  Value piecewise(const std::vector<Expr>& pairs) const {
    for (const Expr& pair : pairs) {
      const Atom* both = soleAtom(pair);
      const auto condition = integer(value(both->arguments[1]));
      if (!condition) return std::nullopt;
      if (*condition != 0) return value(both->arguments[0]);
    }
    return std::nullopt;
  }

  const Binding& binding_;
};

}  // namespace
}  // namespace symbolic

using namespace symbolic;

std::optional<int64_t> Expr::evaluate(const Binding& binding) const {
  if (!form_) return constant_;
  return integer(Evaluator(binding).value(*this));
}

void Expr::collectSymbols(std::set<std::string>& into) const {
  if (!form_) return;
  for (const Term& term : form_->terms) {
    for (const Factor& factor : term.factors) {
      if (factor.atom->kind == Atom::Kind::symbol) into.insert(factor.atom->name);
      for (const Expr& argument : factor.atom->arguments) argument.collectSymbols(into);
    }
  }
}

Expr Expr::substitute(const std::map<std::string, Expr>& values) const {
  if (!form_ || values.empty()) return *this;
  std::vector<Expr> parts{Expr(form_->constant)};
  for (const Term& term : form_->terms) {
    Expr product(term.coefficient);
    for (const Factor& factor : term.factors) {
      Expr base;
      if (factor.atom->kind == Atom::Kind::function) {
        std::vector<Expr> arguments;
        arguments.reserve(factor.atom->arguments.size());
        for (const Expr& argument : factor.atom->arguments) arguments.push_back(argument.substitute(values));
        base = function(factor.atom->name, std::move(arguments));
      } else {
        const auto found = factor.atom->kind == Atom::Kind::symbol ? values.find(factor.atom->name) : values.end();
        base = found != values.end() ? found->second : ofAtom(factor.atom);
      }
      product = product * (factor.power == 1 ? base : power(base, Expr(int64_t{factor.power}), "Pow"));
    }
    parts.push_back(std::move(product));
  }
  return sumOf(parts);
}

}  // namespace graph::ir
