// What the golden files cannot hold: line endings and control bytes, files that are none, limits, and the small entry points.
#include "graph/text/parser.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "graph/text/printer.h"
#include "tests/text/graph_dump.h"

namespace graph::text {
namespace {

std::string firstMessage(const ParsedFile& file) { return file.diagnostics.empty() ? "" : file.diagnostics.front().message; }

const std::string kSmall =
    "def forward(self, x: \"f32[2]\"):\n"
    "    # File: a.py:1 in f, code: x.sin()\n"
    "    sin: \"f32[2]\" = torch.ops.aten.sin.default(x);  x = None\n"
    "    return (sin,)\n";

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) text.replace(at, what.size(), with);
  return text;
}

void expectSameAsSmall(const std::string& text) {
  auto a = parse(kSmall), b = parse(text);
  ASSERT_EQ(b.graphs.size(), 1u);
  EXPECT_TRUE(b.diagnostics.empty()) << firstMessage(b);
  EXPECT_EQ(dump(*a.graphs[0]), dump(*b.graphs[0]));
}

TEST(Parse, CarriageReturns) { expectSameAsSmall(replaced(kSmall, "\n", "\r\n")); }
TEST(Parse, Tabs) { expectSameAsSmall(replaced(kSmall, "    ", "\t")); }
TEST(Parse, NoBreakSpaces) {
  expectSameAsSmall(replaced(replaced(kSmall, "    ", "\xC2\xA0\xC2\xA0 \xC2\xA0"), " = ", "\xC2\xA0=\xC2\xA0"));
}
TEST(Parse, ByteOrderMark) { expectSameAsSmall("\xEF\xBB\xBF" + kSmall); }
TEST(Parse, NoLineFeedAtTheEnd) { expectSameAsSmall(kSmall.substr(0, kSmall.size() - 1)); }
TEST(Parse, TraceLogPayload) {
  expectSameAsSmall("\t" + replaced(kSmall.substr(0, kSmall.size() - 1), "\n", "\n\t") + "\n");
}
TEST(Parse, CommentsMayBeAnywhere) { expectSameAsSmall(replaced(kSmall, "x = None", "x = None  # the last use of x")); }

TEST(Parse, WithoutIndentation) {
  auto file = parse("def forward(self, x):\nsin = torch.ops.aten.sin.default(x)\nreturn sin\n");
  ASSERT_EQ(file.graphs.size(), 1u);
  EXPECT_TRUE(file.diagnostics.empty()) << firstMessage(file);
  EXPECT_EQ(file.graphs[0]->size(), 3u);
}

TEST(Parse, EmptyText) {
  EXPECT_EQ(firstMessage(parse("")), "the text is empty");
  EXPECT_EQ(firstMessage(parse(" \r\n\t\n")), "the text is empty");
}

TEST(Parse, BinaryData) {
  auto file = parse(std::string("PK\3\4\0\0", 6));
  EXPECT_EQ(firstMessage(file), "this is a zip archive (.pt, .pt2), not text");
  EXPECT_EQ(file.diagnostics[0].line, 0u);
  EXPECT_TRUE(file.graphs.empty());
}

TEST(Parse, BinaryWithoutMagic) {
  std::string bytes;
  for (int i = 0; i < 4096; ++i) bytes += static_cast<char>(i * 37);
  EXPECT_EQ(firstMessage(parse(bytes)), "this is binary data, not text");
}

TEST(Parse, OneZeroByteCostsOneNode) {
  std::string text = "def forward(self, x):\n    a = x.sin()\n    b = x.co@s()\n    c = a.tan()\n    return c\n";
  text[text.find('@')] = '\0';
  auto file = parse(text);
  ASSERT_EQ(file.graphs.size(), 1u);
  EXPECT_EQ(file.graphs[0]->size(), 4u);
  EXPECT_EQ(firstMessage(file), "unexpected character with code 0, expected ';' or the end of the line");
  EXPECT_EQ(file.diagnostics[0].line, 3u);
  EXPECT_EQ(file.diagnostics[0].column, 13u);
}

TEST(ParseFile, ReadsUtf16) {
  const auto path = std::filesystem::temp_directory_path() / "fxloom_utf16.txt";
  const std::u16string text = u"\uFEFFdef forward(self, x):\r\n    # \u00E9\u4E2D\U0001F600\r\n    a = x.sin()\r\n    return a\r\n";
  for (bool bigEndian : {false, true}) {
    std::ofstream out(path, std::ios::binary);
    for (char16_t c : text) {
      const char low = static_cast<char>(c & 0xFF), high = static_cast<char>(c >> 8);
      out << (bigEndian ? high : low) << (bigEndian ? low : high);
    }
    out.close();
    std::string source;
    auto file = parseFile(path, &source);
    EXPECT_TRUE(file.diagnostics.empty()) << firstMessage(file);
    ASSERT_EQ(file.graphs.size(), 1u);
    EXPECT_EQ(file.graphs[0]->size(), 3u);
    EXPECT_NE(source.find("# \u00E9\u4E2D\U0001F600"), std::string::npos);
  }
  std::filesystem::remove(path);
}

