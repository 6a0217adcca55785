#include "graph/torch/constants.h"

#include <ATen/core/jit_type.h>
#include <ATen/ops/scalar_tensor.h>

#include <map>

#include "graph/torch/tensors.h"

namespace graph::torch {
namespace {

using c10::IValue;
using c10::TypeKind;

std::string show(const ir::Argument& argument) {
  struct Show {
    std::string operator()(ir::None) const { return "None"; }
    std::string operator()(bool v) const { return v ? "True" : "False"; }
    std::string operator()(int64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const { return std::to_string(v); }
    std::string operator()(const std::string& v) const { return "'" + v + "'"; }
    std::string operator()(const ir::Name& v) const { return v.text; }
    std::string operator()(ir::DType v) const { return std::string(ir::torchName(v)); }
    std::string operator()(const ir::Device& v) const { return "device '" + v.str() + "'"; }
    std::string operator()(const ir::List&) const { return "a list"; }
    std::string operator()(const ir::Tuple&) const { return "a tuple"; }
    std::string operator()(const ir::Slice&) const { return "a slice"; }
    std::string operator()(const ir::Dict&) const { return "a dict"; }
    std::string operator()(const ir::Ellipsis&) const { return "..."; }
    std::string operator()(std::complex<double>) const { return "a complex number"; }
    std::string operator()(ir::NodeId) const { return "a node"; }
  };
  return std::visit(Show{}, argument.value());
}

[[noreturn]] void misfit(const ir::Argument& argument, const std::string& wanted) {
  throw BadConstant(show(argument) + " where " + wanted + " is expected");
}

std::optional<c10::Scalar> scalarOf(const ir::Argument& argument) {
  if (auto* v = argument.as<bool>()) return c10::Scalar(*v);
  if (auto* v = argument.as<int64_t>()) return c10::Scalar(*v);
  if (auto* v = argument.as<double>()) return c10::Scalar(*v);
  if (auto* v = argument.as<std::complex<double>>()) return c10::Scalar(c10::complex<double>(*v));
  return std::nullopt;
}

const std::vector<ir::Argument>* itemsOf(const ir::Argument& argument) {
  if (auto* list = argument.as<ir::List>()) return &list->items;
  if (auto* tuple = argument.as<ir::Tuple>()) return &tuple->items;
  return nullptr;
}

std::string_view lastWord(std::string_view dotted) { return dotted.substr(dotted.rfind('.') + 1); }

IValue memoryFormat(const ir::Argument& argument) {
  static const std::map<std::string_view, at::MemoryFormat> known{{"contiguous_format", at::MemoryFormat::Contiguous},
                                                                  {"preserve_format", at::MemoryFormat::Preserve},
                                                                  {"channels_last", at::MemoryFormat::ChannelsLast},
                                                                  {"channels_last_3d", at::MemoryFormat::ChannelsLast3d}};
  auto* name = argument.as<ir::Name>();
  auto found = name ? known.find(lastWord(name->text)) : known.end();
  if (found == known.end()) misfit(argument, "a memory format");
  return IValue(found->second);
}

IValue layout(const ir::Argument& argument) {
  static const std::map<std::string_view, at::Layout> known{
      {"strided", at::kStrided}, {"sparse_coo", at::kSparse}, {"sparse_csr", at::kSparseCsr}, {"sparse_csc", at::kSparseCsc}};
  auto* name = argument.as<ir::Name>();
  auto found = name ? known.find(lastWord(name->text)) : known.end();
  if (found == known.end()) misfit(argument, "a layout");
  return IValue(found->second);
}

IValue integer(const ir::Argument& argument) {
  if (auto* v = argument.as<int64_t>()) return *v;
  if (auto* v = argument.as<bool>()) return int64_t{*v};
  if (auto* v = argument.as<ir::DType>()) return IValue(scalarType(*v));
  misfit(argument, "an integer");
}

IValue real(const ir::Argument& argument) {
  if (auto* v = argument.as<double>()) return *v;
  if (auto* v = argument.as<int64_t>()) return static_cast<double>(*v);
  if (auto* v = argument.as<bool>()) return *v ? 1.0 : 0.0;
  misfit(argument, "a float");
}

IValue boolean(const ir::Argument& argument) {
  if (auto* v = argument.as<bool>()) return *v;
  if (auto* v = argument.as<int64_t>()) return *v != 0;
  misfit(argument, "a bool");
}

IValue device(const ir::Argument& argument, const run::DeviceMap& devices) {
  if (auto* v = argument.as<ir::Device>()) return torchDevice(devices.place(*v));
  if (auto* text = argument.as<std::string>())
    if (auto parsed = ir::Device::parse(*text)) return torchDevice(devices.place(*parsed));
  misfit(argument, "a device");
}

IValue list(const ir::Argument& argument, const c10::ListType& type, std::optional<int32_t> count, const run::DeviceMap& devices) {
  const auto& element = type.getElementType();
  auto* items = itemsOf(argument);
  // The element type of a list that a kernel unboxes: SymInt lists travel as int lists.
  auto stored = element->kind() == TypeKind::SymIntType ? c10::TypePtr(c10::IntType::get()) : element;
  c10::impl::GenericList result(stored);
  if (items) {
    for (auto& item : *items) result.push_back(convertConstant(item, *element, std::nullopt, devices));
  } else {
    auto value = convertConstant(argument, *element, std::nullopt, devices);  // `int[2] kernel_size=3`
    for (int32_t i = 0; i < count.value_or(1); ++i) result.push_back(value);
  }
  return IValue(std::move(result));
}

}  // namespace

at::Tensor wrappedNumber(const c10::Scalar& number) {
  auto type = number.isBoolean() ? at::kBool : number.isIntegral(false) ? at::kLong : number.isComplex() ? at::kComplexDouble : at::kDouble;
  auto tensor = at::scalar_tensor(number, at::TensorOptions().dtype(type).device(at::kCPU));
  tensor.unsafeGetTensorImpl()->set_wrapped_number(true);
  return tensor;
}

bool isNumber(const c10::IValue& value) { return value.isScalar(); }

const c10::Type& withoutOptional(const c10::Type& type) {
  if (type.kind() == TypeKind::OptionalType) return *type.expectRef<c10::OptionalType>().getElementType();
  return type;
}

IValue convertConstant(const ir::Argument& argument, const c10::Type& type, std::optional<int32_t> count, const run::DeviceMap& devices) {
  if (argument.isNone()) {
    if (type.kind() == TypeKind::OptionalType || type.kind() == TypeKind::NoneType || type.kind() == TypeKind::GeneratorType) return {};
    misfit(argument, type.repr_str());
  }
  switch (type.kind()) {
    case TypeKind::OptionalType:
      return convertConstant(argument, withoutOptional(type), count, devices);
    case TypeKind::TensorType:
      if (auto scalar = scalarOf(argument)) return wrappedNumber(*scalar);
      misfit(argument, "a tensor");
    case TypeKind::NumberType:
      if (auto scalar = scalarOf(argument)) return IValue(*scalar);
      misfit(argument, "a number");
    case TypeKind::IntType:
    case TypeKind::SymIntType:
      return integer(argument);
    case TypeKind::FloatType:
    case TypeKind::SymFloatType:
      return real(argument);
    case TypeKind::BoolType:
    case TypeKind::SymBoolType:
      return boolean(argument);
    case TypeKind::StringType:
      if (auto* text = argument.as<std::string>()) return *text;
      misfit(argument, "a string");
    case TypeKind::ScalarTypeType:
      if (auto* dtype = argument.as<ir::DType>()) return IValue(scalarType(*dtype));
      misfit(argument, "a dtype");
    case TypeKind::MemoryFormatType:
      return memoryFormat(argument);
    case TypeKind::LayoutType:
      return layout(argument);
    case TypeKind::DeviceObjType:
      return device(argument, devices);
    case TypeKind::ListType:
      return list(argument, type.expectRef<c10::ListType>(), count, devices);
    case TypeKind::AnyType:
      return convertConstant(argument, devices);
    default:
      misfit(argument, type.repr_str());
  }
}

IValue convertConstant(const ir::Argument& argument, const run::DeviceMap& devices) {
  if (argument.isNone()) return {};
  if (auto scalar = scalarOf(argument)) return IValue(*scalar);
  if (auto* text = argument.as<std::string>()) return *text;
  if (auto* dtype = argument.as<ir::DType>()) return IValue(scalarType(*dtype));
  if (argument.as<ir::Device>()) return device(argument, devices);
  if (auto* items = itemsOf(argument)) {
    std::vector<IValue> values;
    for (auto& item : *items) values.push_back(convertConstant(item, devices));
    return c10::ivalue::Tuple::create(std::move(values));
  }
  misfit(argument, "a number, string, dtype, device or list");
}

}  // namespace graph::torch
