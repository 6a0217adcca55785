// Each rule, in its order, by the cases that its sentence names; switches_test.cpp shows that each is needed.
#include "tests/rewrites/programs.h"

namespace rewrites::test {
namespace {

TEST(Rules, UnknownOperator) {
  // A custom operator, before or after the write; one that a view of x reaches.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
                      R"p(k: "f32[4, 3]" = torch.ops.mylib.keep.default(x)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (k,))p"),
            "refuse u: unknown-operator [k]\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
                      R"p(v: "f32[2, 3]" = torch.ops.aten.slice.Tensor(x, 0, 2, 4)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
k: "f32[2, 3]" = torch.ops.mylib.peek.default(v)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (k,))p"),
            "refuse u: unknown-operator [k]\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
                      R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
k: "f32[2, 3]" = torch.ops.mylib.peek.default(s)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (k,))p"),
            "take u -> x: write u erase copy_\n");
}

TEST(Rules, AsyncReader) {
  // Until it is waited for; a non-blocking copy until the end.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
                      R"p(r: "f32[4, 3]" = torch.ops._c10d_functional.all_reduce.default(x, 'sum', '0')
w: "f32[4, 3]" = torch.ops._c10d_functional.wait_tensor.default(r)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (w,))p"),
            "take u -> x: write u erase copy_\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
                      R"p(r: "f32[4, 3]" = torch.ops._c10d_functional.all_reduce.default(x, 'sum', '0')
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
w: "f32[4, 3]" = torch.ops._c10d_functional.wait_tensor.default(r)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (w,))p"),
            "refuse u: async-reader [r]\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
                      R"p(k: "f16[4, 3]" = torch.ops.aten._to_copy.default(x, dtype = torch.float16, non_blocking = True)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (k,))p"),
            "refuse u: async-reader [k]\n");
}

TEST(Rules, DtypeOrShapeChanges) {
  // A sum of f32 and f64, of one row and two.
  EXPECT_EQ(decisions(R"p(x: "f32[4]", y: "f64[2]")p",
                      R"p(t: "f32[2]" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
u: "f64[2]" = torch.ops.aten.add.Tensor(t, y)
w: "f32[4]" = torch.ops.aten.slice_scatter.default(x, u, 0, 0, 2)
copy_: "f32[4]" = torch.ops.aten.copy_.default(x, w)
return ())p"),
            "take w -> x: write w erase copy_\nrefuse u: dtype-or-shape-changes [t]\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", y: "f32[2, 3]")p",
                      R"p(t: "f32[1, 3]" = torch.ops.aten.slice.Tensor(x, 0, 0, 1)
u: "f32[2, 3]" = torch.ops.aten.add.Tensor(t, y)
w: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, u, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, w)
return ())p"),
            "take w -> x: write w erase copy_\nrefuse u: dtype-or-shape-changes [t]\n");
}

TEST(Rules, InternalOverlap) {
  // expand, as_strided and unfold show an address twice.
  EXPECT_EQ(decisions(R"p(z: "f32[1, 3]", i: "i64[1]", v: "f32[1, 3]")p",
                      R"p(b: "f32[1, 3]" = torch.ops.aten.neg.default(z)
e: "f32[4, 3]" = torch.ops.aten.expand.default(b, [4, 3])
u: "f32[4, 3]" = torch.ops.aten.index_put.default(e, [i], v)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u, 2)
return (m,))p"),
            "refuse u: internal-overlap [e]\n");
  EXPECT_EQ(decisions(R"p(s: "f32[1, 3]")p",
                      R"p(b: "f32[6]" = torch.ops.aten.full.default([6], 0)
e: "f32[4, 3]" = torch.ops.aten.as_strided.default(b, [4, 3], [1, 1], 0)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(e, s, 0, 0, 1)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u, 2)
return (m,))p"),
            "refuse u: internal-overlap [e]\n");
  EXPECT_EQ(decisions(R"p(s: "f32[1, 3]")p",
                      R"p(b: "f32[6]" = torch.ops.aten.full.default([6], 0)
e: "f32[4, 3]" = torch.ops.aten.unfold.default(b, 0, 3, 1)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(e, s, 0, 0, 1)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u, 2)
return (m,))p"),
            "refuse u: internal-overlap [e]\n");
}

