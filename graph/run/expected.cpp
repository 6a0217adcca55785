// One run's results as safetensors: compared with a file of expected ones, and saved as one.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "graph/run/elements.h"
#include "graph/run/equivalence.h"
#include "graph/run/outcome.h"

namespace graph::run {
namespace {

using Json = nlohmann::json;

std::string show(const files::TensorBytes& tensor) {
  Geometry geometry;
  geometry.dtype = tensor.dtype;
  geometry.sizes = tensor.shape;
  return describe(geometry);
}

ItemComparison compareWithBytes(Backend& backend, const std::string& name, const TensorPtr& actual, const files::TensorBytes& wanted,
                                bool exact) {
  ItemComparison item{name};
  auto geometry = actual->geometry();
  if (geometry.dtype != wanted.dtype || geometry.sizes != wanted.shape) {
    item.same = item.identical = false;
    item.problem = describe(geometry) + ", expected " + show(wanted);
    return item;
  }
  auto difference = compareElements(geometry.dtype, backend.bytes(actual), wanted.bytes, toleranceOf(geometry.dtype));
  item.identical = difference.identical;
  item.same = exact ? difference.identical : difference.close;
  item.maxAbs = difference.maxAbs;
  item.maxRel = difference.maxRel;
  if (!item.same) {
    item.problem = std::to_string(difference.differing) + " elements differ";
    if (difference.maxAbs > 0) item.problem += ", by " + Json(difference.maxAbs).dump() + " at most";
  }
  return item;
}

Json metadataOf(const files::Safetensors& file, const char* key) {
  auto found = file.metadata().find(key);
  return found == file.metadata().end() ? Json() : Json::parse(found->second, nullptr, false);
}

Json plainJson(const Value& value) {
  if (auto* v = std::get_if<bool>(&value.data)) return *v;
  if (auto* v = std::get_if<int64_t>(&value.data)) return *v;
  if (auto* v = std::get_if<double>(&value.data)) return *v;
  if (auto* v = std::get_if<std::string>(&value.data)) return *v;
  return {};
}

bool isNone(const Value& value) {
  auto* tensor = value.tensor();
  return std::holds_alternative<ir::None>(value.data) || (tensor && !*tensor);
}

class FileComparison {
 public:
  FileComparison(Backend& backend, const files::Safetensors& expected, bool exact)
      : backend_(backend), expected_(expected), exact_(exact), ints_(metadataOf(expected, "ints")), nones_(metadataOf(expected, "nones")) {}

  void output(size_t index, const Value& value) {
    auto name = "output." + std::to_string(index);
    auto found = expected_.tensors().find(name);
    used_.insert(name);
    auto* tensor = value.tensor();
    if (tensor && *tensor) {
      if (found == expected_.tensors().end()) return problem(result.outputs, name, "the file has no such result");
      return result.outputs.push_back(compareWithBytes(backend_, name, *tensor, found->second, exact_));
    }
    if (found != expected_.tensors().end())
      return problem(result.outputs, name, describePlain(value) + ", expected " + show(found->second));
    plain(name, index, value);
  }

  // A final state, when the file lists it under one of its names; otherwise it must be what it was.
  void source(const std::string& name, const std::string& otherName, const TensorPtr& original, const TensorPtr& final) {
    for (auto& key : {name, otherName}) {
      auto found = expected_.tensors().find(key);
      if (found == expected_.tensors().end()) continue;
      used_.insert(key);
      return result.mutatedInputs.push_back(compareWithBytes(backend_, key, final, found->second, exact_));
    }
    if (!backend_.compare(original, final).identical) problem(result.mutatedInputs, name, "changed, and the file does not list it");
  }

  Equivalence finish() {
    for (auto& [name, tensor] : expected_.tensors())
      if (!used_.count(name)) problem(result.outputs, name, "expected, but the graph has no such result");
    result.status = Equivalence::Status::same;
    result.bitIdentical = true;
    for (auto* list : {&result.outputs, &result.mutatedInputs})
      for (auto& item : *list) {
        result.bitIdentical &= item.identical;
        result.maxAbs = std::max(result.maxAbs, item.maxAbs);
        if (item.same) continue;
        result.status = Equivalence::Status::different;
        if (result.reason.empty()) result.reason = item.name + ": " + item.problem;
      }
    return std::move(result);
  }

