// What the annotations of a graph demand of its symbols: a slice annotated `s0` of a dimension `s1` needs s0 <= s1, a view needs equal
// element counts, asserts, guards and stated ranges need what they say.
//
// Cheap and partial: it prunes the choices that meta propagation then confirms. Pure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "graph/ir/graph.h"

namespace graph::run {

struct Constraint {
  ir::NodeId node;   // who demands it; none for a guard or range
  std::string text;  // "slice_3: s0 is not the length min(s0, s1) of the slice"
  std::set<std::string> symbols;
  std::function<std::optional<bool>(const ir::Binding&)> holds;  // nothing when a symbol is unbound
  bool habit = false;  // sizes are at least 1: what is chosen keeps to it, what is asked for need not
};

/// The first value that is outside of the range which the graph states for its symbol, in words; nothing when all are inside.
std::optional<std::string> outsideRange(const ir::Graph& graph, const ir::Binding& binding);

std::vector<Constraint> constraintsOf(const ir::Graph& graph);

/// The integer expression that an argument stands for: a constant, or a Sym node's annotation.
std::optional<ir::Expr> expressionOf(const ir::Graph& graph, const ir::Argument& argument);

}  // namespace graph::run
