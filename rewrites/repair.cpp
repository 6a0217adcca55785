#include "rewrites/repair.h"

#include <algorithm>
#include <memory>
#include <set>

#include "graph/ir/density.h"
#include "rewrites/repair_moves.h"

namespace rewrites {

using graph::ir::Argument;
using graph::ir::Expr;
using graph::ir::Graph;
using graph::ir::Node;
using graph::ir::NodeId;

namespace {

constexpr int kRounds = 4;         // of moving what is found to be in the way after a move
constexpr size_t kNamed = 3;       // nodes that a sentence names

template <class Range>
bool has(const Range& range, NodeId id) { return std::find(range.begin(), range.end(), id) != range.end(); }

/// "m", "m and n", "m, n and 4 others".
std::string listOf(const Graph& graph, const std::vector<NodeId>& nodes) {
  const size_t named = nodes.size() <= kNamed ? nodes.size() : kNamed - 1;
  std::string text;
  for (size_t i = 0; i < named; ++i) text += (i == 0 ? "" : i + 1 == nodes.size() ? " and " : ", ") + graph.node(nodes[i]).name;
  return named == nodes.size() ? text : text + " and " + std::to_string(nodes.size() - named) + " others";
}

/// Makes memory from sizes: its elements come from no tensor, and a second call gives the same.
bool isFactory(const Storage& storage, NodeId id) {
  const Node& node = storage.graph().node(id);
  const auto& op = storage.operatorOf(id);
  if (op.effect != Effect::fresh || op.multiple || !node.target.starts_with("aten.") || isRandom(node.target)) return false;
  const auto name = operatorName(node.target);
  static constexpr const char* kNames[] = {"zeros", "ones", "full", "empty", "empty_strided", "zeros_like", "ones_like", "full_like", "empty_like",
                                           "new_zeros", "new_ones", "new_full", "new_empty", "new_empty_strided"};
  return std::any_of(std::begin(kNames), std::end(kNames), [&](const char* known) { return name == known; });
}

class Search {
 public:
  Search(const InPlace& decisions, const Refusal& refusal, int& analyses)
      : decisions_(decisions), storage_(decisions.storage()), graph_(storage_.graph()), refusal_(refusal), moves_(storage_), analyses_(analyses) {
    findChain();
  }

  std::optional<Repair> find();

 private:
  /// An edited graph and what the analysis says of it.
  struct Trial {
    explicit Trial(Graph edited) : graph(std::move(edited)), decisions(graph) {}
    Graph graph;
    InPlace decisions;
  };

  void findChain();
  std::optional<Repair> offered(Repair repair);
  std::unique_ptr<Trial> tried(const Repair& repair);
  bool accept(const Trial& trial, Repair& repair) const;
  std::optional<Repair> hoistReaders(NodeId before, std::vector<NodeId> readers);
  std::optional<Repair> hoistBeforeCopy();
  std::optional<Repair> splitFactory();
  std::optional<Repair> cloneReadLater();
  std::optional<Repair> cloneOperand();
  std::optional<Repair> cloneResult();
  std::vector<graph::ir::Guard> guards(const Storage::Assumed& inputs) const;
  NodeId baseOwner() const { return storage_.owner(firstOperand(graph_.node(refusal_.node))); }

