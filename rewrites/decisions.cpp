#include "rewrites/decisions.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "graph/ir/schema.h"

namespace rewrites {

using graph::ir::Expr;
using graph::ir::NodeId;

namespace {

constexpr size_t kImprovable = 40;   // decisions of a buffer for which exchanges are tried
constexpr int kChecks = 4000;

/// Union-find over small indices.
struct Groups {
  std::vector<size_t> parent;
  explicit Groups(size_t n) : parent(n) { std::iota(parent.begin(), parent.end(), size_t{0}); }
  size_t find(size_t i) { while (parent[i] != i) i = parent[i] = parent[parent[i]]; return i; }
  void join(size_t a, size_t b) { parent[find(a)] = find(b); }
};

}  // namespace

const Conflict* Decisions::reason(NodeId node) const {
  const auto it = reasons_.find(node);
  return it == reasons_.end() ? nullptr : &it->second;
}

void Decisions::add(NodeId node, How how, int stage) {
  for (const NodeId result : memory_.results(node)) byResult_[result].push_back(candidates_.size());
  candidates_.push_back({{node, how}, stage, memory_.position(node), false, {}});
  if (nodes_.empty() || nodes_.back() != node) nodes_.push_back(node);
}

/// A copy whose result has the dtype, device and shape of what it copies, as far as that is stated.
bool Decisions::canForward(NodeId id) const {
  const auto& node = graph_.node(id);
  const Operator& op = memory_.storage().operatorOf(id);
  if (op.forward == Forward::none) return false;
  const NodeId from = memory_.base(id, How::forward);
  const auto *t = node.tensor(), *of = from ? graph_.node(from).tensor() : nullptr;
  if (!from || !of || !memory_.storage().location(from)) return false;
  if (op.forward == Forward::view) {
    const auto results = memory_.results(id);
    return !results.empty() && std::all_of(results.begin(), results.end(), [&](NodeId r) { return graph_.node(r).tensor() != nullptr; });
  }
  const auto* at = memory_.storage().location(id);
  if (!t || !at || at->owner != id || t->dtype != of->dtype || !(t->device == of->device)) return false;
  if (node.kwarg("pin_memory") && !node.kwarg("pin_memory")->isNone()) return false;
  return op.forward != Forward::source || t->shape == of->shape;
}

void Decisions::findCandidates() {
  const Storage& storage = memory_.storage();
  for (const NodeId id : graph_) {
    if (!memory_.isLive(id)) continue;
    const auto& node = graph_.node(id);
    const Operator& op = storage.operatorOf(id);
    if (op.effect == Effect::update) {
      const NodeId base = firstOperand(node);
      if (!base || !storage.location(base) || !storage.location(id)) continue;
      if (canForward(id)) add(id, How::forward, 1);   // copy(d, s): not made at all before it is made in place
      add(id, How::inPlace, 1);
    } else if (canForward(id)) {
      add(id, How::forward, op.forward == Forward::view ? 0 : 2);
    }
  }
  addWantedTwins();
  std::stable_sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) { return a.at < b.at; });
  byResult_.clear();
  nodes_.clear();
  roots_.clear();
  for (size_t i = 0; i < candidates_.size(); ++i) {
    const NodeId node = candidates_[i].decision.node;
    for (const NodeId result : memory_.results(node)) byResult_[result].push_back(i);
    if (nodes_.empty() || nodes_.back() != node) nodes_.push_back(node);
  }
}

/// An operator with an in-place twin saves something only where its result is then copied into the storage of its base: by a scatter, a copy
/// or a `copy_`, directly or after other decisions.
void Decisions::addWantedTwins() {
  const Storage& storage = memory_.storage();
  std::set<std::pair<NodeId, NodeId>> walked;   // a value, and the storage that it goes to
  std::vector<std::pair<NodeId, NodeId>> wanted;
  const auto isTwin = [&](NodeId owner) {
    const Operator& op = storage.operatorOf(owner);
    const NodeId base = op.effect == Effect::fresh && !op.twin.empty() ? firstOperand(graph_.node(owner)) : NodeId{};
    return base && storage.location(base) && storage.location(owner) && storage.location(owner)->owner == owner;
  };
  const auto above = [&](NodeId owner) -> NodeId {   // whose storage this value could take over
    if (const auto it = byResult_.find(owner); it != byResult_.end()) {
      const auto& d = candidates_[it->second.front()].decision;
      return storage.owner(memory_.base(d.node, d.how));
    }
    return isTwin(owner) ? storage.owner(firstOperand(graph_.node(owner))) : NodeId{};
  };
  const auto farthest = [&](NodeId owner) {
    for (NodeId next = above(owner); next; next = above(owner)) owner = next;
    return owner;
  };
  const auto follow = [&](NodeId source, NodeId destination) {
    const NodeId goal = farthest(destination);
    for (NodeId owner = source; owner && walked.emplace(owner, goal).second; owner = above(owner)) {
      if (!byResult_.count(owner) && isTwin(owner) && farthest(owner) == goal) wanted.emplace_back(owner, goal);
    }
  };
  for (const NodeId id : graph_) {
    const Operator& op = storage.operatorOf(id);
    if (!memory_.isLive(id) || (op.twin != "aten.copy_.default" && !isCopyInto(graph_.node(id)))) continue;
    const NodeId to = firstOperand(graph_.node(id)), from = sourceOf(graph_.node(id));
    if (to && from && storage.location(to) && storage.location(from)) follow(storage.owner(from), storage.owner(to));
  }
  for (const auto& [twin, goal] : wanted)
    if (!byResult_.count(twin)) add(twin, How::inPlace, 4);
}

