#include "graph/torch/host_trial.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/enum_tag.h>
#include <ATen/ops/empty_strided.h>
#include <ATen/ops/zeros.h>

#include <unordered_map>

namespace graph::torch {
namespace {

using c10::IValue;

constexpr int64_t kElements = 1 << 20;  // of all arguments together

// Replaces tensors within a value, lists included.
template <class Replace>
IValue mapTensors(const IValue& value, Replace replace) {
  if (value.isTensor()) return value.toTensor().defined() ? IValue(replace(value.toTensor())) : value;
  if (value.isTuple()) {
    std::vector<IValue> items;
    for (auto& item : value.toTupleRef().elements()) items.push_back(mapTensors(item, replace));
    return c10::ivalue::Tuple::create(std::move(items));
  }
  if (!value.isList()) return value;
  auto list = value.toList();
  auto copy = list.copy();
  for (size_t i = 0; i < copy.size(); ++i) copy.set(i, mapTensors(IValue(list.get(i)), replace));
  return IValue(copy);
}

}  // namespace

bool tryOnHost(const Operator& what, Stack& stack) {
  if (what.handle && (what.handle->hasTag(at::Tag::dynamic_output_shape) || what.handle->hasTag(at::Tag::data_dependent_output)))
    return false;
  int64_t elements = 0;
  bool anyMeta = false;
  std::unordered_map<const c10::TensorImpl*, at::Tensor> metaOf;  // stand-in -> the argument it stands for
  auto standIn = [&](const at::Tensor& tensor) {
    if (!tensor.is_meta()) return tensor;
    anyMeta = true;
    elements += tensor.numel();
    if (elements > kElements) return tensor;
    // Dense with the same sizes, then viewed with the strides where they are not dense: kernels look at both.
    auto options = at::TensorOptions().dtype(tensor.scalar_type()).device(at::kCPU);
    auto copy = at::empty_strided(tensor.sizes(), tensor.strides(), options);
    if (copy.numel() > 0) copy.zero_();
    metaOf[copy.unsafeGetTensorImpl()] = tensor;
    return copy;
  };
  Stack trial;
  for (auto& value : stack) trial.push_back(mapTensors(value, standIn));
  if (!anyMeta || elements > kElements) return false;
  try {
    what.call(trial);
  } catch (...) {
    return false;
  }
  auto toMeta = [&](const at::Tensor& tensor) {
    if (auto found = metaOf.find(tensor.unsafeGetTensorImpl()); found != metaOf.end()) return found->second;
    if (tensor.is_meta()) return tensor;
    return at::empty_strided(tensor.sizes(), tensor.strides(), at::TensorOptions().dtype(tensor.scalar_type()).device(at::kMeta));
  };
  stack.clear();
  for (auto& value : trial) stack.push_back(value.isScalar() ? IValue() : mapTensors(value, toMeta));  // a number would be made up
  return true;
}

}  // namespace graph::torch
