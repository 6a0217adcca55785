// May this write happen in place? The safety analysis behind scripts/reinplace.lua.
//
// Two kinds of decision: a functional update (slice_scatter, index_put …, and any operator with an in-place twin where that lets a later copy go)
// writes into its base's storage, and a copy (clone, slice_copy …) is not made. Both by the definition of a conflict: a reader at
// position p needs a region whose content was fixed at f; the planned storage has a write at w with f < w < p that meets the region.
// Decisions are tested together (all of a buffer, a chain, its members), so that two that are fine alone and wrong together are
// not both taken. Anything not understood is refused under a named rule. Pure, from the graph alone; nothing is executed and nothing is changed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/ir/graph.h"
#include "rewrites/checks.h"
#include "rewrites/storage.h"

namespace rewrites {

/// The rules under which a write is refused, in the order in which they are tried.
enum class Rule : uint8_t {
  unknownOperator, asyncReader, dtypeOrShapeChanges, internalOverlap, overlappingOperand, twoOwners, geometryChanges,
  aliasDependsOnSize, oldValueReadLater, inputMustKeepValue, copyWritesOtherValue, resultEscapes, inputsMayAlias, sizeUnproven,
  notProfitable,
};
std::string_view ruleName(Rule rule);   // "old-value-read-later"

/// What is decided for a node: it stays as it is, writes into its base, or is a copy that is not made.
enum class How : uint8_t { no, inPlace, forward };

struct Repair;                           // repair.h

struct Refusal {
  graph::ir::NodeId node;                // the update
  Rule rule = Rule::unknownOperator;
  std::string because;                   // one sentence, names nodes
  std::vector<graph::ir::NodeId> blockers;
};

/// One functional update that is done in place, or one copy that is not made.
struct ChainUpdate {
  graph::ir::NodeId node;     // the functional update or copy
  graph::ir::NodeId base;     // the value whose storage it takes over: its result is replaced by this
  bool writes = true;         // false: a scatter whose source is already in the right place, or a copy; it just goes
  std::string twin;           // in-place operator that replaces it (`aten.index_put_.default`); for a scatter that writes
                              // `aten.copy_.default`, into the view that its arguments describe
  How how = How::inPlace;
  std::string view;           // a forwarded slice_copy …: the view operator that it becomes; else its result is replaced by `base`
};

/// All updates that end in one in-place write, innermost first, and the copies that become copies of a thing to itself; or one copy that is not made.
struct Chain {
  graph::ir::NodeId head;                     // the outermost update: what stands for the new content of the owner
  graph::ir::NodeId owner;                    // whose storage is written (placeholder, get_attr or fresh node)
  std::vector<ChainUpdate> updates;
  std::vector<graph::ir::NodeId> copies;      // copy_ nodes to erase
  std::vector<graph::ir::Guard> guards;       // what the exported graph must check
  graph::ir::Expr bytesSaved;                 // copied bytes of the graph before minus after
};

class InPlace {
 public:
  /// Decides everything at once. `graph` must outlive this object. Only tests give `checks`.
  explicit InPlace(const graph::ir::Graph& graph, const Checks& checks = {});
  ~InPlace();

  const std::vector<Chain>& chains() const;        // taken, in execution order of their heads
  const std::vector<Refusal>& refusals() const;    // one per update that is left, in execution order
  /// The chain that an update belongs to; null when it was refused or is no update.
  const Chain* chainOf(graph::ir::NodeId update) const;
  const Refusal* refusalOf(graph::ir::NodeId update) const;
  /// What would let a refused update be taken; null when nothing is known to. Found when it is asked for, by analysing edited graphs, and kept:
  /// of many refusals in a large graph only the first ones that are asked for get one.
  const Repair* repairOf(graph::ir::NodeId update) const;
  /// Is this node a functional update or mutation epilogue that the analysis considers?
  bool isUpdate(graph::ir::NodeId id) const;
  /// Tests exactly these chains together (a script may have taken only some): the conflict when they do not stand alone.
  std::optional<Refusal> recheck(const std::vector<graph::ir::NodeId>& heads) const;
  const Storage& storage() const;

 private:
  struct Plan;
  std::unique_ptr<Plan> plan_;
};

}  // namespace rewrites
