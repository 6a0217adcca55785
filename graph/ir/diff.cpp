// Pairs nodes of two graphs, compares the pairs, and finds the fewest moves: all common nodes except a longest run that kept its order.
#include "graph/ir/diff.h"

#include <algorithm>
#include <unordered_set>

namespace graph::ir {
namespace {

using Pair = std::pair<NodeId, NodeId>;

/// Of `pairs`, in the second graph's order, those that a longest sequence with growing places in the first graph leaves out.
/// O(n log n), O(n) when nothing moved.
std::vector<Pair> movedPairs(const Graph& before, const std::vector<Pair>& pairs) {
  std::vector<size_t> tails;                                  // tails[k] = the pair that ends the best sequence of length k + 1
  std::vector<size_t> previous(pairs.size(), SIZE_MAX);
  const auto earlier = [&](size_t a, size_t b) { return before.before(pairs[a].first, pairs[b].first); };
  for (size_t i = 0; i < pairs.size(); ++i) {
    auto at = tails.end();
    if (!tails.empty() && !earlier(tails.back(), i)) at = std::lower_bound(tails.begin(), tails.end(), i, earlier);
    if (at != tails.begin()) previous[i] = *(at - 1);
    if (at == tails.end()) tails.push_back(i);
    else *at = i;
  }
  if (tails.size() == pairs.size()) return {};
  std::vector<bool> kept(pairs.size(), false);
  for (size_t i = tails.empty() ? SIZE_MAX : tails.back(); i != SIZE_MAX; i = previous[i]) kept[i] = true;
  std::vector<Pair> moved;
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (!kept[i]) moved.push_back(pairs[i]);
  }
  return moved;
}

void sortByPlace(const Graph& graph, std::vector<NodeId>& ids) {
  std::sort(ids.begin(), ids.end(), [&](NodeId a, NodeId b) { return graph.before(a, b); });
}

/// Compares arguments of two graphs; a reference is the same when it names the same node.
class ByName {
 public:
  ByName(const Graph& before, const Graph& after) : before_(before), after_(after) {}

  bool same(const Node& a, const Node& b) const {
    if (a.op != b.op || a.target != b.target || a.meta != b.meta || a.kwargs.size() != b.kwargs.size() || !same(a.args, b.args))
      return false;
    for (size_t i = 0; i < a.kwargs.size(); ++i) {
      if (a.kwargs[i].first != b.kwargs[i].first || !same(a.kwargs[i].second, b.kwargs[i].second)) return false;
    }
    return true;
  }

 private:
  bool same(const std::vector<Argument>& a, const std::vector<Argument>& b) const {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [this](const Argument& x, const Argument& y) { return same(x, y); });
  }
  bool same(const Argument& a, const Argument& b) const {
    if (a.value().index() != b.value().index()) return false;
    if (const auto* id = a.as<NodeId>()) return name(before_, *id) == name(after_, *b.as<NodeId>());
    if (const auto* list = a.as<List>()) return same(list->items, b.as<List>()->items);
    if (const auto* tuple = a.as<Tuple>()) return same(tuple->items, b.as<Tuple>()->items);
    if (const auto* slice = a.as<Slice>()) return same(slice->items, b.as<Slice>()->items);
    if (const auto* dict = a.as<Dict>()) {
      const auto& other = b.as<Dict>()->items;
      return std::equal(dict->items.begin(), dict->items.end(), other.begin(), other.end(),
                        [this](const auto& x, const auto& y) { return same(x.first, y.first) && same(x.second, y.second); });
    }
    return a == b;
  }
  static std::string_view name(const Graph& graph, NodeId id) { return id ? std::string_view(graph.node(id).name) : std::string_view(); }

  const Graph& before_;
  const Graph& after_;
};

}  // namespace

Diff diffRevisions(const Graph& before, const Graph& after) {
  Diff diff;
  bool relabelled = false;  // some common node has another order label: perhaps a move
  std::vector<NodeId> changed;
  after.forEachDifference(before, [&](NodeId id) {
    const bool was = before.contains(id), is = after.contains(id);
    if (was && !is) diff.removed.push_back(id);
    else if (!was && is) diff.added.push_back(id);
    else {
      const auto old = before.share(id), now = after.share(id);
      if (old != now && !old->sameAs(*now)) changed.push_back(id);
      relabelled = relabelled || before.orderLabel(id) != after.orderLabel(id);
    }
  });
  sortByPlace(before, diff.removed);
  sortByPlace(after, diff.added);
  sortByPlace(after, changed);
  for (NodeId id : changed) diff.changed.emplace_back(id, id);
  if (relabelled) {
    std::vector<Pair> common;
    for (NodeId id : after) {
      if (before.contains(id)) common.emplace_back(id, id);
    }
    diff.moved = movedPairs(before, common);
  }
  return diff;
}

Diff diffByName(const Graph& before, const Graph& after) {
  Diff diff;
  const ByName byName(before, after);
  for (NodeId id : before) {
    if (!after.find(before.node(id).name)) diff.removed.push_back(id);
  }
  std::vector<Pair> common;
  for (NodeId id : after) {
    const NodeId old = before.find(after.node(id).name);
    if (!old) {
      diff.added.push_back(id);
      continue;
    }
    common.emplace_back(old, id);
    if (!byName.same(before.node(old), after.node(id))) diff.changed.emplace_back(old, id);
  }
  diff.moved = movedPairs(before, common);
  return diff;
}

}  // namespace graph::ir
