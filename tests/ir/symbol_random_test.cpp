// Values survive normal forms: random expressions against a plain evaluator that is computed beside the text.
#include <gtest/gtest.h>

#include <random>

#include "graph/ir/symbol.h"

namespace graph::ir {
namespace {

using Wide = __int128;
struct Random {
  std::mt19937 engine;
  int below(int n) { return static_cast<int>(engine() % static_cast<unsigned>(n)); }
};

/// A random expression as text, and its value computed beside it by Python's rules; nothing when undefined.
struct Sample {
  std::string text;
  std::optional<Wide> value;
};
Wide floorOf(Wide a, Wide b) { return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0); }

Sample sample(Random& random, const Binding& binding, int depth) {
  if (depth == 0 || random.below(6) == 0) {
    if (random.below(2) == 0) {
      const int number = random.below(12) - 3;
      return {number < 0 ? "(" + std::to_string(number) + ")" : std::to_string(number), number};
    }
    auto at = binding.begin();
    std::advance(at, random.below(static_cast<int>(binding.size())));
    return {at->first, at->second};
  }
  const Sample a = sample(random, binding, depth - 1), b = sample(random, binding, depth - 1);
  const auto both = [&](std::string text, auto&& compute) -> Sample {
    if (!a.value || !b.value) return {std::move(text), std::nullopt};
    const std::optional<Wide> result = compute(*a.value, *b.value);
    if (result && (*result > (Wide{1} << 60) || *result < -(Wide{1} << 60))) return {std::move(text), std::nullopt};
    return {std::move(text), result};
  };
  using Result = std::optional<Wide>;
  switch (random.below(10)) {
    case 0: case 1: return both("(" + a.text + " + " + b.text + ")", [](Wide x, Wide y) { return Result(x + y); });
    case 2: return both("(" + a.text + " - " + b.text + ")", [](Wide x, Wide y) { return Result(x - y); });
    case 3: case 4: return both("(" + a.text + "*" + b.text + ")", [](Wide x, Wide y) { return Result(x * y); });
    case 5: return both("(" + a.text + "//" + b.text + ")", [](Wide x, Wide y) { return y == 0 ? Result() : Result(floorOf(x, y)); });
    case 6:
      return both("PythonMod(" + a.text + ", " + b.text + ")",
                  [](Wide x, Wide y) { return y == 0 ? Result() : Result(x - floorOf(x, y) * y); });
    case 7: return both("Max(" + a.text + ", " + b.text + ")", [](Wide x, Wide y) { return Result(std::max(x, y)); });
    case 8: return both("Min(" + a.text + ", " + b.text + ")", [](Wide x, Wide y) { return Result(std::min(x, y)); });
    default: return both("(" + a.text + " <= " + b.text + ")", [](Wide x, Wide y) { return Result(x <= y); });
  }
}

TEST(SymbolTest, RandomExpressionsKeepTheirValues) {
  Random random{std::mt19937(11)};
  int defined = 0;
  for (int round = 0; round < 20000; ++round) {
    const Binding binding{{"s0", random.below(9) - 2}, {"s1", random.below(6)}, {"u0", random.below(20) - 10}};
    const Sample expected = sample(random, binding, 1 + random.below(4));
    if (!expected.value) continue;  // undefined somewhere: the normal form may know more
    ++defined;
    const auto parsed = Expr::parse(expected.text);
    ASSERT_TRUE(parsed) << expected.text;
    const auto got = parsed->evaluate(binding);
    ASSERT_TRUE(got) << expected.text << " -> " << parsed->str();
    ASSERT_EQ(*got, static_cast<int64_t>(*expected.value)) << expected.text << " -> " << parsed->str();
    const auto again = Expr::parse(parsed->str());
    ASSERT_TRUE(again) << parsed->str();
    ASSERT_EQ(*again, *parsed) << expected.text << " -> " << parsed->str() << " -> " << again->str();
    std::map<std::string, Expr> values;
    for (const auto& [name, number] : binding) values.emplace(name, Expr(number));
    ASSERT_EQ(parsed->substitute(values).asConstant(), got) << expected.text;
  }
  EXPECT_GT(defined, 10000);
}

}  // namespace
}  // namespace graph::ir
