// The small programs that must come out right, and one case a rule.
#include "tests/rewrites/programs.h"

namespace rewrites::test {
namespace {

const std::string kXS = R"p(x: "f32[4, 3]", s: "f32[2, 3]")p";

TEST(InPlace, TakesScatterIntoInputWithWriteBack) {
  EXPECT_EQ(decisions(kXS, R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return ())p"), "take u -> x: write u erase copy_\n");
}

TEST(InPlace, Program1ReaderOfTheOldContent) {
  EXPECT_EQ(decisions(kXS, R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
v: "f32[2, 3]" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
m: "f32[2, 3]" = torch.ops.aten.mul.Tensor(v, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p"), "refuse u: old-value-read-later [m]\n");
}

TEST(InPlace, Program1ReaderOfAnotherPart) {
  EXPECT_EQ(decisions(kXS, R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
v: "f32[2, 3]" = torch.ops.aten.slice.Tensor(x, 0, 2, 4)
m: "f32[2, 3]" = torch.ops.aten.mul.Tensor(v, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p"), "take u -> x: write u erase copy_\n");
}

TEST(InPlace, Program2WriteAlreadyInTheGraph) {
  EXPECT_EQ(decisions(R"p(a: "f32[4, 3]", s: "f32[2, 3]")p", R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(a, s, 0, 0, 2)
add_: "f32[4, 3]" = torch.ops.aten.add_.Tensor(a, 1)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u, 2)
return (m,))p"), "refuse u: old-value-read-later [add_ m]\n");
}

TEST(InPlace, Program3SourceComputedFromTheBase) {
  // The scatter goes in place; the source stays a tensor of its own, so it is copied into the window.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]")p", R"p(t: "f32[2, 3]" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
u: "f32[2, 3]" = torch.ops.aten.add.Tensor(t, 1)
u2: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, u, 0, 2, 4)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u2)
return ())p"), "take u2 -> x: write u2 erase copy_\nrefuse u: old-value-read-later [copy_]\n");
}

TEST(InPlace, Program4CopyOfAPermutedSum) {
  // Of the two moves of all elements one goes: u2 is not made and copy_ reads p. With u in place too, copy_ would transpose x onto itself.
  EXPECT_EQ(decisions(R"p(x: "f32[3, 3]")p", R"p(u: "f32[3, 3]" = torch.ops.aten.add.Tensor(x, 1)
p: "f32[3, 3]" = torch.ops.aten.permute.default(u, [1, 0])
u2: "f32[3, 3]" = torch.ops.aten.copy.default(x, p)
copy_: "f32[3, 3]" = torch.ops.aten.copy_.default(x, u2)
return ())p"), "take u2 -> u: drop u2\nrefuse u: overlapping-operand [u2]\n");
}

TEST(InPlace, Program5ContiguousAliasesAtSizeOne) {
  EXPECT_EQ(decisions(R"p(s0: "Sym(s0)", x: "f32[s0, s0]", s: "f32[1, s0]")p", R"p(t: "f32[s0, s0]" = torch.ops.aten.transpose.int(x, 0, 1)
c: "f32[s0, s0]" = torch.ops.aten.contiguous.default(t)
u: "f32[s0, s0]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 1)
m: "f32[s0, s0]" = torch.ops.aten.mul.Tensor(c, 2)
copy_: "f32[s0, s0]" = torch.ops.aten.copy_.default(x, u)
return (m,))p"), "refuse u: alias-depends-on-size [m]\n");
}

TEST(InPlace, Program6BoundOfUnknownSign) {
  const auto g = parse(R"p(s0: "Sym(s0)", x: "f32[s0]", s: "f32[s0 - 6]")p", R"p(k: "Sym(s0 - 6)" = s0 - 6
u: "f32[s0]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, k)
a: "Sym(s0 - 2)" = k + 4
b: "Sym(s0 + 2)" = k + 8
r: "f32[2]" = torch.ops.aten.slice.Tensor(x, 0, a, b)
m: "f32[2]" = torch.ops.aten.mul.Tensor(r, 2)
copy_: "f32[s0]" = torch.ops.aten.copy_.default(x, u)
return (m,))p");
  const InPlace p(*g);
  // The dump states that the source has s0 - 6 elements, so s0 >= 6 and the window is certain; what remains is [0:s0-6] against the
  // slice from s0 - 2, which are apart.
  EXPECT_EQ(decisions(*g), "take u -> x: write u erase copy_\n");
}

TEST(InPlace, Program6WithoutTheSize) {
  const auto g = parse(R"p(s0: "Sym(s0)", x: "f32[s0]", s: "f32[u0]")p", R"p(k: "Sym(s0 - 6)" = s0 - 6
u: "f32[s0]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, k)
a: "Sym(s0 - 2)" = k + 4
b: "Sym(s0 + 2)" = k + 8
r: "f32[u1]" = torch.ops.aten.slice.Tensor(x, 0, a, b)
m: "f32[u1]" = torch.ops.aten.mul.Tensor(r, 2)
copy_: "f32[s0]" = torch.ops.aten.copy_.default(x, u)
return (m,))p");
  const InPlace p(*g);
  ASSERT_EQ(p.refusals().size(), 1u);
  EXPECT_EQ(ruleName(p.refusals()[0].rule), "size-unproven");
  EXPECT_NE(p.refusals()[0].because.find("s0"), std::string::npos);
  EXPECT_EQ(decisions(*g), "refuse u: size-unproven [m]\n");
}

TEST(InPlace, Program7OtherInputReadLaterGetsAGuard) {
  const auto g = parse(R"p(x: "f32[4, 3]", y: "f32[4, 3]", s: "f32[2, 3]")p", R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(y, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p");
  const InPlace p(*g);
  ASSERT_EQ(p.chains().size(), 1u);
  ASSERT_EQ(p.chains()[0].guards.size(), 2u);
  EXPECT_EQ(p.chains()[0].guards[0].str(), "disjoint(x)");
  EXPECT_EQ(p.chains()[0].guards[1].str(), "no_self_overlap(x)");
}

TEST(InPlace, Program9ConjugateIsNoSelfCopy) {
  EXPECT_EQ(decisions(R"p(x: "c64[4]")p", R"p(c: "c64[4]" = torch.ops.aten._conj.default(x)
copy_: "c64[4]" = torch.ops.aten.copy_.default(x, c)
return ())p"), "");
}

TEST(InPlace, SelfCopyGoes) {
  EXPECT_EQ(decisions(R"p(x: "f32[4]")p", R"p(a: "f32[4]" = torch.ops.aten.alias.default(x)
copy_: "f32[4]" = torch.ops.aten.copy_.default(x, a)
return ())p"), "take copy_ -> x: erase copy_\n");
}

TEST(InPlace, PermutedSelfCopyStays) {
  EXPECT_EQ(decisions(R"p(x: "f32[4, 4]")p", R"p(p: "f32[4, 4]" = torch.ops.aten.permute.default(x, [1, 0])
copy_: "f32[4, 4]" = torch.ops.aten.copy_.default(x, p)
return ())p"), "");
}

TEST(InPlace, Program10MaskedScatterFromItself) {
  EXPECT_EQ(decisions(R"p(a: "f32[4]", m: "b8[4]")p", R"p(u: "f32[4]" = torch.ops.aten.masked_scatter.default(a, m, a)
copy_: "f32[4]" = torch.ops.aten.copy_.default(a, u)
return ())p"), "refuse u: overlapping-operand [a]\n");
}

TEST(InPlace, Program11CopyWritesSomethingElse) {
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]", z: "f32[4, 3]")p", R"p(y: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, z)
return (y,))p"), "refuse y: copy-writes-other-value [copy_ output]\n");
}

TEST(InPlace, Program12ResultIsReturnedToo) {
  EXPECT_EQ(decisions(kXS, R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (u,))p"), "refuse u: result-escapes [output]\n");
}

TEST(InPlace, ReturningTheCopyAliasesAlready) {
  EXPECT_EQ(decisions(kXS, R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (copy_,))p"), "take u -> x: write u erase copy_\n");
}

TEST(InPlace, Program13MetadataOfTheOldView) {
  EXPECT_EQ(decisions(R"p(s0: "Sym(s0)", x: "f32[s0, 3]", s: "f32[2, 3]", w: "f32[s0, 3]")p", R"p(u: "f32[s0, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
v: "f32[s0, 3]" = torch.ops.aten.slice.Tensor(x, 0, 0, 9223372036854775807)
n: "Sym(s0)" = torch.ops.aten.sym_size.int(v, 0)
e: "f32[s0, 3]" = torch.ops.aten.view.default(w, [n, 3])
copy_: "f32[s0, 3]" = torch.ops.aten.copy_.default(x, u)
return (e,))p"), "take u -> x: write u erase copy_\n");
}

TEST(InPlace, Program14TwoDisjointWindows) {
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", a: "f32[2, 3]", b: "f32[2, 3]")p", R"p(u1: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, a, 0, 0, 2)
u2: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(u1, b, 0, 2, 4)
v1: "f32[2, 3]" = torch.ops.aten.slice.Tensor(u1, 0, 0, 2)
r1: "f32[2, 3]" = torch.ops.aten.mul.Tensor(v1, 2)
v2: "f32[2, 3]" = torch.ops.aten.slice.Tensor(u2, 0, 2, 4)
r2: "f32[2, 3]" = torch.ops.aten.mul.Tensor(v2, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u2)
return (r1, r2))p"), "take u1 -> x: write u1\ntake u2 -> x: write u2 erase copy_\n");
}

TEST(InPlace, Program14ReadAcrossBothWindows) {
  // u1 is read as a whole after u2's write: the second update keeps its copy, which copy_ then brings to x.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", a: "f32[2, 3]", b: "f32[2, 3]")p", R"p(u1: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, a, 0, 0, 2)
u2: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(u1, b, 0, 2, 4)
r1: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u1, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u2)
return (r1,)
)p"), "take u1 -> x: write u1\nrefuse u2: old-value-read-later [r1]\n");
}

TEST(InPlace, Program17SelectScatter) {
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[3]")p", R"p(u: "f32[4, 3]" = torch.ops.aten.select_scatter.default(x, s, 0, 0)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return ())p"), "take u -> x: write u erase copy_\n");
}

TEST(InPlace, NestedWindowsOfTheForumQuestion) {
  EXPECT_EQ(decisions(R"p(n: "Sym(s0)", p: "i64[1]", x: "f32[s1, 16, 2, 8]", k: "f32[s0, 1, 2, 8]")p", R"p(a: "f32[s0, 16, 2, 8]" = torch.ops.aten.slice.Tensor(x, 0, 0, n)
b: "f32[s0, 16, 2, 8]" = torch.ops.aten.slice.Tensor(a, 2, 0, 9223372036854775807)
c: "f32[s0, 16, 2, 8]" = torch.ops.aten.slice.Tensor(b, 3, 0, 9223372036854775807)
i: "f32[s0, 16, 2, 8]" = torch.ops.aten.index_put.default(c, [None, p], k)
u: "f32[s0, 16, 2, 8]" = torch.ops.aten.slice_scatter.default(b, i, 3, 0, 9223372036854775807)
v: "f32[s0, 16, 2, 8]" = torch.ops.aten.slice_scatter.default(a, u, 2, 0, 9223372036854775807)
w: "f32[s1, 16, 2, 8]" = torch.ops.aten.slice_scatter.default(x, v, 0, 0, n)
r: "f32[s0, 16, 2, 8]" = torch.ops.aten.slice.Tensor(w, 0, 0, n)
m: "f32[s0, 16, 2, 8]" = torch.ops.aten.mul.Tensor(r, 2)
copy_: "f32[s1, 16, 2, 8]" = torch.ops.aten.copy_.default(x, w)
return (m,))p"), "take w -> x: write i drop u drop v drop w erase copy_\n");
}

TEST(InPlace, WithoutWriteBackTheInputKeepsItsValue) {
  EXPECT_EQ(decisions(kXS, R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u, 2)
return (m,))p"), "refuse u: input-must-keep-value [x]\n");
}

TEST(InPlace, FreshBaseNeedsNoWriteBack) {
  EXPECT_EQ(decisions(R"p(s: "f32[2, 3]")p", R"p(z: "f32[4, 3]" = torch.ops.aten.full.default([4, 3], 0)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(z, s, 0, 0, 2)
return (u,))p"), "take u -> z: write u\n");
}

TEST(InPlace, SharedFactory) {
  const auto text = decisions(R"p(s: "f32[2, 3]")p", R"p(z: "f32[4, 3]" = torch.ops.aten.full.default([4, 3], 0)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(z, s, 0, 0, 2)
v: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(z, s, 0, 2, 4)
return (u, v))p");
  EXPECT_NE(text.find("refuse u: old-value-read-later [v]"), std::string::npos) << text;
  EXPECT_NE(text.find("take v -> z"), std::string::npos) << text;
}

TEST(InPlace, UnknownOperator) {
  EXPECT_EQ(decisions(kXS, R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
k: "f32[4, 3]" = torch.ops.mylib.peek.default(x)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (k,))p"), "refuse u: unknown-operator [k]\n");
}

TEST(InPlace, PendingCollective) {
  EXPECT_EQ(decisions(kXS, R"p(r: "f32[4, 3]" = torch.ops._c10d_functional.all_reduce.default(x, 'sum', '0')
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
w: "f32[4, 3]" = torch.ops._c10d_functional.wait_tensor.default(r)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (w,))p"), "refuse u: async-reader [r]\n");
}

TEST(InPlace, BaseThatOverlapsItself) {
  EXPECT_EQ(decisions(R"p(x: "f32[1, 3]", s: "f32[2, 3]")p", R"p(e: "f32[4, 3]" = torch.ops.aten.expand.default(x, [4, 3])
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(e, s, 0, 0, 2)
return (u,))p"), "refuse u: internal-overlap [e]\n");
}

TEST(InPlace, PromotingUpdate) {
  EXPECT_EQ(decisions(R"p(x: "f32[4]", m: "b8[2, 4]")p", R"p(z: "f32[4]" = torch.ops.aten.clone.default(x)
u: "f32[2, 4]" = torch.ops.aten.masked_fill.Scalar(z, m, 0)
return (u,))p"), "take z -> x: drop z\nrefuse u: dtype-or-shape-changes [z]\n");
}

TEST(InPlace, StridesThatAViewCanTell) {
  // index_put of a part of a buffer makes a dense result; in place the view below would meet other strides.
  EXPECT_EQ(decisions(R"p(p: "i64[1]", k: "f32[4, 1]")p", R"p(z: "f32[4, 6]" = torch.ops.aten.full.default([4, 6], 0)
s: "f32[4, 3]" = torch.ops.aten.slice.Tensor(z, 1, 0, 3)
u: "f32[4, 3]" = torch.ops.aten.index_put.default(s, [None, p], k)
v: "f32[12]" = torch.ops.aten.view.default(u, [12])
m: "f32[12]" = torch.ops.aten.mul.Tensor(v, 2)
return (m,))p"), "refuse u: geometry-changes [v]\n");
}

TEST(InPlace, Program8StorageOfTheResult) {
  // Of the copy, element 0 of the storage is what b held when it was made; in place it is what b holds now.
  EXPECT_EQ(decisions(R"p(s: "f32[2]")p", R"p(b: "f32[8]" = torch.ops.aten.full.default([8], 0)
v: "f32[4]" = torch.ops.aten.slice.Tensor(b, 0, 2, 6)
u: "f32[4]" = torch.ops.aten.slice_scatter.default(v, s, 0, 0, 2)
h: "f32[2]" = torch.ops.aten.slice.Tensor(b, 0, 0, 2)
add_: "f32[2]" = torch.ops.aten.add_.Tensor(h, 1)
w: "f32[2]" = torch.ops.aten.as_strided.default(u, [2], [1], 0)
m: "f32[2]" = torch.ops.aten.mul.Tensor(w, 2)
return (m,)
)p"), "refuse u: geometry-changes [w]\n");
}

TEST(InPlace, AWriteThroughAReshapeMayNotReachTheInput) {
  // fill_ brings zeros to x only where reshape aliases; elsewhere the caller would see what u wrote.
  const auto text = decisions(R"p(n: "Sym(s0)", x: "f32[s0, s0]", s: "f32[1, s0]")p", R"p(u: "f32[s0, s0]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 1)
t: "f32[s0, s0]" = torch.ops.aten.transpose.int(x, 0, 1)
r: "f32[s0, s0]" = torch.ops.aten.contiguous.default(t)
fill_: "f32[s0, s0]" = torch.ops.aten.fill_.Scalar(r, 0)
m: "f32[s0, s0]" = torch.ops.aten.mul.Tensor(u, 2)
return (m,)
)p");
  EXPECT_EQ(text.find("take"), std::string::npos) << text;
}

TEST(InPlace, TwoOwners) {
  const auto text = decisions(R"p(a: "f32[4]", s: "f32[2]")p", R"p(z: "f32[4]" = torch.ops.aten.full.default([4], 0)
u: "f32[4]" = torch.ops.aten.slice_scatter.default(z, s, 0, 0, 2)
f = torch.ops.aten._foreach_zero_.default([z, u])
return (u,))p");
  EXPECT_NE(text.find("refuse u: two-owners"), std::string::npos) << text;
}

TEST(InPlace, NothingToGain) {
  // The mask may write all of z: in place or not, no element is moved that need not be.
  EXPECT_EQ(decisions(R"p(m: "b8[4]")p", R"p(z: "f32[4]" = torch.ops.aten.full.default([4], 1)
u: "f32[4]" = torch.ops.aten.masked_fill.Scalar(z, m, 0)
return (u,)
)p"), "refuse u: not-profitable []\n");
}

TEST(InPlace, BufferWithWriteBack) {
  EXPECT_EQ(decisions(R"p(s: "f32[2, 3]")p", R"p(buf: "f32[4, 3]" = self.buf
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(buf, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(buf, u)
return ())p"), "take u -> buf: write u erase copy_\n");
}

TEST(InPlace, ValuesThatAreAViewOfTheDestination) {
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]")p", R"p(v: "f32[2, 3]" = torch.ops.aten.slice.Tensor(x, 0, 1, 3)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, v, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return ())p"), "refuse u: overlapping-operand [v]\n");
}

TEST(InPlace, RecheckSeesWhatStandsOnAnotherChain) {
  const auto g = parse(R"p(x: "f32[4, 3]", a: "f32[2, 3]", b: "f32[2, 3]")p", R"p(u1: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, a, 0, 0, 2)
u2: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(u1, b, 0, 2, 4)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u2)
return ())p");
  const InPlace p(*g);
  ASSERT_EQ(p.chains().size(), 2u);
  EXPECT_FALSE(p.recheck({p.chains()[0].head, p.chains()[1].head}));
  EXPECT_TRUE(p.recheck({p.chains()[1].head}));   // without the first, u2's base is a fresh u1 and copy_ is needed
}

}  // namespace
}  // namespace rewrites::test
