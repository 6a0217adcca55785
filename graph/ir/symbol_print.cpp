// Printing as sympy's str() does with torch's own functions: where it puts parentheses (around // and Mod inside sums and products),
// how it orders terms (larger powers first, the constant last, but `4 - s0`). Terms are already in that order.
#include "graph/ir/symbol_form.h"

namespace graph::ir {
namespace symbolic {
namespace {

// sympy's precedences; torch gives its own division functions 35.
enum Precedence { relational = 35, division = 35, logicalOr = 36, logicalAnd = 38, sum = 40, product = 50, negation = 55, raised = 60, whole = 1000 };

class Printer {
 public:
  std::string take() { return std::move(out_); }

  void expression(const Expr& e) {
    const Form* form = e.form();
    if (!form) {
      out_ += std::to_string(*e.asConstant());
      return;
    }
    // sympy's exception: a positive constant goes before a single negative multiple of one atom
    const bool constantFirst =
        form->constant > 0 && form->terms.size() == 1 && form->terms[0].coefficient < 0 && form->terms[0].factors.size() == 1;
    if (constantFirst) out_ += std::to_string(form->constant);
    const bool alone = form->terms.size() == 1 && form->constant == 0;
    bool first = !constantFirst;
    for (const Term& term : form->terms) {
      if (term.coefficient < 0) out_ += first ? "-" : " - ";
      else if (!first) out_ += " + ";
      monomial(term, alone && term.coefficient >= 0, first && term.coefficient < 0);
      first = false;
    }
    if (form->constant == 0 || constantFirst) return;
    out_ += form->constant < 0 ? " - " : " + ";
    out_ += std::to_string(magnitude(form->constant));
  }

 private:
  static uint64_t magnitude(int64_t value) { return value < 0 ? -static_cast<uint64_t>(value) : static_cast<uint64_t>(value); }

  static int precedence(const Atom& atom) {
    switch (atom.function) {
      case Function::floorDiv: case Function::mod: return division;
      case Function::eq: case Function::ne: return whole;
      case Function::lt: case Function::le: case Function::gt: case Function::ge: return relational;
      case Function::logicalOr: return logicalOr;
      case Function::logicalNot: return negation;
      case Function::logicalAnd: return logicalAnd;
      case Function::sum: return sum;
      case Function::product: return product;
      case Function::trueDiv: return atom.name == "TrueDiv" ? product : whole;
      case Function::pow: return atom.name == "Pow" ? raised : whole;
      default: return whole;
    }
  }
  static int precedence(const Expr& e) {
    const Form* form = e.form();
    if (!form) return *e.asConstant() < 0 ? sum : whole;
    if (form->constant != 0 || form->terms.size() > 1 || form->terms[0].coefficient < 0) return sum;
    const Term& term = form->terms[0];
    if (term.coefficient != 1 || term.factors.size() > 1) return product;
    return term.factors[0].power > 1 ? raised : precedence(*term.factors[0].atom);
  }

  /// In parentheses when it binds no tighter than `level`.
  void enclosed(const Expr& e, int level) {
    const bool parentheses = precedence(e) <= level;
    if (parentheses) out_ += '(';
    expression(e);
    if (parentheses) out_ += ')';
  }

  /// Without its sign. An atom that stands alone keeps its own look; behind a first minus, which binds tighter than `/`, it does not.
  void monomial(const Term& term, bool alone, bool negated) {
    const uint64_t number = magnitude(term.coefficient);
    const bool lone = number == 1 && term.factors.size() == 1 && term.factors[0].power == 1;
    if (number != 1) out_ += std::to_string(number) + "*";
    bool first = true;
    for (const Factor& factor : term.factors) {
      if (!first) out_ += '*';
      first = false;
      const int level = lone ? (alone ? 0 : negated ? product : sum) : factor.power > 1 ? raised : product;
      const bool parentheses = precedence(*factor.atom) <= level;
      if (parentheses) out_ += '(';
      atom(*factor.atom);
      if (parentheses) out_ += ')';
      if (factor.power > 1) out_ += "**" + std::to_string(factor.power);
    }
  }

  void joined(const std::vector<Expr>& items, std::string_view between, int level) {
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += between;
      enclosed(items[i], level);
    }
  }

  void atom(const Atom& atom) {
    const auto& arguments = atom.arguments;
    if (atom.kind != Atom::Kind::function) {
      out_ += atom.name;
      return;
    }
    switch (atom.function) {
      case Function::floorDiv:
        if (atom.name != "FloorDiv") break;
        out_ += '(';
        joined(arguments, "//", whole - 1);
        out_ += ')';
        return;
      case Function::lt: return joined(arguments, " < ", logicalAnd);
      case Function::le: return joined(arguments, " <= ", logicalAnd);
      case Function::gt: return joined(arguments, " > ", logicalAnd);
      case Function::ge: return joined(arguments, " >= ", logicalAnd);
      case Function::logicalAnd: return joined(arguments, " & ", logicalAnd);
      case Function::logicalOr: return joined(arguments, " | ", logicalOr);
      case Function::logicalNot: out_ += '~'; return enclosed(arguments[0], product);
      case Function::sum: return joined(arguments, " + ", division);
      case Function::product: return joined(arguments, "*", product);
      case Function::trueDiv:
        if (atom.name != "TrueDiv") break;
        return joined(arguments, "/", product);
      case Function::pow:
        if (atom.name != "Pow") break;
        return joined(arguments, "**", raised);
      default: break;
    }
    out_ += atom.name;
    out_ += '(';
    joined(arguments, ", ", 0);
    if (atom.function == Function::tuple && arguments.size() == 1) out_ += ',';
    out_ += ')';
  }

  std::string out_;
};

}  // namespace
}  // namespace symbolic

std::string Expr::str() const {
  if (!form_) return std::to_string(constant_);
  symbolic::Printer printer;
  printer.expression(*this);
  return printer.take();
}

}  // namespace graph::ir
