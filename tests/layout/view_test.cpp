// Views in words, portals, neighbourhoods, kinds and labels.
#include "graph/layout/view.h"

#include <gtest/gtest.h>

#include "graph/layout/label.h"
#include "tests/layout/models.h"

namespace graph::layout {
namespace {

using test::stackedLayers;

struct Fixture : testing::Test {
  ir::Graph g = stackedLayers(9);
  Folding f = fold(g);
  std::optional<ViewSpec> parse(const std::string& text) { return ViewSpec::parse(text, g, f, &error); }
  std::vector<std::string> texts(const GraphView& v, ViewItem::Kind kind) {
    std::vector<std::string> out;
    for (const auto& item : v.items)
      if (item.kind == kind) out.push_back(item.lines[0]);
    return out;
  }
  std::string error;
};
using View = Fixture;

TEST_F(View, SpecsReadBack) {
  for (const char* text : {"folded", "whole", "layer 3", "around mm_2 2"}) {
    auto spec = parse(text);
    ASSERT_TRUE(spec) << text << ": " << error;
    EXPECT_EQ(spec->str(g, f), text);
  }
  EXPECT_EQ(parse("mm_2")->kind, ViewSpec::Kind::around);
  EXPECT_EQ(parse("")->kind, ViewSpec::Kind::layer);
}

TEST_F(View, BadSpecsSayWhy) {
  EXPECT_FALSE(parse("layer 9"));
  EXPECT_EQ(error, "'9' is no layer: they are numbered 0 to 8");
  EXPECT_FALSE(parse("layer B"));
  EXPECT_EQ(error, "there are 1 kinds of layers");
  EXPECT_FALSE(parse("around nobody"));
  EXPECT_EQ(error, "no node is called 'nobody'; a view is folded, whole, layer [N], or around NODE [DEPTH]");
  EXPECT_FALSE(parse("mm far"));
  EXPECT_EQ(error, "the depth must be a number");
  auto small = stackedLayers(1);
  EXPECT_FALSE(ViewSpec::parse("layer", small, fold(small), &error));
  EXPECT_EQ(error, "no repeated layer was found in this graph");
}

TEST_F(View, OneLayerHasPortalsToItsNeighbours) {
  auto v = makeView(g, f, *parse("layer 3"));
  EXPECT_EQ(texts(v, ViewItem::Kind::from), (std::vector<std::string>{"add_2 · layer 2", "add_2 · layer 2"}));
  EXPECT_EQ(texts(v, ViewItem::Kind::to), (std::vector<std::string>{"mm_4 · layer 4 +1"}));
  ASSERT_EQ(v.frames.size(), 1u);
  EXPECT_EQ(v.frames[0].title, "layer 3 of 9   (9 like this)");
}

TEST_F(View, FoldedShowsOneLayerForAll) {
  auto v = makeView(g, f, *parse("folded"));
  ASSERT_EQ(v.frames.size(), 1u);
  EXPECT_EQ(v.frames[0].title, "layer  ×9");
  size_t mms = 0;
  for (const auto& item : v.items) mms += item.kind == ViewItem::Kind::node && g.node(item.node).target == "aten.mm.default";
  EXPECT_EQ(mms, 1u);
  // neg reads the last layer's add: the shown layer stands for it.
  bool connected = false;
  for (const auto& e : v.edges) {
    const auto& from = v.items[static_cast<size_t>(e.from)];
    const auto& to = v.items[static_cast<size_t>(e.to)];
    connected = connected || (from.lines[0] == "add" && to.lines[0] == "neg");
  }
  EXPECT_TRUE(connected);
}

TEST_F(View, NeighbourhoodStopsAtItsDepth) {
  auto v = makeView(g, f, *parse("around relu_4 1"));
  auto nodes = texts(v, ViewItem::Kind::node);
  EXPECT_EQ(nodes, (std::vector<std::string>{"mm_4", "relu_4", "mul_4"}));
}

TEST_F(View, WidelyUsedValuesAreNamedWhereTheyAreUsed) {
  ir::Graph wide("wide");
  auto x = test::placeholder(wide, "x", test::tensor({2}));
  for (int i = 0; i < 12; ++i) test::call(wide, "relu", "aten.relu.default", {x}, test::tensor({2}));
  auto v = makeView(wide, fold(wide), {.kind = ViewSpec::Kind::whole});
  EXPECT_EQ(texts(v, ViewItem::Kind::from).size(), 12u);
}

TEST(Label, Kinds) {
  auto g = stackedLayers(1);
  auto kind = [&](const char* name) { return std::string(kindName(kindOf(g, g.find(name)))); };
  EXPECT_EQ(kind("x"), "input");
  EXPECT_EQ(kind("batch"), "number");
  EXPECT_EQ(kind("t"), "view");
  EXPECT_EQ(kind("mm"), "fresh");
  EXPECT_EQ(kind("slice_scatter"), "copy");
  EXPECT_EQ(kind("copy_"), "copy");
  EXPECT_EQ(kind("window"), "view");
  EXPECT_EQ(kind("output"), "output");
  auto h = g.find("relu");
  test::call(g, "index_put_", "aten.index_put_.default", {h, ir::List{}, h}, test::tensor({2}));
  EXPECT_EQ(kind("index_put_"), "write");
}

TEST(Label, TextsAreShort) {
  auto g = stackedLayers(1);
  EXPECT_EQ(shortCall(g, g.find("slice_scatter"), 60), "slice_scatter(cache0, mul, 0, 0, batch)");
  EXPECT_EQ(shortCall(g, g.find("slice_scatter"), 16), "slice_scatter(c…");
  EXPECT_EQ(shortMeta(g.node(g.find("mm")).meta, 40), "f32[s0, 64]");
  EXPECT_EQ(shortTarget("aten.add.Tensor"), "add");
  EXPECT_EQ(shortTarget("prims.iota.default"), "prims.iota");
  EXPECT_EQ(characters("a×b"), 3u);
  EXPECT_EQ(shorten("a×bcd", 3), "a×…");
}

TEST(Label, BytesNeedEverySymbol) {
  auto meta = ir::Meta(test::tensor({ir::Expr::symbol("s0"), 64}));
  EXPECT_EQ(bytesOf(meta, {{"s0", 3}}), 768);
  EXPECT_EQ(bytesOf(meta, {}), std::nullopt);
  EXPECT_EQ(bytesOf(ir::Meta(test::tensor({INT64_MAX, 64})), {}), std::nullopt);
}

}  // namespace
}  // namespace graph::layout
