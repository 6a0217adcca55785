// Tensors and propagation through the module's door.
#include <cmath>
#include <limits>

#include "tests/torch/module.h"

namespace graph::torch_test {
namespace {

TEST(Tensors, fillAndBytesAreRowMajorWhateverTheStrides) {
  run::Geometry geometry;
  geometry.sizes = {2, 3};
  geometry.strides = {1, 2};
  auto tensor = backend().make(geometry, {});
  std::vector<float> values{1, 2, 3, 4, 5, 6};
  backend().fill(tensor, std::as_bytes(std::span(values)));
  EXPECT_EQ(floatsOf(tensor), values);
  EXPECT_EQ(tensor->geometry().strides, (std::vector<int64_t>{1, 2}));
}

TEST(Tensors, bad_fill) {
  EXPECT_HAS(messageOf<run::InputError>([] { floats({3}, {1, 2}); }), "12 bytes cannot be filled from 8");
}

TEST(Tensors, bad_view) {
  EXPECT_HAS(messageOf<run::InputError>([] { backend().view(floats({3}, {1, 2, 3}), {4}, {1}, 0); }), "a view does not fit its storage");
}

TEST(Tensors, clonesKeepSharing) {
  auto base = floats({4}, {1, 2, 3, 4});
  auto copies = backend().clone({{base}, {backend().view(base, {2}, {2}, 1)}, {int64_t{7}}, {floats({4}, {1, 2, 3, 4})}});
  auto storage = [&](size_t i) { return (*copies[i].tensor())->geometry().storage; };
  EXPECT_EQ(storage(0), storage(1));
  EXPECT_NE(storage(0), storage(3));
  EXPECT_NE(storage(0), base->geometry().storage);
  backend().add(*copies[0].tensor(), 100);
  EXPECT_EQ(floatsOf(*copies[1].tensor()), (std::vector<float>{102, 104}));
  EXPECT_EQ(floatsOf(base), (std::vector<float>{1, 2, 3, 4}));
}

TEST(Tensors, compareSeesBits) {
  float nan = std::nanf(""), inf = std::numeric_limits<float>::infinity();
  auto difference = [](std::vector<float> a, std::vector<float> b) { return backend().compare(floats({2}, a), floats({2}, b)); };
  EXPECT_TRUE(difference({1, nan}, {1, nan}).identical);
  EXPECT_FALSE(difference({0.0f, 1}, {-0.0f, 1}).identical) << "signs of zero are bits";
  EXPECT_EQ(difference({0.0f, 1}, {-0.0f, 1}).maxAbs, 0);
  EXPECT_EQ(difference({1, 2}, {1, 4}).maxAbs, 2);
  EXPECT_EQ(difference({1, 2}, {1, 4}).maxRel, 0.5);
  EXPECT_EQ(difference({1, 2}, {1, 4}).differing, 1);
  EXPECT_EQ(difference({inf, 1}, {inf, 2}).maxAbs, 1);
  EXPECT_EQ(difference({inf, 1}, {1, 1}).maxAbs, std::numeric_limits<double>::infinity());
}

TEST(Propagation, viewsShareStorageAndDevicesAreKept) {
  auto graph = graphOf("x: \"f32[s0, 4][4, 1]cuda:0\"",
                       "v = torch.ops.aten.slice.Tensor(x, 1, 1, 3)\nc = torch.ops.aten.clone.default(v)\nreturn (c,)");
  auto propagation = backend().propagate(*graph, {{"s0", 5}});
  EXPECT_TRUE(propagation.problems.empty());
  auto info = [&](const char* name) { return propagation.nodes.at(graph->find(name).value).tensors.at(0); };
  EXPECT_EQ(info("v").storage, info("x").storage);
  EXPECT_EQ(info("v").offset, 1);
  EXPECT_EQ(info("v").sizes, (std::vector<int64_t>{5, 2}));
  EXPECT_EQ(info("v").strides, (std::vector<int64_t>{4, 1}));
  EXPECT_NE(info("c").storage, info("x").storage);
  EXPECT_EQ(info("c").device.str(), "cuda:0");
}

TEST(Propagation, numbersAreKnown) {
  auto graph = graphOf("x: \"f32[s0]\"", "n = torch.ops.aten.sym_size.int(x, 0)\nm = n * 2\nreturn (m,)");
  auto propagation = backend().propagate(*graph, {{"s0", 5}});
  EXPECT_EQ(propagation.nodes.at(graph->find("m").value).integer, 10);
}

TEST(Propagation, problemsSayTheNode) {
  auto problems = [](const std::string& parameters, const std::string& body) {
    auto graph = graphOf(parameters, body);
    std::string text;
    for (auto& problem : backend().propagate(*graph, {{"s0", 5}}).problems) text += problem.message + "\n";
    return text;
  };
  EXPECT_HAS(problems("x: \"f32[s0]\"", "a: \"f32[4]\" = torch.ops.aten.neg.default(x)\nreturn (a,)"),
             "a (aten.neg.default): f32[5] is not the annotated f32[4]");
  EXPECT_HAS(problems("x: \"f32[3]\"", "a: \"f32[2*s0]\" = torch.ops.aten.neg.default(x)\nreturn (a,)"),
             "f32[3] is not the annotated f32[2*s0] = [10]");
  EXPECT_HAS(problems("x: \"f32[3]\"", "a: \"f64[3]\" = torch.ops.aten.neg.default(x)\nreturn (a,)"), "f32[3] is not the annotated f64[3]");
  EXPECT_HAS(problems("x: \"f32[3]\", y: \"f32[4]\"", "a = torch.ops.aten.add.Tensor(x, y)\nreturn (a,)"),
             "a (aten.add.Tensor): The size of tensor a (3) must match");
  EXPECT_HAS(problems("x: \"f32[3]\"", "a = torch.ops.mylib.foo.default(x)\nb = torch.ops.aten.neg.default(a)\nreturn (b,)"),
             "a: no operator here for mylib.foo.default");
  EXPECT_HAS(problems("x: \"f32[u7]\"", "return (x,)"), "x: a symbol of its annotation has no value");
  EXPECT_EQ(problems("x: \"f32[3]\"",
                     "a: \"f32[5]\" = torch.ops.mylib.foo.default(x)\nb: \"f32[5]\" = torch.ops.aten.neg.default(a)\nreturn (b,)"),
            "")
      << "an annotation stands in for an unknown operator";
}

TEST(Devices, cpuHasANameAndAClock) {
  EXPECT_FALSE(backend().deviceInfo({}).name.empty());
  EXPECT_GT(backend().deviceInfo({}).memoryBytes, 0);
  EXPECT_GT(backend().time({}, [] {}), 0);
  EXPECT_FALSE(backend().torchVersion().empty());
}

}  // namespace
}  // namespace graph::torch_test