NodeId Decisions::potentialRoot(NodeId owner) {
  std::vector<NodeId> path;
  NodeId at = owner;
  for (;;) {
    if (const auto known = roots_.find(at); known != roots_.end()) { at = known->second; break; }
    const auto it = byResult_.find(at);
    if (it == byResult_.end()) break;
    path.push_back(at);
    const auto& d = candidates_[it->second.front()].decision;
    at = memory_.storage().owner(memory_.base(d.node, d.how));
  }
  for (const NodeId p : path) roots_[p] = at;
  return at;
}

/// All decisions that could end up in one storage.
std::vector<Decisions::Set> Decisions::buffers() {
  std::unordered_map<NodeId, size_t> slot;   // by potential root
  Groups groups(candidates_.size());
  for (size_t i = 0; i < candidates_.size(); ++i) {
    const auto& d = candidates_[i].decision;
    for (const NodeId base : {memory_.base(d.node, d.how), firstOperand(graph_.node(d.node))}) {
      if (!base || !memory_.storage().location(base)) continue;
      const NodeId root = potentialRoot(memory_.storage().owner(base));
      candidates_[i].roots.push_back(root);
      const auto [it, fresh] = slot.emplace(root, i);
      if (!fresh) groups.join(i, it->second);
    }
    for (const NodeId result : memory_.results(d.node))
      for (const size_t same : byResult_[result]) groups.join(i, same);
  }
  for (const NodeId id : graph_) {
    if (!isCopyInto(graph_.node(id))) continue;
    const NodeId to = firstOperand(graph_.node(id));
    if (to && memory_.storage().location(to)) copiesOf_[potentialRoot(memory_.storage().owner(to))].push_back(id);
  }
  std::vector<Set> out;
  std::unordered_map<size_t, size_t> index;
  for (size_t i = 0; i < candidates_.size(); ++i) {
    const auto [it, fresh] = index.emplace(groups.find(i), out.size());
    if (fresh) out.emplace_back();
    out[it->second].push_back(i);
  }
  return out;
}

/// Decisions of a buffer that feed each other: through the base (one after the other) or through the source (one inside the other).
std::vector<Decisions::Set> Decisions::chains(const Set& buffer) const {
  Groups groups(buffer.size());
  std::unordered_map<size_t, size_t> place;
  for (size_t k = 0; k < buffer.size(); ++k) place[buffer[k]] = k;
  const auto link = [&](size_t k, NodeId value) {
    if (!value || !memory_.storage().location(value)) return;
    const auto it = byResult_.find(memory_.storage().owner(value));
    if (it == byResult_.end()) return;
    for (const size_t other : it->second)
      if (const auto p = place.find(other); p != place.end()) groups.join(k, p->second);
  };
  for (size_t k = 0; k < buffer.size(); ++k) {
    const NodeId node = candidates_[buffer[k]].decision.node;
    link(k, firstOperand(graph_.node(node)));
    if (memory_.storage().operatorOf(node).effect == Effect::update) link(k, sourceOf(graph_.node(node)));
    for (const NodeId result : memory_.results(node))
      for (const size_t same : byResult_.at(result)) groups.join(k, place.at(same));
  }
  std::vector<Set> out;
  std::unordered_map<size_t, size_t> index;
  for (size_t k = 0; k < buffer.size(); ++k) {
    const auto [it, fresh] = index.emplace(groups.find(k), out.size());
    if (fresh) out.emplace_back();
    out[it->second].push_back(buffer[k]);
  }
  return out;
}

