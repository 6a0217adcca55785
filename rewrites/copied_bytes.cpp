// Bytes written that only move existing elements, from the annotations.
#include "graph/ir/schema.h"
#include "rewrites/operators.h"
#include "rewrites/storage.h"

namespace rewrites {
namespace {

using graph::ir::Expr;
using graph::ir::Graph;
using graph::ir::List;
using graph::ir::Node;
using graph::ir::NodeId;
using graph::ir::TensorMeta;

Expr elements(const std::vector<Expr>& shape) {
  Expr n(1);
  for (const auto& size : shape) n = n * size;
  return n;
}

const TensorMeta* tensorOf(const Graph& graph, NodeId id) { return id ? graph.node(id).tensor() : nullptr; }

/// The name of an aten operator; empty for any other.
std::string_view atenName(std::string_view target) { return target.starts_with("aten.") ? operatorName(target) : std::string_view{}; }

/// Elements that index_put addresses: the broadcast of its index tensors times the dimensions that it does not index.
std::optional<Expr> indexed(const Graph& graph, const Node& node, const TensorMeta& base) {
  const auto* indices = graph::ir::argumentByName(node, "indices");
  const auto* list = indices ? indices->as<List>() : nullptr;
  if (!list) return std::nullopt;
  std::vector<Expr> broadcast;
  Expr rest(1);
  for (size_t d = 0; d < base.shape.size(); ++d) {
    const NodeId index = d < list->items.size() ? list->items[d].node() : NodeId{};
    if (!index) { rest = rest * base.shape[d]; continue; }
    const auto* t = tensorOf(graph, index);
    if (!t || t->dtype == graph::ir::DType::b8) return std::nullopt;   // a mask: the data decide
    if (t->shape.size() > broadcast.size()) broadcast.insert(broadcast.begin(), t->shape.size() - broadcast.size(), Expr(1));
    const size_t shift = broadcast.size() - t->shape.size();
    for (size_t i = 0; i < t->shape.size(); ++i)
      if (broadcast[i + shift] == Expr(1)) broadcast[i + shift] = t->shape[i];
  }
  return elements(broadcast) * rest;
}

/// Elements in the window of a functional update; all of the base when the operator may write any of it.
std::optional<Expr> windowElements(const Graph& graph, const Node& node, const TensorMeta& base, const Operator& op) {
  if (!op.view.empty()) {
    const auto source = operand(node, 1);
    const auto* t = source.size() == 1 ? tensorOf(graph, source[0]) : nullptr;
    return t ? std::optional(elements(t->shape)) : std::nullopt;
  }
  const auto name = atenName(node.target);
  if (name == "index_put" || name == "_unsafe_index_put") return indexed(graph, node, base);
  const size_t source = name == "index_copy" || name == "index_add" ? 3 : name == "scatter" || name == "scatter_add" || name == "scatter_reduce" ? 2 : SIZE_MAX;
  if (source != SIZE_MAX) {
    const auto nodes = operand(node, source);
    const auto* t = nodes.size() == 1 ? tensorOf(graph, nodes[0]) : nullptr;
    return t ? std::optional(elements(t->shape)) : std::nullopt;
  }
  return name == "copy" ? std::optional(elements(base.shape)) : std::nullopt;
}

}  // namespace

std::optional<Expr> copiedBytes(const Graph& graph, NodeId id, const Operator& op, std::string* kind) {
  const Node& node = graph.node(id);
  if (node.op != graph::ir::Op::call_function) return std::nullopt;
  const auto name = atenName(node.target);
  if (name.empty()) return std::nullopt;
  const auto* result = node.tensor();
  const auto* base = tensorOf(graph, firstOperand(node));
  const auto say = [&](const char* what) { if (kind) *kind = what; };
  if (name == "copy_") {
    say("copy_");
    if (!base) return std::nullopt;
    return elements(base->shape) * Expr(graph::ir::itemSize(base->dtype));
  }
  if (name == "clone" || name == "contiguous" || op.forward == Forward::view) {
    if (name == "contiguous" && base && result && base->stride && result->stride && *base->stride == *result->stride) return std::nullopt;   // moves nothing
    say("clone");
    if (!result) return std::nullopt;
    return elements(result->shape) * Expr(graph::ir::itemSize(result->dtype));
  }
  if (op.effect != Effect::update || name.starts_with("masked_")) return std::nullopt;   // a mask's window is the whole base
  say("update");
  if (!base) return std::nullopt;
  const auto window = windowElements(graph, node, *base, op);
  if (!window) return std::nullopt;
  return (elements(base->shape) - *window) * Expr(graph::ir::itemSize(base->dtype));
}

CopiedBytes copiedBytes(const Graph& graph, const graph::ir::Binding& binding) {
  std::optional<int64_t> update = 0, copy = 0, clone = 0;
  Operators operators;
  for (NodeId id : graph) {
    std::string kind;
    const auto bytes = copiedBytes(graph, id, operators.of(graph.node(id)), &kind);
    if (kind.empty()) continue;
    auto& sum = kind == "update" ? update : kind == "copy_" ? copy : clone;
    const auto value = bytes ? bytes->evaluate(binding) : std::nullopt;
    if (sum && value) *sum += std::max<int64_t>(*value, 0);
    else sum.reset();
  }
  return {update, copy, clone};
}

}  // namespace rewrites
