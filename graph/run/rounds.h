// The rounds of a comparison: which sizes and which numbers two graphs are run on.
//
// First what was asked for. Then small inputs with the numbers on which wrong rewrites fail (fill.h), every symbol at 1 and at 0 where
// ranges and annotations allow it, alone and all together, and large sizes. What makes no difference to a graph (masks when it takes none)
// is left out; what would take too much memory is left out with a note.
#pragma once

#include <string>
#include <vector>

#include "graph/run/inputs.h"

namespace graph::run {

struct Round {
  std::string name;      // "as given", "duplicates", "s0 = 1", "all sizes 0", "large sizes"
  InputRequest request;  // with every symbol bound: the whole recipe of its inputs
  bool made = true;      // false: left out, `note` says why
  std::string note;
};

/// The first is always as `request` says (variant 0). Throws InputError when no values of the symbols fit.
std::vector<Round> planRounds(Backend& backend, const ir::Graph& graph, const InputRequest& request);

/// Bytes of a graph's inputs and attributes by their annotations; 0 for what has none.
int64_t inputBytes(const ir::Graph& graph, const ir::Binding& binding);

}  // namespace graph::run
