// scripts/functionalize.lua on small programs: every write becomes functional, or is refused under a rule.
#include "tests/lua/related.h"

namespace rewrites::lua::test {
namespace {

class Functionalize : public Related {};

TEST_F(Functionalize, WritesThroughViewsBecomeFunctional) {
  EXPECT_EQ(after("'functionalize'", R"_(cache: "f32[4, 6][6, 1]cpu", pos: "i64[1][1]cpu", k: "f32[2, 1][1, 1]cpu")_", R"_(
    w: "f32[2, 6][6, 1]cpu" = torch.ops.aten.slice.Tensor(cache, 0, 0, 2)
    p: "f32[2, 6][6, 1]cpu" = torch.ops.aten.index_put_.default(w, [None, pos], k)
    r: "f32[6][1]cpu" = torch.ops.aten.select.int(cache, 0, 1)
    m: "f32[6][1]cpu" = torch.ops.aten.mul.Tensor(r, 2)
    q: "f32[2, 6][6, 1]cpu" = torch.ops.aten.mul.Tensor(p, 2))_", "(m, q, w, p)"),
            "# guard: disjoint(cache, pos)\n# guard: disjoint(cache, k)\n# guard: no_self_overlap(cache)\n"
            "w = aten.slice.Tensor(cache, 0, 0, 2)\n"
            "index_put = aten.index_put.default(w, [None, pos], k)\n"
            "slice_scatter = aten.slice_scatter.default(cache, index_put, 0, 0, 2)\n"
            "select = aten.select.int(slice_scatter, 0, 1)\n"
            "m = aten.mul.Tensor(select, 2)\n"
            "slice_1 = aten.slice.Tensor(slice_scatter, 0, 0, 2)\n"
            "q = aten.mul.Tensor(slice_1, 2)\n"
            "copy_ = aten.copy_.default(cache, slice_scatter)\n"
            "return (m, q, w, w)\n");
}

TEST_F(Functionalize, EveryViewHasItsWayBack) {
  EXPECT_EQ(after("'functionalize'", R"_(s: "f32[4, 6][6, 1]cpu")_", R"_(
    x: "f32[4, 6][6, 1]cpu" = torch.ops.aten.clone.default(s)
    a: "f32[6, 4][1, 6]cpu" = torch.ops.aten.t.default(x)
    b: "f32[6, 1, 4][1, 4, 6]cpu" = torch.ops.aten.unsqueeze.default(a, 1)
    c: "f32[4, 6, 1][6, 1, 4]cpu" = torch.ops.aten.permute.default(b, [2, 0, 1])
    d: "f32[6, 1][1, 4]cpu" = torch.ops.aten.select.int(c, 0, 3)
    e: "f32[6][1]cpu" = torch.ops.aten.squeeze.dim(d, 1)
    f: "f32[2, 3][3, 1]cpu" = torch.ops.aten.view.default(e, [2, 3])
    h = torch.ops.aten.split.Tensor(f, 1)
    i: "f32[1, 3][3, 1]cpu" = h[1]
    j: "f32[1, 3][3, 1]cpu" = torch.ops.aten.zero_.default(i))_", "(x,)"),
            "x = aten.clone.default(s)\n"
            "a = aten.t.default(x)\nb = aten.unsqueeze.default(a, 1)\nc = aten.permute.default(b, [2, 0, 1])\nd = aten.select.int(c, 0, 3)\n"
            "e = aten.squeeze.dim(d, 1)\nf = aten.view.default(e, [2, 3])\nh = aten.split.Tensor(f, 1)\ni = h[1]\n"
            "zero = aten.zero.default(i)\n"
            "slice_scatter = aten.slice_scatter.default(f, zero, 0, 1, 2)\n"
            "view = aten.view.default(slice_scatter, [6])\n"
            "unsqueeze = aten.unsqueeze.default(view, 1)\n"
            "select_scatter = aten.select_scatter.default(c, unsqueeze, 0, 3)\n"
            "permute = aten.permute.default(select_scatter, [1, 2, 0])\n"
            "squeeze = aten.squeeze.dim(permute, 1)\n"
            "t = aten.t.default(squeeze)\n"
            "return (t,)\n");
}

TEST_F(Functionalize, ResultsOfAnotherDtypeAreCopiedIntoPlace) {   // and of other strides
  EXPECT_EQ(after("'functionalize'", R"_(s: "f32[4][1]cpu", z: "f64[4][1]cpu")_", R"_(
    x: "f32[4][1]cpu" = torch.ops.aten.clone.default(s)
    a: "f32[4][1]cpu" = torch.ops.aten.ge_.Scalar(x, 0)
    b: "f32[4][1]cpu" = torch.ops.aten.add_.Tensor(x, z)
    c: "f32[4][1]cpu" = torch.ops.aten.mul_.Tensor(x, s))_", "(x,)"),
            "x = aten.clone.default(s)\n"
            "ge = aten.ge.Scalar(x, 0)\ncopy = aten.copy.default(x, ge)\n"
            "add = aten.add.Tensor(copy, z)\ncopy_1 = aten.copy.default(copy, add)\n"
            "mul = aten.mul.Tensor(copy_1, s)\nreturn (mul,)\n");
}

TEST_F(Functionalize, OneResultTakenTwiceIsOneTensor) {
  EXPECT_EQ(after("'functionalize'", R"_(x: "f32[4, 2]")_", R"_(
    m = torch.ops.aten.max.dim(x, 0)
    a: "f32[2]" = m[0]
    b: "f32[2]" = m[0]
    c: "f32[2]" = torch.ops.aten.copy_.default(b, a)
    d: "f32[2]" = torch.ops.aten.zero_.default(a))_", "(b,)"),
            "m = aten.max.dim(x, 0)\na = m[0]\nb = m[0]\ncopy = aten.copy.default(b, a)\nzero = aten.zero.default(copy)\n"
            "copy_1 = aten.copy.default(copy, zero)\nreturn (copy_1,)\n");
}

TEST_F(Functionalize, AFunctionalGraphStaysAsItIs) {
  EXPECT_EQ(after("'functionalize'", kX, R"_(
    u: "f32[4, 6][6, 1]cpu" = torch.ops.aten.slice_scatter.default(x, y, 0, 0, 4)
    c: "f32[4, 6][6, 1]cpu" = torch.ops.aten.copy_.default(x, u))_", "(u, x)"),
            "u = aten.slice_scatter.default(x, y, 0, 0, 4)\nc = aten.copy_.default(x, u)\nreturn (u, x)\n");
}

TEST_F(Functionalize, OtherInputsThatAreUsedLaterMustBeOtherMemory) {
  const std::string text = after("'functionalize'", R"_(x: "f32[4]", y: "f32[4]", z: "f32[4]")_", R"_(
    a: "f32[4]" = torch.ops.aten.mul.Tensor(z, 2)
    b: "f32[4]" = torch.ops.aten.add_.Tensor(x, a)
    c: "f32[4]" = torch.ops.aten.mul.Tensor(y, 2))_", "(c,)");
  EXPECT_NE(text.find("disjoint(x, y)"), std::string::npos) << text;
  EXPECT_EQ(text.find("disjoint(x, z)"), std::string::npos) << text;
}

TEST_F(Functionalize, FunctionalizeRefusals) {
  after("'functionalize'", R"_(a: "f32[4]", b: "f32[4]", c: "f32[4]", d: "f32[4, 4]", e: "f32[4, 4]", f: "f32[4]", h: "c64[4]", j: "f32[8]", n: "Sym(s0)")_", R"_(
    a1 = torch.ops.mylib.custom.default(a)
    a2: "f32[4]" = torch.ops.aten.add_.Tensor(a, 1)
    b1: "f32[4]" = torch.ops.aten.uniform_.default(b)
    c1: "f32[2, 4]" = torch.ops.aten.expand.default(c, [2, 4])
    c2: "f32[2, 4]" = torch.ops.aten.zero_.default(c1)
    d1: "f32[4, 4]" = torch.ops.aten.t.default(d)
    d2: "f32[4, 4]" = torch.ops.aten.add_.Tensor(d, d1)
    e1: "f32[16]" = torch.ops.aten.reshape.default(e, [16])
    e2: "f32[16]" = torch.ops.aten.zero_.default(e1)
    f1: "f32[2]" = torch.ops.aten.as_strided.default(f, [2], [1])
    f2: "f32[4]" = torch.ops.aten.zero_.default(f)
    f3: "f32[2]" = torch.ops.aten.neg.default(f1)
    h1: "c64[4]" = torch.ops.aten._conj.default(h)
    h2: "c64[4]" = torch.ops.aten.zero_.default(h1)
    k = torch.ops.aten.max.dim_max(d, 1, max = j, max_values = j))_", "(f3,)");
  EXPECT_EQ(refusals(),
            "a2: unknown-operator: a1 may write and keep whatever it gets hold of [a1]\n"
            "b1: random-operator: b1 draws its numbers in the order of the memory that it writes [b1]\n"
            "c2: internal-overlap: c1 shows elements several times [c1]\n"
            "d2: overlapping-operand: d2 reads d1 while it writes the same memory [d1]\n"
            "e2: alias-depends-on-size: e1 shows the memory of e at some sizes only [e1]\n"
            "f2: geometry-changes: f1 counts in the memory of its base, which a new value need not have [f1]\n"
            "h2: no-inverse: a write through h1 (aten._conj.default) cannot be brought back [h1]\n"
            "k: no-functional-twin: no functional operator gives what k (aten.max.dim_max) writes [k]\n");
}

TEST_F(Functionalize, FunctionalizeNeedsSizesAndAnEnd) {
  after("'functionalize'", R"_(a: "f32[4]", b)_", R"_(
    c: "f32[4]" = torch.ops.aten.add_.Tensor(b, 1))_", "(a,)");
  EXPECT_EQ(refusals(), "c: size-unproven: the text does not state the sizes of b [b]\n");
  session.openText("def forward(self, b: \"f32[4]\"):\n    c: \"f32[4]\" = torch.ops.aten.add_.Tensor(b, 1)\n", "piece.txt");
  value("fx.apply('functionalize')");
  EXPECT_EQ(refusals(), "c: no-output: the graph has no end at which b could get its last value [b]\n");
}

TEST_F(Functionalize, AnOutputThatMayShowAnInputMustGoOnDoingSo) {
  after("'functionalize'", R"_(x: "f32[4]")_", R"_(
    a: "f32[4]" = torch.ops.aten.add_.Tensor(x, 1)
    b: "f32[2, 2]" = torch.ops.aten.reshape.default(a, [2, 2]))_", "(b,)");
  EXPECT_EQ(refusals(), "a: alias-depends-on-size: b shows memory that a writes, at some sizes only [b a]\n");
}

TEST_F(Functionalize, ThereAndBackAgain) {
  session.openText(readText(sourcePath("tests/lua/kv.txt")), "kv.txt");
  value("fx.apply('reinplace')");
  const std::string inPlace = statements();
  value("fx.apply('functionalize')");
  EXPECT_NE(statements().find("slice_scatter"), std::string::npos) << statements();
  EXPECT_EQ(value("return #fx.apply('reinplace').taken"), "1");
  EXPECT_EQ(statements().find("slice_scatter"), std::string::npos) << statements();
  EXPECT_EQ(value("return #fx.graph(1)"), value("return #fx.graph()"));
}

}  // namespace
}  // namespace rewrites::lua::test
