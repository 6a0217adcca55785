// Every edit of a graph, what it refuses, and what revisions share.
#include "graph/ir/graph.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/ir/build.h"

namespace graph::ir {
namespace {

using namespace test;
using Names = std::vector<std::string>;

/// x, y -> add -> mul -> output
struct Small {
  Graph graph{"f"};
  NodeId x = graph.append(placeholder("x")), y = graph.append(placeholder("y"));
  NodeId add = graph.append(call("add", "aten.add.Tensor", {x, y})), mul = graph.append(call("mul", "aten.mul.Tensor", {add, x}));
  NodeId out = graph.append(output(Tuple{{mul}}));
};

template <class Error = std::invalid_argument, class F>
std::string messageOf(F&& edit) {
  try {
    edit();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

TEST(GraphTest, EmptyGraph) {
  const Graph graph;
  EXPECT_EQ(graph.name(), "forward");
  EXPECT_EQ(graph.size(), 0u);
  EXPECT_FALSE(graph.first());
  EXPECT_FALSE(graph.last());
  EXPECT_FALSE(graph.output());
  EXPECT_FALSE(graph.find("x"));
  EXPECT_TRUE(graph.begin() == graph.end());
  EXPECT_TRUE(graph.placeholders().empty());
  EXPECT_FALSE(graph.contains(NodeId{}));
  EXPECT_FALSE(graph.contains(NodeId{7}));
}

TEST(GraphTest, AppendAndRead) {
  Small s;
  EXPECT_EQ(names(s.graph), (Names{"x", "y", "add", "mul", "output"}));
  EXPECT_EQ(s.graph.users(s.x), (std::vector<NodeId>{s.add, s.mul}));
  EXPECT_EQ(names(s.graph, s.graph.placeholders()), (Names{"x", "y"}));
  EXPECT_EQ(s.graph.output(), s.out);
  EXPECT_EQ(s.graph.find("mul"), s.mul);
  EXPECT_TRUE(s.graph.before(s.x, s.out));
  EXPECT_FALSE(s.graph.before(s.out, s.x));
  EXPECT_FALSE(s.graph.before(s.x, s.x));
  EXPECT_EQ(s.graph.next(s.y), s.add);
  EXPECT_EQ(s.graph.prev(s.x), NodeId{});
  EXPECT_EQ(s.graph.idLimit(), s.out.value + 1);
  EXPECT_EQ(s.graph.share(s.add).get(), &s.graph.node(s.add));
  EXPECT_EQ(broken(s.graph), "");
}

TEST(GraphTest, AUserIsListedOnceHoweverOftenItUses) {
  Graph graph;
  const NodeId x = graph.append(placeholder("x"));
  const NodeId cat = graph.append(call("cat", "aten.cat.default", {List{{x, x, Dict{{{"k", x}}}}}}, {{"dim", x}}));
  EXPECT_EQ(graph.users(x), (std::vector<NodeId>{cat}));
}

TEST(GraphTest, InsertBeforeAndAfter) {
  Small s;
  const NodeId relu = s.graph.insertBefore(s.mul, call("relu", "aten.relu.default", {s.add}));
  const NodeId neg = s.graph.insertAfter(s.mul, call("neg", "aten.neg.default", {s.mul}));
  s.graph.insertAfter(s.out, call("after", "aten.neg.default", {s.mul}));
  s.graph.insertBefore(s.x, placeholder("first"));
  EXPECT_EQ(names(s.graph), (Names{"first", "x", "y", "add", "relu", "mul", "neg", "output", "after"}));
  EXPECT_TRUE(s.graph.before(relu, s.mul));
  EXPECT_TRUE(s.graph.before(s.mul, neg));
  EXPECT_EQ(broken(s.graph), "");
}

TEST(GraphTest, ReplaceKeepsIdAndUsers) {
  Small s;
  s.graph.replace(s.add, call("sum", "aten.sub.Tensor", {s.y, s.y}));
  EXPECT_EQ(s.graph.node(s.add).target, "aten.sub.Tensor");
  EXPECT_EQ(s.graph.users(s.add), (std::vector<NodeId>{s.mul}));
  EXPECT_EQ(s.graph.users(s.x), (std::vector<NodeId>{s.mul}));
  EXPECT_EQ(s.graph.find("sum"), s.add);
  EXPECT_FALSE(s.graph.find("add"));
  EXPECT_EQ(broken(s.graph), "");
  s.graph.replace(s.add, call("add", "aten.add.Tensor", {s.x, s.y}));  // and back to a name that was given up
  EXPECT_EQ(s.graph.find("add"), s.add);
  EXPECT_FALSE(s.graph.find("sum"));
  s.graph.replace(s.y, call("y", "aten.ones.default", {List{}}));
  EXPECT_EQ(names(s.graph, s.graph.placeholders()), (Names{"x"}));
  s.graph.replace(s.out, call("output", "aten.neg.default", {s.mul}));
  EXPECT_FALSE(s.graph.output());
  EXPECT_EQ(broken(s.graph), "");
}

TEST(GraphTest, ReplaceAllUses) {
  Small s;
  const NodeId copy = s.graph.insertAfter(s.x, call("copy", "aten.clone.default", {s.x}));
  s.graph.replaceAllUses(s.x, copy);
  EXPECT_EQ(s.graph.users(s.x), (std::vector<NodeId>{copy}));  // its own use stays
  EXPECT_EQ(s.graph.users(copy), (std::vector<NodeId>{s.add, s.mul}));
  EXPECT_EQ(s.graph.node(s.add).args[0].node(), copy);
  EXPECT_EQ(s.graph.node(copy).args[0].node(), s.x);
  s.graph.replaceAllUses(s.add, copy);  // mul used both: once in users
  EXPECT_EQ(s.graph.users(copy), (std::vector<NodeId>{s.add, s.mul}));
  EXPECT_TRUE(s.graph.users(s.add).empty());
  s.graph.replaceAllUses(s.mul, s.mul);
  EXPECT_EQ(s.graph.users(s.mul), (std::vector<NodeId>{s.out}));
  EXPECT_EQ(broken(s.graph), "");
}

TEST(GraphTest, EraseForgetsUsersAndKeepsTheNameForMessages) {
  Small s;
  s.graph.replace(s.out, output(s.x));
  s.graph.erase(s.mul);
  s.graph.erase(s.add);
  EXPECT_EQ(names(s.graph), (Names{"x", "y", "output"}));
  EXPECT_TRUE(s.graph.users(s.y).empty());
  EXPECT_FALSE(s.graph.find("add"));
  EXPECT_FALSE(s.graph.contains(s.add));
  EXPECT_EQ(messageOf<DeadNode>([&] { s.graph.node(s.add); }), "node 'add' was erased from graph 'f'");
  EXPECT_EQ(messageOf<DeadNode>([&] { s.graph.users(NodeId{}); }), "no node was given (id 0) in graph 'f'");
  EXPECT_EQ(messageOf<DeadNode>([&] { s.graph.next(NodeId{99}); }), "graph 'f' has no node with id 99");
  EXPECT_EQ(broken(s.graph), "");
}

TEST(GraphTest, MoveBefore) {
  Small s;
  const NodeId neg = s.graph.insertAfter(s.mul, call("neg", "aten.neg.default", {s.x}));
  s.graph.moveBefore(neg, s.add);
  EXPECT_EQ(names(s.graph), (Names{"x", "y", "neg", "add", "mul", "output"}));
  EXPECT_TRUE(s.graph.before(neg, s.add));
  s.graph.moveBefore(neg, s.add);  // already there
  s.graph.moveBefore(neg, neg);
  s.graph.moveBefore(neg, s.x);
  EXPECT_EQ(names(s.graph).front(), "neg");
  s.graph.moveBefore(s.x, s.out);
  EXPECT_EQ(names(s.graph), (Names{"neg", "y", "add", "mul", "x", "output"}));
  EXPECT_EQ(broken(s.graph), "");
}

// --- refused edits change nothing ---------------------------------------------------------------------------------------------------

TEST(GraphTest, RefusedEditsChangeNothing) {
  Small s;
  const Graph before = s.graph;
  const NodeId dead{s.out.value + 5};
  EXPECT_EQ(messageOf([&] { s.graph.append(placeholder("add")); }), "graph 'f' already has a node named 'add'");
  EXPECT_EQ(messageOf([&] { s.graph.insertBefore(s.add, placeholder("")); }), "a node needs a name (graph 'f')");
  EXPECT_EQ(messageOf<DeadNode>([&] { s.graph.append(call("n", "aten.neg.default", {List{{dead}}})); }),
            "argument of 'n' (aten.neg.default): graph 'f' has no node with id 10");
  EXPECT_EQ(messageOf<DeadNode>([&] { s.graph.insertBefore(dead, placeholder("z")); }), "graph 'f' has no node with id 10");
  EXPECT_EQ(messageOf<DeadNode>([&] { s.graph.insertAfter(dead, placeholder("z")); }), "graph 'f' has no node with id 10");
  EXPECT_EQ(messageOf([&] { s.graph.replace(s.add, call("mul", "aten.neg.default", {s.x})); }), "graph 'f' already has a node named 'mul'");
  EXPECT_EQ(messageOf<DeadNode>([&] { s.graph.replace(s.add, call("add", "aten.neg.default", {dead})); }),
            "argument of 'add' (aten.neg.default): graph 'f' has no node with id 10");
  EXPECT_THROW(s.graph.replace(dead, placeholder("z")), DeadNode);
  EXPECT_THROW(s.graph.replaceAllUses(s.x, dead), DeadNode);
  EXPECT_THROW(s.graph.replaceAllUses(dead, s.x), DeadNode);
  EXPECT_THROW(s.graph.moveBefore(s.x, dead), DeadNode);
  EXPECT_THROW(s.graph.moveBefore(dead, s.x), DeadNode);
  EXPECT_THROW(s.graph.moveBefore(s.out, NodeId{}), DeadNode);
  EXPECT_EQ(messageOf([&] { s.graph.erase(s.x); }), "cannot erase 'x': 'add' (aten.add.Tensor) uses it, and 1 more");
  EXPECT_EQ(messageOf([&] { s.graph.erase(s.add); }), "cannot erase 'add': 'mul' (aten.mul.Tensor) uses it");
  EXPECT_THROW(s.graph.erase(dead), DeadNode);
  EXPECT_EQ(messageOf([&] { s.graph.setSubgraph("true_graph_0", nullptr); }), "subgraph 'true_graph_0' of graph 'f' is missing");

  EXPECT_EQ(names(s.graph), names(before));
  EXPECT_EQ(broken(s.graph), "");
  const Graph::Sharing sharing = s.graph.sharingWith(before);
  EXPECT_EQ(sharing.sharedSlotChunks, sharing.slotChunks);  // not even a chunk was cloned
  EXPECT_EQ(sharing.sharedNameChunks, sharing.nameChunks);
}

// --- names ----------------------------------------------------------------------------------------------------------------------------

TEST(GraphTest, UniqueNamesCountAsFxDoes) {
  Graph graph;
  EXPECT_EQ(graph.uniqueName("add"), "add");
  for (const char* name : {"add", "add_1", "add_2", "add_3"}) graph.append(placeholder(name));
  EXPECT_EQ(graph.uniqueName("add"), "add_4");
  EXPECT_EQ(graph.uniqueName("add_2"), "add_4");
  EXPECT_EQ(graph.uniqueName("add_7"), "add_7");
  EXPECT_EQ(graph.uniqueName("mul"), "mul");
  EXPECT_EQ(graph.uniqueName("copy_"), "copy_");
  graph.append(placeholder("copy_"));
  EXPECT_EQ(graph.uniqueName("copy_"), "copy__1");
}

TEST(GraphTest, UniqueNamesAreUsableAndNeverAnErasedNodes) {
  Graph graph;
  EXPECT_EQ(graph.uniqueName("list"), "list_1");
  EXPECT_EQ(graph.uniqueName("lambda"), "lambda_1");
  EXPECT_EQ(graph.uniqueName("inf"), "inf_1");
  EXPECT_EQ(graph.uniqueName("a.b-c"), "a_b_c");
  EXPECT_EQ(graph.uniqueName("3d"), "_3d");
  EXPECT_EQ(graph.uniqueName(""), "_unnamed");
  const NodeId add = graph.append(placeholder("add"));
  graph.erase(add);
  EXPECT_EQ(graph.uniqueName("add"), "add_1");
  EXPECT_EQ(graph.uniqueName("add_99999999999999999999999"), "add_99999999999999999999999");
  graph.append(placeholder("add_99999999999999999999999"));
  EXPECT_EQ(graph.uniqueName("add_99999999999999999999999"), "add_99999999999999999999999_1");
  const NodeId again = graph.append(placeholder("add"));  // asked for by name, an erased node's name is free
  EXPECT_EQ(graph.find("add"), again);
}

TEST(GraphTest, ManyNamesOfOneStemAreFast) {
  Graph graph;
  for (int i = 0; i < 20000; ++i) graph.append(placeholder(graph.uniqueName("add")));
  EXPECT_TRUE(graph.find("add"));
  EXPECT_TRUE(graph.find("add_19999"));
  EXPECT_EQ(graph.size(), 20000u);
}

// --- copies ---------------------------------------------------------------------------------------------------------------------------

Graph chain(int length) {
  Graph graph;
  NodeId last = graph.append(placeholder("x"));
  for (int i = 0; i < length; ++i) last = graph.append(call("relu_" + std::to_string(i), "aten.relu.default", {last}));
  return graph;
}

TEST(GraphTest, ACopySharesAndAnEditClonesWhatItTouches) {
  const Graph graph = chain(6399);  // 6,400 nodes + slot 0: 101 chunks
  Graph copy = graph;
  Graph::Sharing sharing = copy.sharingWith(graph);
  EXPECT_EQ(sharing.slotChunks, 101u);
  EXPECT_EQ(sharing.sharedSlotChunks, 101u);
  EXPECT_EQ(sharing.sharedNameChunks, sharing.nameChunks);
  copy.replace(copy.find("relu_3000"), call("relu_3000", "aten.neg.default", {copy.find("relu_2999")}));
  EXPECT_EQ(copy.sharingWith(graph).sharedSlotChunks, 100u);
  EXPECT_EQ(copy.sharingWith(graph).sharedNameChunks, sharing.nameChunks);
  copy.replace(copy.find("relu_3000"), call("relu_3000", "aten.abs.default", {copy.find("relu_2999")}));  // a chunk of our own by now
  EXPECT_EQ(copy.sharingWith(graph).sharedSlotChunks, 100u);
  EXPECT_EQ(graph.node(graph.find("relu_3000")).target, "aten.relu.default");
  EXPECT_EQ(broken(copy), "");
  EXPECT_EQ(broken(graph), "");
}

TEST(GraphTest, BothSidesOfACopyCloneBeforeTheyWrite) {
  Graph first = chain(10);
  const NodeId id = first.find("relu_5");
  Graph second = first;
  first.replace(id, call("first", "aten.neg.default", {first.prev(id)}));
  EXPECT_EQ(second.node(id).name, "relu_5");
  second.replace(id, call("second", "aten.neg.default", {second.prev(id)}));
  EXPECT_EQ(first.node(id).name, "first");
  EXPECT_EQ(second.node(id).name, "second");
  EXPECT_EQ(second.find("relu_5"), NodeId{});
  EXPECT_EQ(broken(first), "");
  EXPECT_EQ(broken(second), "");
}

TEST(GraphTest, AMoveGivesUpTheChunksToo) {
  Graph draft = chain(10);
  const NodeId id = draft.find("relu_5");
  const Node& seen = draft.node(id);
  Graph published = std::move(draft);
  EXPECT_EQ(&published.node(id), &seen);
  const Graph copy = published;
  published.replace(id, call("changed", "aten.neg.default", {published.prev(id)}));
  EXPECT_EQ(copy.node(id).name, "relu_5");
  draft = copy;  // a moved-from graph can be assigned
  EXPECT_EQ(draft.size(), 11u);
  Graph target;
  target.append(placeholder("old"));
  target = std::move(published);
  EXPECT_EQ(target.node(id).name, "changed");
  EXPECT_EQ(broken(target), "");
}

TEST(GraphTest, SelfAssignment) {
  Graph graph = chain(3);
  Graph& same = graph;
  graph = same;
  EXPECT_EQ(graph.size(), 4u);
  graph = std::move(same);
  EXPECT_EQ(graph.size(), 4u);
}

TEST(GraphTest, IdsAreNeverReusedThroughRevisions) {
  Graph graph = chain(3);
  const NodeId last = graph.last();
  Graph next = graph;
  next.erase(last);
  const NodeId fresh = next.append(placeholder("fresh"));
  EXPECT_GT(fresh.value, last.value);
  EXPECT_FALSE(next.contains(last));
  EXPECT_TRUE(graph.contains(last));
  EXPECT_FALSE(graph.contains(fresh));
}

// --- order labels ---------------------------------------------------------------------------------------------------------------------

TEST(GraphTest, OrderSurvivesManyInsertionsAtOnePlace) {
  Small s;
  NodeId before = s.mul;
  for (int i = 0; i < 5000; ++i) s.graph.insertBefore(s.mul, placeholder("a" + std::to_string(i)));
  for (int i = 0; i < 5000; ++i) before = s.graph.insertBefore(before, placeholder("b" + std::to_string(i)));
  for (int i = 0; i < 5000; ++i) s.graph.insertBefore(s.graph.first(), placeholder("c" + std::to_string(i)));
  for (int i = 0; i < 200; ++i) s.graph.moveBefore(s.x, s.graph.first()), s.graph.moveBefore(s.y, s.graph.first());
  EXPECT_EQ(s.graph.size(), 15005u);
  EXPECT_EQ(broken(s.graph), "");
}

TEST(GraphTest, RandomEditsKeepEveryInvariant) {
  std::mt19937 random(7);
  Graph graph;
  std::vector<Graph> revisions;
  std::vector<std::vector<std::string>> remembered;
  const auto any = [&] {
    std::vector<NodeId> ids(graph.begin(), graph.end());
    return ids[random() % ids.size()];
  };
  for (int i = 0; i < 3; ++i) graph.append(placeholder(graph.uniqueName("p")));
  for (int step = 0; step < 1500; ++step) {
    switch (random() % 8) {
      case 0: case 1: graph.append(call(graph.uniqueName("n"), "t", {any(), List{{any()}}})); break;
      case 2: graph.insertBefore(any(), call(graph.uniqueName("n"), "t", {any()})); break;
      case 3: graph.replace(any(), call(graph.uniqueName("r"), "t", {any(), any()})); break;
      case 4: graph.replaceAllUses(any(), any()); break;
      case 5: graph.moveBefore(any(), any()); break;
      default: {
        const NodeId id = any();
        if (graph.users(id).empty() && graph.size() > 3) graph.erase(id);
        else EXPECT_THROW(if (!graph.users(id).empty()) graph.erase(id); else throw std::invalid_argument(""), std::invalid_argument);
      }
    }
    if (step % 50 == 0) {
      ASSERT_EQ(broken(graph), "") << step;
      revisions.push_back(graph);
      remembered.push_back(names(graph));
    }
  }
  for (size_t i = 0; i < revisions.size(); ++i) {
    EXPECT_EQ(names(revisions[i]), remembered[i]) << i;
    EXPECT_EQ(broken(revisions[i]), "") << i;
  }
}

// --- the rest -------------------------------------------------------------------------------------------------------------------------

TEST(GraphTest, SymbolsOfAllAnnotations) {
  Graph graph;
  Node x = placeholder("x");
  x.meta = TensorMeta{DType::f32, {*Expr::parse("2*s0 + 1"), Expr(4)}, std::vector<Expr>{*Expr::parse("Max(1, u0)"), Expr(1)}};
  graph.append(x);
  Node s = placeholder("s");
  s.meta = SymMeta{*Expr::parse("(s77//2)")};
  graph.append(s);
  Node o = placeholder("o");
  o.meta = OtherMeta{"torch.Tensor"};
  graph.append(o);
  EXPECT_EQ(graph.symbols(), (Names{"s0", "s77", "u0"}));
}

TEST(GraphTest, SubgraphsAndGuards) {
  Graph graph = chain(1);
  graph.setSubgraph("true_graph_0", std::make_shared<const Graph>(chain(2)));
  graph.addGuard({Guard::Kind::disjoint, "a", "b", {}});
  graph.addGuard({Guard::Kind::disjoint, "a", "b", {}});
  graph.addGuard({Guard::Kind::symbol, {}, {}, "s0 >= 2"});
  const Graph copy = graph;
  EXPECT_EQ(copy.subgraphs().at("true_graph_0")->size(), 3u);
  EXPECT_EQ(copy.guards().size(), 2u);
  graph.setName("other");
  EXPECT_EQ(copy.name(), "forward");
}

}  // namespace
}  // namespace graph::ir
