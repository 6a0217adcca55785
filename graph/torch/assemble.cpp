// Graph -> Code: slots, argument conversion by schema, last uses.
#include <ATen/core/jit_type.h>

#include <algorithm>
#include <set>

#include "graph/torch/code.h"
#include "graph/torch/constants.h"

namespace graph::torch {
namespace {

using c10::IValue;
using c10::TypeKind;

bool isGetItem(const ir::Node& node) {
  return node.op == ir::Op::call_function &&
         (node.target == "_operator.getitem" || node.target == "operator.getitem" || node.target == "getitem") && node.args.size() == 2;
}

bool hasNode(const ir::Argument& argument) {
  bool found = false;
  argument.forEachNode([&](ir::NodeId) { found = true; });
  return found;
}

const std::vector<ir::Argument>* itemsOf(const ir::Argument& argument) {
  if (auto* list = argument.as<ir::List>()) return &list->items;
  if (auto* tuple = argument.as<ir::Tuple>()) return &tuple->items;
  return nullptr;
}

class Assembler {
 public:
  Assembler(const ir::Graph& graph, const run::DeviceMap& devices, std::vector<Obstacle>& obstacles)
      : graph_(graph), devices_(devices), obstacles_(obstacles) {
    code_.slotOfNode.assign(graph.idLimit(), kNoSlot);
  }

  Code assemble(bool release) {
    for (auto id : graph_) node(id);
    markUses(release);
    return std::move(code_);
  }

 private:
  Slot newSlot() { return code_.slotCount++; }
  Slot& slotOf(ir::NodeId id) { return code_.slotOfNode[id.value]; }
  Slot use(ir::NodeId id) {
    auto slot = id.value < code_.slotOfNode.size() ? slotOf(id) : kNoSlot;
    if (slot == kNoSlot) throw BadConstant("'" + graph_.node(id).name + "' has no value here");
    return slot;
  }

  void node(ir::NodeId id) {
    auto& node = graph_.node(id);
    switch (node.op) {
      case ir::Op::placeholder:
        code_.placeholders.push_back(id);
        slotOf(id) = newSlot();
        return;
      case ir::Op::get_attr:
        return getAttr(id, node);
      case ir::Op::output:
        try {
          if (!node.args.empty()) code_.output = output(node.args[0]);
        } catch (const BadConstant& problem) {
          obstacles_.push_back({id, "output: " + std::string(problem.what())});
        }
        return;
      default:
        return step(id, node);
    }
  }

  void getAttr(ir::NodeId id, const ir::Node& node) {
    slotOf(id) = newSlot();
    if (graph_.subgraphs().count(node.target)) return;  // its user is a higher-order operator and is the obstacle
    code_.attributes.emplace_back(node.target, slotOf(id));
  }

  Output output(const ir::Argument& argument) {
    Output result;
    if (auto id = argument.node()) {
      result.kind = Output::Kind::slot;
      result.slot = use(id);
    } else if (auto* items = itemsOf(argument)) {
      result.kind = Output::Kind::list;
      for (auto& item : *items) result.items.push_back(output(item));
    } else if (auto* dict = argument.as<ir::Dict>()) {  // its values, in order
      result.kind = Output::Kind::list;
      for (auto& [key, item] : dict->items) result.items.push_back(output(item));
    } else {
      result.constant = convertConstant(argument, devices_);
    }
    return result;
  }

  // getitem(multi-output node, 1) is that result's slot and no step.
  bool aliasesResult(ir::NodeId id, const ir::Node& node) {
    if (!isGetItem(node)) return false;
    auto* index = node.args[1].as<int64_t>();
    auto producer = node.args[0].node();
    if (!index || !producer) return false;
    auto found = multiOutput_.find(producer);
    if (found == multiOutput_.end()) return false;
    auto& step = code_.steps[found->second];
    int64_t count = step.resultEnd - step.resultBegin, at = *index < 0 ? *index + count : *index;
    if (at < 0 || at >= count) return false;  // a step that fails with a message
    auto& slot = code_.results[step.resultBegin + at];
    if (slot == kNoSlot) slot = newSlot();
    slotOf(id) = slot;
    return true;
  }

  void step(ir::NodeId id, const ir::Node& node) {
    if (aliasesResult(id, node)) return;
    Step step;
    step.node = id;
    step.loadBegin = static_cast<uint32_t>(code_.loads.size());
    step.listBegin = static_cast<uint32_t>(code_.lists.size());
    if (auto what = resolve(node)) {
      step.what = *what;
      try {
        what->schema ? loadBySchema(node, *what->schema) : loadAsGiven(node);
      } catch (const BadConstant& problem) {
        obstacle(step, node.name + " (" + node.target + "): " + problem.what());
      }
    } else {
      obstacle(step, {});
    }
    step.loadEnd = static_cast<uint32_t>(code_.loads.size());
    step.listEnd = static_cast<uint32_t>(code_.lists.size());
    results(id, step);
    code_.steps.push_back(step);
  }

