// Editing a graph. Every edit first checks everything that can be wrong, then changes slots; a refused edit changes nothing.
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "graph/ir/graph.h"
#include "graph/ir/graph_state.h"
#include "graph/ir/words.h"

namespace graph::ir {
namespace {

/// The nodes that a node uses, sorted, each once. Most nodes have few: those need no allocation.
class Inputs {
 public:
  explicit Inputs(const Node& node) {
    node.forEachInput([&](NodeId id) {
      if (count_ < few_.size()) few_[count_] = id;
      else add(id);
      ++count_;
    });
    NodeId* ids = count_ <= few_.size() ? few_.data() : many_.data();
    if (count_ > 1) {
      std::sort(ids, ids + count_);
      count_ = static_cast<size_t>(std::unique(ids, ids + count_) - ids);
    }
    ids_ = ids;
  }
  Inputs(const Inputs&) = delete;
  Inputs& operator=(const Inputs&) = delete;
  const NodeId* begin() const { return ids_; }
  const NodeId* end() const { return ids_ + count_; }

 private:
  void add(NodeId id) {
    if (many_.empty()) many_.assign(few_.begin(), few_.end());
    many_.push_back(id);
  }

  std::array<NodeId, 8> few_;
  std::vector<NodeId> many_;  // all of them, when they are more
  size_t count_ = 0;
  const NodeId* ids_ = nullptr;
};

void insertSorted(std::vector<NodeId>& ids, NodeId id) {
  if (ids.empty() || ids.back() < id) {
    ids.push_back(id);  // the usual case: new nodes have the greatest id
    return;
  }
  const auto at = std::lower_bound(ids.begin(), ids.end(), id);
  if (at == ids.end() || *at != id) ids.insert(at, id);
}

void eraseSorted(std::vector<NodeId>& ids, NodeId id) {
  const auto at = std::lower_bound(ids.begin(), ids.end(), id);
  if (at != ids.end() && *at == id) ids.erase(at);
}

bool uses(const Argument& argument, NodeId id) {
  bool found = false;
  argument.forEachNode([&](NodeId used) { found = found || used == id; });
  return found;
}

/// `node` with every use of `old` made a use of `with`.
Node withUse(const Node& node, NodeId old, NodeId with) {
  const auto map = [&](NodeId id) { return id == old ? with : id; };
  Node changed = node;
  for (Argument& argument : changed.args) {
    if (uses(argument, old)) argument = argument.mapNodes(map);
  }
  for (auto& [key, argument] : changed.kwargs) {
    if (uses(argument, old)) argument = argument.mapNodes(map);
  }
  return changed;
}

}  // namespace

/// The edits' common steps, so that the public functions read as what they check and what they change.
struct Graph::Editor {
  State& state;