TEST(Rules, OverlappingOperand) {
  // x[1:] = x[:-1]; x += x.t(). But flip makes a tensor of its own, and x[0:2] += x[2:4] are apart.
  EXPECT_EQ(decisions(R"p(x: "f32[4]")p",
                      R"p(v: "f32[3]" = torch.ops.aten.slice.Tensor(x, 0, 0, 3)
u: "f32[4]" = torch.ops.aten.slice_scatter.default(x, v, 0, 1, 4)
copy_: "f32[4]" = torch.ops.aten.copy_.default(x, u)
return ())p"),
            "refuse u: overlapping-operand [v]\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 4]")p",
                      R"p(p: "f32[4, 4]" = torch.ops.aten.permute.default(x, [1, 0])
u: "f32[4, 4]" = torch.ops.aten.add.Tensor(x, p)
copy_: "f32[4, 4]" = torch.ops.aten.copy_.default(x, u)
return ())p"),
            "refuse u: overlapping-operand [p]\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4]")p",
                      R"p(f: "f32[4]" = torch.ops.aten.flip.default(x, [0])
u: "f32[4]" = torch.ops.aten.add.Tensor(x, f)
copy_: "f32[4]" = torch.ops.aten.copy_.default(x, u)
return ())p"),
            "take u -> x: write u erase copy_\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4]")p",
                      R"p(v: "f32[2]" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
w: "f32[2]" = torch.ops.aten.slice.Tensor(x, 0, 2, 4)
a: "f32[2]" = torch.ops.aten.add.Tensor(v, w)
u: "f32[4]" = torch.ops.aten.slice_scatter.default(x, a, 0, 0, 2)
copy_: "f32[4]" = torch.ops.aten.copy_.default(x, u)
return ())p"),
            "take u -> x: write a drop u erase copy_\n");
}

TEST(Rules, TwoOwners) {
  // In one storage rows 2 and 3 would get 1 added twice.
  EXPECT_EQ(decisions(R"p(s: "f32[2, 3]")p",
                      R"p(z: "f32[4, 3]" = torch.ops.aten.full.default([4, 3], 0)
v: "f32[2, 3]" = torch.ops.aten.slice.Tensor(z, 0, 2, 4)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(z, s, 0, 0, 2)
f = torch.ops.aten._foreach_add_.Scalar([v, u], 1)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u, 2)
return (m,))p"),
            "refuse u: two-owners [f]\n");
}

TEST(Rules, GeometryChanges) {
  // In place u has strides [6, 1]: a view cannot be taken, and a sum may come out in other bits.
  EXPECT_EQ(decisions(R"p(p: "i64[1]", k: "f32[4, 1]")p",
                      R"p(z: "f32[4, 6]" = torch.ops.aten.full.default([4, 6], 0)
v: "f32[4, 3]" = torch.ops.aten.slice.Tensor(z, 1, 0, 3)
u: "f32[4, 3]" = torch.ops.aten.index_put.default(v, [None, p], k)
w: "f32[12]" = torch.ops.aten.view.default(u, [12])
m: "f32[12]" = torch.ops.aten.mul.Tensor(w, 2)
return (m,))p"),
            "refuse u: geometry-changes [w]\n");
  EXPECT_EQ(decisions(R"p(p: "i64[1]", k: "f32[4, 1]")p",
                      R"p(z: "f32[4, 6]" = torch.ops.aten.full.default([4, 6], 0)
v: "f32[4, 3]" = torch.ops.aten.slice.Tensor(z, 1, 0, 3)
u: "f32[4, 3]" = torch.ops.aten.index_put.default(v, [None, p], k)
n: "Sym(3)" = torch.ops.aten.sym_stride.int(u, 0)
return (n,))p"),
            "refuse u: geometry-changes [n]\n");
  EXPECT_EQ(decisions(R"p(p: "i64[1]", k: "f32[4, 1]")p",
                      R"p(z: "f32[4, 6]" = torch.ops.aten.full.default([4, 6], 0)
v: "f32[4, 3]" = torch.ops.aten.slice.Tensor(z, 1, 0, 3)
u: "f32[4, 3]" = torch.ops.aten.index_put.default(v, [None, p], k)
w: "f32[2]" = torch.ops.aten.as_strided.default(u, [2], [1], 0)
m: "f32[2]" = torch.ops.aten.mul.Tensor(w, 2)
return (m,))p"),
            "refuse u: geometry-changes [w]\n");
  EXPECT_EQ(decisions(R"p(p: "i64[1]", k: "f32[4, 1]")p",
                      R"p(z: "f32[4, 6]" = torch.ops.aten.full.default([4, 6], 0)
v: "f32[4, 3]" = torch.ops.aten.slice.Tensor(z, 1, 0, 3)
u: "f32[4, 3]" = torch.ops.aten.index_put.default(v, [None, p], k)
n: "Sym(4)" = torch.ops.aten.sym_size.int(u, 0)
w: "f32[4]" = torch.ops.aten.sum.dim_IntList(u, [1])
return (w, n))p"),
            "refuse u: geometry-changes [w]\n");
}

