#include "rewrites/inplace.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <unordered_map>

#include "rewrites/decisions.h"
#include "rewrites/memory_plan.h"
#include "rewrites/repair.h"

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
  Plan(const Graph& g, const Checks& on) : graph(g), checks(on), memory(g, on), decisions(g, memory) {}

  const Graph& graph;
  const Checks checks;
  MemoryPlan memory;
  Decisions decisions;
  std::vector<Chain> chains;
  std::vector<Refusal> refusals;
  std::unordered_map<NodeId, size_t> chainOf, refusalOf;
  std::unordered_map<NodeId, std::optional<Repair>> repairs;   // those that were asked for
  int analyses = 0;                                            // that may still be made to find one

  void decide();
  void makeChains();
  bool dropUnprofitable();
  void addSelfCopies();
  void makeRefusals();
  Expr unmoved(const Chain& chain, Expr& window) const;
  std::optional<Refusal> changed(const Chain& chain) const;
  /// An input or constant that is written as printed, written as decided, or silently read, and the last position of each; 0 for never.
  struct Touched { NodeId input; uint32_t written, decided, silent; };
  std::vector<Touched> touchedInputs() const;
  void addGuards(Chain& chain, const std::vector<Touched>& inputs) const;
};

namespace {

constexpr int kAnalyses = 200;             // of edited graphs, to find repairs; of large graphs less
constexpr size_t kAnalysed = 200'000;      // nodes of all these graphs together

}  // namespace

void InPlace::Plan::decide() {
  decisions.decide();
  makeChains();
  // What was dropped may have been all that stood in the way of another.
  if (dropUnprofitable() && decisions.decideLeft()) {
    chains.clear();
    makeChains();
    dropUnprofitable();
  }
  addSelfCopies();
  makeRefusals();
  analyses = static_cast<int>(std::min<size_t>(kAnalyses, kAnalysed / std::max<size_t>(graph.size(), 1) + 1));
}

/// A chain begins at an update that writes and goes outwards through the scatters whose source is then in place.
void InPlace::Plan::makeChains() {
  std::unordered_map<NodeId, size_t> of;                    // by result
  std::unordered_map<NodeId, std::vector<NodeId>> copies;   // by printed owner of what is copied
  std::set<NodeId> roots;
  for (const NodeId u : decisions.nodes())
    if (memory.merged(u))
      for (const NodeId result : memory.results(u)) roots.insert(memory.root(result));
  for (const NodeId root : roots)
    for (const NodeId c : memory.erasedCopies(root)) copies[memory.storage().owner(sourceOf(graph.node(c)))].push_back(c);
  for (const NodeId u : decisions.nodes()) {
    if (!memory.merged(u)) continue;
    const auto& op = memory.storage().operatorOf(u);
    const How how = memory.how(u);
    const bool writes = memory.writes(u);
    const auto results = memory.results(u);
    size_t chain = chains.size();
    if (!writes && (how == How::inPlace || op.forward == Forward::source)) {   // joins the chain of its source
      const auto inner = of.find(memory.storage().owner(sourceOf(graph.node(u))));
      if (inner != of.end()) chain = inner->second;
    }
    if (chain == chains.size()) chains.emplace_back();
    Chain& c = chains[chain];
    c.head = u;
    c.owner = memory.root(results.empty() ? u : results.front());
    c.updates.push_back({u, memory.base(u, how), writes, op.twin, how, how == How::forward && op.forward == Forward::view ? op.view : std::string{}});
    for (const NodeId result : results) {
      of[result] = chain;
      if (const auto found = copies.find(result); found != copies.end()) c.copies.insert(c.copies.end(), found->second.begin(), found->second.end());
    }
  }
  const auto inputs = touchedInputs();
  for (auto& c : chains) {
    Expr window(0);
    const Expr gone = unmoved(c, window);
    c.bytesSaved = gone - window;
    addGuards(c, inputs);
  }
}

