// Strides and offset: a decided result takes over its base's. Who can tell?
//
// Scatters clone the storage of their base with its strides, so nothing changes. index_put and its like clone with `preserve_format`, which
// makes a view of something larger dense; index_add, scatter, masked_fill … make a row-major result of any base; a pointwise operator's follows all of its
// operands; a copy that is not made has its source's. Then a taint runs from the result through views and operators whose output
// follows their operand's strides, and stops at operators that do not care. Where it meets someone who can tell (view, as_strided, reshape, sym_stride,
// the caller) the decision falls.
#include <algorithm>
#include <unordered_set>

#include "rewrites/memory_plan.h"

namespace rewrites {

using graph::ir::Expr;
using graph::ir::NodeId;

namespace {

/// Views that work at any strides and pass them on.
bool anyStrides(std::string_view name) {
  return oneOf(name, {"slice", "select", "permute", "transpose", "t", "unsqueeze", "squeeze", "expand", "alias", "detach", "split", "split_with_sizes",
                      "unbind", "diagonal", "chunk", "narrow", "movedim", "swapaxes", "unfold"});
}

/// Operators whose result and its strides do not depend on their operands' strides.
bool indifferent(std::string_view name) {
  return oneOf(name, {"mm", "bmm", "addmm", "baddbmm", "addbmm", "mv", "dot", "embedding", "_local_scalar_dense", "item", "equal", "is_same_size"});
}

/// Operators that move elements and compute nothing.
bool movesOnly(std::string_view name) {
  return oneOf(name, {"clone", "_to_copy", "contiguous", "cat", "stack", "index", "index_select", "gather", "flip", "roll", "repeat", "constant_pad_nd", "embedding",
                      "tril", "triu", "zeros_like", "ones_like", "full_like", "empty_like"}) || name.ends_with("_copy");
}

/// Updates that clone with the strides and the offset of their base.
bool keepsLayout(const graph::ir::Node& node, const Operator& op) {
  return op.effect == Effect::update && (!op.view.empty() || operatorName(node.target) == "copy");
}

/// Updates that keep the order of dimensions of a dense base. The others (index_add, scatter, masked_fill …) make a row-major result.
bool keepsOrder(std::string_view name) { return oneOf(name, {"index_put", "_unsafe_index_put", "index_fill", "put", "clone", "_to_copy", "lift_fresh_copy"}); }

bool asksRowMajor(const graph::ir::Node& node) {
  if (!node.kwarg("memory_format") && operatorName(node.target) == "contiguous") return true;
  return memoryFormat(node) == "torch.contiguous_format";
}

bool asksOtherFormat(const graph::ir::Node& node) {
  const auto format = memoryFormat(node);
  return !format.empty() && format != "torch.contiguous_format" && format != "torch.preserve_format";
}

}  // namespace

/// Whether a value is all of a result that is dense (or even row-major) as printed. A fresh result of one operator is dense; a scatter's is
/// what its base is.
bool MemoryPlan::isDense(NodeId value, bool rowMajor) const {
  for (;;) {
    const Location& at = *storage_.location(value);
    if (!storage_.sameTensor(at, *storage_.location(at.owner))) return false;
    const auto& owner = graph_.node(at.owner);
    const Operator& op = storage_.operatorOf(at.owner);
    if ((op.effect != Effect::fresh && op.effect != Effect::update && op.effect != Effect::mayView) || owner.target.find("strided") != std::string::npos) return false;
    if (!keepsLayout(owner, op)) return !rowMajor || makesRowMajor(owner);
    value = firstOperand(owner);
    if (!value || !storage_.location(value)) return false;
  }
}

/// A result that is annotated with the strides of its base, made of inputs whose strides are stated: of those strides it has them.
bool MemoryPlan::sameAnnotatedStrides(NodeId owner, Storage::Assumed& assumed) const {
  const auto& node = graph_.node(owner);
  const auto *t = node.tensor(), *of = graph_.node(base_[owner.value]).tensor();
  if (!t || !of || !t->stride || !of->stride || t->stride->size() != of->stride->size()) return false;
  for (size_t d = 0; d < t->stride->size(); ++d)
    if (t->shape[d].asConstant() != 1 && !((*t->stride)[d] == (*of->stride)[d])) return false;
  Storage::Assumed inputs;
  bool all = true;
  node.forEachInput([&](NodeId n) {
    const auto* operand = graph_.node(n).tensor();
    if (!operand || operand->shape.empty()) return;
    const NodeId from = storage_.owner(n);
    const auto* stated = from ? graph_.node(from).tensor() : nullptr;
    if (from && keptByCaller(from) && stated && stated->stride) inputs.insert(from);
    else all &= storage_.rowMajor(n, &inputs);
  });
  if (all) assumed.insert(inputs.begin(), inputs.end());
  return all;
}

/// A forwarded view of forwarded views: a transposition of a transposition lies as its root does, row by row.
bool MemoryPlan::turnedBack(NodeId owner, Storage::Assumed* assumed) const {
  const Location at = planned(owner);
  const auto map = at.known && !at.sometimesFresh ? storage_.mapOf(at) : std::nullopt;
  return map && map->isRowMajor(storage_.facts()) && storage_.rowMajor(at.owner, assumed);
}

bool MemoryPlan::stridesKept(NodeId owner, Storage::Assumed* assumed) const {
  const auto& node = graph_.node(owner);
  const Operator& op = storage_.operatorOf(owner);
  const NodeId base = base_[owner.value];
  if (how_[owner.value] == How::inPlace && keepsLayout(node, op)) return true;
  if (how_[owner.value] == How::forward && op.forward == Forward::view) {   // dense in the view's order, so row-major only where the view is
    const auto map = storage_.mapOf(*placed_[owner.value]);
    return (map && map->isRowMajor(storage_.facts()) && storage_.rowMajor(placed_[owner.value]->owner, assumed)) || turnedBack(owner, assumed);
  }
  if (asksOtherFormat(node)) return false;
  if (assumed && sameAnnotatedStrides(owner, *assumed)) return true;
  if (how_[owner.value] == How::forward && op.forward == Forward::source) {   // copy(d, s) has the strides of d
    const NodeId to = firstOperand(node);
    return storage_.rowMajor(base, assumed) && to && storage_.rowMajor(to, assumed);
  }
  if (op.effect == Effect::fresh && op.forward == Forward::none) {   // a twin: its result follows its operands
    bool all = true;
    node.forEachInput([&](NodeId n) {
      const auto* t = graph_.node(n).tensor();
      if (t) all &= t->shape.empty() || storage_.rowMajor(n, assumed);
    });
    return all;
  }
  return isDense(base, asksRowMajor(node) || !keepsOrder(operatorName(node.target))) || storage_.rowMajor(base, assumed);
}

/// A value of an input whose strides are stated: row by row, perhaps with gaps.
bool MemoryPlan::statedInRowOrder(NodeId value, Storage::Assumed& assumed) const {
  const auto* t = graph_.node(value).tensor();
  const NodeId from = storage_.owner(value);
  const auto* stated = from && keptByCaller(from) ? graph_.node(from).tensor() : nullptr;
  if (!t || !t->stride || !stated || !stated->stride || t->stride->size() != t->shape.size()) return false;
  Strided map;
  for (size_t d = 0; d < t->shape.size(); ++d) map.dims.push_back({t->shape[d], (*t->stride)[d]});
  if (!map.isInRowOrder(storage_.facts())) return false;
  assumed.insert(from);
  return true;
}

/// A twin of an operator that works element by element on one tensor: scalars have no order.
bool MemoryPlan::followsBaseAlone(NodeId owner) const {
  const auto& node = graph_.node(owner);
  const Operator& op = storage_.operatorOf(owner);
  if (op.effect != Effect::fresh || !op.pointwise) return false;
  bool alone = true;
  node.forEachInput([&](NodeId n) {
    const auto* t = graph_.node(n).tensor();
    alone &= n == base_[owner.value] || graph_.node(n).sym() || (t && t->shape.empty());
  });
  return alone;
}

/// The printed result is row-major and what it would show is a part of something row-major, row by row. Operators that make a dense result in the
/// order of their operands' dimensions (all of TensorIterator's, clone, cat) make the same of both.
bool MemoryPlan::orderKept(NodeId owner, Storage::Assumed* assumed) const {
  const auto& node = graph_.node(owner);
  const Operator& op = storage_.operatorOf(owner);
  if (asksOtherFormat(node)) return false;
  const Location& at = place(owner);
  if (op.forward == Forward::view && how_[owner.value] == How::forward && at.known && !at.selfOverlap && isLine(at.shape)) return true;
  const bool keeps = how_[owner.value] == How::forward ? op.forward == Forward::clone : keepsOrder(operatorName(node.target)) || followsBaseAlone(owner);
  if (keeps && !asksRowMajor(node)) return at.known && !at.selfOverlap;   // dense, in the order of its base
  if (!storage_.rowOrder(at, assumed) && !(assumed && !placed_[owner.value] && statedInRowOrder(base_[owner.value], *assumed))) return false;
  if (op.effect != Effect::fresh || op.forward != Forward::none) return op.forward != Forward::source;
  bool all = true;
  node.forEachInput([&](NodeId n) {
    const auto* t = graph_.node(n).tensor();
    if (t) all &= t->shape.empty() || (storage_.location(n) && storage_.rowOrder(*storage_.location(n), assumed));
  });
  return all && op.pointwise;
}

MemoryPlan::Change MemoryPlan::change(NodeId owner, Storage::Assumed* assumed) const {
  const bool inPlace = how_[owner.value] == How::inPlace;
  if (inPlace && keepsLayout(graph_.node(owner), storage_.operatorOf(owner))) return Change::none;
  if (!stridesKept(owner, assumed)) return orderKept(owner, assumed) ? Change::gaps : Change::strides;
  // Of a copy the storage begins with it and is as large; an input may begin anywhere in its own.
  const Location at = placed_[owner.value] ? planned(owner) : *storage_.location(base_[owner.value]);
  // So may a scatter's result, which has the offset of its base.
  const bool begins = !keptByCaller(root(owner)) && !keepsLayout(graph_.node(at.owner), storage_.operatorOf(at.owner));
  const bool whole = begins && storage_.same(at.region, storage_.location(at.owner)->region, at.owner);
  return whole ? Change::none : Change::storage;
}

void MemoryPlan::checkGeometry(const Planned& s, std::vector<Conflict>& out) {
  for (const NodeId o : s.owners) {
    if (!base_[o.value]) continue;
    const Change how = change(o, nullptr);
    // A view that copied could be taken of anything; one that does not needs strides that fit.
    if (placed_[o.value] && !isLegal(o, base_[o.value]) && !storage_.rowMajor(base_[o.value]) && !storage_.rowMajor(base_[o.value], &assumed_[o]))
      out.push_back({Rule::geometryChanges, "whether " + graph_.node(base_[o.value]).name + " can be viewed as " + graph_.node(o).name + " depends on its strides", {base_[o.value]}, {}});
    if (how == Change::none) continue;
    auto found = whoCanTell(s, o, how);
    Storage::Assumed assumed;
    const Change checked = found.empty() ? how : change(o, &assumed);
    if (checked != how) {
      auto left = checked == Change::none ? std::vector<Conflict>{} : whoCanTell(s, o, checked);
      if (left.empty()) assumed_[o].insert(assumed.begin(), assumed.end());
      found = std::move(left);
    }
    out.insert(out.end(), found.begin(), found.end());
  }
}

/// Whether a view, or one that a forwarded copy becomes, is possible whatever the strides of its operand: it merges no dimensions.
bool MemoryPlan::staysLegal(NodeId view, NodeId of) const {
  if (graph_.node(view).target == "_operator.getitem") view = firstOperand(graph_.node(view));   // a piece of split, unbind …
  const Operator& op = storage_.operatorOf(view);
  const std::string& target = op.forward == Forward::view ? op.view : graph_.node(view).target;
  const auto name = operatorName(target);
  if (anyStrides(name)) return true;
  const auto *to = graph_.node(view).tensor(), *from = graph_.node(of).tensor();
  if ((name != "view" && name != "_unsafe_view") || !to || !from) return false;
  if (target == "aten.view.dtype") return graph::ir::itemSize(to->dtype) == graph::ir::itemSize(from->dtype);
  size_t next = 0;
  const auto one = [](const Expr& e) { return e.asConstant() == 1; };
  for (const Expr& size : from->shape) {   // each is the product of the next new ones
    if (one(size)) continue;
    Expr made(1);
    while (!(made == size)) {
      if (next == to->shape.size()) return false;
      made = made * to->shape[next++];
    }
  }
  while (next < to->shape.size())
    if (!one(to->shape[next++])) return false;
  return true;
}

/// Whether the graph as printed shows that a view of this value is possible, whatever the strides: it only gives an input back its own shape, or a
/// printed view gives the same elements of an input the same shape.
bool MemoryPlan::shownLegal(NodeId view, NodeId of) const {
  const Operator& op = storage_.operatorOf(view);
  const std::string& target = op.forward == Forward::view ? op.view : graph_.node(view).target;
  if (target != "aten.view.default" && target != "aten._unsafe_view.default") return false;
  const auto* to = graph_.node(view).tensor();
  const Location at = planned(of);
  if (!to || !at.known || at.sometimesFresh || !keptByCaller(at.owner)) return false;
  const auto& whole = *storage_.location(at.owner);
  const auto map = storage_.mapOf(at);
  if (map && map->isRowMajor(storage_.facts()) && to->dtype == whole.dtype && to->shape == whole.shape) return true;   // in the numbering of its elements
  for (const NodeId other : storage_.aliases(at.owner)) {
    const auto& node = graph_.node(other);
    if (node.target != "aten.view.default" || !node.tensor() || !(node.tensor()->shape == to->shape)) continue;
    if (storage_.sameTensor(*storage_.location(firstOperand(node)), at)) return true;
  }
  return false;
}

/// Everybody whose result, or whose legality, depends on where and how the result of `owner` lies.
std::vector<Conflict> MemoryPlan::whoCanTell(const Planned& s, NodeId owner, Change change) const {
  std::vector<Conflict> out;
  std::vector<NodeId> work;
  std::unordered_set<NodeId> seen;
  const auto taint = [&](NodeId value) { if (seen.insert(value).second) work.push_back(value); };
  const bool strides = change != Change::storage;
  taint(owner);
  while (!work.empty()) {
    const NodeId value = work.back();
    work.pop_back();
    const auto* tensor = graph_.node(value).tensor();
    const bool order = change == Change::strides && !(tensor && isLine(tensor->shape));
    for (const NodeId user : graph_.users(value)) {
      const auto& node = graph_.node(user);
      const Operator& op = storage_.operatorOf(user);
      const auto name = operatorName(node.target);
      const bool first = firstOperand(node) == value;
      const auto tell = [&](const char* what, bool fails = false) {
        if (!fails && !isLive(user)) return;   // nobody sees what it makes; it only has to run
        out.push_back({Rule::geometryChanges, node.name + " can tell the " + what + " of " + graph_.node(value).name + ", which may differ when " +
                       graph_.node(owner).name + (how_[owner.value] == How::forward ? " is not copied" : " is done in place"), {user}, {}});
      };
      if (first && isStorageRelative(node) && checks_.on(Check::storageOfResults)) { tell("storage"); continue; }
      switch (op.effect) {
        case Effect::symbolic: case Effect::input: case Effect::constant: break;
        case Effect::stride:
          if (!checks_.on(node.target.find("storage_offset") == std::string::npos ? Check::toldByStride : Check::toldByOffset)) break;
          if (strides || node.target.find("storage_offset") != std::string::npos) tell(strides ? "strides" : "offset");
          break;
        case Effect::output:
          if ((strides || !keptByCaller(root(value))) && checks_.on(Check::toldByCaller)) tell(strides ? "strides" : "storage");   // a share in an input has a rule of its own
          break;
        case Effect::unknown: tell(strides ? "strides" : "storage"); break;
        case Effect::mayView: if (strides && checks_.on(Check::toldByReshape)) tell("strides"); else taint(user); break;
        case Effect::view:
          if (!strides || anyStrides(name) || isLegal(user, value)) taint(user);
          else if (checks_.on(Check::toldByViews)) tell("strides", true);
          break;
        case Effect::getitem: taint(user); break;
        case Effect::mutation: if (first) taint(user); break;
        case Effect::update:   // of a base; as a source only its values matter
          // It would write into a clone that overlaps itself as its base does now.
          if (first && keepsLayout(node, op) && !merged(user) && planned(value).selfOverlap) { tell("strides"); break; }
          if (first && (keepsLayout(node, op) || merged(user) || (order && !makesRowMajor(node)))) taint(user);
          else if (!first && how_[user.value] == How::forward) taint(user);
          break;
        case Effect::fresh:
          if (merged(user) && base(user, how(user)) == value) {
            if (strides && op.forward == Forward::view && how(user) == How::forward && !isLegal(user, value)) { tell("strides", true); break; }
            for (const NodeId result : results(user))
              if (!strides || op.forward != Forward::view || how(user) != How::forward || root(result) != s.root || !turnedBack(result, nullptr)) taint(result);
            break;
          }
          // Sums and products over elements that lie otherwise may come out in other bits.
          if (strides && !op.pointwise && !movesOnly(name)) { tell("strides"); break; }
          if (order && checks_.on(Check::followedStrides) && !indifferent(name) && !makesRowMajor(node) && !node.sym()) taint(user);
          break;
      }
    }
  }
  return out;
}

}  // namespace rewrites