TEST(Rules, AliasDependsOnSize) {
  // reshape of a transposed x shows it at s0 = 1; reshape of a row-major z always does.
  EXPECT_EQ(decisions(R"p(s0: "Sym(s0)", x: "f32[s0, s0]", s: "f32[1, s0]")p",
                      R"p(t: "f32[s0, s0]" = torch.ops.aten.transpose.int(x, 0, 1)
r: "f32[s0**2]" = torch.ops.aten.reshape.default(t, [-1])
u: "f32[s0, s0]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 1)
m: "f32[s0**2]" = torch.ops.aten.mul.Tensor(r, 2)
copy_: "f32[s0, s0]" = torch.ops.aten.copy_.default(x, u)
return (m,))p"),
            "refuse u: alias-depends-on-size [m]\n");
  EXPECT_EQ(decisions(R"p(s0: "Sym(s0)", s: "f32[1, 3]")p",
                      R"p(z: "f32[s0, 3]" = torch.ops.aten.full.default([s0, 3], 0)
r: "f32[3*s0]" = torch.ops.aten.reshape.default(z, [-1])
u: "f32[s0, 3]" = torch.ops.aten.slice_scatter.default(z, s, 0, 0, 1)
m: "f32[3*s0]" = torch.ops.aten.mul.Tensor(r, 2)
n: "f32[s0, 3]" = torch.ops.aten.mul.Tensor(u, 2)
return (m, n))p"),
            "refuse u: size-unproven [m]\n");
}

TEST(Rules, OldValueReadLater) {
  // Through whatever view of the rows that are written.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
                      R"p(v: "f32[4, 3]" = torch.ops.aten.detach.default(x)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(v, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p"),
            "refuse u: old-value-read-later [m]\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
                      R"p(v: "f32[3]" = torch.ops.aten.select.int(x, 0, 1)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[3]" = torch.ops.aten.mul.Tensor(v, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p"),
            "refuse u: old-value-read-later [m]\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
                      R"p(v: "f32[3]" = torch.ops.aten.select.int(x, 0, 2)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[3]" = torch.ops.aten.mul.Tensor(v, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p"),
            "take u -> x: write u erase copy_\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
                      R"p(v: "f32[3]" = torch.ops.aten.diagonal.default(x)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[3]" = torch.ops.aten.mul.Tensor(v, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p"),
            "refuse u: old-value-read-later [m]\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
                      R"p(v: "f32[12]" = torch.ops.aten.view.default(x, [-1])
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[12]" = torch.ops.aten.mul.Tensor(v, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p"),
            "refuse u: old-value-read-later [m]\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
                      R"p(v: "i32[4, 3]" = torch.ops.aten.view.dtype(x, torch.int32)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "i32[4, 3]" = torch.ops.aten.mul.Tensor(v, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p"),
            "refuse u: old-value-read-later [m]\n");
}

TEST(Rules, InputMustKeepValue) {
  // Nothing written back; only a part written back; all of what is written.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
                      R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u, 2)
return (m,))p"),
            "refuse u: input-must-keep-value [x]\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
                      R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u, 2)
a: "f32[1, 3]" = torch.ops.aten.slice.Tensor(x, 0, 0, 1)
b: "f32[1, 3]" = torch.ops.aten.slice.Tensor(u, 0, 0, 1)
copy_: "f32[1, 3]" = torch.ops.aten.copy_.default(a, b)
return (m,))p"),
            "refuse u: input-must-keep-value [x]\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
                      R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u, 2)
a: "f32[2, 3]" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
b: "f32[2, 3]" = torch.ops.aten.slice.Tensor(u, 0, 0, 2)
copy_: "f32[2, 3]" = torch.ops.aten.copy_.default(a, b)
return (m,))p"),
            "take u -> x: write u erase copy_\n");
  EXPECT_EQ(decisions(R"p(s: "f32[2, 3]")p",
                      R"p(buf: "f32[4, 3]" = self.buf
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(buf, s, 0, 0, 2)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u, 2)
return (m,))p"),
            "refuse u: input-must-keep-value [buf]\n");
}