  void checkName(const std::string& name, NodeId mayBe = {}) const {
    if (name.empty()) throw std::invalid_argument("a node needs a name (graph '" + state.name + "')");
    const NodeId holder = state.find(name);
    if (holder && holder != mayBe) {
      throw std::invalid_argument("graph '" + state.name + "' already has a node named '" + name + "'");
    }
  }
  void checkInputs(const Node& node, const Inputs& inputs) const {
    for (NodeId input : inputs) {
      if (state.contains(input)) continue;
      try {
        state.throwDead(input);
      } catch (const DeadNode& dead) {
        throw DeadNode("argument of '" + node.name + "' (" + node.target + "): " + dead.what());
      }
    }
  }
  void count(Op op, int by) {
    if (op == Op::placeholder) state.placeholders += by;
    if (op == Op::output) state.outputs += by;
  }
  void addUser(const Inputs& inputs, NodeId user) {
    for (NodeId input : inputs) insertSorted(state.slots.write(input.value).users, user);
  }
  void removeUser(const Inputs& inputs, NodeId user) {
    for (NodeId input : inputs) eraseSorted(state.slots.write(input.value).users, user);
  }
  NodeId insert(Node&& node, NodeId next) {
    checkName(node.name);
    const Inputs inputs(node);
    checkInputs(node, inputs);
    if (state.slots.size() >= std::numeric_limits<uint32_t>::max()) throw std::length_error("graph '" + state.name + "' is full");
    const NodeId id{static_cast<uint32_t>(state.slots.size())};
    auto shared = std::make_shared<const Node>(std::move(node));
    state.names.add(shared->name, id);
    count(shared->op, 1);
    state.restate(nullptr, shared.get());
    state.slots.grow().node = std::move(shared);
    state.link(id, next);
    ++state.live;
    addUser(inputs, id);
    return id;
  }
};

NodeId Graph::append(Node node) { return Editor{*state_}.insert(std::move(node), NodeId{}); }

NodeId Graph::insertBefore(NodeId where, Node node) {
  state_->slot(where);
  return Editor{*state_}.insert(std::move(node), where);
}

NodeId Graph::insertAfter(NodeId where, Node node) { return Editor{*state_}.insert(std::move(node), state_->slot(where).next); }

void Graph::replace(NodeId id, Node node) {
  Editor editor{*state_};
  const std::shared_ptr<const Node> old = state_->slot(id).node;
  editor.checkName(node.name, id);
  const Inputs inputs(node);
  editor.checkInputs(node, inputs);
  auto shared = std::make_shared<const Node>(std::move(node));
  if (shared->name != old->name) state_->names.add(shared->name, id);
  editor.count(old->op, -1);
  editor.count(shared->op, 1);
  editor.removeUser(Inputs(*old), id);
  state_->restate(old.get(), shared.get());
  state_->slots.write(id.value).node = std::move(shared);
  editor.addUser(inputs, id);
}

void Graph::replaceAllUses(NodeId old, NodeId with) {
  state_->slot(with);
  const std::vector<NodeId> users = state_->slot(old).users;
  if (old == with) return;
  std::vector<NodeId> moved, kept;
  for (NodeId user : users) {
    if (user == with) {
      kept.push_back(user);
      continue;
    }
    auto changed = std::make_shared<const Node>(withUse(*state_->slots[user.value].node, old, with));
    state_->slots.write(user.value).node = std::move(changed);
    moved.push_back(user);
  }
  if (moved.empty()) return;
  state_->slots.write(old.value).users = std::move(kept);
  std::vector<NodeId>& into = state_->slots.write(with.value).users;
  std::vector<NodeId> merged;
  merged.reserve(into.size() + moved.size());
  std::set_union(into.begin(), into.end(), moved.begin(), moved.end(), std::back_inserter(merged));
  into = std::move(merged);
}

void Graph::erase(NodeId id) {
  const Slot& slot = state_->slot(id);
  if (!slot.users.empty()) {
    const Node& user = node(slot.users.front());
    std::string message = "cannot erase '" + slot.node->name + "': '" + user.name + "' (" + user.target + ") uses it";
    if (slot.users.size() > 1) message += ", and " + std::to_string(slot.users.size() - 1) + " more";
    throw std::invalid_argument(message);
  }
  Editor editor{*state_};
  const std::shared_ptr<const Node> old = slot.node;
  state_->unlink(id);
  state_->slots.write(id.value).live = false;
  --state_->live;
  editor.count(old->op, -1);
  editor.removeUser(Inputs(*old), id);
  state_->restate(old.get(), nullptr);
}

void Graph::moveBefore(NodeId id, NodeId where) {
  state_->slot(where);
  if (id == where || state_->slot(id).next == where) return;
  state_->unlink(id);
  state_->link(id, where);
}

std::string Graph::uniqueName(std::string_view base) const {
  std::string stem;
  for (char c : base) stem += std::isalnum(static_cast<unsigned char>(c)) || c == '_' || static_cast<unsigned char>(c) >= 0x80 ? c : '_';
  if (stem.empty()) stem = "_unnamed";
  if (stem[0] >= '0' && stem[0] <= '9') stem.insert(stem.begin(), '_');
  if (!isReservedName(stem) && !state_->everNamed(stem)) return stem;

  uint64_t start = 0;  // `add_3` counts on from 3
  const size_t underscore = stem.find_last_not_of("0123456789");
  if (underscore != std::string::npos && underscore > 0 && underscore + 1 < stem.size() && stem[underscore] == '_') {
    const auto [end, error] = std::from_chars(stem.data() + underscore + 1, stem.data() + stem.size(), start);
    if (error == std::errc() && start < (uint64_t{1} << 62)) {
      stem.resize(underscore);
    } else {
      start = 0;
    }
  }
  const auto numbered = [&](uint64_t number) { return stem + "_" + std::to_string(number); };
  // Gallop to a free number, then halve down to one whose predecessor is taken: numbers without holes give the first free one.
  uint64_t taken = start, free = start + 1;
  for (uint64_t step = 1; state_->everNamed(numbered(free)); step *= 2) {
    taken = free;
    free += step;
  }
  while (free - taken > 1) {
    const uint64_t middle = taken + (free - taken) / 2;
    (state_->everNamed(numbered(middle)) ? taken : free) = middle;
  }
  return numbered(free);
}

void Graph::setSubgraph(const std::string& name, std::shared_ptr<const Graph> graph) {
  if (!graph) throw std::invalid_argument("subgraph '" + name + "' of graph '" + state_->name + "' is missing");
  state_->subgraphs[name] = std::move(graph);
}

void Graph::setCut(bool isCut) { state_->isCut = isCut; }

bool GuardIndex::contains(const std::vector<Guard>& guards, const Guard& guard) {
  const auto hashOf = [](const Guard& g) {   // strides are left out: few guards differ in them alone
    const std::hash<std::string> hash;
    return ((static_cast<size_t>(g.kind) * 31 + hash(g.first)) * 31 + hash(g.second)) * 31 + hash(g.condition);
  };
  for (; known_ < guards.size(); ++known_) byHash_.emplace(hashOf(guards[known_]), known_);
  const auto [begin, end] = byHash_.equal_range(hashOf(guard));
  return std::any_of(begin, end, [&](const auto& entry) { return guards[entry.second] == guard; });
}

void Graph::addGuard(Guard guard) {
  if (!state_->guardIndex.contains(state_->guards, guard)) state_->guards.push_back(std::move(guard));
}

void Graph::eraseSubgraph(const std::string& name) { state_->subgraphs.erase(name); }

void Graph::setGuards(std::vector<Guard> guards) {
  state_->guards = std::move(guards);
  state_->guardIndex.clear();
}

}  // namespace graph::ir
