// Patterns: what they match, and each message with its place.
#include "rewrites/pattern.h"

#include <gtest/gtest.h>

#include "graph/text/parser.h"
#include "graph/text/printer.h"

namespace rewrites {
namespace {

using graph::ir::Graph;

std::shared_ptr<const Graph> parsed(const std::string& body) {
  return graph::text::parse("def forward(self, x: \"f32[4]\", y: \"f32[4]\"):\n" + body).graphs.at(0);
}

bool matches(const std::string& pattern, const Graph& graph, const char* node) { return Pattern(pattern).matchAt(graph, graph.find(node)).has_value(); }

TEST(Pattern, Matches) {
  const auto g = parsed(R"(    c: "f32[8]" = torch.ops.aten.cat.default([x, y], -1)
    a: "f32[8]" = torch.ops.aten.add.Tensor(c, 2.0, alpha = 2)
    z: "f32[8]" = torch.ops.aten.clone.default(a, memory_format = torch.contiguous_format)
    return (z,)
)");
  EXPECT_TRUE(matches("aten.cat.default([%a, %b], -1)", *g, "c"));
  EXPECT_TRUE(matches("torch.ops.aten.cat.default([%a, _], _)", *g, "c"));
  EXPECT_FALSE(matches("aten.cat.default([%a, %a], -1)", *g, "c"));
  EXPECT_FALSE(matches("aten.cat.default([%a, %b])", *g, "c"));   // dim is 0 by default
  EXPECT_FALSE(matches("aten.cat.default((%a, %b), -1)", *g, "c"));
  EXPECT_TRUE(matches("aten.add.Tensor(%x, 2, alpha = 2)", *g, "a"));
  EXPECT_FALSE(matches("aten.add.Tensor(%x, 2)", *g, "a"));
  EXPECT_TRUE(matches("aten.add.Tensor(aten.cat.default(%list, %dim), %k, alpha = %alpha)", *g, "a"));
  EXPECT_TRUE(matches("aten.clone.default(%x, memory_format = torch.contiguous_format)", *g, "z"));
  EXPECT_TRUE(matches("%s = aten.cat.default(%l, -1)\n%t = aten.add.Tensor(%s, 2, alpha = 2)\naten.clone.default(%t, memory_format = %m)", *g, "z"));
}

TEST(Pattern, MessagesHaveAPlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "pattern:1:1: error: the text is empty"},
      {"%x", "a pattern is a call such as"},
      {"aten.mul.Tensor(%x", "pattern:1:19: error: unexpected end, expected ',' or ')'"},
      {"aten.mul.Tensor(%x %y)", "pattern:1:20: error: unexpected '%', expected ',' or ')'"},
      {"aten.mul.Tensor(%)", "expected a capture's name"},
      {"aten.mull.Tensor(%x)", "pattern:1:1: error: unknown operator 'aten.mull.Tensor', did you mean 'aten.mul"},
      {"aten.mul.Tensor(other = %x, %y)", "a positional argument after a keyword argument"},
      {"aten.mul.Tensor(%x, frob)", "'frob' is no argument (captures are written %name)"},
      {"aten.mul.Tensor(%x, )x", "unexpected 'x', expected the end of the line"},
      {"%a = aten.relu.default(%x)\n%a = aten.relu.default(%a)", "pattern:2:1: error: %a is defined twice"},
      {"%a = 3\naten.relu.default(%a)", "only a call can be given a name"},
      {"aten.mul.Tensor(aten.add_.Tensor(%x, 1), %y)", "'aten.add_.Tensor' writes into its operand: it can only be the root of a pattern"},
  };
  for (const auto& [text, message] : cases) {
    try {
      Pattern pattern(text);
      ADD_FAILURE() << "'" << text << "' was accepted";
    } catch (const PatternError& error) {
      EXPECT_NE(std::string(error.what()).find(message), std::string::npos) << text << "\n" << error.what();
    }
  }
  const Pattern pattern("aten.relu.default(%x)");
  for (const auto& [text, message] : {std::pair{"aten.neg.default(%y)", "%y is not bound by the pattern"}, std::pair{"3", "a replacement is a call, or a capture"},
                                      std::pair{"aten.neg.default(_)", "'_' stands for anything and cannot be made"}}) {
    try {
      Replacement replacement(text, pattern);
      ADD_FAILURE() << text;
    } catch (const PatternError& error) {
      EXPECT_NE(std::string(error.what()).find(message), std::string::npos) << error.what();
    }
  }
}

TEST(Pattern, HostileNestingIsAnError) {
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "aten.relu.default(";
  EXPECT_THROW(Pattern{deep}, PatternError);
  EXPECT_THROW(Pattern{std::string(5000, '[')}, PatternError);
}

TEST(EraseDead, KeepsWhatHasEffects) {
  const auto g = parsed(R"(    a: "f32[4]" = torch.ops.aten.relu.default(x)
    b: "f32[4]" = torch.ops.aten.neg.default(a)
    r: "f32[4]" = torch.ops.aten.rand.default([4])
    w: "f32[4]" = torch.ops.aten.add_.Tensor(y, 1)
    u: "f32[4]" = torch.ops.mylib.custom.default(x)
    return (x,)
)");
  Graph draft = *g;
  std::vector<std::string> removed;
  eraseDead(draft, {}, removed);
  EXPECT_EQ(removed, (std::vector<std::string>{"b", "a"}));
}

}  // namespace
}  // namespace rewrites
