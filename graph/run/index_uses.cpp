#include "graph/run/index_uses.h"

#include <algorithm>
#include <deque>
#include <set>
#include <string_view>

#include "graph/ir/schema.h"

namespace graph::run {
namespace {

// `aten.view.default` -> `view`.
std::string_view operatorName(std::string_view target) {
  auto first = target.find('.');
  if (first == std::string_view::npos) return target;
  auto rest = target.substr(first + 1);
  return rest.substr(0, rest.rfind('.') == std::string_view::npos ? rest.size() : rest.rfind('.'));
}

// The elements of the result are elements of the first argument.
const std::set<std::string_view> kKeepsValues{"view",
                                              "_unsafe_view",
                                              "reshape",
                                              "slice",
                                              "select",
                                              "unsqueeze",
                                              "squeeze",
                                              "expand",
                                              "permute",
                                              "transpose",
                                              "t",
                                              "clone",
                                              "alias",
                                              "detach",
                                              "contiguous",
                                              "_to_copy",
                                              "convert_element_type",
                                              "device_put",
                                              "broadcast_in_dim",
                                              "repeat",
                                              "flatten",
                                              "narrow",
                                              "as_strided",
                                              "split",
                                              "split_with_sizes",
                                              "unbind",
                                              "chunk",
                                              "cat",
                                              "stack",
                                              "flip",
                                              "rev",
                                              "roll",
                                              "lift_fresh",
                                              "lift_fresh_copy",
                                              "clamp",
                                              "clamp_min",
                                              "clamp_max",
                                              "where",
                                              "index",
                                              "gather",
                                              "index_select",
                                              "constant_pad_nd",
                                              "view_copy",
                                              "slice_copy",
                                              "select_copy",
                                              "expand_copy",
                                              "permute_copy",
                                              "unsqueeze_copy",
                                              "squeeze_copy",
                                              "transpose_copy",
                                              "repeat_interleave",
                                              "triu",
                                              "tril",
                                              "masked_fill",
                                              "wait_tensor"};

// Places within one argument where the value goes: `index.Tensor(self, [None, x])` uses x as the index of dimension 1.
class Tracer {
 public:
  Tracer(const ir::Graph& graph, const ir::Binding& binding) : graph_(graph), binding_(binding) {}

  IndexUse trace(ir::NodeId input) {
    visit(input, 0);
    while (!queue_.empty()) {
      auto [id, offset] = queue_.front();
      queue_.pop_front();
      for (auto user : graph_.users(id)) use(user, id, offset);
    }
    return result_;
  }

 private:
  struct Place {
    ir::NodeId node;
    int64_t offset;  // the value here is the input's plus this
  };

