// Nodes are matched by name. New ones come in without arguments first, so that any order of definition can be copied, then arguments
// are set, then what is gone is erased from its last user up.
#include "graph/ir/derive.h"

#include <algorithm>
#include <vector>

#include "graph/ir/diff.h"

namespace graph::ir {
namespace {

class Derivation {
 public:
  Derivation(const Graph& previous, const Graph& parsed, uint32_t linesBefore)
      : previous_(previous), parsed_(parsed), linesBefore_(linesBefore), diff_(diffByName(previous, parsed)), result_(previous),
        ids_(parsed.idLimit()) {}

  Graph run() {
    for (NodeId id : parsed_) ids_[id.value] = previous_.find(parsed_.node(id).name);
    place();
    for (NodeId id : diff_.added) result_.replace(ids_[id.value], copyOf(id));
    for (const auto& [old, id] : diff_.changed) result_.replace(old, copyOf(id));
    erase();
    copyFacts();
    return std::move(result_);
  }

 private:
  /// Puts added nodes, still without arguments, and moved ones before the node that follows them, from the last one up.
  void place() {
    enum : uint8_t { stays, added, moved };
    std::vector<uint8_t> kind(parsed_.idLimit(), stays);
    for (NodeId id : diff_.added) kind[id.value] = added;
    for (const auto& pair : diff_.moved) kind[pair.second.value] = moved;
    NodeId next;
    for (NodeId id = parsed_.last(); id; id = parsed_.prev(id)) {
      NodeId& mine = ids_[id.value];
      if (kind[id.value] == added) mine = insert(shellOf(id), next);
      else if (kind[id.value] == moved) move(mine, next);
      next = mine;
    }
  }
  NodeId insert(Node node, NodeId next) { return next ? result_.insertBefore(next, std::move(node)) : result_.append(std::move(node)); }
  void move(NodeId id, NodeId next) {
    if (next) return result_.moveBefore(id, next);
    const NodeId last = result_.last();
    if (id == last) return;
    result_.moveBefore(id, last);
    result_.moveBefore(last, id);
  }
  Node shellOf(NodeId id) const {
    const Node& node = parsed_.node(id);
    Node shell;
    shell.op = node.op;
    shell.name = node.name;
    return shell;
  }
  Node copyOf(NodeId id) const {
    Node node = parsed_.node(id);
    const auto map = [this](NodeId used) { return ids_[used.value]; };
    for (Argument& argument : node.args) argument = argument.mapNodes(map);
    for (auto& [key, argument] : node.kwargs) argument = argument.mapNodes(map);
    if (node.line) node.line += linesBefore_;
    return node;
  }

  /// Whatever used an erased node is erased as well or was replaced. Users mostly stand behind what they use; where they do not, a
  /// node first lets go of its arguments.
  void erase() {
    for (NodeId id : diff_.removed) {
      Node empty;
      empty.op = result_.node(id).op;
      empty.name = result_.node(id).name;
      result_.replace(id, std::move(empty));
    }
    for (NodeId id : diff_.removed) result_.erase(id);
  }

  void copyFacts() {
    result_.setName(parsed_.name());
    result_.setGuards(parsed_.guards());
    result_.setCut(parsed_.isCut());
    result_.setSignature(parsed_.signature());
    result_.setSymbolTable(parsed_.symbolTable());
    for (const auto& [name, graph] : previous_.subgraphs())
      if (!parsed_.subgraphs().contains(name)) result_.eraseSubgraph(name);
    for (const auto& [name, graph] : parsed_.subgraphs()) {
      const auto old = previous_.subgraphs().find(name);
      if (old == previous_.subgraphs().end()) {
        result_.setSubgraph(name, graph);
      } else if (Graph derived = deriveRevision(*old->second, *graph, linesBefore_); !isSame(*old->second, derived)) {
        result_.setSubgraph(name, std::make_shared<const Graph>(std::move(derived)));
      }
    }
  }
  static bool isSame(const Graph& a, const Graph& b) {
    return a.name() == b.name() && diffRevisions(a, b).empty() && a.guards() == b.guards() && a.isCut() == b.isCut() && a.signature() == b.signature() && a.symbolTable() == b.symbolTable() && a.subgraphs() == b.subgraphs();
  }

  const Graph& previous_;
  const Graph& parsed_;
  const uint32_t linesBefore_;
  const Diff diff_;
  Graph result_;
  std::vector<NodeId> ids_;  // by id of parsed_: the node in result_
};

}  // namespace

Graph deriveRevision(const Graph& previous, const Graph& parsed, uint32_t linesBefore) {
  return Derivation(previous, parsed, linesBefore).run();
}

}  // namespace graph::ir
