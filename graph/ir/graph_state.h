// What a Graph holds, private to graph.cpp, graph_edit.cpp, graph_stated.cpp and order.cpp: slots by id, the list's ends, the name index.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "graph/ir/cow_vector.h"
#include "graph/ir/graph.h"
#include "graph/ir/name_index.h"

namespace graph::ir {

/// One id's place: the node, its neighbours in execution order and who uses it. An erased slot keeps its node, for messages.
struct Slot {
  std::shared_ptr<const Node> node;
  NodeId prev, next;
  uint64_t order = 0;          // grows along the list; see order.cpp
  std::vector<NodeId> users;   // sorted by id, each once
  bool live = false;
};

/// What few graphs have: shared by all revisions that do not change it, copied before it is written.
struct Stated {
  Signature signature;
  SymbolTable symbols;
};

/// Guards by hash, so that a new one is compared with few: a rewrite of many layers adds hundreds. Filled when a guard is added; a copy
/// starts empty, because most copies are never added to.
class GuardIndex {
 public:
  GuardIndex() = default;
  GuardIndex(const GuardIndex&) {}
  GuardIndex(GuardIndex&&) = delete;

  bool contains(const std::vector<Guard>& guards, const Guard& guard);
  void clear() {
    byHash_.clear();
    known_ = 0;
  }

 private:
  std::unordered_multimap<size_t, size_t> byHash_;
  size_t known_ = 0;   // of the guards, from the first
};

struct Graph::State {
  std::string name;
  CowVector<Slot, 64> slots;   // index = id; slot 0 is never live
  NameIndex names;
  NodeId first, last;
  size_t live = 0, placeholders = 0, outputs = 0;
  std::map<std::string, std::shared_ptr<const Graph>> subgraphs;
  std::vector<Guard> guards;
  GuardIndex guardIndex;
  bool isCut = false;
  std::shared_ptr<const Stated> stated;   // null when the text says nothing

  bool contains(NodeId id) const { return id.value < slots.size() && slots[id.value].live; }
  const Slot& slot(NodeId id) const {
    if (!contains(id)) throwDead(id);
    return slots[id.value];
  }
  [[noreturn]] void throwDead(NodeId id) const;
  NodeId find(std::string_view wanted) const;
  /// Whether any node, live or erased, has or had this name.
  bool everNamed(std::string_view wanted) const;

  /// After a move: whatever chunks the source wrote in place, nobody does any more.
  void giveUpChunks() const {
    slots.share();
    names.table().share();
  }
  /// Takes `id` (whose slot has a node) into the list before `next`, or at the end when `next` is no node.
  void link(NodeId id, NodeId next);
  void unlink(NodeId id);
  /// Keeps the signature true after a slot went from `before` to `after`; null: the node is not there. Nothing to do for most nodes.
  void restate(const Node* before, const Node* after) {
    if (stated) restateSignature(before, after);
  }
  void restateSignature(const Node* before, const Node* after);

  /// A label between the neighbours' ones; spreads labels of nodes near by when none is left. The neighbours are live.
  uint64_t labelBetween(NodeId prev, NodeId next);
  void spread(NodeId prev, NodeId next);
};

}  // namespace graph::ir
