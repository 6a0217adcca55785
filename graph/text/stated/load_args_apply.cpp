// What load_args says, given to the graph: annotations, hints, and notes on inputs that share memory.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "graph/text/printer.h"
#include "graph/text/stated/load_args.h"
#include "graph/text/stated/symbol_match.h"

namespace graph::text {
namespace {

std::string joined(const std::vector<std::string>& names) {
  constexpr size_t kMost = 8;
  std::string text;
  for (size_t i = 0; i < names.size() && i < kMost; ++i) text += (i ? ", " : "") + names[i];
  return names.size() > kMost ? text + fmt::format(", ... ({} in all)", names.size()) : text;
}

/// Are the placeholders those that Dynamo made, in its order? Inference graphs have arg0_1, arg1_1 …, forward ones primals_1, primals_2 …
bool isDynamoOrder(const ir::Graph& graph) {
  size_t i = 0;
  bool inference = true, forward = true;
  for (ir::NodeId id : graph.placeholders()) {
    const auto& name = graph.node(id).target;
    inference = inference && name == fmt::format("arg{}_1", i);
    ++i;
    forward = forward && name == fmt::format("primals_{}", i);
  }
  return inference || forward;
}

bool mayBeEqual(const ir::Expr& a, const ir::Expr& b) { return a == b || a.asConstant().has_value() != b.asConstant().has_value(); }

bool mayBeEqual(const std::vector<ir::Expr>& a, const std::vector<ir::Expr>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const ir::Expr& x, const ir::Expr& y) { return mayBeEqual(x, y); });
}

/// An annotation says no more than its text: strides and devices are compared where it has them.
bool mayBeSame(const ir::TensorMeta& annotation, const ir::TensorMeta& loaded) {
  if (annotation.dtype != loaded.dtype || !mayBeEqual(annotation.shape, loaded.shape)) return false;
  if (annotation.stride && loaded.stride && !mayBeEqual(*annotation.stride, *loaded.stride)) return false;
  return !annotation.device || !loaded.device || *annotation.device == *loaded.device;
}

}  // namespace

void LoadArgs::apply(ir::Graph& graph, Declared& values) {
  const auto placeholders = graph.placeholders();
  if (placeholders.size() != inputs_.size())
    problems_.warning(place_, fmt::format("load_args makes {} argument{}, the graph takes {}", inputs_.size(), inputs_.size() == 1 ? "" : "s", placeholders.size()));
  const size_t count = std::min(placeholders.size(), inputs_.size());
  for (size_t i = 0; i < count; ++i) {
    const auto& target = graph.node(placeholders[i]).target;
    if (!inputs_[i].name.empty() && inputs_[i].name != target && inputs_[i].name != graph.node(placeholders[i]).name)
      problems_.warning(inputs_[i].where, fmt::format("this is argument {}, '{}' in the graph; its comment says '{}'", i, target, inputs_[i].name));
  }
  numbers(graph, values);
  for (size_t i = 0; i < count; ++i)
    if (inputs_[i].kind == LoadedInput::Kind::tensor) annotate(graph, placeholders[i], inputs_[i], values);
  noteMemory();
  const auto symbols = graph.symbols();   // a script sets other names to numbers too
  values.keepSymbols({symbols.begin(), symbols.end()});
}

