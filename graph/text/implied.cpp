#include "graph/text/implied.h"

#include <string_view>

#include "graph/ir/schema.h"

namespace graph::text {
namespace {

using ir::Expr;
using ir::Node;
using ir::NodeId;
using ir::TensorMeta;

std::string_view operatorName(std::string_view target) {
  if (!target.starts_with("aten.")) return {};
  target.remove_prefix(5);
  return target.substr(0, target.find('.'));
}

/// Operators whose result has the dtype and shape of their first operand, whatever the others are.
bool keepsFirst(std::string_view name) {
  for (const std::string_view known : {"slice_scatter", "select_scatter", "diagonal_scatter", "as_strided_scatter", "index_put", "index_put_", "index_copy",
                                       "index_add", "scatter", "scatter_add", "masked_scatter", "put", "copy_", "clone", "alias", "detach"})
    if (name == known) return true;
  return false;
}

/// A single symbol: `s0`, not `s0 + 1` or 4.
bool isSymbol(const Expr& e) {
  std::set<std::string> symbols;
  e.collectSymbols(symbols);
  return symbols.size() == 1 && e == Expr::symbol(*symbols.begin());
}

class Implied {
 public:
  explicit Implied(ir::Graph& graph) : graph_(graph) {}

  void run() {
    for (const NodeId id : graph_) tensors(graph_.node(id));
    for (const NodeId id : graph_) sizes(graph_.node(id));   // after the tensors: a slice's base tells whether it was clamped
  }

 private:
  bool unknown(NodeId id) const { return id && graph_.node(id).op == ir::Op::placeholder && std::holds_alternative<std::monostate>(graph_.node(id).meta); }

  void annotate(NodeId id, ir::Meta meta) {
    Node node = graph_.node(id);
    node.meta = std::move(meta);
    graph_.replace(id, std::move(node));
  }

  void tensors(const Node& node) {
    if (!node.tensor() || node.args.empty() || !keepsFirst(operatorName(node.target)) || !unknown(node.args[0].node())) return;
    TensorMeta meta = *node.tensor();
    meta.stride.reset();   // the operand may lie otherwise
    annotate(node.args[0].node(), std::move(meta));
  }

  void sizes(const Node& node) {
    if (!node.tensor()) return;
    const auto name = operatorName(node.target);
    const std::vector<Expr> shape = node.tensor()->shape;
    if (name == "view" || name == "expand" || name == "reshape" || name == "_unsafe_view") {
      const auto* list = node.args.size() > 1 ? node.args[1].as<ir::List>() : nullptr;
      if (!list || list->items.size() != shape.size()) return;
      for (size_t d = 0; d < shape.size(); ++d)
        if (unknown(list->items[d].node()) && !shape[d].asConstant()) annotate(list->items[d].node(), ir::SymMeta{shape[d]});
      return;
    }
    if (name == "slice") slice(node, shape);
  }

  void slice(const Node& node, const std::vector<Expr>& shape) {
    const auto* dim = ir::argumentByName(node, "dim");
    const auto* start = ir::argumentByName(node, "start");
    const auto* end = ir::argumentByName(node, "end");
    const auto* step = ir::argumentByName(node, "step");
    const auto* d = dim ? dim->as<int64_t>() : nullptr;
    if (!d || *d < 0 || static_cast<size_t>(*d) >= shape.size() || !end || !unknown(end->node())) return;
    const auto *from = start ? start->as<int64_t>() : nullptr, *by = step ? step->as<int64_t>() : nullptr;
    if ((!start || start->isNone() || (from && *from == 0)) && (!by || *by == 1)) {
      const NodeId base = node.args.empty() ? NodeId{} : node.args[0].node();
      const auto* whole = base ? graph_.node(base).tensor() : nullptr;
      const Expr& size = shape[static_cast<size_t>(*d)];
      if (whole && whole->shape.size() == shape.size() && isSymbol(size) && !(size == whole->shape[static_cast<size_t>(*d)])) annotate(end->node(), ir::SymMeta{size});
    }
  }

  ir::Graph& graph_;
};

}  // namespace

void addImpliedAnnotations(ir::Graph& graph) { Implied(graph).run(); }

}  // namespace graph::text
