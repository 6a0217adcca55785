// Proofs of `expression >= 0` from facts that are >= 0.
//
// Monomials are the variables. The goal is reduced by subtracting positive multiples of facts until only known non-negative parts are
// left: that proves it. Functions bring their own facts (0 <= Mod(a, n) < n for n > 0 and so on); what is left of Max and Min is split
// into cases. Integers help once: M*goal > -M suffices for the integer goal. The search is bounded, a failure means "not proved".
#include <algorithm>
#include <unordered_map>

#include "graph/ir/symbol_form.h"

namespace graph::ir {
namespace symbolic {
namespace {

using Wide = __int128;
constexpr int64_t limit = int64_t{1} << 60;  // larger coefficients end a branch of the search
constexpr size_t maxAtoms = 48, maxKnown = 512;

/// A linear form over the monomials of one proof: sparse, sorted by monomial number.
struct Linear {
  std::vector<std::pair<uint32_t, int64_t>> parts;
  int64_t constant = 0;
};

/// x*a + y*b; nothing when a number grows too large.
std::optional<Linear> combine(const Linear& a, int64_t x, const Linear& b, int64_t y) {
  Linear result;
  const auto scaled = [](int64_t v, int64_t s, int64_t w, int64_t t, int64_t& into) {
    const Wide value = Wide{v} * s + Wide{w} * t;
    if (value > limit || value < -limit) return false;
    into = static_cast<int64_t>(value);
    return true;
  };
  if (!scaled(a.constant, x, b.constant, y, result.constant)) return std::nullopt;
  size_t i = 0, j = 0;
  while (i < a.parts.size() || j < b.parts.size()) {
    const uint32_t left = i < a.parts.size() ? a.parts[i].first : UINT32_MAX, right = j < b.parts.size() ? b.parts[j].first : UINT32_MAX;
    const uint32_t at = std::min(left, right);
    int64_t value = 0;
    if (!scaled(left == at ? a.parts[i].second : 0, x, right == at ? b.parts[j].second : 0, y, value)) return std::nullopt;
    if (value != 0) result.parts.emplace_back(at, value);
    i += left == at;
    j += right == at;
  }
  return result;
}

class Prover {
 public:
  Prover(const std::vector<Expr>& facts, int splits, int& budget) : facts_(facts), splits_(splits), budget_(budget) {}

  bool nonNegative(const Expr& goal) {
    if (const auto value = goal.asConstant()) return *value >= 0;
    collectAtoms(goal);
    for (const Expr& fact : facts_) addFact(fact);
    for (size_t i = 0; i < atoms_.size() && i < maxAtoms; ++i) addOwnFacts(atoms_[i]);
    addProducts(goal);
    if (reduce(linear(goal), 1, isIntegral(goal), 0)) return true;
    return splits_ > 0 && split(goal);
  }

 private:
  // --- gathering --------------------------------------------------------------------------------------------------------------
  void collectAtoms(const Expr& e) {
    if (!e.form()) return;
    for (const Term& term : e.form()->terms) {
      for (const Factor& factor : term.factors) {
        if (atoms_.size() >= maxAtoms) return;
        const bool seen = std::any_of(atoms_.begin(), atoms_.end(), [&](const AtomPtr& a) { return compare(*a, *factor.atom) == 0; });
        if (seen) continue;
        atoms_.push_back(factor.atom);
        for (const Expr& argument : factor.atom->arguments) collectAtoms(argument);
      }
    }
  }

  uint32_t monomial(const std::vector<Factor>& factors) {
    for (uint32_t i = 0; i < monomials_.size(); ++i) {
      if (compare(monomials_[i], factors) == 0) return i;
    }
    monomials_.push_back(factors);
    return static_cast<uint32_t>(monomials_.size() - 1);
  }

  Linear linear(const Expr& e) {
    Linear result;
    result.constant = constantOf(e);
    if (e.form()) {
      for (const Term& term : e.form()->terms) result.parts.emplace_back(monomial(term.factors), term.coefficient);
      std::sort(result.parts.begin(), result.parts.end());
    }
    return result;
  }

  void addFact(const Expr& fact) {
    if (known_.size() >= maxKnown || !fact.form()) return;
    knownExprs_.push_back(fact);
    known_.push_back(linear(fact));
  }

