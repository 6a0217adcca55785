#include "graph/run/given.h"

#include <nlohmann/json.hpp>

namespace graph::run {
namespace {

using Json = nlohmann::json;

std::string showShape(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}
std::string show(ir::DType dtype, const std::vector<int64_t>& shape) { return std::string(ir::abbreviation(dtype)) + showShape(shape); }
std::string show(const ir::TensorMeta& meta) {
  std::string text(ir::abbreviation(meta.dtype));
  text += '[';
  for (size_t i = 0; i < meta.shape.size(); ++i) text += (i ? ", " : "") + meta.shape[i].str();
  return text + "]";
}

std::vector<int64_t> integers(const Json& json, const std::string& where) {
  std::vector<int64_t> result;
  if (!json.is_array()) throw InputError(where + " is no list of integers");
  for (auto& item : json) {
    if (!item.is_number_integer()) throw InputError(where + " is no list of integers");
    result.push_back(item.get<int64_t>());
  }
  return result;
}

Json parse(const std::string& text, const std::string& where) {
  auto json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) throw InputError(where + " is no JSON");
  return json;
}

}  // namespace

std::string sourceName(const ir::Node& node) {
  return node.op == ir::Op::get_attr ? "attr." + node.target : node.target.empty() ? node.name : node.target;
}

Given::Given(const ir::Graph& graph, const InputRequest& request) : graph_(graph) {
  for (auto id : graph) {
    auto& node = graph.node(id);
    if (node.op == ir::Op::placeholder) sources_.try_emplace(node.name, id);
    if (node.op == ir::Op::placeholder || (node.op == ir::Op::get_attr && !graph.subgraphs().count(node.target)))
      sources_[sourceName(node)] = id;
  }
  for (auto& [name, value] : request.bind) bind(name, value, "--bind", /*strong=*/true);
  if (request.tensorsFile) {
    path_ = *request.tensorsFile;
    file_ = files::Safetensors::open(path_);
    readMetadata();
    readTensors();
  }
  if (auto problem = solve(equations_, symbols_)) throw InputError(*problem);
}

ir::NodeId Given::source(const std::string& name) const {
  auto found = sources_.find(name);
  if (found != sources_.end()) return found->second;
  std::string known;
  size_t count = 0;
  for (auto& [other, id] : sources_) {
    if (count++ == 8) {
      known += ", …";
      break;
    }
    known += (known.empty() ? "" : ", ") + other;
  }
  throw InputError(path_ + ": '" + name + "' is no input of the graph" + (known.empty() ? "" : " (it has " + known + ")"));
}

void Given::bind(const std::string& name, int64_t value, const std::string& who, bool strong) {
  if (auto found = sources_.find(name); found != sources_.end() && graph_.node(found->second).op == ir::Op::placeholder) {
    auto& node = graph_.node(found->second);
    if (node.tensor()) throw InputError(who + ": '" + name + "' is a tensor, not a number");
    if (!strong && numbers_.count(found->second)) return;  // --bind wins over the file
    numbers_[found->second] = value;
    if (auto* sym = node.sym()) equations_.push_back({sym->value, value, who + ": " + name});
    return;
  }
  for (auto& symbol : graph_.symbols())
    if (symbol == name) {
      if (!strong && symbols_.count(name)) return;
      symbols_[name] = value;
      return;
    }
  std::string known;
  for (auto& symbol : graph_.symbols()) known += (known.empty() ? "" : ", ") + symbol;
  throw InputError(who + ": the graph has no symbol and no number called '" + name + "'" +
                   (known.empty() ? "" : " (its symbols: " + known + ")"));
}

void Given::readMetadata() {
  auto& metadata = file_->metadata();
  auto value = [&](const char* key) { return metadata.count(key) ? parse(metadata.at(key), path_ + ": metadata '" + key + "'") : Json(); };
  auto symbols = value("symbols"), strides = value("strides"), aliases = value("aliases");
  for (auto& [name, number] : symbols.items()) {
    if (!number.is_number_integer()) throw InputError(path_ + ": symbol '" + name + "' is no integer");
    bind(name, number.get<int64_t>(), path_, /*strong=*/false);
  }
  for (auto& [name, list] : strides.items()) strides_[source(name)] = integers(list, path_ + ": the strides of '" + name + "'");
  for (auto& group : aliases) {
    std::vector<Alias> members;
    for (auto& item : group) {
      if (!item.is_object() || !item.contains("name") || !item["name"].is_string()) throw InputError(path_ + ": an alias without a name");
      auto name = item["name"].get<std::string>();
      Alias alias{source(name)};
      for (auto* key : {"size", "stride", "storage_offset"})
        if (!item.contains(key)) throw InputError(path_ + ": the alias '" + name + "' has no " + key);
      alias.size = integers(item["size"], path_ + ": the size of alias '" + name + "'");
      alias.stride = integers(item["stride"], path_ + ": the stride of alias '" + name + "'");
      if (alias.size.size() != alias.stride.size())
        throw InputError(path_ + ": the alias '" + name + "' has another number of strides than of sizes");
      if (!item["storage_offset"].is_number_integer())
        throw InputError(path_ + ": the storage_offset of alias '" + name + "' is no integer");
      alias.offset = item["storage_offset"].get<int64_t>();
      members.push_back(std::move(alias));
    }
    aliases_.push_back(std::move(members));
  }
}

void Given::readTensors() {
  for (auto& [name, tensor] : file_->tensors()) {
    auto id = source(name);
    checkTensor(id, tensor);
    tensors_[id] = &tensor;
  }
}

void Given::checkTensor(ir::NodeId id, const files::TensorBytes& tensor) {
  auto& node = graph_.node(id);
  if (node.sym()) throw InputError(path_ + ": '" + node.name + "' is a number, not a tensor");
  auto* meta = node.tensor();
  if (!meta) return;
  if (meta->dtype != tensor.dtype || meta->shape.size() != tensor.shape.size())
    throw InputError(path_ + ": '" + sourceName(node) + "' is " + show(tensor.dtype, tensor.shape) + ", the graph's is " + show(*meta));
  for (size_t i = 0; i < tensor.shape.size(); ++i) {
    auto constant = meta->shape[i].asConstant();
    if (constant && *constant != tensor.shape[i])
      throw InputError(path_ + ": '" + sourceName(node) + "' is " + show(tensor.dtype, tensor.shape) + ", the graph's is " + show(*meta));
    if (!constant)
      equations_.push_back(
          {meta->shape[i], tensor.shape[i], path_ + ": dimension " + std::to_string(i) + " of '" + sourceName(node) + "'"});
  }
}

const files::TensorBytes* Given::tensor(ir::NodeId id) const {
  auto found = tensors_.find(id);
  return found == tensors_.end() ? nullptr : found->second;
}
std::optional<int64_t> Given::number(ir::NodeId id) const {
  auto found = numbers_.find(id);
  return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}
const std::vector<int64_t>* Given::strides(ir::NodeId id) const {
  auto found = strides_.find(id);
  return found == strides_.end() ? nullptr : &found->second;
}

}  // namespace graph::run
