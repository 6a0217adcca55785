// Reprs cut into calls, containers and leaves.
#include "graph/text/stated/repr.h"

#include <gtest/gtest.h>

namespace graph::text {
namespace {

TEST(Repr, CallsContainersAndLeaves) {
  const std::string text = "  Spec(kind=<Kind.BUFFER: 3>, [1, (2, s0 + 1)], {'a=b': \"it's\", x: VR[-int_oo, 4]}) # name";
  std::string_view rest;
  const Repr spec = readRepr(text, 100, &rest);
  EXPECT_TRUE(spec.isCall("Spec"));
  EXPECT_TRUE(spec.closed);
  EXPECT_EQ(rest, "# name");
  EXPECT_EQ(spec.range.begin, 102u);
  EXPECT_EQ(text.substr(spec.range.begin - 100, spec.range.end - spec.range.begin), spec.text);
  ASSERT_NE(spec.get("kind"), nullptr);
  EXPECT_EQ(spec.get("kind")->text, "<Kind.BUFFER: 3>");
  EXPECT_EQ(spec.get("other"), nullptr);
  ASSERT_NE(spec.at(1), nullptr);
  EXPECT_TRUE(spec.at(0)->isList());
  EXPECT_EQ(spec.at(0)->at(1)->at(1)->text, "s0 + 1");
  EXPECT_EQ(spec.at(2), nullptr);
  const Repr& dict = *spec.at(1);
  ASSERT_EQ(dict.items.size(), 2u);
  EXPECT_EQ(dict.items[0].key.text, "'a=b'");
  EXPECT_EQ(dict.items[0].value.text, "\"it's\"");
  EXPECT_EQ(dict.items[1].value.callee, "VR");
}

TEST(Repr, ExpressionsAreLeaves) {
  for (const char* text : {"(s0) + 1", "8*(((u0 + 7)//8))", "Max(1, s0) - 1", "a == b", "x <= 3", "'a\\'(b'", "[1, 2].cuda()"}) {
    const Repr leaf = readRepr(text, 0);
    EXPECT_EQ(leaf.bracket, 0) << text;
    EXPECT_EQ(leaf.text, text);
    const Repr call = readRepr("f(" + std::string(text) + ", 2)", 0);
    ASSERT_EQ(call.items.size(), 2u) << text;
  }
}

TEST(Repr, WhatIsCutShort) {
  for (const char* text : {"f(", "f(a", "f(a=", "f(a, [1, 2", "f('abc", "f(<Kind.A: 1", "{a: ", "((((", "f(a, (1 + [2"}) EXPECT_FALSE(readRepr(text, 0).closed) << text;
  EXPECT_EQ(readRepr("f(a,\n  b)\nnext", 0).items.size(), 2u);   // a line feed ends it outside brackets only
  EXPECT_EQ(readRepr("", 0).text, "");
  EXPECT_EQ(readRepr(")", 0).text, "");
  const std::string deep(100000, '(');
  EXPECT_FALSE(readRepr(deep, 0).closed);
  EXPECT_FALSE(readRepr(deep + std::string(100000, ')'), 0).items.empty());
}

}  // namespace
}  // namespace graph::text
