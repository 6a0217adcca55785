// deriveRevision: the result is the parsed graph, in ids and nodes of the previous one.
#include "graph/ir/derive.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "graph/ir/diff.h"
#include "tests/ir/build.h"

namespace graph::ir {
namespace {

using namespace test;

/// The same nodes in the same order, with other ids: as if the graph had been printed and read.
Graph readAgain(const Graph& graph) {
  Graph copy(graph.name());
  for (int i = 0; i < 5; ++i) copy.append(placeholder("gap" + std::to_string(i)));
  std::vector<NodeId> ids(graph.idLimit());
  for (NodeId id : graph) {
    Node node = graph.node(id);
    for (Argument& argument : node.args) argument = argument.mapNodes([&](NodeId used) { return ids[used.value]; });
    ids[id.value] = copy.append(std::move(node));
  }
  for (int i = 0; i < 5; ++i) copy.erase(copy.find("gap" + std::to_string(i)));
  for (const auto& [name, sub] : graph.subgraphs()) copy.setSubgraph(name, sub);
  copy.setGuards(graph.guards());
  return copy;
}

/// Everything that is read from a dump, by name; empty when equal.
std::string difference(const Graph& a, const Graph& b) {
  if (a.name() != b.name()) return "name";
  if (names(a) != names(b)) return "order";
  if (!diffByName(a, b).empty()) return "nodes";
  if (a.guards() != b.guards()) return "guards";
  if (a.subgraphs().size() != b.subgraphs().size()) return "subgraphs";
  for (auto x = a.subgraphs().begin(), y = b.subgraphs().begin(); x != a.subgraphs().end(); ++x, ++y)
    if (x->first != y->first || !difference(*x->second, *y->second).empty()) return "subgraph " + x->first;
  return broken(b);
}

Graph randomGraph(std::mt19937& random, int size) {
  Graph graph("random");
  std::vector<NodeId> values{graph.append(placeholder("x")), graph.append(placeholder("y"))};
  const auto any = [&] { return values[random() % values.size()]; };
  for (int i = 0; i < size; ++i) values.push_back(graph.append(call("n" + std::to_string(i), "aten.add.Tensor", {any(), any()})));
  graph.append(output(values.back()));
  return graph;
}

/// What passes do: insert, erase, replace, move to another legal place, rename.
void randomEdit(std::mt19937& random, Graph& graph, int& fresh) {
  std::vector<NodeId> calls;
  for (NodeId id : graph)
    if (graph.node(id).op == Op::call_function) calls.push_back(id);
  if (calls.empty()) return;
  const NodeId id = calls[random() % calls.size()];
  Node node = graph.node(id);
  switch (random() % 5) {
    case 0: {
      const NodeId added = graph.insertBefore(id, call("f" + std::to_string(fresh++), "aten.neg.default", {graph.first()}));
      node.args[0] = added;
      graph.replace(id, node);
      break;
    }
    case 1:
      graph.replaceAllUses(id, graph.first());
      graph.erase(id);
      break;
    case 2:
      node.target = "aten.mul.Tensor";
      graph.replace(id, node);
      break;
    case 3: {   // as far up as its inputs allow
      NodeId last = graph.placeholders().back();
      node.forEachInput([&](NodeId input) { if (graph.before(last, input)) last = input; });
      graph.moveBefore(id, graph.next(last));
      break;
    }
    default:
      node.name = "f" + std::to_string(fresh++);
      graph.replace(id, node);
  }
}

TEST(DeriveTest, IsTheParsedGraphAndSharesWhatDidNotChange) {
  std::mt19937 random(7);
  int fresh = 0;
  for (int round = 0; round < 300; ++round) {
    Graph revision = randomGraph(random, static_cast<int>(random() % 40));
    Graph edited = revision;
    for (int step = 0; step < 4; ++step) {
      for (auto edits = random() % 6; edits > 0; --edits) randomEdit(random, edited, fresh);
      const Graph parsed = readAgain(edited);
      const Graph derived = deriveRevision(revision, parsed);
      ASSERT_EQ(difference(parsed, derived), "") << "round " << round;
      const Diff byName = diffByName(revision, parsed), byId = diffRevisions(revision, derived);
      ASSERT_EQ(byId.removed, byName.removed);
      ASSERT_EQ(names(derived, byId.added), names(parsed, byName.added));
      ASSERT_EQ(byId.changed.size(), byName.changed.size());
      ASSERT_EQ(byId.moved.size(), byName.moved.size());
      for (NodeId id : derived) {
        const NodeId old = revision.find(derived.node(id).name);
        if (!old) continue;
        ASSERT_EQ(old, id);
        const bool changed = std::any_of(byId.changed.begin(), byId.changed.end(), [&](const auto& pair) { return pair.second == id; });
        if (!changed) { ASSERT_EQ(revision.share(id), derived.share(id)) << derived.node(id).name; }
      }
      revision = derived;
    }
  }
}

TEST(DeriveTest, NothingInCommon) {
  Graph before("a"), after("b");
  before.append(output(before.append(placeholder("x"))));
  const NodeId y = after.append(placeholder("y"));
  after.append(Node{Op::output, "result", "output", {Argument(y)}});
  EXPECT_EQ(difference(after, deriveRevision(before, after)), "");
  EXPECT_EQ(difference(Graph("empty"), deriveRevision(before, Graph("empty"))), "");
  EXPECT_EQ(difference(before, deriveRevision(Graph(), before)), "");
}

TEST(DeriveTest, MovesToTheEnd) {
  Graph before("a");
  for (const char* name : {"x", "y", "z"}) before.append(placeholder(name));
  Graph after("a");
  for (const char* name : {"y", "z", "x"}) after.append(placeholder(name));
  const Graph derived = deriveRevision(before, after);
  EXPECT_EQ(difference(after, derived), "");
  EXPECT_EQ(diffRevisions(before, derived).moved.size(), 1u);
}

/// A text with errors can use a name before its definition.
TEST(DeriveTest, UseBeforeDefinition) {
  Graph before("a");
  before.append(placeholder("x"));
  Graph after("a");
  const NodeId early = after.append(call("early", "aten.neg.default", {}));
  const NodeId late = after.append(call("late", "aten.neg.default", {early}));
  after.replace(early, call("early", "aten.neg.default", {late}));
  const Graph derived = deriveRevision(before, after);
  EXPECT_EQ(difference(after, derived), "");
  EXPECT_EQ(difference(before, deriveRevision(derived, before)), "");   // and erased again
}

TEST(DeriveTest, SubgraphsGuardsAndLines) {
  const auto inner = [](const char* target) {
    Graph graph("outer.body");
    const NodeId x = graph.append(placeholder("x"));
    graph.append(output(graph.append(call("y", target, {x}))));
    return std::make_shared<const Graph>(graph);
  };
  Graph before("outer");
  before.append(placeholder("x"));
  before.setSubgraph("body", inner("aten.neg.default"));
  before.setSubgraph("gone", inner("aten.neg.default"));
  before.addGuard({Guard::Kind::symbol, "", "", "s0 >= 2"});
  Graph after("outer");
  after.append(placeholder("x"));
  Node added = call("z", "aten.neg.default", {});
  added.line = 3;
  after.append(added);
  after.setSubgraph("body", inner("aten.abs.default"));
  after.setSubgraph("more", inner("aten.neg.default"));
  const Graph derived = deriveRevision(before, after, 100);
  EXPECT_EQ(difference(after, derived), "");
  EXPECT_EQ(derived.node(derived.find("z")).line, 103u);
  const Graph& body = *derived.subgraphs().at("body");
  EXPECT_EQ(body.share(body.find("x")), before.subgraphs().at("body")->share(before.subgraphs().at("body")->find("x")));
  const Graph same = deriveRevision(derived, after);
  EXPECT_EQ(same.subgraphs(), derived.subgraphs());   // the very graphs
}

}  // namespace
}  // namespace graph::ir
