#include "rewrites/storage.h"

#include <algorithm>
#include <map>
#include <unordered_set>

#include "graph/ir/schema.h"

namespace rewrites {

using graph::ir::Argument;
using graph::ir::Expr;
using graph::ir::Graph;
using graph::ir::Node;
using graph::ir::NodeId;

namespace {

bool isNumber(const Node& node) { return node.sym() != nullptr; }

/// Whether sizes and strides that an operator is given (empty_strided) may put two elements at one address.
bool mayOverlapItself(const std::vector<Expr>& shape, const std::vector<Expr>& stride) {
  if (shape.size() != stride.size()) return true;
  Expr contiguous(1);
  bool plain = true, constant = true;
  std::vector<std::pair<int64_t, int64_t>> steps;   // stride, size
  for (size_t d = shape.size(); d-- > 0;) {
    plain &= stride[d] == contiguous;
    contiguous = contiguous * shape[d];
    const auto size = shape[d].asConstant(), step = stride[d].asConstant();
    constant &= size && step;
    if (size && step && *size > 1) steps.emplace_back(*step, *size);
  }
  if (plain || !constant) return !plain;
  std::sort(steps.begin(), steps.end());
  int64_t extent = 1;
  for (const auto& [step, size] : steps) {
    if (step < extent) return true;
    extent += (size - 1) * step;
  }
  return false;
}

}  // namespace

/// Fills a Storage in one walk over the nodes in execution order.
class StorageBuilder {
 public:
  explicit StorageBuilder(Storage& storage) : s_(storage), g_(*storage.graph_) {}

  void build() {
    s_.locations_.resize(g_.idLimit());
    s_.operators_.resize(g_.idLimit());
    s_.integers_.resize(g_.idLimit());
    s_.members_.resize(g_.idLimit());
    stateRanges();
    for (NodeId id : g_) stateSizes(g_.node(id));
    for (NodeId id : g_) visit(id, g_.node(id));
  }

 private:
  /// The ranges that the text states: inputs outside of them are refused when the graph runs, and by what is exported.
  void stateRanges() {
    for (const auto& [name, facts] : g_.symbolTable()) {
      const Expr symbol = Expr::symbol(name);
      if (facts.lower) s_.facts_.addNonNegative(symbol - Expr(*facts.lower));
      if (facts.upper) s_.facts_.addNonNegative(Expr(*facts.upper) - symbol);
    }
  }

  /// Sizes are not negative: that is all that an annotation says about its symbols.
  void stateSizes(const Node& node) {
    if (const auto* t = node.tensor())
      for (const auto& size : t->shape)
        if (!size.asConstant() && stated_.insert(size).second) s_.facts_.addNonNegative(size);
  }

  void visit(NodeId id, const Node& node) {
    const Operator& op = s_.table_.of(node);
    s_.operators_[id.value] = &op;
    if (isNumber(node)) s_.integers_[id.value] = node.sym()->value;
    switch (op.effect) {
      case Effect::input:
        if (!isNumber(node)) fresh(id, node);
        break;
      case Effect::constant:
        if (!isNumber(node)) shared(attributes_, node.target, id, node);
        break;
      case Effect::output: break;
      case Effect::symbolic: case Effect::stride: integer(id, node); break;
      case Effect::view: case Effect::mayView:
        if (!op.multiple) view(id, node, op);
        else if (usedWhole(id)) views(id, node);
        break;
      case Effect::getitem: getitem(id, node); break;
      case Effect::mutation: mutation(id, node, op); break;
      case Effect::update: case Effect::fresh:
        if (!op.multiple ? !isNumber(node) : usedWhole(id)) fresh(id, node);
        break;
      case Effect::unknown: unknown(id, node); break;
    }
    factsOfSlices(node, op);
  }

