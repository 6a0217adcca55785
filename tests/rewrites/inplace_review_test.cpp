// Graphs that an adversarial reading of the analysis found: each was taken wrongly, or refused although it is safe.
#include "tests/rewrites/programs.h"

namespace rewrites::test {
namespace {

const std::string kXS = R"p(x: "f32[4, 3]", s: "f32[2, 3]")p";

TEST(InPlaceReview, AViewOfAWindowThatBeginsSomewhere) {
  // Nothing bounds k from below, so v begins anywhere in x; its first two elements are not x's first two.
  EXPECT_EQ(decisions(R"p(k: "Sym(s1)", x: "f32[8]", s: "f32[2]")p", R"p(v: "f32[u0]" = torch.ops.aten.slice.Tensor(x, 0, k, 8)
w: "f32[2]" = torch.ops.aten.slice.Tensor(v, 0, 0, 2)
u: "f32[8]" = torch.ops.aten.slice_scatter.default(x, s, 0, 2, 4)
m: "f32[2]" = torch.ops.aten.mul.Tensor(w, 2)
copy_: "f32[8]" = torch.ops.aten.copy_.default(x, u)
return (m,))p"), "refuse u: size-unproven [m]\n");
}

TEST(InPlaceReview, AsStridedSeesBeyondItsOperand) {
  EXPECT_EQ(decisions(kXS, R"p(v: "f32[2, 3]" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
a: "f32[3]" = torch.ops.aten.as_strided.default(v, [3], [1], 6)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 2, 4)
m: "f32[3]" = torch.ops.aten.mul.Tensor(a, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p"), "refuse u: old-value-read-later [m]\n");
}

TEST(InPlaceReview, ASplitThatIsReadAsAWhole) {
  EXPECT_EQ(decisions(kXS, R"p(p = torch.ops.aten.split.Tensor(x, 2)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[4, 3]" = torch.ops.aten.cat.default(p)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p"), "refuse u: old-value-read-later [m]\n");
}

TEST(InPlaceReview, OneResultTakenTwice) {
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2]")p", R"p(p = torch.ops.aten.max.dim(x, 1)
a: "f32[4]" = p[0]
b: "f32[4]" = p[0]
u: "f32[4]" = torch.ops.aten.slice_scatter.default(a, s, 0, 0, 2)
m: "f32[4]" = torch.ops.aten.mul.Tensor(b, 2)
n: "f32[4]" = torch.ops.aten.mul.Tensor(u, 2)
return (m, n))p"), "refuse u: old-value-read-later [m]\n");
}

TEST(InPlaceReview, ResultsThatAreReturnedTogether) {
  const auto text = decisions(R"p(x: "f32[4, 3]", s: "f32[2]")p", R"p(p = torch.ops.aten.max.dim(x, 1)
a: "f32[4]" = p[0]
u: "f32[4]" = torch.ops.aten.slice_scatter.default(a, s, 0, 0, 2)
return (p, u))p");
  EXPECT_EQ(text.find("take"), std::string::npos) << text;
}

TEST(InPlaceReview, ResultsThatShowAnElementOfAList) {
  EXPECT_EQ(decisions(R"p(y: "f32[4, 3]", x: "f32[4, 3]", s: "f32[2, 3]")p", R"p(p = torch.ops.aten.broadcast_tensors.default([y, x])
a: "f32[4, 3]" = p[1]
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(a, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p"), "refuse u: unknown-operator [p]\n");
  EXPECT_EQ(decisions(kXS, R"p(a: "f32[3, 4]" = torch.ops.aten.einsum.default('ij->ji', [x])
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[3, 4]" = torch.ops.aten.mul.Tensor(a, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p"), "refuse u: unknown-operator [a]\n");
}

TEST(InPlaceReview, AScatterOfAViewIsNotDense) {
  // u1 keeps the strides of v, which have gaps; the index_put makes a dense copy of it, and only of that is w a view. b is not made, which
  // saves more than u1 in it.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", i: "i64[1]", s: "f32[1, 2]", t: "f32[2, 2]")p", R"p(b: "f32[4, 3]" = torch.ops.aten.clone.default(x)
v: "f32[4, 2]" = torch.ops.aten.slice.Tensor(b, 1, 0, 2)
u1: "f32[4, 2]" = torch.ops.aten.slice_scatter.default(v, t, 0, 0, 2)
u2: "f32[4, 2]" = torch.ops.aten.index_put.default(u1, [i], s)
w: "f32[8]" = torch.ops.aten.view.default(u2, [8])
m: "f32[8]" = torch.ops.aten.mul.Tensor(w, 2)
return (m,))p"), "take b -> x: drop b\nrefuse u1: input-must-keep-value [x]\nrefuse u2: geometry-changes [w]\n");
}

TEST(InPlaceReview, AnUpdateThatMakesItsResultRowMajor) {
  // neg follows the strides of x, [1, 4] say; index_copy does not, and only of its result is w a view.
  const auto program = [](const std::string& base) {
    return decisions(R"p(x: "f32[4, 3]", i: "i64[2]", s: "f32[2, 3]")p", "b: \"f32[4, 3]\" = torch.ops.aten." + base + R"p(
u: "f32[4, 3]" = torch.ops.aten.index_copy.default(b, 0, i, s)
w: "f32[12]" = torch.ops.aten.view.default(u, [12])
m: "f32[12]" = torch.ops.aten.mul.Tensor(w, 2)
return (m,))p");
  };
  EXPECT_EQ(program("neg.default(x)"), "refuse u: geometry-changes [w]\n");
  EXPECT_EQ(program("full.default([4, 3], 1)"), "take u -> b: write u\n");
}

TEST(InPlaceReview, AnOffsetThatIsRead) {
  // A copy begins at 0; an input may be a part of something larger.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3][3, 1]cpu", i: "i64[2][1]cpu", s: "f32[2, 3][3, 1]cpu")p", R"p(u: "f32[4, 3][3, 1]cpu" = torch.ops.aten.index_put.default(x, [i], s)
o: "Sym(0)" = torch.ops.aten.sym_storage_offset.default(u)
copy_: "f32[4, 3][3, 1]cpu" = torch.ops.aten.copy_.default(x, u)
return (o,))p"), "refuse u: geometry-changes [o]\n");
}

TEST(InPlaceReview, StridesOfAFactoryThatOverlap) {
  const auto program = [](const std::string& strides) {
    return decisions(R"p(s: "f32[2, 3]")p", "z: \"f32[4, 3]\" = torch.ops.aten.empty_strided.default([4, 3], " + strides + R"p()
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(z, s, 0, 0, 2)
return (u,))p");
  };
  EXPECT_EQ(program("[0, 1]"), "refuse u: internal-overlap [z]\n");
  EXPECT_EQ(program("[2, 1]"), "refuse u: internal-overlap [z]\n");
  EXPECT_EQ(program("[1, 4]"), "take u -> z: write u\n");
}

TEST(InPlaceReview, AReshapeOfOtherBytesIsNoConversion) {
  EXPECT_EQ(decisions(kXS, R"p(v: "i32[4, 3]" = torch.ops.aten.view.dtype(x, torch.int32)
r: "i32[12]" = torch.ops.aten.reshape.default(v, [-1])
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "i32[12]" = torch.ops.aten.mul.Tensor(r, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p"), "refuse u: alias-depends-on-size [m]\n");
}

TEST(InPlaceReview, OneBufferFetchedTwice) {
  EXPECT_EQ(decisions(R"p(s: "f32[2, 3]")p", R"p(a: "f32[4, 3]" = self.buf
b: "f32[4, 3]" = self.buf
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(a, s, 0, 0, 2)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(b, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(a, u)
return (m,))p"), "refuse u: old-value-read-later [m]\n");
  EXPECT_EQ(decisions(R"p(s: "f32[2, 3]")p", R"p(a: "f32[4, 3]" = self.buf
b: "f32[4, 3]" = self.buf
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(a, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(b, u)
return ())p"), "refuse u: inputs-may-alias [b]\n");
}

std::string guards(const std::string& signature, const std::string& body) {
  const auto g = parse(signature, body);
  const InPlace p(*g);
  std::string out;
  for (const auto& c : p.chains())
    for (const auto& guard : c.guards) out += guard.str() + "\n";
  return out;
}

TEST(InPlaceReview, AWriteToAnotherInputWouldReachACopyThatIsGone) {
  // Nothing is written to x, so no guard of a write looks at y; u was a copy of x that add_ on the same memory did not reach.
  const std::string text = R"p(t: "f32[2, 3]" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, t, 0, 0, 2)
add_: "f32[4, 3]" = torch.ops.aten.add_.Tensor(y, 1)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u, 2)
return (m,))p";
  EXPECT_EQ(guards(R"p(x: "f32[4, 3]", y: "f32[4, 3]")p", text), "disjoint(x)\nno_self_overlap(x)\ndisjoint(x, y)\n");
}

TEST(InPlaceReview, APairThatTheCheckOfTheWrittenInputCovers) {
  // The copy_ into y comes after the first write to x, so `disjoint(x)` looks at y.
  EXPECT_EQ(guards(R"p(x: "f32[4, 3]", y: "f32[4, 3]", z: "f32[4, 3]", i: "i64[2]", s: "f32[2, 2]")p",
                   R"p(t: "f32[4, 2]" = torch.ops.aten.slice.Tensor(x, 1, 0, 2)
k: "f32[4, 2]" = torch.ops.aten.index_put.default(t, [i], s)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, k, 1, 0, 2)
other: "f32[4, 3]" = torch.ops.aten.copy_.default(y, z)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return ())p"), "disjoint(x)\nno_self_overlap(x)\n");
}

TEST(InPlaceReview, AnotherInputReadThroughAnOperatorThatReturnsIt) {
  // dropout outside training returns y itself, and its schema does not say so.
  const auto program = [](const std::string& call) {
    return guards(R"p(x: "f32[4, 3]", y: "f32[4, 3]", s: "f32[2, 3]")p", "e: \"f32[4, 3]\" = torch.ops.aten." + call + R"p(
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(e, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p");
  };
  EXPECT_EQ(program("dropout.default(y, 0.5, False)"), "disjoint(x)\nno_self_overlap(x)\ndisjoint(x, y)\n");
  EXPECT_EQ(program("einsum.default('ij->ij', [y])"), "disjoint(x)\nno_self_overlap(x)\ndisjoint(x, y)\n");
  EXPECT_EQ(program("neg.default(y)"), "disjoint(x)\nno_self_overlap(x)\n");
}

TEST(InPlaceReview, RoundTripThroughAView) {
  // The elements come back in their order, so copy_ copies x onto itself.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3][3, 1]cpu", i: "i64[1]", v: "f32[1]")p", R"p(a: "f32[12]" = torch.ops.aten.view.default(x, [12])
u: "f32[12]" = torch.ops.aten.slice_scatter.default(a, v, 0, 5, 6)
b: "f32[4, 3]" = torch.ops.aten.view.default(u, [4, 3])
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, b)
return ())p"), "take u -> x: write u erase copy_\n");
}

TEST(InPlaceReview, RoundTripThroughAViewOfAnotherOrder) {
  EXPECT_EQ(decisions(R"p(x: "f32[4, 4][4, 1]cpu", v: "f32[1]")p", R"p(t: "f32[4, 4]" = torch.ops.aten.transpose.int(x, 0, 1)
a: "f32[16]" = torch.ops.aten.view.default(t, [16])
u: "f32[16]" = torch.ops.aten.slice_scatter.default(a, v, 0, 5, 6)
b: "f32[4, 4]" = torch.ops.aten.view.default(u, [4, 4])
copy_: "f32[4, 4]" = torch.ops.aten.copy_.default(x, b)
return ())p"), "refuse u: overlapping-operand [b]\n");
}

TEST(InPlaceReview, ADimensionThatWasAdded) {
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]")p", R"p(a: "f32[1, 4, 3]" = torch.ops.aten.unsqueeze.default(x, 0)
t: "f32[4, 3]" = torch.ops.aten.select.int(a, 0, 0)
r: "f32[3]" = torch.ops.aten.select.int(t, 0, 1)
p: "f32[3]" = torch.ops.aten.add.Tensor(r, 1)
w: "f32[4, 3]" = torch.ops.aten.select_scatter.default(t, p, 0, 1)
u: "f32[1, 4, 3]" = torch.ops.aten.select_scatter.default(a, w, 0, 0)
b: "f32[4, 3]" = torch.ops.aten.squeeze.dim(u, 0)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, b)
return ())p"), "take u -> x: write p drop w drop u erase copy_\n");
}

TEST(InPlaceReview, ACopyOntoItselfWritesNothing) {
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", i: "i64[1]", v: "f32[1, 3]")p", R"p(a: "f32[2, 3]" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
p: "f32[2, 3]" = torch.ops.aten.index_put.default(a, [i], v)
c: "f32[2, 3]" = torch.ops.aten.copy.default(a, p)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, c, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return ())p"), "take u -> x: write p drop c drop u erase copy_\n");
}

TEST(InPlaceReview, ANonBlockingCopyByPosition) {
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]", h: "f32[4, 3]")p", R"p(k: "f32[4, 3]" = torch.ops.aten.copy_.default(h, x, True)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return ())p"), "refuse u: async-reader [k]\n");
}

TEST(InPlaceReview, WhatOnlyAnUselessDecisionBlocked) {
  // w in place would save nothing, and with u in place too x would end with what w wrote.
  EXPECT_EQ(decisions(R"p(x: "f32[4][1]cpu", m: "b8[4]", s: "f32[2]")p", R"p(u: "f32[4][1]cpu" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4]" = torch.ops.aten.copy_.default(x, u)
w: "f32[4]" = torch.ops.aten.masked_fill.Scalar(u, m, 0)
return (w,))p"), "take u -> x: write u erase copy_\nrefuse w: input-must-keep-value [x]\n");
}

TEST(InPlaceReview, CopiesAndScattersThatAreRelativeToTheStorage) {
  // In place u is x, whose first element may lie anywhere in its storage; of the copy it lies at 0.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3][3, 1]cpu", i: "i64[2, 3][3, 1]cpu", s: "f32[2, 3][3, 1]cpu", v: "f32[2][1]cpu")p",
                      R"p(u: "f32[4, 3][3, 1]cpu" = torch.ops.aten.scatter.src(x, 0, i, s)
w: "f32[4, 3][3, 1]cpu" = torch.ops.aten.as_strided_scatter.default(u, v, [2], [1], 0)
copy_: "f32[4, 3][3, 1]cpu" = torch.ops.aten.copy_.default(x, w)
return ())p"),
            "take w -> u: write w\nrefuse u: geometry-changes [u w]\n");
  // It reads its storage, of which v shows another part.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3][3, 1]cpu", s: "f32[2, 3][3, 1]cpu")p",
                      R"p(v: "f32[2, 3][3, 1]cpu" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
u: "f32[4, 3][3, 1]cpu" = torch.ops.aten.slice_scatter.default(x, s, 0, 2, 4)
c: "f32[3][1]cpu" = torch.ops.aten.as_strided_copy.default(v, [3], [1], 6)
copy_: "f32[4, 3][3, 1]cpu" = torch.ops.aten.copy_.default(x, u)
return (c,))p"),
            "refuse u: old-value-read-later [c]\n");
  // Of another input it may read what lies beside it: x.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3][3, 1]cpu", y: "f32[4, 3][3, 1]cpu", s: "f32[2, 3][3, 1]cpu")p",
                      R"p(u: "f32[4, 3][3, 1]cpu" = torch.ops.aten.slice_scatter.default(x, s, 0, 2, 4)
c: "f32[3][1]cpu" = torch.ops.aten.as_strided_copy.default(y, [3], [1], 0)
copy_: "f32[4, 3][3, 1]cpu" = torch.ops.aten.copy_.default(x, u)
return (c,))p"),
            "refuse u: inputs-may-alias [c]\n");
}

}  // namespace
}  // namespace rewrites::test
