#include "rewrites/inplace.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <unordered_map>

#include "rewrites/memory_plan.h"

namespace rewrites {

using graph::ir::Expr;
using graph::ir::Graph;
using graph::ir::Guard;
using graph::ir::NodeId;

std::string_view ruleName(Rule rule) {
  static constexpr std::array<std::string_view, 15> names = {
      "unknown-operator", "async-reader", "dtype-or-shape-changes", "internal-overlap", "overlapping-operand", "two-owners", "geometry-changes",
      "alias-depends-on-size", "old-value-read-later", "input-must-keep-value", "copy-writes-other-value", "result-escapes", "inputs-may-alias",
      "size-unproven", "not-profitable"};
  return names[static_cast<size_t>(rule)];
}

struct InPlace::Plan {
  explicit Plan(const Graph& g) : graph(g), memory(g) {}

  const Graph& graph;
  MemoryPlan memory;
  std::vector<NodeId> candidates;                            // functional updates, in execution order
  std::vector<Chain> chains;
  std::vector<Refusal> refusals;
  std::unordered_map<NodeId, size_t> chainOf, refusalOf;
  std::unordered_map<NodeId, Conflict> reasons;              // why a candidate was left, last test

  void decide();
  void findCandidates();
  std::vector<std::vector<NodeId>> components() const;
  void decideComponent(const std::vector<NodeId>& component);
  std::optional<Conflict> mergeAll(const std::vector<NodeId>& updates);
  void makeChains();
  bool dropUnprofitable();
  bool decideLeft();
  void addSelfCopies();
  void makeRefusals();
  Expr unmoved(const Chain& chain, Expr& window);
  std::optional<Refusal> changed(const Chain& chain);
  void addGuards(Chain& chain);
};

namespace {

NodeId sourceOf(const Graph& graph, NodeId update) {
  const auto nodes = operand(graph.node(update), 1);
  return nodes.size() == 1 ? nodes[0] : NodeId{};
}

/// Union-find over small indices.
struct Groups {
  std::vector<size_t> parent;
  explicit Groups(size_t n) : parent(n) { std::iota(parent.begin(), parent.end(), size_t{0}); }
  size_t find(size_t i) { while (parent[i] != i) i = parent[i] = parent[parent[i]]; return i; }
  void join(size_t a, size_t b) { parent[find(a)] = find(b); }
};

}  // namespace

void InPlace::Plan::decide() {
  findCandidates();
  for (const auto& component : components()) decideComponent(component);
  makeChains();
  // What was dropped may have been all that stood in the way of another.
  if (dropUnprofitable() && decideLeft()) {
    chains.clear();
    makeChains();
    dropUnprofitable();
  }
  addSelfCopies();
  makeRefusals();
}

void InPlace::Plan::findCandidates() {
  for (NodeId id : graph) {
    const auto& node = graph.node(id);
    if (memory.operators().of(node).effect != Effect::update) continue;
    const NodeId base = firstOperand(node);
    if (base && memory.storage().location(base) && memory.storage().location(id)) candidates.push_back(id);
  }
}

/// Updates that feed each other: through the base (one after the other) or through the source (one inside the other).
std::vector<std::vector<NodeId>> InPlace::Plan::components() const {
  std::unordered_map<NodeId, size_t> index;
  for (size_t i = 0; i < candidates.size(); ++i) index[candidates[i]] = i;
  Groups groups(candidates.size());
  for (size_t i = 0; i < candidates.size(); ++i) {
    const NodeId base = memory.storage().owner(firstOperand(graph.node(candidates[i])));
    if (auto it = index.find(base); it != index.end()) groups.join(i, it->second);
    const NodeId source = sourceOf(graph, candidates[i]);
    const NodeId owner = source ? memory.storage().owner(source) : NodeId{};
    if (auto it = index.find(owner); owner && it != index.end()) groups.join(i, it->second);
  }
  std::vector<std::vector<NodeId>> out;
  std::unordered_map<size_t, size_t> slot;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const auto [it, fresh] = slot.emplace(groups.find(i), out.size());
    if (fresh) out.emplace_back();
    out[it->second].push_back(candidates[i]);
  }
  return out;
}

