// Declared operators in the safety analysis: the schema alone says what they do, whatever they are called.
#include "graph/ir/declared_schemas.h"
#include "tests/rewrites/programs.h"

namespace rewrites::test {
namespace {

const char* const kInputs = R"p(x: "f32[4, 4][4, 1]cpu", s: "f32[2, 4][4, 1]cpu")p";

TEST(Declared, ANameLikeOneOfTorchsMeansNothing) {
  graph::ir::declareSchema("declared_test::sum_like(Tensor x) -> Tensor");   // *_like of torch reads no element of its argument
  EXPECT_EQ(decisions(kInputs, R"p(v: "f32[2, 4][4, 1]cpu" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
u: "f32[4, 4][4, 1]cpu" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
y: "f32[2, 4][4, 1]cpu" = torch.ops.declared_test.sum_like.default(v)
copy_: "f32[4, 4][4, 1]cpu" = torch.ops.aten.copy_.default(x, u)
return (y,))p"), "refuse u: old-value-read-later [y]\n");
  graph::ir::declareSchema("declared_test::slice_scatter(Tensor self, Tensor src, int dim=0, int start=0, int end=9) -> Tensor");
  EXPECT_EQ(decisions(kInputs, R"p(u: "f32[4, 4][4, 1]cpu" = torch.ops.declared_test.slice_scatter.default(x, s, 0, 0, 2)
copy_: "f32[4, 4][4, 1]cpu" = torch.ops.aten.copy_.default(x, u)
return (u,))p").find("take u"), std::string::npos);
}

TEST(Declared, WhatItOnlyReadsAndWhatItWrites) {
  const std::string program = R"p(u: "f32[4, 4][4, 1]cpu" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
n = torch.ops.declared_test.OPERATOR.default(x)
m: "f32[4, 4][4, 1]cpu" = torch.ops.aten.mul.Tensor(u, 2)
return (m,))p";
  const auto with = [&](const std::string& name) {
    std::string text = program;
    return decisions(kInputs, text.replace(text.find("OPERATOR"), 8, name));
  };
  EXPECT_NE(with("nobody_knows").find("refuse u: unknown-operator [n]"), std::string::npos);
  graph::ir::declareSchema("declared_test::bump(Tensor(a!) x) -> ()");
  graph::ir::declareSchema("declared_test::look(Tensor x) -> ()");
  EXPECT_EQ(with("bump").find("unknown-operator"), std::string::npos);
  EXPECT_EQ(with("bump").find("take u"), std::string::npos) << "x is written while u must keep its old content";
  EXPECT_EQ(with("look").find("unknown-operator"), std::string::npos);
}

}  // namespace
}  // namespace rewrites::test
