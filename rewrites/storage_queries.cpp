// The questions that scripts and panels ask of a Storage: readers, writers, windows.
#include "graph/ir/schema.h"
#include "rewrites/accesses.h"
#include "rewrites/operators.h"
#include "rewrites/storage.h"
#include "rewrites/views.h"

namespace rewrites {

using graph::ir::Argument;
using graph::ir::Expr;
using graph::ir::NodeId;

namespace {

/// The arguments of the view that a scatter writes through: those of the scatter, by the same names.
class ScatterArguments : public ViewArguments {
 public:
  explicit ScatterArguments(const graph::ir::Node& node) : node_(node) {}
  const Argument* get(std::string_view name) const override { return graph::ir::argumentByName(node_, name); }

 private:
  const graph::ir::Node& node_;
};

}  // namespace

std::optional<Location> Storage::scatterView(NodeId scatter) const {
  const auto& node = graph_->node(scatter);
  Operators operators;
  const Operator& op = operators.of(node);
  if (op.effect != Effect::update || op.view.empty()) return std::nullopt;
  const auto source = operand(node, 1);
  const auto* base = location(firstOperand(node));
  if (!base || source.size() != 1) return std::nullopt;
  const auto* t = graph_->node(source[0]).tensor();
  return applyView(*base, op.view, ScatterArguments(node), t ? &t->shape : nullptr, facts_, [this](const Argument& a) { return expression(a); });
}

std::optional<Region> Storage::window(NodeId update) const {
  const auto& node = graph_->node(update);
  Operators operators;
  const Operator& op = operators.of(node);
  if (op.effect != Effect::update && op.effect != Effect::mutation) return std::nullopt;
  if (!op.view.empty()) {
    auto view = scatterView(update);
    return view ? std::optional(view->region) : std::nullopt;
  }
  const auto* base = location(firstOperand(node));
  if (!base) return std::nullopt;
  Region region = base->region;
  if (op.effect == Effect::update ? op.readsOperand0 : !op.covers) region.exact = false;   // the indices decide
  return region;
}

std::vector<NodeId> Storage::readersAfter(NodeId position, NodeId ownerId) const {
  Operators operators;
  std::vector<NodeId> readers;
  for (NodeId id = graph_->next(position); id; id = graph_->next(id)) {
    bool reads = false;
    forEachRead(*this, operators, id, [&](const Read& r) { reads |= owner(r.value) == ownerId; });
    if (reads) readers.push_back(id);
  }
  return readers;
}

std::vector<NodeId> Storage::writers(NodeId ownerId) const {
  Operators operators;
  std::vector<NodeId> writers;
  for (NodeId id : *graph_) {
    bool writes = false;
    forEachWrite(*this, operators, id, [&](const Write& w) { writes |= owner(w.value) == ownerId; });
    if (writes) writers.push_back(id);
  }
  return writers;
}

}  // namespace rewrites
