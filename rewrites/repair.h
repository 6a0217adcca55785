// What could be done about a refused write: another graph that computes the same, of which the analysis takes it.
//
// Nothing is guessed: a repair is made on a copy of the graph, the analysis runs again there, and only when it then takes the write,
// loses nothing that it took before and moves fewer bytes is the repair offered. Of many rules there is none, which is known
// at once. scripts/hoist_readers.lua, clone_operand.lua and split_factory.lua carry them out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "graph/ir/graph.h"
#include "rewrites/inplace.h"

namespace rewrites {

struct Repair {
  std::string text;                         // "move add_7 before index_put_3"
  std::string rewrite;                      // the rewrite that does it, and the kind: hoist_readers, clone_operand or split_factory
  std::optional<graph::ir::Expr> bytes;     // copied bytes that it saves, with the write then taken and its own clone counted
  std::vector<graph::ir::NodeId> move;      // go before `before`, in execution order: the readers and what they need
  graph::ir::NodeId before;
  graph::ir::NodeId value;                  // clone_operand: what is cloned before `before`; split_factory: the factory that is called again there
  std::vector<graph::ir::NodeId> users;     // use the new node instead; a functional update that has `value` as its base too keeps that in a clone_operand
  std::vector<graph::ir::Guard> guards;     // strides of inputs with which a clone has those of what it copies
};

/// The repair of a refusal that saves most certainly: a move before a call more, that before a clone. `analyses` counts down how many
/// graphs may still be analysed; at 0 nothing is found. Throws nothing of its own.
std::optional<Repair> findRepair(const InPlace& decisions, const Refusal& refusal, int& analyses);

/// The graph with a repair carried out, as the scripts do it.
graph::ir::Graph repaired(graph::ir::Graph graph, const Repair& repair);

}  // namespace rewrites
