#include "graph/torch/meta.h"

#include <ATen/ops/empty_strided.h>

#include <unordered_map>

#include "graph/torch/code.h"
#include "graph/torch/host_trial.h"
#include "graph/torch/program.h"
#include "graph/torch/tensors.h"

namespace graph::torch {
namespace {

using c10::IValue;

std::optional<std::vector<int64_t>> evaluateAll(const std::vector<ir::Expr>& expressions, const ir::Binding& binding) {
  std::vector<int64_t> result;
  for (auto& expression : expressions) {
    auto value = expression.evaluate(binding);
    if (!value) return std::nullopt;
    result.push_back(*value);
  }
  return result;
}

std::vector<int64_t> denseStrides(const std::vector<int64_t>& sizes) {
  std::vector<int64_t> strides(sizes.size(), 1);
  for (size_t i = sizes.size(); i-- > 1;) strides[i - 1] = strides[i] * std::max<int64_t>(sizes[i], 1);
  return strides;
}

const ir::Device* deviceArgument(const ir::Node& node) {
  for (auto& argument : node.args)
    if (auto* device = argument.as<ir::Device>()) return device;
  for (auto& [key, argument] : node.kwargs)
    if (auto* device = argument.as<ir::Device>()) return device;
  return nullptr;
}

class Propagator {
 public:
  Propagator(const ir::Graph& graph, const ir::Binding& binding, bool compare) : graph_(graph), binding_(binding), compare_(compare) {
    std::vector<Obstacle> obstacles;
    code_ = assemble(graph, run::DeviceMap(ir::Device{"meta", std::nullopt}), /*release=*/false, obstacles);
    for (auto& obstacle : obstacles) obstacles_[obstacle.node] = obstacle.message;
    slots_.resize(code_.slotCount);
    devices_.resize(graph.idLimit());
    result_.nodes.resize(graph.idLimit());
    for (size_t i = 0; i < code_.steps.size(); ++i) stepOf_[code_.steps[i].node] = i;
  }

  run::Propagation run() {
    for (auto id : graph_) {
      auto& node = graph_.node(id);
      if (node.op == ir::Op::output) continue;
      devices_[id.value] = device(node);
      if (node.op == ir::Op::placeholder || node.op == ir::Op::get_attr)
        source(id, node);
      else if (auto found = stepOf_.find(id); found != stepOf_.end())
        step(code_.steps[found->second], node);
      else
        record(id, slots_[code_.slotOfNode[id.value]]);  // getitem of a node with several results
      if (compare_) compareWithAnnotation(id, node);
    }
    return std::move(result_);
  }

 private:
  using Kind = run::Problem::Kind;
  void problem(ir::NodeId id, std::string message, Kind kind) { result_.problems.push_back({id, std::move(message), kind}); }

  // Meta tensors forget their device: the annotation's, a device argument's, the first tensor input's.
  ir::Device device(const ir::Node& node) const {
    if (auto* tensor = node.tensor(); tensor && tensor->device) return *tensor->device;
    if (auto* given = deviceArgument(node)) return *given;
    std::optional<ir::Device> first;
    node.forEachInput([&](ir::NodeId input) {
      auto& info = result_.nodes[input.value];
      if (!first && !info.tensors.empty()) first = devices_[input.value];
    });
    return first.value_or(ir::Device{});
  }

  std::optional<at::Tensor> fromAnnotation(const ir::Node& node) const {
    auto* meta = node.tensor();
    if (!meta) return std::nullopt;
    auto sizes = evaluateAll(meta->shape, binding_);
    if (!sizes) return std::nullopt;
    for (auto size : *sizes)
      if (size < 0) return std::nullopt;
    auto strides = meta->stride ? evaluateAll(*meta->stride, binding_) : std::nullopt;
    if (!strides || strides->size() != sizes->size()) strides = denseStrides(*sizes);
    return at::empty_strided(*sizes, *strides, at::TensorOptions().dtype(scalarType(meta->dtype)).device(at::kMeta));
  }
  // A tensor, or the number of a Sym.
  IValue valueFromAnnotation(const ir::Node& node) const {
    if (auto tensor = fromAnnotation(node)) return *tensor;
    if (auto* sym = node.sym())
      if (auto value = sym->value.evaluate(binding_)) return *value;
    return {};
  }

