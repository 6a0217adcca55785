// Strides and offset: a decided update's result takes over its base's. Who can tell?
//
// Scatters clone with their base's strides, so their geometry stays. index_put and its like clone with `preserve_format`, which makes a
// view of something larger dense, and index_add, scatter, masked_fill … make a row-major result of any base: then a taint runs from the result through views and operators whose output follows their operand's strides, and
// stops at operators that do not care. Where it meets someone who can tell (view, as_strided, reshape, sym_stride, the caller) the decision falls.
#include <algorithm>
#include <unordered_set>

#include "rewrites/memory_plan.h"

namespace rewrites {

using graph::ir::Expr;
using graph::ir::NodeId;

namespace {

bool oneOf(std::string_view name, std::initializer_list<std::string_view> names) { return std::find(names.begin(), names.end(), name) != names.end(); }

/// Views that work at any strides and pass them on.
bool anyStrides(std::string_view name) {
  return oneOf(name, {"slice", "select", "permute", "transpose", "t", "unsqueeze", "squeeze", "expand", "alias", "detach", "split", "split_with_sizes",
                      "unbind", "diagonal", "chunk", "narrow", "movedim", "swapaxes"});
}

/// Operators whose result and its strides do not depend on their operands' strides.
bool indifferent(std::string_view name) {
  return oneOf(name, {"mm", "bmm", "addmm", "baddbmm", "addbmm", "mv", "dot", "embedding", "_local_scalar_dense", "item", "equal", "is_same_size"});
}

/// Updates that clone with the strides and the offset of their base.
bool keepsLayout(Operators& operators, const graph::ir::Node& node) {
  const Operator& op = operators.of(node);
  return op.effect == Effect::update && (!op.view.empty() || operatorName(node.target) == "copy");
}

/// Updates that keep the order of dimensions of a dense base. The others (index_add, scatter, masked_fill …) make a row-major result.
bool keepsOrder(std::string_view name) { return oneOf(name, {"index_put", "_unsafe_index_put", "index_fill", "put"}); }

/// Operators whose result is row-major whatever they are given.
bool makesRowMajor(const graph::ir::Node& node) {
  return !node.kwarg("memory_format") && oneOf(operatorName(node.target), {"zeros", "ones", "full", "empty", "arange", "rand", "randn", "index_add", "index_copy",
                                                                     "scatter", "scatter_add", "scatter_reduce", "masked_scatter"});
}

bool isContiguous(const std::vector<Expr>& shape, const std::vector<Expr>& stride) {
  Expr expected(1);
  for (size_t d = shape.size(); d-- > 0;) {
    if (shape[d].asConstant() != 1 && !(stride[d] == expected)) return false;
    expected = expected * shape[d];
  }
  return true;
}

}  // namespace

/// Whether a value is all of a result that is dense (or even row-major) as printed. A fresh result of one operator is dense; a scatter's is
/// what its base is.
bool MemoryPlan::isDense(NodeId value, bool rowMajor) {
  for (;;) {
    const Location& at = *storage_.location(value);
    if (!storage_.sameTensor(at, *storage_.location(at.owner))) return false;
    const auto& owner = graph_.node(at.owner);
    const auto effect = operators_.of(owner).effect;
    if ((effect != Effect::fresh && effect != Effect::update) || owner.target.find("strided") != std::string::npos) return false;
    if (!keepsLayout(operators_, owner)) return !rowMajor || makesRowMajor(owner);
    value = firstOperand(owner);
    if (!value || !storage_.location(value)) return false;
  }
}

bool MemoryPlan::keepsGeometry(NodeId update) {
  if (keepsLayout(operators_, graph_.node(update))) return true;
  const NodeId base = firstOperand(graph_.node(update));
  const Location& at = *storage_.location(base);
  if (isDense(base, !keepsOrder(operatorName(graph_.node(update).target)))) return true;
  const auto* t = graph_.node(base).tensor();
  const bool fromStart = std::all_of(at.region.box.begin(), at.region.box.end(), [](const Interval& i) { return i.lo == Expr(0); });
  return t && t->stride && fromStart && isContiguous(t->shape, *t->stride);
}

void MemoryPlan::checkGeometry(const std::vector<NodeId>& owners, std::vector<Conflict>& out) {
  std::vector<std::pair<NodeId, NodeId>> work;   // value with other strides than printed, the update it comes from
  std::unordered_set<NodeId> seen;
  const auto taint = [&](NodeId value, NodeId from) { if (seen.insert(value).second) work.emplace_back(value, from); };
  for (const NodeId o : owners) {
    if (!base_[o.value] || keepsLayout(operators_, graph_.node(o))) continue;
    if (!keepsGeometry(o)) { taint(o, o); continue; }
    // Of a copy the storage begins with it; an input may begin anywhere in its own.
    if (!keptByCaller(root(o))) continue;
    for (const NodeId value : storage_.aliases(o))
      for (const NodeId user : graph_.users(value))
        if (graph_.node(user).target.find("storage_offset") != std::string::npos)
          out.push_back({Rule::geometryChanges, graph_.node(user).name + " can tell the offset of " + graph_.node(value).name, {user}});
  }
  while (!work.empty()) {
    const auto [value, from] = work.back();
    work.pop_back();
    for (const NodeId user : graph_.users(value)) {
      const auto& node = graph_.node(user);
      const Operator& op = operators_.of(node);
      const auto name = operatorName(node.target);
      const bool first = firstOperand(node) == value;
      const auto tell = [&] {
        out.push_back({Rule::geometryChanges, node.name + " can tell the strides of " + graph_.node(value).name + ", which may differ when " + graph_.node(from).name + " is done in place", {user}});
      };
      switch (op.effect) {
        case Effect::symbolic: case Effect::input: case Effect::constant: break;
        case Effect::stride: case Effect::mayView: case Effect::output: case Effect::unknown: tell(); break;
        case Effect::view: if (anyStrides(name)) taint(user, from); else tell(); break;
        case Effect::getitem: taint(user, from); break;
        case Effect::mutation: if (first) taint(user, from); break;
        case Effect::update: if (first) taint(user, from); break;   // as a source only its values matter
        case Effect::fresh: {
          const bool contiguousClone = name == "clone" && node.kwarg("memory_format") && node.kwarg("memory_format")->as<graph::ir::Name>() &&
                                       node.kwarg("memory_format")->as<graph::ir::Name>()->text == "torch.contiguous_format";
          if (!indifferent(name) && !contiguousClone && !node.sym()) taint(user, from);
          break;
        }
      }
    }
  }
}

}  // namespace rewrites
