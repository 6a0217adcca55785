// Which elements a location shows: how views compose, when two parts of an owner meet, when one holds the other.
#include <algorithm>

#include "graph/ir/schema.h"
#include "rewrites/storage.h"
#include "rewrites/views.h"

namespace rewrites {

using graph::ir::Argument;
using graph::ir::Expr;
using graph::ir::Node;
using graph::ir::NodeId;

namespace {

/// The arguments of a view, from the node that has them: the view itself, or a scatter, whose arguments have the same names.
class NodeArguments : public ViewArguments {
 public:
  explicit NodeArguments(const Node& node) : node_(node), schema_(graph::ir::findSchema(node.target, node.args.size())) {}
  const Argument* get(std::string_view name) const override { return graph::ir::argumentByName(node_, schema_, name); }
  /// `target`, the node's own or that of a view that takes its arguments, with its overload.
  std::string_view fullTarget(std::string_view target) const {
    const auto* schema = target == node_.target ? schema_ : graph::ir::findSchema(target, node_.args.size());
    return schema ? std::string_view(schema->target) : target;
  }

 private:
  const Node& node_;
  const graph::ir::Schema* schema_;
};

/// Region `inner` of the value at `outer`, as a box of the owner; the map is left out.
Region composeBoxes(const Location& outer, const Region& inner) {
  Region out = outer.region;
  out.map.reset();
  out.exact = outer.region.exact && inner.exact;
  out.partial |= inner.partial;
  if (!out.unproven) out.unproven = inner.unproven;
  for (size_t d = 0; d < inner.box.size(); ++d) {
    const int owner = d < outer.dims.size() ? outer.dims[d] : -2;
    const bool all = d < outer.shape.size() && inner.box[d].lo == Expr(0) && inner.box[d].step == 1 && inner.box[d].hi == outer.shape[d];
    if (all) continue;
    if (owner < 0) { out.exact = false; continue; }
    auto& interval = out.box[static_cast<size_t>(owner)];
    const Expr lo = interval.lo;
    interval.hi = lo + Expr(interval.step) * inner.box[d].hi;
    interval.lo = lo + Expr(interval.step) * inner.box[d].lo;
    interval.step *= inner.box[d].step;
  }
  return out;
}

/// A map that runs along the dimensions of the value which `outer` shows: exact whatever `outer` is.
Strided alongDimensions(const Strided& outer, const Location& inner) {
  Strided map;
  map.item = outer.item;
  map.offset = outer.offset;
  for (size_t d = 0; d < inner.region.box.size(); ++d) map.offset = map.offset + inner.region.box[d].lo * outer.dims[d].stride;
  for (size_t d = 0; d < inner.dims.size(); ++d) {
    const int of = inner.dims[d];
    map.dims.push_back({inner.shape[d], of < 0 ? Expr(0) : Expr(inner.region.box[static_cast<size_t>(of)].step) * outer.dims[static_cast<size_t>(of)].stride});
  }
  return map;
}

bool hasMix(const Location& at) { return std::find(at.dims.begin(), at.dims.end(), -2) != at.dims.end(); }

}  // namespace

Location Storage::view(const Location& base, const std::string& target, const Node& like, const std::vector<Expr>* shape) const {
  const Location& owner = *location(base.owner);
  const auto* t = like.tensor();
  const Operator& made = operatorOf(base.owner);
  const bool keepsOffset = made.effect == Effect::update && made.twin == "aten.copy_.default";   // scatters and copy clone the storage of their base as it lies
  const bool fromStart = target.find("as_strided") != std::string::npos && made.effect != Effect::input && made.effect != Effect::constant && !keepsOffset;
  const ViewContext context{base, owner, shape, t ? t->dtype : base.dtype, facts_, [this](const Argument& a) { return expression(a); },
                            fromStart && rowMajor(base.owner)};
  const NodeArguments arguments(like);
  return applyView(context, arguments.fullTarget(target), arguments);
}

Location Storage::split(const Location& base, const std::string& target, const Node& like, int64_t index, const std::vector<Expr>* shape) const {
  const ViewContext context{base, *location(base.owner), shape, base.dtype, facts_, [this](const Argument& a) { return expression(a); }, false};
  const NodeArguments arguments(like);
  return applySplit(context, arguments.fullTarget(target), arguments, index);
}

std::optional<Strided> Storage::mapOf(const Location& at) const {
  const Location& owner = *location(at.owner);
  return owner.known ? rewrites::mapOf(at, owner.shape, graph::ir::itemSize(owner.dtype)) : std::nullopt;
}

std::optional<Strided> Storage::mapOf(const Region& region, NodeId ownerId) const {
  if (region.map) return region.map;
  const Location& owner = *location(ownerId);
  if (!region.exact || !owner.known || region.box.size() != owner.shape.size()) return std::nullopt;
  Strided map = Strided::whole(owner.shape, graph::ir::itemSize(owner.dtype));
  for (size_t d = 0; d < region.box.size(); ++d) {
    const auto& i = region.box[d];
    const Expr length = i.hi - i.lo;
    map.narrow(d, i.lo, i.step == 1 ? length : floorDiv(length + Expr(i.step - 1), Expr(i.step)), Expr(i.step));
  }
  return map;
}

Location Storage::compose(const Location& outer, const Location& inner) const {
  Location out = inner;
  out.owner = outer.owner;
  out.region = composeBoxes(outer, inner.region);
  for (int& d : out.dims)
    if (d >= 0) d = static_cast<size_t>(d) < outer.dims.size() ? outer.dims[static_cast<size_t>(d)] : -2;
  out.ordered &= outer.ordered;
  out.selfOverlap |= outer.selfOverlap;
  out.sometimesFresh |= outer.sometimesFresh;
  out.conj ^= outer.conj;
  out.neg ^= outer.neg;
  out.known &= outer.known;
  out.assumed |= outer.assumed;
  if (!out.known || (out.region.exact && !hasMix(out))) return out;
  const auto map = mapOf(outer);
  if (!map) return out;
  const bool along = !inner.region.map && inner.region.exact && !hasMix(inner) && inner.region.box.size() == map->dims.size();
  if (along) out.region.map = alongDimensions(*map, inner);
  else if (const auto within = mapOf(inner)) out.region.map = rewrites::compose(*map, *within, facts_);
  return out;
}

Overlap Storage::overlap(const Region& a, const Region& b, NodeId ownerId) const {
  if (a.box.size() != b.box.size()) return Overlap::unknown;
  bool certain = a.exact && b.exact && !a.partial && !b.partial, steps = false;
  for (size_t d = 0; d < a.box.size(); ++d) {
    const auto &x = a.box[d], &y = b.box[d];
    steps |= x.step != 1 || y.step != 1;
    if (x == y) continue;   // the same elements along this dimension
    if (facts_.provesLessEqual(x.hi, y.lo) || facts_.provesLessEqual(y.hi, x.lo) || facts_.provesLessEqual(x.hi, x.lo) || facts_.provesLessEqual(y.hi, y.lo))
      return Overlap::no;
    if (x.step == y.step && x.step > 1) {
      const auto distance = (x.lo - y.lo).asConstant();
      if (distance && *distance % x.step != 0) return Overlap::no;   // interleaved
    }
    const bool meets = x.step == 1 && y.step == 1 && facts_.provesLessEqual(x.lo + Expr(1), y.hi) && facts_.provesLessEqual(y.lo + Expr(1), x.hi);
    if (!meets) certain = false;
  }
  if (certain) return Overlap::yes;
  if (a.exact && b.exact && !steps) return Overlap::unknown;   // boxes say all there is to say
  const auto x = mapOf(a, ownerId), y = mapOf(b, ownerId);
  if (!x || !y) return Overlap::unknown;
  const Overlap found = rewrites::overlap(*x, *y, facts_);
  return found == Overlap::yes && (a.partial || b.partial) ? Overlap::unknown : found;
}

bool Storage::same(const Region& a, const Region& b, NodeId ownerId) const {
  if (a.partial || b.partial || a.box.size() != b.box.size()) return false;
  if (a.exact && b.exact) {
    for (size_t d = 0; d < a.box.size(); ++d) {
      const auto &x = a.box[d], &y = b.box[d];
      if (x == y) continue;
      if (x.step != y.step || !(facts_.provesLessEqual(x.lo, y.lo) && facts_.provesLessEqual(y.lo, x.lo)) || !(facts_.provesLessEqual(x.hi, y.hi) && facts_.provesLessEqual(y.hi, x.hi))) return false;
    }
    return true;
  }
  const auto x = mapOf(a, ownerId), y = mapOf(b, ownerId);
  return x && y && rewrites::contains(*x, *y, facts_) && rewrites::contains(*y, *x, facts_);
}

bool Storage::contains(const Region& outer, const Region& inner, NodeId ownerId) const {
  if (outer.partial || outer.box.size() != inner.box.size()) return false;
  if (outer.exact) {
    bool all = true;
    for (size_t d = 0; d < outer.box.size() && all; ++d) {
      const auto &o = outer.box[d], &i = inner.box[d];
      all = o == i || (o.step == 1 && facts_.provesLessEqual(o.lo, i.lo) && facts_.provesLessEqual(i.hi, o.hi));
    }
    if (all) return true;
  }
  const auto x = mapOf(outer, ownerId), y = mapOf(inner, ownerId);
  return x && y && rewrites::contains(*x, *y, facts_);
}

bool Storage::sameTensor(const Location& a, const Location& b) const {
  if (a.owner != b.owner || a.dtype != b.dtype || a.conj != b.conj || a.neg != b.neg || !a.known || !b.known || a.selfOverlap || b.selfOverlap) return false;
  if (a.sometimesFresh || b.sometimesFresh || a.shape.size() != b.shape.size() || a.region.partial || b.region.partial) return false;
  for (size_t d = 0; d < a.shape.size(); ++d)
    if (!(a.shape[d] == b.shape[d]) && !facts_.provesEqual(a.shape[d], b.shape[d])) return false;
  if (a.region.exact && b.region.exact && same(a.region, b.region, a.owner)) {
    if (a.dims == b.dims && !hasMix(a)) return true;
    if (a.ordered && b.ordered) return true;
  }
  const auto x = mapOf(a), y = mapOf(b);
  return x && y && sameValue(*x, *y, facts_);
}

Overlap Storage::overlap(NodeId a, NodeId b) const {
  const auto *x = location(a), *y = location(b);
  if (!x || !y || x->owner != y->owner) return Overlap::no;
  return overlap(x->region, y->region, x->owner);
}

std::string Storage::str(const Region& region, const std::vector<Expr>& ownerShape) {
  std::string text = "[";
  for (size_t d = 0; d < region.box.size(); ++d) {
    const auto& i = region.box[d];
    if (d) text += ", ";
    const bool all = d < ownerShape.size() && i.lo == Expr(0) && i.hi == ownerShape[d] && i.step == 1;
    if (all) { text += ":"; continue; }
    if (i.hi == i.lo + Expr(1)) { text += i.lo.str(); continue; }
    text += i.lo.str() + ":" + i.hi.str();
    if (i.step != 1) text += ":" + std::to_string(i.step);
  }
  return (region.exact && !region.partial ? "" : "within ") + text + "]";
}

}  // namespace rewrites