TEST(Parse, ControlCharacter) {
  auto file = parse("def forward(self, x):\n    a = \x01(x)\n    return x\n");
  EXPECT_EQ(firstMessage(file), "unexpected character with code 1, expected a call, an operator or an attribute");
}

TEST(Parse, DeepNestingIsAnError) {
  std::string members = "x";
  for (int i = 0; i < 300; ++i) members += ".a";
  auto file = parse("def forward(self, x):\n    a = torch.ops.m.f.default(" + members + ")\n    return x\n");
  EXPECT_TRUE(std::any_of(file.diagnostics.begin(), file.diagnostics.end(), [](const Diagnostic& d) { return d.message == "more than 200 attributes of attributes"; }));
  std::string deep = "def forward(self, x):\n    a = torch.ops.m.f.default(" + std::string(100000, '[') + ")\n    return x\n";
  EXPECT_EQ(firstMessage(parse(deep)), "brackets nested deeper than 200");
  std::string signs = "def forward(self, x):\n    a = torch.ops.m.f.default(" + std::string(100000, '(') + ")\n    return x\n";
  EXPECT_EQ(firstMessage(parse(signs)), "brackets nested deeper than 200");
  std::string getattrs = "def forward(self, x):\n    a = ";
  for (int i = 0; i < 100000; ++i) getattrs += "getattr(";
  EXPECT_EQ(firstMessage(parse(getattrs + "\n    return x\n")), "getattr nested too deep");
}

TEST(Parse, NestingThatIsAllowedReadsBack) {
  std::string text = "def forward(self, x):\n    a = torch.ops.m.f.default(" + std::string(150, '[') + "x" + std::string(150, ']') + ")\n    return a\n";
  auto file = parse(text);
  ASSERT_FALSE(hasErrors(file.diagnostics));
  EXPECT_EQ(difference(*file.graphs[0], *parse(print(*file.graphs[0])).graphs[0]), "");
}

TEST(Parse, ManyNestedClassesAreCapped) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += std::string(static_cast<size_t>(i), ' ') + "class c(torch.nn.Module):\n" + std::string(static_cast<size_t>(i) + 1, ' ') + "def forward(self, x): \n" + std::string(static_cast<size_t>(i) + 2, ' ') + "return x\n";
  EXPECT_EQ(parse(text).graphs.size(), 300u);
}

TEST(Parse, GivesUpAfterManyProblems) {
  std::string text = "def forward(self, x):\n";
  for (int i = 0; i < 10000; ++i) text += "    a = ?\n";
  auto file = parse(text);
  EXPECT_EQ(file.diagnostics.size(), 201u);
  EXPECT_EQ(file.diagnostics.back().message, "too many errors: the rest of the file is not read");
}

TEST(Parse, ManyWarningsDoNotStopIt) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "a" + std::to_string(i) + " = torch.ops.aten.neg.default(in" + std::to_string(i) + ")\n";
  auto file = parse(text);
  ASSERT_EQ(file.graphs.size(), 1u);
  EXPECT_EQ(file.graphs[0]->size(), 1000u);
  EXPECT_EQ(file.diagnostics.size(), 201u);
  EXPECT_EQ(file.diagnostics.back().message, "300 more warnings are not shown");
  EXPECT_FALSE(hasErrors(file.diagnostics));
}

TEST(Parse, UnreadableStatementIsReportedOnce) {
  auto file = parse("def forward(self, x):\n    a = torch.ops.aten.neg.default(x y)\n    b = torch.ops.aten.neg.default(a)\n    return (a, b)\n");
  ASSERT_EQ(file.diagnostics.size(), 1u);
  EXPECT_EQ(file.diagnostics[0].line, 2u);
  EXPECT_EQ(file.diagnostics[0].column, 38u);
}

