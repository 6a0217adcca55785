// The shape of an operator's results by running it on small CPU tensors of zeros: for what has no Meta kernel in C++ and no annotation.
#pragma once

#include "graph/torch/operators.h"

namespace graph::torch {

/// `stack` holds meta arguments; on success it holds meta results and the answer is true. Refuses large tensors, operators whose result
/// depends on data, and whatever fails.
bool tryOnHost(const Operator& what, Stack& stack);

}  // namespace graph::torch