  Equivalence result;

 private:
  static void problem(std::vector<ItemComparison>& list, const std::string& name, std::string text) {
    ItemComparison item{name, false, false};
    item.problem = std::move(text);
    list.push_back(std::move(item));
  }

  // A file without these metadata says nothing about what is no tensor.
  void plain(const std::string& name, size_t index, const Value& value) {
    if (isNone(value)) {
      bool listed = !nones_.is_array() || std::find(nones_.begin(), nones_.end(), Json(index)) != nones_.end();
      if (!listed || (ints_.is_object() && ints_.contains(name)))
        return problem(result.outputs, name, "None, which the file does not list");
    } else if (ints_.is_object()) {
      if (!ints_.contains(name)) return problem(result.outputs, name, describePlain(value) + ", which the file does not list");
      if (!(ints_[name] == plainJson(value)) &&
          !(std::holds_alternative<bool>(value.data) && ints_[name] == Json(int64_t{std::get<bool>(value.data)})))
        return problem(result.outputs, name, describePlain(value) + ", expected " + ints_[name].dump());
    }
    result.outputs.push_back({name});
  }

  Backend& backend_;
  const files::Safetensors& expected_;
  bool exact_;
  Json ints_, nones_;
  std::set<std::string> used_;
};

}  // namespace

Equivalence compareWithFile(Backend& backend, const ir::Graph& graph, const ValueList& outputs, const Inputs& before, const Inputs& after,
                            const files::Safetensors& expected, bool exact) {
  FileComparison comparison(backend, expected, exact);
  auto flat = flatten(outputs);
  for (size_t i = 0; i < flat.size(); ++i) comparison.output(i, flat[i]);
  size_t at = 0;
  for (auto id : graph.placeholders()) {
    if (at >= before.values.size() || at >= after.values.size()) break;
    auto *x = before.values[at].tensor(), *y = after.values[at].tensor();
    ++at;
    auto& node = graph.node(id);
    if (x && y && *x && *y) comparison.source("input." + sourceName(node), "input." + node.name, *x, *y);
  }
  for (auto& [name, tensor] : before.attributes)
    if (auto found = after.attributes.find(name); found != after.attributes.end() && tensor)
      comparison.source("attr." + name, "attr." + name, tensor, found->second);
  auto result = comparison.finish();
  result.bindings.push_back(before.symbols);
  return result;
}

void saveResults(Backend& backend, const ir::Graph& graph, const ValueList& outputs, const Inputs& before, const Inputs& after,
                 const std::string& path) {
  std::vector<std::pair<std::string, std::vector<std::byte>>> storage;
  std::vector<std::pair<std::string, files::TensorBytes>> tensors;
  Json ints = Json::object(), nones = Json::array();
  auto add = [&](const std::string& name, const TensorPtr& tensor) {
    auto geometry = tensor->geometry();
    storage.emplace_back(name, backend.bytes(tensor));
    tensors.push_back({name, {geometry.dtype, geometry.sizes, {}}});
  };
  auto flat = flatten(outputs);
  for (size_t i = 0; i < flat.size(); ++i) {
    auto name = "output." + std::to_string(i);
    if (auto* tensor = flat[i].tensor(); tensor && *tensor)
      add(name, *tensor);
    else if (isNone(flat[i]))
      nones.push_back(i);
    else
      ints[name] = plainJson(flat[i]);
  }
  auto mutated = changed(backend, graph, before, after);
  for (auto& [name, tensor] : sources(graph, after))
    if (mutated.count(name)) add(name, tensor);
  for (size_t i = 0; i < tensors.size(); ++i) tensors[i].second.bytes = storage[i].second;
  files::writeSafetensors(path, tensors, {{"ints", ints.dump()}, {"nones", nones.dump()}});
}

}  // namespace graph::run
