#include "graph/run/constraints.h"

#include <algorithm>
#include <unordered_set>

#include "graph/ir/schema.h"
#include "graph/run/sizes.h"

namespace graph::run {
namespace {

using ir::Expr;

class Collector {
 public:
  explicit Collector(const ir::Graph& graph) : graph_(graph) {}

  std::vector<Constraint> collect() {
    for (auto id : graph_) {
      auto& node = graph_.node(id);
      sizes(id, node);
      if (node.op == ir::Op::call_function) call(id, node);
    }
    for (auto& [name, facts] : graph_.symbolTable())
      if (facts.hasRange())
        add({}, name + " in " + facts.range(), {name}, [name = name, facts = facts](const ir::Binding& b) -> std::optional<bool> {
          auto value = b.find(name);
          if (value == b.end()) return std::nullopt;
          return facts.contains(value->second);
        });
    for (auto& guard : graph_.guards())
      if (guard.kind == ir::Guard::Kind::symbol)
        if (auto condition = Condition::parse(guard.condition))
          add({}, "guard " + guard.condition, symbolsIn(guard.condition), [c = *condition](const ir::Binding& b) { return c.holds(b); });
    return std::move(result_);
  }

 private:
  void add(ir::NodeId id, std::string text, std::set<std::string> symbols, std::function<std::optional<bool>(const ir::Binding&)> holds) {
    if (symbols.empty()) return;
    result_.push_back({id, std::move(text), std::move(symbols), std::move(holds)});
  }
  void addCompare(ir::NodeId id, std::string text, const Expr& left, const Expr& right, bool (*holds)(int64_t, int64_t)) {
    std::set<std::string> symbols;
    left.collectSymbols(symbols);
    right.collectSymbols(symbols);
    add(id, graph_.node(id).name + ": " + text, std::move(symbols), [=](const ir::Binding& binding) -> std::optional<bool> {
      auto a = left.evaluate(binding), b = right.evaluate(binding);
      if (!a || !b) return std::nullopt;
      return holds(*a, *b);
    });
  }
  static std::set<std::string> symbolsIn(const std::string& condition) {
    // Names that appear: enough to know whom the guard concerns.
    std::set<std::string> result;
    for (size_t i = 0; i < condition.size();) {
      size_t end = i;
      while (end < condition.size() && (std::isalnum(static_cast<unsigned char>(condition[end])) || condition[end] == '_')) ++end;
      if (end > i && std::islower(static_cast<unsigned char>(condition[i]))) result.insert(condition.substr(i, end - i));
      i = std::max(end, i + 1);
    }
    return result;
  }

  // A size is not negative, and 1 or more by habit (torch specialises 0 and 1, so a symbol is at least 2 wherever it can be). Each size once.
  void sizes(ir::NodeId id, const ir::Node& node) {
    auto* meta = node.tensor();
    if (!meta) return;
    for (auto& size : meta->shape)
      if (!size.asConstant() && sizes_.insert(size).second) {
        addCompare(id, size.str() + " is no size", size, Expr(0), [](int64_t a, int64_t b) { return a >= b; });
        addCompare(id, size.str() + " is 0", size, Expr(1), [](int64_t a, int64_t b) { return a >= b; });
        result_.back().habit = true;
      }
  }

  const ir::TensorMeta* metaOf(const ir::Argument* argument) const {
    auto id = argument ? argument->node() : ir::NodeId{};
    return id ? graph_.node(id).tensor() : nullptr;
  }

  void call(ir::NodeId id, const ir::Node& node) {
    std::string_view target = node.target;
    if (target.starts_with("aten.slice.")) return slice(id, node, metaOf(argument(node, "self")), node.tensor());
    if (target.starts_with("aten.slice_scatter.")) return slice(id, node, metaOf(argument(node, "self")), metaOf(argument(node, "src")));
    if (target == "aten.view.default" || target == "aten._unsafe_view.default" || target == "aten.reshape.default")
      return sameCount(id, node);
    if (target == "aten.expand.default") return expand(id, node);
    if (target == "aten.cat.default") return cat(id, node);
    if (target == "aten.copy_.default" || target == "aten.copy.default") return;  // broadcasts
    if (target == "aten._assert_scalar.default") return assertion(id, node);
    if (target.starts_with("aten.sym_constrain_range")) return range(id, node);
  }

  const ir::Argument* argument(const ir::Node& node, std::string_view name) const { return ir::argumentByName(node, name); }
  std::optional<Expr> number(const ir::Node& node, std::string_view name) const {
    auto* given = argument(node, name);
    return given ? expressionOf(graph_, *given) : std::nullopt;
  }
  // The dimension argument counted from the front.
  std::optional<size_t> dimension(const ir::Node& node, size_t rank) const {
    auto dim = number(node, "dim");
    auto value = dim ? dim->asConstant() : std::optional<int64_t>(0);
    if (!value) return std::nullopt;
    if (*value < 0) *value += static_cast<int64_t>(rank);
    return *value >= 0 && *value < static_cast<int64_t>(rank) ? std::optional(static_cast<size_t>(*value)) : std::nullopt;
  }

