// What inputs hold: ordinary random numbers, and over them the numbers on which wrong rewrites fail.
//
// A fill changes the elements that it is about and leaves the others, so that tensors that were given stay mostly as given and indices
// stay valid. Deterministic by the seed and the input's name. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "graph/ir/dtype.h"
#include "graph/run/elements.h"

namespace graph::run {

enum class Fill : uint8_t {
  random,
  duplicates,      // integers: every number twice along every dimension, where an index writes too
  duplicateReads,  // the same, except where equal indices would make the result depend on their order
  special,         // floats: NaN, both infinities, both zeros, denormals, the largest and the smallest numbers
  extreme,         // floats: zeros of both signs, denormals and numbers of some size, which do not drown a result as NaN does
  allTrue,         // booleans
  allFalse,
};

/// As --fill and reports spell it: `random`, `duplicates`, `duplicate-reads`, `special`, `extreme`, `all-true`, `all-false`.
std::string_view fillName(Fill fill);
std::optional<Fill> parseFill(std::string_view name);
/// Every name, for messages: "random, duplicates, …".
std::string fillNames();
/// Whether this fill changes anything in tensors of this type.
bool concerns(Fill fill, ir::DType dtype);

/// Puts the fill's numbers over row-major elements of a tensor of these sizes.
void applyFill(Fill fill, ir::DType dtype, std::span<const int64_t> sizes, Random& random, std::vector<std::byte>& elements);

}  // namespace graph::run
