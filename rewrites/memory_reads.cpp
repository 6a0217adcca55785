// Does a reader still see what it saw? The writes of a planned storage against its reads, by the versions that values carry.
#include <algorithm>
#include <set>

#include "graph/ir/schema.h"
#include "rewrites/memory_plan.h"

namespace rewrites {

using graph::ir::NodeId;

namespace {

constexpr int kSteps = 20000;   // of one search through versions; a chain of that many copies is refused

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
  if (region.map) {
    region.map->offset.collectSymbols(symbols);
    for (const auto& dim : region.map->dims) dim.size.collectSymbols(symbols);
  }
}

/// Updates that read the old elements of their window: they add to them, or compute from them.
bool usesOldElements(const graph::ir::Node& node, const Operator& op) {
  if (op.effect != Effect::update) return true;   // a twin
  if (!op.view.empty()) return false;
  const auto name = operatorName(node.target);
  if (name == "index_add" || name == "scatter_add" || name == "scatter_reduce") return true;
  for (const char* flag : {"accumulate", "reduce"})
    if (const auto* value = graph::ir::argumentByName(node, flag))
      if (!value->isNone() && !(value->as<bool>() && !*value->as<bool>())) return true;
  return false;
}

}  // namespace

bool MemoryPlan::isOff(const OwnerRead& read) const {
  if (checks_.all()) return false;
  const NodeId value = read.read.value, owner = storage_.owner(value);
  const Location& at = *storage_.location(value);
  const bool update = storage_.operatorOf(read.reader).effect == Effect::update && read.read.base;
  const auto off = [&](Check check, bool such) { return such && !checks_.on(check); };
  return off(Check::readsOutsideWindow, update && how(read.reader) == How::no) || off(Check::oldElements, read.read.base && how(read.reader) == How::inPlace) ||
         off(Check::readsThroughViews, value != owner) || off(Check::readsThroughGetitem, value != owner && graph_.node(value).target == "_operator.getitem") ||
         off(Check::dtypeViews, at.dtype != storage_.location(owner)->dtype) || off(Check::mayAliasReaders, at.sometimesFresh) ||
         off(Check::erasedCopies, isErased(read.reader));
}

/// What a node reads, as decided: a copy that is not made reads nothing, an update in place reads of its base what it computes from. Of
/// the rest the versions of its result tell.
bool MemoryPlan::isRead(const OwnerRead& read) const {
  if (isOff(read)) return false;
  switch (how(read.reader)) {
    case How::no: return true;
    case How::forward: return false;
    case How::inPlace: break;
  }
  const auto& node = graph_.node(read.reader);
  if (!writes(read.reader)) return false;
  return !read.read.base || read.read.value != firstOperand(node) || usesOldElements(node, storage_.operatorOf(read.reader));
}

void MemoryPlan::planWrites(Planned& s) const {
  for (const NodeId o : s.owners) {
    for (const auto& w : accesses_[o.value].writes) {
      if (!checks_.on(Check::printedWrites)) break;
      Location at = planned(w.write.value);
      const bool covers = w.write.covers && at.known && !at.sometimesFresh;   // through a reshape that copied it would write elsewhere
      if (!w.write.covers) at.region.partial = true;
      s.writes.push_back({position(w.writer), w.writer, o, std::move(at), covers, isErased(w.writer)});
    }
    if (how_[o.value] == How::inPlace && writes(o)) s.writes.push_back({position(o), o, NodeId{}, lifted(windowOf(o)), false, false});
  }
  std::stable_sort(s.writes.begin(), s.writes.end(), [](const PlannedWrite& a, const PlannedWrite& b) { return a.at < b.at; });

  // Most values hold all that was written before them: their readers need to look at later writes alone.
  s.closed.assign(s.owners.size(), 0);
  std::vector<std::pair<NodeId, bool>> closed;
  const auto isClosed = [&](NodeId o) {
    for (size_t i = closed.size(); i-- > 0;)
      if (closed[i].first == o) return closed[i].second;
    return false;
  };
  for (size_t i = 0; i < s.owners.size(); ++i) {
    const NodeId o = s.owners[i];
    if (i == 0) { closed.emplace_back(o, true); s.closed[i] = 1; continue; }
    const NodeId from = storage_.owner(base_[o.value]);
    bool all = isClosed(from) && (how_[o.value] == How::forward || writes(o));
    const auto begin = std::upper_bound(s.writes.begin(), s.writes.end(), created(from), [](uint32_t at, const PlannedWrite& w) { return at < w.at; });
    for (auto w = begin; all && w != s.writes.end() && w->at < created(o); ++w) all = !w->erased && (w->printedOwner == from);
    closed.emplace_back(o, all);
    s.closed[i] = all;
  }
}

