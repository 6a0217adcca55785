// Programs: lifetimes, mutation, checks, guards, errors, stopping, profiles.
#include <functional>

#include "tests/torch/module.h"

namespace graph::torch_test {
namespace {

using run::InputError;
using run::NodeError;

run::ValueList runGraph(const ir::Graph& graph, const run::ValueList& inputs,
                        const std::map<std::string, run::TensorPtr>& attributes = {}) {
  return backend().compile(graph, {})->run(inputs, attributes);
}

TEST(Program, runsTwiceOnTheSameSlots) {
  auto graph = graphOf("x: \"f32[2]\"", "a = torch.ops.aten.mul.Tensor(x, x)\nb = torch.ops.aten.add.Tensor(a, x)\nreturn (b, a)");
  auto program = backend().compile(*graph, {});
  auto first = program->run({{floats({2}, {1, 2})}}, {});
  auto second = program->run({{floats({2}, {3, 4})}}, {});
  EXPECT_EQ(floatsOf(*first[0].tensor()), (std::vector<float>{2, 6}));
  EXPECT_EQ(floatsOf(*second[0].tensor()), (std::vector<float>{12, 20}));
  EXPECT_EQ(floatsOf(*second[1].tensor()), (std::vector<float>{9, 16}));
}

TEST(Program, returnsWhatItWroteInPlaceAsTheSameTensor) {
  auto graph = graphOf("x: \"f32[2]\"", "a = torch.ops.aten.add_.Tensor(x, 1)\nreturn (a,)");
  auto x = floats({2}, {1, 2});
  auto outputs = runGraph(*graph, {{x}});
  EXPECT_EQ((*outputs[0].tensor())->geometry().storage, x->geometry().storage);
  EXPECT_EQ(floatsOf(x), (std::vector<float>{2, 3}));
}

TEST(Program, readsAttributes) {
  auto graph = graphOf("x: \"f32[2]\"", "w = self.w\na = torch.ops.aten.mul.Tensor(x, w)\nreturn (a,)");
  auto outputs = runGraph(*graph, {{floats({2}, {1, 2})}}, {{"w", floats({2}, {10, 20})}});
  EXPECT_EQ(floatsOf(*outputs[0].tensor()), (std::vector<float>{10, 40}));
  EXPECT_HAS(messageOf<InputError>([&] { runGraph(*graph, {{floats({2}, {1, 2})}}); }), "attribute 'w' has no tensor");
}

TEST(Program, symbolsComeFromTheInputs) {
  auto graph = graphOf("n: \"Sym(s0)\", x: \"f32[s0, 2*s0]\"", "a = torch.ops.aten.view.default(x, [n, 2, n])\nreturn (a,)");
  auto outputs = runGraph(*graph, {{int64_t{3}}, {tensorOf(ir::DType::f32, {3, 6})}});
  EXPECT_EQ((*outputs[0].tensor())->geometry().sizes, (std::vector<int64_t>{3, 2, 3}));
  EXPECT_HAS(messageOf<InputError>([&] {
               runGraph(*graph, {{int64_t{4}}, {tensorOf(ir::DType::f32, {3, 6})}});
             }),
             "input x's dimension 0 is 3, but s0 = 4");
  EXPECT_HAS(messageOf<InputError>([&] {
               runGraph(*graph, {{int64_t{3}}, {tensorOf(ir::DType::f32, {3, 7})}});
             }),
             "input x's dimension 1 is 7, but 2*s0 is 6 (s0 = 3)");
}

TEST(Program, factoriesFollowTheDevice) {
  auto graph = graphOf("x: \"f32[2]cuda:0\"",
                       "a = torch.ops.aten.full.default([2], 1, dtype = torch.float32, device = device(type='cuda', index=0))\n"
                       "b = torch.ops.aten.add.Tensor(x, a)\nreturn (b,)");
  auto outputs = runGraph(*graph, {{floats({2}, {1, 2})}});
  EXPECT_EQ((*outputs[0].tensor())->geometry().device.type, "cpu");
  EXPECT_EQ(floatsOf(*outputs[0].tensor()), (std::vector<float>{2, 3}));
}

// --- inputs that do not fit ----------------------------------------------------------------------------------------------
TEST(Program, bad_inputs) {
  auto graph = graphOf("x: \"f32[2, 3]\"", "a = torch.ops.aten.neg.default(x)\nreturn (a,)");
  auto message = [&](const run::ValueList& inputs) { return messageOf<InputError>([&] { runGraph(*graph, inputs); }); };
  EXPECT_HAS(message({}), "the graph takes 1 inputs, 0 given");
  EXPECT_HAS(message({{tensorOf(ir::DType::f64, {2, 3})}}), "input x is f64[2, 3] cpu, the graph's is f32[2, 3]");
  EXPECT_HAS(message({{tensorOf(ir::DType::f32, {6})}}), "input x is f32[6] cpu");
  EXPECT_HAS(message({{tensorOf(ir::DType::f32, {2, 4})}}), "input x's dimension 1 is 4, the graph's is 3");
  EXPECT_HAS(message({{int64_t{1}}}), "input x is 1, the graph's is f32[2, 3]");
  EXPECT_HAS(message({{}}), "input x is None");
}

TEST(Program, bad_device) {
  auto graph = graphOf("x: \"f32[2]\"", "return (x,)");
  EXPECT_HAS(messageOf<InputError>([&] {
               backend().compile(*graph, {"nonsense", std::nullopt});
             }),
             "device 'nonsense' is none that this torch knows");
  EXPECT_FALSE(backend().hasDevice({"nonsense", std::nullopt}));
  EXPECT_TRUE(backend().hasDevice({}));
}

// --- guards --------------------------------------------------------------------------------------------------------------
TEST(Program, guardOfDisjointInputs) {
  ir::Graph graph = *graphOf("x: \"f32[2]\", y: \"f32[2]\"", "a = torch.ops.aten.add_.Tensor(x, y)\nreturn (a,)");
  graph.addGuard({ir::Guard::Kind::disjoint, "x", "y", ""});
  auto base = floats({6}, {1, 2, 3, 4, 5, 6});
  auto view = [&](int64_t stride, int64_t offset) { return backend().view(base, {2}, {stride}, offset); };
  EXPECT_NO_THROW(runGraph(graph, {{view(1, 0)}, {view(1, 2)}}));
  EXPECT_NO_THROW(runGraph(graph, {{view(2, 0)}, {view(2, 1)}})) << "interleaved, no element shared";
  EXPECT_HAS(messageOf<InputError>([&] { runGraph(graph, {{view(2, 0)}, {view(1, 1)}}); }), "inputs x and y share memory: ");
}

TEST(Program, guardOfSelfOverlap) {
  ir::Graph graph = *graphOf("x: \"f32[2, 2]\"", "a = torch.ops.aten.neg.default(x)\nreturn (a,)");
  graph.addGuard({ir::Guard::Kind::no_self_overlap, "x", "", ""});
  auto base = floats({4}, {1, 2, 3, 4});
  EXPECT_NO_THROW(runGraph(graph, {{backend().view(base, {2, 2}, {1, 2}, 0)}}));
  EXPECT_HAS(messageOf<InputError>([&] {
               runGraph(graph, {{backend().view(base, {2, 2}, {1, 1}, 0)}});
             }),
             "input x shares memory with itself");
}

TEST(Program, guardOnSymbols) {
  ir::Graph graph = *graphOf("x: \"f32[s0]\"", "a = torch.ops.aten.neg.default(x)\nreturn (a,)");
  graph.addGuard({ir::Guard::Kind::symbol, "", "", "s0 >= 2"});
  EXPECT_NO_THROW(runGraph(graph, {{tensorOf(ir::DType::f32, {2})}}));
  EXPECT_HAS(messageOf<InputError>([&] { runGraph(graph, {{tensorOf(ir::DType::f32, {1})}}); }),
             "guard 's0 >= 2' does not hold for these inputs (s0 = 1)");
}

TEST(Program, guardOfStrides) {
  ir::Graph graph = *graphOf("x: \"f32[s0, 4]\", y: \"f32[2, 2]\"", "a = torch.ops.aten.neg.default(x)\nreturn (a,)");
  auto base = floats({40}, std::vector<float>(40, 1));
  auto with = [&](const std::string& guard, run::TensorPtr x, run::TensorPtr y = nullptr) {
    ir::Graph guarded = graph;
    guarded.addGuard(*ir::Guard::parse(guard));
    return messageOf<InputError>([&] { runGraph(guarded, {{x}, {y ? y : tensorOf(ir::DType::f32, {2, 2})}}); });
  };
  const std::string fine = "nothing thrown";
  auto view = [&](int64_t rows, int64_t a, int64_t b, int64_t offset = 0) { return backend().view(base, {rows, 4}, {a, b}, offset); };
  EXPECT_EQ(with("strides(x, [4, 1])", view(3, 4, 1)), fine);
  EXPECT_EQ(with("strides(x, [4, 1])", view(3, 4, 1, 8)), fine);
  EXPECT_EQ(with("strides(x, [4, 1])", view(1, 7, 1)), fine) << "of a dimension of size 1 any stride";
  EXPECT_EQ(with("strides(x, [4, 1])", view(0, 7, 3)), fine) << "no elements";
  EXPECT_EQ(with("strides(x, [4, 1])", view(3, 1, 3)), "input x has strides [1, 3]: this graph is right only for strides(x, [4, 1])");
  EXPECT_EQ(with("strides(x, [4, 1], 0)", view(3, 4, 1, 8)),
            "input x has strides [4, 1], storage offset 8: this graph is right only for strides(x, [4, 1], 0)");
  EXPECT_EQ(with("strides(x, [1, s0])", view(3, 1, 3)), fine);
  EXPECT_EQ(with("strides(x, [1, s0])", view(3, 1, 4)), "input x has strides [1, 4]: this graph is right only for strides(x, [1, s0]) (s0 = 3)");
  EXPECT_EQ(with("strides(x, [4])", view(3, 4, 1)), "input x has strides [4, 1]: this graph is right only for strides(x, [4])");
  // A symbol that no size shows: the strides must agree on it.
  EXPECT_EQ(with("strides(x, [2*s7, s7])", view(3, 6, 3)), fine);
  EXPECT_HAS(with("strides(x, [2*s7, s7])", view(3, 5, 3)), "right only for strides(x, [2*s7, s7]): stride 0 is 5, but 2*s7 is 6");
  EXPECT_HAS(with("strides(x, [s7*s8, 1])", view(3, 6, 1)), "stride 0 cannot be checked: the inputs do not say all of its symbols");
}

TEST(Program, bad_guards) {
  ir::Graph graph = *graphOf("x: \"f32[2]\"", "a = torch.ops.aten.neg.default(x)\nreturn (a,)");
  auto with = [&](ir::Guard guard) {
    auto copy = graph;
    copy.addGuard(std::move(guard));
    return messageOf<InputError>([&] { backend().compile(copy, {}); });
  };
  EXPECT_HAS(with({ir::Guard::Kind::disjoint, "x", "zz", ""}), "'zz' is no placeholder and no attribute");
  EXPECT_HAS(with({ir::Guard::Kind::symbol, "", "", "s0 >"}), "is no condition on symbols");
  EXPECT_HAS(with(*ir::Guard::parse("strides(zz, [1])")), "guard strides(zz, [1]): 'zz' is no placeholder and no attribute");
}

// --- errors --------------------------------------------------------------------------------------------------------------
TEST(Program, bad_operators_are_named_together) {
  auto graph =
      graphOf("x: \"f32[2]\"",
              "a = torch.ops.mylib.foo.default(x)\nb = torch.ops.mylib.foo.default(a)\nc = torch.ops.other.bar.default(b)\nreturn (c,)");
  try {
    backend().compile(*graph, {});
    FAIL();
  } catch (const NodeError& error) {
    EXPECT_EQ(graph->node(error.node).name, "a");
    EXPECT_HAS(error.what(), "no operator here for mylib.foo.default (a and 1 more), other.bar.default (c)");
  }
}

TEST(Program, bad_arguments_are_named) {
  auto misfit = [](const std::string& body) {
    auto graph = graphOf("x: \"f32[2]\"", body + "\nreturn (a,)");
    return messageOf<NodeError>([&] { backend().compile(*graph, {}); });
  };
  // What the parser itself refuses, a rewrite could still make.
  auto rewritten = [](const std::function<void(ir::Node&, ir::NodeId x)>& change) {
    ir::Graph graph = *graphOf("x: \"f32[2]\"", "a = torch.ops.aten.neg.default(x)\nreturn (a,)");
    auto node = graph.node(graph.find("a"));
    change(node, graph.find("x"));
    graph.replace(graph.find("a"), node);
    return messageOf<NodeError>([&] { backend().compile(graph, {}); });
  };
  EXPECT_HAS(misfit("a = torch.ops.aten.sum.dim_IntList(x, ['no'])"),
             "a (aten.sum.dim_IntList): argument 'dim': 'no' where an integer is expected");
  EXPECT_HAS(rewritten([](ir::Node& node, ir::NodeId x) { node.args.push_back(x); }), "takes 1 arguments, 2 given");
  EXPECT_HAS(rewritten([](ir::Node& node, ir::NodeId) { node.args.clear(); }), "argument 'self': is not given");
  EXPECT_HAS(rewritten([](ir::Node& node, ir::NodeId) { node.kwargs.emplace_back("nope", 1); }), "has no argument 'nope'");
}

TEST(Program, bad_shape_says_node_target_and_arguments) {
  auto graph =
      graphOf("x: \"f32[3]\", y: \"f32[4]\"", "a = torch.ops.aten.neg.default(x)\nbad = torch.ops.aten.add.Tensor(a, y)\nreturn (bad,)");
  auto program = backend().compile(*graph, {});
  try {
    program->run({{tensorOf(ir::DType::f32, {3})}, {tensorOf(ir::DType::f32, {4})}}, {});
    FAIL();
  } catch (const NodeError& error) {
    EXPECT_EQ(graph->node(error.node).name, "bad");
    EXPECT_HAS(error.what(), "bad (aten.add.Tensor): The size of tensor a (3) must match");
    EXPECT_HAS(error.what(), "arguments: self = f32[3] cpu, other = f32[4] cpu");
    EXPECT_EQ(std::string(error.what()).find("Exception raised from"), std::string::npos) << "LibTorch's back trace is no help";
  }
}

TEST(Program, bad_number_arithmetic) {
  auto graph = graphOf("x: \"f32[2]\", n: \"Sym(s0)\"", "a = n // 0\nreturn (a,)");
  EXPECT_HAS(messageOf<NodeError>([&] { runGraph(*graph, {{tensorOf(ir::DType::f32, {2})}, {int64_t{3}}}); }), "division by zero");
}

TEST(Program, stops) {
  auto graph = graphOf("x: \"f32[2]\"", "a = torch.ops.aten.neg.default(x)\nreturn (a,)");
  auto program = backend().compile(*graph, {});
  backend().stop = true;
  EXPECT_THROW(program->run({{floats({2}, {1, 2})}}, {}), run::Stopped);
  backend().stop = false;
  EXPECT_NO_THROW(program->run({{floats({2}, {1, 2})}}, {})) << "a stopped program runs again";
}

// --- profiles --------------------------------------------------------------------------------------------------------------
TEST(Program, profileCountsBytesAndPeak) {
  auto graph =
      graphOf("x: \"f32[1024]\"",
              "v = torch.ops.aten.view.default(x, [32, 32])\na = torch.ops.aten.neg.default(v)\nb = torch.ops.aten.neg.default(a)\n"
              "c = torch.ops.aten.add_.Tensor(b, v)\nreturn (c,)");
  auto program = backend().compile(*graph, {});
  EXPECT_FALSE(program->peakBytes());
  std::vector<run::NodeTiming> timings;
  program->profile({{tensorOf(ir::DType::f32, {1024})}}, {}, timings);
  ASSERT_EQ(timings.size(), 4u);
  EXPECT_EQ(timings[0].bytesRead + timings[0].bytesWritten + timings[0].allocated, 0) << "a view moves nothing";
  EXPECT_EQ(timings[1].bytesRead, 4096);
  EXPECT_EQ(timings[1].bytesWritten, 4096);
  EXPECT_EQ(timings[1].allocated, 4096);
  EXPECT_EQ(timings[3].bytesRead, 8192);
  EXPECT_EQ(timings[3].bytesWritten, 4096);
  EXPECT_EQ(timings[3].allocated, 0);
  EXPECT_EQ(program->peakBytes(), 8192) << "a and b live together, a no longer than that";
}

}  // namespace
}  // namespace graph::torch_test
