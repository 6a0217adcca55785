// Small programs that must come out right, beside those of inplace_test.cpp: a decision that looks fine alone, or fine at most sizes.
#include "tests/rewrites/programs.h"

namespace rewrites::test {
namespace {

TEST(SmallPrograms, Program08AsStridedOfASum) {
  // Element 0 of the storage of u is u[0]; in place it would be b[0].
  EXPECT_EQ(decisions(R"p(q: "f32[8]")p",
                      R"p(b: "f32[8]" = torch.ops.aten.full.default([8], 0)
v: "f32[4]" = torch.ops.aten.slice.Tensor(b, 0, 2, 6)
u: "f32[4]" = torch.ops.aten.add.Tensor(v, 1)
w: "f32[2]" = torch.ops.aten.as_strided.default(u, [2], [1], 0)
m: "f32[2]" = torch.ops.aten.mul.Tensor(w, 2)
return (m,))p"),
            "");
  EXPECT_EQ(decisions(R"p(b: "f32[8]")p",
                      R"p(v: "f32[4]" = torch.ops.aten.slice.Tensor(b, 0, 2, 6)
u: "f32[4]" = torch.ops.aten.add.Tensor(v, 1)
w: "f32[2]" = torch.ops.aten.as_strided.default(u, [2], [1], 0)
m: "f32[2]" = torch.ops.aten.mul.Tensor(w, 2)
k: "f32[8]" = torch.ops.aten.slice_scatter.default(b, u, 0, 2, 6)
copy_: "f32[8]" = torch.ops.aten.copy_.default(b, k)
return (m,))p"),
            "take k -> b: write k erase copy_\nrefuse u: geometry-changes [w]\n");
}

TEST(SmallPrograms, Program08AsStridedOfACloneOfAScatter) {
  // The scatter keeps the offset of v in its storage; the clone begins at 0.
  EXPECT_EQ(decisions(R"p(s: "f32[2]")p",
                      R"p(b: "f32[8]" = torch.ops.aten.full.default([8], 0)
v: "f32[4]" = torch.ops.aten.slice.Tensor(b, 0, 2, 6)
u: "f32[4]" = torch.ops.aten.slice_scatter.default(v, s, 0, 0, 2)
c: "f32[4]" = torch.ops.aten.clone.default(u)
w: "f32[2]" = torch.ops.aten.as_strided.default(c, [2], [1], 0)
m: "f32[2]" = torch.ops.aten.mul.Tensor(w, 2)
return (m,))p"),
            "take u -> b: write u\nrefuse c: geometry-changes [w]\n");
}

TEST(SmallPrograms, Program08AsStridedOfACloneOfASum) {
  // Both begin at 0, row by row.
  EXPECT_EQ(decisions(R"p(q: "f32[4]")p",
                      R"p(b: "f32[4]" = torch.ops.aten.full.default([4], 0)
u: "f32[4]" = torch.ops.aten.add.Tensor(b, 1)
c: "f32[4]" = torch.ops.aten.clone.default(u)
w: "f32[2]" = torch.ops.aten.as_strided.default(c, [2], [1], 0)
m: "f32[2]" = torch.ops.aten.mul.Tensor(w, 2)
return (m,))p"),
            "take c -> u: drop c\n");
}

TEST(SmallPrograms, Program08ReshapeOfASum) {
  // The reshape shows u, which is dense; in place it would copy, and add_ would not reach u.
  EXPECT_EQ(decisions(R"p(q: "f32[8]")p",
                      R"p(b: "f32[3, 4]" = torch.ops.aten.full.default([3, 4], 0)
v: "f32[3, 2]" = torch.ops.aten.slice.Tensor(b, 1, 0, 2)
u: "f32[3, 2]" = torch.ops.aten.add.Tensor(v, 1)
r: "f32[6]" = torch.ops.aten.reshape.default(u, [6])
add_: "f32[6]" = torch.ops.aten.add_.Tensor(r, 1)
m: "f32[3, 2]" = torch.ops.aten.mul.Tensor(u, 2)
return (m,))p"),
            "");
  EXPECT_EQ(decisions(R"p(b: "f32[3, 4]")p",
                      R"p(v: "f32[3, 2]" = torch.ops.aten.slice.Tensor(b, 1, 0, 2)
u: "f32[3, 2]" = torch.ops.aten.add.Tensor(v, 1)
r: "f32[6]" = torch.ops.aten.reshape.default(u, [6])
add_: "f32[6]" = torch.ops.aten.add_.Tensor(r, 1)
m: "f32[3, 2]" = torch.ops.aten.mul.Tensor(u, 2)
k: "f32[3, 4]" = torch.ops.aten.slice_scatter.default(b, u, 1, 0, 2)
copy_: "f32[3, 4]" = torch.ops.aten.copy_.default(b, k)
return (m,))p"),
            "take k -> b: write k erase copy_\nrefuse u: geometry-changes [r]\n");
}

TEST(SmallPrograms, Program10AddmmOfItself) {
  EXPECT_EQ(decisions(R"p(a: "f32[4, 4]")p",
                      R"p(u: "f32[4, 4]" = torch.ops.aten.addmm.default(a, a, a)
copy_: "f32[4, 4]" = torch.ops.aten.copy_.default(a, u)
return (copy_,))p"),
            "refuse u: overlapping-operand [a]\n");
}

TEST(SmallPrograms, Program10AddOfItself) {
  // Element by element, exactly what it writes.
  EXPECT_EQ(decisions(R"p(a: "f32[4]")p",
                      R"p(u: "f32[4]" = torch.ops.aten.add.Tensor(a, a)
copy_: "f32[4]" = torch.ops.aten.copy_.default(a, u)
return ())p"),
            "take u -> a: write u erase copy_\n");
}

TEST(SmallPrograms, Program11CopyOfZeros) {
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
                      R"p(z: "f32[4, 3]" = torch.ops.aten.full.default([4, 3], 0)
y: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, z)
return (y,))p"),
            "refuse y: copy-writes-other-value [copy_ output]\n");
}

