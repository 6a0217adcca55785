// Who shares memory with whom: for every tensor value its owner and the part of the owner that it shows.
//
// Built from the annotations alone (symbolic shapes), so that what it says holds for every binding of the symbols. A value is
// a window of its owner: per dimension of the owner an interval with symbolic bounds (a box); where that does not say it exactly (a
// slice of a reshape, diagonal, unfold, view.dtype …) also an affine map (strided.h). What neither tells (as_strided of an input, bounds of
// unknown sign) is a superset: overlap is then assumed, never equality. Python's slice rules apply: negative bounds wrap, bounds
// clamp. Pure; one thread per object, cheap to build (O(nodes)).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "graph/ir/graph.h"
#include "rewrites/operators.h"
#include "rewrites/strided.h"

namespace rewrites {

/// Elements lo, lo + step, … below hi of one dimension.
struct Interval {
  graph::ir::Expr lo, hi;
  int64_t step = 1;
  bool operator==(const Interval&) const = default;
};

/// A part of an owner.
struct Region {
  std::vector<Interval> box;   // one interval per dimension of the owner; at least all of its elements
  bool exact = true;           // the box has no others
  std::optional<Strided> map;  // its elements exactly, where the box does not say them (then in the order of the value's dimensions)
  bool partial = false;        // some of these elements, nobody knows which: the indices of an index_put
  std::optional<graph::ir::Expr> unproven;   // inexact because nothing bounds this expression (the sign of a slice's bound)
  bool known() const { return !partial && (exact || map); }
};

struct Location {
  graph::ir::NodeId owner;            // the node whose storage it is; the value itself when fresh
  Region region;
  std::vector<int> dims;              // for each dimension of the value: the owner's dimension it runs along, -1 for none (unsqueezed, expanded), -2 for a mix
  std::vector<graph::ir::Expr> shape; // of the value
  graph::ir::DType dtype = graph::ir::DType::f32;
  bool ordered = true;                // its elements, row by row, come in the order of the owner's: two such values of one region and shape are the same tensor
  bool selfOverlap = false;           // expand, as_strided, unfold: two elements may share an address
  bool sometimesFresh = false;        // through reshape, contiguous, to …: aliases at some sizes only
  bool conj = false, neg = false;     // the bits of a lazily conjugated or negated view: the same bytes mean other values
  bool known = true;                  // false: through an operator that we do not understand: may be any view of the owner
  bool assumed = false;               // a view only for the strides that Storage::assumedOf its owner names
  bool storageRelative = false;       // as_strided: shows its storage, whatever its operand shows of it
};

class Storage {
 public:
  explicit Storage(const graph::ir::Graph& graph);

  /// The location of a tensor value; null for what is no tensor (symbols, tuples of results, output).
  const Location* location(graph::ir::NodeId id) const;
  /// The node whose storage `id` lives in (itself when fresh); no node for what is no tensor.
  graph::ir::NodeId owner(graph::ir::NodeId id) const;
  /// Every value in that storage, in execution order, the owner first.
  std::vector<graph::ir::NodeId> aliases(graph::ir::NodeId owner) const;
  /// Same storage and not provably disjoint.
  Overlap overlap(graph::ir::NodeId a, graph::ir::NodeId b) const;
  bool mayOverlap(graph::ir::NodeId a, graph::ir::NodeId b) const { return overlap(a, b) != Overlap::no; }
  /// Nodes after `position` that read elements of `owner`'s storage (metadata such as sym_size reads nothing).
  std::vector<graph::ir::NodeId> readersAfter(graph::ir::NodeId position, graph::ir::NodeId owner) const;
  /// Nodes that write into `owner`'s storage, in execution order.
  std::vector<graph::ir::NodeId> writers(graph::ir::NodeId owner) const;
  /// The part that an update operator writes (`slice_scatter`, `index_put` …), in its base's owner; nothing for other operators.
  std::optional<Region> window(graph::ir::NodeId update) const;
  /// A region in words: `[0:s0, :, :, :]`.
  static std::string str(const Region& region, const std::vector<graph::ir::Expr>& ownerShape);