  void obstacle(Step& step, std::string message) {
    step.known = false;
    code_.loads.resize(step.loadBegin);
    obstacles_.push_back({step.node, std::move(message)});
  }

  void results(ir::NodeId id, Step& step) {
    step.resultBegin = static_cast<uint32_t>(code_.results.size());
    size_t count = step.what.schema ? step.what.schema->returns().size() : 1;
    if (step.known && count > 1) {
      code_.results.insert(code_.results.end(), count, kNoSlot);
      multiOutput_[id] = code_.steps.size();
      for (auto user : graph_.users(id)) {
        auto& node = graph_.node(user);
        auto* index = isGetItem(node) ? node.args[1].as<int64_t>() : nullptr;
        if (!index || *index >= static_cast<int64_t>(count) || *index < -static_cast<int64_t>(count)) step.whole = slotOf(id) = newSlot();
        if (step.whole != kNoSlot) break;
      }
    } else {
      slotOf(id) = newSlot();
      code_.results.push_back(slotOf(id));
    }
    step.resultEnd = static_cast<uint32_t>(code_.results.size());
  }

  // --- arguments ---------------------------------------------------------------------------------------------------------
  void loadBySchema(const ir::Node& node, const c10::FunctionSchema& schema) {
    auto& arguments = schema.arguments();
    if (node.args.size() > arguments.size())
      throw BadConstant("takes " + std::to_string(arguments.size()) + " arguments, " + std::to_string(node.args.size()) + " given");
    for (auto& [key, value] : node.kwargs)
      if (!schema.argumentIndexWithName(key)) throw BadConstant("has no argument '" + key + "'");
    bool takesTensor = std::any_of(arguments.begin(), arguments.end(), [](auto& a) { return a.type()->kind() == TypeKind::TensorType; });
    for (size_t i = 0; i < arguments.size(); ++i) {
      auto& wanted = arguments[i];
      const ir::Argument* given = i < node.args.size() ? &node.args[i] : node.kwarg(wanted.name());
      try {
        if (given && !(given->isNone() && isFactoryDevice(wanted, takesTensor)))
          load(*given, *wanted.real_type(), wanted.N());
        else if (isFactoryDevice(wanted, takesTensor))
          constant(IValue(torchDeviceOfTarget()));
        else if (wanted.default_value())
          constant(*wanted.default_value());
        else
          throw BadConstant("is not given");
      } catch (const BadConstant& problem) {
        throw BadConstant("argument '" + wanted.name() + "': " + problem.what());
      }
    }
  }

  // A factory without a device (`aten.full.default([2], 1)`) makes its tensor where the program runs.
  static bool isFactoryDevice(const c10::Argument& wanted, bool takesTensor) {
    return !takesTensor && wanted.name() == "device" && withoutOptional(*wanted.type()).kind() == TypeKind::DeviceObjType;
  }
  c10::Device torchDeviceOfTarget() const { return c10::Device(devices_.target().str()); }

  void loadAsGiven(const ir::Node& node) {
    static const c10::Type& any = *c10::AnyType::get();
    for (auto& argument : node.args) load(argument, any, std::nullopt);
    for (auto& [key, value] : node.kwargs) load(value, any, std::nullopt);
  }

  void constant(IValue value) {
    push(Load::Kind::constant, static_cast<uint32_t>(code_.constants.size()));
    code_.constants.push_back(std::move(value));
  }
  void push(Load::Kind kind, uint32_t index) { code_.loads.push_back({kind, false, index}); }

  void load(const ir::Argument& argument, const c10::Type& type, std::optional<int32_t> count) {
    if (!hasNode(argument)) return constant(convertConstant(argument, type, count, devices_));
    auto& inner = withoutOptional(type);
    if (auto id = argument.node()) return loadNode(id, inner);
    auto* items = itemsOf(argument);
    if (!items || (inner.kind() != TypeKind::ListType && inner.kind() != TypeKind::AnyType))
      throw BadConstant("a container with nodes where " + type.repr_str() + " is expected");
    loadList(*items, inner);
  }