TEST(SmallPrograms, Program15TheScatterReadsOutsideItsWindow) {
  // v may not be in place of x[3]; t2 may be, of x[0:2].
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]")p",
                      R"p(t: "f32[1, 3]" = torch.ops.aten.slice.Tensor(x, 0, 3, 4)
v: "f32[1, 3]" = torch.ops.aten.add.Tensor(t, 1)
m: "f32[]" = torch.ops.aten.sum.default(v)
t0: "f32[2, 3]" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
t2: "f32[2, 3]" = torch.ops.aten.add.Tensor(t0, 1)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, t2, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p"),
            "take u -> x: write t2 drop u erase copy_\n");
}

TEST(SmallPrograms, Program16ForwardOfAnInputThatIsWritten) {
  // Of a row-major x; of any other, m would also have other strides.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3][3, 1]cpu")p",
                      R"p(k: "f32[2, 3][3, 1]cpu" = torch.ops.aten.slice_copy.Tensor(x, 0, 0, 2)
a: "f32[4, 3][3, 1]cpu" = torch.ops.aten.add.Tensor(x, 1)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, a)
m: "f32[2, 3][3, 1]cpu" = torch.ops.aten.mul.Tensor(k, 2)
return (m,))p"),
            "take a -> x: write a erase copy_\nrefuse k: copy-writes-other-value [copy_ m]\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]")p",
                      R"p(k: "f32[2, 3]" = torch.ops.aten.slice_copy.Tensor(x, 0, 0, 2)
a: "f32[4, 3]" = torch.ops.aten.add.Tensor(x, 1)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, a)
m: "f32[2, 3]" = torch.ops.aten.mul.Tensor(k, 2)
return (m,))p"),
            "take a -> x: write a erase copy_\nrefuse k: geometry-changes [output]\n");
}

TEST(SmallPrograms, Program16ForwardReadBefore) {
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3][3, 1]cpu")p",
                      R"p(k: "f32[2, 3][3, 1]cpu" = torch.ops.aten.slice_copy.Tensor(x, 0, 0, 2)
m: "f32[2, 3][3, 1]cpu" = torch.ops.aten.mul.Tensor(k, 2)
a: "f32[4, 3][3, 1]cpu" = torch.ops.aten.add.Tensor(x, 1)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, a)
return (m,))p"),
            "take k -> x: drop k\ntake a -> x: write a erase copy_\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]")p",
                      R"p(k: "f32[2, 3]" = torch.ops.aten.slice_copy.Tensor(x, 0, 0, 2)
m: "f32[2, 3]" = torch.ops.aten.mul.Tensor(k, 2)
a: "f32[4, 3]" = torch.ops.aten.add.Tensor(x, 1)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, a)
return (m,))p"),
            "take a -> x: write a erase copy_\nrefuse k: geometry-changes [output]\n");
}

}  // namespace
}  // namespace rewrites::test
