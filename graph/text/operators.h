// How FX spells call targets: Python operators as infix text, operator namespaces with or without `torch.ops.`.
// Shared by the parser and the printer, so that both directions come from one table. Pure.
#pragma once

#include <string>
#include <string_view>

namespace graph::text {

struct PythonOperator {
  std::string_view symbol;    // "+", "+=" …
  std::string_view function;  // "_operator.add"
};

/// `+` -> `_operator.add`; empty when the text is no binary operator.
std::string_view binaryFunction(std::string_view symbol);
/// `-` -> `_operator.neg`
std::string_view unaryFunction(std::string_view symbol);
/// `+=` -> `_operator.iadd`
std::string_view inPlaceFunction(std::string_view symbol);
/// `_operator.add` -> `+`; empty when the function has no infix form.
std::string_view binarySymbol(std::string_view function);
std::string_view unarySymbol(std::string_view function);
std::string_view inPlaceSymbol(std::string_view function);

/// The target of a printed callee: `torch.ops.aten.add.Tensor` -> `aten.add.Tensor`, `operator.add` -> `_operator.add`,
/// `math_trunc` -> `math.trunc`, `builtins.max` -> `max`; everything else stays.
std::string canonicalTarget(std::string_view printed);
/// The other way: `aten.add.Tensor` -> `torch.ops.aten.add.Tensor`, `math.trunc` -> `math_trunc`.
std::string printedTarget(std::string_view target);

}  // namespace graph::text
