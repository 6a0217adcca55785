// Cases from PyTorch's issue tracker, by number: what its passes left although it is safe, and what they did although it is not.
#include "tests/rewrites/programs.h"

namespace rewrites::test {
namespace {

TEST(Tracker, Tracker152323SelectAddSelectScatter) {
  // Also 185690.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]")p",
                      R"p(r: "f32[3]" = torch.ops.aten.select.int(x, 0, 1)
p: "f32[3]" = torch.ops.aten.add.Tensor(r, 1)
w: "f32[4, 3]" = torch.ops.aten.select_scatter.default(x, p, 0, 1)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, w)
return ())p"),
            "take w -> x: write p drop w erase copy_\n");
}

TEST(Tracker, Tracker184542ReshapeIndexPutReshapeBack) {
  // Also 137416. Of a row-major x the round trip keeps the layout; of any other the reshape copies.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3][3, 1]cpu", i: "i64[1]", v: "f32[1]")p",
                      R"p(a: "f32[12][1]cpu" = torch.ops.aten.view.default(x, [12])
u: "f32[12][1]cpu" = torch.ops.aten.index_put.default(a, [i], v)
b: "f32[4, 3][3, 1]cpu" = torch.ops.aten.view.default(u, [4, 3])
copy_: "f32[4, 3][3, 1]cpu" = torch.ops.aten.copy_.default(x, b)
return ())p"),
            "take u -> x: write u erase copy_\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3][3, 1]cpu", i: "i64[1]", v: "f32[1]")p",
                      R"p(a: "f32[12][1]cpu" = torch.ops.aten.reshape.default(x, [12])
u: "f32[12][1]cpu" = torch.ops.aten.index_put.default(a, [i], v)
b: "f32[4, 3][3, 1]cpu" = torch.ops.aten.reshape.default(u, [4, 3])
copy_: "f32[4, 3][3, 1]cpu" = torch.ops.aten.copy_.default(x, b)
return ())p"),
            "take u -> x: write u erase copy_\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3][1, 4]cpu", i: "i64[1]", v: "f32[1]")p",
                      R"p(a: "f32[12][1]cpu" = torch.ops.aten.reshape.default(x, [12])
u: "f32[12][1]cpu" = torch.ops.aten.index_put.default(a, [i], v)
b: "f32[4, 3][3, 1]cpu" = torch.ops.aten.reshape.default(u, [4, 3])
copy_: "f32[4, 3][1, 4]cpu" = torch.ops.aten.copy_.default(x, b)
return ())p"),
            "refuse u: overlapping-operand [b]\n");
}

TEST(Tracker, Tracker195285ScatterThenIndexPut) {
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]", i: "i64[1]", v: "f32[1, 3]")p",
                      R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
w: "f32[4, 3]" = torch.ops.aten.index_put.default(u, [i], v)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, w)
return ())p"),
            "take u -> x: write u\ntake w -> x: write w erase copy_\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", i: "i64[1]", v: "f32[1]")p",
                      R"p(a: "f32[2, 3]" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
b: "f32[3]" = torch.ops.aten.select.int(a, 0, 1)
p: "f32[3]" = torch.ops.aten.index_put.default(b, [i], v)
q: "f32[2, 3]" = torch.ops.aten.select_scatter.default(a, p, 0, 1)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, q, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return ())p"),
            "take u -> x: write p drop q drop u erase copy_\n");
}

TEST(Tracker, Tracker195329TwoUpdatesOfOneInput) {
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]")p",
                      R"p(a: "f32[2, 3]" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
p: "f32[2, 3]" = torch.ops.aten.add.Tensor(a, 1)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, p, 0, 0, 2)
b: "f32[2, 3]" = torch.ops.aten.slice.Tensor(u, 0, 2, 4)
q: "f32[2, 3]" = torch.ops.aten.mul.Tensor(b, 2)
w: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(u, q, 0, 2, 4)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, w)
return ())p"),
            "take u -> x: write p drop u\ntake w -> x: write q drop w erase copy_\n");
}