  // `part` is annotated as self[start:end:step] along dim.
  void slice(ir::NodeId id, const ir::Node& node, const ir::TensorMeta* self, const ir::TensorMeta* part) {
    if (!self || !part || self->shape.size() != part->shape.size()) return;
    auto dim = dimension(node, self->shape.size());
    if (!dim) return;
    auto start = number(node, "start").value_or(Expr(0)), end = number(node, "end").value_or(Expr(INT64_MAX)),
         step = number(node, "step").value_or(Expr(1));
    auto whole = self->shape[*dim], wanted = part->shape[*dim];
    std::set<std::string> symbols;
    for (auto* e : {&start, &end, &step, &whole, &wanted}) e->collectSymbols(symbols);
    add(id, node.name + ": " + wanted.str() + " is not the length of the slice " + start.str() + ":" + end.str() + " of " + whole.str(),
        std::move(symbols), [=](const ir::Binding& binding) -> std::optional<bool> {
          auto from = start.evaluate(binding), to = end.evaluate(binding), by = step.evaluate(binding), all = whole.evaluate(binding),
               want = wanted.evaluate(binding);
          if (!from || !to || !by || !all || !want || *by <= 0) return std::nullopt;
          auto clamp = [&](int64_t v) { return std::clamp<int64_t>(v < 0 ? v + *all : v, 0, *all); };
          auto length = std::max<int64_t>(clamp(*to) - clamp(*from), 0);
          return (length + *by - 1) / *by == *want;
        });
  }

  static Expr product(const std::vector<Expr>& sizes) {
    Expr result(1);
    for (auto& size : sizes) result = result * size;
    return result;
  }
  void sameCount(ir::NodeId id, const ir::Node& node) {
    auto* self = metaOf(argument(node, "self"));
    auto* result = node.tensor();
    if (!self || !result) return;
    auto before = product(self->shape), after = product(result->shape);
    if (!(before == after))
      addCompare(id, "a view of " + before.str() + " elements as " + after.str(), before, after,
                 [](int64_t a, int64_t b) { return a == b; });
  }

  void expand(ir::NodeId id, const ir::Node& node) {
    auto* self = metaOf(argument(node, "self"));
    auto* result = node.tensor();
    if (!self || !result || self->shape.size() > result->shape.size()) return;
    auto skip = result->shape.size() - self->shape.size();
    for (size_t i = 0; i < self->shape.size(); ++i)
      if (!(self->shape[i] == result->shape[skip + i]))
        addCompare(id, self->shape[i].str() + " is not expanded to " + result->shape[skip + i].str(), self->shape[i],
                   result->shape[skip + i], [](int64_t a, int64_t b) { return a == b || a == 1; });
  }

  void cat(ir::NodeId id, const ir::Node& node) {
    auto* result = node.tensor();
    auto* tensors = argument(node, "tensors");
    auto* list = tensors ? tensors->as<ir::List>() : nullptr;
    if (!result || !list) return;
    auto dim = dimension(node, result->shape.size());
    Expr total(0);
    for (auto& item : list->items) {
      auto* meta = metaOf(&item);
      if (!dim || !meta || meta->shape.size() != result->shape.size()) return;
      total = total + meta->shape[*dim];
    }
    if (!(total == result->shape[*dim]))
      addCompare(id, total.str() + " rows are not the annotated " + result->shape[*dim].str(), total, result->shape[*dim],
                 [](int64_t a, int64_t b) { return a == b; });
  }

  // _assert_scalar(a >= b, '…'): the condition's node is a comparison of numbers.
  void assertion(ir::NodeId id, const ir::Node& node) {
    auto condition = node.args.empty() ? ir::NodeId{} : node.args[0].node();
    if (!condition) return;
    auto& test = graph_.node(condition);
    if (test.args.size() != 2) return;
    auto left = expressionOf(graph_, test.args[0]), right = expressionOf(graph_, test.args[1]);
    if (!left || !right) return;
    auto compare = [&](bool (*holds)(int64_t, int64_t)) {
      addCompare(id, "asserts a condition on " + left->str() + " and " + right->str(), *left, *right, holds);
    };
    if (test.target == "_operator.ge") compare([](int64_t a, int64_t b) { return a >= b; });
    if (test.target == "_operator.gt") compare([](int64_t a, int64_t b) { return a > b; });
    if (test.target == "_operator.le") compare([](int64_t a, int64_t b) { return a <= b; });
    if (test.target == "_operator.lt") compare([](int64_t a, int64_t b) { return a < b; });
    if (test.target == "_operator.eq") compare([](int64_t a, int64_t b) { return a == b; });
    if (test.target == "_operator.ne") compare([](int64_t a, int64_t b) { return a != b; });
  }

  void range(ir::NodeId id, const ir::Node& node) {
    auto size = number(node, "size"), low = number(node, "min"), high = number(node, "max");
    if (size && low)
      addCompare(id, size->str() + " is below its minimum " + low->str(), *size, *low, [](int64_t a, int64_t b) { return a >= b; });
    if (size && high)
      addCompare(id, size->str() + " is above its maximum " + high->str(), *size, *high, [](int64_t a, int64_t b) { return a <= b; });
  }

  const ir::Graph& graph_;
  std::unordered_set<Expr> sizes_;
  std::vector<Constraint> result_;
};

}  // namespace

std::optional<Expr> expressionOf(const ir::Graph& graph, const ir::Argument& argument) {
  if (auto* value = argument.as<int64_t>()) return Expr(*value);
  if (auto id = argument.node())
    if (auto* sym = graph.node(id).sym()) return sym->value;
  return std::nullopt;
}

std::optional<std::string> outsideRange(const ir::Graph& graph, const ir::Binding& binding) {
  for (auto& [name, facts] : graph.symbolTable())
    if (auto value = binding.find(name); value != binding.end() && !facts.contains(value->second))
      return name + " = " + std::to_string(value->second) + " is outside of its range: the graph states " + name + " in " + facts.range();
  return std::nullopt;
}

std::vector<Constraint> constraintsOf(const ir::Graph& graph) { return Collector(graph).collect(); }

}  // namespace graph::run
