// The operator table: reading schemas, defaults, overloads that dumps leave out, in-place twins.
#include "graph/ir/schema.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

#include "graph/ir/schema_parse.h"
#include "tests/ir/build.h"

namespace graph::ir {
namespace {

using namespace test;

const Schema& schema(std::string_view target) {
  const Schema* found = findSchema(target);
  if (!found) throw std::runtime_error("no schema " + std::string(target));
  return *found;
}

TEST(SchemaTest, EveryLineOfTheTableIsRead) {
  std::set<std::string_view> spaces;
  for (std::string_view target : allTargets()) {
    const Schema* found = findSchema(target);
    ASSERT_TRUE(found) << target;
    EXPECT_EQ(found->target, target);
    spaces.insert(target.substr(0, target.find('.')));
  }
  EXPECT_TRUE(std::is_sorted(allTargets().begin(), allTargets().end()));
  for (const char* space : {"aten", "prims", "_c10d_functional", "quantized_decomposed"}) EXPECT_TRUE(spaces.contains(space)) << space;
  EXPECT_GT(allTargets().size(), 3000u);
}

TEST(SchemaTest, ArgumentsAndResults) {
  const Schema& add = schema("aten.add.Tensor");
  ASSERT_EQ(add.arguments.size(), 3u);
  EXPECT_EQ(add.arguments[0].name, "self");
  EXPECT_EQ(add.arguments[0].type, "Tensor");
  EXPECT_FALSE(add.arguments[1].keywordOnly);
  EXPECT_TRUE(add.arguments[2].keywordOnly);
  EXPECT_EQ(add.arguments[2].defaultValue, Argument(1));
  EXPECT_EQ(add.indexOf("alpha"), 2u);
  EXPECT_FALSE(add.indexOf("beta"));
  EXPECT_FALSE(add.mutates());
  ASSERT_EQ(add.returns.size(), 1u);
  EXPECT_EQ(add.returns[0].type, "Tensor");
  EXPECT_TRUE(add.text.starts_with("aten::add.Tensor("));
}

TEST(SchemaTest, Aliasing) {
  const Schema& put = schema("aten.index_put_.default");
  EXPECT_TRUE(put.mutates());
  EXPECT_TRUE(put.arguments[0].written);
  EXPECT_EQ(put.arguments[0].aliasSet, "a");
  EXPECT_TRUE(put.returns[0].written);
  EXPECT_EQ(put.arguments[1].type, "Tensor?[]");
  EXPECT_TRUE(put.arguments[1].aliasSet.empty());
  const Schema& transpose = schema("aten.transpose.int");
  EXPECT_FALSE(transpose.mutates());
  EXPECT_EQ(transpose.arguments[0].aliasSet, transpose.returns[0].aliasSet);
  EXPECT_FALSE(transpose.returns[0].written);
  EXPECT_EQ(schema("aten.split.Tensor").returns[0].type, "Tensor[]");
  EXPECT_EQ(schema("aten.split.Tensor").returns[0].aliasSet, "a");
  EXPECT_EQ(schema("aten._foreach_add_.List").arguments[0].type, "Tensor[]");
  EXPECT_TRUE(schema("aten._foreach_add_.List").arguments[0].written);
  EXPECT_TRUE(schema("aten._foreach_add_.List").returns.empty());
  EXPECT_EQ(schema("aten.native_layer_norm.default").returns.size(), 3u);
}

TEST(SchemaTest, TagsOfTorch) {
  for (const char* target : {"aten.add.Tensor", "aten.add_.Tensor", "aten.clone.default", "aten.max.other", "aten.rrelu.default",
                             "aten.eq_.Tensor", "aten.gelu_.default", "aten.gelu.out", "aten.copy_.default", "aten.__iand__.Tensor",
                             "aten.masked_fill_.Tensor", "aten.leaky_relu_.default", "aten.floor_divide.Scalar"})
    EXPECT_TRUE(schema(target).pointwise) << target;
  for (const char* target : {"aten.equal.default", "aten.max.dim", "aten.max.default", "aten.cumsum_.default", "aten.addmm_.default",
                             "aten.index_put_.default", "aten.flip.default", "aten.view.default", "aten.scatter_.src", "aten.copy.t",
                             "aten.add.int", "aten.softmax.int", "aten.transpose_.default", "aten.normal_.default"})
    EXPECT_FALSE(schema(target).pointwise) << target;
  for (const char* target : {"aten.rand.default", "aten.bernoulli_.float", "aten.native_dropout.default", "aten.rrelu.default",
                             "aten.randperm.out", "aten.multinomial.default", "prims.uniform.default", "prims.inductor_seed.default"})
    EXPECT_TRUE(schema(target).random) << target;
  for (const char* target : {"aten.add.Tensor", "aten.empty.memory_format", "aten.ones.default"}) EXPECT_FALSE(schema(target).random) << target;
}

TEST(SchemaTest, Defaults) {
  EXPECT_EQ(schema("aten.sum.dim_IntList").arguments[2].defaultValue, Argument(false));
  EXPECT_EQ(schema("aten.empty_like.default").arguments[1].defaultValue, Argument(None{}));
  EXPECT_EQ(schema("aten.gelu.default").arguments[1].defaultValue, Argument("none"));
  EXPECT_EQ(schema("aten.conv2d.default").arguments[3].defaultValue, Argument(List{{1, 1}}));
  EXPECT_EQ(schema("aten.conv2d.default").arguments[3].type, "SymInt[]");
  EXPECT_EQ(*schema("aten.group_norm.default").arguments[4].defaultValue->as<double>(), 1e-05);
  EXPECT_EQ(schema("aten.contiguous.default").arguments[1].defaultValue, Argument(Name{"torch.contiguous_format"}));
  EXPECT_EQ(schema("aten.mse_loss.default").arguments[2].defaultValue, Argument(1));  // Reduction stays a number
  EXPECT_FALSE(schema("aten.add.Tensor").arguments[0].defaultValue);
}

TEST(SchemaTest, EveryFormOfALine) {
  const Schema s =
      parseSchema("x.y.z",
                  "x::y.z(Tensor(a!)[] self, Dict(str, t)(b) d, (str, t)[] pairs, int[2]? size=[1, 2], float f=-inf, ScalarType t=6, "
                  "Layout? l=0, Device? d2=\"cuda:1\", str s='it', ScalarType q=12, float g=1, complex? c=None, *, Tensor(c -> *) last, "
                  "Tensor(*) w, Future(t) fut, __torch__.torch.classes.a.B o) -> (Tensor(a!)[] out, Tensor(b|a) two, (str, t)[])");
  ASSERT_EQ(s.arguments.size(), 16u);
  EXPECT_EQ(s.arguments[0].type, "Tensor[]");
  EXPECT_TRUE(s.arguments[0].written);
  EXPECT_EQ(s.arguments[1].type, "Dict(str, t)");
  EXPECT_EQ(s.arguments[1].aliasSet, "b");
  EXPECT_EQ(s.arguments[2].type, "(str, t)[]");
  EXPECT_EQ(s.arguments[3].type, "int[]?");
  EXPECT_EQ(s.arguments[3].defaultValue, Argument(List{{1, 2}}));
  EXPECT_EQ(s.arguments[4].defaultValue, Argument(-HUGE_VAL));
  EXPECT_EQ(s.arguments[5].defaultValue, Argument(DType::f32));
  EXPECT_EQ(s.arguments[6].defaultValue, Argument(Name{"torch.strided"}));
  EXPECT_EQ(s.arguments[7].defaultValue, Argument(Device{"cuda", 1}));
  EXPECT_EQ(s.arguments[8].defaultValue, Argument("it"));
  EXPECT_EQ(s.arguments[9].defaultValue, Argument(12));  // a quantized type: no DType, so the number
  EXPECT_EQ(s.arguments[10].defaultValue, Argument(1.0));
  EXPECT_EQ(s.arguments[12].aliasSet, "c");
  EXPECT_TRUE(s.arguments[12].keywordOnly);
  EXPECT_EQ(s.arguments[13].aliasSet, "*");
  EXPECT_EQ(s.arguments[14].type, "Future(t)");
  EXPECT_EQ(s.arguments[15].type, "__torch__.torch.classes.a.B");
  ASSERT_EQ(s.returns.size(), 3u);
  EXPECT_TRUE(s.returns[0].written);
  EXPECT_EQ(s.returns[1].aliasSet, "b|a");
  const Schema v = parseSchema("prim.Print.default", "prim::Print(...) -> ()");
  EXPECT_TRUE(v.variadic);
  EXPECT_TRUE(v.returns.empty());
}

TEST(SchemaTest, MalformedLinesAreRefusedWithAPlace) {
  for (const auto& [line, what] : {std::pair{"x::y", "has no argument list"},
                                   {"x::y(Tensor self", "misses ',' or ')'"},
                                   {"x::y(Tensor)", "misses a type or a name"},
                                   {"x::y(Tensor self)", "misses '->'"},
                                   {"x::y(int a=[1) -> Tensor", "misses ',' or ']'"},
                                   {"x::y(str a=\"b) -> Tensor", "has a string without end"},
                                   {"x::y(Tensor(a self) -> Tensor", "misses a type or a name"},
                                   {"x::y(int a=) -> Tensor", "misses a default value"},
                                   {"x::y(int[ a) -> Tensor", "misses ']'"},
                                   {"x::y() -> Tensor x y", "has text after its results"},
                                   {"x::y() -> (Tensor", "misses ',' or ')'"}}) {
    try {
      parseSchema("x.y.default", line);
      ADD_FAILURE() << line;
    } catch (const std::invalid_argument& error) {
      EXPECT_NE(std::string(error.what()).find(std::string("operator schema ") + what), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find(line), std::string::npos) << error.what();
    }
  }
}

TEST(SchemaTest, TargetsWithoutOverload) {
  EXPECT_EQ(findSchema("aten.sym_size", 2)->target, "aten.sym_size.int");
  EXPECT_EQ(findSchema("aten.sym_size", 1)->target, "aten.sym_size.default");
  EXPECT_EQ(findSchema("aten.sym_size")->target, "aten.sym_size.default");
  EXPECT_EQ(findSchema("aten.sym_stride", 2)->target, "aten.sym_stride.int");
  EXPECT_EQ(findSchema("aten.sym_numel", 1)->target, "aten.sym_numel.default");
  EXPECT_EQ(findSchema("aten.relu")->target, "aten.relu.default");
  EXPECT_EQ(findSchema("aten.size", 2)->target, "aten.size.int");  // not by a dimension's name
  EXPECT_EQ(findSchema("aten.add", 2), nullptr);                   // Tensor or Scalar? torch asks the types
  EXPECT_EQ(findSchema("aten.sym_size", 5), nullptr);
}

TEST(SchemaTest, UnknownTargets) {
  for (const char* target : {"", ".", "aten", "aten.", "aten..", "aten.no_such_thing", "aten.add.NoSuch", "_operator.mul", "torch.sym_max",
                             "higher_order.cond", "aten.add.Tensor.x", "a.b.c.d"}) {
    EXPECT_EQ(findSchema(target), nullptr) << target;
  }
}

TEST(SchemaTest, OperatorsThatPythonRegisters) {
  for (const char* target : {"prims.iota.default", "prims.convert_element_type.default", "prims.device_put.default",
                             "prims.broadcast_in_dim.default", "prims.rev.default", "prims.fma.default", "prims.inductor_seeds.default",
                             "prims._low_memory_max_pool_with_offsets.default", "quantized_decomposed.quantize_per_tensor.default"}) {
    EXPECT_TRUE(findSchema(target)) << target;
  }
  EXPECT_EQ(findSchema("prims.iota.default")->arguments.size(), 6u);
}

TEST(SchemaTest, EveryExtraLineIsReadAndInTheTable) {
  std::ifstream file(FXLOOM_SOURCE_DIR "/graph/ir/schemas_extra.txt");
  ASSERT_TRUE(file);
  int count = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::string target = line.substr(0, line.find('('));
    if (target.find('.') == std::string::npos) target += ".default";
    target.replace(target.find("::"), 2, ".");
    EXPECT_NO_THROW(parseSchema(target, line)) << line;
    EXPECT_TRUE(findSchema(target)) << target;
    ++count;
  }
  EXPECT_GT(count, 140);
}

TEST(SchemaTest, ClosestTarget) {
  EXPECT_EQ(closestTarget("aten.slice_scater.default"), "aten.slice_scatter.default");
  EXPECT_EQ(closestTarget("aten.ad.Tensor"), "aten.add.Tensor");
  EXPECT_EQ(closestTarget("aten.add.Tensor"), "aten.add.Tensor");
  EXPECT_EQ(closestTarget("mylib.attention_with_rotary.default"), "");
  EXPECT_EQ(closestTarget(""), "");
  EXPECT_EQ(closestTarget(std::string(100000, 'a')), "");
}

TEST(SchemaTest, ArgumentsOfANodeByName) {
  Node node = call("add", "aten.add.Tensor", {NodeId{1}, NodeId{2}});
  EXPECT_EQ(argumentByName(node, "self")->node(), NodeId{1});
  EXPECT_EQ(argumentByName(node, "other")->node(), NodeId{2});
  EXPECT_EQ(*argumentByName(node, "alpha"), Argument(1));
  EXPECT_EQ(argumentByName(node, "beta"), nullptr);
  node.kwargs = {{"alpha", 3}};
  EXPECT_EQ(*argumentByName(node, "alpha"), Argument(3));
  node.args.resize(1);
  EXPECT_EQ(argumentByName(node, "other"), nullptr);  // neither given nor defaulted
  const Node size = call("n", "aten.sym_size", {NodeId{1}, 0});
  EXPECT_EQ(*argumentByName(size, "dim"), Argument(0));
  EXPECT_EQ(*argumentByName(call("s", "aten.slice.Tensor", {NodeId{1}}), "end"), Argument(None{}));
  EXPECT_EQ(argumentByName(call("u", "mylib.f.default", {NodeId{1}}), "self"), nullptr);
  EXPECT_EQ(*argumentByName(call("u", "mylib.f.default", {}, {{"k", 2}}), "k"), Argument(2));
}

TEST(SchemaTest, InPlaceTwins) {
  const std::pair<const char*, const char*> twins[] = {
      {"aten.index_put.default", "aten.index_put_.default"}, {"aten.add.Tensor", "aten.add_.Tensor"},
      {"aten.copy.default", "aten.copy_.default"},           {"aten.pow.Tensor_Scalar", "aten.pow_.Scalar"},
      {"aten.pow.Tensor_Tensor", "aten.pow_.Tensor"},        {"aten.relu.default", "aten.relu_.default"},
      {"aten.fill.Scalar", "aten.fill_.Scalar"},             {"aten.scatter.src", "aten.scatter_.src"},
      {"aten.mul.Tensor", "aten.mul_.Tensor"},               {"aten.index_copy.default", "aten.index_copy_.default"},
      {"aten.masked_fill.Scalar", "aten.masked_fill_.Scalar"}, {"aten._index_put_impl.default", "aten._index_put_impl_.default"},
      {"aten.clamp.default", "aten.clamp_.default"},         {"aten.zero.default", "aten.zero_.default"},
  };
  for (const auto& [functional, inPlace] : twins) EXPECT_EQ(inPlaceTwin(functional), inPlace) << functional;
}

TEST(SchemaTest, NoTwin) {
  for (const char* target : {"aten.transpose.int",
                             "aten.squeeze.dim",
                             "aten.unsqueeze.default",
                             "aten.t.default",
                             "aten.swapaxes.default",
                             "aten.as_strided.default",
                             "aten.detach.default",
                             "aten.resize.default",
                             "aten.resize_as.default",
                             "aten.set.source_Tensor",
                             "aten.mm.default",
                             "aten.cat.default",
                             "aten.slice_scatter.default",
                             "aten.add_.Tensor",
                             "aten.index_put_.default",
                             "aten.sym_size",
                             "aten.native_layer_norm.default",
                             "aten._foreach_add.List",
                             "aten.split.Tensor",
                             "mylib.f.default",
                             "",
                             "aten",
                             "aten.relu",
                             "aten.pow.Scalar",
                             "aten.bernoulli.default"}) {
    EXPECT_EQ(inPlaceTwin(target), "") << target;
  }
}

TEST(SchemaTest, EveryTwinWritesItsFirstArgumentAndNothingElse) {
  int count = 0;
  for (std::string_view target : allTargets()) {
    const std::string twin = inPlaceTwin(target);
    if (twin.empty()) continue;
    ++count;
    const Schema &functional = schema(target), &inPlace = schema(twin);
    EXPECT_FALSE(functional.mutates()) << target;
    EXPECT_EQ(functional.arguments.size(), inPlace.arguments.size()) << target;
    for (size_t i = 0; i < inPlace.arguments.size(); ++i) EXPECT_EQ(inPlace.arguments[i].written, i == 0) << target;
  }
  EXPECT_GT(count, 150);
}

}  // namespace
}  // namespace graph::ir
