// Affine maps against lists of bytes: random maps of small constant sizes must be answered exactly, those with symbols never wrongly for
// any value of the symbols.
#include "rewrites/strided.h"

#include <gtest/gtest.h>

#include "tests/rewrites/byte_lists.h"

namespace rewrites::test {
namespace {

using graph::ir::Binding;
using graph::ir::Expr;
using graph::ir::Facts;

Strided strided(const Plain& p) {
  Strided map;
  map.offset = Expr(p.offset);
  map.item = p.item;
  for (size_t d = 0; d < p.sizes.size(); ++d) map.dims.push_back({Expr(p.sizes[d]), Expr(p.strides[d])});
  return map;
}

Plain plain(const Strided& map, const Binding& binding = {}) {
  const auto number = [&](const Expr& e) {
    const auto value = e.evaluate(binding);
    EXPECT_TRUE(value) << e.str();
    return value.value_or(0);
  };
  Plain p;
  p.offset = number(map.offset);
  p.item = map.item;
  for (const auto& dim : map.dims) {
    p.sizes.push_back(number(dim.size));
    p.strides.push_back(number(dim.stride));
  }
  return p;
}

/// Any sizes (0 included when asked for) and any strides from 0, also overlapping ones.
Plain randomPlain(Random& random, bool empty) {
  Plain p;
  p.item = pick(random, 0, 1) ? 4 : 2;
  p.offset = p.item * pick(random, 0, 6);
  for (int64_t d = pick(random, 0, 3); d > 0; --d) {
    p.sizes.push_back(pick(random, empty && pick(random, 0, 7) == 0 ? 0 : 1, 4));
    p.strides.push_back(p.item * pick(random, 0, 12));
  }
  return p;
}

/// A view of a row-major tensor: slices, steps, other orders of its dimensions.
Plain randomView(Random& random) {
  Strided map = Strided::whole({Expr(pick(random, 1, 3)), Expr(pick(random, 1, 4)), Expr(pick(random, 1, 4))}, pick(random, 0, 1) ? 4 : 2);
  for (size_t d = 0; d < map.dims.size(); ++d) {
    if (pick(random, 0, 1)) continue;
    const int64_t size = *map.dims[d].size.asConstant(), start = pick(random, 0, size - 1), step = pick(random, 1, 2);
    map.narrow(d, Expr(start), Expr((size - start + step - 1) / step), Expr(step));
  }
  if (pick(random, 0, 2) == 0) std::swap(map.dims[0], map.dims[static_cast<size_t>(pick(random, 1, 2))]);
  return plain(map);
}

std::string text(const Plain& p) {
  std::string out = "[";
  for (size_t d = 0; d < p.sizes.size(); ++d) out += " " + std::to_string(p.sizes[d]) + ":" + std::to_string(p.strides[d]);
  return out + " ] + " + std::to_string(p.offset) + " of " + std::to_string(p.item);
}

TEST(Strided, OverlapOfConstantsIsExact) {
  Random random(1);
  int shared = 0;
  for (int i = 0; i < 4000; ++i) {
    const Plain a = randomPlain(random, true), b = randomPlain(random, true);
    const bool expected = meet(a, b);
    shared += expected;
    EXPECT_EQ(overlap(strided(a), strided(b), Facts{}), expected ? Overlap::yes : Overlap::no) << text(a) << " and " << text(b);
  }
  EXPECT_GT(shared, 400);
  EXPECT_LT(shared, 3600);
}

TEST(Strided, ContainsOfConstantsIsExact) {
  Random random(2);
  int inside = 0;
  for (int i = 0; i < 4000; ++i) {
    const Plain a = randomPlain(random, false), b = randomPlain(random, false);
    const bool expected = within(b, a);
    inside += expected;
    EXPECT_EQ(contains(strided(a), strided(b), Facts{}), expected) << text(b) << " in " << text(a);
  }
  EXPECT_GT(inside, 100);
}

TEST(Strided, SelfOverlapOfConstantsIsExact) {
  Random random(3);
  for (int i = 0; i < 4000; ++i) {
    const Plain a = randomPlain(random, true);
    EXPECT_EQ(maySelfOverlap(strided(a), Facts{}), a.repeats()) << text(a);
  }
}

TEST(Strided, SameValueMeansTheSameElementsInTheSameOrder) {
  Random random(4);
  int same = 0;
  for (int i = 0; i < 4000; ++i) {
    const Plain a = randomView(random), b = pick(random, 0, 1) ? randomView(random) : a;
    const bool expected = a.item == b.item && a.sizes == b.sizes && a.elements() == b.elements();
    same += expected;
    EXPECT_EQ(sameValue(strided(a), strided(b), Facts{}), expected) << text(a) << " and " << text(b);
  }
  EXPECT_GT(same, 1000);
  // A dimension of one element may have any stride.
  EXPECT_TRUE(sameValue(strided({{1, 3}, {99, 4}}), strided({{1, 3}, {12, 4}}), Facts{}));
}

TEST(Strided, ReshapedGivesStridesWheneverThereAreAny) {
  Random random(5);
  int possible = 0, impossible = 0;
  for (int i = 0; i < 6000; ++i) {
    const Plain of = randomView(random);
    std::vector<int64_t> shape;   // of the same number of elements
    int64_t left = of.count();
    for (int64_t d = pick(random, 0, 3); d > 0; --d) {
      const int64_t size = pick(random, 1, 4);
      if (left % size) continue;
      shape.push_back(size);
      left /= size;
    }
    if (left != 1 || pick(random, 0, 3) == 0) shape.push_back(left);
    if (left != 1 && shape.empty()) continue;
    std::vector<Expr> sizes(shape.begin(), shape.end());
    int64_t made = 1;
    for (const int64_t size : shape) made *= size;
    if (made != of.count()) continue;
    Plain expected;
    const bool exists = strideFor(of, shape, expected);
    (exists ? possible : impossible)++;
    const auto found = strided(of).reshaped(sizes, Facts{});
    ASSERT_EQ(found.has_value(), exists) << text(of) << " as " << text(expected);
    if (!found) continue;
    EXPECT_EQ(plain(*found).elements(), of.elements()) << text(of) << " as " << text(plain(*found));
  }
  EXPECT_GT(possible, 1000);
  EXPECT_GT(impossible, 300);
}

TEST(Strided, ReshapedToAnotherNumberOfElements) {
  EXPECT_FALSE(Strided::whole({Expr(4), Expr(3)}, 4).reshaped({Expr(6)}, Facts{}));
  EXPECT_FALSE(Strided::whole({Expr(4), Expr(3)}, 4).reshaped({Expr(24)}, Facts{}));
  EXPECT_FALSE(Strided::whole({Expr(4)}, 4).reshaped({Expr(3), Expr(4)}, Facts{}));
}

TEST(Strided, ReinterpretedShowsTheSameBytes) {
  Random random(6);
  int shown = 0;
  for (int i = 0; i < 3000; ++i) {
    const Plain of = randomView(random);
    const int64_t item = int64_t{1} << pick(random, 0, 3);
    const auto found = strided(of).reinterpreted(item);
    const bool dense = !of.sizes.empty() && of.strides.back() == of.item;
    const bool legal = item == of.item || (dense && of.sizes.back() * of.item % item == 0);
    ASSERT_EQ(found.has_value(), legal) << text(of) << " as items of " << item;
    if (!found) continue;
    shown += item != of.item;
    EXPECT_EQ(plain(*found).bytes(), of.bytes()) << text(of) << " as items of " << item;
  }
  EXPECT_GT(shown, 500);
}

TEST(Strided, ComposeNumbersTheBytesOfTheValue) {
  Random random(7);
  int composed = 0;
  for (int i = 0; i < 6000; ++i) {
    const Plain outer = randomView(random);
    Plain inner = randomPlain(random, false);
    if (inner.elements().back() + inner.item > outer.count() * outer.item) continue;
    const auto found = compose(strided(outer), strided(inner), Facts{});
    if (!found) continue;
    ++composed;
    const auto at = outer.bytes();
    std::vector<int64_t> expected;
    for (const int64_t byte : inner.bytes()) expected.push_back(at[static_cast<size_t>(byte)]);
    EXPECT_EQ(plain(*found).bytes(), expected) << text(inner) << " in " << text(outer);
  }
  EXPECT_GT(composed, 100);
}

// --- symbols -----------------------------------------------------------------------------------------------------------------------

/// A part of x[s0, s1, 4], s0 and s1 >= 2: slices with bounds that are numbers or follow the symbols, in any order of the dimensions.
Strided symbolicView(Random& random) {
  const Expr s0 = Expr::symbol("s0"), s1 = Expr::symbol("s1");
  Strided map = Strided::whole({s0, s1, Expr(4)}, 4);
  for (size_t d = 0; d < 2; ++d) {
    const Expr size = map.dims[d].size;
    switch (pick(random, 0, 5)) {
      case 0: map.narrow(d, Expr(0), Expr(1), Expr(1)); break;
      case 1: map.narrow(d, Expr(1), size - Expr(1), Expr(1)); break;
      case 2: map.narrow(d, size - Expr(1), Expr(1), Expr(1)); break;
      case 3: map.narrow(d, Expr(0), size - Expr(1), Expr(1)); break;
      default: break;
    }
  }
  if (pick(random, 0, 2) == 0) map.narrow(2, Expr(pick(random, 0, 2)), Expr(2), Expr(1));
  if (pick(random, 0, 3) == 0) std::swap(map.dims[0], map.dims[1]);
  return map;
}

Facts atLeastTwo() {
  Facts facts;
  facts.addNonNegative(Expr::symbol("s0") - Expr(2));
  facts.addNonNegative(Expr::symbol("s1") - Expr(2));
  return facts;
}

TEST(Strided, SymbolsAreNeverAnsweredWrongly) {
  Random random(8);
  const Facts facts = atLeastTwo();
  int apart = 0, inside = 0, same = 0, reshaped = 0, dense = 0;
  for (int i = 0; i < 1500; ++i) {
    const Strided a = symbolicView(random), b = symbolicView(random);
    const Overlap met = overlap(a, b, facts);
    const bool in = contains(a, b, facts), equal = sameValue(a, b, facts), rowMajor = a.isRowMajor(facts), repeats = maySelfOverlap(a, facts);
    const auto flat = a.reshaped({a.dims[0].size * a.dims[1].size, a.dims[2].size}, facts);
    apart += met == Overlap::no; inside += in; same += equal; reshaped += flat.has_value(); dense += rowMajor;
    for (int64_t s0 = 2; s0 <= 4; ++s0)
      for (int64_t s1 = 2; s1 <= 4; ++s1) {
        const Binding binding{{"s0", s0}, {"s1", s1}};
        const Plain x = plain(a, binding), y = plain(b, binding);
        const std::string where = text(x) + " and " + text(y);
        if (met != Overlap::unknown) { ASSERT_EQ(met == Overlap::yes, meet(x, y)) << where; }
        if (in) { ASSERT_TRUE(within(y, x)) << where; }
        if (equal) { ASSERT_TRUE(x.sizes == y.sizes && x.elements() == y.elements()) << where; }
        if (!repeats) { ASSERT_FALSE(x.repeats()) << where; }
        if (flat) { ASSERT_EQ(plain(*flat, binding).elements(), x.elements()) << where; }
        if (rowMajor) {
          const auto all = x.elements();
          for (size_t k = 0; k < all.size(); ++k) ASSERT_EQ(all[k], x.offset + static_cast<int64_t>(k) * x.item) << where;
        }
        if (const auto span = a.span(facts)) {
          const auto bytes = x.byteSet();
          ASSERT_EQ(span->begin.evaluate(binding), *bytes.begin()) << where;
          ASSERT_EQ(span->end.evaluate(binding), *bytes.rbegin() + 1) << where;
        }
      }
  }
  for (const int count : {apart, inside, same, reshaped, dense}) EXPECT_GT(count, 10);   // each is sometimes proved
}

TEST(Strided, EmptyPartsMeetNobody) {
  Strided none = Strided::whole({Expr(4), Expr(3)}, 4);
  none.narrow(0, Expr(1), Expr(0), Expr(1));
  EXPECT_EQ(overlap(none, Strided::whole({Expr(4), Expr(3)}, 4), Facts{}), Overlap::no);
}

}  // namespace
}  // namespace rewrites::test
