#include "rewrites/memory_plan.h"

#include <algorithm>
#include <functional>

#include "graph/ir/schema.h"

namespace rewrites {

using graph::ir::Graph;
using graph::ir::NodeId;

MemoryPlan::MemoryPlan(const Graph& graph, const Checks& checks) : graph_(graph), checks_(checks), storage_(graph) {
  const size_t limit = graph.idLimit();
  positions_.resize(limit);
  accesses_.resize(limit);
  how_.resize(limit);
  base_.resize(limit);
  placed_.resize(limit);
  windows_.resize(limit);
  writes_.resize(limit);
  mergedInto_.resize(limit);
  uint32_t at = 1;
  for (NodeId id : graph) positions_[id.value] = at++;
  findLive();
  for (NodeId id : graph)
    if (isLive(id)) recordAccesses(id);
}

void MemoryPlan::findLive() {
  live_.assign(graph_.idLimit(), !graph_.output());   // of a fragment nobody knows what is used
  std::vector<NodeId> work;
  const auto mark = [&](NodeId id) {
    if (live_[id.value]) return;
    live_[id.value] = 1;
    work.push_back(id);
  };
  for (NodeId id : graph_) {
    const auto& node = graph_.node(id);
    const Operator& op = storage_.operatorOf(id);
    const bool acts = op.effect == Effect::output || op.effect == Effect::mutation || op.effect == Effect::unknown || op.collective;
    const auto* schema = acts || op.effect != Effect::fresh || !graph_.users(id).empty() ? nullptr : graph::ir::findSchema(node.target, node.args.size());
    if (acts || (schema && schema->returns.empty())) mark(id);
  }
  while (!work.empty()) {
    const NodeId id = work.back();
    work.pop_back();
    graph_.node(id).forEachInput(mark);
  }
}

void MemoryPlan::recordAccesses(NodeId id) {
  const auto& node = graph_.node(id);
  const Operator& op = storage_.operatorOf(id);
  const bool asks = op.effect != Effect::view && (op.mayNotBlock || !node.kwargs.empty());
  const auto* nonBlocking = asks ? graph::ir::argumentByName(node, "non_blocking") : nullptr;
  const bool asynchronous = op.collective || (nonBlocking && nonBlocking->as<bool>() && *nonBlocking->as<bool>());
  uint32_t until = kCaller;   // a collective is over when all of its results were waited for
  if (op.collective && op.effect == Effect::fresh) {
    bool waited = !graph_.users(id).empty();
    uint32_t last = 0;
    for (const NodeId user : graph_.users(id)) {
      waited &= operatorName(graph_.node(user).target) == "wait_tensor";
      last = std::max(last, position(user));
    }
    if (waited) until = last;
  }
  const auto read = [&](const Read& r) {
    auto& a = accesses_[storage_.owner(r.value).value];
    a.reads.push_back({id, r});
    if (op.effect == Effect::output) a.returned.push_back(r.value);
    if (asynchronous) a.pending.push_back({id, r.value, until});
  };
  const auto written = [&](const Write& w) {
    auto& a = accesses_[storage_.owner(w.value).value];
    if (op.effect == Effect::unknown) { a.unknown.push_back(id); return; }
    a.writes.push_back({id, w});
    if (asynchronous) a.asynchronous.push_back(id);
  };
  forEachRead(storage_, id, std::ref(read));   // a std::function of a reference needs no allocation
  forEachWrite(storage_, id, std::ref(written));
  const auto* of = isStorageRelative(node) && firstOperand(node) ? storage_.location(firstOperand(node)) : nullptr;
  if (of && keptByCaller(of->owner)) strays_.push_back({id, of->owner});
}

std::vector<NodeId> MemoryPlan::results(NodeId node) const {
  if (!storage_.operatorOf(node).multiple) return {node};
  std::vector<NodeId> all;
  for (const NodeId user : graph_.users(node)) {
    const auto* at = storage_.location(user);
    if (at && at->owner == user) all.push_back(user);   // an item that was taken twice has the first one as its owner
  }
  return all;
}

NodeId MemoryPlan::base(NodeId node, How how) const {
  const auto& n = graph_.node(node);
  if (how == How::forward && storage_.operatorOf(node).forward == Forward::source) {
    const auto source = operand(n, 1);
    return source.size() == 1 ? source[0] : NodeId{};
  }
  return firstOperand(n);
}

void MemoryPlan::merge(NodeId node, How how) {
  const auto& n = graph_.node(node);
  const NodeId from = base(node, how);
  const Operator& op = storage_.operatorOf(node);
  how_[node.value] = how;
  ++changes_;
  for (const NodeId result : results(node)) {
    base_[result.value] = from;
    mergedInto_[storage_.owner(from).value].push_back(result);
    if (how != How::forward || op.forward != Forward::view) continue;
    const auto& item = graph_.node(result);
    const auto* shape = item.tensor() ? &item.tensor()->shape : nullptr;
    const auto* index = op.multiple && item.args.size() > 1 ? item.args[1].as<int64_t>() : nullptr;
    Location place = index ? storage_.split(*storage_.location(from), op.view, n, *index, shape) : storage_.view(*storage_.location(from), op.view, n, shape);
    if (item.tensor()) place.dtype = item.tensor()->dtype;   // view.dtype
    placed_[result.value] = std::make_unique<const Location>(std::move(place));
  }
}

void MemoryPlan::unmerge(NodeId node) {
  for (const NodeId result : results(node)) {
    auto& siblings = mergedInto_[storage_.owner(base_[result.value]).value];
    siblings.erase(std::remove(siblings.begin(), siblings.end(), result), siblings.end());
    base_[result.value] = NodeId{};
    placed_[result.value].reset();
  }
  how_[node.value] = How::no;
  ++changes_;
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
  // Outwards: the owner of `at` is a merged result, which lies where its base lies.
  while (base_[at.owner.value]) at = storage_.compose(place(at.owner), at);
  return at;
}

const Location& MemoryPlan::windowOf(NodeId update) const {
  auto& known = windows_[update.value];
  if (known) return *known;
  auto window = storage_.scatterView(update);
  if (!window) {
    window = *storage_.location(firstOperand(graph_.node(update)));
    if (const auto region = storage_.window(update)) window->region = *region;
    else if (storage_.operatorOf(update).effect != Effect::fresh) window->region.partial = true;   // a twin writes all of its base
  }
  known = std::make_unique<const Location>(std::move(*window));
  return *known;
}

uint32_t MemoryPlan::created(NodeId owner) const {
  if (keptByCaller(owner)) return 0;
  const auto& node = graph_.node(owner);
  return position(node.target == "_operator.getitem" ? firstOperand(node) : owner);
}

bool MemoryPlan::writes(NodeId update) const {
  if (how(update) != How::inPlace) return false;
  const Operator& op = storage_.operatorOf(update);
  if (op.twin != "aten.copy_.default") return true;   // scatters, and copy: they move the source into their window
  Answer& known = writes_[update.value];   // one check asks several times
  if (known.changes != changes_) known = {changes_, movesSource(update)};
  return known.writes;
}

/// Whether the source of a scatter or copy that is done in place lies elsewhere than in its window.
bool MemoryPlan::movesSource(NodeId update) const {
  const auto source = operand(graph_.node(update), 1);
  if (source.size() != 1 || !storage_.location(source[0]) || root(source[0]) != root(update)) return true;
  return !sameTensor(lifted(windowOf(update)), planned(source[0]));
}

bool MemoryPlan::sameTensor(const Location& a, const Location& b) const {
  if (checks_.on(Check::conjugateBits)) return storage_.sameTensor(a, b);
  Location plain = b;
  plain.conj = a.conj;
  plain.neg = a.neg;
  return storage_.sameTensor(a, plain);
}

bool MemoryPlan::isErased(NodeId copy) const {
  const auto& node = graph_.node(copy);
  if (!isCopyInto(node)) return false;
  const NodeId to = firstOperand(node);
  const auto from = operand(node, 1);
  if (!to || from.size() != 1 || !storage_.location(to) || !storage_.location(from[0]) || root(to) != root(from[0])) return false;
  return sameTensor(planned(to), planned(from[0]));
}

std::vector<NodeId> MemoryPlan::erasedCopies(NodeId root) const {
  std::vector<NodeId> copies;
  for (const NodeId o : owners(root))
    for (const auto& w : accesses_[o.value].writes)
      if (isErased(w.writer)) copies.push_back(w.writer);
  return copies;
}

uint32_t MemoryPlan::lastWrite(NodeId owner) const {
  uint32_t last = 0;
  for (const auto& w : accesses_[owner.value].writes) last = std::max(last, position(w.writer));
  for (const NodeId node : accesses_[owner.value].unknown) last = std::max(last, position(node));
  return last;
}

uint32_t MemoryPlan::lastDecidedWrite(NodeId root) const {
  uint32_t last = 0;
  for (const NodeId o : owners(root)) {
    for (const auto& w : accesses_[o.value].writes)
      if (!isErased(w.writer)) last = std::max(last, position(w.writer));
    if (writes(o)) last = std::max(last, position(o));
  }
  return last;
}

uint32_t MemoryPlan::lastRead(NodeId root) const {
  uint32_t last = 0;
  for (const NodeId o : owners(root))
    for (const auto& r : accesses_[o.value].reads) last = std::max(last, position(r.reader));
  return last;
}

uint32_t MemoryPlan::lastSilentAccess(NodeId owner) const {
  const auto silent = [&](NodeId id) {
    const auto& node = graph_.node(id);
    const auto effect = storage_.operatorOf(id).effect;
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

bool MemoryPlan::keptByCaller(NodeId owner) const {
  const auto effect = storage_.operatorOf(owner).effect;
  return effect == Effect::input || effect == Effect::constant;
}

Storage::Assumed MemoryPlan::assumedStrides(NodeId root) const {
  Storage::Assumed all;
  for (const NodeId o : owners(root)) {
    if (const auto it = assumed_.find(o); it != assumed_.end()) all.insert(it->second.begin(), it->second.end());
    if (const auto* of = storage_.assumedOf(o)) all.insert(of->begin(), of->end());
  }
  return all;
}

std::optional<Conflict> MemoryPlan::checkLayout(NodeId root) {
  Planned s{root, owners(root), {}, {}};
  for (const NodeId o : s.owners) assumed_.erase(o);
  std::vector<Conflict> conflicts;
  checkGeometry(s, conflicts);
  if (!checks_.on(Check::geometryChanges)) return std::nullopt;
  return conflicts.empty() ? std::nullopt : std::optional(conflicts.front());
}

std::optional<Conflict> MemoryPlan::check(NodeId root) {
  Planned s{root, owners(root), {}, {}};
  for (const NodeId o : s.owners) assumed_.erase(o);
  std::vector<Conflict> conflicts;
  if (s.owners.size() > 1) {
    planWrites(s);
    checkTouches(s, conflicts);
    checkBases(s, conflicts);
    checkEscapes(s, conflicts);
    checkReads(s, conflicts);
    checkGeometry(s, conflicts);
  }
  std::erase_if(conflicts, [&](const Conflict& c) { return !checks_.on(static_cast<Check>(c.rule)); });
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
