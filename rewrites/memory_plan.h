// The in-place decisions taken so far, and the test for one more: where every value would lie, what would be written when, and which
// reader would then see the wrong content.
//
// The graph stays as printed. A decided update's storage is merged into its base's; `check(root)` looks at one planned storage: its
// writes (those of the graph and the decided ones), its readers as printed (erased scatters and copies included), the
// caller who reads every input at the end. A value's content is fixed where it was computed, or at the last printed write of its storage
// that covers it; a reader at q that is fixed at f conflicts with a planned write w, f < w < q, in its region. One thread.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "rewrites/accesses.h"
#include "rewrites/inplace.h"
#include "rewrites/operators.h"

namespace rewrites {

/// Why a decision cannot stand. `reader` is no node for the caller.
struct Conflict {
  Rule rule = Rule::unknownOperator;
  std::string because;
  std::vector<graph::ir::NodeId> blockers;
};

class MemoryPlan {
 public:
  explicit MemoryPlan(const graph::ir::Graph& graph);

  const Storage& storage() const { return storage_; }
  Operators& operators() { return operators_; }
  uint32_t position(graph::ir::NodeId id) const { return positions_[id.value]; }

  void merge(graph::ir::NodeId update);
  void unmerge(graph::ir::NodeId update);       // in reverse order of merge
  bool merged(graph::ir::NodeId update) const { return base_[update.value].value != 0; }
  /// The planned storage of a value: the node that owns it.
  graph::ir::NodeId root(graph::ir::NodeId value) const;

  /// The worst conflict of one planned storage, by the order of the rules; nothing when it is safe.
  std::optional<Conflict> check(graph::ir::NodeId root);
  /// Whether a decided update still writes (false: its source already is in the right place).
  bool writes(graph::ir::NodeId update);
  /// The copy_ nodes of a planned storage that copy a thing to itself.
  std::vector<graph::ir::NodeId> erasedCopies(graph::ir::NodeId root);
  /// The last position at which a printed owner's elements are written, as printed; the last at which any of a planned storage's are read.
  uint32_t lastWrite(graph::ir::NodeId owner) const;
  uint32_t lastRead(graph::ir::NodeId root) const;
  /// The last access to an owner that operators which alias it without saying so in their schema pass on; 0 when there are none.
  uint32_t lastSilentAccess(graph::ir::NodeId owner);
  /// Where a value lies in its planned storage.
  Location planned(graph::ir::NodeId value) const { return lifted(*storage_.location(value)); }

 private:
  struct OwnerRead { graph::ir::NodeId reader; Read read; };
  struct OwnerWrite { graph::ir::NodeId writer; Write write; };
  struct Accesses {
    std::vector<OwnerRead> reads;
    std::vector<OwnerWrite> writes;
    std::vector<graph::ir::NodeId> unknown, asynchronous;   // nodes that make any write into this storage unsafe
    std::vector<graph::ir::NodeId> returned;                // values that the output returns
  };
  struct PlannedWrite {
    uint32_t at = 0;
    graph::ir::NodeId node;
    graph::ir::NodeId printedOwner;   // no node for a decided update
    Region region;
    bool covers = false, erased = false;
  };
  static constexpr uint32_t kCaller = std::numeric_limits<uint32_t>::max();

  /// A location in a merged update, seen from the storage that it was merged into.
  Location lifted(Location at) const;
  std::vector<graph::ir::NodeId> owners(graph::ir::NodeId root) const;
  std::vector<PlannedWrite> plannedWrites(const std::vector<graph::ir::NodeId>& owners);
  bool isErased(graph::ir::NodeId copy);
  bool keptByCaller(graph::ir::NodeId owner);
  void checkBases(const std::vector<graph::ir::NodeId>& owners, std::vector<Conflict>& out);
  void checkTouches(const std::vector<graph::ir::NodeId>& owners, std::vector<Conflict>& out);
  void checkEscapes(const std::vector<graph::ir::NodeId>& owners, graph::ir::NodeId root, std::vector<Conflict>& out);
  void checkReads(const std::vector<graph::ir::NodeId>& owners, graph::ir::NodeId root, std::vector<Conflict>& out);
  void checkRead(const OwnerRead& read, uint32_t at, graph::ir::NodeId owner, const std::vector<PlannedWrite>& writes, std::vector<Conflict>& out);
  void checkGeometry(const std::vector<graph::ir::NodeId>& owners, std::vector<Conflict>& out);
  bool keepsGeometry(graph::ir::NodeId update);
  bool isDense(graph::ir::NodeId value, bool rowMajor);
  Conflict explain(const OwnerRead& read, uint32_t at, const Location& where, const PlannedWrite& write, Overlap overlap) const;

  const graph::ir::Graph& graph_;
  Storage storage_;
  Operators operators_;
  std::vector<uint32_t> positions_;
  std::vector<Accesses> accesses_;                            // by printed owner
  std::vector<graph::ir::NodeId> base_;                       // of a merged update, by id
  std::vector<std::vector<graph::ir::NodeId>> mergedInto_;    // by printed owner of the base
};

}  // namespace rewrites
