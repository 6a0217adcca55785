// What a node does beside giving its result, in the words that scripts use, and who writes which storage.
//
// From the operator's schema and the storage analysis of one immutable graph, which it walks once: O(nodes). Pure.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rewrites/operators.h"
#include "rewrites/storage.h"

namespace rewrites {

/// Draws random numbers: a call more or less changes every number that is drawn after it.
bool isRandom(std::string_view target);
/// Is there to fail, or to state something of a symbol (`_assert_scalar`, `sym_constrain_range`, `item`).
bool isCheck(std::string_view target);

class Effects {
 public:
  explicit Effects(const Storage& storage);

  /// "input", "constant" (get_attr), "output", "size" (integers, metadata), "geometry" (sym_stride …), "view", "may_view" (at some sizes
  /// a copy), "item" (getitem), "update" (a functional one), "fresh", "mutation", "random", "check", "collective" or "unknown".
  std::string_view of(graph::ir::NodeId id) const;
  /// The operands that a node writes, by its schema; nothing for an unknown operator, which may write any.
  std::vector<graph::ir::NodeId> written(graph::ir::NodeId id) const;
  /// The nodes that write an owner's storage, in execution order, unknown operators that get hold of it included.
  const std::vector<graph::ir::NodeId>& writers(graph::ir::NodeId owner) const;

 private:
  struct Words { bool random = false, check = false; };

  const Storage& storage_;
  mutable std::unordered_map<std::string, Words> words_;   // by target
  std::vector<std::vector<graph::ir::NodeId>> writers_;   // by owner's NodeId::value
};

}  // namespace rewrites
