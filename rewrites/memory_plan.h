// The decisions taken so far, and the test for one more: where every value would lie, what would be written when, and which
// reader would then see the wrong content.
//
// The graph stays as printed. A decided node's result shows its base's storage: in place it writes its window there, forwarded it is a
// copy that is not made. `check(root)` looks at one planned storage: its writes (those of the graph and the decided ones), its readers as
// printed, the caller who reads every input at the end. What a value holds, as printed, is a set of versions: a fresh result's is its
// own, an update's is its base's outside of its window, a forwarded copy's is its source's, and a `copy_` that copies a thing onto itself
// gives its destination the source's. A reader conflicts with a write that is no part of the versions it needs, unless they overwrite it. One thread.
#pragma once

#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "rewrites/accesses.h"
#include "rewrites/inplace.h"
#include "rewrites/operators.h"

namespace rewrites {

/// Why a decision cannot stand.
struct Conflict {
  Rule rule = Rule::unknownOperator;
  std::string because;
  std::vector<graph::ir::NodeId> blockers;
  graph::ir::NodeId write;   // whose write is in the way; no node where that is not the question
};

class MemoryPlan {
 public:
  explicit MemoryPlan(const graph::ir::Graph& graph, const Checks& checks = {});

  const Storage& storage() const { return storage_; }
  uint32_t position(graph::ir::NodeId id) const { return positions_[id.value]; }

  void merge(graph::ir::NodeId node, How how);
  void unmerge(graph::ir::NodeId node);
  How how(graph::ir::NodeId node) const { return how_[node.value]; }
  /// Somebody sees what it does: the caller, an operator that writes, asserts or is unknown. What nobody sees is neither decided nor a reader.
  bool isLive(graph::ir::NodeId node) const { return live_[node.value]; }
  bool merged(graph::ir::NodeId node) const { return how_[node.value] != How::no; }
  /// The value that a decided node's result takes over: operand 0, or for a forwarded copy(d, s) operand 1.
  graph::ir::NodeId base(graph::ir::NodeId node, How how) const;
  /// The values that a node makes: itself, or its getitems.
  std::vector<graph::ir::NodeId> results(graph::ir::NodeId node) const;
  /// The planned storage of a value: the node that owns it.
  graph::ir::NodeId root(graph::ir::NodeId value) const;

  /// The worst conflict of one planned storage, by the order of the rules; nothing when it is safe.
  std::optional<Conflict> check(graph::ir::NodeId root);
  /// The rule of strides and offsets alone, with all that was decided since in other storages.
  std::optional<Conflict> checkLayout(graph::ir::NodeId root);
  /// Whether a decided update still writes (false: forwarded, or its source already is in the right place).
  bool writes(graph::ir::NodeId update) const;
  /// Provably the same tensor (Storage::sameTensor).
  bool sameTensor(const Location& a, const Location& b) const;
  /// The copy_ nodes of a planned storage that copy a thing to itself.
  std::vector<graph::ir::NodeId> erasedCopies(graph::ir::NodeId root) const;
  bool isErased(graph::ir::NodeId copy) const;
  /// The last position at which a printed owner's elements are written, as printed; the last at which any of a planned storage's are read.
  uint32_t lastWrite(graph::ir::NodeId owner) const;
  uint32_t lastRead(graph::ir::NodeId root) const;
  /// The last position at which a planned storage is written as decided: without the copies that go, with the updates in place.
  uint32_t lastDecidedWrite(graph::ir::NodeId root) const;
  /// The last access to an owner that operators which alias it without saying so in their schema pass on; 0 when there are none.
  uint32_t lastSilentAccess(graph::ir::NodeId owner) const;
  /// Inputs of which what was decided in this storage takes certain strides for granted.
  Storage::Assumed assumedStrides(graph::ir::NodeId root) const;
  /// Where a value lies in its planned storage.
  Location planned(graph::ir::NodeId value) const { return lifted(*storage_.location(value)); }

 private:
  struct OwnerRead { graph::ir::NodeId reader; Read read; };
  struct OwnerWrite { graph::ir::NodeId writer; Write write; };
  struct Pending { graph::ir::NodeId node, value; uint32_t until; };   // an asynchronous reader, until it is waited for
  struct Accesses {
    std::vector<OwnerRead> reads;
    std::vector<OwnerWrite> writes;                         // in execution order
    std::vector<Pending> pending;
    std::vector<graph::ir::NodeId> unknown, asynchronous;   // nodes that make any write into this storage unsafe
    std::vector<graph::ir::NodeId> returned;                // values that the output returns
  };
  struct PlannedWrite {
    uint32_t at = 0;
    graph::ir::NodeId node;
    graph::ir::NodeId printedOwner;   // no node for a decided update
    Location where;
    bool covers = false, erased = false;
  };
  /// One planned storage while it is checked.
  struct Planned {
    graph::ir::NodeId root;
    std::vector<graph::ir::NodeId> owners;     // printed ones, the root first, then in execution order
    std::vector<PlannedWrite> writes;          // in execution order
    std::vector<uint8_t> closed;               // by owner: its content contains all writes before it
  };
  static constexpr uint32_t kCaller = std::numeric_limits<uint32_t>::max();