  const graph::ir::Facts& facts() const { return facts_; }
  const graph::ir::Graph& graph() const { return *graph_; }
  /// What the operator of a node does to memory.
  const Operator& operatorOf(graph::ir::NodeId id) const { return *operators_[id.value]; }
  Overlap overlap(const Region& a, const Region& b, graph::ir::NodeId owner) const;
  /// Provably the same elements.
  bool same(const Region& a, const Region& b, graph::ir::NodeId owner) const;
  /// Every element of `inner` is provably one of `outer`.
  bool contains(const Region& outer, const Region& inner, graph::ir::NodeId owner) const;
  /// Provably the same tensor: elements, order, dtype, bits.
  bool sameTensor(const Location& a, const Location& b) const;
  /// Where `inner`, a location in the value at `outer`, lies in the owner of `outer`.
  Location compose(const Location& outer, const Location& inner) const;
  /// The affine map of a location; nothing where only a superset is known.
  std::optional<Strided> mapOf(const Location& at) const;
  /// The result of a view operator (`aten.slice.Tensor`) with the arguments of node `like` (by name) on `base`; `shape` as annotated.
  Location view(const Location& base, const std::string& target, const graph::ir::Node& like, const std::vector<graph::ir::Expr>* shape) const;
  /// Result `index` of split, chunk, unbind … on `base`.
  Location split(const Location& base, const std::string& target, const graph::ir::Node& like, int64_t index, const std::vector<graph::ir::Expr>* shape) const;
  /// Inputs and constants whose strides a proof takes to be those that the graph states.
  using Assumed = std::set<graph::ir::NodeId>;
  /// A value's elements lie one after the other in their order, whatever the symbols are. With `assumed` also when that holds only for
  /// certain strides of inputs, which are added to it: whoever uses the answer has them checked when the graph runs.
  bool rowMajor(graph::ir::NodeId value, Assumed* assumed = nullptr) const;
  /// The same with gaps between the rows, as of a slice.
  bool rowOrder(const Location& at, Assumed* assumed = nullptr) const;
  /// The view that a scatter writes through (`slice` for slice_scatter), as a location; nothing for other operators.
  std::optional<Location> scatterView(graph::ir::NodeId scatter) const;
  /// The value of an integer argument or Sym node as an expression.
  std::optional<graph::ir::Expr> expression(const graph::ir::Argument& argument) const;
  /// What was assumed to say that values of this owner are views of it.
  const Assumed* assumedOf(graph::ir::NodeId owner) const {
    const auto it = assumed_.find(owner);
    return it == assumed_.end() ? nullptr : &it->second;
  }

 private:
  friend class StorageBuilder;
  std::optional<Strided> mapOf(const Region& region, graph::ir::NodeId owner) const;
  bool liesRowMajor(graph::ir::NodeId node, Assumed* assumed) const;
  bool provesRowMajor(graph::ir::NodeId node, Assumed* assumed) const;
  const graph::ir::Graph* graph_;
  Operators table_;
  std::vector<const Operator*> operators_;                         // by NodeId::value
  graph::ir::Facts facts_;
  std::map<graph::ir::NodeId, Assumed> assumed_;                   // by owner of which some view was decided by strides of inputs
  mutable std::vector<uint8_t> rowMajor_[2];                       // by node, without and with assumptions: 0 not asked, 1 no, 2 yes
  mutable std::map<graph::ir::NodeId, Assumed> assumedFor_;
  std::vector<std::optional<graph::ir::Expr>> integers_;           // values of Sym nodes, by NodeId::value
  std::vector<std::optional<Location>> locations_;                 // by NodeId::value
  std::vector<std::vector<graph::ir::NodeId>> members_;            // by owner's NodeId::value
};

/// Bytes written that only move existing elements: outside the window for functional updates (`update`), all bytes of copy_
/// (`copy_`), of clone and contiguous (`clone`). Null while a symbol that it needs is unbound.
struct CopiedBytes {
  std::optional<int64_t> update, copy_, clone;
};
CopiedBytes copiedBytes(const graph::ir::Graph& graph, const graph::ir::Binding& binding);
/// Of one node, as an expression. `kind` receives "update", "copy_" or "clone", and stays as it was for a node that copies nothing; nothing
/// comes back for those and for a copy whose size no annotation states.
std::optional<graph::ir::Expr> copiedBytes(const graph::ir::Graph& graph, graph::ir::NodeId id, const Operator& op, std::string* kind = nullptr);

}  // namespace rewrites
