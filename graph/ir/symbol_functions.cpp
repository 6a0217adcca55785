// Functions of expressions: what folds, what cancels, what stays. Every rule here holds for all integers for which both sides are
// defined (Python's floor division and modulus); the division rules ask for integral operands, as 2.5*x // 2 obeys none of them.
#include <algorithm>
#include <array>
#include <numeric>

#include "graph/ir/spelling.h"
#include "graph/ir/symbol_form.h"

namespace graph::ir {
namespace symbolic {

std::optional<int64_t> floorDivide(int64_t a, int64_t b) {
  if (b == 0 || (a == INT64_MIN && b == -1)) return std::nullopt;
  const int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

std::optional<int64_t> pythonMod(int64_t a, int64_t b) {
  if (b == 0) return std::nullopt;
  if (b == -1) return 0;
  const int64_t remainder = a % b;
  return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
}

std::optional<int64_t> integerPower(int64_t base, int64_t exponent) {
  if (exponent < 0) return std::nullopt;
  if (base == 0 || base == 1) return exponent == 0 ? 1 : base;
  if (base == -1) return exponent % 2 == 0 ? 1 : -1;
  int64_t result = 1;
  for (; exponent > 0; --exponent) {  // |base| >= 2: overflows after at most 63 rounds
    if (__builtin_mul_overflow(result, base, &result)) return std::nullopt;
  }
  return result;
}

namespace {

struct KnownFunction {
  std::string_view name;
  Function function;
  size_t arity;  // 0: one or more
};
constexpr std::array<KnownFunction, 42> known = {{
    {"FloorDiv", Function::floorDiv, 2},     {"CleanDiv", Function::floorDiv, 2},     {"Mod", Function::mod, 2},
    {"PythonMod", Function::mod, 2},         {"Max", Function::max, 0},               {"Min", Function::min, 0},
    {"Pow", Function::pow, 2},               {"PowByNatural", Function::pow, 2},      {"CeilToInt", Function::ceilToInt, 1},
    {"ceiling", Function::ceilToInt, 1},     {"FloorToInt", Function::floorToInt, 1}, {"floor", Function::floorToInt, 1},
    {"TruncToInt", Function::truncToInt, 1}, {"RoundToInt", Function::roundToInt, 1}, {"IntTrueDiv", Function::trueDiv, 2},
    {"TrueDiv", Function::trueDiv, 2},       {"Eq", Function::eq, 2},                 {"Ne", Function::ne, 2},
    {"Lt", Function::lt, 2},                 {"Le", Function::le, 2},                 {"Gt", Function::gt, 2},
    {"Ge", Function::ge, 2},                 {"And", Function::logicalAnd, 0},        {"Or", Function::logicalOr, 0},
    {"Not", Function::logicalNot, 1},        {"Abs", Function::abs, 1},               {"Where", Function::where, 3},
    {"Piecewise", Function::piecewise, 0},   {"", Function::tuple, 0},                {"Add", Function::sum, 0},
    {"Mul", Function::product, 0},           {"Equality", Function::eq, 2},           {"Unequality", Function::ne, 2},
    {"StrictLessThan", Function::lt, 2},     {"StrictGreaterThan", Function::gt, 2},  {"FloatTrueDiv", Function::trueDiv, 2},
    {"ToFloat", Function::toFloat, 1},       {"TruncToFloat", Function::truncToFloat, 1}, {"ModularIndexing", Function::modularIndexing, 3},
    {"LShift", Function::leftShift, 2},      {"RShift", Function::rightShift, 2},      {"Identity", Function::identity, 1},
}};

/// a/b when the monomial `b` divides the monomial `a` exactly.
std::optional<Term> dividedTerm(const Term& a, const Term& b) {
  if (b.coefficient == 0 || (b.coefficient == -1 && a.coefficient == INT64_MIN) || a.coefficient % b.coefficient != 0) return std::nullopt;
  Term quotient{a.coefficient / b.coefficient, {}};
  size_t j = 0;
  for (const Factor& factor : a.factors) {
    if (j < b.factors.size() && compare(*factor.atom, *b.factors[j].atom) == 0) {
      const uint32_t power = b.factors[j++].power;
      if (factor.power < power) return std::nullopt;
      if (factor.power > power) quotient.factors.push_back({factor.atom, factor.power - power});
    } else {
      quotient.factors.push_back(factor);
    }
  }
  if (j < b.factors.size()) return std::nullopt;
  return quotient;
}

/// The expression as one monomial; nothing when it is a sum.
std::optional<Term> asTerm(const Expr& e) {
  if (const auto value = e.asConstant()) return Term{*value, {}};
  if (e.form()->constant != 0 || e.form()->terms.size() != 1) return std::nullopt;
  return e.form()->terms[0];
}

struct Division {
  Expr quotient, rest;  // a = quotient * divisor + rest, term by term
};
Division divideTerms(const Expr& a, const Term& divisor) {
  SumBuilder quotient, rest;
  const auto place = [&](const Term& term) {
    if (auto divided = dividedTerm(term, divisor)) {
      quotient.addTerm(std::move(*divided));
    } else {
      rest.addTerm(term);
    }
  };
  for (const Term& term : a.form()->terms) place(term);
  if (a.form()->constant != 0) place(Term{a.form()->constant, {}});
  return {*quotient.build(), *rest.build()};  // distinct terms with fitting coefficients: nothing to overflow
}

/// The greatest monomial that divides every term of `a` and `divisor`; its coefficient is positive.
Term commonTerm(const Expr& a, const Term& divisor) {
  const auto magnitude = [](int64_t value) { return value == INT64_MIN ? 1 : std::abs(value); };  // 1 divides that one too
  int64_t number = magnitude(divisor.coefficient);
  std::vector<Factor> factors = divisor.factors;
  const auto shrink = [&](const Term& term) {
    number = std::gcd(number, magnitude(term.coefficient));
    std::erase_if(factors, [&](Factor& factor) {
      for (const Factor& other : term.factors) {
        if (compare(*factor.atom, *other.atom) != 0) continue;
        factor.power = std::min(factor.power, other.power);
        return false;
      }
      return true;
    });
  };
  if (a.form()) {
    for (const Term& term : a.form()->terms) shrink(term);
  }
  if (constantOf(a) != 0) shrink(Term{constantOf(a), {}});
  return Term{number, std::move(factors)};
}

Expr divide(const Expr& a, const Expr& b, std::string_view name) {
  const auto dividend = a.asConstant(), divisor = b.asConstant();
  const auto stay = [&](const Expr& x, const Expr& y) { return opaque(Function::floorDiv, std::string(name), {x, y}); };
  if (dividend && divisor) {
    const auto quotient = floorDivide(*dividend, *divisor);
    return quotient ? Expr(*quotient) : stay(a, b);
  }
  if (!isIntegral(a) || !isIntegral(b) || (divisor && *divisor == 0)) return stay(a, b);
  if (dividend && *dividend == 0) return Expr();
  if (divisor && *divisor == 1) return a;
  if (divisor && *divisor == -1) return -a;
  if (a == b) return Expr(1);
  const auto term = asTerm(b);
  if (!term || !a.form()) return stay(a, b);
  auto [quotient, rest] = divideTerms(a, *term);  // floor((q*b + r)/b) = q + floor(r/b)
  if (rest == Expr()) return quotient;
  Expr by = b;
  const Term common = commonTerm(rest, *term);  // floor(g*x / g*y) = floor(x/y)
  if (common.coefficient != 1 || !common.factors.empty()) {
    if (rest.form()) rest = divideTerms(rest, common).quotient;
    else rest = Expr(constantOf(rest) / common.coefficient);
    by = ofTerm(*dividedTerm(*term, common));
  }
  if (rest.asConstant() && by.asConstant()) return quotient + divide(rest, by, name);
  const Atom* inner = soleAtom(rest);
  const auto number = by.asConstant();
  if (inner && number && *number > 0 && inner->arguments.size() == 2) {
    const auto modulus = inner->arguments[1].asConstant();
    if (inner->function == Function::mod && modulus && *modulus > 0 && *modulus <= *number) return quotient;
    if (inner->function == Function::floorDiv && isIntegral(rest)) {  // floor(floor(x/y)/n) = floor(x/(y*n)) for n > 0
      return quotient + divide(inner->arguments[0], inner->arguments[1] * by, name);
    }
  }
  return quotient + stay(rest, by);
}

Expr modulo(const Expr& a, const Expr& b, std::string_view name) {
  const auto dividend = a.asConstant(), divisor = b.asConstant();
  const auto stay = [&](const Expr& x) { return opaque(Function::mod, std::string(name), {x, b}); };
  if (dividend && divisor) {
    const auto rest = pythonMod(*dividend, *divisor);
    return rest ? Expr(*rest) : stay(a);
  }
  if (!isIntegral(a) || !isIntegral(b) || (divisor && *divisor == 0)) return stay(a);
  if ((dividend && *dividend == 0) || (divisor && (*divisor == 1 || *divisor == -1)) || a == b) return Expr();
  const auto term = asTerm(b);
  if (!term || !a.form()) return stay(a);
  const Expr rest = divideTerms(a, *term).rest;
  if (!rest.form()) return rest == Expr() ? rest : modulo(rest, b, name);
  const Atom* inner = soleAtom(rest);
  if (inner && inner->function == Function::mod && divisor && *divisor > 0) {
    const auto modulus = inner->arguments[1].asConstant();
    if (modulus && *modulus > 0 && *modulus <= *divisor) return rest;
    if (modulus && *modulus > 0 && *modulus % *divisor == 0) return modulo(inner->arguments[0], b, name);
  }
  return stay(rest);
}

Expr extreme(Function function, const std::vector<Expr>& arguments) {
  const bool wantsMax = function == Function::max;
  std::vector<Expr> kept;
  const auto consider = [&](const Expr& candidate) {
    for (Expr& other : kept) {  // two that differ by a number: one of them never counts
      if (const auto difference = (candidate - other).asConstant()) {
        if ((*difference > 0) == wantsMax && *difference != 0) other = candidate;
        return;
      }
    }
    kept.push_back(candidate);
  };
  for (const Expr& argument : arguments) {
    const Atom* inner = soleAtom(argument);
    if (inner && inner->function == function) {
      for (const Expr& item : inner->arguments) consider(item);
    } else {
      consider(argument);
    }
  }
  std::sort(kept.begin(), kept.end(), [](const Expr& a, const Expr& b) { return compare(a, b) < 0; });
  kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
  if (kept.size() == 1) return kept[0];
  return opaque(function, wantsMax ? "Max" : "Min", std::move(kept));
}

bool holds(Function function, int64_t difference) {
  switch (function) {
    case Function::eq: return difference == 0;
    case Function::ne: return difference != 0;
    case Function::lt: return difference < 0;
    case Function::le: return difference <= 0;
    case Function::gt: return difference > 0;
    default: return difference >= 0;
  }
}

/// Is its value 1 or 0 for certain?
bool isCondition(const Expr& e) {
  const Atom* atom = soleAtom(e);
  return atom && atom->kind == Atom::Kind::function && atom->function >= Function::eq && atom->function <= Function::logicalNot;
}

Expr logical(Function function, std::string name, std::vector<Expr> arguments) {
  if (function == Function::logicalNot) {
    if (const auto value = arguments[0].asConstant()) return Expr(*value == 0);
    return opaque(function, std::move(name), std::move(arguments));
  }
  const bool isAnd = function == Function::logicalAnd;
  std::vector<Expr> kept;
  for (const Expr& argument : arguments) {
    const auto value = argument.asConstant();
    if (!value) kept.push_back(argument);
    else if ((*value != 0) != isAnd) return Expr(isAnd ? 0 : 1);
  }
  if (kept.empty()) return Expr(isAnd ? 1 : 0);
  if (kept.size() == 1) return isCondition(kept[0]) ? kept[0] : Expr::function("Ne", {kept[0], Expr()});
  return opaque(function, std::move(name), std::move(kept));
}

Expr piecewise(std::string name, std::vector<Expr> arguments) {
  std::vector<Expr> kept;
  for (const Expr& argument : arguments) {
    const Atom* pair = soleAtom(argument);
    if (!pair || pair->function != Function::tuple || pair->arguments.size() != 2) return opaque(Function::other, name, arguments);
    const Atom* text = soleAtom(pair->arguments[1]);
    const auto condition = pair->arguments[1].asConstant();
    const bool always = (condition && *condition != 0) || (text && text->kind == Atom::Kind::number && text->name == "True");
    if (always && kept.empty()) return pair->arguments[0];
    if (!condition || *condition != 0) kept.push_back(argument);
    if (always) break;
  }
  if (kept.empty()) return opaque(Function::other, std::move(name), std::move(arguments));   // none of them ever applies: it has no value
  return opaque(Function::piecewise, std::move(name), std::move(kept));
}

Expr trueDivide(std::string name, std::vector<Expr> arguments) {
  const auto a = arguments[0].asConstant(), b = arguments[1].asConstant();
  if (b && *b == 1) return arguments[0];
  // Python divides to a float: only quotients that a double holds exactly are numbers here.
  if (a && b && *b != 0 && !(*b == -1 && *a == INT64_MIN) && *a % *b == 0 && std::abs(*a / *b) < (int64_t{1} << 53)) return Expr(*a / *b);
  return opaque(Function::trueDiv, std::move(name), std::move(arguments));
}

constexpr auto knownNames = [] {
  std::array<std::string_view, known.size()> names{};
  for (size_t i = 0; i < known.size(); ++i) names[i] = known[i].name;
  return names;
}();

const KnownFunction* lookUp(std::string_view name) {
  for (const KnownFunction& candidate : known) {
    if (candidate.name == name) return &candidate;
  }
  return nullptr;
}

}  // namespace

Function functionOf(std::string_view name) {
  const KnownFunction* found = lookUp(name);
  return found ? found->function : Function::other;
}

Expr power(const Expr& base, const Expr& exponent, std::string_view name) {
  const auto number = exponent.asConstant();
  if (number && *number == 0) return Expr(1);
  if (number && *number == 1) return base;
  if (number && *number > 1) {
    if (const auto value = base.asConstant()) {
      if (const auto result = integerPower(*value, *number)) return Expr(*result);
    } else if (const auto term = asTerm(base); term && *number <= 1 << 16) {
      Term raised{1, term->factors};
      bool fits = true;
      const auto coefficient = integerPower(term->coefficient, *number);
      for (Factor& factor : raised.factors)
        fits = fits && !__builtin_mul_overflow(factor.power, static_cast<uint32_t>(*number), &factor.power);
      if (fits && coefficient) return raised.coefficient = *coefficient, ofTerm(std::move(raised));
    } else if (*number <= 8) {
      Expr result = base;
      for (int64_t i = 1; i < *number && result.form(); ++i) {
        result = result * base;
        const Atom* whole = soleAtom(result);
        if (whole && whole->function == Function::product) return opaque(Function::pow, std::string(name), {base, exponent});
      }
      return result;
    }
  }
  return opaque(Function::pow, std::string(name), {base, exponent});
}

}  // namespace symbolic

using namespace symbolic;

std::span<const std::string_view> symbolFunctions() { return symbolic::knownNames; }

Expr Expr::function(std::string name, std::vector<Expr> arguments) {
  const KnownFunction* found = lookUp(name);
  if (!found || (found->arity != 0 && found->arity != arguments.size()) || arguments.empty()) {
    return opaque(found && found->function == Function::tuple ? Function::tuple : Function::other, std::move(name), std::move(arguments));
  }
  const Function function = found->function;
  switch (function) {
    case Function::floorDiv: return divide(arguments[0], arguments[1], name);
    case Function::mod: return modulo(arguments[0], arguments[1], name);
    case Function::max: case Function::min: return extreme(function, arguments);
    case Function::pow: return power(arguments[0], arguments[1], name);
    case Function::trueDiv: return trueDivide(std::move(name), std::move(arguments));
    case Function::ceilToInt: case Function::floorToInt: case Function::truncToInt: case Function::roundToInt:
      return isIntegral(arguments[0]) ? arguments[0] : opaque(function, std::move(name), std::move(arguments));
    case Function::eq: case Function::ne: case Function::lt: case Function::le: case Function::gt: case Function::ge: {
      static constexpr std::array<std::string_view, 6> names = {"Eq", "Ne", "Lt", "Le", "Gt", "Ge"};
      if (const auto difference = (arguments[0] - arguments[1]).asConstant()) return Expr(holds(function, *difference));
      return opaque(function, std::string(names[static_cast<size_t>(function) - static_cast<size_t>(Function::eq)]), std::move(arguments));
    }
    case Function::logicalAnd: case Function::logicalOr: case Function::logicalNot:
      return logical(function, std::move(name), std::move(arguments));
    case Function::abs: {
      const auto value = arguments[0].asConstant();
      if (value && *value != INT64_MIN) return Expr(std::abs(*value));
      return opaque(function, std::move(name), std::move(arguments));
    }
    case Function::where:
      if (const auto condition = arguments[0].asConstant()) return *condition != 0 ? arguments[1] : arguments[2];
      return opaque(function, std::move(name), std::move(arguments));
    case Function::piecewise: return piecewise(std::move(name), std::move(arguments));
    case Function::sum: return sumOf(arguments);
    case Function::product: {
      Expr product(1);
      for (const Expr& argument : arguments) product = product * argument;
      return product;
    }
    default: return opaque(function, std::move(name), std::move(arguments));
  }
}

}  // namespace graph::ir
