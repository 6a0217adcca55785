// Computes what the window shows of one revision: layers, storage owners, what an in-place rewrite would take or refuse, copied bytes.
#pragma once

#include "app/snapshot.h"

namespace app {

/// Pure; some milliseconds for thousands of nodes. An analysis that throws leaves its part empty and sets `problem`.
std::shared_ptr<const GraphFacts> makeGraphFacts(std::shared_ptr<const graph::ir::Graph> graph, const graph::ir::Binding& binding);

}  // namespace app