/// Merges all of them; when a storage that they touch has a conflict, undoes everything and says it.
std::optional<Conflict> InPlace::Plan::mergeAll(const std::vector<NodeId>& updates) {
  for (const NodeId u : updates) memory.merge(u);
  std::set<NodeId> roots;
  for (const NodeId u : updates) roots.insert(memory.root(u));
  for (const NodeId root : roots) {
    if (auto conflict = memory.check(root)) {
      for (auto it = updates.rbegin(); it != updates.rend(); ++it) memory.unmerge(*it);
      return conflict;
    }
  }
  return std::nullopt;
}

void InPlace::Plan::decideComponent(const std::vector<NodeId>& component) {
  auto conflict = mergeAll(component);
  if (!conflict) return;
  if (component.size() == 1) { reasons[component[0]] = *conflict; return; }
  // One by one, the outermost first: it copies the most. A later one may free an earlier one, so until nothing changes.
  for (bool changed = true; changed;) {
    changed = false;
    for (auto it = component.rbegin(); it != component.rend(); ++it) {
      if (memory.merged(*it)) continue;
      conflict = mergeAll({*it});
      if (conflict) reasons[*it] = *conflict;
      else { reasons.erase(*it); changed = true; }
    }
  }
}

/// A chain begins at an update that writes and goes outwards through the scatters whose source is then in place.
void InPlace::Plan::makeChains() {
  std::unordered_map<NodeId, size_t> of;
  std::unordered_map<NodeId, std::vector<NodeId>> copies;   // by printed owner of what is copied
  std::set<NodeId> roots;
  for (const NodeId u : candidates)
    if (memory.merged(u)) roots.insert(memory.root(u));
  for (const NodeId root : roots)
    for (const NodeId c : memory.erasedCopies(root)) copies[memory.storage().owner(sourceOf(graph, c))].push_back(c);
  for (const NodeId u : candidates) {
    if (!memory.merged(u)) continue;
    const auto& op = memory.operators().of(graph.node(u));
    const bool writes = memory.writes(u);
    size_t chain = chains.size();
    if (!writes) {
      const auto inner = of.find(memory.storage().owner(sourceOf(graph, u)));
      if (inner != of.end()) chain = inner->second;
    }
    if (chain == chains.size()) chains.emplace_back();
    of[u] = chain;
    Chain& c = chains[chain];
    c.head = u;
    c.owner = memory.root(u);
    c.updates.push_back({u, firstOperand(graph.node(u)), writes, op.twin});
    for (const NodeId copy : copies[u]) c.copies.push_back(copy);
  }
  for (auto& c : chains) {
    Expr window(0);
    const Expr gone = unmoved(c, window);
    c.bytesSaved = gone - window;
    addGuards(c);
  }
}

/// What is no longer moved: outside the windows of the updates, and the copies. `window` receives what the copy_ into a scatter's window
/// moves now; the functional scatter moved that too, uncounted.
Expr InPlace::Plan::unmoved(const Chain& chain, Expr& window) {
  Expr sum(0);
  for (const auto& u : chain.updates) {
    if (const auto bytes = copiedBytes(graph, u.node, memory.operators())) sum = sum + *bytes;
    if (!u.writes || memory.operators().of(graph.node(u.node)).view.empty()) continue;
    const NodeId source = sourceOf(graph, u.node);
    const auto* t = source ? graph.node(source).tensor() : nullptr;
    if (!t) continue;
    Expr bytes(graph::ir::itemSize(t->dtype));
    for (const auto& size : t->shape) bytes = bytes * size;
    window = window + bytes;
  }
  for (const NodeId c : chain.copies)
    if (const auto bytes = copiedBytes(graph, c, memory.operators())) sum = sum + *bytes;
  return sum;
}

