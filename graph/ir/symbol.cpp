// Sums and products of normal forms. Constants and lone symbols take short ways; symbols are shared through a small cache per thread.
#include "graph/ir/symbol.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "graph/ir/symbol_form.h"

namespace graph::ir {
namespace symbolic {
namespace {

size_t mix(size_t seed, size_t value) { return seed ^ (value + 0x9E3779B97F4A7C15 + (seed << 6) + (seed >> 2)); }

uint32_t added(uint32_t a, uint32_t b) { return std::min<uint64_t>(uint64_t{a} + b, UINT32_MAX); }

void checkSize(uint32_t depth, uint32_t weight) {
  if (depth > maxDepth) throw std::length_error("expression is nested too deeply");
  if (weight > maxWeight) throw std::length_error("expression is too large");
}

Expr makeForm(std::vector<Term> terms, int64_t constant) {
  if (terms.empty()) return Expr(constant);
  auto form = std::make_shared<Form>();
  form->integral = true;
  size_t hash = std::hash<int64_t>{}(constant);
  uint32_t depth = 0, weight = 1;
  for (const Term& term : terms) {
    hash = mix(hash, std::hash<int64_t>{}(term.coefficient));
    for (const Factor& factor : term.factors) {
      hash = mix(hash, factor.atom->hash + factor.power);
      form->integral = form->integral && factor.atom->integral;
      depth = std::max(depth, factor.atom->depth);
      weight = added(weight, factor.atom->weight);
    }
  }
  checkSize(depth, weight);
  form->depth = depth;
  form->weight = weight;
  form->hash = hash;
  form->constant = constant;
  form->terms = std::move(terms);
  return Expr(std::shared_ptr<const Form>(std::move(form)));
}

bool nextPower(uint32_t a, uint32_t b, uint32_t& sum) { return !__builtin_add_overflow(a, b, &sum); }

/// Product of two monomials; nothing when a number overflows.
std::optional<Term> product(const Term& a, const Term& b) {
  Term result;
  if (__builtin_mul_overflow(a.coefficient, b.coefficient, &result.coefficient)) return std::nullopt;
  result.factors.reserve(a.factors.size() + b.factors.size());
  size_t i = 0, j = 0;
  while (i < a.factors.size() || j < b.factors.size()) {
    int order = i == a.factors.size() ? 1 : j == b.factors.size() ? -1 : compare(*a.factors[i].atom, *b.factors[j].atom);
    if (order < 0) {
      result.factors.push_back(a.factors[i++]);
    } else if (order > 0) {
      result.factors.push_back(b.factors[j++]);
    } else {
      Factor factor = a.factors[i];
      if (!nextPower(a.factors[i++].power, b.factors[j++].power, factor.power)) return std::nullopt;
      result.factors.push_back(std::move(factor));
    }
  }
  return result;
}

/// The term of a form that is one monomial; null when there is more.
const Term* soleTerm(const Form& form) { return form.terms.size() == 1 && form.constant == 0 ? form.terms.data() : nullptr; }

Expr makeSymbol(const std::string& name) {
  auto atom = std::make_shared<Atom>();
  atom->kind = Atom::Kind::symbol;
  atom->integral = !name.starts_with("zf") && !name.starts_with("zuf");  // torch's float symbols
  atom->hash = std::hash<std::string>{}(name);
  atom->name = name;
  return ofAtom(std::move(atom));
}

}  // namespace

void SumBuilder::add(const Expr& expression, int64_t times) {
  const Form* form = expression.form();
  if (!form) {
    int64_t value = 0;
    overflow_ |= __builtin_mul_overflow(*expression.asConstant(), times, &value);
    addConstant(value);
    return;
  }
  int64_t constant = 0;
  overflow_ |= __builtin_mul_overflow(form->constant, times, &constant);
  addConstant(constant);
  for (Term term : form->terms) {
    overflow_ |= __builtin_mul_overflow(term.coefficient, times, &term.coefficient);
    terms_.push_back(std::move(term));
  }
}

void SumBuilder::addTerm(Term term) {
  if (term.factors.empty()) {
    addConstant(term.coefficient);
  } else {
    terms_.push_back(std::move(term));
  }
}

std::optional<Expr> SumBuilder::build() {
  if (overflow_) return std::nullopt;
  const auto less = [](const Term& a, const Term& b) { return compare(a.factors, b.factors) < 0; };
  if (!std::is_sorted(terms_.begin(), terms_.end(), less)) std::stable_sort(terms_.begin(), terms_.end(), less);   // which allocates
  std::vector<Term> merged;
  merged.reserve(terms_.size());
  for (Term& term : terms_) {
    if (!merged.empty() && compare(merged.back().factors, term.factors) == 0) {
      if (__builtin_add_overflow(merged.back().coefficient, term.coefficient, &merged.back().coefficient)) return std::nullopt;
    } else {
      if (!merged.empty() && merged.back().coefficient == 0) merged.pop_back();
      merged.push_back(std::move(term));
    }
  }
  if (!merged.empty() && merged.back().coefficient == 0) merged.pop_back();
  return makeForm(std::move(merged), constant_);
}

Expr ofAtom(AtomPtr atom) {
  std::vector<Term> terms(1);
  terms[0].factors.push_back({std::move(atom), 1});
  return makeForm(std::move(terms), 0);
}

Expr ofTerm(Term term) {
  if (term.coefficient == 0) return Expr();
  if (term.factors.empty()) return Expr(term.coefficient);
  std::vector<Term> terms;
  terms.push_back(std::move(term));
  return makeForm(std::move(terms), 0);
}

Expr opaque(Function function, std::string name, std::vector<Expr> arguments) {
  auto atom = std::make_shared<Atom>();
  atom->kind = Atom::Kind::function;
  atom->function = function;
  atom->integral = true;
  uint32_t depth = 0, weight = 1;
  size_t hash = function == Function::other ? std::hash<std::string>{}(name) : static_cast<size_t>(function) * 0x9E3779B97F4A7C15;
  for (const Expr& argument : arguments) {
    depth = std::max(depth, depthOf(argument));
    weight = added(weight, weightOf(argument));
    hash = mix(hash, argument.hash());
    atom->integral = atom->integral && isIntegral(argument);
  }
  switch (function) {
    case Function::other: case Function::trueDiv: case Function::toFloat: case Function::truncToFloat: atom->integral = false; break;
    case Function::pow: {
      const auto exponent = arguments.size() == 2 ? arguments[1].asConstant() : std::nullopt;
      atom->integral = atom->integral && exponent && *exponent >= 0;
      break;
    }
    case Function::ceilToInt: case Function::floorToInt: case Function::truncToInt: case Function::roundToInt: case Function::eq:
    case Function::ne: case Function::lt: case Function::le: case Function::gt: case Function::ge: case Function::logicalAnd:
    case Function::logicalOr: case Function::logicalNot: atom->integral = true; break;
    default: break;
  }
  checkSize(depth + 1, weight);
  atom->depth = depth + 1;
  atom->weight = weight;
  atom->hash = hash;
  atom->name = std::move(name);
  atom->arguments = std::move(arguments);
  return ofAtom(std::move(atom));
}

Expr numberText(std::string text) {
  auto atom = std::make_shared<Atom>();
  atom->kind = Atom::Kind::number;
  atom->integral = text == "True" || text == "False";
  atom->hash = std::hash<std::string>{}(text) + 1;
  atom->name = std::move(text);
  return ofAtom(std::move(atom));
}

Expr sumOf(const std::vector<Expr>& parts) {
  SumBuilder builder;
  for (const Expr& part : parts) builder.add(part);
  if (auto sum = builder.build()) return *sum;
  return opaque(Function::sum, "Add", parts);
}

bool isIntegral(const Expr& e) { return !e.form() || e.form()->integral; }
uint32_t depthOf(const Expr& e) { return e.form() ? e.form()->depth : 0; }
uint32_t weightOf(const Expr& e) { return e.form() ? e.form()->weight : 1; }
int64_t constantOf(const Expr& e) { return e.form() ? e.form()->constant : *e.asConstant(); }

const Atom* soleAtom(const Expr& e) {
  const Form* form = e.form();
  if (!form || form->constant != 0 || form->terms.size() != 1) return nullptr;
  const Term& term = form->terms[0];
  return term.coefficient == 1 && term.factors.size() == 1 && term.factors[0].power == 1 ? term.factors[0].atom.get() : nullptr;
}

}  // namespace symbolic

using namespace symbolic;

Expr Expr::symbol(std::string name) {
  struct Entry {
    std::string name;
    Expr expression;
  };
  thread_local std::array<Entry, 64> cache;
  Entry& entry = cache[std::hash<std::string>{}(name) % cache.size()];
  if (entry.name != name || !entry.expression.form()) entry = {name, makeSymbol(name)};
  return entry.expression;
}

Expr operator+(const Expr& a, const Expr& b) {
  if (!a.form_ && !b.form_) {
    int64_t sum = 0;
    if (!__builtin_add_overflow(a.constant_, b.constant_, &sum)) return Expr(sum);
  } else if (!a.form_ && a.constant_ == 0) {
    return b;
  } else if (!b.form_ && b.constant_ == 0) {
    return a;
  }
  return sumOf({a, b});
}

Expr operator-(const Expr& a, const Expr& b) {
  if (!b.form_ && b.constant_ == 0) return a;
  if (a == b) return Expr();
  SumBuilder builder;
  builder.add(a);
  builder.add(b, -1);
  if (auto difference = builder.build()) return *difference;
  return opaque(Function::sum, "Add", {a, -b});
}

Expr Expr::operator-() const { return Expr(-1) * *this; }

Expr operator*(const Expr& a, const Expr& b) {
  if (a.form_ && !b.form_) return b * a;
  if (!a.form_ && a.constant_ == 0) return Expr();
  if (!a.form_ && a.constant_ == 1) return b;
  SumBuilder builder;
  bool fits = true;
  if (!a.form_) {
    builder.add(b, a.constant_);
  } else if (const Term* one = soleTerm(*a.form_), *other = soleTerm(*b.form_); one && other) {   // most shapes: nothing to merge
    auto both = uint64_t{weightOf(a)} + weightOf(b) <= maxExpanded ? product(*one, *other) : std::nullopt;
    if (both) return ofTerm(std::move(*both));
    fits = false;
  } else {
    const size_t ways = (a.form_->terms.size() + 1) * (b.form_->terms.size() + 1);
    fits = ways <= maxTerms && uint64_t{weightOf(a)} * b.form_->terms.size() + uint64_t{weightOf(b)} * a.form_->terms.size() <= maxExpanded;
    for (size_t i = 0; fits && i <= a.form_->terms.size(); ++i) {
      const Term left = i < a.form_->terms.size() ? a.form_->terms[i] : Term{a.form_->constant, {}};
      for (size_t j = 0; fits && left.coefficient != 0 && j <= b.form_->terms.size(); ++j) {
        const Term right = j < b.form_->terms.size() ? b.form_->terms[j] : Term{b.form_->constant, {}};
        if (right.coefficient == 0) continue;
        auto term = product(left, right);
        fits = term.has_value();
        if (fits) builder.addTerm(std::move(*term));
      }
    }
  }
  if (fits) {
    if (auto result = builder.build()) return *result;
  }
  return compare(a, b) <= 0 ? opaque(Function::product, "Mul", {a, b}) : opaque(Function::product, "Mul", {b, a});
}

Expr floorDiv(const Expr& a, const Expr& b) { return Expr::function("FloorDiv", {a, b}); }
Expr mod(const Expr& a, const Expr& b) { return Expr::function("Mod", {a, b}); }
Expr max(const Expr& a, const Expr& b) { return Expr::function("Max", {a, b}); }
Expr min(const Expr& a, const Expr& b) { return Expr::function("Min", {a, b}); }

bool operator==(const Expr& a, const Expr& b) {
  if (!a.form_ || !b.form_) return a.form_ == b.form_ && a.constant_ == b.constant_;
  return a.form_ == b.form_ || (a.form_->hash == b.form_->hash && compare(a, b) == 0);
}

size_t Expr::hash() const { return form_ ? form_->hash : std::hash<int64_t>{}(constant_); }

}  // namespace graph::ir
