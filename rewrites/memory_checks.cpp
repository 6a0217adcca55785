// The checks of MemoryPlan, one function a group of rules; each appends what it finds.
#include <algorithm>
#include <set>

#include "rewrites/memory_plan.h"

namespace rewrites {

using graph::ir::Expr;
using graph::ir::NodeId;

namespace {

std::string symbolsOf(const std::set<std::string>& symbols) {
  std::string text;
  for (const auto& s : symbols) text += (text.empty() ? "" : ", ") + s;
  return text;
}

void collect(const Region& region, std::set<std::string>& symbols) {
  for (const auto& i : region.box) {
    i.lo.collectSymbols(symbols);
    i.hi.collectSymbols(symbols);
  }
  if (region.unproven) region.unproven->collectSymbols(symbols);
}

}  // namespace

void MemoryPlan::checkTouches(const std::vector<NodeId>& owners, std::vector<Conflict>& out) {
  for (const NodeId o : owners) {
    const auto& a = accesses_[o.value];
    if (!a.unknown.empty()) {
      const auto& node = graph_.node(a.unknown.front());
      out.push_back({Rule::unknownOperator, node.name + " (" + node.target + ") may read and write whatever it can reach, and it reaches " + graph_.node(o).name, a.unknown});
    }
    if (!a.asynchronous.empty())
      out.push_back({Rule::asyncReader, graph_.node(a.asynchronous.front()).name + " may still read or write " + graph_.node(o).name + " after it was issued", a.asynchronous});
    // One operator, two written operands: fine as printed in two storages, not in one.
    for (const auto& w : a.writes)
      for (const NodeId p : owners) {
        if (p == o) continue;
        for (const auto& v : accesses_[p.value].writes)
          if (v.writer == w.writer)
            out.push_back({Rule::twoOwners, graph_.node(w.writer).name + " would write one storage through two operands", {w.writer}});
      }
  }
}

void MemoryPlan::checkBases(const std::vector<NodeId>& owners, std::vector<Conflict>& out) {
  // The run-time check knows inputs and constants by node: it would find the two nodes of one buffer to be the same memory, at every call.
  for (const NodeId value : storage_.aliases(owners.front()))
    if (value != owners.front() && graph_.node(value).op == graph::ir::Op::get_attr)
      out.push_back({Rule::inputsMayAlias, graph_.node(value).name + " is the same buffer as " + graph_.node(owners.front()).name, {value}});
  for (const NodeId o : owners) {
    const NodeId base = base_[o.value];
    if (!base) continue;
    const auto &update = graph_.node(o), &from = graph_.node(base);
    const Location& at = *storage_.location(base);
    const auto say = [&](Rule rule, const std::string& why) { out.push_back({rule, why, {base}}); };
    if (!update.tensor() || !from.tensor()) {
      say(Rule::sizeUnproven, "nothing states the shape of " + (from.tensor() ? update.name : from.name));
      continue;
    }
    if (update.tensor()->dtype != from.tensor()->dtype || update.tensor()->shape.size() != from.tensor()->shape.size() ||
        !std::equal(update.tensor()->shape.begin(), update.tensor()->shape.end(), from.tensor()->shape.begin(),
                    [&](const Expr& a, const Expr& b) { return a == b || storage_.facts().provesEqual(a, b); })) {
      say(Rule::dtypeOrShapeChanges, update.name + " has another dtype or shape than " + from.name);
      continue;
    }
    const Location lies = planned(base);
    if (!at.known || !lies.known || !lies.plain) say(Rule::geometryChanges, from.name + " is a view that is not modelled (storage-relative, another dtype, or conjugated)");
    else if (lies.selfOverlap) say(Rule::internalOverlap, "two elements of " + from.name + " may share an address");
    else if (lies.sometimesFresh) say(Rule::aliasDependsOnSize, "whether " + from.name + " shares memory with " + graph_.node(lies.owner).name + " depends on sizes and strides");
    const Operator& op = operators_.of(update);
    // as_strided and its like see the storage, not the value: of a copy that is the copy's, in place it would be all that base lies in.
    for (const NodeId view : storage_.aliases(o))
      if (!storage_.location(view)->known)
        out.push_back({Rule::geometryChanges, graph_.node(view).name + " is relative to the storage of " + update.name, {view}});
    if (op.view == "aten.as_strided.default") say(Rule::geometryChanges, update.name + " is relative to the storage");
  }
}

void MemoryPlan::checkEscapes(const std::vector<NodeId>& owners, NodeId root, std::vector<Conflict>& out) {
  NodeId first;   // the printed owner that shares with the outside so far
  if (keptByCaller(root)) first = root;
  for (const NodeId o : owners) {
    for (const NodeId value : accesses_[o.value].returned) {
      if (!first) first = o;
      if (first == o) continue;
      out.push_back({Rule::resultEscapes, "the output " + graph_.node(value).name + " would newly share memory with " + graph_.node(first).name, {graph_.output()}});
    }
  }
}

void MemoryPlan::checkReads(const std::vector<NodeId>& owners, NodeId root, std::vector<Conflict>& out) {
  const auto writes = plannedWrites(owners);
  for (const NodeId o : owners)
    for (const auto& read : accesses_[o.value].reads) checkRead(read, position(read.reader), o, writes, out);
  if (keptByCaller(root)) checkRead({NodeId{}, {root, false, false}}, kCaller, root, writes, out);
}

void MemoryPlan::checkRead(const OwnerRead& read, uint32_t at, NodeId owner, const std::vector<PlannedWrite>& writes, std::vector<Conflict>& out) {
  const uint32_t computed = keptByCaller(owner) ? 0 : position(owner);
  const Location where = planned(read.read.value);
  std::optional<Region> window;   // of the update that reads its base outside it
  for (const auto& w : writes) {
    if (w.at > at) break;
    if (w.erased || w.at <= computed) continue;
    if (w.at == at) {   // its own write
      if (read.read.base || w.printedOwner == owner) continue;
    } else if (w.printedOwner == owner) {
      continue;   // printed on the same storage: its effect is part of what is read
    }
    const Overlap overlap = storage_.overlap(w.region, where.region);
    if (overlap == Overlap::no) continue;
    if (read.read.outsideWindow) {
      if (!window) {
        Location l = *storage_.location(read.read.value);
        if (auto r = storage_.window(read.reader)) l.region = *r;
        else l.region.exact = false;
        window = lifted(std::move(l)).region;
      }
      if (storage_.contains(*window, w.region)) continue;
    }
    // Printed over before the read: what is read is the newer content.
    const bool printedOver = std::any_of(writes.begin(), writes.end(), [&](const PlannedWrite& c) {
      return c.printedOwner == owner && c.covers && c.at >= w.at && c.at < at && (storage_.contains(c.region, w.region) || storage_.contains(c.region, where.region));
    });
    if (!printedOver) out.push_back(explain(read, at, where, w, overlap));
  }
}

Conflict MemoryPlan::explain(const OwnerRead& read, uint32_t at, const Location& where, const PlannedWrite& write, Overlap overlap) const {
  const std::string reader = read.reader ? graph_.node(read.reader).name : "the caller";
  const std::string value = graph_.node(read.read.value).name;
  const std::string writer = graph_.node(write.node).name;
  const auto& shape = storage_.location(where.owner)->shape;
  const std::string part = Storage::str(where.region, shape), written = Storage::str(write.region, shape), owner = graph_.node(where.owner).name;
  std::vector<NodeId> blockers;
  if (read.reader) blockers.push_back(read.reader);
  else blockers.push_back(where.owner);

  if (write.at == at) return {Rule::overlappingOperand, writer + " reads " + value + ", which overlaps what it would write (" + owner + written + ")", {read.read.value}};
  if (where.sometimesFresh)
    return {Rule::aliasDependsOnSize, reader + " reads " + value + ", which at some sizes shares memory with " + owner + " and would then show what " + writer + " writes", blockers};
  const bool exact = where.region.exact && write.region.exact;
  if (overlap == Overlap::unknown && (exact || where.region.unproven || write.region.unproven)) {
    std::set<std::string> symbols;
    if (where.region.unproven) where.region.unproven->collectSymbols(symbols);
    if (write.region.unproven) write.region.unproven->collectSymbols(symbols);
    if (symbols.empty()) { collect(where.region, symbols); collect(write.region, symbols); }
    return {Rule::sizeUnproven, "nothing says whether " + owner + part + ", which " + reader + " reads, meets " + owner + written + ", which " + writer +
            " writes: it depends on " + symbolsOf(symbols), blockers};
  }
  if (write.printedOwner && !read.reader)
    return {Rule::copyWritesOtherValue, writer + " writes something else into " + owner, {write.node}};
  if (write.printedOwner && graph_.node(write.node).target.starts_with("aten.copy_."))
    return {Rule::copyWritesOtherValue, writer + " writes something else into " + owner + ", and " + reader + " still reads " + value + " after it", {write.node, read.reader}};
  if (!read.reader) return {Rule::inputMustKeepValue, "as printed, " + owner + part + " keeps its content for the caller, and " + writer + " would write " + owner + written, blockers};
  return {Rule::oldValueReadLater, reader + " reads " + value + " (" + owner + part + ") after " + writer + " would have written " + owner + written, blockers};
}

}  // namespace rewrites