TEST(Rules, CopyWritesOtherValue) {
  // Read after the copy_; read only before it.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]", y: "f32[4, 3]")p",
                      R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, y)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u, 2)
return (m,))p"),
            "refuse u: copy-writes-other-value [copy_ m]\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]", y: "f32[4, 3]")p",
                      R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, y)
return (m,))p"),
            "take u -> x: write u\n");
}

TEST(Rules, ResultEscapes) {
  // Into an input, also as a view of it; not by a copy_ to another input.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
                      R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
v: "f32[3]" = torch.ops.aten.select.int(u, 0, 3)
return (v,))p"),
            "refuse u: result-escapes [output]\n");
  EXPECT_EQ(decisions(R"p(s: "f32[2, 3]", y: "f32[4, 3]")p",
                      R"p(z: "f32[4, 3]" = torch.ops.aten.full.default([4, 3], 0)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(z, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(y, u)
return ())p"),
            "take u -> z: write u\n");
  EXPECT_EQ(decisions(R"p(s: "f32[2, 3]")p",
                      R"p(z: "f32[4, 3]" = torch.ops.aten.full.default([4, 3], 0)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(z, s, 0, 0, 2)
v: "f32[2, 3]" = torch.ops.aten.slice.Tensor(u, 0, 0, 2)
return (u, v))p"),
            "take u -> z: write u\n");
}

TEST(Rules, InputsMayAlias) {
  // as_strided of y may show x; one buffer by two names.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]", y: "f32[4, 3]")p",
                      R"p(a: "f32[12]" = torch.ops.aten.as_strided.default(y, [12], [1], 0)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
m: "f32[12]" = torch.ops.aten.mul.Tensor(a, 2)
return (m,))p"),
            "refuse u: inputs-may-alias [a]\n");
  EXPECT_EQ(decisions(R"p(s: "f32[2, 3]")p",
                      R"p(a: "f32[4, 3]" = self.buf
b: "f32[4, 3]" = self.buf
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(a, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(b, u)
return ())p"),
            "refuse u: inputs-may-alias [b]\n");
}

TEST(Rules, SizeUnproven) {
  // Below 6 the bounds wrap; by the size of s there is no such s0.
  EXPECT_EQ(decisions(R"p(s0: "Sym(s0)", x: "f32[s0]", s: "f32[u0]")p",
                      R"p(k: "Sym(s0 - 6)" = s0 - 6
u: "f32[s0]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, k)
a: "Sym(s0 - 2)" = k + 4
b: "Sym(s0 + 2)" = k + 8
r: "f32[u1]" = torch.ops.aten.slice.Tensor(x, 0, a, b)
m: "f32[u1]" = torch.ops.aten.mul.Tensor(r, 2)
copy_: "f32[s0]" = torch.ops.aten.copy_.default(x, u)
return (m,))p"),
            "refuse u: size-unproven [m]\n");
  EXPECT_EQ(decisions(R"p(s0: "Sym(s0)", x: "f32[s0]", s: "f32[s0 - 6]")p",
                      R"p(k: "Sym(s0 - 6)" = s0 - 6
u: "f32[s0]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, k)
a: "Sym(s0 - 2)" = k + 4
b: "Sym(s0 + 2)" = k + 8
r: "f32[2]" = torch.ops.aten.slice.Tensor(x, 0, a, b)
m: "f32[2]" = torch.ops.aten.mul.Tensor(r, 2)
copy_: "f32[s0]" = torch.ops.aten.copy_.default(x, u)
return (m,))p"),
            "take u -> x: write u erase copy_\n");
}

TEST(Rules, NotProfitable) {
  // The mask may write all of z; a sum that is only returned is as well a tensor of its own.
  EXPECT_EQ(decisions(R"p(m: "b8[4]")p",
                      R"p(z: "f32[4]" = torch.ops.aten.full.default([4], 0)
u: "f32[4]" = torch.ops.aten.masked_fill.Scalar(z, m, 1)
return (u,))p"),
            "refuse u: not-profitable []\n");
  EXPECT_EQ(decisions(R"p(q: "f32[4]")p",
                      R"p(z: "f32[4]" = torch.ops.aten.full.default([4], 0)
u: "f32[4]" = torch.ops.aten.add.Tensor(z, 1)
return (u,))p"),
            "");
}

}  // namespace
}  // namespace rewrites::test
