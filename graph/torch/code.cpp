#include "graph/torch/code.h"

#include "graph/torch/constants.h"
#include "graph/torch/tensors.h"

namespace graph::torch {
namespace {

using c10::IValue;

double realOf(const IValue& v) { return v.isDouble() ? v.toDouble() : v.isBool() ? double(v.toBool()) : static_cast<double>(v.toInt()); }

IValue take(std::vector<IValue>& slots, Slot slot, bool last) { return last ? std::move(slots[slot]) : slots[slot]; }

IValue itemOf(ListTemplate::Element element, IValue value) {
  switch (element) {
    case ListTemplate::Element::integer:
      if (value.isInt()) return value;
      if (value.isBool()) return int64_t{value.toBool()};
      TORCH_CHECK(value.isTensor() && value.toTensor().numel() == 1, "expected an integer in the list, got ", value.tagKind());
      return value.toTensor().item().toLong();
    case ListTemplate::Element::real:
      return realOf(value);
    case ListTemplate::Element::tensor:
      if (value.isTensor()) return value;
      TORCH_CHECK(isNumber(value), "expected a tensor in the list, got ", value.tagKind());
      return wrappedNumber(value.toScalar());
    default:
      return value;
  }
}

void fillList(ListTemplate& list, std::vector<IValue>& slots) {
  for (auto& item : list.items) list.list.set(item.position, itemOf(list.element, take(slots, item.slot, item.last)));
}

// A node that gives several tensors, used as a Tensor[] argument.
IValue tensorList(IValue value) {
  if (value.isTensorList()) return value;
  c10::List<at::Tensor> result;
  if (value.isTuple())
    for (auto& item : value.toTupleRef().elements()) result.push_back(item.toTensor());
  else if (value.isList())
    for (const IValue& item : value.toListRef()) result.push_back(item.toTensor());
  else
    return value;
  return result;
}

}  // namespace

void loadArguments(Code& code, const Step& step, std::vector<IValue>& slots, Stack& stack) {
  for (uint32_t i = step.loadBegin; i < step.loadEnd; ++i) {
    const Load& load = code.loads[i];
    switch (load.kind) {
      case Load::Kind::constant:
        stack.push_back(code.constants[load.index]);
        break;
      case Load::Kind::copy:
        stack.push_back(slots[load.index]);
        break;
      case Load::Kind::move:
        stack.push_back(std::move(slots[load.index]));
        break;
      case Load::Kind::tensor: {
        auto value = take(slots, load.index, load.last);
        stack.push_back(isNumber(value) ? IValue(wrappedNumber(value.toScalar())) : std::move(value));
        break;
      }
      case Load::Kind::real: {
        auto value = take(slots, load.index, load.last);
        stack.push_back(value.isInt() || value.isBool() ? IValue(realOf(value)) : std::move(value));
        break;
      }
      case Load::Kind::tensors:
        stack.push_back(tensorList(take(slots, load.index, load.last)));
        break;
      case Load::Kind::list:
        fillList(code.lists[load.index], slots);
        stack.push_back(code.lists[load.index].value);
        break;
    }
  }
}

void storeResults(Code& code, const Step& step, std::vector<IValue>& slots, Stack& stack) {
  for (uint32_t i = step.listBegin; i < step.listEnd; ++i) {
    auto& list = code.lists[i];
    if (list.element == ListTemplate::Element::integer || list.element == ListTemplate::Element::real) continue;
    for (auto& item : list.items)
      list.list.set(item.position, list.element == ListTemplate::Element::tensor ? IValue(at::Tensor()) : IValue());
  }
  auto count = step.resultEnd - step.resultBegin;
  if (step.whole != kNoSlot) {
    if (count > 1)
      slots[step.whole] = c10::ivalue::Tuple::create(std::vector<IValue>(stack.begin(), stack.end()));
    else if (!stack.empty())
      slots[step.whole] = stack.back();
  }
  for (uint32_t i = 0; i < count && i < stack.size(); ++i)
    if (auto slot = code.results[step.resultBegin + i]; slot != kNoSlot) slots[slot] = std::move(stack[i]);
  stack.clear();
}

std::string describe(const IValue& value) {
  if (value.isTensor()) {
    auto& tensor = value.toTensor();
    if (!tensor.defined()) return "None";
    auto dtype = dtypeOf(tensor.scalar_type());
    std::string text = dtype ? std::string(ir::abbreviation(*dtype)) : c10::toString(tensor.scalar_type());
    text += '[';
    for (int64_t i = 0; i < tensor.dim(); ++i) text += (i ? ", " : "") + std::to_string(tensor.size(i));
    return text + "] " + tensor.device().str();
  }
  if (value.isNone()) return "None";
  if (value.isBool()) return value.toBool() ? "True" : "False";
  if (value.isInt()) return std::to_string(value.toInt());
  if (value.isDouble()) return c10::str(value.toDouble());
  if (value.isString()) return "'" + value.toStringRef() + "'";
  if (value.isDevice()) return value.toDevice().str();
  auto join = [](const auto& items) {
    std::string text = "[";
    size_t count = 0;
    for (const IValue& item : items) {
      if (count == 8) return text + ", …]";
      text += (count++ ? ", " : "") + describe(item);
    }
    return text + "]";
  };
  if (value.isTuple()) return join(value.toTupleRef().elements());
  if (value.isList()) return join(value.toListRef());
  return value.tagKind();
}

std::string describeArguments(const Operator& what, const Stack& stack) {
  std::string text;
  for (size_t i = 0; i < stack.size(); ++i) {
    auto* schema = what.schema;
    if (schema && i < schema->arguments().size() && i > 0) {
      auto& argument = schema->arguments()[i];
      if (argument.default_value() && argument.default_value()->isNone() && stack[i].isNone()) continue;  // not given
    }
    if (!text.empty()) text += ", ";
    if (schema && i < schema->arguments().size()) text += schema->arguments()[i].name() + " = ";
    text += describe(stack[i]);
  }
  return text;
}

}  // namespace graph::torch
