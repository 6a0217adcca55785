// Constant arguments of a graph as the IValues that an operator's schema asks for.
//
// The schema's real type decides: an `int` literal in a float slot becomes a double, `torch.float32` in a ScalarType? slot becomes
// torch's number for it, a Python number in a Tensor slot becomes a wrapped number (a zero-dimensional tensor that takes part in
// type promotion as Python's number does: what torch.ops does with it in Python, so that results are the same bit for bit).
#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>

#include <stdexcept>
#include <string>

#include "graph/ir/argument.h"
#include "graph/run/device_map.h"

namespace graph::torch {

/// The argument does not fit the type; the message says which value and which type.
struct BadConstant : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A number as a tensor of zero dimensions that promotes like a Python number.
at::Tensor wrappedNumber(const c10::Scalar& number);
/// The number in an IValue (int, float, bool, complex).
bool isNumber(const c10::IValue& value);

/// `argument` holds no node. `count` is the N of an `int[2]` type, for which one number stands for N.
c10::IValue convertConstant(const ir::Argument& argument, const c10::Type& type, std::optional<int32_t> count,
                            const run::DeviceMap& devices);
/// Without a schema: numbers, strings, lists (as tuples) as they are.
c10::IValue convertConstant(const ir::Argument& argument, const run::DeviceMap& devices);

/// The type below `?`.
const c10::Type& withoutOptional(const c10::Type& type);

}  // namespace graph::torch
