// What every node of a graph would give, without computing it: the graph's code run on meta tensors.
//
// Meta tensors share storage as real ones do, so storage ids say who is a view of whom. An operator that cannot run so (no Meta kernel,
// data dependent, custom) falls back to the node's annotation under the binding, and a Problem says it.
#pragma once

#include "graph/run/backend.h"

namespace graph::torch {

run::Propagation propagateOnMeta(const ir::Graph& graph, const ir::Binding& binding, bool compareAnnotations);

}  // namespace graph::torch