  void fresh(NodeId id, const Node& node) {
    Location l;
    l.owner = id;
    const auto* t = node.tensor();
    l.known = t != nullptr;
    if (t) {
      l.shape = t->shape;
      l.dtype = t->dtype;
      l.region.box.reserve(t->shape.size());
      l.dims.reserve(t->shape.size());
      for (size_t d = 0; d < t->shape.size(); ++d) {
        l.region.box.push_back({Expr(0), t->shape[d], 1});
        l.dims.push_back(static_cast<int>(d));
      }
      if (node.target.find("empty_strided") != std::string::npos) l.selfOverlap = mayOverlapItself(t->shape, strideOf(node));
    }
    put(id, std::move(l));
  }

  std::vector<Expr> strideOf(const Node& node) const {
    std::vector<Expr> strides;
    const auto* argument = graph::ir::argumentByName(node, "stride");
    const auto* list = argument ? argument->as<graph::ir::List>() : nullptr;
    for (size_t i = 0; list && i < list->items.size(); ++i)
      if (auto e = s_.expression(list->items[i])) strides.push_back(*e);
    return strides;
  }

  /// Several nodes for one tensor (a buffer fetched twice, a result taken twice): the first of them owns it.
  template <typename Key>
  void shared(std::map<Key, NodeId>& first, const Key& key, NodeId id, const Node& node) {
    const auto [it, isFirst] = first.emplace(key, id);
    if (isFirst) fresh(id, node);
    else put(id, *s_.location(it->second));
  }

  /// Whether several results are also passed on together (cat of a split, return of a topk), not only taken one by one.
  bool usedWhole(NodeId id) const {
    for (const NodeId user : g_.users(id)) {
      const Node& node = g_.node(user);
      const auto* index = node.target == "_operator.getitem" && node.args.size() == 2 ? node.args[1].as<int64_t>() : nullptr;
      if (!index || *index < 0) return true;
    }
    return false;
  }

  /// All pieces of a split together: some elements of the operand.
  void views(NodeId id, const Node& node) {
    const NodeId base = firstOperand(node);
    if (!base || !s_.location(base)) { unknown(id, node); return; }
    Location l = *s_.location(base);
    l.region.partial = true;   // all of it, mostly; what a slice of it is nobody asks
    l.ordered = false;
    l.shape.clear();
    l.dims.clear();
    put(id, std::move(l));
  }

  void put(NodeId id, Location l) {
    s_.members_[l.owner.value].push_back(id);
    s_.locations_[id.value] = std::move(l);
  }

  const std::vector<Expr>* shapeOf(const Node& node) const { return node.tensor() ? &node.tensor()->shape : nullptr; }

  void view(NodeId id, const Node& node, const Operator& op) {
    const NodeId base = firstOperand(node);
    const Location* from = base ? s_.location(base) : nullptr;
    if (!from) { fresh(id, node); return; }
    bool assumed = false;
    const auto copies = op.effect == Effect::mayView ? whetherCopies(node, base, assumed) : std::optional(false);
    if (copies == true) { fresh(id, node); return; }
    Location l = s_.view(*from, node.target, node, shapeOf(node));
    l.sometimesFresh |= !copies;
    l.assumed |= assumed;
    if (node.tensor()) l.dtype = node.tensor()->dtype;
    put(id, std::move(l));
  }

  /// Whether an operator that copies at some sizes, strides and dtypes copies here; nothing when that is not known at every binding.
  std::optional<bool> whetherCopies(const Node& node, NodeId base, bool& leans) {
    const auto *t = node.tensor(), *of = g_.node(base).tensor();
    if (!t || !of) return std::nullopt;
    if (t->dtype != of->dtype) return true;   // a conversion always copies
    const auto name = operatorName(node.target);
    const auto* format = graph::ir::argumentByName(node, "memory_format");
    if (name == "contiguous" && format && format->as<graph::ir::Name>() && format->as<graph::ir::Name>()->text != "torch.contiguous_format") return std::nullopt;
    if (name == "contiguous" || name == "reshape" || name == "_reshape_alias" || name == "flatten" || name == "ravel") {
      Storage::Assumed assumed;
      if (s_.rowMajor(base)) return false;
      if (of->stride && s_.rowMajor(base, &assumed)) {
        s_.assumed_[s_.location(base)->owner].insert(assumed.begin(), assumed.end());
        leans = true;
        return false;
      }
      if (name != "contiguous" || !of->stride) return std::nullopt;
      return notContiguous(of->shape, *of->stride) ? std::optional(true) : std::nullopt;
    }
    if (name == "to" && node.target != "aten.to.device" && of->device == t->device && of->device) {
      const auto* copy = graph::ir::argumentByName(node, "copy");
      const bool forced = copy && copy->as<bool>() && *copy->as<bool>();
      if (!forced && (!format || format->isNone())) return false;
    }
    return std::nullopt;
  }

