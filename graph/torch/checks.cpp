#include "graph/torch/checks.h"

#include <algorithm>
#include <limits>
#include <set>

#include "graph/run/overlap.h"
#include "graph/torch/devices.h"
#include "graph/torch/tensors.h"

namespace graph::torch {
namespace {

constexpr int64_t kUnset = std::numeric_limits<int64_t>::min();

std::string annotationOf(const ir::TensorMeta& meta) {
  std::string text(ir::abbreviation(meta.dtype));
  text += '[';
  for (size_t i = 0; i < meta.shape.size(); ++i) text += (i ? ", " : "") + meta.shape[i].str();
  return text + "]";
}

std::string bareSymbol(const ir::Expr& expression) {
  std::set<std::string> symbols;
  expression.collectSymbols(symbols);
  return symbols.size() == 1 && expression == ir::Expr::symbol(*symbols.begin()) ? *symbols.begin() : std::string();
}

// Bytes [begin, end) that a tensor may touch, without allocating.
std::pair<int64_t, int64_t> interval(const at::Tensor& tensor) {
  auto begin = reinterpret_cast<int64_t>(tensor.const_data_ptr());
  if (tensor.numel() == 0) return {begin, begin};
  int64_t last = 0;
  for (int64_t i = 0; i < tensor.dim(); ++i) last += (tensor.size(i) - 1) * tensor.stride(i);
  return {begin, begin + (last + 1) * static_cast<int64_t>(tensor.itemsize())};
}

}  // namespace

bool shareMemory(const at::Tensor& a, const at::Tensor& b) {
  auto [beginA, endA] = interval(a);
  auto [beginB, endB] = interval(b);
  if (endA <= beginB || endB <= beginA || a.device() != b.device()) return false;
  auto item = [](const at::Tensor& t) { return static_cast<int64_t>(t.itemsize()); };
  return run::overlap(run::ByteSet(beginA, a.sizes(), a.strides(), item(a)), run::ByteSet(beginB, b.sizes(), b.strides(), item(b))) !=
         run::Overlap::disjoint;
}

Checks::Checks(const ir::Graph& graph, const Code& code, const run::DeviceMap& devices) {
  for (auto id : code.placeholders) {
    auto& node = graph.node(id);
    Input input{node.name, code.slotOfNode[id.value]};
    if (auto* tensor = node.tensor()) {
      input.tensor = true;
      input.dtype = scalarType(tensor->dtype);
      input.annotation = annotationOf(*tensor);
      for (auto& size : tensor->shape) input.shape.push_back(dimension(size));
      input.device = requireDevice(devices.place(tensor->device));
    } else if (auto* sym = node.sym()) {
      input.number = dimension(sym->value);
      input.annotation = "Sym(" + sym->value.str() + ")";
    }
    inputs_.push_back(std::move(input));
  }
  symbolValues_.resize(symbols_.size());
  auto place = [&](const ir::Guard& guard, const std::string& name) {
    auto id = graph.find(name);
    if (!id || (graph.node(id).op != ir::Op::placeholder && graph.node(id).op != ir::Op::get_attr))
      throw run::InputError("guard " + guard.str() + ": '" + name + "' is no placeholder and no attribute");
    return code.slotOfNode[id.value];
  };
  std::set<ir::NodeId> apart;  // inputs that must be apart from whatever is touched after they are written
  for (auto& guard : graph.guards()) {
    switch (guard.kind) {
      case ir::Guard::Kind::disjoint:
        if (guard.second.empty()) {
          place(guard, guard.first);
          apart.insert(graph.find(guard.first));
          break;
        }
        disjoint_.push_back({place(guard, guard.first), place(guard, guard.second), guard.first, guard.second});
        break;
      case ir::Guard::Kind::no_self_overlap:
        noSelfOverlap_.emplace_back(place(guard, guard.first), guard.first);
        break;
      case ir::Guard::Kind::symbol: {
        auto condition = run::Condition::parse(guard.condition);
        if (!condition) throw run::InputError("guard '" + guard.condition + "' is no condition on symbols");
        conditions_.emplace_back(*condition, guard.condition);
        break;
      }
      case ir::Guard::Kind::strides:
        layouts_.push_back({place(guard, guard.first), guard.first, guard.strides, guard.offset, guard.str()});
        break;
    }
  }
  if (apart.empty()) return;
  for (auto& use : ir::inputUses(graph))
    uses_.push_back({code.slotOfNode[use.input.value], graph.node(use.input).name, use, apart.count(use.input) != 0});
}

Checks::Dimension Checks::dimension(const ir::Expr& expression) {
  if (auto constant = expression.asConstant()) return {Dimension::Kind::constant, *constant};
  if (auto symbol = bareSymbol(expression); !symbol.empty()) {
    auto found = std::find(symbols_.begin(), symbols_.end(), symbol);
    if (found == symbols_.end()) found = symbols_.insert(symbols_.end(), symbol);
    return {Dimension::Kind::symbol, 0, static_cast<uint32_t>(found - symbols_.begin())};
  }
  expressions_.push_back(expression);
  return {Dimension::Kind::expression, 0, static_cast<uint32_t>(expressions_.size() - 1)};
}

void Checks::run(const std::vector<c10::IValue>& slots) {
  std::fill(symbolValues_.begin(), symbolValues_.end(), kUnset);
  pending_.clear();
  for (auto& input : inputs_) checkInput(input, slots[input.slot]);
  if (!pending_.empty() || !conditions_.empty() || !layouts_.empty()) checkExpressions();
  checkGuards(slots);
}

void Checks::misfit(const Input& input, const c10::IValue& value) const {
  throw run::InputError("input " + input.name + " is " + describe(value) + ", the graph's is " + input.annotation);
}

void Checks::checkInput(const Input& input, const c10::IValue& value) {
  if (input.number) {
    if (!value.isInt() && !value.isBool() && !value.isDouble()) misfit(input, value);
    if (value.isDouble()) return;  // a symbolic float has no equation
    return checkDimension(input, *input.number, value.isInt() ? value.toInt() : value.toBool(), -1);
  }
  if (!input.tensor) return;
  if (!value.isTensor()) misfit(input, value);
  auto& tensor = value.toTensor();
  if (tensor.scalar_type() != input.dtype || tensor.dim() != static_cast<int64_t>(input.shape.size())) misfit(input, value);
  if (tensor.device() != *input.device)
    throw run::InputError("input " + input.name + " is on " + tensor.device().str() + ", the program was made for " + input.device->str());
  for (size_t i = 0; i < input.shape.size(); ++i)
    checkDimension(input, input.shape[i], tensor.size(static_cast<int64_t>(i)), static_cast<int64_t>(i));
}

void Checks::checkDimension(const Input& input, const Dimension& dimension, int64_t actual, int64_t at) {
  auto where = [&] { return "input " + input.name + (at < 0 ? "" : "'s dimension " + std::to_string(at)); };
  switch (dimension.kind) {
    case Dimension::Kind::constant:
      if (actual != dimension.value)
        throw run::InputError(where() + " is " + std::to_string(actual) + ", the graph's is " + std::to_string(dimension.value) + " (" +
                              input.annotation + ")");
      return;
    case Dimension::Kind::symbol: {
      auto& value = symbolValues_[dimension.index];
      if (value == kUnset) value = actual;
      if (value != actual)
        throw run::InputError(where() + " is " + std::to_string(actual) + ", but " + symbols_[dimension.index] + " = " +
                              std::to_string(value) + " by the inputs before it (" + input.annotation + ")");
      return;
    }
    case Dimension::Kind::expression:
      pending_.push_back({expressions_[dimension.index], actual, where()});
      return;
  }
}

ir::Binding Checks::binding() const {
  ir::Binding result;
  for (size_t i = 0; i < symbols_.size(); ++i)
    if (symbolValues_[i] != kUnset) result[symbols_[i]] = symbolValues_[i];
  return result;
}

void Checks::checkExpressions() {
  known_ = binding();
  if (auto problem = run::solve(pending_, known_)) throw run::InputError(*problem);
  for (auto& [condition, text] : conditions_) {
    auto holds = condition.holds(known_);
    if (!holds)
      throw run::InputError("guard '" + text + "' cannot be checked: the inputs do not say all of its symbols (" + run::describe(known_) +
                            ")");
    if (!*holds) throw run::InputError("guard '" + text + "' does not hold for these inputs (" + run::describe(known_) + ")");
  }
}

void Checks::checkUses(const std::vector<c10::IValue>& slots) {
  // Sorted by address, only neighbours whose intervals meet are looked at: hundreds of inputs cost microseconds.
  spans_.clear();
  for (size_t i = 0; i < uses_.size(); ++i) {
    auto& value = slots[uses_[i].slot];
    if (!value.isTensor() || value.toTensor().numel() == 0) continue;
    auto [begin, end] = interval(value.toTensor());
    spans_.push_back({begin, end, i});
  }
  std::sort(spans_.begin(), spans_.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });
  for (size_t i = 0; i < spans_.size(); ++i) {
    for (size_t j = i + 1; j < spans_.size() && spans_[j].begin < spans_[i].end; ++j) {
      auto &a = uses_[spans_[i].use], &b = uses_[spans_[j].use];
      const bool wrong = (a.guarded && a.use.conflictsWith(b.use)) || (b.guarded && b.use.conflictsWith(a.use));
      if (wrong && shareMemory(slots[a.slot].toTensor(), slots[b.slot].toTensor()))
        throw run::InputError("inputs " + a.name + " and " + b.name +
                              " share memory: this graph writes in place and is right only when they do not");
    }
  }
}

