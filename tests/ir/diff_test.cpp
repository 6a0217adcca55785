#include "graph/ir/diff.h"

#include <gtest/gtest.h>

#include "tests/ir/build.h"

namespace graph::ir {
namespace {

using namespace test;
using Names = std::vector<std::string>;

Graph chain(int length, const std::string& target = "aten.relu.default") {
  Graph graph;
  NodeId last = graph.append(placeholder("x"));
  for (int i = 0; i < length; ++i) last = graph.append(call("n" + std::to_string(i), target, {last}));
  graph.append(output(last));
  return graph;
}

Names seconds(const Graph& graph, const std::vector<std::pair<NodeId, NodeId>>& pairs) {
  Names result;
  for (const auto& [first, second] : pairs) result.push_back(graph.node(second).name);
  return result;
}

TEST(DiffTest, NothingChanged) {
  const Graph graph = chain(200);
  Graph copy = graph;
  EXPECT_TRUE(diffRevisions(graph, copy).empty());
  EXPECT_TRUE(diffByName(graph, chain(200)).empty());
  copy.replace(copy.find("n3"), copy.node(copy.find("n3")));  // another node with the same content
  EXPECT_TRUE(diffRevisions(graph, copy).empty());
}

TEST(DiffTest, RevisionsAddRemoveChangeMove) {
  const Graph before = chain(200);
  Graph after = before;
  const NodeId neg = after.insertAfter(after.find("n10"), call("neg", "aten.neg.default", {after.find("n10")}));
  after.replaceAllUses(after.find("n10"), neg);
  const NodeId n150 = after.find("n150");
  after.replaceAllUses(n150, after.find("n149"));
  after.erase(n150);
  after.moveBefore(after.find("n90"), after.find("n85"));
  const Diff diff = diffRevisions(before, after);
  EXPECT_EQ(names(after, diff.added), (Names{"neg"}));
  EXPECT_EQ(names(before, diff.removed), (Names{"n150"}));
  EXPECT_EQ(seconds(after, diff.changed), (Names{"n11", "n151"}));
  EXPECT_EQ(seconds(after, diff.moved), (Names{"n90"}));
  EXPECT_FALSE(diff.empty());
  // Backwards: what was added is removed.
  const Diff back = diffRevisions(after, before);
  EXPECT_EQ(names(before, back.added), (Names{"n150"}));
  EXPECT_EQ(names(after, back.removed), (Names{"neg"}));
  EXPECT_EQ(seconds(before, back.moved), (Names{"n90"}));
}

TEST(DiffTest, InsertionsThatSpreadLabelsMoveNothing) {
  const Graph before = chain(100);
  Graph after = before;
  for (int i = 0; i < 3000; ++i) after.insertBefore(after.find("n50"), placeholder("p" + std::to_string(i)));
  const Diff diff = diffRevisions(before, after);
  EXPECT_EQ(diff.added.size(), 3000u);
  EXPECT_TRUE(diff.moved.empty());
  EXPECT_TRUE(diff.changed.empty());
}

TEST(DiffTest, ARename) {
  const Graph before = chain(5);
  Graph after = before;
  Node renamed = after.node(after.find("n2"));
  renamed.name = "other";
  after.replace(after.find("n2"), renamed);
  EXPECT_EQ(seconds(after, diffRevisions(before, after).changed), (Names{"other"}));
  const Diff byName = diffByName(before, after);
  EXPECT_EQ(names(before, byName.removed), (Names{"n2"}));
  EXPECT_EQ(names(after, byName.added), (Names{"other"}));
  EXPECT_EQ(seconds(after, byName.changed), (Names{"n3"}));  // what it refers to has another name
}

TEST(DiffTest, ByNameComparesReferencesByName) {
  Graph before, after;
  const NodeId a = before.append(placeholder("a")), b = before.append(placeholder("b"));
  const NodeId b2 = after.append(placeholder("b")), a2 = after.append(placeholder("a"));  // other ids, other order
  const auto use = [](NodeId x, NodeId y) {
    return call("c", "t", {List{{x, Tuple{{y}}}}, Dict{{{"k", x}}}, Slice{{None{}, y, None{}}}}, {{"z", y}});
  };
  before.append(use(a, b));
  after.append(use(a2, b2));
  Diff diff = diffByName(before, after);
  EXPECT_TRUE(diff.changed.empty());
  EXPECT_EQ(diff.moved.size(), 1u);
  after.replace(after.find("c"), use(b2, a2));
  EXPECT_EQ(seconds(after, diffByName(before, after).changed), (Names{"c"}));
}

TEST(DiffTest, EveryKindOfContentCounts) {
  const Graph before = chain(3);
  const auto changedBy = [&](auto&& edit) {
    Graph after = before;
    Node node = after.node(after.find("n1"));
    edit(node);
    after.replace(after.find("n1"), node);
    const bool revisions = diffRevisions(before, after).changed.size() == 1, byName = diffByName(before, after).changed.size() == 1;
    EXPECT_EQ(revisions, byName);
    return revisions;
  };
  EXPECT_TRUE(changedBy([](Node& n) { n.target = "aten.neg.default"; }));
  EXPECT_TRUE(changedBy([](Node& n) { n.args.push_back(1); }));
  EXPECT_TRUE(changedBy([](Node& n) { n.kwargs.emplace_back("k", 1); }));
  EXPECT_TRUE(changedBy([](Node& n) { n.meta = SymMeta{Expr(1)}; }));
  EXPECT_TRUE(changedBy([](Node& n) { n.op = Op::call_method; }));
  EXPECT_FALSE(changedBy([](Node& n) { n.line = 7; }));
  EXPECT_FALSE(changedBy([](Node& n) { n.stack = std::make_shared<const std::string>("s"); }));
}

TEST(DiffTest, FewestMoves) {
  const Graph before = chain(6);
  Graph after = before;
  after.moveBefore(after.find("n5"), after.find("n0"));
  EXPECT_EQ(seconds(after, diffRevisions(before, after).moved), (Names{"n5"}));
  after.moveBefore(after.find("n0"), after.find("output"));
  EXPECT_EQ(seconds(after, diffRevisions(before, after).moved), (Names{"n5", "n0"}));
  EXPECT_EQ(seconds(after, diffByName(before, after).moved), (Names{"n5", "n0"}));
  EXPECT_TRUE(diffByName(Graph(), Graph()).empty());
  EXPECT_EQ(diffByName(Graph(), before).added.size(), before.size());
}

}  // namespace
}  // namespace graph::ir
