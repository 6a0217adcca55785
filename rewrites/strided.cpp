#include "rewrites/strided.h"

#include <algorithm>

#include "graph/run/overlap.h"

namespace rewrites {

using graph::ir::Expr;
using graph::ir::Facts;

namespace {

bool equal(const Expr& a, const Expr& b, const Facts& facts) { return a == b || facts.provesEqual(a, b); }

/// The set of its bytes when all numbers are known.
std::optional<graph::run::ByteSet> byteSet(const Strided& map) {
  const auto offset = map.offset.asConstant();
  if (!offset) return std::nullopt;
  std::vector<int64_t> sizes, strides;
  for (const auto& dim : map.dims) {
    const auto size = dim.size.asConstant(), stride = dim.stride.asConstant();
    if (!size || !stride || *size < 0) return std::nullopt;
    sizes.push_back(*size);
    strides.push_back(*stride);
  }
  // Strides are in bytes already: an element is one more dimension.
  sizes.push_back(map.item);
  strides.push_back(1);
  return graph::run::ByteSet(*offset, sizes, strides, 1);
}

/// The dimensions that have more than one element, merged where one continues the other.
std::vector<Strided::Dim> merged(const Strided& map, const Facts& facts) {
  std::vector<Strided::Dim> out;
  for (const auto& dim : map.dims) {
    if (dim.size == Expr(1)) continue;
    if (!out.empty() && equal(out.back().stride, dim.size * dim.stride, facts)) out.back() = {out.back().size * dim.size, dim.stride};
    else out.push_back(dim);
  }
  return out;
}

}  // namespace

Strided Strided::whole(const std::vector<Expr>& shape, int64_t item) {
  Strided map;
  map.item = item;
  map.dims.resize(shape.size());
  Expr stride(item);
  for (size_t d = shape.size(); d-- > 0;) {
    map.dims[d] = {shape[d], stride};
    stride = stride * shape[d];
  }
  return map;
}

void Strided::narrow(size_t d, const Expr& start, const Expr& size, const Expr& step) {
  offset = offset + start * dims[d].stride;
  dims[d] = {size, dims[d].stride * step};
}

std::optional<Strided> Strided::reshaped(const std::vector<Expr>& shape, const Facts& facts) const {
  Strided out;
  out.offset = offset;
  out.item = item;
  out.dims.resize(shape.size());
  // Runs of old dimensions that continue each other, the innermost first; each takes as many new ones as make up its elements.
  size_t next = shape.size();
  const auto chunks = merged(*this, facts);
  for (size_t c = chunks.size(); c-- > 0;) {
    Expr left = chunks[c].size, stride = chunks[c].stride, taken(1);
    while (!equal(taken, left, facts)) {
      if (next == 0) return std::nullopt;
      --next;
      out.dims[next] = {shape[next], stride};
      stride = stride * shape[next];
      taken = taken * shape[next];
      const auto a = taken.asConstant(), b = left.asConstant();
      if (a && b && *a > *b) return std::nullopt;
    }
  }
  while (next > 0) {
    --next;
    if (!equal(shape[next], Expr(1), facts)) return std::nullopt;
    out.dims[next] = {Expr(1), Expr(item)};
  }
  return out;
}

std::optional<Strided> Strided::reinterpreted(int64_t newItem) const {
  Strided out = *this;
  out.item = newItem;
  if (newItem == item) return out;
  if (out.dims.empty() || !(out.dims.back().stride == Expr(item))) return std::nullopt;
  auto& last = out.dims.back();
  if (item % newItem == 0) {
    last = {last.size * Expr(item / newItem), Expr(newItem)};
    return out;
  }
  const auto size = last.size.asConstant();
  if (newItem % item != 0 || !size || *size * item % newItem != 0) return std::nullopt;
  last = {Expr(*size * item / newItem), Expr(newItem)};
  return out;
}

bool Strided::isRowMajor(const Facts& facts) const {
  Expr stride(item);
  for (size_t d = dims.size(); d-- > 0;) {
    if (!(dims[d].size == Expr(1)) && !equal(dims[d].stride, stride, facts)) return false;
    stride = stride * dims[d].size;
  }
  return true;
}

bool Strided::isInRowOrder(const Facts& facts) const {
  Expr extent(item);
  for (size_t d = dims.size(); d-- > 0;) {
    if (dims[d].size == Expr(1)) continue;
    if (!facts.provesLessEqual(extent, dims[d].stride)) return false;
    extent = dims[d].size * dims[d].stride;
  }
  return true;
}

std::optional<Strided::Span> Strided::span(const Facts& facts) const {
  Expr last = offset;
  for (const auto& dim : dims) {
    if (dim.size == Expr(1) || dim.stride == Expr(0)) continue;
    if (!facts.provesNonNegative(dim.stride)) return std::nullopt;
    last = last + (dim.size - Expr(1)) * dim.stride;
  }
  return Span{offset, last + Expr(item)};
}

bool Strided::isConstant() const {
  return offset.asConstant() && std::all_of(dims.begin(), dims.end(), [](const Dim& d) { return d.size.asConstant() && d.stride.asConstant(); });
}

std::optional<Strided> compose(const Strided& outer, const Strided& inner, const Facts& facts) {
  // Dense: one step in the numbering of the value is one step in the owner.
  auto chunks = merged(outer, facts);
  if (chunks.empty()) chunks.push_back({Expr(1), Expr(outer.item)});
  if (chunks.size() == 1) {
    const auto step = chunks[0].stride.asConstant();
    if (!step || *step % outer.item != 0) return std::nullopt;
    const int64_t scale = *step / outer.item;
    if (scale != 1 && inner.item != outer.item) return std::nullopt;
    Strided out = inner;
    out.offset = outer.offset + inner.offset * Expr(scale);
    for (auto& dim : out.dims) dim.stride = dim.stride * Expr(scale);
    return out;
  }
  return std::nullopt;
}

Overlap overlap(const Strided& a, const Strided& b, const Facts& facts) {
  for (const auto* map : {&a, &b})
    for (const auto& dim : map->dims)
      if (dim.size == Expr(0)) return Overlap::no;
  if (a.isConstant() && b.isConstant()) {
    const auto x = byteSet(a), y = byteSet(b);
    if (!x || !y) return Overlap::unknown;
    switch (graph::run::overlap(*x, *y)) {
      case graph::run::Overlap::disjoint: return Overlap::no;
      case graph::run::Overlap::shared: return Overlap::yes;
      case graph::run::Overlap::unknown: return Overlap::unknown;
    }
  }
  const auto x = a.span(facts), y = b.span(facts);
  if (x && y && (facts.provesLessEqual(x->end, y->begin) || facts.provesLessEqual(y->end, x->begin))) return Overlap::no;
  return Overlap::unknown;
}

bool sameValue(const Strided& a, const Strided& b, const Facts& facts) {
  if (a.item != b.item || a.dims.size() != b.dims.size() || !equal(a.offset, b.offset, facts)) return false;
  for (size_t d = 0; d < a.dims.size(); ++d) {
    if (!equal(a.dims[d].size, b.dims[d].size, facts)) return false;
    if (!(a.dims[d].size == Expr(1)) && !equal(a.dims[d].stride, b.dims[d].stride, facts)) return false;
  }
  return true;
}

bool contains(const Strided& outer, const Strided& inner, const Facts& facts) {
  if (sameValue(outer, inner, facts)) return true;
  const auto byStride = [&](Strided map) {   // the set is the same in any order
    std::stable_sort(map.dims.begin(), map.dims.end(), [](const Strided::Dim& p, const Strided::Dim& q) {
      const auto x = p.stride.asConstant(), y = q.stride.asConstant();
      return x && y ? *x > *y : !x && y;
    });
    return map;
  };
  const Strided o = byStride(outer), i = byStride(inner);
  const auto dense = merged(o, facts);
  if (dense.empty() || (dense.size() == 1 && dense[0].stride == Expr(o.item))) {   // one run of bytes
    const auto x = o.span(facts), y = i.span(facts);
    if (x && y && facts.provesLessEqual(x->begin, y->begin) && facts.provesLessEqual(y->end, x->end)) return true;
  }
  if (!o.isConstant() || !i.isConstant()) return equal(o.offset, i.offset, facts) && o.item == i.item && dense == merged(i, facts);
  // Small sets, byte by byte.
  const auto bytes = [](const Strided& map) -> std::optional<std::vector<int64_t>> {
    std::vector<int64_t> all{*map.offset.asConstant()};
    const auto spread = [&](int64_t size, int64_t stride) {
      const size_t n = all.size();
      if (size < 0 || static_cast<int64_t>(n) * size > 1 << 14) return false;
      std::vector<int64_t> more;
      for (int64_t k = 0; k < size; ++k)
        for (size_t j = 0; j < n; ++j) more.push_back(all[j] + k * stride);
      all = std::move(more);
      return true;
    };
    for (const auto& dim : map.dims)
      if (!spread(*dim.size.asConstant(), *dim.stride.asConstant())) return std::nullopt;
    if (!spread(map.item, 1)) return std::nullopt;
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  };
  const auto x = bytes(o), y = bytes(i);
  return x && y && std::includes(x->begin(), x->end(), y->begin(), y->end());
}

bool isLine(const std::vector<Expr>& shape) {
  return std::count_if(shape.begin(), shape.end(), [](const Expr& size) { return size.asConstant() != 1; }) <= 1;
}

bool maySelfOverlap(const Strided& map, const Facts& facts) {
  if (map.isConstant()) {
    std::vector<int64_t> sizes, strides;
    for (const auto& dim : map.dims) {
      if (*dim.size.asConstant() == 0) return false;   // no elements at all
      if (*dim.size.asConstant() == 1) continue;
      sizes.push_back(*dim.size.asConstant());
      strides.push_back(*dim.stride.asConstant());
    }
    sizes.push_back(map.item);
    strides.push_back(1);
    return graph::run::selfOverlap(0, sizes, strides, 1) != graph::run::Overlap::disjoint;
  }
  // Each dimension, the largest stride first as far as that is known, must step over all of the inner ones.
  Expr extent(map.item);
  for (size_t d = map.dims.size(); d-- > 0;) {
    if (map.dims[d].size == Expr(1)) continue;
    if (!facts.provesLessEqual(extent, map.dims[d].stride)) return true;
    extent = extent + (map.dims[d].size - Expr(1)) * map.dims[d].stride;
  }
  return false;
}

}  // namespace rewrites
