// Names of one graph to whatever is known of them: a hash table with open addressing, because the parser looks up every
// operand and every deletion of the text. Keys are views that outlive the table. Internal to graph/text.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace graph::text {

template <class Value> class NameTable {
 public:
  /// Null when the name is unknown. Valid until the next insert.
  Value* find(std::string_view name) {
    if (slots_.empty()) return nullptr;
    Slot& slot = slots_[place(name, hash(name))];
    return slot.isUsed ? &slot.value : nullptr;
  }
  const Value* find(std::string_view name) const { return const_cast<NameTable*>(this)->find(name); }

  struct Inserted { Value& value; bool isNew; };
  /// The value of the name, a default one when it is new.
  Inserted insert(std::string_view name) {
    if (count_ * 2 >= slots_.size()) grow();
    uint64_t code = hash(name);
    Slot& slot = slots_[place(name, code)];
    if (slot.isUsed) return {slot.value, false};
    ++count_;
    slot.name = name;
    slot.code = static_cast<uint32_t>(code);
    slot.isUsed = true;
    return {slot.value, true};
  }

 private:
  struct Slot {
    std::string_view name;
    Value value{};
    uint32_t code = 0;
    bool isUsed = false;
  };

  /// Eight bytes at a time, mixed by multiplication; names are short.
  static uint64_t hash(std::string_view name) {
    constexpr uint64_t kMix = 0x9E3779B97F4A7C15;
    uint64_t code = name.size() * kMix;
    size_t at = 0;
    for (; at + 8 <= name.size(); at += 8) {
      uint64_t word;
      std::memcpy(&word, name.data() + at, 8);
      code = (code ^ word) * kMix;
      code ^= code >> 32;
    }
    uint64_t rest = 0;
    for (; at < name.size(); ++at) rest = rest << 8 | static_cast<unsigned char>(name[at]);
    code = (code ^ rest) * kMix;
    return code ^ code >> 29;
  }

  size_t place(std::string_view name, uint64_t code) const {
    size_t mask = slots_.size() - 1, at = code & mask;
    while (slots_[at].isUsed && (slots_[at].code != static_cast<uint32_t>(code) || slots_[at].name != name)) at = (at + 1) & mask;
    return at;
  }

  void grow() {
    std::vector<Slot> old = std::move(slots_);
    slots_.assign(old.empty() ? 64 : old.size() * 4, {});
    for (auto& slot : old)
      if (slot.isUsed) slots_[place(slot.name, hash(slot.name))] = std::move(slot);
  }

  std::vector<Slot> slots_;  // a power of two of them
  size_t count_ = 0;
};

}  // namespace graph::text