TEST(Tracker, Tracker190342AFreshBaseChunkByChunk) {
  EXPECT_EQ(decisions(R"p(a: "f32[2, 3]", b: "f32[2, 3]")p",
                      R"p(z: "f32[4, 3]" = torch.ops.aten.full.default([4, 3], 0)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(z, a, 0, 0, 2)
w: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(u, b, 0, 2, 4)
return (w,))p"),
            "take u -> z: write u\ntake w -> z: write w\n");
  EXPECT_EQ(decisions(R"p(a: "f32[2, 3]", b: "f32[2, 3]")p",
                      R"p(z: "f32[4, 3]" = torch.ops.aten.full.default([4, 3], 0)
c: "f32[2, 3]" = torch.ops.aten.slice.Tensor(z, 0, 0, 2)
p: "f32[2, 3]" = torch.ops.aten.add.Tensor(c, a)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(z, p, 0, 0, 2)
d: "f32[2, 3]" = torch.ops.aten.slice.Tensor(u, 0, 2, 4)
q: "f32[2, 3]" = torch.ops.aten.add.Tensor(d, b)
w: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(u, q, 0, 2, 4)
return (w,))p"),
            "take u -> z: write p drop u\ntake w -> z: write q drop w\n");
}

TEST(Tracker, Tracker180949SelfCopies) {
  // Also 137057.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]")p",
                      R"p(copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, x)
return ())p"),
            "take copy_ -> x: erase copy_\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]")p",
                      R"p(a: "f32[2, 3]" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
c: "f32[2, 3]" = torch.ops.aten.copy.default(a, a)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, c, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return ())p"),
            "take u -> x: drop c drop u erase copy_\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]")p",
                      R"p(a: "f32[2, 3]" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, a, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return ())p"),
            "take u -> x: drop u erase copy_\n");
}

TEST(Tracker, Tracker127297BuffersWithWriteBack) {
  EXPECT_EQ(decisions(R"p(q: "f32[1]")p",
                      R"p(buf: "f32[4, 3]" = self.buf
u: "f32[4, 3]" = torch.ops.aten.add.Tensor(buf, 1)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(buf, u)
return ())p"),
            "take u -> buf: write u erase copy_\n");
}

TEST(Tracker, Tracker105822EpilogueAfterUnsqueeze) {
  // Also 112801.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
                      R"p(a: "f32[1, 4, 3]" = torch.ops.aten.unsqueeze.default(x, 0)
t: "f32[1, 2, 3]" = torch.ops.aten.unsqueeze.default(s, 0)
u: "f32[1, 4, 3]" = torch.ops.aten.slice_scatter.default(a, t, 1, 0, 2)
b: "f32[4, 3]" = torch.ops.aten.squeeze.dim(u, 0)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, b)
return ())p"),
            "take u -> x: write u erase copy_\n");
}

TEST(Tracker, Tracker132865SharedFactory) {
  // One of the two takes z; the other gets a z of its own only as a repair.
  EXPECT_EQ(decisions(R"p(s: "f32[2, 3]")p",
                      R"p(z: "f32[4, 3]" = torch.ops.aten.full.default([4, 3], 0)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(z, s, 0, 0, 2)
v: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(z, s, 0, 2, 4)
return (u, v))p"),
            "take v -> z: write v\nrefuse u: old-value-read-later [v]\n");
}

TEST(Tracker, Tracker198094CopyWritesZeros) {
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
                      R"p(z: "f32[4, 3]" = torch.ops.aten.full.default([4, 3], 0)
y: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, z)
return (y,))p"),
            "refuse y: copy-writes-other-value [copy_ output]\n");
}

TEST(Tracker, Tracker195451ResultIsReturnedToo) {
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
                      R"p(u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (u,))p"),
            "refuse u: result-escapes [output]\n");
}

TEST(Tracker, Tracker195292ALiveIntermediate) {
  // A view in the middle of the chain is read after it; a sibling scatter of the same base.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", i: "i64[1]", v: "f32[1, 3]")p",
                      R"p(a: "f32[2, 3]" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
p: "f32[2, 3]" = torch.ops.aten.index_put.default(a, [i], v)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, p, 0, 0, 2)
m: "f32[2, 3]" = torch.ops.aten.mul.Tensor(a, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p"),
            "refuse u: old-value-read-later [m]\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", i: "i64[1]", v: "f32[1, 3]", s: "f32[2, 3]")p",
                      R"p(a: "f32[2, 3]" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
