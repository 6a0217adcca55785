// The questions that scripts and panels ask of a Storage: readers, writers, windows.
#include "graph/ir/schema.h"
#include "rewrites/accesses.h"
#include "rewrites/operators.h"
#include "rewrites/storage.h"

namespace rewrites {

using graph::ir::Argument;
using graph::ir::Expr;
using graph::ir::NodeId;

std::optional<Location> Storage::scatterView(NodeId scatter) const {
  const auto& node = graph_->node(scatter);
  const Operator& op = operatorOf(scatter);
  if (op.effect != Effect::update || op.view.empty()) return std::nullopt;
  const auto source = operand(node, 1);
  const auto* base = location(firstOperand(node));
  if (!base || source.size() != 1) return std::nullopt;
  const auto* t = graph_->node(source[0]).tensor();
  return view(*base, op.view, node, t ? &t->shape : nullptr);
}

std::optional<Region> Storage::window(NodeId update) const {
  const auto& node = graph_->node(update);
  const Operator& op = operatorOf(update);
  if (op.effect != Effect::update && op.effect != Effect::mutation) return std::nullopt;
  if (op.effect == Effect::update && !op.view.empty()) {
    auto view = scatterView(update);
    return view ? std::optional(view->region) : std::nullopt;
  }
  const auto* base = location(firstOperand(node));
  if (!base) return std::nullopt;
  Region region = base->region;
  if (op.effect == Effect::update ? op.readsOperand0 : op.effect == Effect::mutation && !op.covers) region.partial = true;   // the indices decide
  return region;
}

namespace {

bool isContiguous(const graph::ir::TensorMeta& t) {
  Expr expected(1);
  for (size_t d = t.shape.size(); d-- > 0;) {
    if (t.shape[d].asConstant() != 1 && !((*t.stride)[d] == expected)) return false;
    expected = expected * t.shape[d];
  }
  return true;
}

}  // namespace

/// Whether a node's result lies row by row from its start: by its operator, because its operands do, or because an input whose strides are stated
/// so is checked to.
bool Storage::liesRowMajor(NodeId id, Assumed* assumed) const {
  auto& known = rowMajor_[assumed ? 1 : 0];
  known.resize(operators_.size());
  if (known[id.value] == 0) {
    known[id.value] = 1;   // no
    Assumed mine;
    if (provesRowMajor(id, assumed ? &mine : nullptr)) {
      known[id.value] = 2;
      if (!mine.empty()) assumedFor_[id] = std::move(mine);
    }
  }
  if (known[id.value] != 2) return false;
  if (!assumed) return true;
  if (const auto it = assumedFor_.find(id); it != assumedFor_.end()) assumed->insert(it->second.begin(), it->second.end());
  return true;
}

bool Storage::provesRowMajor(NodeId id, Assumed* assumed) const {
  const auto& node = graph_->node(id);
  if (makesRowMajor(node)) return true;
  const Operator& op = operatorOf(id);
  const auto* t = node.tensor();
  if (op.effect == Effect::input || op.effect == Effect::constant) {
    if (!assumed || !t || !t->stride || t->stride->size() != t->shape.size() || !isContiguous(*t)) return false;
    assumed->insert(id);
    return true;
  }
  if (!keepsRowMajor(node, op)) return false;
  if (op.effect == Effect::fresh && t && isLine(t->shape)) return true;
  if (op.effect == Effect::update) return rowMajor(firstOperand(node), assumed);   // its strides follow its base alone
  bool all = true;
  node.forEachInput([&](NodeId n) {
    const auto* of = graph_->node(n).tensor();
    if (all && of && !of->shape.empty()) all = rowMajor(n, assumed);
  });
  return all;
}

bool Storage::rowMajor(NodeId value, Assumed* assumed) const {
  const Location* at = location(value);
  if (!at || !at->known || at->sometimesFresh) return false;
  if (at->owner == value) return liesRowMajor(value, assumed);
  const auto map = mapOf(*at);
  return map && map->isRowMajor(facts_) && liesRowMajor(at->owner, assumed);
}

bool Storage::rowOrder(const Location& at, Assumed* assumed) const {
  if (!at.known || at.sometimesFresh || at.selfOverlap) return false;
  const auto map = mapOf(at);
  return map && map->isInRowOrder(facts_) && liesRowMajor(at.owner, assumed);
}

std::vector<NodeId> Storage::readersAfter(NodeId position, NodeId ownerId) const {
  std::vector<NodeId> readers;
  for (NodeId id = graph_->next(position); id; id = graph_->next(id)) {
    bool reads = false;
    forEachRead(*this, id, [&](const Read& r) { reads |= owner(r.value) == ownerId; });
    if (reads) readers.push_back(id);
  }
  return readers;
}

std::vector<NodeId> Storage::writers(NodeId ownerId) const {
  std::vector<NodeId> writers;
  for (NodeId id : *graph_) {
    bool writes = false;
    forEachWrite(*this, id, [&](const Write& w) { writes |= owner(w.value) == ownerId; });
    if (writes) writers.push_back(id);
  }
  return writers;
}

}  // namespace rewrites
