// Tensors of LibTorch as the handles and geometries that graph/run knows, and values both ways.
//
// A handle owns its tensor by reference counting. Everything here runs on the engine thread, under InferenceMode (the callers set it),
// so that tensors carry no autograd state and calls skip its dispatch keys.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <optional>
#include <span>

#include "graph/run/backend.h"

namespace graph::torch {

class TensorHandle final : public run::Tensor {
 public:
  explicit TensorHandle(at::Tensor tensor) : value(std::move(tensor)) {}
  run::Geometry geometry() const override;
  const at::Tensor value;
};

at::ScalarType scalarType(ir::DType dtype);
/// Nothing for a type that no dump names (quantized ones).
std::optional<ir::DType> dtypeOf(at::ScalarType type);
/// Throws run::InputError for a device type that torch does not know.
c10::Device torchDevice(const ir::Device& device);
ir::Device deviceOf(const c10::Device& device);

/// The storage id of a geometry: equal iff the storage is the same object.
uint64_t storageId(const at::Tensor& tensor);
run::Geometry geometryOf(const at::Tensor& tensor);

const at::Tensor& tensorOf(const run::TensorPtr& handle);
run::TensorPtr wrap(at::Tensor tensor);
c10::IValue toIValue(const run::Value& value);
/// Lists and tuples become ValueList; an undefined tensor becomes None.
run::Value toValue(const c10::IValue& value);

/// A new tensor with these sizes and strides, zeros, on `device`.
at::Tensor makeTensor(const run::Geometry& geometry, const c10::Device& device);
void fillTensor(const at::Tensor& tensor, std::span<const std::byte> contiguous);
std::vector<std::byte> tensorBytes(const at::Tensor& tensor);
run::ValueList cloneValues(const run::ValueList& values);
run::Backend::Difference compareTensors(const at::Tensor& a, const at::Tensor& b);

}  // namespace graph::torch
