// Declared operators: what counts from then on, what is refused, and asking from other threads meanwhile.
#include "graph/ir/declared_schemas.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "graph/ir/schema_parse.h"
#include "tests/ir/build.h"

namespace graph::ir {
namespace {

using namespace test;

std::string refused(std::string_view text) {
  try {
    declareSchema(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "declared";
}

TEST(DeclaredSchemas, CountWhereverASchemaIsAskedFor) {
  EXPECT_EQ(findSchema("decl_a.rope_.default"), nullptr);
  const uint64_t before = schemaGeneration();
  const Schema& declared = declareSchema("  decl_a::rope_(Tensor(a!) x, Tensor cos,\n    float scale=2.) -> Tensor(a!)\n", true);
  EXPECT_GT(schemaGeneration(), before);
  EXPECT_EQ(findSchema("decl_a.rope_.default"), &declared);
  EXPECT_EQ(findSchema("decl_a.rope_", 2), &declared);   // printed without overload
  EXPECT_EQ(findSchema("decl_a.rope_", 7), nullptr);
  EXPECT_EQ(declared.target, "decl_a.rope_.default");
  EXPECT_TRUE(declared.mutates());
  EXPECT_TRUE(declared.pointwise);
  EXPECT_EQ(argumentByName(call("n", "decl_a.rope_.default", {NodeId{1}, NodeId{2}}), "cos")->node(), NodeId{2});
  EXPECT_EQ(*argumentByName(call("n", "decl_a.rope_.default", {NodeId{1}, NodeId{2}}), "scale"), Argument(2.0));
  EXPECT_EQ(declaredSchemas("decl_a."), std::vector<const Schema*>{&declared});
  for (const char* target : {"decl_a.rope_.default", "decl_a.rope_"}) EXPECT_TRUE(isDeclared(target)) << target;
  for (const char* target : {"decl_a.rope_.other", "decl_a.rope", "decl_a", "aten.relu.default", ""}) EXPECT_FALSE(isDeclared(target)) << target;
}

TEST(DeclaredSchemas, AgainReplacesForLaterQuestions) {
  const Schema& first = declareSchema("decl_b::f.out(Tensor x) -> Tensor");
  const uint64_t generation = schemaGeneration();
  EXPECT_EQ(&declareSchema("decl_b::f.out(Tensor x) -> Tensor"), &first);   // the same: nothing changes
  EXPECT_EQ(schemaGeneration(), generation);
  const Schema& second = declareSchema("decl_b::f.out(Tensor(a!) x) -> ()");
  EXPECT_EQ(findSchema("decl_b.f.out"), &second);
  EXPECT_EQ(first.arguments[0].name, "x");   // whoever holds the old one still may
  EXPECT_FALSE(first.mutates());
  withdrawSchema(first);                     // replaced already: nothing happens
  EXPECT_EQ(findSchema("decl_b.f.out"), &second);
  withdrawSchema(second);
  EXPECT_EQ(findSchema("decl_b.f.out"), nullptr);
}

TEST(DeclaredSchemas, TwinsAreFoundByConvention) {
  declareSchema("decl_c::scale(Tensor x, float by) -> Tensor");
  EXPECT_EQ(inPlaceTwin("decl_c.scale.default"), "");
  declareSchema("decl_c::scale_(Tensor(a!) x, float by) -> Tensor(a!)");
  EXPECT_EQ(inPlaceTwin("decl_c.scale.default"), "decl_c.scale_.default");
}

TEST(DeclaredSchemas, TorchsOwnOperatorsAreTorchs) {
  const Schema& relu = declareSchema("aten::relu(Tensor self) -> Tensor");   // says what torch says
  EXPECT_EQ(&relu, findTableSchema("aten.relu.default"));
  EXPECT_EQ(declaredSchema("aten.relu.default"), nullptr);
  EXPECT_EQ(refused("aten::relu(Tensor(a!) self) -> Tensor(a!)"),
            "torch has the operator aten.relu.default, with another schema:\n  aten::relu(Tensor self) -> Tensor");
}

TEST(DeclaredSchemas, bad_textsAreShownWithACaret) {
  EXPECT_EQ(refused("mylib::rope_(Tensor(a!) x, Tensro cos) -> Tensor(a!)"),
            "operator schema has an unknown type 'Tensro', did you mean 'Tensor'? (column 28)\n"
            "  mylib::rope_(Tensor(a!) x, Tensro cos) -> Tensor(a!)\n"
            "                             ^");
  const std::pair<const char*, const char*> cases[] = {
      {"", "has no argument list (column 1)"},
      {"rope_", "has no argument list (column 6)"},
      {"rope_(Tensor x) -> Tensor", "has no namespace: write mylib::name(...) (column 1)"},
      {"my lib::f(Tensor x) -> Tensor", "has a name that is none: 'my lib' (column 1)"},
      {"mylib::(Tensor x) -> Tensor", "has a name that is none: '' (column 8)"},
      {"mylib::f.a.b(Tensor x) -> Tensor", "has a name that is none: 'a.b' (column 10)"},
      {"higher_order::cond(Any x) -> Any", "names a higher-order operator, whose arguments no schema describes (column 1)"},
      {"mylib::f(Tensor x", "misses ',' or ')' (column 18)"},
      {"mylib::f(Tensor x)", "misses '->' (column 19)"},
      {"mylib::f(Tensor)", "misses a type or a name (column 16)"},
      {"mylib::f(x: Tensor) -> Tensor", "misses a type or a name (column 11)"},
      {"mylib::f(Tensor x) -> Tensor y z", "has text after its results (column 32)"},
      {"mylib::f(Tensor x, int x) -> Tensor", "has two arguments 'x' (column 24)"},
      {"mylib::f(Tensor a.b) -> Tensor", "has a name that is none: 'a.b' (column 17)"},
      {"mylib::f(int(a!) n) -> Tensor", "has an alias set on 'n', which is no tensor (column 18)"},
      {"mylib::f(Tensor x) -> Tensor(b)", "has a result in the alias set 'b', which no argument has (column 30)"},
      {"mylib::f(Tensor(a!) x) -> Tensor(a)", "has a result in the alias set 'a', written in one place and not in the other: write (a!) in both (column 34)"},
      {"mylib::f(Tensor x) -> Tensr", "has an unknown type 'Tensr', did you mean 'Tensor'? (column 23)"},
  };
  for (const auto& [text, what] : cases) EXPECT_TRUE(refused(text).starts_with(std::string("operator schema ") + what)) << refused(text);
  EXPECT_TRUE(refused("mylib::f(int[] x=" + std::string(100000, '[') + ") -> Tensor").starts_with("operator schema nests lists more than 32 deep"));
}

TEST(DeclaredSchemas, AskedForWhileTheyAreDeclared) {
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> askers;
  for (int i = 0; i < 2; ++i)
    askers.emplace_back([&] {
      while (!stop) {
        const Schema* found = findSchema("decl_d.f.default");
        if (found && found->target != "decl_d.f.default") ++wrong;
        if (findSchema("aten.relu.default")->arguments.size() != 1) ++wrong;
      }
    });
  for (int i = 0; i < 500; ++i) declareSchema(i % 2 ? "decl_d::f(Tensor x) -> Tensor" : "decl_d::f(Tensor(a!) x) -> ()");
  stop = true;
  for (auto& asker : askers) asker.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace graph::ir
