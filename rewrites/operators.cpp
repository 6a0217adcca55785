#include "rewrites/operators.h"

#include "graph/ir/declared_schemas.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace rewrites {
namespace {

using graph::ir::Node;
using graph::ir::NodeId;
using graph::ir::Op;
using graph::ir::Schema;

/// The view that shows the window of a scatter; its arguments are those of the scatter without `src`.
std::string scatterView(std::string_view name) {
  if (name == "slice_scatter") return "aten.slice.Tensor";
  if (name == "select_scatter") return "aten.select.int";
  if (name == "diagonal_scatter") return "aten.diagonal.default";
  if (name == "as_strided_scatter") return "aten.as_strided.default";
  return {};
}

/// Functional operators whose result is operand 0 with some elements replaced.
bool isUpdate(std::string_view name) {
  return oneOf(name, {"index_put", "_unsafe_index_put", "index_copy", "index_add", "index_fill", "scatter", "scatter_add", "scatter_reduce",
                      "masked_fill", "masked_scatter", "put", "copy"});
}

/// Alias operand 0 although the schema does not say so.
bool aliasesSilently(std::string_view name) { return oneOf(name, {"_unsafe_view", "unsafe_split", "unsafe_split_with_sizes", "unsafe_chunk"}); }

/// Show operand 0 at some sizes, strides or dtypes and copy at others. The second row says nothing in its schema (composite operators
/// that return their argument when there is nothing to do).
bool mayAlias(std::string_view name) {
  return oneOf(name, {"reshape", "contiguous", "to", "_reshape_alias", "flatten", "unflatten", "ravel", "reshape_as", "resolve_conj", "resolve_neg",
                      "pin_memory", "_pin_memory", "values", "type_as",
                      "dropout", "alpha_dropout", "feature_dropout", "feature_alpha_dropout", "einsum", "conj_physical", "sum_to_size", "meshgrid", "device_put",
                      "broadcast_tensors", "atleast_1d", "atleast_2d", "atleast_3d", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "to_dense",
                      "_cast_Float", "_cast_Double", "_cast_Half", "_cast_Int", "_cast_Long", "_cast_Short", "_cast_Byte", "_cast_Char", "tensor_split",
                      "hsplit", "vsplit", "dsplit", "nested_to_padded_tensor", "lift", "data", "dequantize", "cartesian_prod", "wait_tensor"});
}

bool readsNothing(std::string_view name) {
  return name.ends_with("_like") || name.starts_with("new_") || oneOf(name, {"fill", "zero", "copy", "fill_", "zero_", "copy_", "empty_strided", "uniform_", "normal_", "random_", "bernoulli_", "exponential_"});
}

/// The view that a `*_copy` operator copies (`aten.slice.Tensor` of `aten.slice_copy.Tensor`); empty for every other operator, and for
/// as_strided_copy, whose view would show another storage.
std::string copiedView(std::string_view target) {
  const auto name = operatorName(target);
  if (!target.starts_with("aten.") || !name.ends_with("_copy") || oneOf(name, {"index_copy", "as_strided_copy", "_to_copy"})) return {};
  std::string view = "aten." + std::string(name.substr(0, name.size() - 5)) + std::string(target.substr(5 + name.size()));
  const Schema* schema = graph::ir::findSchema(view);
  const bool aliases = schema && schema->returns.size() == 1 && !schema->returns[0].aliasSet.empty() && !schema->mutates();
  return aliases ? view : std::string{};
}

Operator fromSchema(const Schema& schema, std::string_view target) {
  Operator op;
  const auto name = operatorName(target);
  op.pointwise = schema.pointwise;
  op.readsOperand0 = !readsNothing(name);
  op.collective = target.starts_with("_c10d_functional") || target.starts_with("c10d");
  const auto tensorReturns = std::count_if(schema.returns.begin(), schema.returns.end(), [](const auto& r) { return r.type.starts_with("Tensor"); });
  op.multiple = schema.returns.size() > 1 || (tensorReturns == 1 && schema.returns[0].type != "Tensor" && schema.returns[0].type != "Tensor?");
  for (size_t i = 0; i < schema.arguments.size(); ++i)
    if (schema.arguments[i].written) op.written.push_back(i);
  if (!op.written.empty()) {
    op.effect = Effect::mutation;
    // What a declared operator writes of its argument is not said.
    op.covers = !name.empty() && !oneOf(name, {"fill_diagonal_", "index_reduce_", "embedding_renorm_", "index_put_", "_index_put_impl_", "index_copy_",
                              "index_add_", "index_fill_", "scatter_", "scatter_add_", "scatter_reduce_", "masked_fill_", "masked_scatter_", "put_", "resize_", "set_", "resize_as_"});
    // Geometry-changing and storage-swapping operators are not plain writes: nobody can say afterwards what the value shows.
    if (oneOf(name, {"transpose_", "squeeze_", "unsqueeze_", "t_", "as_strided_", "detach_", "swapaxes_", "swapdims_", "resize_", "resize_as_", "set_", "set_data"}))
      op.effect = Effect::unknown;
    for (const auto& result : schema.returns) {
      size_t shown = SIZE_MAX;
      for (size_t i = 0; i < schema.arguments.size(); ++i)
        if (!result.aliasSet.empty() && schema.arguments[i].aliasSet == result.aliasSet) shown = i;
      op.aliased.push_back(shown);
    }
    return op;
  }
  if (name.starts_with("sym_") || oneOf(name, {"_assert_scalar", "_assert_tensor_metadata", "sym_constrain_range", "sym_constrain_range_for_size"})) {
    op.effect = oneOf(name, {"sym_stride", "sym_storage_offset", "sym_is_contiguous"}) ? Effect::stride : Effect::symbolic;
    return op;
  }
  if (op.collective && name != "wait_tensor") { op.effect = Effect::fresh; return op; }
  const bool aliasing = std::any_of(schema.returns.begin(), schema.returns.end(), [](const auto& r) { return !r.aliasSet.empty(); });
  // Of a list (meshgrid, einsum …), or into the storage of another operand: which operand a result shows is not modelled.
  if ((mayAlias(name) && (schema.arguments.empty() || schema.arguments[0].type != "Tensor")) || oneOf(name, {"set", "chain_matmul"})) {
    op.effect = Effect::unknown;
  } else if (mayAlias(name)) {
    op.effect = Effect::mayView;
    if (name == "contiguous") op.forward = Forward::clone;
  } else if (aliasing || aliasesSilently(name)) {
    op.effect = Effect::view;
  } else if (const auto view = scatterView(name); !view.empty()) {
    op.effect = Effect::update;
    op.view = view;
    op.twin = "aten.copy_.default";
  } else if (isUpdate(name) && target.starts_with("aten.")) {
    op.twin = name == "_unsafe_index_put" ? "aten.index_put_.default" : graph::ir::inPlaceTwin(target);
    op.effect = op.twin.empty() ? Effect::fresh : Effect::update;
    if (name == "copy") op.forward = Forward::source;
  } else {
    op.effect = Effect::fresh;
    op.view = copiedView(target);
    if (!op.view.empty()) op.forward = Forward::view;
    else if (target == "aten.clone.default" || target == "aten._to_copy.default" || target == "aten.lift_fresh_copy.default") op.forward = Forward::clone;
    else if (!schema.random && target.starts_with("aten.") && !op.multiple) op.twin = graph::ir::inPlaceTwin(target);
  }
  return op;
}

/// Arithmetic on sizes, by its annotation; on tensors (torch level) it stays unknown. `_local_scalar_dense` is annotated Sym too, and reads.
bool onIntegers(const Node& node) {
  const std::string_view target = node.target;
  return node.sym() && (target.starts_with("_operator.") || target.starts_with("torch.sym_") || target.starts_with("math.") || target.starts_with("aten.sym_") ||
                        target.starts_with("torch._sym_"));
}

}  // namespace

