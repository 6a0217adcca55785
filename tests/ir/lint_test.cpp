// One test for each message of lint, and one sound graph that has none.
#include "graph/ir/lint.h"

#include <gtest/gtest.h>

#include "tests/ir/build.h"

namespace graph::ir {
namespace {

using namespace test;

/// The messages, one a line, with `node: ` in front of each.
std::string problems(const Graph& graph) {
  std::string text;
  for (const LintProblem& problem : lint(graph)) {
    text += (text.empty() ? "" : "\n") + graph.node(problem.node).name + ": " + problem.message;
  }
  return text;
}

struct Fixture {
  Graph graph;
  NodeId x = graph.append(placeholder("x"));
  NodeId add(std::string name, std::string target, std::vector<Argument> args, std::vector<std::pair<std::string, Argument>> kwargs = {}) {
    return graph.append(call(std::move(name), std::move(target), std::move(args), std::move(kwargs)));
  }
};

TEST(LintTest, ASoundGraphHasNoProblem) {
  Fixture f;
  Node y = placeholder("y");
  y.meta = TensorMeta{DType::f32, {Expr::symbol("s0"), Expr(0)}, std::vector<Expr>{Expr(1), Expr(1)}};
  f.graph.append(y);
  const NodeId size = f.add("sym_size", "aten.sym_size", {f.x, 0});
  const NodeId norm = f.add("norm", "aten.native_layer_norm.default", {f.x, List{{4}}, None{}, None{}, 1e-5});
  const NodeId item = f.add("getitem", "_operator.getitem", {norm, 2});
  f.add("getitem_1", "_operator.getitem", {norm, -3});
  f.add("getitem_2", "_operator.getitem", {f.x, 77});  // indexing a tensor
  f.add("empty", "aten.empty.memory_format", {List{{size, 4}}}, {{"dtype", DType::f32}, {"pin_memory", false}});
  f.add("custom", "mylib.whatever.default", {1, 2, 3}, {{"k", 1}});
  f.add("each", "aten._foreach_add_.List", {List{{f.x}}, List{{f.x}}});
  f.add("getitem_3", "_operator.getitem", {f.graph.find("each"), 0});
  f.add("mul", "_operator.mul", {size, 2});
  f.add("named", "aten.add.Tensor", {}, {{"self", f.x}, {"other", f.x}});
  f.graph.append(output(Tuple{{item}}));
  EXPECT_EQ(problems(f.graph), "");
  EXPECT_EQ(problems(Graph()), "");
}

TEST(LintTest, Names) {
  Fixture f;
  f.add("lambda", "aten.relu.default", {f.x});
  f.add("2x", "aten.relu.default", {f.x});
  f.add("a.b", "aten.relu.default", {f.x});
  EXPECT_EQ(problems(f.graph),
            "lambda: 'lambda' is not a name that Python accepts\n"
            "2x: '2x' is not a name that Python accepts\n"
            "a.b: 'a.b' is not a name that Python accepts");
}

TEST(LintTest, UseBeforeDefinition) {
  Fixture f;
  const NodeId a = f.add("a", "aten.relu.default", {f.x}), b = f.add("b", "aten.relu.default", {a});
  f.graph.moveBefore(b, a);
  EXPECT_EQ(problems(f.graph), "b: 'b' uses 'a' before it is defined");
}

TEST(LintTest, UseOfItself) {
  Fixture f;
  const NodeId a = f.add("a", "aten.relu.default", {f.x});
  f.graph.replace(a, call("a", "aten.relu.default", {a}));
  EXPECT_EQ(problems(f.graph), "a: 'a' uses 'a' before it is defined");
}

TEST(LintTest, UseOfTheOutput) {
  Fixture f;
  const NodeId out = f.graph.append(output(f.x));
  f.add("a", "aten.relu.default", {out});
  EXPECT_EQ(problems(f.graph),
            "a: 'a' comes after the output 'output': the output is last\n"
            "a: 'a' uses the output 'output'");
}

TEST(LintTest, TwoOutputs) {
  Fixture f;
  f.graph.append(output(f.x));
  Node second = output(f.x);
  second.name = "output_1";
  f.graph.append(second);
  EXPECT_EQ(problems(f.graph), "output_1: 'output_1' is a second output; the first is 'output'");
}

TEST(LintTest, OutputArguments) {
  Fixture f;
  Node out = output(f.x);
  out.args.push_back(f.x);
  f.graph.append(out);
  EXPECT_EQ(problems(f.graph), "output: 'output' is an output with 2 arguments: it has one, what is returned");
}

TEST(LintTest, PlaceholdersFirst) {
  Fixture f;
  f.graph.append({Op::get_attr, "w", "w"});
  f.graph.append(placeholder("y"));  // a constant may be read before
  f.add("a", "aten.relu.default", {f.x});
  f.graph.append(placeholder("z"));
  EXPECT_EQ(problems(f.graph), "z: 'z' is a placeholder after 'a': placeholders come first");
}

TEST(LintTest, Sizes) {
  Fixture f;
  Node a = call("a", "aten.relu.default", {f.x});
  a.meta = TensorMeta{DType::f32, {Expr(2), Expr(-4)}};
  f.graph.append(a);
  Node b = call("b", "aten.relu.default", {f.x});
  b.meta = TensorMeta{DType::f32, {Expr(2)}, std::vector<Expr>{Expr(-1)}};
  f.graph.append(b);
  Node c = call("c", "aten.relu.default", {f.x});
  c.meta = TensorMeta{DType::f32, {Expr(2), Expr::symbol("s0") - 5}, std::vector<Expr>{Expr(1)}};
  f.graph.append(c);
  EXPECT_EQ(problems(f.graph),
            "a: 'a' has a negative size: -4 in dimension 1\n"
            "b: 'b' has a negative stride: -1 in dimension 0\n"
            "c: 'c' has 2 dimensions but 1 strides");
}

TEST(LintTest, TooManyArguments) {
  Fixture f;
  f.add("a", "aten.relu.default", {f.x, 1});
  f.add("b", "aten.add.Tensor", {f.x, f.x, 2});
  EXPECT_EQ(problems(f.graph),
            "a: 'a' calls aten.relu.default with 2 positional arguments: it takes at most 1\n  aten::relu(Tensor self) -> Tensor\n"
            "b: 'b' calls aten.add.Tensor with 3 positional arguments: it takes at most 2\n"
            "  aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor");
}

TEST(LintTest, MissingArgument) {
  Fixture f;
  f.add("a", "aten.add.Tensor", {f.x});
  EXPECT_EQ(problems(f.graph),
            "a: 'a' calls aten.add.Tensor without its argument 'other'\n"
            "  aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor");
}

TEST(LintTest, Keywords) {
  Fixture f;
  f.add("a", "aten.add.Tensor", {f.x, f.x}, {{"beta", 1}});
  f.add("b", "aten.add.Tensor", {f.x, f.x}, {{"other", f.x}});
  f.add("c", "aten.add.Tensor", {f.x, f.x}, {{"alpha", 1}, {"alpha", 2}});
  EXPECT_EQ(problems(f.graph),
            "a: 'a' calls aten.add.Tensor with an argument 'beta' that it does not have\n"
            "  aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor\n"
            "b: 'b' calls aten.add.Tensor with the argument 'other' given twice\n"
            "c: 'c' calls aten.add.Tensor with the keyword 'alpha' twice");
}

TEST(LintTest, Getitem) {
  Fixture f;
  const NodeId norm = f.add("norm", "aten.native_layer_norm.default", {f.x, List{{4}}, None{}, None{}, 1e-5});
  f.add("a", "_operator.getitem", {norm, 3});
  f.add("b", "_operator.getitem", {norm, -4});
  f.add("c", "_operator.getitem", {norm});
  EXPECT_EQ(problems(f.graph),
            "a: 'a' takes result 3 of 'norm': aten.native_layer_norm.default has 3\n"
            "b: 'b' takes result -4 of 'norm': aten.native_layer_norm.default has 3\n"
            "c: 'c' is a getitem with 1 arguments: it has two");
}

TEST(LintTest, Subgraphs) {
  Fixture inner;
  inner.add("bad", "aten.relu.default", {});
  Fixture f;
  f.graph.append({Op::get_attr, "true_graph_0", "true_graph_0"});
  f.graph.setSubgraph("true_graph_0", std::make_shared<const Graph>(inner.graph));
  EXPECT_EQ(
      problems(f.graph),
      "true_graph_0: in true_graph_0: 'bad' calls aten.relu.default without its argument 'self'\n  aten::relu(Tensor self) -> Tensor");
}

TEST(LintTest, SubgraphsNestedTooDeep) {
  auto graph = std::make_shared<const Graph>();
  for (int i = 0; i < 80; ++i) {
    Graph outer;
    outer.append({Op::get_attr, "g", "g"});
    outer.setSubgraph("g", graph);
    graph = std::make_shared<const Graph>(std::move(outer));
  }
  const std::string text = problems(*graph);
  EXPECT_NE(text.find("'g' nests graphs more than 64 deep"), std::string::npos) << text;
}

}  // namespace
}  // namespace graph::ir
