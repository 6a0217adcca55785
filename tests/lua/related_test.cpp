// The rewrites beside reinplacing, on small programs: what they make of them, and what each of them must refuse.
#include "tests/lua/related.h"

namespace rewrites::lua::test {
namespace {

// --- remove_noops ------------------------------------------------------------------------------------------------------------------

TEST_F(Related, NoopViewsGo) {
  EXPECT_EQ(after("'remove_noops'", kX, R"_(
    a: "f32[4, 6][6, 1]cpu" = torch.ops.aten.slice.Tensor(x, 1, 0, 9223372036854775807)
    b: "f32[4, 1, 6][6, 6, 1]cpu" = torch.ops.aten.unsqueeze.default(a, 1)
    c: "f32[4, 6][6, 1]cpu" = torch.ops.aten.squeeze.dim(b, 1)
    d: "f32[4, 6][6, 1]cpu" = torch.ops.aten.view.default(c, [4, 6])
    e: "f32[4, 6][6, 1]cpu" = torch.ops.aten.expand.default(d, [-1, 6])
    f: "f32[4, 6][6, 1]cpu" = torch.ops.aten.permute.default(e, [0, 1])
    h: "f32[4, 6][6, 1]cpu" = torch.ops.aten.alias.default(f)
    i: "f32[4, 6][6, 1]cpu" = torch.ops.aten.reshape.default(h, [4, 6])
    m: "f32[4, 6][6, 1]cpu" = torch.ops.aten.mul.Tensor(i, 2))_", "(m,)"),
            "m = aten.mul.Tensor(x, 2)\nreturn (m,)\n");
}

TEST_F(Related, CopiesStay) {   // each gives memory, or bits, of its own
  const std::string same = after("'remove_noops'", kX, R"_(
    a: "f32[4, 6][6, 1]cpu" = torch.ops.aten._to_copy.default(x)
    b: "f32[4, 6][6, 1]cpu" = torch.ops.aten.clone.default(a)
    c: "f32[4, 6][6, 1]cpu" = torch.ops.aten.add.Tensor(b, 0)
    d: "f32[4, 6][6, 1]cpu" = torch.ops.aten.mul.Tensor(c, 1)
    e: "f32[4, 6][6, 1]cpu" = torch.ops.aten.contiguous.default(d))_", "(e,)");
  EXPECT_EQ(std::count(same.begin(), same.end(), '\n'), 6) << same;
}

TEST_F(Related, AnOutputMustNotBecomeAnInput_197893) {
  EXPECT_EQ(after("'remove_noops'", kX, R"_(a: "f32[4, 6][6, 1]cpu" = torch.ops.aten.alias.default(x))_", "(a,)"),
            "a = aten.alias.default(x)\nreturn (a,)\n"
            "a: result-escapes: the output a would become the very tensor of x (pytorch 197893) [x]\n");
  EXPECT_EQ(after("'remove_noops'", kX, R"_(
    a: "f32[4, 6][6, 1]cpu" = torch.ops.aten.neg.default(x)
    b: "f32[4, 6][6, 1]cpu" = torch.ops.aten.alias.default(a)
    c: "f32[4, 6][6, 1]cpu" = torch.ops.aten.alias.default(a))_", "(b, c)"),
            "a = aten.neg.default(x)\nc = aten.alias.default(a)\nreturn (a, c)\n"
            "c: result-escapes: two outputs, c and a, would become one tensor [a]\n");
  // What an in-place operator returns is what it writes.
  EXPECT_EQ(after("'remove_noops'", kX, R"_(
    a: "f32[4, 6][6, 1]cpu" = torch.ops.aten.alias.default(x)
    b: "f32[4, 6][6, 1]cpu" = torch.ops.aten.add_.Tensor(a, 1))_", "(b,)"),
            "a = aten.alias.default(x)\nb = aten.add_.Tensor(a, 1)\nreturn (b,)\n"
            "a: result-escapes: the output a would become the very tensor of x (pytorch 197893) [x]\n");
}

TEST_F(Related, ViewsThatChangeStridesStay) {
  EXPECT_EQ(after("'remove_noops'", R"_(x: "f32[1, 6][12, 1]cpu", z: "f32[1, s0]", w: "f32[1, s0]")_", R"_(
    a: "f32[1, 6][6, 1]cpu" = torch.ops.aten.view.default(x, [1, 6])
    b: "f32[1, s0]" = torch.ops.aten.view.default(z, [1, -1])
    c: "f32[1, s0]" = torch.ops.aten.slice.Tensor(w, 0, 0, 9223372036854775807)
    d: "f32[1, s0, 1]" = torch.ops.aten.unsqueeze.default(c, 2)
    e: "f32[1, s0, 1]" = torch.ops.aten.slice.Tensor(d, 2, 0, 2, 2)
    m: "f32[1, s0]" = torch.ops.aten.mul.Tensor(b, c))_", "(a, m, e)"),
            "a = aten.view.default(x, [1, 6])\nb = aten.view.default(z, [1, -1])\nd = aten.unsqueeze.default(w, 2)\n"
            "e = aten.slice.Tensor(d, 2, 0, 2, 2)\nm = aten.mul.Tensor(b, w)\nreturn (a, m, e)\n"
            "a: geometry-changes: a has other strides than x [x]\n"
            "b: geometry-changes: b may have other strides than z where a size is 1 or 0, and the text states neither's [z]\n"
            "e: geometry-changes: e may have other strides than d where a size is 1 or 0, and the text states neither's [d]\n");
}

TEST_F(Related, SelfCopiesGo_180949_137057) {
  EXPECT_EQ(after("'remove_noops'", kX, R"_(
    a: "f32[4, 6][6, 1]cpu" = torch.ops.aten.add_.Tensor(x, 1)
    b: "f32[4, 6][6, 1]cpu" = torch.ops.aten.copy_.default(x, a)
    c: "f32[2, 6][6, 1]cpu" = torch.ops.aten.slice.Tensor(y, 0, 0, 2)
    d: "f32[2, 6][6, 1]cpu" = torch.ops.aten.slice.Tensor(y, 0, 0, 2)
    e: "f32[2, 6][6, 1]cpu" = torch.ops.aten.copy_.default(c, d))_", "(b,)"),
            "a = aten.add_.Tensor(x, 1)\nreturn (x,)\n");
}

TEST_F(Related, CopiesThatAreNoSelfCopiesStay) {
  EXPECT_EQ(after("'remove_noops'", R"_(x: "c64[4]", y: "f32[4, 4]")_", R"_(
    a: "c64[4]" = torch.ops.aten._conj.default(x)
    b: "c64[4]" = torch.ops.aten.copy_.default(x, a)
    c: "f32[4, 4]" = torch.ops.aten.transpose.int(y, 0, 1)
    d: "f32[4, 4]" = torch.ops.aten.copy_.default(y, c)
    e: "f32[3, 4]" = torch.ops.aten.slice.Tensor(y, 0, 0, 3)
    f: "f32[3, 4]" = torch.ops.aten.slice.Tensor(y, 0, 1, 4)
    h: "f32[3, 4]" = torch.ops.aten.copy_.default(e, f))_", "()").substr(0, 40),
            "a = aten._conj.default(x)\nb = aten.copy_");
  EXPECT_EQ(refusals(),
            "b: not-a-self-copy: a shows memory of x, but is not provably the same tensor [a]\n"
            "d: not-a-self-copy: c shows memory of y, but is not provably the same tensor [c]\n"
            "h: not-a-self-copy: f shows memory of e, but is not provably the same tensor [f]\n");
}

TEST_F(Related, NobodyKnowsWhatAnUnknownOperatorDoesToSizes) {
  EXPECT_EQ(after("'remove_noops', 'merge_views', 'cse'", kX, R"_(
    a: "f32[24][1]cpu" = torch.ops.aten.view.default(x, [24])
    b: "f32[4, 6][6, 1]cpu" = torch.ops.aten.view.default(a, [4, 6])
    u = torch.ops.mylib.custom.default(x)
    c: "f32[24][1]cpu" = torch.ops.aten.view.default(x, [24])
    d: "f32[6, 4][4, 1]cpu" = torch.ops.aten.view.default(c, [6, 4])
    m: "f32[4, 6][6, 1]cpu" = torch.ops.aten.mul.Tensor(b, 2))_", "(m, d)").find("aten.view.default(x, [4, 6])"), std::string::npos);
  const std::string sentence = "u gets hold of this memory: nobody knows whether it changes sizes or strides [u]\n";
  EXPECT_EQ(refusals(), "b: unknown-operator: " + sentence + "b: unknown-operator: " + sentence + "d: unknown-operator: " + sentence +
                            "c: unknown-operator: " + sentence);
}

TEST_F(Related, DetachCutsGradients) {
  after("'remove_noops'", kX, R"_(a: "f32[4, 6][6, 1]cpu" = torch.ops.aten.detach.default(x)
    m: "f32[4, 6][6, 1]cpu" = torch.ops.aten.mul.Tensor(a, 2))_", "(m,)");
  EXPECT_EQ(refusals(), "a: cuts-gradients: a keeps gradients from flowing back [a]\n");
}

// --- merge_views -------------------------------------------------------------------------------------------------------------------

TEST_F(Related, ViewChainsMerge) {
  EXPECT_EQ(after("'merge_views'", R"_(x: "f32[4, 6][6, 1]cpu", z: "f32[2, 3, 5]", e: "f32[1, 3]")_", R"_(
    a: "f32[2, 12][12, 1]cpu" = torch.ops.aten.view.default(x, [2, 12])
    b: "f32[24][1]cpu" = torch.ops.aten._unsafe_view.default(a, [24])
    c: "f32[8, 3][3, 1]cpu" = torch.ops.aten.view.default(b, [8, -1])
    d: "f32[5, 3, 2]" = torch.ops.aten.permute.default(z, [2, 1, 0])
    f: "f32[3, 5, 2]" = torch.ops.aten.transpose.int(d, 0, -2)
    h: "f32[5, 3, 2]" = torch.ops.aten.permute.default(f, [1, 0, 2])
    i: "f32[4, 3]" = torch.ops.aten.expand.default(e, [4, -1])
    j: "f32[2, 4, 3]" = torch.ops.aten.expand.default(i, [2, -1, 3])
    k: "f32[4, 4][6, 1]cpu" = torch.ops.aten.slice.Tensor(x, 1, 1, -1)
    l: "f32[4, 2][6, 2]cpu" = torch.ops.aten.slice.Tensor(k, 1, 1, 9223372036854775807, 2)
    n: "f32[4, 1][6, 4]cpu" = torch.ops.aten.slice.Tensor(l, -1, 1, 2, 2))_", "(c, h, j, n)"),
            "c = aten.view.default(x, [8, -1])\n"
            "permute_1 = aten.permute.default(z, [2, 1, 0])\n"
            "j = aten.expand.default(e, [2, 4, 3])\n"
            "n = aten.slice.Tensor(x, -1, 4, 5, 4)\n"
            "return (c, permute_1, j, n)\n");
}

TEST_F(Related, SymbolicSlicesMergeWhereProved) {
  EXPECT_EQ(after("'merge_views'", R"_(n: "Sym(s0)", k: "Sym(s1)", i: "Sym(u0)", x: "f32[s0, 6]")_", R"_(
    a: "f32[s0 - 2, 6]" = torch.ops.aten.slice.Tensor(x, 0, 2, 9223372036854775807)
    b: "f32[s0 - 2, 6]" = torch.ops.aten.slice.Tensor(a, 0, 0, n)
    c: "f32[s0, 6]" = torch.ops.aten.slice.Tensor(x, 0, 0, n)
    d: "f32[s1, 6]" = torch.ops.aten.slice.Tensor(c, 0, 0, k)
    e: "f32[u1, 6]" = torch.ops.aten.slice.Tensor(a, 0, i, 9223372036854775807)
    f: "f32[u2, 6]" = torch.ops.aten.slice.Tensor(a, 0, 0, i)
    h: "f32[u3, 6]" = torch.ops.aten.slice.Tensor(a, 0, 0, 9223372036854775807, 2))_", "(b, d, e, f, h)"),
            "a = aten.slice.Tensor(x, 0, 2, 9223372036854775807)\n"
            "b = aten.slice.Tensor(x, 0, 2, 9223372036854775807)\n"
            "d = aten.slice.Tensor(x, 0, 0, k)\n"
            "e = aten.slice.Tensor(a, 0, i, 9223372036854775807)\n"
            "f = aten.slice.Tensor(a, 0, 0, i)\n"
            "h = aten.slice.Tensor(a, 0, 0, 9223372036854775807, 2)\n"
            "return (b, d, e, f, h)\n"
            "e: size-unproven: a start is not provably inside [a]\n"
            "f: size-unproven: the end is not provably inside the first slice [a]\n"
            "h: size-unproven: a size is symbolic and a step is not 1 [a]\n");
}

TEST_F(Related, ViewsThatMustNotMerge) {
  EXPECT_EQ(after("'merge_views'", R"_(x: "f32[s0, 4]", p: "f32[1]", e: "f32[1]", q: "f32[9]")_", R"_(
    a: "f32[4*s0]" = torch.ops.aten.view.default(x, [-1])
    b: "f32[s0, 4]" = torch.ops.aten.view.default(a, [-1, 4])
    c: "f32[]" = torch.ops.aten.view.default(p, [])
    d: "f32[1]" = torch.ops.aten.view.default(c, [1])
    f: "f32[1, 1]" = torch.ops.aten.expand.default(e, [1, 1])
    h: "f32[1, 5]" = torch.ops.aten.expand.default(f, [1, 5])
    i: "f32[3]" = torch.ops.aten.slice.Tensor(q, 0, 0, 5, 2)
    j: "f32[0]" = torch.ops.aten.slice.Tensor(i, 0, 3, 9))_", "(b, d, h, j)").find("aten.view.default(x, [-1, 4])"), std::string::npos);
  EXPECT_EQ(refusals(),
            "b: size-unproven: where x is empty, the strides of b may become those of x [x]\n"
            "d: geometry-changes: c has no dimensions: it forgets the step of p [c]\n"
            "h: geometry-changes: f adds a dimension that may have size 1: its stride would change [f]\n"
            "j: size-unproven: the second slice is empty: where it begins would change [i]\n");
}

TEST_F(Related, ChainsOfWhichTheTextSaysTooLittle) {
  after("'merge_views'", R"_(x: "f32[s0, 6]", n: "Sym(s1)", m: "Sym(s2)", k: "Sym(s3)", y)_", R"_(
    a = torch.ops.aten.view.default(y, [4, 6])
    b = torch.ops.aten.view.default(a, [24])
    c = torch.ops.aten.permute.default(y, [1, 0])
    d = torch.ops.aten.permute.default(c, [1, 0])
    e = torch.ops.aten.slice.Tensor(y, 0, 0, 2)
    f = torch.ops.aten.slice.Tensor(e, 0, 0, 1)
    h = torch.ops.aten.expand.default(y, [2, 6])
    i = torch.ops.aten.expand.default(h, [2, 2, 6])
    j: "f32[s0 - s1, 6]" = torch.ops.aten.slice.Tensor(x, 0, n, 9223372036854775807)
    l: "f32[s0 - s1 - s2, 6]" = torch.ops.aten.slice.Tensor(j, 0, m, 9223372036854775807)
    o: "f32[s3, 6]" = torch.ops.aten.slice.Tensor(j, 0, 0, k)
    p: "f32[s3, 6]" = torch.ops.aten.slice.Tensor(x, 0, 0, 9223372036854775807, k)
    q: "f32[s1, 6]" = torch.ops.aten.slice.Tensor(p, 0, 0, n))_", "(b, d, f, i, l, o, q)");
  const std::string silent = "size-unproven: the text does not state the sizes of the chain ";
  EXPECT_EQ(refusals(), "b: " + silent + "[a]\nd: " + silent + "[d]\nf: " + silent + "[e]\ni: " + silent +
                            "[h]\n"
                            "l: size-unproven: the sum of two starts is no argument [j]\n"
                            "o: size-unproven: (s1) + (s3) is no argument [j]\n"
                            "q: size-unproven: a step is no constant [p]\n");
}

TEST_F(Related, ReshapeOfACloneStays_114464) {   // add_ must not reach x
  EXPECT_EQ(after("'merge_views', 'remove_noops', 'cse', 'dead_code'", kX, R"_(
    a: "f32[4, 6][6, 1]cpu" = torch.ops.aten.clone.default(x)
    b: "f32[24][1]cpu" = torch.ops.aten.reshape.default(a, [24])
    c: "f32[24][1]cpu" = torch.ops.aten.add_.Tensor(b, 1))_", "(b,)"),
            "a = aten.clone.default(x)\nb = aten.reshape.default(a, [24])\nc = aten.add_.Tensor(b, 1)\nreturn (b,)\n");
}

// --- cse ---------------------------------------------------------------------------------------------------------------------------

TEST_F(Related, EqualCallsBecomeOne) {
  EXPECT_EQ(after("'cse'", kX, R"_(
    a: "f32[4, 6][6, 1]cpu" = torch.ops.aten.mul.Tensor(x, 2)
    b: "f32[4, 6][6, 1]cpu" = torch.ops.aten.mul.Tensor(x, other = 2)
    c: "f32[4, 6][6, 1]cpu" = torch.ops.aten.add.Tensor(a, y)
    d: "f32[4, 6][6, 1]cpu" = torch.ops.aten.add.Tensor(b, y, alpha = 1)
    e: "f32[2, 6][6, 1]cpu" = torch.ops.aten.slice.Tensor(d, 0, 0, 2)
    f: "f32[2, 6][6, 1]cpu" = torch.ops.aten.slice.Tensor(c, 0, 0, 2, 1)
    g = torch.ops.aten.max.dim(c, 0)
    h: "f32[6][1]cpu" = g[0]
    i = torch.ops.aten.max.dim(d, 0)
    j: "f32[6][1]cpu" = i[0]
    k: "f32[6][1]cpu" = torch.ops.aten.add.Tensor(h, j)
    m: "f32[2, 6][6, 1]cpu" = torch.ops.aten.add.Tensor(e, f))_", "(k, m)"),
            "a = aten.mul.Tensor(x, 2)\nc = aten.add.Tensor(a, y)\ne = aten.slice.Tensor(c, 0, 0, 2)\ng = aten.max.dim(c, 0)\nh = g[0]\n"
            "k = aten.add.Tensor(h, h)\nm = aten.add.Tensor(e, e)\nreturn (k, m)\n");
}

TEST_F(Related, OtherArgumentsAreOtherCalls) {   // 1, 1.0 and True make other dtypes
  const std::string same = after("'cse'", R"_(x: "i64[4]")_", R"_(
    a: "i64[4]" = torch.ops.aten.mul.Tensor(x, 1)
    b: "f32[4]" = torch.ops.aten.mul.Tensor(x, 1.0)
    c: "i64[4]" = torch.ops.aten.mul.Tensor(x, True)
    d: "f32[4]" = torch.ops.aten.mul.Tensor(x, 0.0)
    e: "f32[4]" = torch.ops.aten.mul.Tensor(x, -0.0))_", "(a, b, c, d, e)");
  EXPECT_EQ(std::count(same.begin(), same.end(), '\n'), 6) << same;
}

TEST_F(Related, CseRefusals) {
  after("'cse'", R"_(x: "f32[4]", y: "f32[4]", n: "Sym(s0)")_", R"_(
    a: "f32[4]" = torch.ops.aten.mul.Tensor(x, 2)
    w: "f32[4]" = torch.ops.aten.add_.Tensor(x, 1)
    b: "f32[4]" = torch.ops.aten.mul.Tensor(x, 2)
    r: "f32[4]" = torch.ops.aten.rand_like.default(y)
    r1: "f32[4]" = torch.ops.aten.rand_like.default(y)
    e: "f32[4]" = torch.ops.aten.empty.memory_format([4])
    e1: "f32[4]" = torch.ops.aten.empty.memory_format([4])
    c: "f32[4]" = torch.ops.aten.neg.default(y)
    c1: "f32[4]" = torch.ops.aten.neg.default(y)
    d: "f32[4]" = torch.ops.aten.exp.default(y)
    d1: "f32[4]" = torch.ops.aten.exp.default(y)
    v: "f32[4]" = torch.ops.aten.relu_.default(d1)
    o: "i64[u0, 1]" = torch.ops.aten.nonzero.default(y)
    o1: "i64[u1, 1]" = torch.ops.aten.nonzero.default(y)
    f = torch.ops.aten._assert_async.msg(y, 'no')
    f1 = torch.ops.aten._assert_async.msg(y, 'no')
    k = torch.ops.mylib.custom.default(n)
    k1 = torch.ops.mylib.custom.default(n)
    p: "f32[2]" = torch.ops.aten.slice.Tensor(y, 0, 0, 2)
    p1: "f32[2]" = torch.ops.aten.slice.Tensor(y, 0, 0, 2))_", "(a, b, c, c1, p, p1)");
  EXPECT_EQ(refusals(),
            "b: old-value-read-later: w writes x between a and b [w]\n"
            "r1: random-state: r1 is called again for what it does, not only for its result [r]\n"
            "e1: not-a-function: aten.empty.memory_format gives whatever the memory holds [e]\n"
            "c1: result-escapes: c1 and c are both returned: the outputs would share memory [c]\n"
            "d1: result-is-written: v writes d1: each needs its own memory [v]\n"
            "o1: size-unproven: the text says u1 of o1 where it says u0 of o [o]\n"
            "f1: assertion: f1 is called again for what it does, not only for its result [f]\n"
            "k1: unknown-operator: k1 is called again for what it does, not only for its result [k]\n"
            "p1: result-escapes: p1 and p are both returned: they would become one tensor [p]\n");
}

TEST_F(Related, FactoriesThatAreUpdatedStayTwo_132865) {
  const char* body = R"_(
    a: "f32[4]" = torch.ops.aten.full.default([4], 0)
    b: "f32[4]" = torch.ops.aten.full.default([4], 0)
    c: "f32[4]" = torch.ops.aten.full.default([4], 1)
    d: "f32[4]" = torch.ops.aten.full.default([4], 1)
    u: "f32[4]" = torch.ops.aten.slice_scatter.default(a, s, 0, 0, 2)
    m: "f32[4]" = torch.ops.aten.mul.Tensor(b, u)
    k: "f32[4]" = torch.ops.aten.add.Tensor(c, d)
    h: "f32[4]" = torch.ops.aten.add.Tensor(m, k))_";
  after("'cse'", R"_(s: "f32[2]")_", body, "(h,)");
  EXPECT_EQ(refusals(), "b: factory-is-updated: u may be done in place, and then needs memory of its own (pytorch 132865) [u]\n");
  EXPECT_EQ(session.graph()->find("d"), graph::ir::NodeId{});
}

TEST_F(Related, ThreeCallsOfWhichTwoAreReturned) {
  after("'cse'", R"_(x: "f32[4]")_", R"_(
    a: "f32[4]" = torch.ops.aten.neg.default(x)
    b: "f32[4]" = torch.ops.aten.neg.default(x)
    c: "f32[4]" = torch.ops.aten.neg.default(x)
    d: "f32[2]" = torch.ops.aten.slice.Tensor(b, 0, 0, 2)
    e: "f32[2]" = torch.ops.aten.slice.Tensor(c, 0, 2, 4))_", "(d, e)");
  EXPECT_EQ(refusals(), "c: result-escapes: c and a are both returned: the outputs would share memory [a]\n");
}

TEST_F(Related, AWriteIntoAnotherInputIsGuarded) {   // it may be the same memory
  const std::string text = after("'cse'", kX, R"_(
    a: "f32[4, 6][6, 1]cpu" = torch.ops.aten.mul.Tensor(x, 2)
    w: "f32[4, 6][6, 1]cpu" = torch.ops.aten.add_.Tensor(y, 1)
    b: "f32[4, 6][6, 1]cpu" = torch.ops.aten.mul.Tensor(x, 2)
    c: "f32[4, 6][6, 1]cpu" = torch.ops.aten.add.Tensor(a, b))_", "(c,)");
  EXPECT_NE(text.find("guard: disjoint(y, x)"), std::string::npos) << text;
  EXPECT_NE(text.find("aten.add.Tensor(a, a)"), std::string::npos) << text;
}

// --- dead_code ---------------------------------------------------------------------------------------------------------------------

TEST_F(Related, DeadCodeGoes) {
  EXPECT_EQ(after("'dead_code'", kX, R"_(
    a: "f32[4, 6][6, 1]cpu" = torch.ops.aten.mul.Tensor(x, 2)
    b: "f32[4, 6][6, 1]cpu" = torch.ops.aten.add.Tensor(a, 1)
    c: "f32[4, 6][6, 1]cpu" = torch.ops.aten.sub.Tensor(a, b)
    d = torch.ops.aten.max.dim(c, 0)
    e: "f32[6][1]cpu" = d[1]
    f: "f32[4, 6][6, 1]cpu" = torch.ops.aten.copy_.default(x, y)
    h: "f32[4, 6][6, 1]cpu" = torch.ops.aten.zeros_like.default(y)
    i: "f32[4, 6][6, 1]cpu" = torch.ops.aten.add_.Tensor(h, 1))_", "(y,)"),
            "f = aten.copy_.default(x, y)\nh = aten.zeros_like.default(y)\ni = aten.add_.Tensor(h, 1)\nreturn (y,)\n");
}

TEST_F(Related, DeadCodeWithAnEffectStays) {
  after("'dead_code'", R"_(x: "f32[4]", n: "Sym(u0)")_", R"_(
    a: "f32[4]" = torch.ops.aten.rand_like.default(x)
    b = torch.ops.aten._assert_async.msg(x, 'no')
    c = torch.ops.aten.sym_constrain_range_for_size.default(n)
    d = torch.ops.mylib.custom.default(x)
    e: "f32[4]" = torch.ops._c10d_functional.all_reduce.default(x, 'sum', '0'))_", "(x,)");
  EXPECT_EQ(refusals(),
            "a: random-state: a draws random numbers: without it those that are drawn later would be others []\n"
            "b: assertion: b is there to fail or to state something of a symbol []\n"
            "c: assertion: c is there to fail or to state something of a symbol []\n"
            "d: unknown-operator: d is an operator of which nobody knows what it does []\n"
            "e: collective: e is waited for by other processes []\n");
}

// --- the questions that they ask -----------------------------------------------------------------------------------------------------

TEST_F(Related, Questions) {
  after("", R"_(x: "f32[s0, 4]", n: "Sym(s0)")_", R"_(
    a: "f32[s0, 4]" = torch.ops.aten.slice.Tensor(x, 0, 0, n)
    b: "f32[s0, 4]" = torch.ops.aten.add_.Tensor(a, 1)
    c: "f32[s0, 4][4, 1]cpu" = torch.ops.aten.add.Tensor(x, a, alpha = 1)
    d: "f32[s0, 4]" = torch.ops.aten.pow_.Scalar(x, 2)
    e: "f32[4, s0]" = torch.ops.aten.permute.default(x, [1, 0]))_", "(c,)");
  EXPECT_EQ(value("g = fx.graph() return g.x:effect() .. g.a:effect() .. g.b:effect() .. g.c:effect()"), "inputviewmutationfresh");
  EXPECT_EQ(value("return g.b:writes()[1].name, #g.c:writes()"), "a\n0");
  EXPECT_EQ(value("return g.b:twin(), g.c:twin(), g.d:twin(), g.a:twin()"), "aten.add.Tensor\naten.add_.Tensor\naten.pow.Tensor_Scalar\nnil");
  EXPECT_EQ(value("return g.c:call()"), "call_function aten.add.Tensor(x, a, 1, )");
  EXPECT_EQ(value("return g.c:call{[g.a.id] = g.x.id}"), "call_function aten.add.Tensor(x, x, 1, )");
  EXPECT_EQ(value("return g:same_tensor('a', 'x'), g:same_tensor('b', 'x'), g:same_tensor('c', 'x'), g:same_tensor('e', 'x')"), "true\ntrue\nfalse\nfalse");
  EXPECT_EQ(value("return g:proves('s0 >= 0'), g:proves('s0 > 0'), g:proves('s0 + 1 != 0'), g:proves('2*s0 == s0 + s0'), g:proves('s0 < 9')"),
            "true\nfalse\ntrue\ntrue\nfalse");
  EXPECT_NE(error("g:proves('s0')").find("'s0' is no condition: write two sizes with ==, !=, <=, >=, < or > between them"), std::string::npos);
  EXPECT_EQ(value("g.c:replace_input_with(g.a, g.x) return g.c.inputs[1].name, #g.c.inputs"), "x\n1");
  EXPECT_EQ(value("local m = g:insert_after(g.c, 'aten.neg.default', {g.c}, nil, {meta = g.c, strides = false}) g:output():replace_input_with(g.c, m) return m.meta.text"),
            "f32[s0, 4]cpu");
}

TEST_F(Related, AJournalHasTheModulesToo) {
  value("fx.apply('cse') fx.graph():insert_before(fx.graph():output(), 'aten.neg.default', {fx.graph().cache})");
  const std::string journal = value("return fx.journal()");
  EXPECT_NE(journal.find("fx.embed(\"lib/identity.lua\""), std::string::npos) << journal;
}

}  // namespace
}  // namespace rewrites::lua::test
