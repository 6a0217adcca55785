// Python's reprs, and the parts of the printer that golden round trips do not pin down byte by byte.
#include "graph/text/printer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "graph/text/parser.h"

namespace graph::text {
namespace {

TEST(Print, FloatsAsPython) {
  const std::pair<double, std::string> cases[] = {
      {0.0, "0.0"}, {-0.0, "-0.0"}, {1.0, "1.0"}, {1e-05, "1e-05"}, {0.0001, "0.0001"}, {1e15, "1000000000000000.0"}, {1e16, "1e+16"},
      {1e22, "1e+22"}, {1e100, "1e+100"}, {-1.5, "-1.5"}, {0.1, "0.1"}, {2.0 / 3, "0.6666666666666666"}, {123456789.125, "123456789.125"},
      {3.4028234663852886e+38, "3.4028234663852886e+38"}, {5e-324, "5e-324"}, {1.7976931348623157e+308, "1.7976931348623157e+308"},
      {9007199254740993.0, "9007199254740992.0"}, {INFINITY, "inf"}, {-INFINITY, "-inf"}, {std::nan(""), "nan"}};
  for (auto& [value, text] : cases) EXPECT_EQ(pythonFloat(value), text);
}

TEST(Print, LiteralsAsPython) {
  ir::Graph g;
  const std::pair<ir::Argument, std::string> cases[] = {
      {"a", "'a'"}, {"it's", "\"it's\""}, {"it's \"x\"", "'it\\'s \"x\"'"}, {"\"", "'\"'"}, {"\\\n\t\r\x01\x7f", "'\\\\\\n\\t\\r\\x01\\x7f'"},
      {"\xC2\x85", "'\\x85'"}, {"\xC2,", "'\xC2,'"}, {"\xC3\xA9", "'\xC3\xA9'"}, {true, "True"}, {ir::None{}, "None"}, {int64_t{-3}, "-3"},
      {std::complex<double>(0, 1), "1j"}, {std::complex<double>(1, -2), "(1-2j)"}, {std::complex<double>(0.5, INFINITY), "(0.5+infj)"},
      {ir::Tuple{{1}}, "(1,)"}, {ir::Tuple{}, "()"}, {ir::List{{1, "b"}}, "[1, 'b']"}, {ir::Dict{{{"k", 1}}}, "{'k': 1}"},
      {ir::Slice{{ir::None{}, 2, ir::None{}}}, "slice(None, 2, None)"}, {ir::DType::bf16, "torch.bfloat16"}, {ir::Ellipsis{}, "Ellipsis"},
      {ir::Device{"cuda", 0}, "device(type='cuda', index=0)"}, {ir::Device{"cpu", {}}, "device(type='cpu')"}};
  for (auto& [value, text] : cases) {
    EXPECT_EQ(printArgument(g, value), text);
    EXPECT_EQ(parseArgument(text, g), value) << text;
  }
}

TEST(Print, OneNode) {
  auto file = parse("def forward(self, x: \"f32[2]\"):\n    a: \"f32[2]\" = torch.ops.aten.neg.default(x);  x = None\n    a += 1;  iadd = a\n    b = self.lin.weight\n    return a\n");
  const auto& g = *file.graphs[0];
  EXPECT_EQ(printNode(g, g.find("a")), "a: \"f32[2]\" = torch.ops.aten.neg.default(x)");
  EXPECT_EQ(printNode(g, g.find("x")), "x: \"f32[2]\"");
  EXPECT_EQ(printNode(g, g.find("iadd")), "a += 1;  iadd = a");
  EXPECT_EQ(printNode(g, g.output()), "return a");
  EXPECT_EQ(printCall(g, g.find("b")), "self.lin.weight");
}

TEST(Print, Options) {
  auto file = parse("def forward(self, x: \"f32[2]\"):\n    # File: a.py:1\n    a: \"f32[2]\" = torch.ops.aten.neg.default(x);  x = None\n    return a\n");
  EXPECT_EQ(print(*file.graphs[0], {.annotations = false, .comments = false, .deletions = false}),
            "def forward(self, x):\n    a = torch.ops.aten.neg.default(x)\n    return a\n");
}

TEST(Print, DeletionsFollowFx) {
  // The order is that of the arguments; a node that nobody uses deletes itself last; the output deletes nothing.
  const std::string text =
      "def forward(self, x, y, unused):\n"
      "    add = torch.ops.aten.add.Tensor(y, x)\n"
      "    foo = torch.ops.aten.foreach.default([add, y], x, y = y);  add = y = x = foo = None\n"
      "    return ()\n";
  EXPECT_EQ(print(*parse(text).graphs[0]), text);
}

TEST(Print, SaysThatLinesAreMissing) {
  const auto file = parse("def forward(self, x):\n    a = torch.ops.aten.neg.default(x)\n    ...\n    return a\n");
  ASSERT_TRUE(file.graphs[0]->isCut());
  EXPECT_NE(print(*file.graphs[0]).find("# cut: lines of this graph are missing\n"), std::string::npos);
  EXPECT_NE(printGraphForm(*file.graphs[0]).find("# cut: lines of this graph are missing\n"), std::string::npos);
}

TEST(Print, ReproducesADump) {
  const std::string text =
      "class <lambda>(torch.nn.Module):\n"
      "    def forward(self, arg0_1: \"f32[s0, 4][4, 1]cpu\", L_x_ : torch.Tensor, *args):\n"
      "        l_x_ = L_x_\n"
      "\n"
      "        # File: a.py:1 in f, code: x.sin()\n"
      "        sin: \"f32[s0, 4][4, 1]cpu\" = torch.ops.aten.sin.default(arg0_1);  arg0_1 = None\n"
      "        cond_0 = self.cond_0\n"
      "\n"
      "        # No stacktrace found for following nodes\n"
      "        cond = torch.ops.higher_order.cond(l_x_, cond_0, (sin,));  l_x_ = cond_0 = sin = None\n"
      "        return (cond,)\n"
      "\n"
      "    class cond_0(torch.nn.Module):\n"
      "        def forward(self, x):\n"
      "            return x\n";
  EXPECT_EQ(print(*parse(text).graphs[0]), text);
}

}  // namespace
}  // namespace graph::text
