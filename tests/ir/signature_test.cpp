// What a text states beside the nodes, and that edits keep it true and cost other revisions nothing.
#include "graph/ir/signature.h"

#include <gtest/gtest.h>

#include "graph/ir/graph.h"
#include "tests/ir/build.h"

namespace graph::ir {
namespace {

using test::placeholder;

Node output(std::vector<Argument> results) { return test::output(Tuple{std::move(results)}); }

/// w, cache, x -> (cache, x, w): the cache and x are written back.
Graph exported() {
  Graph graph;
  const NodeId w = graph.append(placeholder("w")), cache = graph.append(placeholder("cache")), x = graph.append(placeholder("x"));
  graph.append(output({cache, x, w}));
  graph.setSignature({{{InputKind::parameter, "w", "lin.weight", {}}, {InputKind::buffer, "cache", "kv.cache", true}, {InputKind::user_input, "x", {}, {}}},
                      {{OutputKind::buffer_mutation, "kv.cache"}, {OutputKind::user_input_mutation, "x"}, {}}});
  return graph;
}

using Names = std::vector<std::string>;

TEST(SignatureTest, KindsPrintAndReadBack) {
  for (int i = 0; i < 6; ++i) EXPECT_EQ(inputKind(kindName(static_cast<InputKind>(i))), static_cast<InputKind>(i));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(outputKind(kindName(static_cast<OutputKind>(i))), static_cast<OutputKind>(i));
  EXPECT_EQ(kindName(InputKind::constant_tensor), "CONSTANT_TENSOR");
  EXPECT_EQ(kindName(OutputKind::gradient_to_user_input), "GRADIENT_TO_USER_INPUT");
  EXPECT_FALSE(inputKind("user_input"));
  EXPECT_FALSE(outputKind("USER_INPUT"));
}

TEST(SignatureTest, Mutated) {
  EXPECT_EQ(exported().signature().mutated(), (Names{"cache", "x"}));
  EXPECT_EQ((Signature{{{InputKind::parameter, "w", "a", {}}}, {{OutputKind::parameter_mutation, "a"}, {OutputKind::buffer_mutation, "a"}}}).mutated(),
            (Names{"w"}));
}

TEST(SignatureTest, Ranges) {
  EXPECT_EQ((SymbolFacts{2, {}, {}}).range(), "VR[2, int_oo]");
  EXPECT_EQ((SymbolFacts{{}, 15, 3}).range(), "VR[-int_oo, 15]");
  EXPECT_TRUE((SymbolFacts{2, 4, {}}).contains(4));
  EXPECT_FALSE((SymbolFacts{2, 4, {}}).contains(5));
  EXPECT_FALSE((SymbolFacts{2, 4, {}}).contains(1));
}

TEST(SignatureTest, ErasedInputLosesItsSpec) {
  const Graph before = exported();
  Graph after = before;
  after.replace(after.output(), output({after.find("cache"), after.find("w")}));
  EXPECT_EQ(after.signature().outputs.size(), 2u);
  after.erase(after.find("x"));
  EXPECT_EQ(after.signature().inputs.size(), 2u);
  EXPECT_EQ(after.signature().input("x"), nullptr);
  EXPECT_EQ(after.signature().outputs[1], OutputSpec{});   // nothing is left to write back into
  EXPECT_EQ(before.signature().inputs.size(), 3u);
  EXPECT_EQ(before.signature().outputs.size(), 3u);
}

TEST(SignatureTest, OutputKeepsPositions) {
  Graph graph = exported();
  const auto outputs = graph.signature().outputs;
  graph.replace(graph.output(), output({graph.find("x"), graph.find("w"), graph.find("cache"), None{}}));
  EXPECT_EQ(graph.signature().outputs, outputs);
  graph.replace(graph.output(), output({graph.find("x")}));
  EXPECT_EQ(graph.signature().outputs.size(), 1u);
  graph.erase(graph.output());
  EXPECT_EQ(graph.signature().outputs.size(), 1u);   // what is appended later has the same positions
  graph.append(output({}));
  EXPECT_TRUE(graph.signature().outputs.empty());
}

TEST(SignatureTest, RenamedInput) {
  Graph graph = exported();
  graph.replace(graph.find("x"), placeholder("x_new"));
  EXPECT_EQ(graph.signature().input("x"), nullptr);
  ASSERT_NE(graph.signature().input("x_new"), nullptr);
  EXPECT_EQ(graph.signature().outputs[1].target, "x_new");
  Node constant;
  constant.op = Op::get_attr;
  constant.name = "w";
  constant.target = "lin.weight";
  graph.replace(graph.find("w"), constant);
  EXPECT_EQ(graph.signature().input("w"), nullptr);
}

TEST(SignatureTest, RefusesWhatIsNotTrue) {
  Graph graph = exported();
  const Signature before = graph.signature();
  EXPECT_THROW(graph.setSignature({{{InputKind::buffer, "nobody", "b", {}}}, {}}), std::invalid_argument);
  EXPECT_THROW(graph.setSignature({{{InputKind::buffer, "x", "b", {}}, {InputKind::parameter, "x", "b", {}}}, {}}), std::invalid_argument);
  EXPECT_EQ(graph.signature(), before);
  graph.setSignature({{}, std::vector<OutputSpec>(9)});
  EXPECT_EQ(graph.signature().outputs.size(), 3u);
  EXPECT_THROW(graph.setSymbolTable({{"s 0", {2, {}, {}}}}), std::invalid_argument);
  EXPECT_THROW(graph.setSymbolTable({{"s0", {3, 2, {}}}}), std::invalid_argument);
  EXPECT_TRUE(graph.symbolTable().empty());
}

TEST(SignatureTest, Symbols) {
  Graph graph = exported();
  graph.setSymbolTable({{"s0", {2, {}, 8}}, {"s1", {}}});
  EXPECT_EQ(graph.symbolTable().size(), 1u);
  Graph copy = graph;
  copy.setSymbolTable({});
  EXPECT_TRUE(copy.symbolTable().empty());
  EXPECT_EQ(graph.symbolTable().at("s0"), (SymbolFacts{2, {}, 8}));
  EXPECT_EQ(copy.signature(), graph.signature());
}

TEST(SignatureTest, RevisionsShareIt) {
  const Graph graph = exported();
  Graph copy = graph;
  Node node;
  node.name = "neg";
  node.target = "aten.neg.default";
  node.args = {copy.find("x")};
  copy.insertBefore(copy.output(), node);
  EXPECT_EQ(&copy.signature(), &graph.signature());
  EXPECT_TRUE(Graph().signature().empty());
}

}  // namespace
}  // namespace graph::ir
