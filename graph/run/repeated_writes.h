// Does a graph write different values to one place, so that the order of the writes decides?
//
// `index_put(x, [i], v)` with equal indices is defined only when the values written to one place are equal. A graph that reads every
// such write back (`index(result, [i]) != v`) and returns whether anything else is there answers it for given inputs.
#pragma once

#include <string>

#include "graph/run/inputs.h"

namespace graph::run {

/// The node whose writes depend on their order with the inputs of this request, or that cannot be asked; empty when there is none.
std::string orderedWrite(Backend& backend, const ir::Graph& graph, const InputRequest& request);

}  // namespace graph::run
