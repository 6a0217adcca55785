// Names of one graph to whatever is known of them: a hash table with open addressing, because the parser looks up every
// operand and every deletion of the text. Keys are views that outlive the table. Internal to graph/text.
//
// The table itself holds numbers only; names and values stand in a list in the order of their insertion. Operands are mostly
// names that were defined a few lines above, so what a look-up touches is in the processor's cache.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/ir/name_hash.h"

namespace graph::text {

template <class Value> class NameTable {
 public:
  /// Null when the name is unknown. Valid until the next insert.
  Value* find(std::string_view name) {
    if (cells_.empty()) return nullptr;
    const Cell& cell = cells_[place(name, code(name))];
    return cell.entry ? &entries_[cell.entry - 1].value : nullptr;
  }
  const Value* find(std::string_view name) const { return const_cast<NameTable*>(this)->find(name); }

  size_t size() const { return entries_.size(); }

  struct Inserted { Value& value; bool isNew; };
  /// The value of the name, a default one when it is new. Valid until the next insert.
  Inserted insert(std::string_view name) {
    if (entries_.size() * 2 >= cells_.size()) grow();
    const uint32_t hash = code(name);
    Cell& cell = cells_[place(name, hash)];
    if (cell.entry) return {entries_[cell.entry - 1].value, false};
    entries_.push_back({name, {}});
    cell = {hash, static_cast<uint32_t>(entries_.size())};
    return {entries_.back().value, true};
  }

 private:
  struct Cell {
    uint32_t code = 0;
    uint32_t entry = 0;  // its number, from 1; 0 = free
  };
  struct Entry {
    std::string_view name;
    Value value{};
  };

  static uint32_t code(std::string_view name) { return static_cast<uint32_t>(ir::hashName(name)); }

  size_t place(std::string_view name, uint32_t code) const {
    size_t mask = cells_.size() - 1, at = code & mask;
    while (cells_[at].entry && (cells_[at].code != code || entries_[cells_[at].entry - 1].name != name)) at = (at + 1) & mask;
    return at;
  }

  void grow() {
    std::vector<Cell> old(cells_.empty() ? 64 : cells_.size() * 4);
    old.swap(cells_);
    const size_t mask = cells_.size() - 1;
    for (const Cell& cell : old) {
      if (!cell.entry) continue;
      size_t at = cell.code & mask;
      while (cells_[at].entry) at = (at + 1) & mask;
      cells_[at] = cell;
    }
  }

  std::vector<Cell> cells_;  // a power of two of them
  std::vector<Entry> entries_;
};

}  // namespace graph::text
