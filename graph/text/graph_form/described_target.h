// Targets of call_function as Python's str() and repr() show a callable: `<built-in function add>`, `aten.add.Tensor`,
// `operator.add`, `builtins.getattr`. Internal to graph/text, pure.
#pragma once

#include <string>
#include <string_view>

namespace graph::text {

struct DescribedTarget {
  std::string target;       // a dotted name, as ir::Node has it but for `torch.ops.`; never empty
  bool isCertain = true;    // false: only the function's own name is in the text
};
/// Which function a printed target means. `isStr`: it is str(target), where an operator has no `torch.ops.` and a higher-order one no
/// namespace (print_tabular); otherwise print(graph)'s qualified name.
DescribedTarget describedTarget(std::string_view printed, bool isStr);
/// Is `builtins.name` what print(graph) calls it?
bool isBuiltin(std::string_view name);

}  // namespace graph::text
