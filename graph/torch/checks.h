// What must hold before a program runs: inputs that fit the annotations, and the guards that rewrites left on the graph.
//
// Prepared once: a dimension is a constant, a symbol's number, or (rarely) an expression. A check costs a few comparisons an input.
#pragma once

#include <ATen/core/ivalue.h>

#include <optional>
#include <string>
#include <vector>

#include "graph/ir/input_use.h"
#include "graph/run/device_map.h"
#include "graph/run/sizes.h"
#include "graph/torch/code.h"

namespace graph::torch {

class Checks {
 public:
  /// Throws run::InputError for a guard that names no placeholder or get_attr node, or cannot be read.
  Checks(const ir::Graph& graph, const Code& code, const run::DeviceMap& devices);

  /// `slots` hold inputs and attributes. Throws run::InputError naming the input, or the guard and the inputs that break it.
  void run(const std::vector<c10::IValue>& slots);

 private:
  struct Dimension {
    enum class Kind : uint8_t { constant, symbol, expression };
    Kind kind;
    int64_t value = 0;   // constant
    uint32_t index = 0;  // of symbols_ or expressions_
  };
  struct Input {
    std::string name;
    Slot slot;
    bool tensor = false;  // annotated as one
    at::ScalarType dtype = at::ScalarType::Undefined;
    std::vector<Dimension> shape;
    std::string annotation;           // for messages
    std::optional<Dimension> number;  // annotated Sym(...)
    std::optional<c10::Device> device;
  };
  /// An input or constant of a graph with `disjoint` guards; guarded ones may share no element with what is touched after their first
  /// write.
  struct Use {
    Slot slot;
    std::string name;
    ir::InputUse use;
    bool guarded;
  };
  struct Span {
    int64_t begin, end;
    size_t use;
  };  // bytes
  struct Disjoint {
    Slot first, second;
    std::string firstName, secondName;
  };

  /// A `strides` guard: one value a dimension, then the storage offset when the guard has one.
  struct Layout {
    Slot slot;
    std::string name;
    std::vector<ir::Expr> strides;
    std::optional<ir::Expr> offset;
    std::string text;
  };

  Dimension dimension(const ir::Expr& expression);
  void checkInput(const Input& input, const c10::IValue& value);
  void checkDimension(const Input& input, const Dimension& dimension, int64_t actual, int64_t at);
  void checkExpressions();
  void checkGuards(const std::vector<c10::IValue>& slots);
  void checkUses(const std::vector<c10::IValue>& slots);
  void checkLayouts(const std::vector<c10::IValue>& slots);
  ir::Binding binding() const;
  [[noreturn]] void misfit(const Input& input, const c10::IValue& value) const;

  std::vector<Input> inputs_;
  std::vector<std::string> symbols_;
  std::vector<ir::Expr> expressions_;
  std::vector<Disjoint> disjoint_;
  std::vector<Use> uses_;
  std::vector<std::pair<Slot, std::string>> noSelfOverlap_;
  std::vector<std::pair<run::Condition, std::string>> conditions_;
  std::vector<Layout> layouts_;

  // of the run
  ir::Binding known_;                   // what the sizes say of the symbols, when something asks
  std::vector<Span> spans_;
  std::vector<int64_t> symbolValues_;
  std::vector<run::Equation> pending_;  // dimensions that are expressions
};

/// Do two strided tensors share a byte: address intervals first, then exactly. `unknown` counts as sharing.
bool shareMemory(const at::Tensor& a, const at::Tensor& b);

}  // namespace graph::torch
