// Normal forms, printing, evaluation, and what must not be folded.
#include "graph/ir/symbol.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace graph::ir {
namespace {

Expr read(std::string_view text) {
  Expr::ParseError error{};
  const auto expression = Expr::parse(text, &error);
  EXPECT_TRUE(expression) << text << ": " << error.message << " at " << error.offset;
  return expression.value_or(Expr::symbol("PARSE_ERROR"));
}
std::optional<int64_t> value(std::string_view text, const Binding& binding = {}) { return read(text).evaluate(binding); }

TEST(SymbolTest, PrintsAsSympyDoes) {
  // Right column: what sympy with torch's functions prints for the expression (checked with torch 2.11.0).
  for (const char* text : {"0",
                           "-3",
                           "s0",
                           "2*s0 + 1",
                           "s0 - 1",
                           "-s0 - 1",
                           "4 - s0",
                           "4 - 2*s0",
                           "-s0*s1 + 4",
                           "(s77//2)",
                           "((s0 + 1)//2)",
                           "((2*s0)//3)",
                           "(((-u1)//3)) + 5",
                           "2*((s0//2))",
                           "-((s0//2))",
                           "s0*((s0//2))",
                           "((s0//2))**2",
                           "s0**2 + s0*s1 + s1**3 + 1",
                           "s0 + ((s0//2)) + (PythonMod(u0, 8)) + Max(1, s0)",
                           "Max(1, s1, s0 + 1)",
                           "Max(1, u0)",
                           "s0*Max(1, u0)",
                           "Max(1, s0)**2",
                           "Eq(s0, 4)",
                           "s0 < 4",
                           "(s1 < 3) & (s0 + 1 >= 4)",
                           "Ne(s0, 1)",
                           "IntTrueDiv(s0, 2)",
                           "CeilToInt(IntTrueDiv(s0, 2))",
                           "2.5*ToFloat(s0)",
                           "Piecewise((s0, s0 > 1), (s1, True))", "Piecewise((s0, 0))", "Piecewise()",
                           "Mod(p0, 8)",
                           "2*(Mod(p0 + 1, 8))",
                           "s0/2",
                           "1/s0",
                           "s0**(-2)",
                           "PowByNatural(s0, s1)",
                           "2**s0",
                           "s0**s1",
                           "4*s0*s1",
                           "Max(2, s0) - Max(3, s1)",
                           "s10 + s2",
                           "Mod(p0, p1)",
                           "(((-s0)//2)) + 2",
                           "PythonMod(s0 - 1, 3)",
                           "((s0 + 5)//4)",
                           "((s0//2))*((s1//3)) + 1",
                           "TruncToInt(ToFloat(s0))",
                           "Where(Eq(s0, 1), s1, 3)",
                           "Abs(s0)",
                           "Min(3, s0)",
                           "4 - Max(1, s0)",
                           "2**((s0//3))",
                           "s0**2*s1**2",
                           "(s0//(-3))",
                           "(s0//Max(1, s1))",
                           "Eq(Mod(p0, 8), 0)",
                           "-s0 + (((s0*s1)//2))",
                           "(s0//s1)",
                           "((s0**2)//3)",
                           "((Mod(s0, 8))//3)",
                           "(s0 > 1) | (s1 < 2)"}) {
    EXPECT_EQ(read(text).str(), text);
    EXPECT_EQ(read(read(text).str()), read(text)) << text;
  }
}

TEST(SymbolTest, EqualWhenTheNormalFormIs) {
  const std::pair<const char*, const char*> same[] = {
      {"s0 + s1", "s1 + s0"},
      {"2*(s0 + 1) - 2", "2*s0"},
      {"(s0 + 1)*(s0 - 1)", "s0**2 - 1"},
      {"(s0 + s1)**2", "s0**2 + 2*s0*s1 + s1**2"},
      {"s0*s1 - s1*s0", "0"},
      {"(4*s0 + 8)//4", "s0 + 2"},
      {"(4*s0 + 3)//4", "s0"},
      {"(4*s0)//6", "(2*s0)//3"},
      {"((s0//2)//3)", "(s0//6)"},
      {"(s0*s1)//s0", "s1"},
      {"(s0*s1*2)//(s0*4)", "s1//2"},
      {"s0//1", "s0"},
      {"s0//(-1)", "-s0"},
      {"s0//s0", "1"},
      {"(s0 + 4)//4", "s0//4 + 1"},
      {"Mod(s0*4 + s1, 4)", "Mod(s1, 4)"},
      {"Mod(4*s0, 2)", "0"},
      {"Mod(s0, 1)", "0"},
      {"Mod(s0, s0)", "0"},
      {"Mod(s0*s1, s1)", "0"},
      {"PythonMod(s0, 8)", "Mod(s0, 8)"},
      {"s0 % 8", "PythonMod(s0, 8)"},
      {"Mod(Mod(s0, 8), 16)", "Mod(s0, 8)"},
      {"Mod(Mod(s0, 8), 4)", "Mod(s0, 4)"},
      {"Mod(s0, 4)//4", "0"},
      {"Max(s0, s0 + 1)", "s0 + 1"},
      {"Max(1, Max(s0, 4))", "Max(4, s0)"},
      {"Max(s0, s1)", "Max(s1, s0)"},
      {"Max(s0, s0)", "s0"},
      {"Min(s0, s0 - 2, 3)", "Min(3, s0 - 2)"},
      {"Min(5, 3)", "3"},
      {"CeilToInt(s0 + 1)", "s0 + 1"},
      {"Eq(s0 + 1, s0 + 1)", "1"},
      {"Ne(s0, s0)", "0"},
      {"s0 < s0 + 1", "1"},
      {"Where(Eq(1, 1), s0, s1)", "s0"},
      {"Piecewise((s0, 0 > 1), (s1, True))", "s1"},
      {"PowByNatural(2, 10)", "1024"},
      {"2**10", "1024"},
      {"s0**0", "1"},
      {"CleanDiv(4*s0, 2)", "2*s0"},
      {"(s0 > 1) & (1 < 2)", "And(s0 > 1)"},
      {"IntTrueDiv(6, 3)", "2"},
      {"Abs(-3)", "3"},
      {"-(-s0)", "s0"},
      {"+s0", "s0"},
  };
  for (const auto& [left, right] : same)
    EXPECT_EQ(read(left), read(right)) << left << "  |  " << read(left).str() << "  |  " << read(right).str();
  for (const auto& [left, right] : same) EXPECT_EQ(read(left).hash(), read(right).hash()) << left;
}

TEST(SymbolTest, DifferentWhenNotProvedEqual) {
  const std::pair<const char*, const char*> different[] = {
      {"s0", "s1"},
      {"s0", "s0 + 1"},
      {"s0//2", "s0//3"},
      {"(s0//2)*2", "s0"},
      {"Mod(s0, 8)", "Mod(s0, 4)"},
      {"Max(s0, 1)", "s0"},
      {"2.5*s0", "2*s0"},
      {"2*s0.x", "s0"},
      {"s0/2", "s0//2"},
      {"(2.5*s0)//1", "2.5*s0"},
      {"f(s0)", "g(s0)"},
      {"(s0//s1)//s2", "s0//(s1*s2)"},
      {"-(s0//2)", "(-s0)//2"},
      {"Mod(-s0, 4)", "-Mod(s0, 4)"},
      {"FloorDiv(zf0*4, 4)", "zf0"},
  };
  for (const auto& [left, right] : different) EXPECT_NE(read(left), read(right)) << left << " | " << right;
}

TEST(SymbolTest, FloorDivisionAndModulusFollowPython) {
  for (int64_t a : {-9, -8, -7, -1, 0, 1, 7, 8, 9}) {
    for (int64_t b : {-4, -3, -1, 1, 3, 4}) {
      int64_t quotient = a / b, rest = a % b;
      if (rest != 0 && (rest < 0) != (b < 0)) --quotient, rest += b;
      const Binding binding{{"s0", a}, {"s1", b}};
      EXPECT_EQ(value("s0//s1", binding), quotient) << a << "//" << b;
      EXPECT_EQ(value("PythonMod(s0, s1)", binding), rest) << a << "%" << b;
      EXPECT_EQ(floorDiv(Expr(a), Expr(b)).asConstant(), quotient);
      EXPECT_EQ(mod(Expr(a), Expr(b)).asConstant(), rest);
    }
  }
}

TEST(SymbolTest, EvaluatesTheKnownFunctions) {
  const Binding binding{{"s0", 7}, {"s1", -2}, {"u0", 0}};
  EXPECT_EQ(value("CeilToInt(IntTrueDiv(s0, 2))", binding), 4);
  EXPECT_EQ(value("CeilToInt(IntTrueDiv(-s0, 2))", binding), -3);
  EXPECT_EQ(value("FloorToInt(IntTrueDiv(-s0, 2))", binding), -4);
  EXPECT_EQ(value("TruncToInt(IntTrueDiv(-s0, 2))", binding), -3);
  EXPECT_EQ(value("RoundToInt(IntTrueDiv(s0, 2))", binding), 4);    // 3.5 -> even
  EXPECT_EQ(value("RoundToInt(IntTrueDiv(5, 2))", binding), 2);     // 2.5 -> even
  EXPECT_EQ(value("RoundToInt(IntTrueDiv(-5, 2))", binding), -2);
  EXPECT_EQ(value("RoundToInt(IntTrueDiv(s0, 4))", binding), 2);    // 1.75
  EXPECT_EQ(value("IntTrueDiv(s0 + 1, 2)", binding), 4);
  EXPECT_EQ(value("IntTrueDiv(s0, 2)", binding), std::nullopt);
  EXPECT_EQ(value("IntTrueDiv(s0, 2) > 3", binding), 1);
  EXPECT_EQ(value("IntTrueDiv(s0, s1) < -3", binding), 1);
  EXPECT_EQ(value("Max(s0, s1, 3)", binding), 7);
  EXPECT_EQ(value("Min(s0, s1, 3)", binding), -2);
  EXPECT_EQ(value("Abs(s1)", binding), 2);
  EXPECT_EQ(value("2**s0", binding), 128);
  EXPECT_EQ(value("s1**3", binding), -8);
  EXPECT_EQ(value("s0**s1", binding), std::nullopt);
  EXPECT_EQ(value("Where(s0 > 3, s1, 9)", binding), -2);
  EXPECT_EQ(value("Where(s0 < 3, 1//u0, 9)", binding), 9);  // the branch not taken is not computed
  EXPECT_EQ(value("Piecewise((s0, s0 > 10), (s1, Eq(u0, 0)), (3, True))", binding), -2);
  EXPECT_EQ(value("Piecewise((s0, s0 > 10), (3, True))", binding), 3);
  EXPECT_EQ(value("Piecewise((s0, s0 > 10), (3, s0 > 9))", binding), std::nullopt);
  EXPECT_EQ(value("(s0 > 3) & (s1 < 0)", binding), 1);
  EXPECT_EQ(value("(s0 < 3) | (s1 > 0)", binding), 0);
  EXPECT_EQ(value("~Eq(s0, 7)", binding), 0);
  EXPECT_EQ(value("s0 != 7", binding), 0);
  EXPECT_EQ(value("s0 == 7", binding), 1);
  EXPECT_EQ(value("True"), 1);
}

TEST(SymbolTest, UnknownIsAnAnswer) {
  EXPECT_EQ(value("s0 + s1", {{"s0", 1}}), std::nullopt);
  EXPECT_EQ(value("s0//s1", {{"s0", 1}, {"s1", 0}}), std::nullopt);
  EXPECT_EQ(value("Mod(s0, 0)", {{"s0", 1}}), std::nullopt);
  EXPECT_EQ(value("2.5*s0", {{"s0", 2}}), std::nullopt);
  EXPECT_EQ(value("2.0"), std::nullopt);
  EXPECT_EQ(value("int_oo"), std::nullopt);
  EXPECT_EQ(value("sqrt(s0)", {{"s0", 4}}), std::nullopt);
  EXPECT_EQ(value("OpaqueUnaryFn_sqrt(4)"), std::nullopt);
  EXPECT_EQ(value("IntTrueDiv(9007199254740993, s0)", {{"s0", 1}}), std::nullopt);  // Python's float quotient is rounded
  EXPECT_EQ(value("99999999999999999999"), std::nullopt);
  EXPECT_EQ(value("s0*0.5*2", {{"s0", 4}}), std::nullopt);
}

TEST(SymbolTest, OverflowIsNoValue) {
  const int64_t most = INT64_MAX;
  EXPECT_EQ(value("s0 + 1", {{"s0", most}}), std::nullopt);
  EXPECT_EQ(value("s0*s0", {{"s0", most}}), std::nullopt);
  EXPECT_EQ(value("s0*s1 - s0*s1 + 3", {{"s0", most}, {"s1", most}}), 3);
  EXPECT_EQ(value("2*s0 - s1", {{"s0", most}, {"s1", most}}), most);  // only the sum must fit
  EXPECT_EQ(value("s0//(-1)", {{"s0", INT64_MIN}}), std::nullopt);
  EXPECT_EQ(value("FloorDiv(s0, s1)", {{"s0", INT64_MIN}, {"s1", -1}}), std::nullopt);
  EXPECT_EQ(value("Mod(s0, s1)", {{"s0", INT64_MIN}, {"s1", -1}}), 0);
  EXPECT_EQ(value("-s0", {{"s0", INT64_MIN}}), std::nullopt);
  EXPECT_EQ(value("Abs(s0)", {{"s0", INT64_MIN}}), std::nullopt);
  EXPECT_EQ(value("2**s0", {{"s0", 63}}), std::nullopt);
  EXPECT_EQ(value("(-1)**s0", {{"s0", most}}), -1);
  EXPECT_EQ(value("2**s0", {{"s0", most}}), std::nullopt);
  EXPECT_EQ((Expr(most) + Expr(1)).asConstant(), std::nullopt);
  EXPECT_EQ((Expr(most) + Expr(1)).evaluate({}), std::nullopt);
  EXPECT_EQ((Expr(most) * Expr(2)).evaluate({}), std::nullopt);
  EXPECT_EQ((-Expr(INT64_MIN)).evaluate({}), std::nullopt);
  EXPECT_EQ(Expr(most) * Expr(2), Expr(2) * Expr(most));
  const Expr large = Expr::symbol("s0") * Expr(most);
  EXPECT_EQ((large + large).evaluate({{"s0", 0}}), 0);
  EXPECT_EQ(value("9223372036854775807"), most);
  EXPECT_EQ(value("s0**70", {{"s0", 2}}), std::nullopt);
  EXPECT_EQ(value("s0**70", {{"s0", -1}}), 1);
  EXPECT_EQ(value("s0**71", {{"s0", -1}}), -1);
  EXPECT_EQ(value("s0**4000000000", {{"s0", 1}}), 1);
}

TEST(SymbolTest, Substitution) {
  const Expr s0 = Expr::symbol("s0");
  EXPECT_EQ(read("2*s0 + (s0//2)").substitute({{"s0", Expr(6)}}), Expr(15));
  EXPECT_EQ(read("2*s0 + s1").substitute({{"s0", read("s1 - 1")}}), read("3*s1 - 2"));
  EXPECT_EQ(read("Max(s0, 4)").substitute({{"s0", Expr(9)}}), Expr(9));
  EXPECT_EQ(read("s0**2").substitute({{"s0", read("s1 + 1")}}), read("s1**2 + 2*s1 + 1"));
  EXPECT_EQ(read("s0 + s1").substitute({{"s0", Expr::symbol("s1")}, {"s1", Expr::symbol("s0")}}), read("s0 + s1"));  // at once
  EXPECT_EQ(s0.substitute({}), s0);
}

TEST(SymbolTest, CollectsSymbols) {
  std::set<std::string> found;
  read("2*s0 + (s77//Max(1, u0)) + 2.5 + Piecewise((s1, True))").collectSymbols(found);
  EXPECT_EQ(found, (std::set<std::string>{"s0", "s1", "s77", "u0"}));
}

TEST(SymbolTest, ParseErrorsHaveAPlace) {
  const std::tuple<const char*, size_t, const char*> bad[] = {
      {"", 0, "the expression ends where a number, a symbol or '(' is expected"},
      {"s0 +", 4, "the expression ends where a number, a symbol or '(' is expected"},
      {"s0 s1", 3, "unexpected 's' after the expression"},
      {"(s0", 0, "'(' is never closed"},
      {"Max(s0, s1", 3, "'(' is never closed"},
      {"Max(s0; s1)", 6, "unexpected ';', expected ',' or ')'"},
      {"*s0", 0, "unexpected '*', expected a number, a symbol or '('"},
      {"s0)", 2, "unexpected ')' after the expression"},
      {"2s0", 1, "unexpected 's' in a number"},
      {"s0 // ", 6, "the expression ends where a number, a symbol or '(' is expected"},
      {"s0 $ 1", 3, "unexpected '$' after the expression"},
  };
  Expr::ParseError tooLong{};
  EXPECT_FALSE(Expr::parse(std::string(70000, '1'), &tooLong));
  EXPECT_EQ(tooLong.message, "expression is longer than 65536 characters");
  for (const auto& [text, offset, message] : bad) {
    Expr::ParseError error{99, {}};
    EXPECT_FALSE(Expr::parse(text, &error)) << text;
    EXPECT_EQ(error.offset, offset) << text;
    EXPECT_EQ(error.message, message) << text;
    EXPECT_FALSE(Expr::parse(text));
  }
}

TEST(SymbolTest, HostileTextIsBounded) {
  Expr::ParseError error{};
  EXPECT_FALSE(Expr::parse(std::string(100000, '('), &error));
  EXPECT_FALSE(Expr::parse(std::string(5000, '(') + "1" + std::string(5000, ')'), &error));
  EXPECT_EQ(error.message, "expression is nested more than 200 deep");
  EXPECT_FALSE(Expr::parse(std::string(5000, '-') + "1", &error));
  EXPECT_FALSE(Expr::parse(std::string(70000, '1'), &error));
  std::string tower = "s0";
  for (int i = 0; i < 60; ++i) tower = "((f(" + tower + ") + 1)**8)";
  const auto parsed = Expr::parse(tower, &error);
  EXPECT_TRUE(!parsed || parsed->str().size() < size_t{1} << 24);
  std::string powers = "2";
  for (int i = 0; i < 500; ++i) powers += "**2";
  Expr::parse(powers, &error);
  std::string sums = "(a+b+c+d+e+f+g)";
  std::string product = sums;
  for (int i = 0; i < 100; ++i) product += "*" + sums;
  const auto large = Expr::parse(product);
  ASSERT_TRUE(large);
  std::string longSum = "s0";
  for (int i = 1; i < 5000; ++i) longSum += " + s" + std::to_string(i);
  ASSERT_TRUE(Expr::parse(longSum));
  EXPECT_EQ(*Expr::parse(longSum), *Expr::parse(longSum));
}

TEST(SymbolTest, ProgramsCannotNestForever) {
  Expr e = Expr::symbol("s0");
  EXPECT_THROW(
      {
        for (int i = 0; i < 5000; ++i) e = Expr::function("f", {e});
      },
      std::length_error);
  Expr wide = Expr::symbol("s0");
  EXPECT_THROW(
      {
        for (int i = 0; i < 100; ++i) wide = Expr::function("f", {wide, wide});
      },
      std::length_error);
}

}  // namespace
}  // namespace graph::ir
