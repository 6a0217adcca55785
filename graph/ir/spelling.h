// Words that are nearly right, for "did you mean ...?". Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace graph::ir {

/// Letters added, left out, changed or swapped with their neighbour between two words; `cap + 1` when there are more than `cap`.
size_t editDistance(std::string_view a, std::string_view b, size_t cap);

/// Looks for the one word that is meant by a misspelled one.
class Closest {
 public:
  /// A longer word may have more mistakes: one in three letters, two at most. One letter is like all others.
  explicit Closest(std::string_view word) : word_(word), limit_(word.size() < 2 || word.size() > 200 ? 0 : word.size() < 6 ? 1 : 2) {}

  void add(std::string_view candidate);
  /// The closest candidate; empty when none is close, when two are as close, or when the word itself is one of them.
  std::string_view word() const { return isUnique_ && found_ != word_ ? found_ : std::string_view(); }

 private:
  std::string_view word_, found_;
  size_t limit_;       // only as many edits count
  size_t best_ = SIZE_MAX;
  bool isUnique_ = false;
};

std::string_view closestOf(std::string_view word, std::span<const std::string_view> candidates);
/// `, did you mean 'x'?`; nothing for no word.
std::string didYouMean(std::string_view closest);

/// The functions of sizes that have a meaning here: `Max`, `FloorDiv` ...
std::span<const std::string_view> symbolFunctions();

}  // namespace graph::ir