  /// Constant sizes and strides that are not those of a row-major tensor.
  static bool notContiguous(const std::vector<Expr>& shape, const std::vector<Expr>& stride) {
    int64_t expected = 1;
    bool differs = false;
    for (size_t d = shape.size(); d-- > 0;) {
      const auto size = shape[d].asConstant(), step = d < stride.size() ? stride[d].asConstant() : std::nullopt;
      if (!size || !step || *size == 0) return false;
      differs |= *size != 1 && *step != expected;
      expected *= *size;
    }
    return differs;
  }

  void getitem(NodeId id, const Node& node) {
    const NodeId from = firstOperand(node);
    if (!from) { unknown(id, node); return; }
    const Node& producer = g_.node(from);
    const Operator& op = s_.operatorOf(from);
    const auto* index = node.args.size() > 1 ? node.args[1].as<int64_t>() : nullptr;
    if (op.effect == Effect::view || op.effect == Effect::mayView) {
      const NodeId base = firstOperand(producer);
      const Location* source = base ? s_.location(base) : nullptr;
      if (!source || !index || !op.multiple) { unknown(id, node); return; }
      Location l = s_.split(*source, producer.target, producer, *index, shapeOf(node));
      if (node.tensor()) l.dtype = node.tensor()->dtype;
      l.sometimesFresh = l.sometimesFresh || op.effect == Effect::mayView;
      put(id, std::move(l));
    } else if (op.effect == Effect::fresh && op.multiple) {
      if (isNumber(node)) return;
      if (s_.location(from) || !index) unknown(id, node);   // also used as a whole
      else shared(items_, std::pair(from.value, *index), id, node);
    } else if (op.effect == Effect::mutation && index && static_cast<size_t>(*index) < op.aliased.size()) {
      const size_t shown = op.aliased[static_cast<size_t>(*index)];
      const auto nodes = shown == SIZE_MAX ? std::vector<NodeId>{} : operand(producer, shown);
      if (nodes.size() == 1 && s_.location(nodes[0])) put(id, *s_.location(nodes[0]));
      else shared(items_, std::pair(from.value, *index), id, node);
    } else {
      unknown(id, node);
    }
  }

  void mutation(NodeId id, const Node& node, const Operator& op) {
    if (op.aliased.size() != 1) return;   // nothing returned, or several results taken by getitem
    const auto nodes = op.aliased[0] == SIZE_MAX ? std::vector<NodeId>{} : operand(node, op.aliased[0]);
    if (nodes.size() == 1 && s_.location(nodes[0])) put(id, *s_.location(nodes[0]));
    else fresh(id, node);
  }

  /// The result of an operator that nobody knows may be any view of any of its operands; the first one stands for all, and the analysis
  /// refuses every storage that such an operator touches.
  void unknown(NodeId id, const Node& node) {
    NodeId base;
    node.forEachInput([&](NodeId n) { if (!base && s_.location(n)) base = n; });
    if (!base) { if (!isNumber(node)) fresh(id, node); return; }
    Location l = *s_.location(base);
    l.known = false;
    l.region.exact = false;
    l.region.map.reset();
    l.region.box = s_.location(l.owner)->region.box;
    l.ordered = false;
    if (node.tensor()) l.shape = node.tensor()->shape;
    l.dims.assign(l.shape.size(), -2);
    put(id, std::move(l));
  }

