// A node of an FX graph: immutable, shared between revisions.
//
// FX's own model and words: a node *is* its value; several results go through getitem. `meta` is what the dump's annotation
// says. Targets are written without the `torch.ops.` prefix for operator namespaces: `aten.add.Tensor`, `prims.iota.default`,
// `higher_order.cond`; everything else keeps its printed name (`_operator.mul`, `torch.sym_max`, `math.trunc`, `L_x_`).
// A target without overload (`aten.sym_size`, as torch 2.1 prints it) stays without.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "graph/ir/argument.h"
#include "graph/ir/symbol.h"

namespace graph::ir {

enum class Op : uint8_t { placeholder, get_attr, call_function, call_method, call_module, output };
std::string_view opName(Op op);  // "call_function"

/// `f32[s0, 4][4, 1]cuda:0`: what an annotation says of a tensor. Strides are in elements.
struct TensorMeta {
  DType dtype = DType::f32;
  std::vector<Expr> shape;
  std::optional<std::vector<Expr>> stride;
  std::optional<Device> device;
  std::string wrapper;  // `Parameter` in `Parameter(f32[2])`, `DTensor`, else empty
  bool operator==(const TensorMeta&) const = default;
};
/// `Sym(s0)`: an int, float or bool that is computed at run time.
struct SymMeta {
  Expr value;
  bool operator==(const SymMeta&) const = default;
};
/// An annotation that is none of the above (`torch.Tensor`, a class name): kept as text.
struct OtherMeta {
  std::string text;
  bool operator==(const OtherMeta&) const = default;
};
using Meta = std::variant<std::monostate, TensorMeta, SymMeta, OtherMeta>;

struct Node {
  Op op = Op::call_function;
  std::string name;    // unique in its graph; what a dump prints
  std::string target;  // see above; for a placeholder the parameter's name in the signature
  std::vector<Argument> args;  // output: exactly one, what is returned
  std::vector<std::pair<std::string, Argument>> kwargs;
  Meta meta;
  std::shared_ptr<const std::string> stack;  // the comment above it in the dump, without `# `; shared by following nodes
  uint32_t line = 0;                         // 1-based line of the source text, 0 when made by a rewrite

  const Argument* kwarg(std::string_view key) const;
  const TensorMeta* tensor() const { return std::get_if<TensorMeta>(&meta); }
  const SymMeta* sym() const { return std::get_if<SymMeta>(&meta); }
  /// Every node referred to by args, then kwargs, in order, with repetitions.
  template <class Visit> void forEachInput(Visit&& visit) const {
    for (const Argument& argument : args) argument.forEachNode(visit);
    for (const auto& [key, argument] : kwargs) argument.forEachNode(visit);
  }
  /// Same op, name, target, arguments and meta; stack and line are not compared.
  bool sameAs(const Node& other) const;
};

}  // namespace graph::ir