void MemoryPlan::checkReads(const Planned& s, std::vector<Conflict>& out) const {
  if (std::none_of(s.writes.begin(), s.writes.end(), [](const PlannedWrite& w) { return !w.erased; })) return;
  for (size_t i = 0; i < s.owners.size(); ++i)
    for (const auto& read : accesses_[s.owners[i].value].reads)
      if (isRead(read)) checkRead(s, read, position(read.reader), i, out);
  const bool constant = storage_.operatorOf(s.root).effect == Effect::constant;
  if (keptByCaller(s.root) && checks_.on(constant ? Check::callerReadsConstants : Check::callerReadsInputs)) checkRead(s, {NodeId{}, {s.root, false, false, false}}, kCaller, 0, out);
}

/// A node that reads what it writes itself: its destination, or with an operator that works element by element exactly that.
bool MemoryPlan::ownWrite(const Planned& s, const OwnerRead& read, NodeId owner, const PlannedWrite& write) const {
  if (read.read.base || write.printedOwner == owner) return true;   // operands that overlapped as printed are not our doing
  if (!storage_.operatorOf(write.node).pointwise) return !checks_.on(Check::ownWrites);
  // torch refuses operands that overlap and are not the same tensor, down to the stride of a dimension of one element, which no map here has.
  const Location at = planned(read.read.value);
  const bool exact = read.read.value == firstOperand(graph_.node(write.node)) ||
                     std::none_of(at.shape.begin(), at.shape.end(), [](const auto& size) { return size.asConstant() == 1; });
  const bool same = (exact && storage_.sameTensor(at, write.where)) || !checks_.on(Check::elementByElement);
  return same && !read.read.outsideWindow && s.root == write.where.owner;
}

void MemoryPlan::checkRead(const Planned& s, const OwnerRead& read, uint32_t at, size_t index, std::vector<Conflict>& out) const {
  const NodeId owner = s.owners[index];
  const uint32_t from = s.closed[index] ? created(owner) : 0;
  auto w = std::upper_bound(s.writes.begin(), s.writes.end(), from, [](uint32_t p, const PlannedWrite& x) { return p < x.at; });
  if (w == s.writes.end() || w->at > at) return;
  Location where = planned(read.read.value);
  if (read.read.storage) {
    where.region = storage_.location(s.root)->region;
    where.region.exact = false;
  }
  std::optional<Region> window;   // of the update that reads its base outside it
  for (; w != s.writes.end() && w->at <= at; ++w) {
    if (w->erased) continue;
    if (w->at == at ? ownWrite(s, read, owner, *w) : w->printedOwner == owner || w->node == owner) continue;
    const Overlap overlap = storage_.overlap(w->where.region, where.region, s.root);
    if (overlap == Overlap::no) continue;
    if (read.read.outsideWindow) {
      if (!window) window = lifted(windowOf(read.reader)).region;
      if (storage_.contains(*window, w->where.region, s.root)) continue;
    }
    int budget = kSteps;
    if (w->at == at || !agrees(s, *w, owner, where.region, at, budget)) out.push_back(explain(read, at, where, *w, overlap));
  }
}

