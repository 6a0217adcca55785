// Windows: what part of its owner a view shows, and when two parts meet.
#include "rewrites/storage.h"

#include "rewrites/accesses.h"
#include "tests/rewrites/programs.h"

namespace rewrites::test {
namespace {

using graph::ir::Expr;
using graph::ir::NodeId;

struct Program {
  std::shared_ptr<const graph::ir::Graph> graph;
  Storage storage;
  Program(const std::string& signature, const std::string& body) : graph(parse(signature, body)), storage(*graph) {}
  NodeId at(const char* name) const { return graph->find(name); }
  /// "owner[region]" of a value.
  std::string shows(const char* name) const {
    const auto* l = storage.location(at(name));
    if (!l) return "no tensor";
    return graph->node(l->owner).name + Storage::str(l->region, storage.location(l->owner)->shape);
  }
};

TEST(Storage, SlicesNestAndClamp) {
  Program p(R"p(n: "Sym(s0)", x: "f32[s1, 16]")p", R"p(a: "f32[s0, 16]" = torch.ops.aten.slice.Tensor(x, 0, 0, n)
b: "f32[s0, 4]" = torch.ops.aten.slice.Tensor(a, 1, 2, 6)
c: "f32[s0, 2]" = torch.ops.aten.slice.Tensor(b, 1, -2, 9223372036854775807)
d: "f32[s0, 16]" = torch.ops.aten.slice.Tensor(a, 1, 0, 9223372036854775807)
e: "f32[s0, 8]" = torch.ops.aten.slice.Tensor(a, 1, 0, 9223372036854775807, 2)
f: "f32[s0, 6]" = torch.ops.aten.slice.Tensor(a, 1, 10, 99)
return (a,)
)p");
  EXPECT_EQ(p.shows("a"), "x[0:s0, :]");
  EXPECT_EQ(p.shows("b"), "x[0:s0, 2:6]");
  EXPECT_EQ(p.shows("c"), "x[0:s0, 4:6]");
  EXPECT_EQ(p.shows("d"), "x[0:s0, :]");
  EXPECT_EQ(p.shows("e"), "x[0:s0, 0:16:2]");
  EXPECT_EQ(p.shows("f"), "x[0:s0, 10:16]");
}

TEST(Storage, StatedRangesProveThatPartsAreApart) {
  const std::string signature = R"p(n: "Sym(s0)", x: "f32[64, 4]")p", lines = R"p(a: "f32[s0, 4]" = torch.ops.aten.slice.Tensor(x, 0, 0, n)
b: "f32[44, 4]" = torch.ops.aten.slice.Tensor(x, 0, 20, 64)
return (a,)
)p";
  const auto overlap = [&](const std::string& stated) {
    Program p(signature, stated + lines);
    return p.storage.overlap(p.at("a"), p.at("b"));
  };
  EXPECT_EQ(overlap(""), Overlap::unknown);
  EXPECT_EQ(overlap("# symbol: s0 in VR[2, 20]\n"), Overlap::no);
  EXPECT_EQ(overlap("# symbol: s0 in VR[2, 21]\n"), Overlap::unknown);
  EXPECT_EQ(overlap("# symbol: s0 in VR[2, int_oo], hint 8\n"), Overlap::unknown);   // a hint proves nothing
}

TEST(Storage, SelectPermuteViewExpand) {
  Program p(R"p(x: "f32[4, 3, 6]")p", R"p(a: "f32[4, 6]" = torch.ops.aten.select.int(x, 1, -1)
b: "f32[6, 4]" = torch.ops.aten.permute.default(a, [1, 0])
c: "f32[2, 4]" = torch.ops.aten.slice.Tensor(b, 0, 1, 3)
d: "f32[4, 3, 2, 3]" = torch.ops.aten.view.default(x, [4, 3, 2, 3])
e: "f32[1, 3, 2, 3]" = torch.ops.aten.slice.Tensor(d, 0, 2, 3)
f: "f32[4, 3, 1, 3]" = torch.ops.aten.slice.Tensor(d, 2, 0, 1)
g: "f32[4, 3, 1, 6]" = torch.ops.aten.unsqueeze.default(x, 2)
h: "f32[4, 3, 5, 6]" = torch.ops.aten.expand.default(g, [4, 3, 5, 6])
return (x,)
)p");
  EXPECT_EQ(p.shows("a"), "x[:, 2, :]");
  EXPECT_EQ(p.shows("b"), "x[:, 2, :]");
  EXPECT_EQ(p.shows("c"), "x[:, 2, 1:3]");
  EXPECT_EQ(p.shows("d"), "x[:, :, :]");
  EXPECT_EQ(p.shows("e"), "x[2, :, :]");
  EXPECT_EQ(p.shows("f"), "xwithin [:, :, :]");   // half of a split dimension: not modelled, so a superset
  EXPECT_FALSE(p.storage.location(p.at("g"))->selfOverlap);
  EXPECT_TRUE(p.storage.location(p.at("h"))->selfOverlap);
}

TEST(Storage, SplitThroughGetitem) {
  Program p(R"p(x: "f32[4, 10]")p", R"p(s = torch.ops.aten.split.Tensor(x, 4, -1)
a: "f32[4, 4]" = s[0]
b: "f32[4, 4]" = s[1]
c: "f32[4, 2]" = s[2]
u = torch.ops.aten.unbind.int(x)
d: "f32[10]" = u[3]
m = torch.ops.aten.max.dim(x, 1)
e: "f32[4]" = m[0]
return (a,)
)p");
  EXPECT_EQ(p.shows("a"), "x[:, 0:4]");
  EXPECT_EQ(p.shows("b"), "x[:, 4:8]");
  EXPECT_EQ(p.shows("c"), "x[:, 8:10]");
  EXPECT_EQ(p.shows("d"), "x[3, :]");
  EXPECT_EQ(p.shows("e"), "e[:]");   // a result of its own
  EXPECT_EQ(p.storage.overlap(p.at("a"), p.at("b")), Overlap::no);
  EXPECT_EQ(p.storage.overlap(p.at("a"), p.at("d")), Overlap::yes);
  EXPECT_EQ(p.storage.overlap(p.at("a"), p.at("e")), Overlap::no);
}

TEST(Storage, SymbolicPartsMeetUnlessProvedApart) {
  Program p(R"p(n: "Sym(s0)", m: "Sym(s2)", x: "f32[s1, 4]", w: "f32[s2, 4]")p", R"p(a: "f32[s0, 4]" = torch.ops.aten.slice.Tensor(x, 0, 0, n)
b: "f32[s1 - s0, 4]" = torch.ops.aten.slice.Tensor(x, 0, n, 9223372036854775807)
c: "f32[s2, 4]" = torch.ops.aten.slice.Tensor(x, 0, 0, m)
return (a,)
)p");
  EXPECT_EQ(p.storage.overlap(p.at("a"), p.at("b")), Overlap::no);
  EXPECT_EQ(p.storage.overlap(p.at("b"), p.at("c")), Overlap::unknown);
  EXPECT_TRUE(p.storage.mayOverlap(p.at("b"), p.at("c")));
}

TEST(Storage, WhatAliasesAndWhatDoesNot) {
  Program p(R"p(x: "f32[2, 6]")p", R"p(a: "f32[12]" = torch.ops.aten._unsafe_view.default(x, [12])
b: "f32[2, 6]" = torch.ops.aten.clone.default(x)
c: "f32[12]" = torch.ops.aten.reshape.default(x, [12])
d: "f32[2, 6]" = torch.ops.aten.detach.default(x)
e: "f32[2]" = torch.ops.aten.as_strided.default(x, [2], [1], 0)
f: "f32[2, 6]" = torch.ops.aten.add_.Tensor(x, 1)
g: "f32[6]" = torch.ops.aten.select_copy.int(x, 0, 0)
return (x,)
)p");
  const NodeId x = p.at("x");
  EXPECT_EQ(p.storage.owner(p.at("a")), x);
  EXPECT_EQ(p.storage.owner(p.at("b")), p.at("b"));
  EXPECT_EQ(p.storage.owner(p.at("c")), x);
  EXPECT_TRUE(p.storage.location(p.at("c"))->sometimesFresh);
  EXPECT_EQ(p.storage.owner(p.at("d")), x);
  EXPECT_EQ(p.storage.owner(p.at("e")), x);
  EXPECT_FALSE(p.storage.location(p.at("e"))->known);
  EXPECT_EQ(p.storage.owner(p.at("f")), x);
  EXPECT_EQ(p.storage.owner(p.at("g")), p.at("g"));
  EXPECT_EQ(p.storage.writers(x), std::vector<NodeId>{p.at("f")});
  EXPECT_EQ(p.storage.readersAfter(p.at("e"), x), (std::vector<NodeId>{p.at("f"), p.at("g"), p.graph->output()}));
  EXPECT_EQ(p.storage.aliases(x).size(), 6u);
}

TEST(CopiedBytes, CountsWhatOnlyMoves) {
  const auto g = parse(R"p(n: "Sym(s0)", p: "i64[1]", x: "f32[s1, 16, 2, 8]", k: "f32[s0, 1, 2, 8]")p", R"p(c: "f32[s0, 16, 2, 8]" = torch.ops.aten.slice.Tensor(x, 0, 0, n)
i: "f32[s0, 16, 2, 8]" = torch.ops.aten.index_put.default(c, [None, p], k)
w: "f32[s1, 16, 2, 8]" = torch.ops.aten.slice_scatter.default(x, i, 0, 0, n)
r: "f32[s1, 16, 2, 8]" = torch.ops.aten.clone.default(w)
copy_: "f32[s1, 16, 2, 8]" = torch.ops.aten.copy_.default(x, w)
return (r,)
)p");
  const auto unbound = copiedBytes(*g, graph::ir::Binding{});
  EXPECT_FALSE(unbound.update || unbound.copy_ || unbound.clone);
  const auto bytes = copiedBytes(*g, graph::ir::Binding{{"s0", 3}, {"s1", 4}});
  // index_put leaves 15 of 16 positions of 3 rows; slice_scatter leaves 1 of 4 rows. Rows are 16 * 2 * 8 floats.
  EXPECT_EQ(bytes.update, 3 * 15 * 16 * 4 + 1 * 256 * 4);
  EXPECT_EQ(bytes.copy_, 4 * 256 * 4);
  EXPECT_EQ(bytes.clone, 4 * 256 * 4);
}

}  // namespace
}  // namespace rewrites::test
