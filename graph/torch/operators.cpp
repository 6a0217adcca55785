#include "graph/torch/operators.h"

#include <torch/csrc/jit/frontend/function_schema_parser.h>

#include <deque>
#include <unordered_map>

namespace graph::torch {
namespace {

struct BuiltinEntry {
  Builtin function;
  const c10::FunctionSchema* schema;
  bool onNumbers;
};

// Built on first use and kept: schemas are referred to by pointer.
const std::unordered_map<std::string_view, BuiltinEntry>& builtins() {
  static std::deque<c10::FunctionSchema> schemas;
  static const auto table = [] {
    std::unordered_map<std::string_view, BuiltinEntry> result;
    for (auto* family : {&primBuiltins(), &deviceBuiltins()}) {
      for (auto& entry : *family) {
        schemas.push_back(::torch::jit::parseSchema("prims::" + std::string(entry.schema)));
        result[entry.target] = {entry.function, &schemas.back(), false};
      }
    }
    for (auto& entry : numberBuiltins()) result[entry.target] = {entry.function, nullptr, true};
    return result;
  }();
  return table;
}

}  // namespace

std::optional<c10::OperatorHandle> findHandle(std::string_view target) {
  auto first = target.find('.'), last = target.rfind('.');
  if (first == std::string_view::npos) return std::nullopt;
  std::string name(target.substr(0, first)), overload;
  name += "::";
  if (first == last) {  // a packet, `aten.relu`: its default overload
    name += target.substr(first + 1);
  } else {
    name += target.substr(first + 1, last - first - 1);
    overload = target.substr(last + 1);
  }
  if (overload == "default") overload.clear();
  auto handle = c10::Dispatcher::singleton().findSchema({name, overload});
  return handle;
}

std::optional<Operator> resolve(const ir::Node& node) {
  if (node.op != ir::Op::call_function) return std::nullopt;
  if (auto found = builtins().find(node.target); found != builtins().end()) {
    auto& entry = found->second;
    return Operator{std::nullopt, entry.function, entry.schema, entry.onNumbers};
  }
  auto twin = atenTwinOfPrim(node.target);
  auto handle = findHandle(twin.empty() ? std::string_view(node.target) : twin);
  if (!handle) return std::nullopt;
  return Operator{handle, nullptr, &handle->schema(), false};
}

}  // namespace graph::torch
