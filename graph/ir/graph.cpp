// Reading a graph, copying it, and its guards. Editing is in graph_edit.cpp, order labels in order.cpp.
#include "graph/ir/graph.h"

#include <algorithm>
#include <set>

#include "graph/ir/graph_state.h"

namespace graph::ir {

// --- State --------------------------------------------------------------------------------------------------------------------

void Graph::State::throwDead(NodeId id) const {
  if (!id) throw DeadNode("no node was given (id 0) in graph '" + name + "'");
  if (id.value >= slots.size() || !slots[id.value].node) {
    throw DeadNode("graph '" + name + "' has no node with id " + std::to_string(id.value));
  }
  throw DeadNode("node '" + slots[id.value].node->name + "' was erased from graph '" + name + "'");
}

NodeId Graph::State::find(std::string_view wanted) const {
  return names.find(wanted, [&](NodeId id) { return slots[id.value].live && slots[id.value].node->name == wanted; });
}

bool Graph::State::everNamed(std::string_view wanted) const {
  return bool(names.find(wanted, [&](NodeId id) { return slots[id.value].node->name == wanted; }));
}

// --- whole graphs ---------------------------------------------------------------------------------------------------------------

Graph::Graph(std::string name) : state_(std::make_unique<State>()) {
  state_->name = std::move(name);
  state_->slots.grow();  // id 0 is no node
}
Graph::Graph(const Graph& other) : state_(other.state_ ? std::make_unique<State>(*other.state_) : nullptr) {}
Graph::Graph(Graph&& other) noexcept : state_(std::move(other.state_)) {
  if (state_) state_->giveUpChunks();
}
Graph& Graph::operator=(const Graph& other) {
  if (this != &other) *this = Graph(other);
  return *this;
}
Graph& Graph::operator=(Graph&& other) noexcept {
  if (this == &other) return *this;
  state_ = std::move(other.state_);
  if (state_) state_->giveUpChunks();
  return *this;
}
Graph::~Graph() = default;

const std::string& Graph::name() const { return state_->name; }
void Graph::setName(std::string name) { state_->name = std::move(name); }

// --- reading --------------------------------------------------------------------------------------------------------------------

size_t Graph::size() const { return state_->live; }
bool Graph::contains(NodeId id) const { return state_->contains(id); }
const Node& Graph::node(NodeId id) const { return *state_->slot(id).node; }
std::shared_ptr<const Node> Graph::share(NodeId id) const { return state_->slot(id).node; }
NodeId Graph::first() const { return state_->first; }
NodeId Graph::last() const { return state_->last; }
NodeId Graph::next(NodeId id) const { return state_->slot(id).next; }
NodeId Graph::prev(NodeId id) const { return state_->slot(id).prev; }
bool Graph::before(NodeId a, NodeId b) const { return state_->slot(a).order < state_->slot(b).order; }
uint64_t Graph::orderLabel(NodeId id) const { return state_->slot(id).order; }
NodeId Graph::find(std::string_view name) const { return state_->find(name); }
const std::vector<NodeId>& Graph::users(NodeId id) const { return state_->slot(id).users; }
uint32_t Graph::idLimit() const { return static_cast<uint32_t>(state_->slots.size()); }

std::vector<NodeId> Graph::placeholders() const {
  std::vector<NodeId> found;
  found.reserve(state_->placeholders);
  for (NodeId id = first(); id && found.size() < state_->placeholders; id = next(id)) {
    if (node(id).op == Op::placeholder) found.push_back(id);
  }
  return found;
}

NodeId Graph::output() const {
  if (state_->outputs == 0) return {};
  for (NodeId id = last(); id; id = prev(id)) {
    if (node(id).op == Op::output) return id;
  }
  return {};
}

std::vector<std::string> Graph::symbols() const {
  std::set<std::string> names;
  for (NodeId id : *this) {
    const Node& n = node(id);
    if (const TensorMeta* tensor = n.tensor()) {
      for (const Expr& size : tensor->shape) size.collectSymbols(names);
      if (tensor->stride) {
        for (const Expr& stride : *tensor->stride) stride.collectSymbols(names);
      }
    } else if (const SymMeta* sym = n.sym()) {
      sym->value.collectSymbols(names);
    }
  }
  return {names.begin(), names.end()};
}

const std::map<std::string, std::shared_ptr<const Graph>>& Graph::subgraphs() const { return state_->subgraphs; }
const std::vector<Guard>& Graph::guards() const { return state_->guards; }
bool Graph::isCut() const { return state_->isCut; }

void Graph::forEachDifference(const Graph& other, const std::function<void(NodeId)>& visit) const {
  const auto& mine = state_->slots;
  const auto& theirs = other.state_->slots;
  constexpr size_t perChunk = std::remove_cvref_t<decltype(mine)>::itemsPerChunk;
  const size_t limit = std::max(mine.size(), theirs.size());
  for (size_t chunk = 0; chunk * perChunk < limit; ++chunk) {
    if (mine.sharesChunk(theirs, chunk)) continue;
    for (size_t i = chunk * perChunk; i < std::min(limit, (chunk + 1) * perChunk); ++i) {
      const NodeId id{static_cast<uint32_t>(i)};
      const bool here = state_->contains(id), there = other.state_->contains(id);
      if (here != there || (here && (mine[i].node != theirs[i].node || mine[i].order != theirs[i].order))) visit(id);
    }
  }
}

Graph::Sharing Graph::sharingWith(const Graph& other) const {
  return {state_->slots.chunks(), state_->slots.sharedChunks(other.state_->slots), state_->names.table().chunks(),
          state_->names.table().sharedChunks(other.state_->names.table())};
}

}  // namespace graph::ir