  void source(ir::NodeId id, const ir::Node& node) {
    auto value = valueFromAnnotation(node);
    if (value.isNone() && (node.tensor() || node.sym()))
      problem(id, node.name + ": a symbol of its annotation has no value", Kind::unsupported);
    slots_[code_.slotOfNode[id.value]] = value;
    record(id, value);
  }

  bool inputsKnown(const ir::Node& node) const {
    bool known = true;
    node.forEachInput([&](ir::NodeId input) {
      auto& info = result_.nodes[input.value];
      if (info.tensors.empty() && !info.integer && !isPlain_.count(input)) known = false;
    });
    return known;
  }

  void step(Step& step, const ir::Node& node) {
    stack_.clear();
    if (!step.known) return unknownOperator(step, node);
    if (!inputsKnown(node)) return fallBack(step, node, {});  // the cause was reported where it arose
    try {
      loadArguments(code_, step, slots_, stack_);
      arguments_ = stack_;
      step.what.call(stack_);
    } catch (const c10::NotImplementedError&) {
      if (annotated(step, node) || !tryOnHost(step.what, stack_ = arguments_))
        return fallBack(step, node, "no Meta kernel for " + node.target);
    } catch (...) {
      auto reason = currentReason();
      bool needsData = reason.find("meta tensor") != std::string::npos || reason.find("Meta tensor") != std::string::npos;
      if (needsData) return fallBack(step, node, "the result of " + node.target + " depends on data");
      problem(step.node, failureText(node, step.what, arguments_, reason), Kind::failure);
      return fallBack(step, node, {});
    }
    finish(step);
  }

  void unknownOperator(Step& step, const ir::Node& node) {
    auto& message = obstacles_[step.node];
    fallBack(step, node, message.empty() ? "no operator here for " + node.target : message);
  }

  // Everything that someone reads of this node has an annotation to stand in.
  bool annotated(const Step& step, const ir::Node& node) const {
    if (step.resultEnd - step.resultBegin <= 1) return !valueFromAnnotation(node).isNone();
    bool complete = true;
    for (uint32_t i = 0; i < step.resultEnd - step.resultBegin; ++i) resultFromUser(step.node, i, complete);
    return complete;
  }

  // The annotation, silently when there is one; `reason` (if any) becomes a problem when there is none.
  void fallBack(Step& step, const ir::Node& node, const std::string& reason) {
    stack_.clear();
    bool complete = true;
    auto count = step.resultEnd - step.resultBegin;
    auto* schema = step.known ? step.what.schema : nullptr;
    if (count > 1) {
      for (uint32_t i = 0; i < count; ++i) stack_.push_back(resultFromUser(step.node, i, complete));
    } else if (!(schema && schema->returns().empty())) {
      auto value = valueFromAnnotation(node);
      if (value.isNone()) value = listFromUsers(step.node);
      if (value.isNone()) value = writtenArgument(schema);
      complete = !value.isNone();
      stack_.push_back(value);
    }
    if (!complete && !reason.empty()) problem(step.node, node.name + ": " + reason, Kind::unsupported);
    finish(step);
  }

