#include "rewrites/accesses.h"

#include <algorithm>

namespace rewrites {

using graph::ir::NodeId;

void forEachRead(const Storage& storage, NodeId id, const std::function<void(const Read&)>& visit) {
  const auto& node = storage.graph().node(id);
  const Operator& op = storage.operatorOf(id);
  switch (op.effect) {
    case Effect::input: case Effect::constant: case Effect::symbolic: case Effect::stride: case Effect::view: return;
    case Effect::getitem: return;   // of a torch-level tensor it is an operator that nobody knows, which its storage records
    default: break;
  }
  const NodeId first = op.effect == Effect::output ? NodeId{} : firstOperand(node);
  std::vector<NodeId> written;   // a mutation reads these element by element where it writes them
  if (op.effect == Effect::mutation)
    for (const size_t index : op.written)
      for (const NodeId value : operand(node, index)) written.push_back(value);
  bool seenFirst = false;
  node.forEachInput([&](NodeId value) {
    if (!storage.location(value)) return;
    const bool isFirst = value == first && !seenFirst;
    if (isFirst) seenFirst = true;
    if (isFirst && !op.readsOperand0) return;
    const bool update = isFirst && op.effect == Effect::update;
    const bool base = isFirst && !op.twin.empty() && op.effect != Effect::mutation;
    const bool all = isFirst && isStorageRelative(node);
    visit({value, update && !op.view.empty() && !all, all, base || std::find(written.begin(), written.end(), value) != written.end()});
  });
}

void forEachWrite(const Storage& storage, NodeId id, const std::function<void(const Write&)>& visit) {
  const auto& node = storage.graph().node(id);
  const Operator& op = storage.operatorOf(id);
  if (op.effect == Effect::unknown) {
    node.forEachInput([&](NodeId value) { if (storage.location(value)) visit({value, false}); });
    return;
  }
  if (op.effect != Effect::mutation) return;
  for (const size_t index : op.written)
    for (const NodeId value : operand(node, index))
      if (storage.location(value)) visit({value, op.covers});
}

}  // namespace rewrites