TEST(Parse, ColumnsCountCharactersOfTheOriginal) {
  auto file = parse("V0716 11:20:08.832000 1399 torch/x.py:189] [0/1] def forward(self, \x1b[31mx\x1b[0m):\nV0716 11:20:08.832000 1399 torch/x.py:189] [0/1]     a = f('\xC3\xA9', y)\n");
  ASSERT_FALSE(file.diagnostics.empty());
  EXPECT_EQ(file.diagnostics[0].message, "name 'y' is not defined");
  EXPECT_EQ(file.diagnostics[0].line, 2u);
  EXPECT_EQ(file.diagnostics[0].column, 65u);
}

TEST(Parse, StackIsSharedByFollowingNodes) {
  auto file = parse("def forward(self, x):\n    # File: a\n    a = torch.ops.aten.neg.default(x)\n    b = torch.ops.aten.neg.default(a)\n    return b\n");
  const auto& g = *file.graphs[0];
  EXPECT_EQ(g.node(g.find("a")).stack.get(), g.node(g.find("b")).stack.get());
}

TEST(Parse, UnboundedInlineReprIsLinear) {
  std::string text = "def forward(self, x):\n    a = f(";
  for (int i = 0; i < 200000; ++i) text += "g(";
  auto file = parse(text + "\n    return x\n");
  EXPECT_TRUE(hasErrors(file.diagnostics));
}

TEST(ParseFile, WhatIsNoFile) {
  auto folder = std::filesystem::temp_directory_path() / "fxloom_text_test";
  std::filesystem::create_directories(folder);
  EXPECT_EQ(firstMessage(parseFile((folder / "absent.txt").string())), "no such file");
  EXPECT_EQ(firstMessage(parseFile(folder.string())), "this is a folder, not a file");
  auto empty = (folder / "empty.txt").string();
  std::ofstream(empty).close();
  EXPECT_EQ(firstMessage(parseFile(empty)), "the file is empty");
  auto good = (folder / "good.txt").string();
  std::ofstream(good) << kSmall;
  std::string source;
  EXPECT_EQ(parseFile(good, &source).graphs.size(), 1u);
  EXPECT_EQ(source, kSmall);
  std::filesystem::remove_all(folder);
}

class Snippet : public testing::Test {
 protected:
  ParsedFile file_ = parse("def forward(self, x, y):\n    a = torch.ops.aten.add.Tensor(x, y)\n    return a\n");
  const ir::Graph& graph_ = *file_.graphs[0];
};

TEST_F(Snippet, Arguments) {
  EXPECT_EQ(parseArgument("x", graph_).node(), graph_.find("x"));
  EXPECT_EQ(parseArgument("%a", graph_).node(), graph_.find("a"));
  EXPECT_EQ(printArgument(graph_, parseArgument("[x, (1, 2.5), {'k': None}, torch.bfloat16]", graph_)), "[x, (1, 2.5), {'k': None}, torch.bfloat16]");
  EXPECT_THROW(parseArgument("z", graph_), ParseFailure);
  EXPECT_THROW(parseArgument("x y", graph_), ParseFailure);
  try {
    parseArgument("[1, ", graph_);
    FAIL();
  } catch (const ParseFailure& e) {
    EXPECT_STREQ(e.what(), "text:1:5: error: unexpected end of file, expected a name or a literal\n    [1, \n        ^");
  }
}

TEST_F(Snippet, Calls) {
  auto call = parseCall("aten.mul.Tensor(%x, 2)", graph_);
  EXPECT_EQ(call.target, "aten.mul.Tensor");
  EXPECT_EQ(call.args[0].node(), graph_.find("x"));
  EXPECT_EQ(parseCall("x + y", graph_).target, "_operator.add");
  EXPECT_EQ(parseCall("x.view(3)", graph_).op, ir::Op::call_method);
  EXPECT_EQ(parseCall("self.w", graph_).op, ir::Op::get_attr);
  EXPECT_THROW(parseCall("3", graph_), ParseFailure);
  EXPECT_THROW(parseCall("aten.relu.default(x, y, x)", graph_), ParseFailure);
}

TEST(Annotation, Kinds) {
  EXPECT_TRUE(std::holds_alternative<ir::TensorMeta>(parseMeta("f32[2, s0][s0, 1]cuda:1")));
  EXPECT_TRUE(std::holds_alternative<ir::SymMeta>(parseMeta("Sym(2*s0 + 1)")));
  EXPECT_TRUE(std::holds_alternative<ir::OtherMeta>(parseMeta("torch.Tensor")));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(parseMeta("")));
  for (std::string text : {"f32[2, s0][s0, 1]cuda:1", "b8[]", "i64[][]cpu", "Parameter(f32[2])", "DTensor(f32[8, 16], S(0)R)", "Sym(Max(1, u0))", "f8e4m3fn[16]hpu"})
    EXPECT_EQ(printMeta(parseMeta(text)), text);
  std::string problem;
  parseMeta("f32[2", &problem);
  EXPECT_EQ(problem, "annotation kept as text: the shape has no closing ']'");
}