  bool provesSmaller(const Expr& goal) {
    if (goal.asConstant()) return *goal.asConstant() >= 0;
    if (nesting_ >= 2 || budget_ <= 0) return false;
    Prover inner(facts_, 0, budget_);
    inner.nesting_ = nesting_ + 1;
    return inner.nonNegative(goal);
  }

  /// What a function's value satisfies whatever its arguments are.
  void addOwnFacts(const AtomPtr& atom) {
    if (atom->kind != Atom::Kind::function) return;
    const Expr value = ofAtom(atom);
    const auto& arguments = atom->arguments;
    switch (atom->function) {
      case Function::max:
        for (const Expr& argument : arguments) addFact(value - argument);
        break;
      case Function::min:
        for (const Expr& argument : arguments) addFact(argument - value);
        break;
      case Function::abs:
        addFact(value);
        addFact(value - arguments[0]);
        addFact(value + arguments[0]);
        break;
      case Function::eq: case Function::ne: case Function::lt: case Function::le: case Function::gt: case Function::ge:
      case Function::logicalAnd: case Function::logicalOr: case Function::logicalNot:
        addFact(value);
        addFact(Expr(1) - value);
        break;
      case Function::floorDiv: case Function::mod: case Function::ceilToInt: addDivisionFacts(*atom, value); break;
      default: break;
    }
  }

  void addDivisionFacts(const Atom& atom, const Expr& value) {
    if (atom.function == Function::ceilToInt) {
      const Atom* quotient = soleAtom(atom.arguments[0]);
      if (!quotient || quotient->function != Function::trueDiv || !isIntegral(quotient->arguments[0]) ||
          !isIntegral(quotient->arguments[1]))
        return;
      const Expr &a = quotient->arguments[0], &n = quotient->arguments[1];
      if (!provesSmaller(n - Expr(1))) return;
      addFact(value * n - a);
      addFact(a + n - Expr(1) - value * n);
      return;
    }
    const Expr &a = atom.arguments[0], &n = atom.arguments[1];
    if (!isIntegral(a) || !isIntegral(n) || !provesSmaller(n - Expr(1))) return;
    if (atom.function == Function::floorDiv) {
      addFact(a - value * n);
      addFact(value * n + n - Expr(1) - a);
    } else {
      addFact(value);
      addFact(n - Expr(1) - value);
    }
    if (!provesSmaller(a)) return;
    if (atom.function == Function::floorDiv) addFact(value);
    addFact(a - value);
  }

  /// Even powers, and facts times non-negative atoms where the goal has such a product.
  void addProducts(const Expr& goal) {
    if (!goal.form()) return;
    const std::vector<Expr> linearFacts = knownExprs_;
    for (const Term& term : goal.form()->terms) {
      if (term.factors.size() < 2 && term.factors[0].power < 2) continue;
      if (std::all_of(term.factors.begin(), term.factors.end(), [](const Factor& f) { return f.power % 2 == 0; })) {
        addFact(ofTerm(Term{1, term.factors}));
      }
      if (std::all_of(term.factors.begin(), term.factors.end(),
                      [&](const Factor& f) { return f.power % 2 == 0 || provesSmaller(ofAtom(f.atom)); })) {
        addFact(ofTerm(Term{1, term.factors}));
      }
      for (size_t skipped = 0; skipped < term.factors.size(); ++skipped) addMultiples(linearFacts, term, skipped);
    }
  }

  /// Facts that hold the atom number `at` of a product, multiplied by the rest of the product when that is non-negative.
  void addMultiples(const std::vector<Expr>& facts, const Term& term, size_t at) {
    Term rest{1, term.factors};
    if (--rest.factors[at].power == 0) rest.factors.erase(rest.factors.begin() + static_cast<std::ptrdiff_t>(at));
    const std::vector<Factor> single{{term.factors[at].atom, 1}};
    bool checked = false;
    for (const Expr& fact : facts) {
      if (!fact.form()) continue;
      const auto& terms = fact.form()->terms;
      if (std::none_of(terms.begin(), terms.end(), [&](const Term& t) { return compare(t.factors, single) == 0; })) continue;
      for (const Factor& factor : rest.factors) {
        if (!checked && factor.power % 2 != 0 && !provesSmaller(ofAtom(factor.atom))) return;
      }
      checked = true;
      addFact(fact * ofTerm(rest));
    }
  }

