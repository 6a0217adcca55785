// A graph: a value made of immutable, shared nodes, in execution order.
//
// Copying a graph copies pointers to shared chunks of slots; editing a copy clones only the chunks that it touches. So a
// revision costs little, undo is a list of graphs, a diff compares pointers, and another thread may read a
// shared_ptr<const Graph> without locks. Nodes are never changed: an edit puts a new node into the slot. Ids stay valid
// through every revision derived from the same first graph, and are never reused.
// Who may write a chunk is a token of the graph that cloned it, and is dropped on both sides when a graph is copied or moved: a
// chunk that someone else may see is never written, whatever its use count says. A moved-from graph may only be assigned,
// copied or destroyed.
// Every edit keeps these invariants or throws std::invalid_argument / DeadNode and changes nothing: names are unique,
// arguments refer to live nodes, users mirror arguments. Order (definition before use) is checked by lint, not by each edit.
#pragma once

#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "graph/ir/guard.h"
#include "graph/ir/node.h"
#include "graph/ir/signature.h"

namespace graph::ir {

/// An id that names no live node; the message has the erased node's name when it is known.
struct DeadNode : std::runtime_error { using std::runtime_error::runtime_error; };

class Graph {
 public:
  explicit Graph(std::string name = "forward");
  Graph(const Graph&);
  Graph(Graph&&) noexcept;
  Graph& operator=(const Graph&);
  Graph& operator=(Graph&&) noexcept;
  ~Graph();

  const std::string& name() const;
  void setName(std::string name);

  // --- reading -------------------------------------------------------------------------------------------------------
  size_t size() const;                           // live nodes
  bool contains(NodeId id) const;
  const Node& node(NodeId id) const;             // throws DeadNode
  std::shared_ptr<const Node> share(NodeId id) const;
  NodeId first() const;                          // no node when empty
  NodeId last() const;
  NodeId next(NodeId id) const;
  NodeId prev(NodeId id) const;
  /// Execution order of two nodes of this graph. O(1).
  bool before(NodeId a, NodeId b) const;
  /// Grows along the execution order. Edits may change the labels of nodes near by; two nodes whose labels are the same in two
  /// revisions have the same order in both.
  uint64_t orderLabel(NodeId id) const;
  /// The node called `name`; no node when there is none. O(1) expected.
  NodeId find(std::string_view name) const;
  /// Nodes that use `id` (each once, by id). The reference is valid until the next edit.
  const std::vector<NodeId>& users(NodeId id) const;
  /// One past the greatest id ever given out: for tables indexed by id.
  uint32_t idLimit() const;

  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = NodeId;
    using difference_type = std::ptrdiff_t;
    using pointer = const NodeId*;
    using reference = NodeId;
    Iterator() = default;
    Iterator(const Graph* graph, NodeId id) : graph_(graph), id_(id) {}
    NodeId operator*() const { return id_; }
    Iterator& operator++() { id_ = graph_->next(id_); return *this; }
    Iterator operator++(int) { auto old = *this; ++*this; return old; }
    bool operator==(const Iterator& other) const { return id_ == other.id_; }
   private:
    const Graph* graph_ = nullptr;
    NodeId id_;
  };
  Iterator begin() const { return {this, first()}; }
  Iterator end() const { return {this, NodeId{}}; }

  std::vector<NodeId> placeholders() const;      // in order
  NodeId output() const;                         // no node when the graph has none (a fragment)
  /// Every symbol in any annotation.
  std::vector<std::string> symbols() const;

  /// Graphs of get_attr submodules (`true_graph_0`), by attribute name.
  const std::map<std::string, std::shared_ptr<const Graph>>& subgraphs() const;
  const std::vector<Guard>& guards() const;
  /// Lines of its text are missing (it was cut short, lines were left out): it can be looked at, not run or rewritten, because nobody knows what
  /// they do.
  bool isCut() const;
  /// What the text says its inputs and outputs are; empty for most graphs.
  const Signature& signature() const;
  /// Ranges and hints of symbols, those that the text gives.
  const SymbolTable& symbolTable() const;

  /// Calls `visit` for every id whose node or place differs between two revisions of one graph; chunks that they share are
  /// skipped. A place can differ without a move: labels near an insertion are spread.
  void forEachDifference(const Graph& other, const std::function<void(NodeId)>& visit) const;
  struct Sharing {
    size_t slotChunks = 0, sharedSlotChunks = 0, nameChunks = 0, sharedNameChunks = 0;
  };
  /// How much of this graph's memory is also `other`'s.
  Sharing sharingWith(const Graph& other) const;

  // --- editing (of a draft that one thread owns) ------------------------------------------------------------------------
  NodeId append(Node node);
  NodeId insertBefore(NodeId where, Node node);
  NodeId insertAfter(NodeId where, Node node);
  /// Puts another node into the slot; same id, users stay.
  void replace(NodeId id, Node node);
  /// Every use of `old` becomes a use of `with`; a use in `with` itself stays, as nothing can be its own input.
  void replaceAllUses(NodeId old, NodeId with);
  /// Throws std::invalid_argument naming a user when it still has one.
  void erase(NodeId id);
  void moveBefore(NodeId id, NodeId where);
  /// `base`, or base_1, base_2 … as FX numbers them: a name that no node has or (FX again) had, so that a name means one node
  /// through all revisions. `add_3` counts on from 3; words that a dump cannot use as names (`list`, `lambda`, `inf`) get a number.
  std::string uniqueName(std::string_view base) const;
  void setSubgraph(const std::string& name, std::shared_ptr<const Graph> graph);
  void eraseSubgraph(const std::string& name);
  void addGuard(Guard guard);                    // kept once
  void setCut(bool isCut);
  /// Edits keep it true: an erased placeholder loses its spec, a renamed one gives it its new name, and an output with fewer results
  /// loses the specs behind its last one. Throws std::invalid_argument when an input's spec names no placeholder or one twice.
  void setSignature(Signature signature);
  /// Symbols without facts are left out. Throws std::invalid_argument for a name that is no word and for a range that holds nothing.
  void setSymbolTable(SymbolTable table);
  void setGuards(std::vector<Guard> guards);

 private:
  struct State;
  struct Editor;
  std::unique_ptr<State> state_;
};

}  // namespace graph::ir