  const InPlace& decisions_;
  const Storage& storage_;
  const Graph& graph_;
  const Refusal& refusal_;
  RepairMoves moves_;
  int& analyses_;
  std::vector<NodeId> chain_;   // the refused update and those inside its source that write into the same storage, outermost first
};

/// A refusal names the outermost update of a chain; the others were left for the same reason.
void Search::findChain() {
  const NodeId owner = baseOwner();
  for (NodeId id = refusal_.node; id && !has(chain_, id);) {
    const auto& op = storage_.operatorOf(id);
    const NodeId base = firstOperand(graph_.node(id));
    if (op.twin.empty() || !base || storage_.owner(base) != owner) break;
    chain_.push_back(id);
    const auto source = operand(graph_.node(id), 1);
    id = op.view.empty() || source.size() != 1 ? NodeId{} : storage_.owner(source[0]);
  }
}

std::vector<graph::ir::Guard> Search::guards(const Storage::Assumed& inputs) const {
  std::vector<graph::ir::Guard> all;
  for (const NodeId input : inputs) {
    all.push_back({graph::ir::Guard::Kind::strides, graph_.node(input).name, "", ""});
    all.back().strides = *graph_.node(input).tensor()->stride;
  }
  return all;
}

std::unique_ptr<Search::Trial> Search::tried(const Repair& repair) {
  if (analyses_ <= 0) return nullptr;
  --analyses_;
  return std::make_unique<Trial>(repaired(graph_, repair));
}

bool Search::accept(const Trial& trial, Repair& repair) const {
  if (!trial.decisions.chainOf(refusal_.node)) return false;
  Expr gain(0);
  for (const auto& chain : decisions_.chains()) {
    for (const auto& update : chain.updates)
      if (!trial.decisions.chainOf(update.node)) return false;
    for (const NodeId copy : chain.copies)
      if (!trial.decisions.chainOf(copy)) return false;
    gain = gain - chain.bytesSaved;
  }
  for (const auto& chain : trial.decisions.chains()) gain = gain + chain.bytesSaved;
  Operators operators;
  for (uint32_t id = graph_.idLimit(); id < trial.graph.idLimit(); ++id)
    if (trial.graph.contains(NodeId{id}))
      if (const auto bytes = copiedBytes(trial.graph, NodeId{id}, operators.of(trial.graph.node(NodeId{id})))) gain = gain - *bytes;
  // Good for comparing: with the numbers that the graph hints at for its symbols.
  std::set<std::string> symbols;
  gain.collectSymbols(symbols);
  graph::ir::Binding binding;
  for (const auto& name : symbols) {
    const auto it = graph_.symbolTable().find(name);
    binding[name] = it != graph_.symbolTable().end() && it->second.hint ? *it->second.hint : 64;
  }
  if (gain.evaluate(binding).value_or(0) <= 0) return false;
  repair.bytes = gain;
  return true;
}

std::optional<Repair> Search::offered(Repair repair) {
  const auto trial = tried(repair);
  if (!trial || !accept(*trial, repair)) return std::nullopt;
  return repair;
}

/// Moves the readers in the way, and those that are then found to be.
std::optional<Repair> Search::hoistReaders(NodeId before, std::vector<NodeId> readers) {
  std::set<NodeId> moved;
  std::vector<NodeId> named;
  for (int round = 0; round < kRounds && !readers.empty(); ++round) {
    for (const NodeId reader : readers) {
      if (!moves_.collect(reader, before, moved)) return std::nullopt;
      named.push_back(reader);
    }
    Repair repair{"move " + listOf(graph_, named) + " before " + graph_.node(before).name, "hoist_readers", {}, moves_.ordered(moved), before, {}, {}, {}};
    if (repair.move.empty()) return std::nullopt;
    const auto trial = tried(repair);
    if (!trial) return std::nullopt;
    if (accept(*trial, repair)) return repair;
    const Refusal* left = trial->decisions.refusalOf(refusal_.node);
    if (!left || left->rule != refusal_.rule) return std::nullopt;
    readers.clear();
    for (const NodeId blocker : left->blockers)
      if (!moved.count(blocker) && graph_.before(before, blocker)) readers.push_back(blocker);
  }
  return std::nullopt;
}

/// Readers of the result go before the copy_ that writes something else into the buffer.
std::optional<Repair> Search::hoistBeforeCopy() {
  NodeId copy;
  std::vector<NodeId> readers;
  for (const NodeId id : refusal_.blockers) {
    if (storage_.operatorOf(id).effect != Effect::mutation) readers.push_back(id);
    else if (!copy || graph_.before(id, copy)) copy = id;
  }
  return copy ? hoistReaders(copy, readers) : std::nullopt;
}

/// A factory that two updates start from is called once more, for the refused chain alone (pytorch 132865).
std::optional<Repair> Search::splitFactory() {
  const NodeId factory = baseOwner();
  if (!factory || !isFactory(storage_, factory)) return std::nullopt;
  // Who of the chain begins at the factory, directly or through views of its own.
  std::set<NodeId> own(chain_.begin(), chain_.end());
  auto aliases = storage_.aliases(factory);
  std::sort(aliases.begin(), aliases.end(), [&](NodeId a, NodeId b) { return graph_.before(b, a); });
  for (const NodeId view : aliases) {
    const auto& users = graph_.users(view);
    if (view != factory && !users.empty() && storage_.operatorOf(view).effect == Effect::view && std::all_of(users.begin(), users.end(), [&](NodeId u) { return own.count(u) > 0; }))
      own.insert(view);
  }
  const std::string name(operatorName(graph_.node(factory).target));
  const char* article = name.starts_with("e") ? " an " : " a ";   // empty; "a ones"
  Repair repair{"give " + graph_.node(refusal_.node).name + article + name + " of its own", "split_factory", {}, {}, {}, factory, {}, {}};
  for (const NodeId user : graph_.users(factory))
    if (own.count(user)) repair.users.push_back(user);
  if (repair.users.empty() || repair.users.size() == graph_.users(factory).size()) return std::nullopt;
  std::sort(repair.users.begin(), repair.users.end(), [&](NodeId a, NodeId b) { return graph_.before(a, b); });
  repair.before = repair.users.front();
  return offered(std::move(repair));
}

/// What late readers read is small: they read a clone that is made before the write.
std::optional<Repair> Search::cloneReadLater() {
  const NodeId before = chain_.back();
  NodeId value;
  for (const NodeId reader : refusal_.blockers)
    for (const NodeId read : moves_.readsOf(reader, baseOwner())) {
      if (value && value != read) return std::nullopt;
      value = read;
    }
  std::set<NodeId> moved;
  Storage::Assumed assumed;
  if (!value || !moves_.collectView(value, before, moved)) return std::nullopt;
  for (const NodeId reader : refusal_.blockers)
    if (!moves_.mayReadClone(reader, value, before, assumed)) return std::nullopt;
  return offered({"clone " + graph_.node(value).name + " before " + graph_.node(before).name + ", for " + listOf(graph_, refusal_.blockers),
                  "clone_operand", {}, moves_.ordered(moved), before, value, refusal_.blockers, guards(assumed)});
}

/// The source, values or indices show what the update writes: a clone of them is read instead.
std::optional<Repair> Search::cloneOperand() {
  for (const NodeId update : chain_)
    for (const NodeId value : refusal_.blockers) {
      bool reads = false;
      for (size_t i = 1; i < graph_.node(update).args.size() + graph_.node(update).kwargs.size() && !reads; ++i) reads = has(operand(graph_.node(update), i), value);
      if (!reads) continue;
      return offered({"clone " + graph_.node(value).name + " before " + graph_.node(update).name + ", instead of " + graph_.node(firstOperand(graph_.node(update))).name,
                      "clone_operand", {}, {}, update, value, {update}, {}});
    }
  return std::nullopt;
}

/// The caller gets a clone, so that the update may use the memory that it would otherwise share or overwrite (pytorch 195451).
std::optional<Repair> Search::cloneResult() {
  const NodeId output = graph_.output();
  if (!output) return std::nullopt;
  NodeId value;
  bool several = false;
  graph_.node(output).forEachInput([&](NodeId id) {
    if (!storage_.location(id) || id == value) return;
    const NodeId owner = storage_.owner(id);
    if (!has(chain_, owner) && (owner != baseOwner() || storage_.operatorOf(owner).effect != Effect::update)) return;
    several |= static_cast<bool>(value);   // two that share memory must go on sharing it
    value = id;
  });
  Storage::Assumed assumed;
  if (!value || several || !storage_.rowMajor(value, &assumed)) return std::nullopt;   // of anything else a clone may have other strides
  // Right behind it, so that what follows may overwrite it; behind everything when it is written as printed.
  const NodeId before = moves_.isWritten(value) ? output : graph_.next(value);
  return offered({"return a clone of " + graph_.node(value).name, "clone_operand", {}, {}, before, value, {output}, guards(assumed)});
}

std::optional<Repair> Search::find() {
  if (chain_.empty()) return std::nullopt;
  if (refusal_.rule == Rule::overlappingOperand) return cloneOperand();
  if (graph_.output() && has(refusal_.blockers, graph_.output()))
    if (auto repair = cloneResult()) return repair;
  if (refusal_.rule == Rule::copyWritesOtherValue) return hoistBeforeCopy();
  if (auto repair = hoistReaders(chain_.back(), refusal_.blockers)) return repair;   // whether they meet the write or only may
  if (refusal_.rule != Rule::oldValueReadLater) return std::nullopt;
  if (auto repair = splitFactory()) return repair;
  return cloneReadLater();
}

/// `with` takes the place of `value` in a user's arguments, except as the base of an update that is to read a clone.
Node replaced(const Graph& graph, const Repair& repair, NodeId user, NodeId with) {
  Node node = graph.node(user);
  Operators operators;
  const bool keepsBase = repair.rewrite == "clone_operand" && operators.of(node).effect == Effect::update;
  const auto map = [&](NodeId id) { return id == repair.value ? with : id; };
  for (size_t i = keepsBase ? 1 : 0; i < node.args.size(); ++i) node.args[i] = node.args[i].mapNodes(map);
  for (auto& [name, argument] : node.kwargs)
    if (!keepsBase || name != "self") argument = argument.mapNodes(map);
  return node;
}

/// A clone has the strides of what lies dense in its memory, of anything else others.
bool keepsStrides(const graph::ir::TensorMeta& tensor) {
  const auto density = graph::ir::densityOf(tensor.shape, *tensor.stride);
  return density == graph::ir::Density::contiguous || density == graph::ir::Density::dense;
}

}  // namespace

std::optional<Repair> findRepair(const InPlace& decisions, const Refusal& refusal, int& analyses) {
  static constexpr Rule kFit[] = {Rule::oldValueReadLater, Rule::overlappingOperand, Rule::copyWritesOtherValue, Rule::resultEscapes,
                                   Rule::sizeUnproven, Rule::aliasDependsOnSize};
  const bool fits = std::find(std::begin(kFit), std::end(kFit), refusal.rule) != std::end(kFit);
  return fits && analyses > 0 ? Search(decisions, refusal, analyses).find() : std::nullopt;
}

Graph repaired(Graph graph, const Repair& repair) {
  for (const NodeId id : repair.move) graph.moveBefore(id, repair.before);
  if (!repair.value) return graph;
  Node node = graph.node(repair.value);
  if (repair.rewrite == "clone_operand") {
    node.op = graph::ir::Op::call_function;
    node.target = "aten.clone.default";
    node.args = {Argument(repair.value)};
    node.kwargs.clear();
    if (auto* tensor = std::get_if<graph::ir::TensorMeta>(&node.meta)) {
      tensor->wrapper.clear();
      if (tensor->stride && !keepsStrides(*tensor)) tensor->stride.reset();
    }
  }
  node.line = 0;
  node.name = graph.uniqueName(repair.rewrite == "clone_operand" ? "clone" : graph.node(repair.value).name);
  const NodeId made = graph.insertBefore(repair.before, std::move(node));
  for (const NodeId user : repair.users) graph.replace(user, replaced(graph, repair, user, made));
  for (const auto& guard : repair.guards) graph.addGuard(guard);
  return graph;
}

}  // namespace rewrites