  // --- searching --------------------------------------------------------------------------------------------------------------
  /// `scale` = how often the first goal is in this one; see the head of the file about integers.
  bool reduce(const Linear& goal, int64_t scale, bool integral, int depth) {
    if (--budget_ < 0) return false;
    if (goal.parts.empty()) return goal.constant >= 0 || (integral && goal.constant > -scale);
    if (depth > 10) return false;
    // Take a part that hurts; when none does, one that facts must carry away: any part is unknown until then.
    size_t chosen = 0;
    for (size_t i = 0; i < goal.parts.size(); ++i) {
      if (goal.parts[i].second < 0) {
        chosen = i;
        break;
      }
    }
    const auto [variable, coefficient] = goal.parts[chosen];
    for (const Linear& fact : known_) {
      const auto part = std::lower_bound(fact.parts.begin(), fact.parts.end(), std::pair<uint32_t, int64_t>{variable, INT64_MIN});
      if (part == fact.parts.end() || part->first != variable || (part->second < 0) != (coefficient < 0)) continue;
      const int64_t factTimes = std::abs(coefficient), goalTimes = std::abs(part->second);
      const auto next = combine(goal, goalTimes, fact, -factTimes);
      if (!next || Wide{scale} * goalTimes > limit) continue;
      if (reduce(*next, scale * goalTimes, integral, depth + 1)) return true;
      if (budget_ < 0) return false;
    }
    return false;
  }

  /// A Max or Min of the goal is one of its arguments: each case must be proved.
  bool split(const Expr& goal) {
    for (const AtomPtr& atom : atoms_) {
      if (atom->function != Function::max && atom->function != Function::min) continue;
      const bool isMax = atom->function == Function::max;
      bool all = true;
      for (size_t i = 0; all && i < atom->arguments.size(); ++i) {
        std::vector<Expr> facts;
        for (const Expr& fact : facts_) facts.push_back(replaced(fact, *atom, atom->arguments[i]));
        for (const Expr& other : atom->arguments) {
          const Expr difference = atom->arguments[i] - other;
          if (difference.form()) facts.push_back(isMax ? difference : -difference);
        }
        Prover prover(facts, splits_ - 1, budget_);
        all = prover.nonNegative(replaced(goal, *atom, atom->arguments[i]));
      }
      if (all) return true;
    }
    return false;
  }

  static Expr replaced(const Expr& e, const Atom& atom, const Expr& value) {
    if (!e.form()) return e;
    std::vector<Expr> parts{Expr(e.form()->constant)};
    for (const Term& term : e.form()->terms) {
      Expr product(term.coefficient);
      for (const Factor& factor : term.factors) {
        const bool here = compare(*factor.atom, atom) == 0;
        product = product * power(here ? value : ofAtom(factor.atom), Expr(int64_t{factor.power}), "Pow");
      }
      parts.push_back(std::move(product));
    }
    return sumOf(parts);
  }

  const std::vector<Expr>& facts_;
  const int splits_;
  int& budget_;
  int nesting_ = 0;
  std::vector<AtomPtr> atoms_;
  std::vector<std::vector<Factor>> monomials_;
  std::vector<Linear> known_;
  std::vector<Expr> knownExprs_;
};

}  // namespace
}  // namespace symbolic

void Facts::addNonNegative(const Expr& expression) {
  if (expression.asConstant()) return;
  if (std::find(nonNegative_.begin(), nonNegative_.end(), expression) != nonNegative_.end()) return;
  nonNegative_.push_back(expression);
  proofs_.clear();
}

void Facts::addEqual(const Expr& left, const Expr& right) {
  addNonNegative(left - right);
  addNonNegative(right - left);
}

bool Facts::provesNonNegative(const Expr& expression) const {
  if (const auto value = expression.asConstant()) return *value >= 0;
  if (const auto known = proofs_.find(expression); known != proofs_.end()) return known->second;
  int budget = 3000;
  const bool proved = symbolic::Prover(nonNegative_, 2, budget).nonNegative(expression);
  proofs_.emplace(expression, proved);
  return proved;
}

bool Facts::provesEqual(const Expr& a, const Expr& b) const {
  if (a == b) return true;
  const Expr difference = a - b;
  if (const auto value = difference.asConstant()) return *value == 0;
  return provesNonNegative(difference) && provesNonNegative(-difference);
}

}  // namespace graph::ir
