// The checks of MemoryPlan on a planned storage as a whole: who touches it, what lies where, who would newly share. Each appends what it finds.
#include <algorithm>

#include "rewrites/memory_plan.h"

namespace rewrites {

using graph::ir::Expr;
using graph::ir::NodeId;

void MemoryPlan::checkTouches(const Planned& s, std::vector<Conflict>& out) const {
  for (size_t i = 0; i < s.owners.size(); ++i) {
    const NodeId o = s.owners[i];
    const auto& a = accesses_[o.value];
    if (!a.unknown.empty()) {
      const auto& node = graph_.node(a.unknown.front());
      out.push_back({Rule::unknownOperator, node.name + " (" + node.target + ") may read and write whatever it can reach, and it reaches " + graph_.node(o).name,
                     a.unknown, {}});
    }
    if (!a.asynchronous.empty() && checks_.on(Check::pendingWrites))
      out.push_back({Rule::asyncReader, graph_.node(a.asynchronous.front()).name + " may still write " + graph_.node(o).name + " after it was issued", a.asynchronous, {}});
    for (const Pending& p : a.pending)
      for (const PlannedWrite& w : s.writes) {
        if (!checks_.on(Check::pendingReads) || w.erased || w.printedOwner == o || w.at <= position(p.node) || w.at > p.until) continue;
        if (storage_.overlap(w.where.region, planned(p.value).region, s.root) == Overlap::no) continue;
        out.push_back({Rule::asyncReader, graph_.node(p.node).name + " may still read " + graph_.node(p.value).name + " when " + graph_.node(w.node).name + " writes it",
                       {p.node}, w.node});
      }
  }
  // One operator, two written operands: fine as printed in two storages, not in one.
  for (size_t i = 1; i < s.writes.size(); ++i) {
    const PlannedWrite &a = s.writes[i - 1], &b = s.writes[i];
    if (a.node != b.node || a.printedOwner == b.printedOwner) continue;
    if (storage_.overlap(a.where.region, b.where.region, s.root) != Overlap::no)
      out.push_back({Rule::twoOwners, graph_.node(a.node).name + " would write one storage through two operands", {a.node}, a.node});
  }
}

void MemoryPlan::checkBases(const Planned& s, std::vector<Conflict>& out) const {
  const bool written = std::any_of(s.writes.begin(), s.writes.end(), [](const PlannedWrite& w) { return !w.erased; });
  if (written) {
    // The run-time check knows inputs and constants by node: it would find the two nodes of one buffer to be the same memory, at every call.
    for (const NodeId value : storage_.aliases(s.root))
      if (value != s.root && graph_.node(value).op == graph::ir::Op::get_attr)
        out.push_back({Rule::inputsMayAlias, graph_.node(value).name + " is the same buffer as " + graph_.node(s.root).name, {value}, {}});
    // as_strided of another input may show what lies beside it in one storage.
    if (keptByCaller(s.root) && checks_.on(Check::storageOfInputs))
      for (const auto& [view, input] : strays_)
        if (input != s.root)
          out.push_back({Rule::inputsMayAlias, graph_.node(view).name + " is relative to the storage of an input, which may be that of " + graph_.node(s.root).name, {view}, {}});
  }
  for (const NodeId o : s.owners) {
    const NodeId base = base_[o.value];
    if (!base) continue;
    const auto &result = graph_.node(o), &from = graph_.node(base);
    const bool inPlace = how_[o.value] == How::inPlace;
    const auto say = [&](Rule rule, const std::string& why) { out.push_back({rule, why, {base}, {}}); };
    const auto *t = result.tensor(), *of = from.tensor();
    if (!t || !of) {
      say(Rule::sizeUnproven, "nothing states the shape of " + (of ? result.name : from.name));
      continue;
    }
    const Location& place = this->place(o);
    const auto sameShape = [&](const std::vector<Expr>& a, const std::vector<Expr>& b) {
      return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [&](const Expr& x, const Expr& y) { return x == y || storage_.facts().provesEqual(x, y); });
    };
    if (t->dtype != place.dtype || (t->device && of->device && !(t->device == of->device)) || !sameShape(t->shape, place.shape)) {
      say(Rule::dtypeOrShapeChanges, result.name + " has another dtype or shape than " + from.name);
      continue;
    }
    const Location lies = planned(o);
    if (!place.known || !lies.known || lies.conj || lies.neg)
      say(Rule::geometryChanges, from.name + " is a view that is not modelled (storage-relative, conjugated or negated)");
    else if (lies.selfOverlap && (inPlace || isWritten(o))) say(Rule::internalOverlap, "two elements of " + from.name + " may share an address");
    else if (lies.sometimesFresh && (inPlace || written) && checks_.on(Check::mayAliasBases))
      say(Rule::aliasDependsOnSize, "whether " + from.name + " shares memory with " + graph_.node(lies.owner).name + " depends on sizes and strides");
    // as_strided and its like see the storage, not the value: of a copy that is the copy's, here it would be all that base lies in.
    for (const NodeId view : storage_.aliases(o))
      if (!storage_.location(view)->known && isLive(view) && checks_.on(Check::storageOfResults))
        out.push_back({Rule::geometryChanges, graph_.node(view).name + " is relative to the storage of " + result.name, {view}, {}});
    if (storage_.operatorOf(o).view == "aten.as_strided.default" && (!inPlace || !ownsWholeStorage(base))) say(Rule::geometryChanges, result.name + " is relative to the storage");
  }
}

/// As decided a value is all of a fresh row-major storage, as it is of its own as printed: what is relative to the storage finds the same elements.
bool MemoryPlan::ownsWholeStorage(NodeId value) const {
  const Location at = planned(value);
  const auto& owner = graph_.node(at.owner);
  const bool begins = !keptByCaller(at.owner) && (storage_.operatorOf(at.owner).effect == Effect::fresh || makesRowMajor(owner));   // a scatter keeps its base's storage
  return begins && at.known && storage_.rowMajor(at.owner) && storage_.sameTensor(at, *storage_.location(at.owner));
}

/// Somebody writes through this value: an operator as printed, or a decision that stands on it.
bool MemoryPlan::isWritten(NodeId owner) const {
  if (!accesses_[owner.value].writes.empty()) return true;
  const auto& onIt = mergedInto_[owner.value];
  return std::any_of(onIt.begin(), onIt.end(), [&](NodeId o) { return how_[o.value] == How::inPlace || isWritten(o); });
}

void MemoryPlan::checkEscapes(const Planned& s, std::vector<Conflict>& out) const {
  NodeId first;   // the printed owner that shares with the outside so far
  if (keptByCaller(s.root)) first = s.root;
  for (const NodeId o : s.owners) {
    for (const NodeId value : accesses_[o.value].returned) {
      if (!first) first = o;
      if (first == o) continue;
      const auto effect = storage_.operatorOf(first).effect;
      if (!checks_.on(effect == Effect::input ? Check::escapesIntoInputs : effect == Effect::constant ? Check::escapesIntoConstants : Check::escapesIntoOutputs)) continue;
      out.push_back({Rule::resultEscapes, "the output " + graph_.node(value).name + " would newly share memory with " + graph_.node(first).name, {graph_.output()}, {}});
    }
  }
}

}  // namespace rewrites
