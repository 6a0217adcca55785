#include "graph/torch/tensors.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_strided.h>
#include <ATen/ops/view_as_real.h>

#include <array>
#include <cstring>
#include <limits>
#include <unordered_map>
#include <utility>

namespace graph::torch {
namespace {

using at::ScalarType;
using ir::DType;

constexpr std::array<std::pair<DType, ScalarType>, 24> kTypes{{
    {DType::bf16, ScalarType::BFloat16},
    {DType::f64, ScalarType::Double},
    {DType::f32, ScalarType::Float},
    {DType::f16, ScalarType::Half},
    {DType::f8e4m3fn, ScalarType::Float8_e4m3fn},
    {DType::f8e5m2, ScalarType::Float8_e5m2},
    {DType::f8e4m3fnuz, ScalarType::Float8_e4m3fnuz},
    {DType::f8e5m2fnuz, ScalarType::Float8_e5m2fnuz},
    {DType::f8e8m0fnu, ScalarType::Float8_e8m0fnu},
    {DType::f4e2m1fnx2, ScalarType::Float4_e2m1fn_x2},
    {DType::c32, ScalarType::ComplexHalf},
    {DType::c64, ScalarType::ComplexFloat},
    {DType::c128, ScalarType::ComplexDouble},
    {DType::i8, ScalarType::Char},
    {DType::i16, ScalarType::Short},
    {DType::i32, ScalarType::Int},
    {DType::i64, ScalarType::Long},
    {DType::b8, ScalarType::Bool},
    {DType::u8, ScalarType::Byte},
    {DType::u16, ScalarType::UInt16},
    {DType::u32, ScalarType::UInt32},
    {DType::u64, ScalarType::UInt64},
    {DType::b16, ScalarType::Bits16},
    {DType::b1x8, ScalarType::Bits1x8},
}};

// Integers of the element's size: equality of bits is equality of these.
ScalarType bitsType(size_t itemSize) {
  switch (itemSize) {
    case 1:
      return ScalarType::Byte;
    case 2:
      return ScalarType::Short;
    case 4:
      return ScalarType::Int;
    default:
      return ScalarType::Long;
  }
}

// Conjugate and negative bits resolved, dense, so that element i of one is element i of the other.
at::Tensor dense(const at::Tensor& tensor) { return tensor.resolve_conj().resolve_neg().contiguous(); }

}  // namespace

run::Geometry TensorHandle::geometry() const { return geometryOf(value); }

ScalarType scalarType(DType dtype) {
  for (auto& [ours, theirs] : kTypes)
    if (ours == dtype) return theirs;
  return ScalarType::Undefined;
}

std::optional<DType> dtypeOf(ScalarType type) {
  for (auto& [ours, theirs] : kTypes)
    if (theirs == type) return ours;
  return std::nullopt;
}

c10::Device torchDevice(const ir::Device& device) {
  try {
    return c10::Device(device.str());
  } catch (const c10::Error&) {
    throw run::InputError("device '" + device.str() + "' is none that this torch knows");
  }
}

ir::Device deviceOf(const c10::Device& device) {
  ir::Device result;
  result.type = c10::DeviceTypeName(device.type(), /*lower_case=*/true);
  if (device.has_index()) result.index = device.index();
  return result;
}

uint64_t storageId(const at::Tensor& tensor) {
  return tensor.has_storage() ? reinterpret_cast<uint64_t>(tensor.storage().unsafeGetStorageImpl()) : 0;
}

run::Geometry geometryOf(const at::Tensor& tensor) {
  run::Geometry result;
  if (auto dtype = dtypeOf(tensor.scalar_type())) result.dtype = *dtype;
  result.sizes = tensor.sizes().vec();
  if (tensor.layout() == at::kStrided) result.strides = tensor.strides().vec();
  result.device = deviceOf(tensor.device());
  result.conj = tensor.is_conj();
  result.neg = tensor.is_neg();
  if (tensor.has_storage()) {
    result.offset = tensor.storage_offset();
    result.storage = storageId(tensor);
    result.storageBytes = static_cast<int64_t>(tensor.storage().nbytes());
  }
  return result;
}

const at::Tensor& tensorOf(const run::TensorPtr& handle) {
  auto* own = dynamic_cast<const TensorHandle*>(handle.get());
  if (!own) throw run::InputError("a tensor of another backend was given");
  return own->value;
}

run::TensorPtr wrap(at::Tensor tensor) { return std::make_shared<TensorHandle>(std::move(tensor)); }

c10::IValue toIValue(const run::Value& value) {
  struct Convert {
    c10::IValue operator()(ir::None) const { return {}; }
    c10::IValue operator()(bool v) const { return v; }
    c10::IValue operator()(int64_t v) const { return v; }
    c10::IValue operator()(double v) const { return v; }
    c10::IValue operator()(std::complex<double> v) const { return c10::IValue(c10::complex<double>(v)); }
    c10::IValue operator()(const std::string& v) const { return v; }
    c10::IValue operator()(const run::TensorPtr& v) const { return v ? c10::IValue(tensorOf(v)) : c10::IValue(); }
    c10::IValue operator()(const std::shared_ptr<run::ValueList>& list) const {
      std::vector<c10::IValue> items;
      if (list)
        for (auto& item : *list) items.push_back(toIValue(item));
      return c10::ivalue::Tuple::create(std::move(items));
    }
  };
  return std::visit(Convert{}, value.data);
}

run::Value toValue(const c10::IValue& value) {
  if (value.isTensor()) return value.toTensor().defined() ? run::Value{wrap(value.toTensor())} : run::Value{};
  if (value.isBool()) return {value.toBool()};
  if (value.isInt()) return {value.toInt()};
  if (value.isDouble()) return {value.toDouble()};
  if (value.isComplexDouble()) return {std::complex<double>(value.toComplexDouble())};
  if (value.isString()) return {value.toStringRef()};
  auto list = std::make_shared<run::ValueList>();
  if (value.isTuple()) {
    for (auto& item : value.toTupleRef().elements()) list->push_back(toValue(item));
    return {list};
  }
  if (value.isList()) {
    for (const c10::IValue& item : value.toListRef()) list->push_back(toValue(item));
    return {list};
  }
  return {};
}

at::Tensor makeTensor(const run::Geometry& geometry, const c10::Device& device) {
  auto options = at::TensorOptions().dtype(scalarType(geometry.dtype)).device(device);
  auto tensor = geometry.strides.size() == geometry.sizes.size() ? at::empty_strided(geometry.sizes, geometry.strides, options)
                                                                 : at::empty(geometry.sizes, options);
  if (device.is_meta() || tensor.numel() == 0) return tensor;
  if (device.is_cpu())
    std::memset(tensor.data_ptr(), 0, tensor.storage().nbytes());  // every dtype, packed ones included
  else
    tensor.zero_();
  return tensor;
}

void fillTensor(const at::Tensor& tensor, std::span<const std::byte> contiguous) {
  if (contiguous.size() != static_cast<size_t>(tensor.numel()) * tensor.itemsize())
    throw run::InputError("a tensor of " + std::to_string(tensor.numel() * tensor.itemsize()) + " bytes cannot be filled from " +
                          std::to_string(contiguous.size()));
  if (contiguous.empty()) return;
  if (tensor.is_cpu() && tensor.is_contiguous()) {
    std::memcpy(tensor.data_ptr(), contiguous.data(), contiguous.size());
    return;
  }
  auto host = at::empty(tensor.sizes(), at::TensorOptions().dtype(tensor.scalar_type()));
  std::memcpy(host.data_ptr(), contiguous.data(), contiguous.size());
  tensor.copy_(host);
}

std::vector<std::byte> tensorBytes(const at::Tensor& tensor) {
  auto host = dense(tensor).to(at::kCPU);
  std::vector<std::byte> result(static_cast<size_t>(host.numel()) * host.itemsize());
  if (!result.empty()) std::memcpy(result.data(), host.data_ptr(), result.size());
  return result;
}

run::ValueList cloneValues(const run::ValueList& values) {
  std::unordered_map<uint64_t, c10::Storage> copies;  // of one call: sharing stays sharing
  auto cloneTensor = [&](const at::Tensor& tensor) {
    if (!tensor.has_storage() || tensor.layout() != at::kStrided) return tensor.clone();
    auto [place, isNew] = copies.try_emplace(storageId(tensor));
    if (isNew) {
      auto bytes = static_cast<int64_t>(tensor.storage().nbytes());
      auto options = at::TensorOptions().dtype(at::kByte).device(tensor.device());
      auto from = at::empty({0}, options).set_(tensor.storage(), 0, {bytes}, {1});
      place->second = from.clone().storage();
    }
    auto copy = at::empty({0}, tensor.options());
    copy.set_(place->second, tensor.storage_offset(), tensor.sizes(), tensor.strides());
    if (tensor.is_conj()) copy._set_conj(true);
    if (tensor.is_neg()) copy._set_neg(true);
    return copy;
  };
  std::function<run::Value(const run::Value&)> cloneValue = [&](const run::Value& value) -> run::Value {
    if (auto* tensor = value.tensor()) return *tensor ? run::Value{wrap(cloneTensor(tensorOf(*tensor)))} : value;
    if (auto* list = std::get_if<std::shared_ptr<run::ValueList>>(&value.data); list && *list) {
      auto copy = std::make_shared<run::ValueList>();
      for (auto& item : **list) copy->push_back(cloneValue(item));
      return {copy};
    }
    return value;
  };
  run::ValueList result;
  for (auto& value : values) result.push_back(cloneValue(value));
  return result;
}

run::Backend::Difference compareTensors(const at::Tensor& a, const at::Tensor& b) {
  run::Backend::Difference result;
  if (a.sizes() != b.sizes() || a.scalar_type() != b.scalar_type()) {
    result.identical = false;
    result.differing = std::max(a.numel(), b.numel());
    result.maxAbs = result.maxRel = std::numeric_limits<double>::infinity();
    return result;
  }
  if (a.numel() == 0) return result;
  auto left = dense(a), right = dense(b).to(a.device());
  if (left.is_cpu() && std::memcmp(left.data_ptr(), right.data_ptr(), static_cast<size_t>(left.numel()) * left.itemsize()) == 0) return result;
  bool complex = at::isComplexType(left.scalar_type());
  auto bitsOf = [&](at::Tensor t) {
    if (complex) t = at::view_as_real(t);
    return t.reshape({-1}).view(bitsType(t.itemsize()));
  };
  auto unequal = bitsOf(left).ne(bitsOf(right));
  result.differing = unequal.sum().item<int64_t>();
  result.identical = result.differing == 0;
  if (result.identical || !(complex || at::isFloatingType(left.scalar_type()))) return result;
  auto numbers = [&](const at::Tensor& t) { return (complex ? at::view_as_real(t) : t).to(at::kDouble); };
  auto x = numbers(left), y = numbers(right);
  auto distance = x.sub(y).abs();
  auto bothNaN = x.isnan().logical_and(y.isnan());
  auto alike = x.eq(y).logical_or(bothNaN);  // inf - inf and NaN - NaN are no differences
  result.nanPayloads = unequal.logical_and(bothNaN.reshape({-1})).sum().item<int64_t>();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  distance = distance.masked_fill(alike, 0).nan_to_num(kInfinity, kInfinity);
  result.maxAbs = distance.max().item<double>();
  result.maxRel = distance.div(y.abs().clamp_min(std::numeric_limits<double>::min())).nan_to_num(kInfinity, kInfinity).max().item<double>();
  return result;
}

}  // namespace graph::torch