  void visit(ir::NodeId id, int64_t offset) {
    if (seen_.insert({id, offset}).second && seen_.size() < 10'000) queue_.push_back({id, offset});
  }

  void use(ir::NodeId user, ir::NodeId value, int64_t offset) {
    auto& node = graph_.node(user);
    if (node.op != ir::Op::call_function) return;
    auto name = operatorName(node.target);
    if (node.target.ends_with("getitem")) return visit(user, offset);
    if (name == "_local_scalar_dense" || name == "item") return scalar(node, offset);
    if (indexing(node, name, value, offset)) return;
    if ((name == "add" || name == "sub") && node.args.size() >= 2) return sum(user, node, name == "sub", value, offset);
    if (!node.args.empty() && kKeepsValues.count(name) && carries(node, name, value)) visit(user, offset);
  }

  // The value is among the elements that the result takes (not the index or the condition).
  bool carries(const ir::Node& node, std::string_view name, ir::NodeId value) const {
    if (name == "where")
      return node.args.size() > 1 && (node.args[1].node() == value || (node.args.size() > 2 && node.args[2].node() == value));
    bool found = false;
    node.args[0].forEachNode([&](ir::NodeId id) { found |= id == value; });
    return found;
  }

  void scalar(const ir::Node& node, int64_t offset) {
    if (auto* sym = node.sym())
      if (auto wanted = sym->value.evaluate(binding_)) result_.exact = *wanted - offset;
  }

  // x + 3, or x + arange(n): the greatest number added counts.
  void sum(ir::NodeId user, const ir::Node& node, bool minus, ir::NodeId value, int64_t offset) {
    auto& other = node.args[0].node() == value ? node.args[1] : node.args[0];
    if (minus && node.args[0].node() != value) return;
    if (auto* number = other.as<int64_t>()) return visit(user, offset + (minus ? -*number : *number));
    auto id = other.node();
    if (!id || minus) return;
    if (auto* sym = graph_.node(id).sym()) {
      if (auto number = sym->value.evaluate(binding_)) visit(user, offset + *number);
      return;
    }
    visit(user, offset);
    if (auto length = rangeLength(id); length > 1) visit(user, offset + length - 1);
  }

  // Elements 0 … n-1 when the node is an arange, possibly viewed; else 0.
  int64_t rangeLength(ir::NodeId id) const {
    for (int depth = 0; depth < 8; ++depth) {
      auto& node = graph_.node(id);
      auto name = operatorName(node.target);
      if (name == "iota" || name == "arange") {
        auto* meta = node.tensor();
        auto length = meta && meta->shape.size() == 1 ? meta->shape[0].evaluate(binding_) : std::nullopt;
        return length.value_or(0);
      }
      if (node.args.empty() || !node.args[0].node() || !kKeepsValues.count(name)) return 0;
      id = node.args[0].node();
    }
    return 0;
  }

  std::optional<int64_t> size(const ir::Argument* tensor, int64_t dim) const {
    auto id = tensor ? tensor->node() : ir::NodeId{};
    auto* meta = id ? graph_.node(id).tensor() : nullptr;
    if (!meta) return std::nullopt;
    auto rank = static_cast<int64_t>(meta->shape.size());
    if (dim < 0) dim += rank;
    return dim >= 0 && dim < rank ? meta->shape[static_cast<size_t>(dim)].evaluate(binding_) : std::nullopt;
  }

  void limit(std::optional<int64_t> size, int64_t offset, bool distinct) {
    result_.used = true;
    result_.distinct |= distinct;
    result_.low = std::max(result_.low, -offset);
    if (size) result_.high = std::min(result_.high, *size - offset);
  }

  bool indexing(const ir::Node& node, std::string_view name, ir::NodeId value, int64_t offset) {
    auto argument = [&](std::string_view key) { return ir::argumentByName(node, key); };
    auto is = [&](const ir::Argument* given) { return given && given->node() == value; };
    if (name == "embedding" || name == "_embedding_bag" || name == "embedding_bag") {
      if (!is(argument("indices"))) return false;
      limit(size(argument("weight"), 0), offset, false);
      return true;
    }
    if (name == "index" || name == "index_put" || name == "index_put_" || name == "_unsafe_index" || name == "_unsafe_index_put" ||
        name == "_index_put_impl_" || name == "_unsafe_index_put_")
      return listIndexing(node, name, value, offset);
    static const std::set<std::string_view> kByDimension{"gather",         "scatter",         "scatter_",     "scatter_add", "scatter_add_",
                                                         "scatter_reduce", "scatter_reduce_", "index_select", "index_copy",  "index_copy_",
                                                         "index_add",      "index_add_",      "index_fill",   "index_fill_"};
    if (kByDimension.count(name)) {
      if (!is(argument("index"))) return false;
      auto* dim = argument("dim");
      auto* number = dim ? dim->as<int64_t>() : nullptr;
      bool writes = name != "gather" && name != "index_select" && name.find("add") == std::string_view::npos &&
                    name.find("reduce") == std::string_view::npos;
      limit(number ? size(argument("self"), *number) : std::nullopt, offset, writes);
      return true;
    }
    if (name == "nll_loss_forward" || name == "nll_loss" || name == "nll_loss2d_forward") {
      if (!is(argument("target"))) return false;
      limit(size(argument("self"), 1), offset, false);
      return true;
    }
    return false;
  }

  bool listIndexing(const ir::Node& node, std::string_view name, ir::NodeId value, int64_t offset) {
    auto* indices = ir::argumentByName(node, "indices");
    auto* list = indices ? indices->as<ir::List>() : nullptr;
    if (!list) return false;
    auto* accumulate = ir::argumentByName(node, "accumulate");
    bool adds = accumulate && accumulate->as<bool>() && *accumulate->as<bool>();
    bool found = false;
    for (size_t dim = 0; dim < list->items.size(); ++dim)
      if (list->items[dim].node() == value) {
        auto* self = ir::argumentByName(node, "self");
        limit(size(self                ? self
                   : node.args.empty() ? nullptr
                                       : &node.args[0],
                   static_cast<int64_t>(dim)),
              offset, name.find("put") != std::string_view::npos && !adds);
        found = true;
      }
    return found;
  }

  const ir::Graph& graph_;
  const ir::Binding& binding_;
  std::set<std::pair<ir::NodeId, int64_t>> seen_;
  std::deque<Place> queue_;
  IndexUse result_;
};

}  // namespace

IndexUse indexUse(const ir::Graph& graph, ir::NodeId input, const ir::Binding& binding) { return Tracer(graph, binding).trace(input); }

bool needsPositive(const ir::Graph& graph, ir::NodeId input) {
  std::set<ir::NodeId> seen{input};
  std::deque<ir::NodeId> queue{input};
  while (!queue.empty()) {
    auto id = queue.front();
    queue.pop_front();
    for (auto user : graph.users(id)) {
      auto& node = graph.node(user);
      auto name = operatorName(node.target);
      if (name == "sqrt" || name == "rsqrt" || name == "log" || name == "log2" || name == "log10" || name == "log1p") return true;
      if (name.find("batch_norm") != std::string_view::npos && node.args.size() > 4 && node.args[4].node() == id) return true;
      bool small = name == "add" && node.args.size() > 1 && (node.args[1].as<double>() || node.args[1].as<int64_t>());  // + epsilon
      if ((small || (kKeepsValues.count(name) && !node.args.empty() && node.args[0].node() == id)) && seen.insert(user).second)
        queue.push_back(user);
    }
  }
  return false;
}

}  // namespace graph::run