void InPlace::Plan::addGuards(Chain& chain) {
  const auto& owner = graph.node(chain.owner);
  const auto effect = memory.operators().of(owner).effect;
  if (effect != Effect::input && effect != Effect::constant) return;
  chain.guards.push_back({Guard::Kind::disjoint, owner.name, "", ""});
  chain.guards.push_back({Guard::Kind::no_self_overlap, owner.name, "", ""});
  // A scatter that just goes was a copy that no later write to another input reaches, also none before the first write to this one.
  // Nor does the check, which goes by schemas, see who reads an input through an operator that returns it without saying so.
  uint32_t gone = 0, first = 0;   // positions, 0 for none
  for (const auto& u : chain.updates) {
    uint32_t& at = u.writes ? first : gone;
    if (!at) at = memory.position(u.node);
  }
  const auto read = memory.lastRead(chain.owner);
  for (const NodeId other : graph) {
    const auto kind = memory.operators().of(graph.node(other)).effect;
    if ((kind != Effect::input && kind != Effect::constant) || other == chain.owner || memory.storage().owner(other) != other) continue;
    const auto written = memory.lastWrite(other);
    const bool overtaken = gone && written > gone && written <= read;
    const bool unseen = first && memory.lastSilentAccess(other) >= first;
    if (overtaken || unseen) chain.guards.push_back({Guard::Kind::disjoint, owner.name, graph.node(other).name, ""});
  }
}

/// Whether a chain would still be what it was found to be: the same updates write the same storage, the same copies copy a thing to itself.
std::optional<Refusal> InPlace::Plan::changed(const Chain& chain) {
  for (const auto& u : chain.updates)
    if (memory.writes(u.node) != u.writes || memory.root(u.node) != chain.owner)
      return Refusal{chain.head, Rule::inputMustKeepValue, "it stands on another chain that was not taken", {u.node}, std::nullopt};
  if (chain.updates.empty()) return std::nullopt;
  const auto erased = memory.erasedCopies(chain.owner);
  for (const NodeId copy : chain.copies)
    if (std::find(erased.begin(), erased.end(), copy) == erased.end())
      return Refusal{chain.head, Rule::copyWritesOtherValue, "it stands on another chain that was not taken", {copy}, std::nullopt};
  return std::nullopt;
}

/// A chain that saves nothing is left as it was, unless another one stands on it.
bool InPlace::Plan::dropUnprofitable() {
  bool any = false;
  for (size_t i = chains.size(); i-- > 0;) {
    Expr window(0);
    const auto bytes = unmoved(chains[i], window).asConstant();
    if (!bytes || *bytes > 0) continue;
    const Chain dropped = chains[i];
    for (auto u = dropped.updates.rbegin(); u != dropped.updates.rend(); ++u) memory.unmerge(u->node);
    bool needed = memory.check(dropped.owner).has_value();
    for (size_t j = 0; j < chains.size() && !needed; ++j) needed = j != i && chains[j].owner == dropped.owner && changed(chains[j]);
    if (needed) {
      for (const auto& u : dropped.updates) memory.merge(u.node);
      continue;
    }
    for (const auto& u : dropped.updates) reasons[u.node] = {Rule::notProfitable, "done in place it moves no fewer bytes", {}};
    chains.erase(chains.begin() + static_cast<std::ptrdiff_t>(i));
    any = true;
  }
  return any;
}

/// Tries once more what was refused for another reason than that it saves nothing, the outermost first.
bool InPlace::Plan::decideLeft() {
  bool any = false;
  for (auto it = candidates.rbegin(); it != candidates.rend(); ++it) {
    const auto reason = reasons.find(*it);
    if (memory.merged(*it) || (reason != reasons.end() && reason->second.rule == Rule::notProfitable)) continue;
    if (auto conflict = mergeAll({*it})) {
      reasons[*it] = *conflict;
    } else {
      reasons.erase(*it);
      any = true;
    }
  }
  return any;
}

