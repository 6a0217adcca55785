// What a node's target means here: an operator of LibTorch's dispatcher, or a built-in of ours.
//
// Built-ins stand for what PyTorch keeps in Python: prims, `_operator.*` and `torch.sym_*` on numbers, `math.*`, getitem.
// A built-in works as a boxed kernel does: its arguments lie on the stack, it leaves its result there. Some have a schema (prims), so
// that their arguments are converted like any operator's; the others take what they are given.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/ir/node.h"

namespace graph::torch {

using Stack = std::vector<c10::IValue>;
using Builtin = void (*)(Stack& stack);

struct Operator {
  std::optional<c10::OperatorHandle> handle;    // set: an operator of the dispatcher
  Builtin builtin = nullptr;                    // else this
  const c10::FunctionSchema* schema = nullptr;  // of either; null when a built-in takes anything
  bool onNumbers = false;                       // gives a number when every node argument is one

  void call(Stack& stack) const {
    if (builtin)
      builtin(stack);
    else
      handle->callBoxed(stack);
  }
};

/// The operator of a node's target; nothing when it cannot run here (custom and higher-order operators, modules).
std::optional<Operator> resolve(const ir::Node& node);
/// An operator of the dispatcher by our spelling (`aten.add.Tensor`, `aten.relu.default`).
std::optional<c10::OperatorHandle> findHandle(std::string_view target);

// The tables of built-ins: one file a family.
struct NamedBuiltin {
  std::string_view target;
  Builtin function;
  std::string_view schema = {};  // "iota(SymInt length, …) -> Tensor", or empty
};
const std::vector<NamedBuiltin>& numberBuiltins();
const std::vector<NamedBuiltin>& primBuiltins();
const std::vector<NamedBuiltin>& deviceBuiltins();
/// prims that are an aten operator with the same arguments in the same order: {"prims.sin.default", "aten.sin.default"}.
std::string_view atenTwinOfPrim(std::string_view target);

}  // namespace graph::torch
