// What a fragment says about the inputs that it never defines.
#include <gtest/gtest.h>

#include "graph/text/parser.h"
#include "graph/text/printer.h"

namespace graph::text {
namespace {

std::string metaOf(const char* source, const char* name) {
  const auto file = parse(source);
  if (file.graphs.empty()) return "no graph";
  const auto id = file.graphs[0]->find(name);
  return id ? printMeta(file.graphs[0]->node(id).meta) : "no node";
}

constexpr const char* kWrite = R"p(slice_1: "f32[s0, 16]" = torch.ops.aten.slice.Tensor(cache, 0, 0, n)
new: "f32[s1, 16][16, 1]" = torch.ops.aten.slice_scatter.default(cache, slice_1, 0, 0, n)
copy_: "f32[s1, 16]" = torch.ops.aten.copy_.default(cache, new)
)p";

TEST(Implied, TheBaseOfAScatterLooksLikeItsResult) { EXPECT_EQ(metaOf(kWrite, "cache"), "f32[s1, 16]"); }   // strides are not implied

TEST(Implied, TheEndOfASliceThatWasNotClamped) { EXPECT_EQ(metaOf(kWrite, "n"), "Sym(s0)"); }

TEST(Implied, ASizeInAView) { EXPECT_EQ(metaOf("v: \"f32[s0, 4]\" = torch.ops.aten.view.default(x, [n, 4])\nw = torch.ops.aten.relu.default(v)\n", "n"), "Sym(s0)"); }

TEST(Implied, NothingIsGuessed) {
  // Clamped or not, nobody knows; and what is written says nothing about the shape of what it comes from.
  EXPECT_EQ(metaOf("a: \"f32[s0, 16]\" = torch.ops.aten.slice.Tensor(x, 0, 0, n)\nb: \"f32[s0, 16]\" = torch.ops.aten.mul.Tensor(a, y)\n", "n"), "");
  EXPECT_EQ(metaOf("a: \"f32[s0, 16]\" = torch.ops.aten.slice.Tensor(x, 0, 0, n)\nb: \"f32[s0, 16]\" = torch.ops.aten.mul.Tensor(a, y)\n", "x"), "");
  EXPECT_EQ(metaOf("a: \"f32[s0, 16]\" = torch.ops.aten.slice.Tensor(x, 0, 0, n)\nb: \"f32[s0, 16]\" = torch.ops.aten.mul.Tensor(a, y)\n", "y"), "");
}

}  // namespace
}  // namespace graph::text
