// Which updates are done in place and which copies are not made: the search over what a MemoryPlan allows.
//
// All of a buffer at once; where that conflicts, its chains in halves down to one; then the members of a chain one by one, forwards of
// views first, then scatters from the outside in, clones, twins; at last, in buffers of few decisions, each refused one is
// tried first and kept if the whole then moves fewer bytes. The order decides how much is saved, never whether it is right.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "rewrites/memory_plan.h"

namespace rewrites {

struct Decision {
  graph::ir::NodeId node;
  How how = How::inPlace;
};

class Decisions {
 public:
  Decisions(const graph::ir::Graph& graph, MemoryPlan& memory) : graph_(graph), memory_(memory) {}

  void decide();
  /// Tries once more what was refused for another reason than that it saves nothing; true when something was taken.
  bool decideLeft();
  /// Makes all of them; when a storage that they touch has a conflict, undoes everything and says it.
  std::optional<Conflict> mergeAll(const std::vector<Decision>& decisions);
  /// What could be decided, in execution order.
  const std::vector<graph::ir::NodeId>& nodes() const { return nodes_; }
  /// Why a node was left; null when it was taken.
  const Conflict* reason(graph::ir::NodeId node) const;
  void refuse(graph::ir::NodeId node, Conflict why) { reasons_[node] = std::move(why); }
  /// Bytes that a chain no longer writes, with the numbers that the graph hints at for its symbols: good for comparing, not for reporting.
  double gain(const Chain& chain) const;

 private:
  struct Candidate {
    Decision decision;
    int stage = 0;         // the order in which they are tried one by one
    uint32_t at = 0;
    bool hopeless = false; // somebody can tell the strides of what this clone copies, whatever else is decided
    std::vector<graph::ir::NodeId> roots;   // the storages that it could end up in
  };
  using Set = std::vector<size_t>;   // of candidates

  void findCandidates();
  void addWantedTwins();
  bool canForward(graph::ir::NodeId id) const;
  void add(graph::ir::NodeId node, How how, int stage);
  graph::ir::NodeId potentialRoot(graph::ir::NodeId owner);
  std::vector<Set> buffers();
  std::vector<Set> chains(const Set& buffer) const;
  void decideBuffer(const Set& buffer);
  void tryChains(const std::vector<Set>& chains, size_t first, size_t count);
  bool tryAll(const Set& set);
  bool tryOne(size_t candidate);
  void oneByOne(Set set);
  void improve(const Set& buffer);
  void checkLayouts();
  double cost(const Set& buffer) const;
  double costOf(graph::ir::NodeId node, How how, bool writes) const;
  double bytes(graph::ir::NodeId value) const;

  const graph::ir::Graph& graph_;
  MemoryPlan& memory_;
  std::vector<Candidate> candidates_;                                   // in execution order
  std::vector<graph::ir::NodeId> nodes_;
  std::unordered_map<graph::ir::NodeId, std::vector<size_t>> byResult_;  // candidates that make a value
  std::unordered_map<graph::ir::NodeId, graph::ir::NodeId> roots_;
  std::unordered_map<graph::ir::NodeId, std::vector<graph::ir::NodeId>> copiesOf_;   // copy_ nodes by potential root of their destination
  std::unordered_map<graph::ir::NodeId, Conflict> reasons_;
  int budget_ = 0;                                                      // checks left for improvement
};

}  // namespace rewrites