/// What is no longer moved: outside the windows of the updates, and the copies. `window` receives what the copy_ into a scatter's window
/// moves now; the functional scatter moved that too, uncounted.
Expr InPlace::Plan::unmoved(const Chain& chain, Expr& window) const {
  Expr sum(0);
  for (const auto& u : chain.updates) {
    const Operator& op = memory.storage().operatorOf(u.node);
    if (const auto bytes = copiedBytes(graph, u.node, op)) sum = sum + *bytes;
    if (!u.writes || op.twin != "aten.copy_.default") continue;
    const NodeId source = sourceOf(graph.node(u.node));
    const auto* t = source ? graph.node(source).tensor() : nullptr;
    if (!t) continue;
    Expr bytes(graph::ir::itemSize(t->dtype));
    for (const auto& size : t->shape) bytes = bytes * size;
    window = window + bytes;
  }
  for (const NodeId c : chain.copies)
    if (const auto bytes = copiedBytes(graph, c, memory.storage().operatorOf(c))) sum = sum + *bytes;
  return sum;
}

/// In the order of the graph.
std::vector<InPlace::Plan::Touched> InPlace::Plan::touchedInputs() const {
  std::vector<Touched> all;
  for (const NodeId id : graph) {
    const auto kind = memory.storage().operatorOf(id).effect;
    if ((kind != Effect::input && kind != Effect::constant) || memory.storage().owner(id) != id) continue;
    const Touched touched{id, memory.lastWrite(id), memory.lastDecidedWrite(id), memory.lastSilentAccess(id)};
    if (touched.written || touched.silent) all.push_back(touched);
  }
  return all;
}

void InPlace::Plan::addGuards(Chain& chain, const std::vector<Touched>& inputs) const {
  for (const NodeId input : memory.assumedStrides(chain.owner)) {
    Guard guard{Guard::Kind::strides, graph.node(input).name, "", ""};
    guard.strides = *graph.node(input).tensor()->stride;
    chain.guards.push_back(std::move(guard));
  }
  const auto& owner = graph.node(chain.owner);
  const auto effect = memory.storage().operatorOf(chain.owner).effect;
  if ((effect != Effect::input && effect != Effect::constant) || !checks.on(Check::inputGuards)) return;
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
  // A write to the other one at or after the first to this one is what `disjoint(owner)` is checked against; whether it comes as printed or
  // as decided is the user's choice.
  const auto overtakes = [&](uint32_t write) { return gone && write > gone && write <= read && !(first && write >= first); };
  for (const auto& [other, written, decided, silent] : inputs) {
    if (other == chain.owner) continue;
    const bool overtaken = overtakes(written) || overtakes(decided);
    const bool unseen = first && silent >= first;
    if (overtaken || unseen) chain.guards.push_back({Guard::Kind::disjoint, owner.name, graph.node(other).name, ""});
  }
}

/// Whether a chain would still be what it was found to be: the same updates write the same storage, the same copies copy a thing to itself.
std::optional<Refusal> InPlace::Plan::changed(const Chain& chain) const {
  for (const auto& u : chain.updates)
    if (memory.how(u.node) != u.how || memory.writes(u.node) != u.writes || memory.root(memory.results(u.node).front()) != chain.owner)
      return Refusal{chain.head, Rule::inputMustKeepValue, "it stands on another chain that was not taken", {u.node}};
  if (chain.updates.empty()) return std::nullopt;
  const auto erased = memory.erasedCopies(chain.owner);
  for (const NodeId copy : chain.copies)
    if (std::find(erased.begin(), erased.end(), copy) == erased.end())
      return Refusal{chain.head, Rule::copyWritesOtherValue, "it stands on another chain that was not taken", {copy}};
  return std::nullopt;
}

/// A chain that saves nothing is left as it was, unless another one stands on it.
bool InPlace::Plan::dropUnprofitable() {
  bool any = false;
  for (size_t i = chains.size(); i-- > 0 && checks.on(Check::notProfitable);) {
    if (decisions.gain(chains[i]) > 0) continue;
    const Chain dropped = chains[i];
    for (auto u = dropped.updates.rbegin(); u != dropped.updates.rend(); ++u) memory.unmerge(u->node);
    bool needed = memory.check(dropped.owner).has_value();
    for (size_t j = 0; j < chains.size() && !needed; ++j) needed = j != i && chains[j].owner == dropped.owner && changed(chains[j]);
    if (needed) {
      for (const auto& u : dropped.updates) memory.merge(u.node, u.how);
      continue;
    }
    for (const auto& u : dropped.updates) decisions.refuse(u.node, {Rule::notProfitable, "done in place it moves no fewer bytes", {}, {}});
    chains.erase(chains.begin() + static_cast<std::ptrdiff_t>(i));
    any = true;
  }
  return any;
}

