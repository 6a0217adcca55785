#include "graph/ir/argument.h"

#include <gtest/gtest.h>

#include <cmath>

#include "graph/ir/node.h"

namespace graph::ir {
namespace {

const NodeId a{1}, b{2}, c{3};

Argument nested() { return List{{Argument(a), Tuple{{b, 3, Slice{{None{}, a, None{}}}}}, Dict{{{"k", c}, {b, "v"}}}}}; }

TEST(ArgumentTest, HoldsWhatItIsGiven) {
  EXPECT_TRUE(Argument().isNone());
  EXPECT_EQ(*Argument(3).as<int64_t>(), 3);
  EXPECT_EQ(*Argument(true).as<bool>(), true);
  EXPECT_EQ(*Argument(2.5).as<double>(), 2.5);
  EXPECT_EQ(*Argument("x").as<std::string>(), "x");
  EXPECT_EQ(Argument(a).node(), a);
  EXPECT_FALSE(Argument(3).node());
  EXPECT_EQ(*Argument(DType::f32).as<DType>(), DType::f32);
}

TEST(ArgumentTest, KindsDiffer) {
  EXPECT_NE(Argument(1), Argument(true));
  EXPECT_NE(Argument(1), Argument(1.0));
  EXPECT_NE(Argument("torch.strided"), Argument(Name{"torch.strided"}));
  EXPECT_NE(Argument(List{{1}}), Argument(Tuple{{1}}));
  EXPECT_NE(Argument(), Argument(0));
  EXPECT_NE(Argument(NodeId{1}), Argument(1));
}

TEST(ArgumentTest, NumbersCompareByText) {
  EXPECT_EQ(Argument(std::nan("")), Argument(-std::nan("1")));
  EXPECT_NE(Argument(0.0), Argument(-0.0));
  EXPECT_EQ(Argument(HUGE_VAL), Argument(HUGE_VAL));
  using Complex = std::complex<double>;
  EXPECT_EQ(Argument(Complex(std::nan(""), 1)), Argument(Complex(std::nan(""), 1)));
  EXPECT_NE(Argument(Complex(0, 0.0)), Argument(Complex(0, -0.0)));
  EXPECT_EQ(Argument(List{{std::nan("")}}), Argument(List{{std::nan("")}}));
  EXPECT_NE(Argument(List{{0.0}}), Argument(List{{-0.0}}));
}

TEST(ArgumentTest, VisitsNodesInOrder) {
  std::vector<NodeId> seen;
  nested().forEachNode([&](NodeId id) { seen.push_back(id); });
  EXPECT_EQ(seen, (std::vector<NodeId>{a, b, a, c, b}));
}

TEST(ArgumentTest, MapsNodesEverywhere) {
  const Argument mapped = nested().mapNodes([](NodeId id) { return id == a ? NodeId{9} : id; });
  std::vector<NodeId> seen;
  mapped.forEachNode([&](NodeId id) { seen.push_back(id); });
  EXPECT_EQ(seen, (std::vector<NodeId>{{9}, b, {9}, c, b}));
  EXPECT_EQ(nested().mapNodes([](NodeId id) { return id; }), nested());
  EXPECT_NE(mapped, nested());
  EXPECT_EQ(Argument(3).mapNodes([](NodeId) { return NodeId{9}; }), Argument(3));
}

TEST(NodeTest, KeywordsInputsAndSameness) {
  Node node{Op::call_function, "x", "aten.add.Tensor", {a, List{{b}}}, {{"alpha", c}, {"other", a}}};
  EXPECT_EQ(node.kwarg("alpha")->node(), c);
  EXPECT_EQ(node.kwarg("beta"), nullptr);
  std::vector<NodeId> inputs;
  node.forEachInput([&](NodeId id) { inputs.push_back(id); });
  EXPECT_EQ(inputs, (std::vector<NodeId>{a, b, c, a}));

  Node other = node;
  other.line = 12;
  other.stack = std::make_shared<const std::string>("File: x.py");
  EXPECT_TRUE(node.sameAs(other));
  other.meta = TensorMeta{DType::f32, {Expr(2)}};
  EXPECT_FALSE(node.sameAs(other));
  node.meta = TensorMeta{DType::f32, {Expr::symbol("s0") - Expr::symbol("s0") + 2}};
  EXPECT_TRUE(node.sameAs(other));
  other.kwargs[0].second = b;
  EXPECT_FALSE(node.sameAs(other));
}

TEST(NodeTest, OperationsHaveFxNames) {
  EXPECT_EQ(opName(Op::placeholder), "placeholder");
  EXPECT_EQ(opName(Op::get_attr), "get_attr");
  EXPECT_EQ(opName(Op::call_function), "call_function");
  EXPECT_EQ(opName(Op::call_method), "call_method");
  EXPECT_EQ(opName(Op::call_module), "call_module");
  EXPECT_EQ(opName(Op::output), "output");
}

}  // namespace
}  // namespace graph::ir
