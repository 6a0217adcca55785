// One argument of a node, as FX holds it: a constant, a reference to another node, or a container of arguments.
//
// Standard library only. An Argument is a value; containers own their items. NodeId lives here because an argument is what
// refers to nodes.
#pragma once

#include <complex>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "graph/ir/dtype.h"

namespace graph::ir {

/// Names a node of a graph for as long as the graph and its revisions live; never reused, never a pointer.
struct NodeId {
  uint32_t value = 0;  // 0 = no node
  explicit operator bool() const { return value != 0; }
  auto operator<=>(const NodeId&) const = default;
};

struct None { bool operator==(const None&) const = default; };
struct Ellipsis { bool operator==(const Ellipsis&) const = default; };
/// A dotted Python name used as a value: an enum or layout (`torch.strided`, `torch.contiguous_format`), an operator passed
/// to a higher-order operator (`torch.ops._C.rms_norm.default`), or an opaque repr that only Python understands.
struct Name {
  std::string text;
  bool operator==(const Name&) const = default;
};

class Argument;
struct List { std::vector<Argument> items; bool operator==(const List&) const; };
struct Tuple { std::vector<Argument> items; bool operator==(const Tuple&) const; };
/// slice(start, stop, step): always three items, None where absent.
struct Slice { std::vector<Argument> items; bool operator==(const Slice&) const; };
struct Dict { std::vector<std::pair<Argument, Argument>> items; bool operator==(const Dict&) const; };

class Argument {
 public:
  using Value = std::variant<None, bool, int64_t, double, std::complex<double>, std::string, NodeId, DType, Device, Name, Ellipsis, List,
                             Tuple, Slice, Dict>;

  Argument() = default;  // None
  template <class T>
    requires std::is_constructible_v<Value, T> && (!std::is_same_v<std::remove_cvref_t<T>, Argument>)
  Argument(T&& value) : value_(std::forward<T>(value)) {}  // NOLINT(google-explicit-constructor)
  Argument(int value) : value_(int64_t{value}) {}          // NOLINT(google-explicit-constructor)
  Argument(const char* text) : value_(std::string(text)) {}  // NOLINT(google-explicit-constructor)

  const Value& value() const { return value_; }
  template <class T> const T* as() const { return std::get_if<T>(&value_); }
  bool isNone() const { return std::holds_alternative<None>(value_); }

  /// The node this argument is; no node when it is something else.
  NodeId node() const { auto* n = as<NodeId>(); return n ? *n : NodeId{}; }
  /// Calls `visit` for every node referred to, in order, containers included.
  template <class Visit> void forEachNode(Visit&& visit) const;
  /// The same argument with every node reference passed through `map`.
  Argument mapNodes(const std::function<NodeId(NodeId)>& map) const;

  /// Same value; NaN equals NaN and -0.0 differs from 0.0, because text round trips must see both.
  bool operator==(const Argument&) const;

 private:
  Value value_;
};

// A template: every edit and every analysis walks arguments, and most of them are one node or one number.
template <class Visit> void Argument::forEachNode(Visit&& visit) const {
  if (const auto* id = as<NodeId>()) {
    if (*id) visit(*id);
    return;
  }
  const auto visitItems = [&](const std::vector<Argument>& items) {
    for (const Argument& item : items) item.forEachNode(visit);
  };
  if (const auto* list = as<List>()) return visitItems(list->items);
  if (const auto* tuple = as<Tuple>()) return visitItems(tuple->items);
  if (const auto* slice = as<Slice>()) return visitItems(slice->items);
  if (const auto* dict = as<Dict>()) {
    for (const auto& [key, value] : dict->items) {
      key.forEachNode(visit);
      value.forEachNode(visit);
    }
  }
}

}  // namespace graph::ir

template <>
struct std::hash<graph::ir::NodeId> {
  size_t operator()(graph::ir::NodeId id) const noexcept { return id.value * size_t{0x9E3779B97F4A7C15}; }
};
