// Order maintenance: every live slot has a 64-bit label that grows along the list, so that `before` is one comparison.
//
// Labels are given in gaps of 2^32. An insertion takes the middle of its gap; when the gap is used up, a window of nodes around
// it, doubled until it has room, is spread evenly. Window by window that is O(log n) amortised, as in the "list labelling" problem.
#include "graph/ir/graph_state.h"

namespace graph::ir {
namespace {

constexpr uint64_t gap = uint64_t{1} << 32;
constexpr uint64_t roomEach = uint64_t{1} << 16;  // a spread leaves at least this between two labels
constexpr uint64_t lowest = 0, highest = UINT64_MAX;  // never given out

}  // namespace

uint64_t Graph::State::labelBetween(NodeId prev, NodeId next) {
  for (;;) {
    const uint64_t low = prev ? slots[prev.value].order : lowest;
    const uint64_t high = next ? slots[next.value].order : highest;
    const uint64_t room = high - low;
    if (room > 1) return low + (!next && room / 2 > gap ? gap : room / 2);
    spread(prev, next);
  }
}

void Graph::State::spread(NodeId prev, NodeId next) {
  // [begin .. end] grows in both directions from the used-up gap; `low` and `high` are the labels just outside.
  NodeId begin = prev ? prev : next, end = next ? next : prev;
  uint64_t count = prev && next ? 2 : 1;
  for (uint64_t wanted = 32;; wanted *= 2) {
    bool grows = true;
    while (count < wanted && grows) {
      grows = false;
      if (const NodeId more = slots[begin.value].prev) begin = more, ++count, grows = true;
      if (const NodeId more = slots[end.value].next) end = more, ++count, grows = true;
    }
    const NodeId outsideLow = slots[begin.value].prev, outsideHigh = slots[end.value].next;
    const uint64_t low = outsideLow ? slots[outsideLow.value].order : lowest;
    const uint64_t high = outsideHigh ? slots[outsideHigh.value].order : highest;
    const uint64_t step = (high - low) / (count + 1);
    if (step < roomEach && (outsideLow || outsideHigh)) continue;
    uint64_t label = low;
    for (NodeId id = begin;; id = slots[id.value].next) {
      slots.write(id.value).order = label += step;
      if (id == end) return;
    }
  }
}

void Graph::State::link(NodeId id, NodeId next) {
  const NodeId prev = next ? slots[next.value].prev : last;
  const uint64_t label = labelBetween(prev, next);
  Slot& slot = slots.write(id.value);
  slot.prev = prev;
  slot.next = next;
  slot.order = label;
  slot.live = true;
  (prev ? slots.write(prev.value).next : first) = id;
  (next ? slots.write(next.value).prev : last) = id;
}

void Graph::State::unlink(NodeId id) {
  const NodeId prev = slots[id.value].prev, next = slots[id.value].next;
  (prev ? slots.write(prev.value).next : first) = next;
  (next ? slots.write(next.value).prev : last) = prev;
  Slot& slot = slots.write(id.value);
  slot.prev = slot.next = NodeId{};
}

}  // namespace graph::ir
