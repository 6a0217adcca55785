// Short ways to make graphs in tests.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "graph/ir/graph.h"

namespace graph::ir::test {

inline Node placeholder(std::string name) { return {Op::placeholder, name, name}; }
inline Node call(std::string name, std::string target, std::vector<Argument> args,
                 std::vector<std::pair<std::string, Argument>> kwargs = {}) {
  return {Op::call_function, std::move(name), std::move(target), std::move(args), std::move(kwargs)};
}
inline Node output(Argument value) { return {Op::output, "output", "output", {std::move(value)}}; }

inline std::vector<std::string> names(const Graph& graph) {
  std::vector<std::string> result;
  for (NodeId id : graph) result.push_back(graph.node(id).name);
  return result;
}
inline std::vector<std::string> names(const Graph& graph, const std::vector<NodeId>& ids) {
  std::vector<std::string> result;
  for (NodeId id : ids) result.push_back(graph.node(id).name);
  return result;
}

/// Everything that must hold between the parts of a graph, recomputed from its nodes; empty when it does.
inline std::string broken(const Graph& graph) {
  std::vector<std::vector<NodeId>> users(graph.idLimit());
  size_t count = 0;
  NodeId previous;
  for (NodeId id : graph) {
    const Node& node = graph.node(id);
    ++count;
    if (graph.prev(id) != previous) return "prev of " + node.name;
    if (previous && !graph.before(previous, id)) return "order of " + node.name;
    if (graph.find(node.name) != id) return "find " + node.name;
    previous = id;
    node.forEachInput([&](NodeId input) {
      if (users[input.value].empty() || users[input.value].back() != id) users[input.value].push_back(id);
    });
  }
  if (graph.last() != previous) return "last";
  if (count != graph.size()) return "size";
  size_t placeholders = 0;
  for (NodeId id : graph) {
    auto& expected = users[id.value];
    std::sort(expected.begin(), expected.end());
    if (graph.users(id) != expected) return "users of " + graph.node(id).name;
    placeholders += graph.node(id).op == Op::placeholder ? 1 : 0;
  }
  if (graph.placeholders().size() != placeholders) return "placeholders";
  return {};
}

}  // namespace graph::ir::test