/// copy_ of a thing to itself, as printed.
void InPlace::Plan::addSelfCopies() {
  std::set<NodeId> taken;
  for (const auto& c : chains) taken.insert(c.copies.begin(), c.copies.end());
  for (NodeId id : graph) {
    const auto& node = graph.node(id);
    if (!node.target.starts_with("aten.copy_.") || taken.count(id)) continue;
    const NodeId to = firstOperand(node), from = sourceOf(graph, id);
    const auto *a = to ? memory.storage().location(to) : nullptr, *b = from ? memory.storage().location(from) : nullptr;
    if (!a || !b || !memory.storage().sameTensor(*a, *b)) continue;
    Chain c;
    c.head = id;
    c.owner = a->owner;
    c.copies = {id};
    c.bytesSaved = copiedBytes(graph, id, memory.operators()).value_or(Expr(0));
    chains.push_back(std::move(c));
  }
  std::stable_sort(chains.begin(), chains.end(), [&](const Chain& a, const Chain& b) { return memory.position(a.head) < memory.position(b.head); });
  for (size_t i = 0; i < chains.size(); ++i) {
    for (const auto& u : chains[i].updates) chainOf[u.node] = i;
    for (const NodeId c : chains[i].copies) chainOf[c] = i;
  }
}

/// One refusal a chain: an inner update whose scatter is left for the same reason is not named again.
void InPlace::Plan::makeRefusals() {
  std::set<NodeId> covered;
  for (auto it = candidates.rbegin(); it != candidates.rend(); ++it) {
    const auto reason = reasons.find(*it);
    if (reason == reasons.end() || covered.count(*it)) continue;
    for (NodeId inner = sourceOf(graph, *it); inner;) {
      inner = memory.storage().owner(inner);
      const auto same = reasons.find(inner);
      if (same == reasons.end() || same->second.rule != reason->second.rule) break;
      covered.insert(inner);
      inner = sourceOf(graph, inner);
    }
    refusals.push_back({*it, reason->second.rule, reason->second.because, reason->second.blockers, std::nullopt});
  }
  std::reverse(refusals.begin(), refusals.end());
  for (size_t i = 0; i < refusals.size(); ++i) refusalOf[refusals[i].node] = i;
}

InPlace::InPlace(const Graph& graph) : plan_(std::make_unique<Plan>(graph)) { plan_->decide(); }
InPlace::~InPlace() = default;

const std::vector<Chain>& InPlace::chains() const { return plan_->chains; }
const std::vector<Refusal>& InPlace::refusals() const { return plan_->refusals; }
const Storage& InPlace::storage() const { return plan_->memory.storage(); }

const Chain* InPlace::chainOf(NodeId update) const {
  const auto it = plan_->chainOf.find(update);
  return it == plan_->chainOf.end() ? nullptr : &plan_->chains[it->second];
}

const Refusal* InPlace::refusalOf(NodeId update) const {
  const auto it = plan_->refusalOf.find(update);
  return it == plan_->refusalOf.end() ? nullptr : &plan_->refusals[it->second];
}

bool InPlace::isUpdate(NodeId id) const { return plan_->chainOf.count(id) || plan_->reasons.count(id); }

std::optional<Refusal> InPlace::recheck(const std::vector<NodeId>& heads) const {
  Plan fresh(plan_->graph);
  std::vector<const Chain*> wanted;
  for (const NodeId head : heads) {
    const Chain* c = chainOf(head);
    if (!c || c->head != head) return Refusal{head, Rule::unknownOperator, "this is not the head of a chain that was taken", {}, std::nullopt};
    wanted.push_back(c);
  }
  std::sort(wanted.begin(), wanted.end(), [&](const Chain* a, const Chain* b) { return fresh.memory.position(a->head) < fresh.memory.position(b->head); });
  std::vector<NodeId> updates;
  for (const Chain* c : wanted)
    for (const auto& u : c->updates) updates.push_back(u.node);
  if (auto conflict = fresh.mergeAll(updates)) {
    const NodeId node = wanted.empty() ? NodeId{} : wanted.front()->head;
    return Refusal{node, conflict->rule, conflict->because, conflict->blockers, std::nullopt};
  }
  // Alone they must be what they were together.
  for (const Chain* c : wanted)
    if (auto other = fresh.changed(*c)) return other;
  return std::nullopt;
}

}  // namespace rewrites
