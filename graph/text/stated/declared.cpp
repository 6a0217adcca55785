#include "graph/text/stated/declared.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "graph/ir/words.h"

namespace graph::text {
namespace {

constexpr size_t kMostResults = 4096;   // of a graph without output: nothing says how many there are

/// What the graph returns, one by one; nothing when it has no output.
std::optional<std::vector<ir::Argument>> resultsOf(const ir::Graph& graph) {
  const ir::NodeId output = graph.output();
  if (!output) return std::nullopt;
  const ir::Node& node = graph.node(output);
  if (node.args.empty()) return std::vector<ir::Argument>(1);
  if (const auto* tuple = node.args[0].as<ir::Tuple>()) return tuple->items;
  if (const auto* list = node.args[0].as<ir::List>()) return list->items;
  return std::vector<ir::Argument>{node.args[0]};
}

/// Node names and targets of the placeholders, to their targets.
std::unordered_map<std::string_view, std::string_view> inputNames(const ir::Graph& graph) {
  std::unordered_map<std::string_view, std::string_view> names;
  for (ir::NodeId id : graph.placeholders()) names.try_emplace(graph.node(id).name, graph.node(id).target);
  for (ir::NodeId id : graph.placeholders()) names.try_emplace(graph.node(id).target, graph.node(id).target);
  return names;
}

std::string counted(size_t count, std::string_view what) { return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s"); }

}  // namespace

void Declared::addOutput(ir::OutputSpec spec, Range where, std::optional<std::string> node, std::optional<size_t> position) {
  const size_t next = outputs_.empty() ? 0 : outputs_.back().position + 1;
  outputs_.push_back({std::move(spec), std::move(node), position.value_or(next), where});
}

std::map<std::string, int64_t> Declared::hints() const {
  std::map<std::string, int64_t> hints;
  for (const Symbol& symbol : symbols_)
    if (symbol.facts.hint) hints.try_emplace(symbol.name, *symbol.facts.hint);
  return hints;
}

void Declared::keepSymbols(const std::set<std::string>& names) {
  std::erase_if(symbols_, [&](const Symbol& symbol) { return !names.contains(symbol.name); });
}

void Declared::apply(ir::Graph& graph, Problems& problems) const {
  if (!inputs_.empty() || !outputs_.empty()) {
    ir::Signature signature;
    signature.inputs = checkedInputs(graph, problems);
    signature.outputs = checkedOutputs(graph, signature, problems);
    graph.setSignature(std::move(signature));
  }
  if (!symbols_.empty()) applySymbols(graph, problems);
}

std::vector<ir::InputSpec> Declared::checkedInputs(const ir::Graph& graph, Problems& problems) const {
  const auto names = inputNames(graph);
  std::vector<ir::InputSpec> specs;
  std::set<std::string_view> seen;
  for (const Input& input : inputs_) {
    const auto found = names.find(input.spec.name);
    if (found == names.end()) {
      problems.warning(input.where, fmt::format("'{}' is no input of the graph", input.spec.name));
    } else if (!seen.insert(found->second).second) {
      problems.warning(input.where, fmt::format("input '{}' is listed twice", input.spec.name));
    } else {
      specs.push_back(input.spec);
      specs.back().name = std::string(found->second);
    }
  }
  if (inputs_.empty()) return specs;
  for (ir::NodeId id : graph.placeholders()) {
    if (seen.contains(graph.node(id).target)) continue;
    problems.warning(place_.value_or(inputs_.front().where), fmt::format("the signature lists {}, the graph takes {}: '{}' is not listed", counted(inputs_.size(), "input"),
                                                      graph.placeholders().size(), graph.node(id).target));
    break;
  }
  return specs;
}

std::vector<ir::OutputSpec> Declared::checkedOutputs(const ir::Graph& graph, const ir::Signature& signature, Problems& problems) const {
  std::vector<ir::OutputSpec> specs;
  if (outputs_.empty()) return specs;
  const auto results = resultsOf(graph);
  const auto names = inputNames(graph);
  std::set<std::pair<ir::InputKind, std::string_view>> targets;
  for (const auto& spec : signature.inputs) targets.insert({spec.kind, spec.target});
  const size_t count = results ? results->size() : kMostResults;
  size_t listed = 0;
  for (const Output& output : outputs_) {
    listed = std::max(listed, output.position + 1);
    if (output.position >= count) continue;
    if (specs.size() <= output.position) specs.resize(output.position + 1);
    ir::OutputSpec& spec = specs[output.position] = output.spec;
    const ir::NodeId returned = results ? (*results)[output.position].node() : ir::NodeId{};
    const std::string name = returned ? graph.node(returned).name : std::string();
    if (results && output.node && *output.node != name)
      problems.warning(output.where, fmt::format("output {} is {} in the graph, not {}", output.position, name.empty() ? "a constant" : "'" + name + "'",
                                                 output.node->empty() ? "a constant" : "'" + *output.node + "'"));
    const bool ofInput = spec.kind == ir::OutputKind::user_input_mutation || spec.kind == ir::OutputKind::gradient_to_user_input;
    if (ofInput) {
      const auto input = names.find(spec.target);
      if (input == names.end()) problems.warning(output.where, fmt::format("'{}' is no input of the graph", spec.target));
      else spec.target = std::string(input->second);
    } else if (spec.kind == ir::OutputKind::buffer_mutation && !targets.contains({ir::InputKind::buffer, spec.target})) {
      problems.warning(output.where, fmt::format("no input is the buffer '{}'", spec.target));
    } else if (spec.kind == ir::OutputKind::parameter_mutation && !targets.contains({ir::InputKind::parameter, spec.target})) {
      problems.warning(output.where, fmt::format("no input is the parameter '{}'", spec.target));
    }
  }
  if (results && listed != count)
    problems.warning(place_.value_or(outputs_.front().where), fmt::format("the signature lists {}, the graph returns {}", counted(listed, "output"), count));
  return specs;
}

void Declared::applySymbols(ir::Graph& graph, Problems& problems) const {
  ir::SymbolTable table = graph.symbolTable();
  for (const Symbol& symbol : symbols_) {
    if (!ir::isPythonIdentifier(symbol.name)) {
      problems.warning(symbol.where, fmt::format("'{}' is no symbol: what is said of it is not kept", symbol.name));
      continue;
    }
    ir::SymbolFacts facts = table[symbol.name];
    const auto take = [&](std::optional<int64_t>& into, const std::optional<int64_t>& value, std::string_view what) {
      if (into && value && *into != *value)
        problems.warning(symbol.where, fmt::format("{} has the {} {} here and {} earlier: the earlier one stays", symbol.name, what, *value, *into));
      else if (value) into = value;
    };
    take(facts.lower, symbol.facts.lower, "lower bound");
    take(facts.upper, symbol.facts.upper, "upper bound");
    take(facts.hint, symbol.facts.hint, "hint");
    if (facts.lower && facts.upper && *facts.lower > *facts.upper) {
      problems.warning(symbol.where, fmt::format("no value of {} is in {}", symbol.name, facts.range()));
      continue;
    }
    if (facts.hint && !facts.contains(*facts.hint))
      problems.warning(symbol.where, fmt::format("the hint {} of {} is outside of {}", *facts.hint, symbol.name, facts.range()));
    table[symbol.name] = facts;
  }
  graph.setSymbolTable(std::move(table));
}

}  // namespace graph::text