/// The place of the first diagnostic, and the text there.
struct Found { uint32_t line, column, length; std::string message; };
Found firstOf(const std::string& text) {
  auto file = parse(text);
  if (file.diagnostics.empty()) return {};
  const auto& d = file.diagnostics[0];
  return {d.line, d.column, d.length, d.message};
}

// A column points at the symbol inside the annotation, whatever stands before it on the line.
TEST(Annotation, PlacesInside) {
  const std::string header = "def forward(self, x):\n", body = "a: \"f32[2, s0 $ 3]\" = torch.ops.aten.neg.default(x)\n", end = "    return a\n";
  struct Case { const char* name; std::string before; uint32_t column; };
  const std::string log = "[rank0]:V0716 11:20:08.832000 1399 torch/x.py:189] [0/1] ";
  for (const Case& c : {Case{"plain", "    ", 19}, Case{"tab", "\t", 16}, Case{"colour", "    \x1b[31m", 24}}) {
    auto found = firstOf(header + c.before + body + (c.before[0] == '\t' ? "\treturn a\n" : end));
    EXPECT_EQ(found.line, 2u) << c.name;
    EXPECT_EQ(found.column, c.column) << c.name << found.message;
    EXPECT_EQ(found.length, 3u) << c.name;
  }
  auto logged = firstOf(log + header + log + "    " + body + log + end);
  EXPECT_EQ(logged.line, 2u);
  EXPECT_EQ(logged.column, 19u + log.size());
  auto letters = firstOf("def forward(self, x):\n    a\xC3\xA9" ": \xE2\x80\x9C" "f32[2, s0 $ 3]\xE2\x80\x9D = torch.ops.aten.neg.default(x)\n    return x\n");
  EXPECT_EQ(letters.line, 2u);
  EXPECT_EQ(letters.column, 6u) << letters.message;
  auto curly = firstOf("def forward(self, x):\n    a: \xE2\x80\x9C" "f32[2, s0 $ 3]\xE2\x80\x9D = torch.ops.aten.neg.default(x)\n    return a\n");
  EXPECT_EQ(curly.column, 19u) << curly.message;
  auto form = firstOf("graph():\n    %x : [num_users=1] = placeholder[target=x]\n    %a : Tensor \"f32[2, s0 $ 3]\"[num_users=1] = call_function[target=torch.ops.aten.neg.default](args = (%x,), kwargs = {})\n    return a\n");
  EXPECT_EQ(form.line, 3u);
  EXPECT_EQ(form.column, 28u) << form.message;
  auto trace = firstOf("V1206 15:18:15.925000 1500233 torch/_dynamo/utils.py:1288] {\"aot_forward_graph\": {}, \"frame_id\": 0, \"frame_compile_id\": 0, \"attempt\": 0, \"has_payload\": \"0\"}\n"
                       "\tclass <lambda>(torch.nn.Module):\n\t    def forward(self, x: \"f32[2, s0 $ 3]\"):\n\t        return (x,)\n");
  EXPECT_EQ(trace.line, 3u);
  EXPECT_EQ(trace.column, 38u) << trace.message;
}

TEST(SnippetMessages, SayWhatIsWrong) {
  ir::Graph graph("g");
  ir::Node x;
  x.op = ir::Op::placeholder;
  x.name = x.target = "x";
  graph.append(std::move(x));
  const auto message = [&](auto read) -> std::string {
    try {
      read();
    } catch (const ParseFailure& e) {
      return e.what();
    }
    return "";
  };
  const auto has = [](const std::string& text, std::string_view part) { return text.find(part) != text.npos; };
  auto call = [&](const char* text) { return message([&] { parseCall(text, graph); }); };
  auto argument = [&](const char* text) { return message([&] { parseArgument(text, graph); }); };
  EXPECT_PRED2(has, argument("x y"), "unexpected 'y', expected the end of the text");
  EXPECT_PRED2(has, call("aten.add.Tensor(aten.neg.default(x), 1)"), "a call inside a call: give 'aten.neg.default(...)' a line and a name of its own");
  EXPECT_PRED2(has, call("aten.add.Tensor(self.w, 1)"), "'self.w' inside an argument: give it a line and a name of its own");
  EXPECT_PRED2(has, call("x"), "expected a call, an operator or an attribute");
  EXPECT_PRED2(has, call("x ? x"), "unexpected '?', expected an operator or the end of the line");
}

}  // namespace
}  // namespace graph::text
