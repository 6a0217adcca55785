// Edit distance (Damerau's, of neighbours) with three rows, cut off as soon as it is too large.
#include "graph/ir/spelling.h"

#include <algorithm>
#include <vector>

namespace graph::ir {

size_t editDistance(std::string_view a, std::string_view b, size_t cap) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > cap) return cap + 1;
  std::vector<size_t> before(a.size() + 1), row(a.size() + 1), next(a.size() + 1);
  for (size_t i = 0; i <= a.size(); ++i) row[i] = i;
  for (size_t j = 1; j <= b.size(); ++j) {
    size_t best = next[0] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
      next[i] = std::min({row[i - 1] + (a[i - 1] == b[j - 1] ? 0 : 1), row[i] + 1, next[i - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) next[i] = std::min(next[i], before[i - 2] + 1);
      best = std::min(best, next[i]);
    }
    if (best > cap) return cap + 1;
    std::swap(before, row);
    std::swap(row, next);
  }
  return std::min(row[a.size()], cap + 1);
}

void Closest::add(std::string_view candidate) {
  const size_t distance = editDistance(word_, candidate, limit_);
  if (distance > limit_ || (distance == best_ && candidate == found_)) return;
  if (distance > best_) return;
  isUnique_ = distance < best_;
  best_ = distance;
  found_ = candidate;
}

std::string_view closestOf(std::string_view word, std::span<const std::string_view> candidates) {
  Closest closest(word);
  for (std::string_view candidate : candidates) closest.add(candidate);
  return closest.word();
}

std::string didYouMean(std::string_view closest) {
  return closest.empty() ? std::string() : ", did you mean '" + std::string(closest) + "'?";
}

}  // namespace graph::ir
