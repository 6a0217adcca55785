#include "rewrites/repair_moves.h"

#include <algorithm>

#include "graph/ir/schema.h"
#include "rewrites/accesses.h"

namespace rewrites {

using graph::ir::NodeId;

RepairMoves::RepairMoves(const Storage& storage) : storage_(storage), graph_(storage.graph()), effects_(storage) {
  for (const NodeId id : graph_)
    if (keptByCaller(id)) sharedWriters_.insert(sharedWriters_.end(), effects_.writers(id).begin(), effects_.writers(id).end());
}

bool RepairMoves::keptByCaller(NodeId owner) const {
  const auto effect = storage_.operatorOf(owner).effect;
  return effect == Effect::input || effect == Effect::constant;
}

bool RepairMoves::onlyComputes(NodeId id) const {
  const auto word = effects_.of(id);
  if (word == "item") return storage_.operatorOf(firstOperand(graph_.node(id))).multiple;
  const bool computes = word == "constant" || word == "size" || word == "geometry" || word == "view" || word == "may_view" || word == "update" || word == "fresh";
  const auto* nonBlocking = graph::ir::argumentByName(graph_.node(id), "non_blocking");
  return computes && !storage_.operatorOf(id).collective && !(nonBlocking && !nonBlocking->isNone() && !(nonBlocking->as<bool>() && !*nonBlocking->as<bool>()));
}

/// Known memory: not what an operator returns of which nobody knows what it shows.
bool RepairMoves::isUnderstood(NodeId value) const {
  const auto& node = graph_.node(value);
  if (node.sym() || storage_.operatorOf(value).multiple) return true;
  const auto* at = storage_.location(value);
  if (!at) return !node.tensor();
  const auto& owner = graph_.node(at->owner);
  const NodeId maker = owner.target == "_operator.getitem" ? firstOperand(owner) : at->owner;
  return storage_.operatorOf(maker).effect != Effect::unknown && !storage_.operatorOf(maker).collective;
}

/// Nothing between the two writes into a value's storage.
bool RepairMoves::unchanged(NodeId value, NodeId from, NodeId until) const {
  const NodeId owner = storage_.owner(value);
  const auto between = [&](NodeId writer) { return !graph_.before(writer, from) && graph_.before(writer, until); };
  const auto& writers = effects_.writers(owner);
  if (std::any_of(writers.begin(), writers.end(), between)) return false;
  return !keptByCaller(owner) || std::none_of(sharedWriters_.begin(), sharedWriters_.end(), between);
}

bool RepairMoves::readsTheSame(NodeId id, NodeId before) const {
  bool same = true;
  graph_.node(id).forEachInput([&](NodeId input) { same = same && isUnderstood(input); });
  forEachRead(storage_, id, [&](const Read& read) { same = same && unchanged(read.value, before, id); });
  return same;
}

bool RepairMoves::collect(NodeId node, NodeId before, std::set<NodeId>& moved) const {
  std::vector<NodeId> work{node};
  while (!work.empty()) {
    const NodeId id = work.back();
    work.pop_back();
    if (graph_.before(id, before) || moved.count(id)) continue;
    if (id == before || !onlyComputes(id) || !readsTheSame(id, before)) return false;
    moved.insert(id);
    graph_.node(id).forEachInput([&](NodeId input) { work.push_back(input); });
  }
  return true;
}

bool RepairMoves::collectView(NodeId value, NodeId before, std::set<NodeId>& moved) const {
  if (!collect(value, before, moved)) return false;
  return std::all_of(moved.begin(), moved.end(), [&](NodeId id) {
    const auto word = effects_.of(id);
    return word == "view" || word == "size" || word == "item";
  });
}

std::vector<NodeId> RepairMoves::ordered(const std::set<NodeId>& moved) const {
  std::vector<NodeId> nodes(moved.begin(), moved.end());
  std::sort(nodes.begin(), nodes.end(), [&](NodeId a, NodeId b) { return graph_.before(a, b); });
  return nodes;
}

std::vector<NodeId> RepairMoves::readsOf(NodeId reader, NodeId owner) const {
  std::vector<NodeId> values;
  forEachRead(storage_, reader, [&](const Read& read) {
    if (storage_.owner(read.value) == owner) values.push_back(read.value);
  });
  return values;
}

bool RepairMoves::mayReadClone(NodeId reader, NodeId value, NodeId before, Storage::Assumed& assumed) const {
  const auto& op = storage_.operatorOf(reader);
  const auto* at = storage_.location(value);
  if (!at || !isUnderstood(value) || !onlyComputes(reader) || !unchanged(value, before, reader)) return false;
  if (op.effect == Effect::update) return firstOperand(graph_.node(reader)) != value;
  return op.effect == Effect::fresh && op.forward == Forward::none && storage_.rowOrder(*at, &assumed);
}

}  // namespace rewrites
