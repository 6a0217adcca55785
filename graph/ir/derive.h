// A revision of a graph out of a graph that was parsed by itself: the dumps of a pass pipeline show one graph in several states, but
// each was read with ids of its own.
#pragma once

#include "graph/ir/graph.h"

namespace graph::ir {

/// `parsed` as a revision of `previous`: the same nodes, order, subgraphs and guards, where a node that has a name of `previous`
/// keeps that one's id, and the very node when nothing of it changed; erased, inserted, replaced and moved are as few as explain the
/// difference (diffByName). Stacks and lines of unchanged nodes stay those of `previous`; `linesBefore` is added to the lines of the
/// others. O(n log n).
Graph deriveRevision(const Graph& previous, const Graph& parsed, uint32_t linesBefore = 0);

}  // namespace graph::ir
