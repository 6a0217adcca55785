#include "graph/run/workspace.h"

#include <set>

namespace graph::run {
namespace {

// Every tensor of the inputs with a place to put another: values first, then attributes.
std::vector<TensorPtr*> tensorsOf(ValueList& values, std::map<std::string, TensorPtr>& attributes) {
  std::vector<TensorPtr*> result;
  for (auto& value : values)
    if (auto* tensor = std::get_if<TensorPtr>(&value.data); tensor && *tensor) result.push_back(tensor);
  for (auto& [name, tensor] : attributes)
    if (tensor) result.push_back(&tensor);
  return result;
}

}  // namespace

Inputs cloneInputs(Backend& backend, const Inputs& inputs) {
  Inputs result = inputs;
  ValueList all = inputs.values;
  for (auto& [name, tensor] : inputs.attributes) all.push_back({tensor});
  all = backend.clone(all);
  size_t at = 0;
  for (auto& value : result.values) value = all[at++];
  for (auto& [name, tensor] : result.attributes) tensor = std::get<TensorPtr>(all[at++].data);
  return result;
}

Workspace::Workspace(Backend& backend, const Inputs& inputs, const std::vector<Program*>& programs)
    : backend_(backend), values_(inputs.values), attributes_(inputs.attributes) {
  auto own = tensorsOf(values_, attributes_);
  std::set<uint64_t> mutated;  // storages
  for (auto* program : programs) {
    auto trial = cloneInputs(backend, inputs);
    backend.seed(0);
    program->run(trial.values, trial.attributes);
    auto tried = tensorsOf(trial.values, trial.attributes);
    for (size_t i = 0; i < own.size(); ++i)
      if (!backend.compare(*own[i], *tried[i]).identical) mutated.insert((*own[i])->geometry().storage);
  }
  // Whatever shares a storage with something mutated is copied with it.
  std::vector<TensorPtr*> places;
  ValueList originals;
  for (auto* place : own)
    if (mutated.count((*place)->geometry().storage)) {
      places.push_back(place);
      originals.push_back({*place});
    }
  auto copies = backend.clone(originals);
  for (size_t i = 0; i < places.size(); ++i) {
    auto copy = std::get<TensorPtr>(copies[i].data);
    restored_.emplace_back(copy, *places[i]);
    *places[i] = copy;
  }
}

void Workspace::restore() {
  for (auto& [copy, original] : restored_) backend_.copyInto(copy, original);
  backend_.seed(0);
}

}  // namespace graph::run
