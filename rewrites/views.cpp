#include "rewrites/views.h"

#include <algorithm>

namespace rewrites {
namespace {

using graph::ir::Argument;
using graph::ir::Expr;
using graph::ir::Facts;
using graph::ir::List;
using graph::ir::Tuple;

constexpr int64_t kEnd = INT64_MAX;   // 9223372036854775807: "to the end"

struct View : ViewContext {
  View(const ViewContext& context, const ViewArguments& given) : ViewContext(context), arguments(given) {}
  const ViewArguments& arguments;

  std::optional<Expr> integer(std::string_view name) const {
    const auto* a = arguments.get(name);
    return a ? expression(*a) : std::nullopt;
  }
  std::optional<int64_t> constant(std::string_view name) const {
    const auto e = integer(name);
    return e ? e->asConstant() : std::nullopt;
  }
  /// A dimension argument, wrapped to 0 … rank-1.
  std::optional<size_t> dimension(std::string_view name, int64_t rank) const {
    auto d = constant(name);
    if (!d) return std::nullopt;
    if (*d < 0) *d += rank;
    if (*d < 0 || *d >= rank) return std::nullopt;
    return static_cast<size_t>(*d);
  }
  std::vector<Expr> list(std::string_view name, bool& complete) const {
    std::vector<Expr> values;
    complete = false;
    const auto* a = arguments.get(name);
    if (!a) return values;
    const std::vector<Argument>* items = nullptr;
    if (const auto* l = a->as<List>()) items = &l->items;
    if (const auto* t = a->as<Tuple>()) items = &t->items;
    if (!items) return values;
    for (const auto& item : *items) {
      auto e = expression(item);
      if (!e) return values;
      values.push_back(*e);
    }
    complete = true;
    return values;
  }
  const Expr* annotated(size_t dim) const { return shape && dim < shape->size() ? &(*shape)[dim] : nullptr; }
  std::optional<Strided> map() const { return mapOf(base, owner.shape, graph::ir::itemSize(owner.dtype)); }
};

/// Some view of these elements, we do not know which: every dimension is a mix.
Location inexact(const Location& base, const std::vector<Expr>* shape) {
  Location out = base;
  out.region.exact = false;
  out.region.map.reset();
  out.known = base.known && shape != nullptr;
  if (shape) out.shape = *shape;
  out.dims.assign(out.shape.size(), -2);
  out.ordered = false;
  return out;
}

/// The same elements, or some of them, by this map; the box stays what it is, at least all of them.
void showBy(Location& out, std::optional<Strided> map) {
  out.region.map = std::move(map);
  out.region.exact = out.ordered = false;
}

/// Narrows dimension `d` of the value to elements start, start+step … below stop (already normalised, in the value's index space), `size` of
/// them when that is known. `size` of out.shape is set by the caller.
void narrow(Location& out, size_t d, const Expr& start, const Expr& stop, int64_t step, bool certain, const std::optional<Expr>& size = std::nullopt) {
  const int owner = out.dims[d];
  const auto length = (stop - start).asConstant();
  if (certain && out.region.map) {
    const Expr count = size ? *size : step == 1 ? stop - start : floorDiv(stop - start + Expr(step - 1), Expr(step));
    out.region.map->narrow(d, start, count, Expr(step));
    out.ordered = false;
  }
  if (certain && owner == -1 && length && *length > 0) return;   // every index of such a dimension shows the same elements
  if (!certain || owner < 0) {   // keeps the superset; where in it the value begins is unknown, so later views of this dimension are too
    if (!certain) out.region.map.reset();
    out.region.exact = false;
    out.dims[d] = -2;
    return;
  }
  auto& interval = out.region.box[static_cast<size_t>(owner)];
  const Expr lo = interval.lo;
  interval.hi = lo + Expr(interval.step) * stop;
  interval.lo = lo + Expr(interval.step) * start;
  interval.step *= step;
}

/// A bound as Python reads it: negative wraps, then clamps to 0 … n. Nothing when the sign cannot be proved.
std::optional<Expr> wrapped(const Expr& bound, const Expr& n, const Facts& facts) {
  if (facts.provesNonNegative(bound)) return bound;
  if (facts.provesNonNegative(Expr(-1) - bound)) {
    const Expr w = bound + n;
    return facts.provesNonNegative(w) ? w : max(w, Expr(0));
  }
  return std::nullopt;
}

Expr clamped(const Expr& bound, const Expr& n, const Facts& facts) { return facts.provesLessEqual(bound, n) ? bound : min(bound, n); }

/// Of an expanded dimension one element, or a view that leaves it out, overlaps nothing.
Location withoutOverlap(Location out, const View& v) {
  if (!out.selfOverlap) return out;
  if (const auto map = mapOf(out, v.owner.shape, graph::ir::itemSize(v.owner.dtype))) out.selfOverlap = maySelfOverlap(*map, v.facts);
  return out;
}

Location slice(const View& v) {
  Location out = v.base;
  if (v.shape) out.shape = *v.shape;
  const auto d = v.dimension("dim", static_cast<int64_t>(v.base.shape.size()));
  if (!d) return inexact(v.base, v.shape);
  const Expr n = v.base.shape[*d];
  const auto step = v.constant("step");
  const auto* startArgument = v.arguments.get("start");
  const auto* endArgument = v.arguments.get("end");
  std::optional<Expr> start = !startArgument || startArgument->isNone() ? Expr(0) : v.integer("start");
  const bool toEnd = !endArgument || endArgument->isNone() || v.constant("end") == kEnd;
  std::optional<Expr> end = toEnd ? n : v.integer("end");
  const Expr* size = v.annotated(*d);
  const auto last = start ? start->asConstant() : std::nullopt;   // the last k, of which k are there: no clamping
  if (last && *last < 0 && step == 1 && size && *size == Expr(-*last)) start = n + *start;
  else if (start) start = wrapped(*start, n, v.facts);
  if (end && !toEnd) end = wrapped(*end, n, v.facts);
  // With the start and the annotated size known, the end does not matter, whatever its sign.
  if (start && !end && size && step == 1 && v.facts.provesLessEqual(*start, n)) end = *start + *size;
  if (!start || !end || !step || *step < 1) {
    if (!start) out.region.unproven = v.integer("start");
    else if (!end) out.region.unproven = v.integer("end");
    if (v.shape) { narrow(out, *d, Expr(0), n, 1, false); return out; }
    return inexact(v.base, v.shape);
  }
  // The annotated size states what clamping came to: 0:s0 annotated s0 says s0 <= n.
  Expr lo = *start, hi = *end;
  if (*step == 1 && size) {
    if (!toEnd && v.facts.provesLessEqual(lo, n)) hi = lo + *size;
    else if (toEnd) lo = v.facts.provesLessEqual(lo, n) ? lo : n - *size;
    else if (lo + *size == *end) hi = *end;
    else { lo = clamped(lo, n, v.facts); hi = lo + *size; }
  } else {
    lo = clamped(lo, n, v.facts);
    hi = clamped(hi, n, v.facts);
    if (*step == 1) {
      const Expr length = v.facts.provesLessEqual(lo, hi) ? hi - lo : max(Expr(0), hi - lo);
      if (!v.shape) out.shape[*d] = length;
    } else if (!v.shape) {
      out.shape[*d] = floorDiv(hi - lo + Expr(*step - 1), Expr(*step));
    }
  }
  if (lo == Expr(0) && hi == n && *step == 1) return out;   // all of it
  narrow(out, *d, lo, hi, *step, true, out.shape[*d]);
  return out;
}

void dropDimension(Location& out, size_t d, bool keepShape) {
  out.dims.erase(out.dims.begin() + static_cast<std::ptrdiff_t>(d));
  if (out.region.map) out.region.map->dims.erase(out.region.map->dims.begin() + static_cast<std::ptrdiff_t>(d));
  if (!keepShape) out.shape.erase(out.shape.begin() + static_cast<std::ptrdiff_t>(d));
}

Location select(const View& v) {
  Location out = v.base;
  const auto d = v.dimension("dim", static_cast<int64_t>(v.base.shape.size()));
  if (!d) return inexact(v.base, v.shape);
  auto index = v.integer("index");
  if (index) {
    if (v.facts.provesNonNegative(Expr(-1) - *index)) index = *index + v.base.shape[*d];
    else if (!v.facts.provesNonNegative(*index)) { out.region.unproven = *index; index.reset(); }
  }
  if (index) narrow(out, *d, *index, *index + Expr(1), 1, true, Expr(1));
  else narrow(out, *d, Expr(0), v.base.shape[*d], 1, false);
  dropDimension(out, *d, false);
  if (v.shape) out.shape = *v.shape;
  return out;
}

Location permute(const View& v, const std::vector<size_t>& order) {
  Location out = v.base;
  for (size_t i = 0; i < order.size(); ++i) {
    out.dims[i] = v.base.dims[order[i]];
    out.shape[i] = v.base.shape[order[i]];
    if (out.region.map) out.region.map->dims[i] = v.base.region.map->dims[order[i]];
    if (order[i] != i) out.ordered = false;
  }
  return out;
}

std::optional<std::vector<size_t>> permutation(const View& v, std::string_view target) {
  const size_t rank = v.base.shape.size();
  std::vector<size_t> order(rank);
  for (size_t i = 0; i < rank; ++i) order[i] = i;
  if (target == "aten.t.default" || target == "aten.numpy_T.default") { std::reverse(order.begin(), order.end()); return order; }
  if (target == "aten.transpose.int" || target == "aten.swapaxes.default" || target == "aten.swapdims.default") {
    const bool zero = target == "aten.swapaxes.default";
    const auto a = v.dimension(zero ? "axis0" : "dim0", static_cast<int64_t>(rank)), b = v.dimension(zero ? "axis1" : "dim1", static_cast<int64_t>(rank));
    if (!a || !b) return std::nullopt;
    std::swap(order[*a], order[*b]);
    return order;
  }
  bool complete = false;
  const auto dims = v.list("dims", complete);
  if (!complete || dims.size() != rank) return std::nullopt;
  for (size_t i = 0; i < rank; ++i) {
    auto d = dims[i].asConstant();
    if (!d) return std::nullopt;
    if (*d < 0) *d += static_cast<int64_t>(rank);
    if (*d < 0 || *d >= static_cast<int64_t>(rank)) return std::nullopt;
    order[i] = static_cast<size_t>(*d);
  }
  return order;
}

Location unsqueeze(const View& v) {
  Location out = v.base;
  const auto d = v.dimension("dim", static_cast<int64_t>(v.base.shape.size()) + 1);
  if (!d) return inexact(v.base, v.shape);
  out.dims.insert(out.dims.begin() + static_cast<std::ptrdiff_t>(*d), -1);
  if (out.region.map) out.region.map->dims.insert(out.region.map->dims.begin() + static_cast<std::ptrdiff_t>(*d), {Expr(1), Expr(0)});
  out.shape.insert(out.shape.begin() + static_cast<std::ptrdiff_t>(*d), Expr(1));
  return out;
}

/// Which dimensions squeeze removes is known only where sizes are constants.
Location squeeze(const View& v, std::string_view target) {
  Location out = v.base;
  std::vector<bool> wanted(v.base.shape.size(), target == "aten.squeeze.default");
  if (target == "aten.squeeze.dim") {
    const auto d = v.dimension("dim", static_cast<int64_t>(wanted.size()));
    if (!d) return inexact(v.base, v.shape);
    wanted[*d] = true;
  } else if (target == "aten.squeeze.dims") {
    bool complete = false;
    for (const auto& e : v.list("dim", complete)) {
      auto d = e.asConstant();
      if (d && *d < 0) *d += static_cast<int64_t>(wanted.size());
      if (!d || *d < 0 || *d >= static_cast<int64_t>(wanted.size())) return inexact(v.base, v.shape);
      wanted[static_cast<size_t>(*d)] = true;
    }
    if (!complete) return inexact(v.base, v.shape);
  }
  for (size_t d = wanted.size(); d-- > 0;) {
    if (!wanted[d]) continue;
    const auto size = v.base.shape[d].asConstant();
    if (!size) return inexact(v.base, v.shape);
    if (*size == 1) dropDimension(out, d, false);
  }
  return out;
}

/// view, reshape: the elements stay; leading and trailing dimensions that agree keep their meaning, ones come and go, the rest is a mix.
Location reshape(const View& v) {
  if (!v.shape) return inexact(v.base, nullptr);
  Location out = v.base;
  const auto& from = v.base.shape;
  const auto& to = *v.shape;
  out.shape = to;
  out.dims.assign(to.size(), -2);
  size_t f = 0, t = 0;
  const auto isOne = [](const Expr& e) { return e.asConstant() == 1; };
  while (f < from.size() && t < to.size()) {
    if (from[f] == to[t]) out.dims[t++] = v.base.dims[f++];
    else if (isOne(to[t])) out.dims[t++] = -1;
    else if (isOne(from[f])) ++f;
    else break;
  }
  size_t fe = from.size(), te = to.size();
  while (fe > f && te > t) {
    if (from[fe - 1] == to[te - 1]) out.dims[--te] = v.base.dims[--fe];
    else if (isOne(to[te - 1])) out.dims[--te] = -1;
    else if (isOne(from[fe - 1])) --fe;
    else break;
  }
  for (; t < te && fe == f; ++t) out.dims[t] = -1;   // only ones are left
  const bool mixed = std::find(out.dims.begin(), out.dims.end(), -2) != out.dims.end();
  if (!mixed && !out.region.map) return out;
  const auto map = v.map();
  out.region.map = map ? map->reshaped(to, v.facts) : std::nullopt;
  return out;
}

Location expand(const View& v) {
  if (!v.shape) return inexact(v.base, nullptr);
  Location out = v.base;
  const size_t added = v.shape->size() - std::min(v.shape->size(), v.base.shape.size());
  out.shape = *v.shape;
  out.dims.assign(out.shape.size(), -1);
  for (size_t i = 0; i < v.base.shape.size() && i + added < out.dims.size(); ++i) {
    const bool same = v.base.shape[i] == out.shape[i + added];
    // Two sizes that only read differently may be equal, and then the dimension is not expanded.
    out.dims[i + added] = same ? v.base.dims[i] : v.base.shape[i].asConstant() == 1 ? -1 : -2;
    if (!same) out.selfOverlap = true;
  }
  for (size_t i = 0; i < added; ++i)
    if (out.shape[i].asConstant() != 1) out.selfOverlap = true;
  out.ordered &= !out.selfOverlap;
  if (!out.region.map) return out;
  for (size_t i = 0; i < v.base.shape.size() && i + added < out.dims.size(); ++i) {
    auto& dim = out.region.map->dims[i];
    if (v.base.shape[i] == out.shape[i + added]) continue;
    if (v.base.shape[i].asConstant() != 1) { out.region.map.reset(); return out; }
    dim = {out.shape[i + added], Expr(0)};
  }
  for (size_t i = 0; i < added; ++i) out.region.map->dims.insert(out.region.map->dims.begin() + static_cast<std::ptrdiff_t>(i), {out.shape[i], Expr(0)});
  return out;
}

Location diagonal(const View& v) {
  Location out = inexact(v.base, v.shape);
  const auto rank = static_cast<int64_t>(v.base.shape.size());
  const auto a = v.dimension("dim1", rank), b = v.dimension("dim2", rank);
  const auto shift = v.constant("offset");
  auto map = v.map();
  if (!a || !b || !shift || !map || !v.shape || v.shape->empty() || *a == *b) return out;
  const auto first = map->dims[*a], second = map->dims[*b];
  map->offset = map->offset + (*shift >= 0 ? Expr(*shift) * second.stride : Expr(-*shift) * first.stride);
  for (const size_t gone : {std::max(*a, *b), std::min(*a, *b)}) {
    map->dims.erase(map->dims.begin() + static_cast<std::ptrdiff_t>(gone));
  }
  map->dims.push_back({v.shape->back(), first.stride + second.stride});
  showBy(out, std::move(map));
  return out;
}

Location unfold(const View& v) {
  Location out = inexact(v.base, v.shape);
  const auto d = v.dimension("dimension", static_cast<int64_t>(v.base.shape.size()));
  const auto size = v.constant("size"), step = v.constant("step");
  auto map = v.map();
  if (d && size && step && *step > 0) out.selfOverlap |= *size > *step;
  else out.selfOverlap = true;
  if (!d || !size || !step || *step < 1 || !map || !v.annotated(*d)) return out;
  const Expr stride = map->dims[*d].stride;
  map->dims[*d] = {*v.annotated(*d), stride * Expr(*step)};
  map->dims.push_back({Expr(*size), stride});
  showBy(out, std::move(map));
  return out;
}

/// Relative to the storage, unless no offset is given: then to the operand's first element.
Location asStrided(const View& v) {
  Location out = inexact(v.base, v.shape);
  out.known = false;
  out.storageRelative = true;
  out.selfOverlap = true;
  out.region.box = v.owner.region.box;
  bool sizes = false, strides = false;
  const auto size = v.list("size", sizes), stride = v.list("stride", strides);
  const auto* given = v.arguments.get("storage_offset");
  const bool relative = !given || given->isNone();
  const auto offset = relative ? std::optional<Expr>(0) : v.expression(*given);
  auto from = v.map();
  if (!v.fromStart || !sizes || !strides || !offset || size.size() != stride.size() || (relative && !from)) return out;
  Strided map;
  map.item = graph::ir::itemSize(v.dtype);
  map.offset = relative ? from->offset : *offset * Expr(map.item);
  for (size_t i = 0; i < size.size(); ++i) map.dims.push_back({size[i], stride[i] * Expr(map.item)});
  out.selfOverlap = maySelfOverlap(map, v.facts);
  out.known = true;
  out.shape = size;
  out.dims.assign(size.size(), -2);
  showBy(out, std::move(map));
  return out;
}

/// The same bytes, read as another dtype.
Location reinterpreted(const View& v) {
  Location out = v.base;
  if (!v.shape || v.shape->size() != v.base.shape.size()) return inexact(out, v.shape);
  out.shape = *v.shape;
  const auto item = graph::ir::itemSize(v.dtype), old = graph::ir::itemSize(v.base.dtype);
  out.dtype = v.dtype;
  if (item == old || out.dims.empty()) return out;
  const auto map = v.map();
  out.region.map = map ? map->reinterpreted(item) : std::nullopt;
  out.dims.back() = -2;
  out.ordered = false;
  return out;
}

/// view_as_real: one more dimension of 2, elements half as large; view_as_complex: the way back.
Location complexParts(const View& v, bool apart) {
  Location out = inexact(v.base, v.shape);
  auto map = v.map();
  if (!map || (!apart && map->dims.empty())) return out;
  if (apart) {
    map->item /= 2;
    map->dims.push_back({Expr(2), Expr(map->item)});
  } else {
    if (!(map->dims.back().stride == Expr(map->item)) || !(map->dims.back().size == Expr(2))) return out;
    map->dims.pop_back();
    map->item *= 2;
  }
  showBy(out, std::move(map));
  return out;
}

}  // namespace

std::optional<Strided> mapOf(const Location& at, const std::vector<Expr>& ownerShape, int64_t item) {
  if (at.region.map) return at.region.map;
  if (!at.region.exact || !at.known || at.dims.size() != at.shape.size()) return std::nullopt;
  if (std::find(at.dims.begin(), at.dims.end(), -2) != at.dims.end()) return std::nullopt;
  const Strided owner = Strided::whole(ownerShape, item);
  Strided map;
  map.item = item;
  map.dims.reserve(at.dims.size());
  for (size_t d = 0; d < at.region.box.size(); ++d) map.offset = map.offset + at.region.box[d].lo * owner.dims[d].stride;
  for (size_t d = 0; d < at.dims.size(); ++d) {
    const int of = at.dims[d];
    map.dims.push_back({at.shape[d], of < 0 ? Expr(0) : Expr(at.region.box[static_cast<size_t>(of)].step) * owner.dims[static_cast<size_t>(of)].stride});
  }
  return map;
}

Location applyView(const ViewContext& context, std::string_view target, const ViewArguments& arguments) {
  const View v{context, arguments};
  const Location& base = context.base;
  const auto* shape = context.shape;
  if (target == "aten.as_strided.default") return asStrided(v);
  if (!base.known) return inexact(base, shape);
  if (target == "aten.slice.Tensor") return withoutOverlap(slice(v), v);
  if (target == "aten.select.int") return withoutOverlap(select(v), v);
  if (target == "aten.unsqueeze.default") return unsqueeze(v);
  if (target.starts_with("aten.squeeze.")) return squeeze(v, target);
  if (target == "aten.permute.default" || target == "aten.transpose.int" || target == "aten.t.default" || target == "aten.numpy_T.default" ||
      target == "aten.swapaxes.default" || target == "aten.swapdims.default") {
    const auto order = permutation(v, target);
    return order ? permute(v, *order) : inexact(base, shape);
  }
  if (target == "aten.view.default" || target == "aten._unsafe_view.default" || target == "aten.reshape.default" || target == "aten._reshape_alias.default" ||
      target == "aten.flatten.using_ints" || target == "aten.unflatten.int" || target == "aten.ravel.default" || target == "aten.view_as.default")
    return reshape(v);
  if (target == "aten.expand.default" || target == "aten.expand_as.default") return expand(v);
  if (target == "aten.diagonal.default") return diagonal(v);
  if (target == "aten.unfold.default") return unfold(v);
  if (target == "aten.view.dtype") return reinterpreted(v);
  if (target == "aten.view_as_real.default" || target == "aten.view_as_complex.default") return complexParts(v, target == "aten.view_as_real.default");
  if (target == "aten.alias.default" || target == "aten.detach.default" || target == "aten.lift_fresh.default" || target == "aten.positive.default" ||
      target == "aten.contiguous.default" || target == "aten.wait_tensor.default" || target.starts_with("aten.to."))
    return base;
  if (target == "aten._conj.default" || target == "aten._neg_view.default" || target == "aten.conj.default") {   // the same elements with other values
    Location out = base;
    (target == "aten._neg_view.default" ? out.neg : out.conj) ^= true;
    return out;
  }
  Location out = inexact(base, shape);
  out.known = false;
  out.selfOverlap = true;
  return out;
}

Location applySplit(const ViewContext& context, std::string_view target, const ViewArguments& arguments, int64_t index) {
  const View v{context, arguments};
  const Location& base = context.base;
  const auto* shape = context.shape;
  if (!base.known) return inexact(base, shape);
  const auto d = v.dimension("dim", static_cast<int64_t>(base.shape.size()));
  if (!d || index < 0) return inexact(base, shape);
  Location out = base;
  const Expr n = base.shape[*d];
  Expr start, size;
  if (target == "aten.unbind.int") {
    narrow(out, *d, Expr(index), Expr(index + 1), 1, true, Expr(1));
    dropDimension(out, *d, false);
    return out;
  }
  bool complete = false;
  if (target == "aten.split_with_sizes.default" || target == "aten.unsafe_split_with_sizes.default" || target == "aten.split.sizes") {
    const auto sizes = v.list(target == "aten.split.sizes" ? "split_size" : "split_sizes", complete);
    if (!complete || static_cast<size_t>(index) >= sizes.size()) return inexact(base, shape);
    for (int64_t i = 0; i < index; ++i) start = start + sizes[static_cast<size_t>(i)];
    size = sizes[static_cast<size_t>(index)];
  } else if (target == "aten.split.Tensor" || target == "aten.unsafe_split.Tensor" || target == "aten.chunk.default" || target == "aten.unsafe_chunk.default") {
    auto each = v.integer(target.find("chunk") == std::string_view::npos ? "split_size" : "chunks");
    if (!each) return inexact(base, shape);
    if (target.find("chunk") != std::string_view::npos) {   // pieces of ceil(n / chunks)
      if (!each->asConstant() || *each->asConstant() < 1) return inexact(base, shape);
      each = floorDiv(n + *each - Expr(1), *each);
    }
    start = Expr(index) * *each;
    size = shape && *d < shape->size() ? (*shape)[*d] : min(*each, n - start);   // the last piece may be shorter
  } else {
    return inexact(base, shape);
  }
  out.shape[*d] = size;
  narrow(out, *d, start, start + size, 1, true, size);
  return out;
}

}  // namespace rewrites
