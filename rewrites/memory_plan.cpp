#include "rewrites/memory_plan.h"

#include <algorithm>

#include "graph/ir/schema.h"

namespace rewrites {

using graph::ir::Graph;
using graph::ir::NodeId;

MemoryPlan::MemoryPlan(const Graph& graph) : graph_(graph), storage_(graph) {
  const size_t limit = graph.idLimit();
  positions_.resize(limit);
  accesses_.resize(limit);
  base_.resize(limit);
  mergedInto_.resize(limit);
  uint32_t at = 1;
  for (NodeId id : graph) positions_[id.value] = at++;
  for (NodeId id : graph) {
    const auto& node = graph.node(id);
    const Operator& op = operators_.of(node);
    const auto* nonBlocking = graph::ir::argumentByName(node, "non_blocking");
    const bool asynchronous = op.collective || (nonBlocking && nonBlocking->as<bool>() && *nonBlocking->as<bool>());
    forEachRead(storage_, operators_, id, [&](const Read& r) {
      auto& a = accesses_[storage_.owner(r.value).value];
      a.reads.push_back({id, r});
      if (op.effect == Effect::output) a.returned.push_back(r.value);
      if (asynchronous) a.asynchronous.push_back(id);
    });
    forEachWrite(storage_, operators_, id, [&](const Write& w) {
      auto& a = accesses_[storage_.owner(w.value).value];
      if (op.effect == Effect::unknown) { a.unknown.push_back(id); return; }
      a.writes.push_back({id, w});
      if (asynchronous) a.asynchronous.push_back(id);
    });
  }
}

void MemoryPlan::merge(NodeId update) {
  const NodeId base = firstOperand(graph_.node(update));
  base_[update.value] = base;
  mergedInto_[storage_.owner(base).value].push_back(update);
}

void MemoryPlan::unmerge(NodeId update) {
  auto& siblings = mergedInto_[storage_.owner(base_[update.value]).value];
  siblings.erase(std::remove(siblings.begin(), siblings.end(), update), siblings.end());
  base_[update.value] = NodeId{};
}

NodeId MemoryPlan::root(NodeId value) const {
  NodeId owner = storage_.owner(value);
  while (owner && base_[owner.value]) owner = storage_.owner(base_[owner.value]);
  return owner;
}

std::vector<NodeId> MemoryPlan::owners(NodeId root) const {
  std::vector<NodeId> all{root};
  for (size_t i = 0; i < all.size(); ++i)
    for (const NodeId u : mergedInto_[all[i].value]) all.push_back(u);
  std::sort(all.begin() + 1, all.end(), [&](NodeId a, NodeId b) { return position(a) < position(b); });
  return all;
}

Location MemoryPlan::lifted(Location at) const {
  // Outwards: the owner of `at` is a merged update, which lies where its base lies.
  while (base_[at.owner.value]) {
    const Location& base = *storage_.location(base_[at.owner.value]);
    at.owner = base.owner;
    at.region = compose(base, at.region);
    for (int& d : at.dims)
      if (d >= 0) d = static_cast<size_t>(d) < base.dims.size() ? base.dims[static_cast<size_t>(d)] : -2;
    at.ordered &= base.ordered;
    at.selfOverlap |= base.selfOverlap;
    at.sometimesFresh |= base.sometimesFresh;
    at.plain &= base.plain;
    at.known &= base.known;
  }
  return at;
}

bool MemoryPlan::writes(NodeId update) {
  const auto& node = graph_.node(update);
  const Operator& op = operators_.of(node);
  if (op.twin != "aten.copy_.default") return true;   // scatters, and copy: they move the source into their window
  const auto source = operand(node, 1);
  if (source.size() != 1 || !storage_.location(source[0]) || root(source[0]) != root(update)) return true;
  const auto view = op.view.empty() ? std::optional(*storage_.location(firstOperand(node))) : storage_.scatterView(update);
  return !view || !storage_.sameTensor(lifted(*view), planned(source[0]));
}

bool MemoryPlan::isErased(NodeId copy) {
  const auto& node = graph_.node(copy);
  if (!node.target.starts_with("aten.copy_.")) return false;
  const NodeId to = firstOperand(node);
  const auto from = operand(node, 1);
  if (!to || from.size() != 1 || !storage_.location(to) || !storage_.location(from[0]) || root(to) != root(from[0])) return false;
  return storage_.sameTensor(planned(to), planned(from[0]));
}

std::vector<NodeId> MemoryPlan::erasedCopies(NodeId root) {
  std::vector<NodeId> copies;
  for (const NodeId o : owners(root))
    for (const auto& w : accesses_[o.value].writes)
      if (isErased(w.writer)) copies.push_back(w.writer);
  return copies;
}

std::vector<MemoryPlan::PlannedWrite> MemoryPlan::plannedWrites(const std::vector<NodeId>& owners) {
  std::vector<PlannedWrite> all;
  for (const NodeId o : owners) {
    for (const auto& w : accesses_[o.value].writes) {
      Location at = planned(w.write.value);
      const bool covers = w.write.covers && at.known && !at.sometimesFresh;   // through a reshape that copied it would write elsewhere
      all.push_back({position(w.writer), w.writer, o, std::move(at.region), covers, isErased(w.writer)});
    }
    if (!base_[o.value] || !writes(o)) continue;
    // What the decided update writes: its window, seen from the base's owner, placed into the planned storage.
    Location window = *storage_.location(base_[o.value]);
    if (auto region = storage_.window(o)) window.region = *region;
    else window.region.exact = false;
    all.push_back({position(o), o, NodeId{}, lifted(std::move(window)).region, false, false});
  }
  std::sort(all.begin(), all.end(), [](const PlannedWrite& a, const PlannedWrite& b) { return a.at < b.at; });
  return all;
}

uint32_t MemoryPlan::lastWrite(NodeId owner) const {
  uint32_t last = 0;
  for (const auto& w : accesses_[owner.value].writes) last = std::max(last, position(w.writer));
  for (const NodeId node : accesses_[owner.value].unknown) last = std::max(last, position(node));
  return last;
}

uint32_t MemoryPlan::lastRead(NodeId root) const {
  uint32_t last = 0;
  for (const NodeId o : owners(root))
    for (const auto& r : accesses_[o.value].reads) last = std::max(last, position(r.reader));
  return last;
}

uint32_t MemoryPlan::lastSilentAccess(NodeId owner) {
  const auto silent = [&](NodeId id) {
    const auto& node = graph_.node(id);
    const auto effect = operators_.of(node).effect;
    const auto* schema = effect == Effect::mayView || effect == Effect::unknown ? graph::ir::findSchema(node.target, node.args.size()) : nullptr;
    return schema && std::all_of(schema->returns.begin(), schema->returns.end(), [](const auto& r) { return r.aliasSet.empty(); });
  };
  const auto& unknown = accesses_[owner.value].unknown;
  if (std::any_of(unknown.begin(), unknown.end(), silent)) return kCaller;   // its results are not followed
  // A piece of several results is a getitem; the operator itself has no location.
  const auto members = storage_.aliases(owner);
  const bool any = std::any_of(members.begin(), members.end(), [&](NodeId id) {
    return silent(id) || (graph_.node(id).target == "_operator.getitem" && firstOperand(graph_.node(id)) && silent(firstOperand(graph_.node(id))));
  });
  return any ? std::max(lastRead(owner), lastWrite(owner)) : 0;
}

bool MemoryPlan::keptByCaller(NodeId owner) {
  const auto effect = operators_.of(graph_.node(owner)).effect;
  return effect == Effect::input || effect == Effect::constant;
}

std::optional<Conflict> MemoryPlan::check(NodeId root) {
  const auto all = owners(root);
  std::vector<Conflict> conflicts;
  if (all.size() > 1) {
    checkTouches(all, conflicts);
    checkBases(all, conflicts);
    checkEscapes(all, root, conflicts);
    checkReads(all, root, conflicts);
    checkGeometry(all, conflicts);
  }
  if (conflicts.empty()) return std::nullopt;
  auto worst = std::min_element(conflicts.begin(), conflicts.end(), [](const Conflict& a, const Conflict& b) { return a.rule < b.rule; });
  Conflict out = *worst;
  for (auto it = worst + 1; it != conflicts.end(); ++it) {
    if (it->rule != out.rule) continue;
    for (const NodeId b : it->blockers)
      if (std::find(out.blockers.begin(), out.blockers.end(), b) == out.blockers.end()) out.blockers.push_back(b);
  }
  return out;
}

}  // namespace rewrites