  /// Where a decided result lies in the storage of its base's printed owner.
  const Location& place(graph::ir::NodeId result) const { return placed_[result.value] ? *placed_[result.value] : *storage_.location(base_[result.value]); }
  /// A location in a merged result, seen from the storage that it was merged into.
  Location lifted(Location at) const;
  /// What an update writes, in its base's printed owner.
  const Location& windowOf(graph::ir::NodeId update) const;
  std::vector<graph::ir::NodeId> owners(graph::ir::NodeId root) const;
  /// When a fresh result's content is there: at its node, for one of several results at their operator.
  uint32_t created(graph::ir::NodeId owner) const;
  bool keptByCaller(graph::ir::NodeId owner) const;
  bool ownsWholeStorage(graph::ir::NodeId value) const;
  bool isWritten(graph::ir::NodeId owner) const;
  bool isRead(const OwnerRead& read) const;
  /// A kind of read that a test does not look at.
  bool isOff(const OwnerRead& read) const;
  void findLive();
  void recordAccesses(graph::ir::NodeId id);
  void planWrites(Planned& s) const;
  void checkBases(const Planned& s, std::vector<Conflict>& out) const;
  void checkTouches(const Planned& s, std::vector<Conflict>& out) const;
  void checkEscapes(const Planned& s, std::vector<Conflict>& out) const;
  void checkReads(const Planned& s, std::vector<Conflict>& out) const;
  void checkRead(const Planned& s, const OwnerRead& read, uint32_t at, size_t owner, std::vector<Conflict>& out) const;
  /// Whether what `owner` holds at `at` in `part`, as printed, contains `write` or lies over it: the reader does not mind it.
  bool agrees(const Planned& s, const PlannedWrite& write, graph::ir::NodeId owner, const Region& part, uint32_t at, int& budget) const;
  bool ownWrite(const Planned& s, const OwnerRead& read, graph::ir::NodeId owner, const PlannedWrite& write) const;
  void checkGeometry(const Planned& s, std::vector<Conflict>& out);
  /// What is other about a decided result: nothing; its place in a storage; also gaps between its rows; also the order of its dimensions.
  enum class Change : uint8_t { none, storage, gaps, strides };
  Change change(graph::ir::NodeId owner, Storage::Assumed* assumed) const;
  bool stridesKept(graph::ir::NodeId owner, Storage::Assumed* assumed) const;
  bool turnedBack(graph::ir::NodeId owner, Storage::Assumed* assumed) const;
  bool followsBaseAlone(graph::ir::NodeId owner) const;
  bool orderKept(graph::ir::NodeId owner, Storage::Assumed* assumed) const;
  bool sameAnnotatedStrides(graph::ir::NodeId owner, Storage::Assumed& assumed) const;
  bool statedInRowOrder(graph::ir::NodeId value, Storage::Assumed& assumed) const;
  bool staysLegal(graph::ir::NodeId view, graph::ir::NodeId of) const;
  bool shownLegal(graph::ir::NodeId view, graph::ir::NodeId of) const;
  /// A view, or a forwarded copy of one, that runs whatever the strides of its operand.
  bool isLegal(graph::ir::NodeId view, graph::ir::NodeId of) const { return staysLegal(view, of) || shownLegal(view, of); }
  bool isDense(graph::ir::NodeId value, bool rowMajor) const;
  std::vector<Conflict> whoCanTell(const Planned& s, graph::ir::NodeId owner, Change change) const;
  bool movesSource(graph::ir::NodeId update) const;
  Conflict explain(const OwnerRead& read, uint32_t at, const Location& where, const PlannedWrite& write, Overlap overlap) const;

  const graph::ir::Graph& graph_;
  const Checks checks_;
  Storage storage_;
  std::vector<uint32_t> positions_;
  std::vector<uint8_t> live_;                                 // by node
  std::vector<Accesses> accesses_;                            // by printed owner
  std::vector<How> how_;                                      // by node
  std::vector<graph::ir::NodeId> base_;                       // of a merged result, by id
  // Few nodes have these two, and a location is large.
  std::vector<std::unique_ptr<const Location>> placed_;       // where a forwarded view lies, by id of the result; others lie where their base lies
  std::vector<std::vector<graph::ir::NodeId>> mergedInto_;    // by printed owner of the base
  mutable std::vector<std::unique_ptr<const Location>> windows_;   // by update, once asked for
  struct Answer { uint64_t changes = 0; bool writes = false; };
  uint64_t changes_ = 1;                                      // grows with every decision that is taken or undone
  mutable std::vector<Answer> writes_;                        // by update: writes() as it was after so many changes
  struct Stray { graph::ir::NodeId node, input; };
  std::vector<Stray> strays_;                                 // as_strided and its kin of inputs: may reach what lies beside them
  std::map<graph::ir::NodeId, Storage::Assumed> assumed_;     // by decided result: what its geometry was proved from
};

}  // namespace rewrites