std::optional<Conflict> Decisions::mergeAll(const std::vector<Decision>& decisions) {
  for (const auto& d : decisions) memory_.merge(d.node, d.how);
  std::set<NodeId> roots;
  for (const auto& d : decisions)
    for (const NodeId result : memory_.results(d.node)) roots.insert(memory_.root(result));
  for (const NodeId root : roots) {
    if (auto conflict = memory_.check(root)) {
      for (auto it = decisions.rbegin(); it != decisions.rend(); ++it) memory_.unmerge(it->node);
      return conflict;
    }
  }
  return std::nullopt;
}

/// The first way of each node (a copy may be made in place or not at all) together.
bool Decisions::tryAll(const Set& set) {
  std::vector<Decision> all;
  std::set<NodeId> seen;
  for (const size_t i : set)
    if (!memory_.merged(candidates_[i].decision.node) && !candidates_[i].hopeless && seen.insert(candidates_[i].decision.node).second) all.push_back(candidates_[i].decision);
  const auto conflict = all.empty() ? std::nullopt : mergeAll(all);
  if (conflict && all.size() == 1) reasons_[all[0].node] = *conflict;
  return !conflict;
}

bool Decisions::tryOne(size_t candidate) {
  const Decision& d = candidates_[candidate].decision;
  --budget_;
  if (auto conflict = mergeAll({d})) {
    // Of two ways the last one's reason is told.
    if (d.how == How::inPlace || memory_.storage().operatorOf(d.node).effect != Effect::update) reasons_[d.node] = *conflict;
    return false;
  }
  reasons_.erase(d.node);
  return true;
}

/// In the order of the stages, the outermost first: it copies the most. A later one may free an earlier one, so until nothing changes.
void Decisions::oneByOne(Set set) {
  Set updates;   // mostly what is in the way is a copy behind them
  for (const size_t i : set)
    if (candidates_[i].stage <= 1) updates.push_back(i);
  if (!updates.empty() && updates.size() < set.size()) tryAll(updates);
  std::stable_sort(set.begin(), set.end(), [&](size_t a, size_t b) {
    const auto &x = candidates_[a], &y = candidates_[b];
    return x.stage != y.stage ? x.stage < y.stage : x.at > y.at;
  });
  for (bool changed = true; changed;) {
    changed = false;
    for (const size_t i : set)
      if (!memory_.merged(candidates_[i].decision.node) && !candidates_[i].hopeless) changed |= tryOne(i);
  }
}

void Decisions::tryChains(const std::vector<Set>& chains, size_t first, size_t count) {
  if (count == 0) return;
  Set all;
  for (size_t i = first; i < first + count; ++i) all.insert(all.end(), chains[i].begin(), chains[i].end());
  if (tryAll(all)) return;
  if (count == 1) { oneByOne(all); return; }
  tryChains(chains, first, count / 2);
  tryChains(chains, first + count / 2, count - count / 2);
}

void Decisions::decideBuffer(const Set& buffer) {
  for (const size_t i : buffer) {
    Candidate& c = candidates_[i];
    if (c.stage != 2 || buffer.size() == 1) continue;
    if (tryOne(i)) memory_.unmerge(c.decision.node);
    else c.hopeless = reasons_[c.decision.node].rule == Rule::geometryChanges;
  }
  if (tryAll(buffer)) return;
  if (buffer.size() == 1) return;
  auto all = chains(buffer);
  // Chains with updates come before copies that stand alone: those cost the least.
  std::stable_partition(all.begin(), all.end(), [&](const Set& chain) {
    return std::any_of(chain.begin(), chain.end(), [&](size_t i) { return candidates_[i].stage == 1; });
  });
  if (all.size() == 1) oneByOne(buffer);
  else tryChains(all, 0, all.size());
  if (buffer.size() <= kImprovable) improve(buffer);
}

/// Each refused decision first, then the others as they fit: kept when the whole then writes fewer bytes.
void Decisions::improve(const Set& buffer) {
  double best = cost(buffer);
  const auto state = [&] {
    std::vector<Decision> taken;
    for (const size_t i : buffer)
      if (memory_.how(candidates_[i].decision.node) == candidates_[i].decision.how) taken.push_back(candidates_[i].decision);
    return taken;
  };
  const auto clear = [&] {
    for (const size_t i : buffer)
      if (memory_.merged(candidates_[i].decision.node)) memory_.unmerge(candidates_[i].decision.node);
  };
  for (bool better = true; better && budget_ > 0;) {
    better = false;
    for (const size_t wanted : buffer) {
      if (memory_.merged(candidates_[wanted].decision.node) || candidates_[wanted].hopeless || budget_ <= 0) continue;
      const auto before = state();
      const auto reasons = reasons_;
      clear();
      if (tryOne(wanted)) {
        oneByOne(buffer);
        if (const double now = cost(buffer); now < best) {
          best = now;
          better = true;
          continue;
        }
      }
      clear();
      for (const auto& d : before) memory_.merge(d.node, d.how);
      reasons_ = reasons;
    }
  }
}