  /// Integers that the dump does not annotate (torch.sym_*, _operator on sizes without annotation).
  void integer(NodeId id, const Node& node) {
    if (s_.integers_[id.value]) return;
    std::vector<Expr> a;
    for (const auto& argument : node.args) {
      auto e = s_.expression(argument);
      if (!e) break;
      a.push_back(*e);
    }
    auto& out = s_.integers_[id.value];
    if (node.target.starts_with("aten.sym_size") && node.args.size() == 2) {
      const auto* base = node.args[0].node() ? s_.location(node.args[0].node()) : nullptr;
      const auto* d = node.args[1].as<int64_t>();
      if (!base || !d) return;
      const auto rank = static_cast<int64_t>(base->shape.size());
      const auto wrapped = *d < 0 ? *d + rank : *d;
      if (wrapped >= 0 && wrapped < rank) out = base->shape[static_cast<size_t>(wrapped)];
    } else if (a.size() == 2 && node.target == "_operator.add") out = a[0] + a[1];
    else if (a.size() == 2 && node.target == "_operator.sub") out = a[0] - a[1];
    else if (a.size() == 2 && node.target == "_operator.mul") out = a[0] * a[1];
    else if (a.size() == 2 && node.target == "_operator.floordiv") out = floorDiv(a[0], a[1]);
    else if (a.size() == 2 && node.target == "_operator.mod") out = mod(a[0], a[1]);
  }

  /// A slice from 0 that is annotated with size k of a dimension n says k <= n: narrowing never grows.
  /// An element that is selected is there.
  void factsOfSlices(const Node& node, const Operator& op) {
    if (op.effect == Effect::view && node.target == "aten.select.int" && node.args.size() == 3) {
      const auto* of = firstOperand(node) ? s_.location(firstOperand(node)) : nullptr;
      const auto *d = node.args[1].as<int64_t>(), *index = node.args[2].as<int64_t>();
      const auto rank = of ? static_cast<int64_t>(of->shape.size()) : 0;
      if (!d || !index || !of || *d < -rank || *d >= rank) return;
      const Expr rest = of->shape[static_cast<size_t>(*d < 0 ? *d + rank : *d)] - Expr(*index < 0 ? -*index : *index + 1);
      if (!rest.asConstant() && stated_.insert(rest).second) s_.facts_.addNonNegative(rest);
      return;
    }
    if (op.effect != Effect::view || node.target != "aten.slice.Tensor" || !node.tensor()) return;
    const NodeId base = firstOperand(node);
    const auto* from = base ? s_.location(base) : nullptr;
    if (!from || from->shape.size() != node.tensor()->shape.size()) return;
    for (size_t d = 0; d < from->shape.size(); ++d) {
      if (from->shape[d] == node.tensor()->shape[d]) continue;
      const Expr rest = from->shape[d] - node.tensor()->shape[d];
      if (!rest.asConstant() && stated_.insert(rest).second) s_.facts_.addNonNegative(rest);
    }
  }

  Storage& s_;
  const Graph& g_;
  std::unordered_set<Expr> stated_;
  std::map<std::string, NodeId> attributes_;                      // the first get_attr of a target
  std::map<std::pair<uint32_t, int64_t>, NodeId> items_;          // the first getitem of a result
};

Storage::Storage(const Graph& graph) : graph_(&graph) { StorageBuilder(*this).build(); }

const Location* Storage::location(NodeId id) const {
  return id.value < locations_.size() && locations_[id.value] ? &*locations_[id.value] : nullptr;
}

NodeId Storage::owner(NodeId id) const {
  const auto* l = location(id);
  return l ? l->owner : NodeId{};
}

std::vector<NodeId> Storage::aliases(NodeId owner) const {
  return owner.value < members_.size() ? members_[owner.value] : std::vector<NodeId>{};
}

std::optional<Expr> Storage::expression(const Argument& argument) const {
  if (const auto* i = argument.as<int64_t>()) return Expr(*i);
  const NodeId id = argument.node();
  return id && id.value < integers_.size() ? integers_[id.value] : std::nullopt;
}


}  // namespace rewrites