bool oneOf(std::string_view name, std::initializer_list<std::string_view> names) { return std::find(names.begin(), names.end(), name) != names.end(); }

bool isCopyInto(const Node& node) { return node.target.starts_with("aten.copy_."); }

std::string_view memoryFormat(const Node& node) {
  const auto* format = node.kwarg("memory_format");
  const auto* name = format ? format->as<graph::ir::Name>() : nullptr;
  return name ? std::string_view(name->text) : std::string_view{};
}

bool isStorageRelative(const Node& node) {
  const std::string_view target = node.target;
  const auto dot = target.find('.');
  if (!target.substr(dot == std::string_view::npos ? 0 : dot + 1).starts_with("as_strided")) return false;   // asked of every node
  return operatorName(target).starts_with("as_strided");
}

bool makesRowMajor(const Node& node) {
  const auto* format = node.kwarg("memory_format");
  const auto name = operatorName(node.target);
  if (name == "clone" || name == "contiguous") {
    const auto* contiguous = format ? format->as<graph::ir::Name>() : nullptr;
    return (name == "contiguous" && !format) || (contiguous && contiguous->text == "torch.contiguous_format");
  }
  if (name.ends_with("_copy") && name != "_to_copy" && name != "index_copy" && name != "as_strided_copy" && name != "lift_fresh_copy")
    return node.target.starts_with("aten.") && operatorName(node.target) != "copy";   // `*_copy` of a view: a contiguous clone
  return !format && oneOf(name, {"zeros", "ones", "full", "empty", "arange", "rand", "randn", "index_add", "index_copy", "scatter", "scatter_add", "scatter_reduce",
                                 "masked_scatter", "masked_fill", "new_zeros", "new_ones", "new_full", "new_empty", "mm", "bmm", "tril", "triu"});
}

