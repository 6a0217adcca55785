// The Python text that every exported module carries: checks of inputs, written once and unchanged by the graph.
#pragma once

#include <string_view>

namespace rewrites {

/// `_check_inputs(values)` over `_INPUTS`: types, dtypes and shapes; binds the symbols.
extern const std::string_view kPythonShapes;
/// `_check_memory(tensors)` over `_DISJOINT` and `_NO_SELF_OVERLAP`.
extern const std::string_view kPythonMemory;
/// `_check_strides(tensors, symbols)` over `_STRIDES`.
extern const std::string_view kPythonStrides;
/// `_check_conditions(symbols)` over `_CONDITIONS`.
extern const std::string_view kPythonConditions;
/// `_attribute(name)`: a module global that must be set.
extern const std::string_view kPythonAttributes;

}  // namespace rewrites