  void loadNode(ir::NodeId id, const c10::Type& type) {
    auto slot = use(id);
    switch (type.kind()) {
      case TypeKind::TensorType:
        return push(graph_.node(id).tensor() ? Load::Kind::copy : Load::Kind::tensor, slot);
      case TypeKind::FloatType:
      case TypeKind::SymFloatType:
        return push(Load::Kind::real, slot);
      case TypeKind::ListType: {
        auto& element = *type.expectRef<c10::ListType>().getElementType();
        auto kind = withoutOptional(element).kind();
        if (kind == TypeKind::TensorType) return push(Load::Kind::tensors, slot);
        if (graph_.node(id).sym()) return loadList({ir::Argument(id)}, type);  // a number where a list is expected
        return push(Load::Kind::copy, slot);
      }
      default:
        return push(Load::Kind::copy, slot);
    }
  }

  void loadList(const std::vector<ir::Argument>& items, const c10::Type& type) {
    bool typed = type.kind() == TypeKind::ListType;
    auto element = typed ? type.expectRef<c10::ListType>().getElementType() : c10::TypePtr(c10::AnyType::get());
    if (element->kind() == TypeKind::SymIntType) element = c10::IntType::get();
    if (element->kind() == TypeKind::SymFloatType) element = c10::FloatType::get();
    ListTemplate result{elementKind(*element), {}, c10::impl::GenericList(element), {}};
    for (auto& item : items) {
      auto position = static_cast<uint32_t>(result.list.size());
      if (auto id = item.node()) {
        result.items.push_back({position, use(id)});
        result.list.push_back(placeholderItem(result.element));
      } else if (hasNode(item)) {
        throw BadConstant("a list within a list that holds nodes");
      } else {
        result.list.push_back(typed ? convertConstant(item, *element, std::nullopt, devices_) : convertConstant(item, devices_));
      }
    }
    result.value = IValue(result.list);
    push(Load::Kind::list, static_cast<uint32_t>(code_.lists.size()));
    code_.lists.push_back(std::move(result));
  }

  static ListTemplate::Element elementKind(const c10::Type& element) {
    switch (element.kind()) {
      case TypeKind::IntType:
        return ListTemplate::Element::integer;
      case TypeKind::FloatType:
        return ListTemplate::Element::real;
      case TypeKind::TensorType:
        return ListTemplate::Element::tensor;
      case TypeKind::OptionalType:
        return ListTemplate::Element::optionalTensor;
      default:
        return ListTemplate::Element::any;
    }
  }
  static IValue placeholderItem(ListTemplate::Element element) {
    switch (element) {
      case ListTemplate::Element::integer:
        return int64_t{0};
      case ListTemplate::Element::real:
        return 0.0;
      case ListTemplate::Element::tensor:
        return at::Tensor();
      default:
        return {};
    }
  }

  // --- last uses -----------------------------------------------------------------------------------------------------------
  // Walks backwards: the first use met is the last. What the output needs is never let go. Results nobody reads are dropped.
  void markUses(bool release) {
    std::vector<bool> seen(code_.slotCount, !release);
    pin(code_.output, seen);
    for (auto step = code_.steps.rbegin(); step != code_.steps.rend(); ++step) {
      for (uint32_t r = step->resultBegin; r < step->resultEnd; ++r)
        if (auto& slot = code_.results[r]; slot != kNoSlot && !seen[slot]) slot = kNoSlot;
      for (uint32_t i = step->loadEnd; i-- > step->loadBegin;) markLoad(code_.loads[i], seen);
    }
  }
  static void pin(const Output& output, std::vector<bool>& seen) {
    if (output.kind == Output::Kind::slot) seen[output.slot] = true;
    for (auto& item : output.items) pin(item, seen);
  }
  void markLoad(Load& load, std::vector<bool>& seen) {
    if (load.kind == Load::Kind::constant) return;
    if (load.kind == Load::Kind::list) {
      auto& items = code_.lists[load.index].items;
      for (auto item = items.rbegin(); item != items.rend(); ++item) {
        item->last = !seen[item->slot];
        seen[item->slot] = true;
      }
      return;
    }
    bool last = !seen[load.index];
    seen[load.index] = true;
    if (load.kind == Load::Kind::copy && last) load.kind = Load::Kind::move;
    load.last = last;
  }

  const ir::Graph& graph_;
  const run::DeviceMap& devices_;
  std::vector<Obstacle>& obstacles_;
  Code code_;
  std::map<ir::NodeId, size_t> multiOutput_;  // node -> its step
};

}  // namespace

Code assemble(const ir::Graph& graph, const run::DeviceMap& devices, bool release, std::vector<Obstacle>& obstacles) {
  return Assembler(graph, devices, obstacles).assemble(release);
}

}  // namespace graph::torch