/// Gives the placeholders of reader.symint their symbols, and the symbols their hints.
void LoadArgs::numbers(ir::Graph& graph, Declared& values) {
  const auto placeholders = graph.placeholders();
  const auto known = values.hints();
  const auto matches = matchSymbols(inputs_, known, isDynamoOrder(graph));
  std::vector<std::string> byOrder, guessed, own;
  const LoadedInput *firstOrder = nullptr, *firstGuess = nullptr, *firstOwn = nullptr;
  std::set<std::string> open;   // symbols of tensors that no number and no line gives a value
  for (const auto& input : inputs_)
    if (input.kind == LoadedInput::Kind::tensor)
      for (const auto& size : input.tensor.shape) size.collectSymbols(open);
  for (const auto& [symbol, value] : known) open.erase(symbol);
  for (const auto& match : matches) open.erase(match.symbol);
  for (size_t i = 0; i < std::min(placeholders.size(), inputs_.size()); ++i) {
    const LoadedInput& input = inputs_[i];
    if (input.kind != LoadedInput::Kind::number) continue;
    ir::Node node = graph.node(placeholders[i]);
    std::string symbol = matches[i].symbol;
    if (node.sym()) {   // the annotation says which one it is
      symbol = soleSymbol(node.sym()->value);
      const auto constant = node.sym()->value.asConstant();
      if (constant && input.number && *constant != *input.number)
        problems_.warning(input.where, fmt::format("'{}' is annotated {} and is {} here: the annotation stays", node.target, printMeta(node.meta), *input.number));
    } else if (!std::holds_alternative<std::monostate>(node.meta)) {
      problems_.warning(input.where, fmt::format("'{}' is annotated {} and is a number here: the annotation stays", node.target, printMeta(node.meta)));
      continue;
    } else {
      const auto note = [&](std::vector<std::string>& names, const LoadedInput*& first) {
        if (!first) first = &input;
        names.push_back(symbol.empty() ? node.target : fmt::format("{} is {}", node.target, symbol));
      };
      const bool isChecked = known.count(symbol) && input.number;   // by the value that the file gives the symbol
      if (symbol.empty()) note(own, firstOwn);
      else if (matches[i].by == SymbolMatch::By::guess) note(guessed, firstGuess);
      else if (matches[i].by == SymbolMatch::By::order && !isChecked) note(byOrder, firstOrder);
      if (symbol.empty()) symbol = node.name;   // a symbol of its own: what else it equals is not known
      node.meta = ir::SymMeta{ir::Expr::symbol(symbol)};
      graph.replace(placeholders[i], std::move(node));
    }
    if (!symbol.empty() && input.number) values.addSymbol(symbol, {{}, {}, *input.number}, input.where);
  }
  if (firstOrder) problems_.note(firstOrder->where, "numbers are taken for the symbols of the tensor behind them, in Dynamo's order: " + joined(byOrder));
  if (firstGuess) problems_.warning(firstGuess->where, "which symbols these numbers are is a guess, by their order: " + joined(guessed));
  if (firstOwn && !open.empty())
    problems_.warning(firstOwn->where, fmt::format("which of {} these numbers are cannot be told, they are symbols of their own: {}",
                                                   joined({open.begin(), open.end()}), joined(own)));
}

void LoadArgs::annotate(ir::Graph& graph, ir::NodeId id, const LoadedInput& input, Declared& values) {
  ir::Node node = graph.node(id);
  if (std::holds_alternative<std::monostate>(node.meta)) {
    node.meta = input.tensor;
    return graph.replace(id, std::move(node));
  }
  if (!node.tensor() || !mayBeSame(*node.tensor(), input.tensor)) {
    problems_.warning(input.where, fmt::format("'{}' is annotated {} and is {} here: the annotation stays", node.target, printMeta(node.meta), printMeta(input.tensor)));
    return;
  }
  for (size_t d = 0; d < input.tensor.shape.size(); ++d) {
    const auto symbol = soleSymbol(node.tensor()->shape[d]);
    const auto size = input.tensor.shape[d].asConstant();
    if (!symbol.empty() && size) values.addSymbol(symbol, {{}, {}, *size}, input.where);
  }
}

/// Inputs that share a storage or begin inside one: a graph's annotations have no word for it.
void LoadArgs::noteMemory() {
  std::map<std::string, std::vector<const LoadedInput*>> byStorage;
  std::vector<std::string> shifted;
  const LoadedInput* firstShifted = nullptr;
  for (const auto& input : inputs_) {
    if (input.kind != LoadedInput::Kind::tensor) continue;
    byStorage[input.storage].push_back(&input);
    if (input.offset == ir::Expr(0)) continue;
    if (!firstShifted) firstShifted = &input;
    shifted.push_back(fmt::format("{} at {}", input.name, input.offset.str()));
  }
  for (const auto& [storage, inputs] : byStorage) {
    if (inputs.size() < 2) continue;
    std::vector<std::string> names;
    for (const auto* input : inputs) names.push_back(input->name);
    problems_.note(inputs[1]->where, fmt::format("inputs that share the memory of {}: {}; those that are made for a run lie apart", storage, joined(names)));
  }
  if (firstShifted) problems_.note(firstShifted->where, "inputs that do not begin where their storage does, in elements: " + joined(shifted));
}

}  // namespace graph::text