p: "f32[2, 3]" = torch.ops.aten.index_put.default(a, [i], v)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, p, 0, 0, 2)
w: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 2, 4)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(w, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p"),
            "take w -> x: write w\nrefuse u: old-value-read-later [w]\n");
}

TEST(Tracker, Tracker183986WritesIntoExpand) {
  // Also 188084.
  EXPECT_EQ(decisions(R"p(y: "f32[1, 3]", i: "i64[1]", v: "f32[1, 3]")p",
                      R"p(b: "f32[1, 3]" = torch.ops.aten.clone.default(y)
e: "f32[4, 3]" = torch.ops.aten.expand.default(b, [4, 3])
u: "f32[4, 3]" = torch.ops.aten.index_put.default(e, [i], v)
return (u,))p"),
            "take b -> y: drop b\nrefuse u: internal-overlap [e]\n");
}

TEST(Tracker, Tracker156786ValuesAndIndicesThatAliasSelf) {
  // Also 185450.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", i: "i64[2]")p",
                      R"p(v: "f32[2, 3]" = torch.ops.aten.slice.Tensor(x, 0, 1, 3)
u: "f32[4, 3]" = torch.ops.aten.index_put.default(x, [i], v)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return ())p"),
            "refuse u: overlapping-operand [v]\n");
  EXPECT_EQ(decisions(R"p(x: "i64[4]", v: "i64[4]")p",
                      R"p(u: "i64[4]" = torch.ops.aten.index_put.default(x, [x], v)
copy_: "i64[4]" = torch.ops.aten.copy_.default(x, u)
return ())p"),
            "refuse u: overlapping-operand [x]\n");
}

TEST(Tracker, Tracker197829SourceIsAViewOfTheDestination) {
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]")p",
                      R"p(v: "f32[2, 3]" = torch.ops.aten.slice.Tensor(x, 0, 1, 3)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, v, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return ())p"),
            "refuse u: overlapping-operand [v]\n");
  EXPECT_EQ(decisions(R"p(x: "f32[3, 3]")p",
                      R"p(p: "f32[3, 3]" = torch.ops.aten.permute.default(x, [1, 0])
u: "f32[3, 3]" = torch.ops.aten.copy.default(x, p)
copy_: "f32[3, 3]" = torch.ops.aten.copy_.default(x, u)
return ())p"),
            "refuse u: overlapping-operand [p]\n");
}

TEST(Tracker, Tracker138908AddsToItselfByIndex) {
  // Of y itself, and of elements that were taken out before.
  EXPECT_EQ(decisions(R"p(y: "f32[4]", i: "i64[4]")p",
                      R"p(u: "f32[4]" = torch.ops.aten.index_put.default(y, [i], y, True)
copy_: "f32[4]" = torch.ops.aten.copy_.default(y, u)
return ())p"),
            "refuse u: overlapping-operand [y]\n");
  EXPECT_EQ(decisions(R"p(y: "f32[4]", i: "i64[4]")p",
                      R"p(g: "f32[4]" = torch.ops.aten.index.Tensor(y, [i])
u: "f32[4]" = torch.ops.aten.index_put.default(y, [i], g, True)
copy_: "f32[4]" = torch.ops.aten.copy_.default(y, u)
return ())p"),
            "take u -> y: write u erase copy_\n");
}

TEST(Tracker, Tracker132196OneTensorAsTwoMutatedArguments) {
  // Also 196657: two copies of z are written, and would be one.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]")p",
                      R"p(a: "f32[4, 3]" = torch.ops.aten.clone.default(x)
b: "f32[4, 3]" = torch.ops.aten.clone.default(a)
f = torch.ops.aten._foreach_add_.Scalar([a, b], 1)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(a, 2)
n: "f32[4, 3]" = torch.ops.aten.mul.Tensor(b, 2)
return (m, n))p"),
            "refuse a: input-must-keep-value [f]\nrefuse b: two-owners [f]\n");
}