void Checks::checkLayouts(const std::vector<c10::IValue>& slots) {
  std::vector<run::Equation> unsolved;  // of symbols that no size shows: the strides themselves must agree on them
  for (auto& layout : layouts_) {
    if (!slots[layout.slot].isTensor()) continue;
    auto& tensor = slots[layout.slot].toTensor();
    auto misfit = [&] {
      std::string found = "[";
      for (int64_t i = 0; i < tensor.dim(); ++i) found += (i ? ", " : "") + std::to_string(tensor.stride(i));
      return "input " + layout.name + " has strides " + found + "]" +
             (layout.offset ? ", storage offset " + std::to_string(tensor.storage_offset()) : "") +
             ": this graph is right only for " + layout.text;
    };
    if (tensor.numel() == 0) continue;
    if (tensor.dim() != static_cast<int64_t>(layout.strides.size())) throw run::InputError(misfit());
    auto check = [&](const ir::Expr& expected, int64_t actual, const std::string& what) {
      auto value = expected.evaluate(known_);
      if (value && *value != actual)
        throw run::InputError(misfit() + (expected.asConstant() ? "" : " (" + run::describe(known_) + ")"));
      if (!value) unsolved.push_back({expected, actual, misfit() + ": " + what});
    };
    for (int64_t i = 0; i < tensor.dim(); ++i)
      if (tensor.size(i) > 1) check(layout.strides[static_cast<size_t>(i)], tensor.stride(i), "stride " + std::to_string(i));
    if (layout.offset) check(*layout.offset, tensor.storage_offset(), "the storage offset");
  }
  if (unsolved.empty()) return;
  if (auto problem = run::solve(unsolved, known_)) throw run::InputError(*problem);
  for (auto& equation : unsolved)
    if (!equation.expression.evaluate(known_))
      throw run::InputError(equation.where + " cannot be checked: the inputs do not say all of its symbols");
}

void Checks::checkGuards(const std::vector<c10::IValue>& slots) {
  for (auto& guard : disjoint_) {
    if (!slots[guard.first].isTensor() || !slots[guard.second].isTensor()) continue;
    if (shareMemory(slots[guard.first].toTensor(), slots[guard.second].toTensor()))
      throw run::InputError("inputs " + guard.firstName + " and " + guard.secondName +
                            " share memory: this graph writes in place and is right only when they do not");
  }
  checkUses(slots);
  if (!layouts_.empty()) checkLayouts(slots);
  for (auto& [slot, name] : noSelfOverlap_) {
    if (!slots[slot].isTensor()) continue;
    auto& tensor = slots[slot].toTensor();
    if (tensor.is_contiguous()) continue;
    if (run::selfOverlap(0, tensor.sizes(), tensor.strides(), static_cast<int64_t>(tensor.itemsize())) != run::Overlap::disjoint)
      throw run::InputError("input " + name +
                            " shares memory with itself: this graph writes it in place and is right only when its elements are distinct");
  }
}

}  // namespace graph::torch
