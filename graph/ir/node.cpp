// Reading a node: keyword arguments, comparison.
#include "graph/ir/node.h"

namespace graph::ir {

std::string_view opName(Op op) {
  switch (op) {
    case Op::placeholder: return "placeholder";
    case Op::get_attr: return "get_attr";
    case Op::call_function: return "call_function";
    case Op::call_method: return "call_method";
    case Op::call_module: return "call_module";
    case Op::output: return "output";
  }
  return "?";
}

const Argument* Node::kwarg(std::string_view key) const {
  for (const auto& [name_, value] : kwargs) {
    if (name_ == key) return &value;
  }
  return nullptr;
}

bool Node::sameAs(const Node& other) const {
  return op == other.op && name == other.name && target == other.target && args == other.args && kwargs == other.kwargs &&
         meta == other.meta;
}

}  // namespace graph::ir