void Decisions::decide() {
  findCandidates();
  budget_ = kChecks;
  for (const auto& buffer : buffers()) decideBuffer(buffer);
  checkLayouts();
}

/// Strides reach from one storage into another, through operators whose results follow their operands: what stood when it was decided
/// may be told by a later decision. All are checked again as they are now; what falls is decided anew, once, and then left.
void Decisions::checkLayouts() {
  std::set<NodeId> again;
  for (bool changed = true; changed;) {
    changed = false;
    std::map<NodeId, Set> taken;   // by planned storage
    for (size_t i = 0; i < candidates_.size(); ++i) {
      const Decision& d = candidates_[i].decision;
      if (memory_.how(d.node) != d.how) continue;
      for (const NodeId result : memory_.results(d.node)) {
        auto& set = taken[memory_.root(result)];
        if (set.empty() || set.back() != i) set.push_back(i);
      }
    }
    for (const auto& [root, set] : taken) {
      const auto conflict = memory_.checkLayout(root);
      if (!conflict) continue;
      changed = true;
      for (const size_t i : set) {
        if (!memory_.merged(candidates_[i].decision.node)) continue;
        memory_.unmerge(candidates_[i].decision.node);
        reasons_[candidates_[i].decision.node] = *conflict;
      }
      if (again.insert(root).second) oneByOne(set);
    }
  }
}

bool Decisions::decideLeft() {
  bool any = false;
  for (size_t i = candidates_.size(); i-- > 0;) {
    const NodeId node = candidates_[i].decision.node;
    const Conflict* why = reason(node);
    if (memory_.merged(node) || (why && why->rule == Rule::notProfitable)) continue;
    any |= tryOne(i);
  }
  if (any) checkLayouts();
  return any;
}

// --- what it costs -----------------------------------------------------------------------------------------------------------------

double Decisions::bytes(NodeId value) const {
  const auto* t = value ? graph_.node(value).tensor() : nullptr;
  if (!t) return 0;
  double n = static_cast<double>(graph::ir::itemSize(t->dtype));
  for (const auto& size : t->shape) {
    if (const auto constant = size.asConstant()) { n *= static_cast<double>(*constant); continue; }
    std::set<std::string> symbols;
    size.collectSymbols(symbols);
    graph::ir::Binding binding;
    for (const auto& name : symbols) {
      const auto it = graph_.symbolTable().find(name);
      binding[name] = it != graph_.symbolTable().end() && it->second.hint ? *it->second.hint : 64;
    }
    n *= static_cast<double>(std::max<int64_t>(size.evaluate(binding).value_or(64), 1));
  }
  return n;
}

/// Bytes that a node writes, decided like this.
double Decisions::costOf(NodeId node, How how, bool writes) const {
  const Operator& op = memory_.storage().operatorOf(node);
  if (how == How::forward) return 0;
  const double whole = bytes(op.multiple ? firstOperand(graph_.node(node)) : node);
  if (op.effect != Effect::update) return whole;   // a twin writes as much as the operator did
  if (how == How::inPlace && !writes) return 0;
  const bool scatter = op.twin == "aten.copy_.default";
  const double window = scatter ? bytes(sourceOf(graph_.node(node))) : operatorName(graph_.node(node).target).starts_with("masked_") ? whole : 0;
  if (how == How::inPlace) return window;
  return whole;
}

double Decisions::cost(const Set& buffer) const {
  double sum = 0;
  std::set<NodeId> roots, seen;
  for (const size_t i : buffer) {
    const NodeId node = candidates_[i].decision.node;
    roots.insert(candidates_[i].roots.begin(), candidates_[i].roots.end());
    if (seen.insert(node).second) sum += costOf(node, memory_.how(node), memory_.writes(node));
  }
  for (const NodeId root : roots)
    if (const auto it = copiesOf_.find(root); it != copiesOf_.end())
      for (const NodeId copy : it->second)
        if (!memory_.isErased(copy)) sum += bytes(firstOperand(graph_.node(copy)));
  return sum;
}

double Decisions::gain(const Chain& chain) const {
  double sum = 0;
  for (const auto& u : chain.updates) sum += costOf(u.node, How::no, true) - costOf(u.node, u.how, u.writes);
  for (const NodeId copy : chain.copies) sum += bytes(firstOperand(graph_.node(copy)));
  return sum;
}

}  // namespace rewrites