bool keepsRowMajor(const Node& node, const Operator& op) {
  const auto* format = node.kwarg("memory_format");
  const auto* asked = format ? format->as<graph::ir::Name>() : nullptr;
  if (asked && asked->text != "torch.contiguous_format" && asked->text != "torch.preserve_format") return false;
  if (op.effect == Effect::update) return true;
  if (op.effect != Effect::fresh && op.effect != Effect::mayView) return false;
  const auto name = operatorName(node.target);   // empty for one that a user declared
  return (op.pointwise && !name.empty()) || oneOf(name, {"clone", "_to_copy", "lift_fresh_copy", "contiguous", "flip", "cat", "zeros_like", "ones_like", "full_like",
                                                        "empty_like", "rand_like", "randn_like"});
}

std::string_view operatorName(std::string_view target) {
  if (graph::ir::isDeclared(target)) return {};
  const auto first = target.find('.');
  if (first == std::string_view::npos) return target;
  const auto second = target.find('.', first + 1);
  return target.substr(first + 1, second == std::string_view::npos ? second : second - first - 1);
}

const Operator& Operators::of(const Node& node) {
  std::string_view key = node.target;
  switch (node.op) {
    case Op::placeholder: key = "placeholder"; break;
    case Op::get_attr: key = "get_attr"; break;
    case Op::output: key = "output"; break;
    case Op::call_method: case Op::call_module: key = "unknown"; break;
    case Op::call_function:
      if (node.target == "_operator.getitem") key = "getitem";
      else if (onIntegers(node)) key = node.target.find("stride") == std::string::npos && node.target.find("storage_offset") == std::string::npos ? "symbolic" : "stride";
      break;
  }
  if (auto found = known_.find(key); found != known_.end()) return found->second;
  Operator op;
  op.mayNotBlock = true;
  if (key == "placeholder") op.effect = Effect::input;
  else if (key == "get_attr") op.effect = Effect::constant;
  else if (key == "output") op.effect = Effect::output;
  else if (key == "getitem") op.effect = Effect::getitem;
  else if (key == "symbolic") op.effect = Effect::symbolic;
  else if (key == "stride") op.effect = Effect::stride;
  else if (const auto* schema = graph::ir::findSchema(key, node.args.size()); schema && key != "unknown") {
    op = fromSchema(*schema, schema->target);
    op.mayNotBlock = schema->target != key || schema->indexOf("non_blocking");   // without an overload another call may mean another schema
  }
  return known_.emplace(key, std::move(op)).first->second;
}

std::vector<NodeId> operand(const Node& node, size_t index) {
  std::vector<NodeId> nodes;
  const auto add = [&](NodeId id) { nodes.push_back(id); };
  if (index < node.args.size()) {
    node.args[index].forEachNode(add);
  } else if (const auto* schema = graph::ir::findSchema(node.target, node.args.size()); schema && index < schema->arguments.size()) {
    if (const auto* value = node.kwarg(schema->arguments[index].name)) value->forEachNode(add);
  }
  return nodes;
}

NodeId sourceOf(const Node& node) {
  const auto nodes = operand(node, 1);
  return nodes.size() == 1 ? nodes[0] : NodeId{};
}

NodeId firstOperand(const Node& node) {
  const auto nodes = operand(node, 0);
  return nodes.empty() ? NodeId{} : nodes.front();
}

}  // namespace rewrites
