// What the tests of graph/text compare: a graph listed node by node, with everything that a node holds.
#pragma once

#include <string>

#include "graph/ir/graph.h"

namespace graph::text {

/// One line a node: op, name, target, arguments, annotation, stack; then guards and nested graphs.
std::string dump(const ir::Graph& graph);
/// Why two graphs differ in anything that text keeps; empty when they do not.
std::string difference(const ir::Graph& a, const ir::Graph& b);
/// What print(graph) keeps of a graph: no annotations but Python types, no comments, no nested graphs, no name.
ir::Graph graphFormPart(const ir::Graph& graph);

}  // namespace graph::text
