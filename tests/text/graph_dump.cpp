#include "tests/text/graph_dump.h"

#include <fmt/format.h>

#include "graph/text/printer.h"

namespace graph::text {
namespace {

std::string_view metaKind(const ir::Meta& meta) {
  constexpr std::string_view kKinds[] = {"", "tensor", "symbol", "text"};
  return kKinds[meta.index()];
}

std::string stackOf(const ir::Node& node) { return node.stack ? *node.stack : std::string(); }

}  // namespace

std::string dump(const ir::Graph& graph) {
  std::string out = fmt::format("graph {}\n", graph.name());
  for (auto& [name, facts] : graph.symbolTable()) {
    out += fmt::format("  symbol {} {}", name, facts.range());
    if (facts.hint) out += fmt::format(" hint {}", *facts.hint);
    out += "\n";
  }
  for (auto& spec : graph.signature().inputs)
    out += fmt::format("  input {} {} {}{}\n", spec.name, ir::kindName(spec.kind), spec.target,
                       spec.persistent ? *spec.persistent ? " persistent" : " not persistent" : "");
  for (auto& spec : graph.signature().outputs) out += fmt::format("  output {} {}\n", ir::kindName(spec.kind), spec.target);
  for (auto& guard : graph.guards()) out += fmt::format("  guard {}\n", guard.str());
  if (graph.isCut()) out += "  cut\n";
  std::string stack;
  for (ir::NodeId id : graph) {
    const ir::Node& node = graph.node(id);
    if (stackOf(node) != stack) {
      stack = stackOf(node);
      out += fmt::format("  # {}\n", stack);
    }
    out += fmt::format("  {:3} {} {} {} (", node.line, ir::opName(node.op), node.name, node.target);
    for (auto& argument : node.args) out += printArgument(graph, argument) + "; ";
    for (auto& [key, value] : node.kwargs) out += fmt::format("{} = {}; ", key, printArgument(graph, value));
    out += ")";
    if (node.meta.index()) out += fmt::format(" {} {}", metaKind(node.meta), printMeta(node.meta));
    out += "\n";
  }
  return out;
}

std::string difference(const ir::Graph& a, const ir::Graph& b) {
  if (a.name() != b.name()) return fmt::format("names {} and {}", a.name(), b.name());
  if (a.guards() != b.guards()) return "guards";
  if (a.isCut() != b.isCut()) return "whether lines are missing";
  if (a.signature() != b.signature()) return "signatures";
  if (a.symbolTable() != b.symbolTable()) return "symbols";
  if (a.size() != b.size()) return fmt::format("{} and {} nodes", a.size(), b.size());
  std::vector<ir::NodeId> toB(a.idLimit());
  auto j = b.begin();
  for (ir::NodeId i : a) { toB[i.value] = *j; ++j; }
  j = b.begin();
  for (ir::NodeId i : a) {
    ir::Node mapped = a.node(i);
    for (auto& argument : mapped.args) argument = argument.mapNodes([&](ir::NodeId id) { return toB[id.value]; });
    for (auto& [key, value] : mapped.kwargs) value = value.mapNodes([&](ir::NodeId id) { return toB[id.value]; });
    const ir::Node& other = b.node(*j);
    ++j;
    bool hasStack = mapped.op != ir::Op::placeholder && mapped.op != ir::Op::output;
    if (!mapped.sameAs(other)) return fmt::format("'{}' and '{}'", printNode(a, i), printNode(b, b.find(other.name)));
    if (hasStack && stackOf(mapped) != stackOf(other)) return fmt::format("the stack of {}", mapped.name);
  }
  if (a.subgraphs().size() != b.subgraphs().size()) return "number of nested graphs";
  for (auto& [name, sub] : a.subgraphs()) {
    auto other = b.subgraphs().find(name);
    if (other == b.subgraphs().end()) return "nested graph " + name;
    if (auto why = difference(*sub, *other->second); !why.empty()) return name + ": " + why;
  }
  return {};
}

ir::Graph graphFormPart(const ir::Graph& graph) {
  ir::Graph part("graph");
  for (auto& guard : graph.guards()) part.addGuard(guard);
  part.setCut(graph.isCut() || !graph.output());
  std::vector<ir::NodeId> toPart(graph.idLimit());
  const auto map = [&](ir::NodeId id) { return toPart[id.value]; };
  for (ir::NodeId id : graph) {
    ir::Node node = graph.node(id);
    if (!std::get_if<ir::OtherMeta>(&node.meta)) node.meta = {};
    if (node.op == ir::Op::output) node.meta = {};
    node.stack = nullptr;
    for (auto& argument : node.args) argument = argument.mapNodes(map);
    for (auto& [key, value] : node.kwargs) value = value.mapNodes(map);
    toPart[id.value] = part.append(std::move(node));
  }
  return part;
}

}  // namespace graph::text
