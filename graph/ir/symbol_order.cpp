// The order of atoms, monomials and expressions: sympy's printing order, made total by comparing structure.
//
// Atoms: symbols by name, then functions by name, then Max and Min. Monomials: larger powers of earlier atoms first ("lex").
#include <algorithm>

#include "graph/ir/symbol_form.h"

namespace graph::ir::symbolic {
namespace {

int sign(int value) { return value < 0 ? -1 : value > 0 ? 1 : 0; }
template <class T> int ordered(const T& a, const T& b) { return a < b ? -1 : b < a ? 1 : 0; }

int rank(const Atom& atom) {
  if (atom.kind == Atom::Kind::number) return 1;
  if (atom.kind == Atom::Kind::symbol) return 2;
  return atom.function == Function::max || atom.function == Function::min ? 5 : 4;
}

/// One name for functions that are the same under several.
std::string_view canonicalName(const Atom& atom) {
  switch (atom.function) {
    case Function::mod: return "Mod";
    case Function::floorDiv: return "FloorDiv";
    case Function::pow: return "Pow";
    case Function::trueDiv: return "TrueDiv";
    case Function::ceilToInt: return "CeilToInt";
    case Function::floorToInt: return "FloorToInt";
    default: return atom.name;
  }
}

/// Numbers, lone atoms (by their rank), products, sums: how sympy sorts arguments.
int rank(const Expr& e) {
  const Form* form = e.form();
  if (!form) return 0;
  if (form->constant != 0 || form->terms.size() > 1) return 4 * 2 - 1;
  return form->terms[0].factors.size() > 1 ? 3 * 2 : rank(*form->terms[0].factors[0].atom) * 2;
}

}  // namespace

int compare(const Atom& a, const Atom& b) {
  if (&a == &b) return 0;
  if (int order = ordered(rank(a), rank(b))) return order;
  if (int order = sign(canonicalName(a).compare(canonicalName(b)))) return order;
  if (int order = ordered(a.function, b.function)) return order;
  if (int order = ordered(a.arguments.size(), b.arguments.size())) return order;
  for (size_t i = 0; i < a.arguments.size(); ++i) {
    if (int order = compare(a.arguments[i], b.arguments[i])) return order;
  }
  return 0;
}

int compare(const std::vector<Factor>& a, const std::vector<Factor>& b) {
  const size_t common = std::min(a.size(), b.size());
  for (size_t i = 0; i < common; ++i) {
    if (int order = compare(*a[i].atom, *b[i].atom)) return order;
    if (int order = ordered(b[i].power, a[i].power)) return order;
  }
  return ordered(b.size(), a.size());
}

int compare(const Expr& a, const Expr& b) {
  if (a.form() == b.form()) return a.form() ? 0 : ordered(*a.asConstant(), *b.asConstant());
  if (int order = ordered(rank(a), rank(b))) return order;
  const auto& left = a.form()->terms;
  const auto& right = b.form()->terms;
  for (size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
    if (int order = compare(left[i].factors, right[i].factors)) return order;
    if (int order = ordered(left[i].coefficient, right[i].coefficient)) return order;
  }
  if (int order = ordered(left.size(), right.size())) return order;
  return ordered(a.form()->constant, b.form()->constant);
}

}  // namespace graph::ir::symbolic