/// copy_ of a thing to itself, as printed.
void InPlace::Plan::addSelfCopies() {
  std::set<NodeId> taken;
  for (const auto& c : chains) taken.insert(c.copies.begin(), c.copies.end());
  for (NodeId id : graph) {
    const auto& node = graph.node(id);
    if (!isCopyInto(node) || taken.count(id)) continue;
    const NodeId to = firstOperand(node), from = sourceOf(graph.node(id));
    const auto *a = to ? memory.storage().location(to) : nullptr, *b = from ? memory.storage().location(from) : nullptr;
    if (!a || !b || !memory.sameTensor(*a, *b)) continue;
    Chain c;
    c.head = id;
    c.owner = a->owner;
    c.copies = {id};
    c.bytesSaved = copiedBytes(graph, id, memory.storage().operatorOf(id)).value_or(Expr(0));
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
  const auto& nodes = decisions.nodes();
  for (auto it = nodes.rbegin(); it != nodes.rend(); ++it) {
    const Conflict* reason = decisions.reason(*it);
    if (!reason || covered.count(*it)) continue;
    for (NodeId inner = sourceOf(graph.node(*it)); inner;) {
      inner = memory.storage().owner(inner);
      const Conflict* same = decisions.reason(inner);
      if (!same || same->rule != reason->rule) break;
      covered.insert(inner);
      inner = sourceOf(graph.node(inner));
    }
    // A pointwise operator that saves nothing in place is no chain that was left.
    if (reason->rule == Rule::notProfitable && memory.storage().operatorOf(*it).effect == Effect::fresh) continue;
    refusals.push_back({*it, reason->rule, reason->because, reason->blockers});
  }
  std::reverse(refusals.begin(), refusals.end());
  for (size_t i = 0; i < refusals.size(); ++i) refusalOf[refusals[i].node] = i;
}

InPlace::InPlace(const Graph& graph, const Checks& checks) : plan_(std::make_unique<Plan>(graph, checks)) { plan_->decide(); }
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

const Repair* InPlace::repairOf(NodeId update) const {
  const Refusal* refusal = refusalOf(update);
  if (!refusal) return nullptr;
  const auto [found, isNew] = plan_->repairs.try_emplace(update);
  if (isNew) found->second = findRepair(*this, *refusal, plan_->analyses);
  return found->second ? &*found->second : nullptr;
}

bool InPlace::isUpdate(NodeId id) const { return plan_->chainOf.count(id) || plan_->decisions.reason(id); }

std::optional<Refusal> InPlace::recheck(const std::vector<NodeId>& heads) const {
  Plan fresh(plan_->graph, plan_->checks);
  std::vector<const Chain*> wanted;
  for (const NodeId head : heads) {
    const Chain* c = chainOf(head);
    if (!c || c->head != head) return Refusal{head, Rule::unknownOperator, "this is not the head of a chain that was taken", {}};
    wanted.push_back(c);
  }
  std::sort(wanted.begin(), wanted.end(), [&](const Chain* a, const Chain* b) { return fresh.memory.position(a->head) < fresh.memory.position(b->head); });
  std::vector<Decision> updates;
  for (const Chain* c : wanted)
    for (const auto& u : c->updates) updates.push_back({u.node, u.how});
  if (auto conflict = fresh.decisions.mergeAll(updates)) {
    const NodeId node = wanted.empty() ? NodeId{} : wanted.front()->head;
    return Refusal{node, conflict->rule, conflict->because, conflict->blockers};
  }
  // Alone they must be what they were together.
  for (const Chain* c : wanted)
    if (auto other = fresh.changed(*c)) return other;
  return std::nullopt;
}

}  // namespace rewrites
