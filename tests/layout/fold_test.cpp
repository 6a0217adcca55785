// Repeated layers are found, with their epilogue copies; instances that differ are another shape.
#include "graph/layout/fold.h"

#include <gtest/gtest.h>

#include "tests/layout/models.h"

namespace graph::layout {
namespace {

using test::stackedLayers;

std::vector<std::string> names(const ir::Graph& g, const std::vector<ir::NodeId>& ids) {
  std::vector<std::string> out;
  for (auto id : ids) out.push_back(g.node(id).name);
  return out;
}

TEST(Fold, TwentyTwoLayersAreOneShape) {
  auto g = stackedLayers(22);
  auto f = fold(g);
  ASSERT_EQ(f.layers.size(), 1u);
  EXPECT_EQ(f.layers[0].instances.size(), 22u);
  EXPECT_EQ(f.layers[0].shapes.size(), 1u);
  EXPECT_EQ(f.layers[0].count(0), 22u);
  EXPECT_EQ(f.layers[0].name, "layer");
}

TEST(Fold, EpilogueCopiesBelongToTheirLayer) {
  auto g = stackedLayers(3);
  auto f = fold(g);
  ASSERT_EQ(f.layers.size(), 1u);
  for (size_t k = 0; k < 3; ++k) {
    auto suffix = k ? "_" + std::to_string(k) : std::string();
    auto copy = g.find(k ? "copy__" + std::to_string(k) : "copy_");
    ASSERT_TRUE(f.find(copy)) << k;
    EXPECT_EQ(f.find(copy)->instance, k);
    EXPECT_EQ(names(g, f.layers[0].instances[k].nodes),
              (std::vector<std::string>{"t" + suffix, "mm" + suffix, "relu" + suffix, "mul" + suffix, "slice_scatter" + suffix, "window" + suffix,
                                        "add" + suffix, k ? "copy__" + std::to_string(k) : "copy_"}));
  }
  EXPECT_FALSE(f.find(g.find("neg")));
  EXPECT_FALSE(f.find(g.find("embed")));
}

TEST(Fold, ALayerThatDiffersIsAnotherShape) {
  auto g = stackedLayers(8, 3);
  auto f = fold(g);
  ASSERT_EQ(f.layers.size(), 1u);
  ASSERT_EQ(f.layers[0].instances.size(), 8u);
  ASSERT_EQ(f.layers[0].shapes.size(), 2u);
  EXPECT_EQ(f.layers[0].count(0), 7u);
  EXPECT_EQ(f.layers[0].count(1), 1u);
  EXPECT_EQ(f.layers[0].instances[3].shape, 1u);
}

TEST(Fold, NothingRepeatsInASmallGraph) {
  auto g = stackedLayers(1);
  auto f = fold(g);
  EXPECT_TRUE(f.layers.empty());
  ASSERT_EQ(f.parts.size(), 1u);
  EXPECT_EQ(f.parts[0].nodes.size(), g.size() - g.placeholders().size() - 1);
}

TEST(Fold, EmptyGraph) {
  ir::Graph g;
  auto f = fold(g);
  EXPECT_TRUE(f.layers.empty());
  EXPECT_TRUE(f.parts.empty());
}

TEST(Fold, EveryNodeIsInExactlyOnePlace) {
  auto g = stackedLayers(5, 2);
  auto f = fold(g);
  std::vector<int> seen(g.idLimit(), 0);
  for (const auto& part : f.parts)
    for (auto id : part.nodes) ++seen[id.value];
  for (const auto& layer : f.layers)
    for (const auto& instance : layer.instances)
      for (auto id : instance.nodes) ++seen[id.value];
  for (auto id : g) {
    auto op = g.node(id).op;
    EXPECT_EQ(seen[id.value], op == ir::Op::placeholder || op == ir::Op::output ? 0 : 1) << g.node(id).name;
  }
}

}  // namespace
}  // namespace graph::layout
