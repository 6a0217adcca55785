// Where nothing states the strides of an input: what shows that they do not matter, and the like programs in which they do.
#include "tests/rewrites/programs.h"

namespace rewrites::test {
namespace {

TEST(Strides, OfOneLineThereIsOneOrder) {
  // The sum follows the strides of v, of which only one says something: it is dense whatever it is.
  const auto of = [](const char* v) {
    return decisions(R"p(x: "f32[4, 3]")p", std::string("v: ") + v + " = torch.ops.aten.slice_copy.Tensor(x, 1, 0, " + (std::string(v).find("1]") != std::string::npos ? "1" : "2") + R"p()
m: )p" + v + R"p( = torch.ops.aten.mul.Tensor(v, 2)
return (m,))p");
  };
  EXPECT_EQ(of("\"f32[4, 1]\""), "take v -> x: drop v\n");
  EXPECT_EQ(of("\"f32[4, 2]\""), "refuse v: geometry-changes [output]\n");
}

TEST(Strides, NobodySeesADeadReaderButItHasToRun) {
  const auto of = [](const char* dead) {
    return decisions(R"p(x: "f32[4, 3]", s: "f32[4, 3]")p", std::string(R"p(u: "f32[4, 3]" = torch.ops.aten.index_put.default(x, [None], s)
)p") + dead + R"p(
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return ())p");
  };
  EXPECT_EQ(of(R"p(w: "f32[2]" = torch.ops.aten.as_strided.default(u, [2], [1], 0))p"), "take u -> x: write u erase copy_\n");
  EXPECT_EQ(of(R"p(w: "f32[12]" = torch.ops.aten.view.default(u, [12]))p"), "refuse u: geometry-changes [w]\n");
}

TEST(Strides, AViewAsPrintedShowsThatItIsPossible) {
  const auto of = [](const char* before) {
    return decisions(R"p(x: "f32[4, 3]", s: "f32[4, 3]")p", std::string(before) + R"p(u: "f32[4, 3]" = torch.ops.aten.index_put.default(x, [None], s)
w: "f32[12]" = torch.ops.aten.view.default(u, [12])
m: "f32[12]" = torch.ops.aten.mul.Tensor(w, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p");
  };
  EXPECT_EQ(of("v: \"f32[12]\" = torch.ops.aten.view.default(x, [12])\n"), "take u -> x: write u erase copy_\n");
  EXPECT_EQ(of("v: \"f32[2, 6]\" = torch.ops.aten.view.default(x, [2, 6])\n"), "refuse u: geometry-changes [w]\n");
}

TEST(Strides, AViewBackToTheShapeOfTheInputIsPossible) {
  EXPECT_EQ(decisions(R"p(x: "f32[4, 3]", i: "i64[2]", s: "f32[2, 6]")p", R"p(v: "f32[2, 6]" = torch.ops.aten.view.default(x, [2, 6])
u: "f32[2, 6]" = torch.ops.aten.index_put.default(v, [i], s)
w: "f32[4, 3]" = torch.ops.aten.view.default(u, [4, 3])
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, w)
return ())p"),
            "take u -> x: write u erase copy_\n");
}

TEST(Strides, AnUpdateOfOneTensorKeepsItsOrder) {
  const auto of = [](const char* other) {
    return decisions(R"p(x: "f32[4, 3]", y: "f32[4, 3]")p", std::string("u: \"f32[4, 3]\" = torch.ops.aten.add.Tensor(x, ") + other + R"p()
m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(u, 2)
copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
return (m,))p");
  };
  EXPECT_EQ(of("1"), "take u -> x: write u erase copy_\n");
  EXPECT_EQ(of("y"), "refuse u: geometry-changes [output]\n");   // the sum may have the order of y
}

TEST(Strides, ATranspositionTurnedBackLiesAsItsRoot) {
  EXPECT_EQ(decisions(R"p(s: "f32[2]")p", R"p(b: "f32[4, 3]" = torch.ops.aten.full.default([4, 3], 0)
t: "f32[3, 4]" = torch.ops.aten.transpose_copy.int(b, 0, 1)
k: "f32[4, 3]" = torch.ops.aten.transpose_copy.int(t, 0, 1)
w: "f32[12]" = torch.ops.aten.view.default(k, [12])
m: "f32[12]" = torch.ops.aten.mul.Tensor(w, 2)
return (m,))p"),
            "take t -> b: drop t\ntake k -> b: drop k\n");
}

TEST(Strides, TheLastElementsOfWhichAllAreThere) {
  // A diagonal has as many as the smaller size says: its last one begins at that number less one, for the slice has one.
  EXPECT_EQ(decisions(R"p(x: "f32[s0, s1]", k: "Sym(s2)", v: "f32[1]")p", R"p(d: "f32[Min(s0, s1)]" = torch.ops.aten.diagonal.default(x)
u: "f32[Min(s0, s1)]" = torch.ops.aten.slice_scatter.default(d, v, 0, -1, k)
w: "f32[s0, s1]" = torch.ops.aten.diagonal_scatter.default(x, u)
copy_: "f32[s0, s1]" = torch.ops.aten.copy_.default(x, w)
return ())p"),
            "take w -> x: write u drop w erase copy_\n");
}

TEST(Strides, AScatterThatIsMadeKeepsTheOffsetOfItsBase) {
  const auto of = [](const char* result) {
    return decisions(R"p(y: "f32[4, 2][2, 1]cpu", s: "f32[1][1]cpu")p", std::string(R"p(v: "f32[2][1]cpu" = torch.ops.aten.select.int(y, 0, 3)
u: "f32[2][1]cpu" = torch.ops.aten.mul.Tensor(v, 2)
k: "f32[4, 2][2, 1]cpu" = torch.ops.aten.select_scatter.default(y, u, 0, 3)
w: "f32[2][1]cpu" = torch.ops.aten.slice_scatter.default(u, s, 0, 0, 1)
m: "f32[2][1]cpu" = torch.ops.aten.mul.Tensor(w, 2)
copy_: "f32[4, 2][2, 1]cpu" = torch.ops.aten.copy_.default(y, k)
later: "f32[2][1]cpu" = torch.ops.aten.mul.Tensor(u, 3)
return ()p") + result + ", later)");
  };
  EXPECT_EQ(of("m"), "take k -> y: write u drop k erase copy_\nrefuse w: old-value-read-later [later copy_]\n");
  EXPECT_EQ(of("w"), "take k -> y: write k erase copy_\nrefuse u: geometry-changes [output]\nrefuse w: old-value-read-later [later]\n");   // w begins at 0 as printed
}

TEST(Strides, OfADimensionOfOneElementTorchComparesThemToo) {
  // mul_ refuses operands that overlap and are not the same tensor, down to the stride of a dimension that has none.
  const auto of = [](const char* other) {
    return decisions(R"p(y: "f32[7, 3]")p", std::string(R"p(v: "f32[1, 7, 3]" = torch.ops.aten.unsqueeze.default(y, 0)
w: "f32[1, 7, 3]" = torch.ops.aten.slice.Tensor(v, 0, 0, 4, 2)
m: "f32[1, 7, 3]" = torch.ops.aten.mul.Tensor(w, )p") + other + R"p()
k: "f32[7, 3]" = torch.ops.aten.squeeze.dim(m, 0)
copy_: "f32[7, 3]" = torch.ops.aten.copy_.default(y, k)
return ())p");
  };
  EXPECT_EQ(of("w"), "take m -> y: write m erase copy_\n");
  EXPECT_EQ(of("v"), "refuse m: overlapping-operand [v]\n");
}

TEST(Strides, RelativeToAStorageThatIsTheValuesOwn) {
  EXPECT_EQ(decisions(R"p(v: "f32[2]")p", R"p(b: "f32[8]" = torch.ops.aten.full.default([8], 0)
u: "f32[8]" = torch.ops.aten.as_strided_scatter.default(b, v, [2], [3], 1)
m: "f32[8]" = torch.ops.aten.mul.Tensor(u, 2)
return (m,))p"),
            "take u -> b: write u\n");
  EXPECT_EQ(decisions(R"p(b: "f32[8]", v: "f32[2]")p", R"p(u: "f32[8]" = torch.ops.aten.as_strided_scatter.default(b, v, [2], [3], 1)
copy_: "f32[8]" = torch.ops.aten.copy_.default(b, u)
return ())p"),
            "refuse u: geometry-changes [b]\n");   // an input may begin anywhere in its storage
}

}  // namespace
}  // namespace rewrites::test