TEST(Tracker, Tracker198270PermutedReadOfTheSameStorage) {
  EXPECT_EQ(decisions(R"p(x: "f32[4, 4]")p",
                      R"p(p: "f32[4, 4]" = torch.ops.aten.permute.default(x, [1, 0])
u: "f32[4, 4]" = torch.ops.aten.add.Tensor(x, p)
copy_: "f32[4, 4]" = torch.ops.aten.copy_.default(x, u)
return ())p"),
            "refuse u: overlapping-operand [p]\n");
}

TEST(Tracker, Tracker198131ForwardOfAnInputMutatedBeforeTheConsumer) {
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]")p",
                      R"p(c: "f32[4, 3]" = torch.ops.aten.clone.default(x)
add_: "f32[4, 3]" = torch.ops.aten.add_.Tensor(x, 1)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(c, 2)
return (m,))p"),
            "refuse c: old-value-read-later [m]\n");
}

TEST(Tracker, Tracker198101DtypeViewReadAfterALaterWrite) {
  // Before x is written back; after it, where it shows what was written; as bytes of half the size.
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
                      R"p(v: "i32[4, 3]" = torch.ops.aten.view.dtype(x, torch.int32)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
m: "i32[4, 3]" = torch.ops.aten.mul.Tensor(v, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p"),
            "refuse u: old-value-read-later [m]\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", s: "f32[2, 3]")p",
                      R"p(v: "i32[4, 3]" = torch.ops.aten.view.dtype(x, torch.int32)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
m: "i32[4, 3]" = torch.ops.aten.mul.Tensor(v, 2)
return (m,))p"),
            "take u -> x: write u erase copy_\n");
  EXPECT_EQ(decisions(R"p(s: "f32[1, 3]")p",
                      R"p(z: "f32[4, 3]" = torch.ops.aten.full.default([4, 3], 0)
v: "i16[4, 6]" = torch.ops.aten.view.dtype(z, torch.int16)
w: "i16[6]" = torch.ops.aten.select.int(v, 0, 0)
u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(z, s, 0, 0, 1)
m: "i16[6]" = torch.ops.aten.mul.Tensor(w, 2)
n: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u, 2)
return (m, n))p"),
            "refuse u: old-value-read-later [m]\n");
}

TEST(Tracker, Tracker197893AnOutputThatWouldBeAnInput) {
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]")p",
                      R"p(c: "f32[4, 3]" = torch.ops.aten.clone.default(x)
return (c,))p"),
            "refuse c: geometry-changes [output]\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3][3, 1]cpu")p",
                      R"p(c: "f32[4, 3][3, 1]cpu" = torch.ops.aten.clone.default(x)
return (c,))p"),
            "refuse c: result-escapes [output]\n");
}

TEST(Tracker, Tracker114464CloneReshapeBeforeAWrite) {
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]")p",
                      R"p(c: "f32[4, 3]" = torch.ops.aten.clone.default(x)
r: "f32[12]" = torch.ops.aten.reshape.default(c, [12])
add_: "f32[12]" = torch.ops.aten.add_.Tensor(r, 1)
m: "f32[12]" = torch.ops.aten.mul.Tensor(r, 2)
return (m,))p"),
            "refuse c: geometry-changes [r]\n");
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3][3, 1]cpu")p",
                      R"p(c: "f32[4, 3][3, 1]cpu" = torch.ops.aten.clone.default(x)
r: "f32[12][1]cpu" = torch.ops.aten.reshape.default(c, [12])
add_: "f32[12][1]cpu" = torch.ops.aten.add_.Tensor(r, 1)
m: "f32[12][1]cpu" = torch.ops.aten.mul.Tensor(r, 2)
return (m,))p"),
            "refuse c: input-must-keep-value [add_]\n");
}

TEST(Tracker, TrackerExecutorch7515ProducerNotInPlace) {
  // u stays a tensor of its own, so copy_ stays.
  EXPECT_EQ(decisions(R"p(q: "f32[1]")p",
                      R"p(buf: "f32[4, 3]" = self.buf
u: "f32[4, 3]" = torch.ops.aten.add.Tensor(buf, 1)
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(buf, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(buf, u)
return (m,))p"),
            "refuse u: old-value-read-later [m]\n");
}

}  // namespace
}  // namespace rewrites::test
