// Node names of a graph, by hash: open addressing in shared chunks, so that revisions share it like they share the slots.
//
// An entry is a hash and an id; the name itself is read from the node. Entries are never removed: an erased node's entry stays
// and is how its name is kept from being given again, and a renamed node's old entry is stale. Who looks up says which entry it
// wants through `matches`.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string_view>
#include <utility>

#include "graph/ir/argument.h"
#include "graph/ir/cow_vector.h"
#include "graph/ir/name_hash.h"

namespace graph::ir {

class NameIndex {
 public:
  static uint32_t hashOf(std::string_view name) { return static_cast<uint32_t>(hashName(name)); }

  /// The first id under `name`'s hash for which `matches(id)` is true; no node when there is none.
  template <class Matches>
  NodeId find(std::string_view name, Matches&& matches) const {
    if (used_ == 0) return {};
    const uint32_t hash = hashOf(name);
    for (size_t at = hash & mask();; at = (at + 1) & mask()) {
      const Entry& entry = table_[at];
      if (!entry.id) return {};
      if (entry.hash == hash && matches(entry.id)) return entry.id;
    }
  }

  /// Adds an entry; the same pair twice is kept once.
  void add(std::string_view name, NodeId id) {
    if ((used_ + 1) * 8 > table_.size() * 5) enlarge();
    put(table_, Entry{id, hashOf(name)}, used_);
  }

  const auto& table() const { return table_; }

 private:
  struct Entry {
    NodeId id;
    uint32_t hash = 0;
  };
  using Table = CowVector<Entry, 512>;

  size_t mask() const { return table_.size() - 1; }

  static void put(Table& table, Entry entry, size_t& used) {
    const size_t mask = table.size() - 1;
    size_t at = entry.hash & mask;
    for (; table[at].id; at = (at + 1) & mask) {
      if (table[at].id == entry.id && table[at].hash == entry.hash) return;
    }
    table.write(at) = entry;
    ++used;
  }

  void enlarge() {
    Table larger(std::bit_ceil(std::max<size_t>(8, table_.size() * 2)));
    size_t used = 0;
    for (size_t i = 0; i < table_.size(); ++i) {
      if (table_[i].id) put(larger, table_[i], used);
    }
    table_ = std::move(larger);
    used_ = used;
  }

  Table table_;
  size_t used_ = 0;
};

}  // namespace graph::ir