  IValue resultFromUser(ir::NodeId id, int64_t index, bool& complete) const {
    for (auto user : graph_.users(id)) {
      auto& node = graph_.node(user);
      auto* at = node.args.size() == 2 ? node.args[1].as<int64_t>() : nullptr;
      if (!at || *at != index) continue;
      auto value = valueFromAnnotation(node);
      if (value.isNone()) complete = false;
      return value.isNone() ? IValue(at::Tensor()) : value;
    }
    return at::Tensor();  // nobody reads it
  }
  // Several results by the annotations of their getitem nodes, for an operator without a schema or with a Tensor[] result.
  IValue listFromUsers(ir::NodeId id) const {
    std::vector<IValue> items;
    for (auto user : graph_.users(id)) {
      auto& node = graph_.node(user);
      auto* at = node.target.ends_with("getitem") && node.args.size() == 2 ? node.args[1].as<int64_t>() : nullptr;
      if (!at || *at < 0 || *at > 100'000) continue;
      if (items.size() <= static_cast<size_t>(*at)) items.resize(static_cast<size_t>(*at) + 1, IValue(at::Tensor()));
      if (auto value = valueFromAnnotation(node); !value.isNone()) items[static_cast<size_t>(*at)] = value;
    }
    return items.empty() ? IValue() : IValue(c10::ivalue::Tuple::create(std::move(items)));
  }
  // `copy_` and its kin give back what they wrote.
  IValue writtenArgument(const c10::FunctionSchema* schema) const {
    if (!schema || schema->returns().size() != 1 || !schema->returns()[0].alias_info() || !schema->returns()[0].alias_info()->isWrite())
      return {};
    for (size_t i = 0; i < schema->arguments().size() && i < arguments_.size(); ++i)
      if (auto* alias = schema->arguments()[i].alias_info(); alias && alias->isWrite()) return arguments_[i];
    return {};
  }

  void finish(Step& step) {
    auto& info = result_.nodes[step.node.value];
    for (auto& value : stack_) addTo(info, value, step.node);
    storeResults(code_, step, slots_, stack_);
    arguments_.clear();
  }

  void record(ir::NodeId id, const IValue& value) { addTo(result_.nodes[id.value], value, id); }

  void addTo(run::NodeInfo& info, const IValue& value, ir::NodeId id) {
    if (value.isTensor()) {
      if (!value.toTensor().defined()) return;
      auto geometry = geometryOf(value.toTensor());
      geometry.device = devices_[id.value];
      info.tensors.push_back(std::move(geometry));
    } else if (value.isInt()) {
      info.integer = value.toInt();
    } else if (value.isList()) {
      for (const IValue& item : value.toListRef()) addTo(info, item, id);
    } else if (value.isTuple()) {
      for (auto& item : value.toTupleRef().elements()) addTo(info, item, id);
    } else if (!value.isNone()) {
      isPlain_.insert(id);  // a bool or float: known, but no geometry
    }
  }

  void compareWithAnnotation(ir::NodeId id, const ir::Node& node) {
    auto& info = result_.nodes[id.value];
    if (auto* sym = node.sym()) {
      auto wanted = sym->value.evaluate(binding_);
      if (wanted && info.integer && *wanted != *info.integer)
        problem(id,
                node.name + ": " + std::to_string(*info.integer) + " is not the annotated Sym(" + sym->value.str() +
                    ") = " + std::to_string(*wanted),
                Kind::mismatch);
      return;
    }
    auto* meta = node.tensor();
    if (!meta || info.tensors.size() != 1) return;
    auto& actual = info.tensors[0];
    bool same = actual.dtype == meta->dtype && actual.sizes.size() == meta->shape.size();
    for (size_t i = 0; same && i < actual.sizes.size(); ++i) {
      auto wanted = meta->shape[i].evaluate(binding_);
      same = !wanted || *wanted == actual.sizes[i];
    }
    if (!same)
      problem(id, node.name + " (" + node.target + "): " + showActual(actual) + " is not the annotated " + showWanted(*meta),
              Kind::mismatch);
  }
  static std::string showActual(const run::Geometry& geometry) {
    std::string text(ir::abbreviation(geometry.dtype));
    text += '[';
    for (size_t i = 0; i < geometry.sizes.size(); ++i) text += (i ? ", " : "") + std::to_string(geometry.sizes[i]);
    return text + "]";
  }
  std::string showWanted(const ir::TensorMeta& meta) const {
    std::string text(ir::abbreviation(meta.dtype)), numbers;
    text += '[';
    bool symbolic = false;
    for (size_t i = 0; i < meta.shape.size(); ++i) {
      auto value = meta.shape[i].evaluate(binding_);
      symbolic |= !meta.shape[i].asConstant();
      text += (i ? ", " : "") + meta.shape[i].str();
      numbers += (i ? ", " : "") + (value ? std::to_string(*value) : meta.shape[i].str());
    }
    return text + "]" + (symbolic ? " = [" + numbers + "]" : "");
  }

  const ir::Graph& graph_;
  const ir::Binding& binding_;
  bool compare_;
  Code code_;
  std::unordered_map<ir::NodeId, std::string> obstacles_;
  std::unordered_map<ir::NodeId, size_t> stepOf_;
  std::set<ir::NodeId> isPlain_;
  std::vector<IValue> slots_;
  std::vector<ir::Device> devices_;
  Stack stack_, arguments_;
  run::Propagation result_;
};

}  // namespace

run::Propagation propagateOnMeta(const ir::Graph& graph, const ir::Binding& binding, bool compareAnnotations) {
  return Propagator(graph, binding, compareAnnotations).run();
}

}  // namespace graph::torch
