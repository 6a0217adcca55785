#include "graph/run/outcome.h"

#include "graph/run/workspace.h"

namespace graph::run {
namespace {

void flattenInto(const Value& value, ValueList& into) {
  if (auto* list = std::get_if<std::shared_ptr<ValueList>>(&value.data)) {
    if (*list)
      for (auto& item : **list) flattenInto(item, into);
    return;
  }
  into.push_back(value);
}

}  // namespace

ValueList flatten(const ValueList& values) {
  ValueList result;
  for (auto& value : values) flattenInto(value, result);
  return result;
}

Outcome runOnce(Backend& backend, Program& program, const Inputs& inputs, uint64_t seed) {
  Outcome result;
  result.inputs = cloneInputs(backend, inputs);
  backend.seed(seed);
  result.outputs = flatten(program.run(result.inputs.values, result.inputs.attributes));
  return result;
}

std::vector<Named> sources(const ir::Graph& graph, const Inputs& inputs) {
  std::vector<Named> result;
  size_t at = 0;
  for (auto id : graph.placeholders()) {
    if (at >= inputs.values.size()) break;
    if (auto* tensor = inputs.values[at++].tensor(); tensor && *tensor) result.push_back({"input." + sourceName(graph.node(id)), *tensor});
  }
  for (auto& [name, tensor] : inputs.attributes)
    if (tensor) result.push_back({"attr." + name, tensor});
  return result;
}

std::vector<Named> outputTensors(const ValueList& flattened) {
  std::vector<Named> result;
  for (size_t i = 0; i < flattened.size(); ++i)
    if (auto* tensor = flattened[i].tensor(); tensor && *tensor) result.push_back({"output." + std::to_string(i), *tensor});
  return result;
}

std::set<std::string> changed(Backend& backend, const ir::Graph& graph, const Inputs& from, const Inputs& to) {
  std::set<std::string> result;
  auto before = sources(graph, from), after = sources(graph, to);
  for (size_t i = 0; i < before.size() && i < after.size(); ++i)
    if (!backend.compare(before[i].tensor, after[i].tensor).identical) result.insert(before[i].name);
  return result;
}

std::set<std::pair<std::string, std::string>> sharing(const ir::Graph& graph, const Outcome& outcome) {
  std::set<std::pair<std::string, std::string>> result;
  std::map<uint64_t, std::vector<std::string>> byStorage;
  for (auto& [name, tensor] : sources(graph, outcome.inputs)) {
    auto geometry = tensor->geometry();
    if (geometry.numel() > 0) byStorage[geometry.storage].push_back(name);
  }
  for (auto& [name, tensor] : outputTensors(outcome.outputs)) {
    auto geometry = tensor->geometry();
    if (geometry.numel() == 0) continue;
    auto& group = byStorage[geometry.storage];
    for (auto& other : group) result.insert({name, other});
    group.push_back(name);
  }
  return result;
}

std::set<std::pair<std::string, std::string>> leaks(Backend& backend, const ir::Graph& graph, Outcome& outcome) {
  auto all = sources(graph, outcome.inputs), outputs = outputTensors(outcome.outputs);
  const size_t firstOutput = all.size();
  all.insert(all.end(), outputs.begin(), outputs.end());
  ValueList known;  // what each held when it was looked at last
  std::vector<uint64_t> storage;
  for (auto& [name, tensor] : all) {
    known.push_back({tensor});
    storage.push_back(tensor->geometry().storage);
  }
  known = backend.clone(known);
  std::set<std::pair<std::string, std::string>> result;
  auto look = [&](size_t i, const std::string& writer) {
    auto& before = std::get<TensorPtr>(known[i].data);
    if (backend.compare(all[i].tensor, before).identical) return;
    if (all[i].name != writer) result.insert({writer, all[i].name});
    before = std::get<TensorPtr>(backend.clone({{all[i].tensor}})[0].data);
  };
  for (size_t output = firstOutput; output < all.size(); ++output) {
    try {
      backend.add(all[output].tensor, 100);
    } catch (const std::exception&) {
      continue;  // what cannot be written (elements that share an address) leaks nothing
    }
    for (size_t i = 0; i < all.size(); ++i)
      if (storage[i] == storage[output]) look(i, all[output].name);
  }
  for (size_t i = 0; i < all.size(); ++i) look(i, "an output");  // what shares no storage must not have moved
  return result;
}

std::string describe(const Geometry& geometry) {
  std::string text(ir::abbreviation(geometry.dtype));
  text += '[';
  for (size_t i = 0; i < geometry.sizes.size(); ++i) text += (i ? ", " : "") + std::to_string(geometry.sizes[i]);
  return text + "]";
}

std::string misfit(const Geometry& a, const Geometry& b) {
  if (a.dtype == b.dtype && a.sizes == b.sizes) return {};
  return describe(a) + " against " + describe(b);
}

std::string describePlain(const Value& value) {
  struct Show {
    std::string operator()(ir::None) const { return "None"; }
    std::string operator()(bool v) const { return v ? "True" : "False"; }
    std::string operator()(int64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const { return std::to_string(v); }
    std::string operator()(std::complex<double> v) const { return std::to_string(v.real()) + "+" + std::to_string(v.imag()) + "j"; }
    std::string operator()(const std::string& v) const { return "'" + v + "'"; }
    std::string operator()(const TensorPtr& v) const { return v ? describe(v->geometry()) : "None"; }
    std::string operator()(const std::shared_ptr<ValueList>&) const { return "a list"; }
  };
  return std::visit(Show{}, value.data);
}

}  // namespace graph::run
