// Symbols from sizes: what the tensors that are given say about `s0`, and what a condition on symbols says of a binding.
//
// Pure; used by input making, by a program's check of its inputs, and by tests.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/ir/graph.h"

namespace graph::run {

/// `expression` of symbols has this value; `where` says who says so ("arg7_1's dimension 0").
struct Equation {
  ir::Expr expression;
  int64_t value = 0;
  std::string where;
};

/// Adds to `binding` what the equations determine (a symbol alone, or linearly in one unknown) and checks the others that can be evaluated.
/// Returns the first contradiction in words, or nothing.
std::optional<std::string> solve(const std::vector<Equation>& equations, ir::Binding& binding);

/// `s0 >= 2`, `2*s0 == s1`, `Eq(s0, 2)`: read once, asked often.
class Condition {
 public:
  /// Nothing when the text is no condition.
  static std::optional<Condition> parse(std::string_view text);
  /// True or false; nothing when a symbol is unbound.
  std::optional<bool> holds(const ir::Binding& binding) const;

 private:
  ir::Expr left_, right_;
  std::string_view sign_;  // of a static table; empty: left_ alone, true when not zero
};

/// `s0 = 3, s1 = 4`.
std::string describe(const ir::Binding& binding);

}  // namespace graph::run
