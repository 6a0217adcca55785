// What follows from facts, what must not, and random facts against all small bindings.
#include <gtest/gtest.h>

#include <random>

#include "graph/ir/symbol.h"

namespace graph::ir {
namespace {

Expr read(std::string_view text) { return Expr::parse(text).value(); }

Facts facts(std::initializer_list<const char*> nonNegative) {
  Facts result;
  for (const char* text : nonNegative) result.addNonNegative(read(text));
  return result;
}

TEST(FactsTest, LinearConsequences) {
  const Facts f = facts({"s0 - 2", "s1", "u0", "s0 - u0 - 1"});  // s0 >= 2, s1 >= 0, 0 <= u0 < s0
  EXPECT_TRUE(f.provesNonNegative(Expr(0)));
  EXPECT_TRUE(f.provesNonNegative(read("s0")));
  EXPECT_TRUE(f.provesNonNegative(read("s0 - 1")));
  EXPECT_TRUE(f.provesNonNegative(read("2*s0 + s1 - 4")));
  EXPECT_TRUE(f.provesLessEqual(read("u0"), read("s0")));
  EXPECT_TRUE(f.provesLessEqual(read("u0 + 1"), read("s0")));
  EXPECT_TRUE(f.provesLessEqual(read("3*u0"), read("3*s0 - 3")));
  EXPECT_TRUE(f.provesLessEqual(read("u0 - s1"), read("s0 + s1")));
}

TEST(FactsTest, NotProved) {
  const Facts f = facts({"s0 - 2", "s1", "u0", "s0 - u0 - 1"});
  for (const char* text : {"-1", "s0 - 3", "-s0", "s1 - 1", "u0 - 1", "s0 - u0 - 2", "s1 - s0", "u1", "u1 - u1*u1", "s0 - s1", "-s1",
                           "s0*s2", "f(s0)", "2.5*s2"}) {
    EXPECT_FALSE(f.provesNonNegative(read(text))) << text;
  }
  EXPECT_FALSE(Facts().provesNonNegative(read("s0")));
  EXPECT_FALSE(Facts().provesNonNegative(read("s0//2")));
  EXPECT_FALSE(Facts().provesNonNegative(read("Max(s0, s1)")));
  EXPECT_FALSE(Facts().provesNonNegative(read("s0 - (s0//2)")));  // false for s0 = -1
  EXPECT_FALSE(Facts().provesNonNegative(read("Mod(s0, s1)")));   // the sign of the divisor
}

TEST(FactsTest, Equalities) {
  Facts f;
  f.addEqual(read("s0"), read("s1"));
  f.addEqual(read("s2"), read("2*s1"));
  EXPECT_TRUE(f.provesEqual(read("s2"), read("s0 + s1")));
  EXPECT_TRUE(f.provesEqual(read("s0"), read("s0")));
  EXPECT_FALSE(f.provesEqual(read("s0"), read("s2")));
  EXPECT_TRUE(Facts().provesEqual(read("(s0 + 1)*2"), read("2*s0 + 2")));
  EXPECT_FALSE(Facts().provesEqual(Expr(1), Expr(2)));
  EXPECT_TRUE(Facts().provesEqual(read("((s0 + 5)//4)"), read("((s0 + 1)//4) + 1")));
}

TEST(FactsTest, BoundsOfFunctions) {
  EXPECT_TRUE(Facts().provesLessEqual(read("Min(s0, s1)"), read("s0")));
  EXPECT_TRUE(Facts().provesLessEqual(read("s1"), read("Max(s0, s1)")));
  EXPECT_TRUE(Facts().provesNonNegative(read("Max(0, s0)")));
  EXPECT_TRUE(Facts().provesNonNegative(read("Max(1, u0) - 1")));
  EXPECT_FALSE(Facts().provesNonNegative(read("Max(1, u0) - 2")));
  EXPECT_TRUE(Facts().provesNonNegative(read("Mod(s0, 8)")));
  EXPECT_TRUE(Facts().provesLessEqual(read("Mod(s0, 8)"), Expr(7)));
  EXPECT_FALSE(Facts().provesLessEqual(read("Mod(s0, 8)"), Expr(6)));
  EXPECT_TRUE(Facts().provesLessEqual(read("4*(s0//4)"), read("s0")));
  EXPECT_TRUE(Facts().provesLessEqual(read("s0 - 3"), read("4*(s0//4)")));
  EXPECT_FALSE(Facts().provesLessEqual(read("s0 - 2"), read("4*(s0//4)")));
  EXPECT_TRUE(facts({"s0"}).provesNonNegative(read("s0//2")));
  EXPECT_TRUE(facts({"s0"}).provesLessEqual(read("s0//2"), read("s0")));
  EXPECT_TRUE(facts({"s0 - 1"}).provesLessEqual(read("(s0//2) + 1"), read("s0 + 1")));
  EXPECT_TRUE(facts({"s0 - 2"}).provesNonNegative(read("(s0//2) - 1")));
  EXPECT_FALSE(facts({"s0 - 2"}).provesNonNegative(read("(s0//2) - 2")));
  EXPECT_TRUE(facts({"s0", "s1 - 1"}).provesLessEqual(read("s0//s1"), read("s0")));
  EXPECT_TRUE(facts({"s0", "s1 - 1"}).provesLessEqual(read("Mod(s0, s1) + 1"), read("s1")));
  EXPECT_TRUE(facts({"s0"}).provesLessEqual(read("Mod(s0, 8)"), read("s0")));
  EXPECT_TRUE(facts({"s0"}).provesNonNegative(read("CeilToInt(IntTrueDiv(s0, 2))")));
  EXPECT_TRUE(Facts().provesLessEqual(read("s0"), read("2*CeilToInt(IntTrueDiv(s0, 2))")));
  EXPECT_TRUE(Facts().provesNonNegative(read("Abs(s0) - s0")));
  EXPECT_TRUE(Facts().provesLessEqual(read("Eq(s0, 1)"), Expr(1)));
}

TEST(FactsTest, CasesOfMaxAndMin) {
  const Facts f = facts({"s0", "s1", "s1 - s0"});  // 0 <= s0 <= s1
  EXPECT_TRUE(f.provesLessEqual(read("Max(s0, s1)"), read("s1")));
  EXPECT_TRUE(f.provesLessEqual(read("s0"), read("Min(s0, s1)")));
  EXPECT_TRUE(f.provesNonNegative(read("Min(s0, s1)")));
  EXPECT_TRUE(f.provesEqual(read("Max(s0, s1) + Min(s0, s1)"), read("s0 + s1")));
  EXPECT_FALSE(f.provesLessEqual(read("Max(s0, s1)"), read("s0")));
  EXPECT_TRUE(f.provesLessEqual(read("Max(s0, 4)"), read("s1 + 4")));
  EXPECT_TRUE(f.provesLessEqual(read("Min(s1, Max(0, s0 - 3))"), read("s1")));
}

TEST(FactsTest, Products) {
  const Facts f = facts({"s0", "s1 - 1", "s2 - 2"});
  EXPECT_TRUE(f.provesNonNegative(read("s0*s1")));
  EXPECT_TRUE(f.provesNonNegative(read("s0*s1 - s0")));
  EXPECT_TRUE(f.provesNonNegative(read("s0*s2 - 2*s0")));
  EXPECT_FALSE(f.provesNonNegative(read("s0*s2 - 3*s0")));
  EXPECT_FALSE(f.provesNonNegative(read("s0*s1 - s1")));
  EXPECT_TRUE(Facts().provesNonNegative(read("s0**2")));
  EXPECT_FALSE(Facts().provesNonNegative(read("s0**3")));
  EXPECT_TRUE(facts({"s0"}).provesNonNegative(read("s0**3")));
  EXPECT_TRUE(f.provesNonNegative(read("64*s0*s1 - 64*s0")));
}

TEST(FactsTest, WindowsOfACache) {
  // a row written at `u0` into a cache of s1 rows, and the next one
  const Facts f = facts({"u0", "s1 - u0 - 1", "s0 - 1"});
  EXPECT_TRUE(f.provesLessEqual(read("u0 + 1"), read("s1")));
  EXPECT_TRUE(f.provesLessEqual(read("Min(s1, u0 + 1)"), read("s1")));
  EXPECT_TRUE(f.provesEqual(read("Min(s1, u0 + 1)"), read("u0 + 1")));
  EXPECT_TRUE(f.provesEqual(read("Min(9223372036854775807, s1)"), read("Min(s1, 9223372036854775807)")));
  EXPECT_FALSE(f.provesLessEqual(read("u0 + 2"), read("s1")));
}

TEST(FactsTest, ContradictionsAndConstantsDoNotCrash) {
  Facts f = facts({"s0 - 5", "3 - s0"});
  f.provesNonNegative(read("s0"));
  f.addNonNegative(Expr(-1));
  EXPECT_FALSE(f.provesNonNegative(read("u7")));
  Facts large;
  large.addNonNegative(read("9223372036854775807*s0"));
  EXPECT_FALSE(large.provesNonNegative(read("9223372036854775806*s1 - 9223372036854775805*s0")));
}

TEST(FactsTest, ManyFactsStayFast) {
  Facts f;
  for (int i = 0; i < 300; ++i) f.addNonNegative(Expr::symbol("s" + std::to_string(i)) - 2);
  EXPECT_TRUE(f.provesNonNegative(read("s17 + s280 - 4")));
  EXPECT_FALSE(f.provesNonNegative(read("s17 - s280")));
}

/// Whatever is proved must hold for every binding that satisfies the facts.
TEST(FactsTest, RandomProofsAreSound) {
  std::mt19937 engine(5);
  const auto below = [&](int n) { return static_cast<int>(engine() % static_cast<unsigned>(n)); };
  const char* atoms[] = {
      "s0",        "s1",    "s2",      "(s0//2)",        "(s1//3)",        "Mod(s0, 3)",  "Max(s0, s1)", "Min(s1, s2)",
      "s0*s1",     "s2**2", "Abs(s2)", "Max(0, s2 - 1)", "((s0 + s1)//2)", "Mod(s2, s1)", "(s0//s1)",    "CeilToInt(IntTrueDiv(s0, 2))",
      "Eq(s0, s1)"};
  const auto linear = [&](int terms, bool simple) {
    Expr sum(below(9) - 4);
    for (int i = 0; i < terms; ++i) sum = sum + Expr(below(7) - 3) * read(atoms[below(simple ? 3 : static_cast<int>(std::size(atoms)))]);
    return sum;
  };
  int proved = 0;
  for (int round = 0; round < 3000; ++round) {
    Facts f;
    std::vector<Expr> given;
    for (int i = below(4); i >= 0; --i)
      given.push_back(below(2) == 0 ? read(atoms[below(3)]) - below(3) : linear(1 + below(2), below(3) != 0));
    for (const Expr& fact : given) f.addNonNegative(fact);
    const Expr goal = linear(1 + below(3), false);
    if (goal.asConstant() || !f.provesNonNegative(goal)) continue;
    ++proved;
    for (int64_t a = -4; a <= 6; ++a) {
      for (int64_t b = -4; b <= 6; ++b) {
        for (int64_t c = -4; c <= 6; ++c) {
          const Binding binding{{"s0", a}, {"s1", b}, {"s2", c}};
          bool holds = true;
          for (const Expr& fact : given) {
            const auto value = fact.evaluate(binding);
            holds = holds && value && *value >= 0;
          }
          const auto value = goal.evaluate(binding);
          if (!holds || !value) continue;
          ASSERT_GE(*value, 0) << goal.str() << " at " << a << " " << b << " " << c;
        }
      }
    }
  }
  EXPECT_GT(proved, 100);
}

}  // namespace
}  // namespace graph::ir