bool MemoryPlan::agrees(const Planned& s, const PlannedWrite& write, NodeId owner, const Region& part, uint32_t at, int& budget) const {
  const auto within = [&](const Region& outer) { return storage_.contains(outer, write.where.region, s.root) || storage_.contains(outer, part, s.root); };
  const auto apart = [&](const Region& other) {
    return storage_.overlap(other, write.where.region, s.root) == Overlap::no || storage_.overlap(other, part, s.root) == Overlap::no;
  };
  for (;;) {
    if (--budget < 0) return false;
    // What was printed onto this value since it was made, the latest first.
    const auto& written = accesses_[owner.value].writes;
    for (auto w = written.rbegin(); w != written.rend(); ++w) {
      const uint32_t when = position(w->writer);
      if (when >= at) continue;
      if (w->writer == write.node) return true;
      if (when < write.at) return false;   // whatever is left is older than the write
      if (--budget < 0) return false;
      const Location to = planned(w->write.value);
      if (isErased(w->writer) && checks_.on(Check::erasedCopies)) {   // from here on it holds what the source held there
        const bool all = within(to.region);
        if (!all && apart(to.region)) continue;
        const NodeId source = operand(graph_.node(w->writer), 1)[0];
        const bool same = agrees(s, write, storage_.owner(source), part, when, budget);
        if (!same || all) return same;
      } else if (w->write.covers && to.known && !to.sometimesFresh && within(to.region)) {
        return true;   // lies over it
      }
    }
    if (owner == write.node) return true;
    if (write.at > created(owner) || !base_[owner.value]) return false;
    if (!checks_.on(Check::versions)) return true;
    const uint32_t made = created(owner);
    const NodeId base = storage_.owner(base_[owner.value]);
    if (how_[owner.value] == How::inPlace) {
      const Region window = lifted(windowOf(owner)).region;
      const auto source = operand(graph_.node(owner), 1);
      // The result of an update that lies in the window: so does what the update writes.
      const bool all = within(window) || (!writes(owner) && source[0] == write.node);
      if (writes(owner)) {
        if (all) return true;   // its own write lies over it
      } else if (!checks_.on(Check::noOpScatters)) {
        if (all) return true;
      } else if (all || !apart(window)) {   // it holds its source there
        const bool same = agrees(s, write, storage_.owner(source[0]), part, made, budget);
        if (!same || all) return same;
      }
    }
    owner = base;
    at = made;
  }
}

Conflict MemoryPlan::explain(const OwnerRead& read, uint32_t at, const Location& where, const PlannedWrite& write, Overlap overlap) const {
  const std::string reader = read.reader ? graph_.node(read.reader).name : "the caller";
  const std::string value = graph_.node(read.read.value).name;
  const std::string writer = graph_.node(write.node).name;
  const auto& shape = storage_.location(where.owner)->shape;
  const Region& to = write.where.region;
  const std::string part = Storage::str(where.region, shape), written = Storage::str(to, shape), owner = graph_.node(where.owner).name;
  std::vector<NodeId> blockers;
  if (read.reader) blockers.push_back(read.reader);
  else blockers.push_back(where.owner);
  const auto because = [&](Rule rule, std::string why, std::vector<NodeId> by) { return Conflict{rule, std::move(why), std::move(by), write.node}; };

  if (write.at == at) return because(Rule::overlappingOperand, writer + " reads " + value + ", which overlaps what it would write (" + owner + written + ")", {read.read.value});
  if (where.sometimesFresh)
    return because(Rule::aliasDependsOnSize, reader + " reads " + value + ", which at some sizes shares memory with " + owner + " and would then show what " + writer + " writes", blockers);
  if (overlap == Overlap::unknown && ((where.region.known() && to.known()) || where.region.unproven || to.unproven)) {
    std::set<std::string> symbols;
    if (where.region.unproven) where.region.unproven->collectSymbols(symbols);
    if (to.unproven) to.unproven->collectSymbols(symbols);
    if (symbols.empty()) { collect(where.region, symbols); collect(to, symbols); }
    if (!symbols.empty())
      return because(Rule::sizeUnproven, "nothing says whether " + owner + part + ", which " + reader + " reads, meets " + owner + written + ", which " + writer +
                     " writes: it depends on " + symbolsOf(symbols), blockers);
  }
  if (write.printedOwner && !read.reader)   // a write onto a result that was merged into the input: one onto the input itself is what the caller gets
    return because(Rule::inputMustKeepValue, "as printed, " + owner + part + " keeps its content for the caller, and " + writer + " would write " + owner + written, {write.node});
  if (write.printedOwner && isCopyInto(graph_.node(write.node)))
    return because(Rule::copyWritesOtherValue, writer + " writes something else into " + owner + ", and " + reader + " still reads " + value + " after it", {write.node, read.reader});
  if (!read.reader) return because(Rule::inputMustKeepValue, "as printed, " + owner + part + " keeps its content for the caller, and " + writer + " would write " + owner + written, blockers);
  return because(Rule::oldValueReadLater, reader + " reads " + value + " (" + owner + part + ") after " + writer + " would have written " + owner + written, blockers);
}

}  // namespace rewrites
