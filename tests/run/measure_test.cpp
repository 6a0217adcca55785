// Quartiles, bootstrap, elements, overlap, sizes: the pure parts.
#include <cmath>
#include <limits>

#include "graph/run/elements.h"
#include "graph/run/overlap.h"
#include "graph/run/sizes.h"
#include "graph/run/timing.h"
#include "tests/run/graphs.h"

namespace graph::run_test {
namespace {

using run::Overlap;

TEST(Quartiles, interpolate) {
  auto q = run::quartiles({4, 1, 3, 2});
  EXPECT_EQ(q.median, 2.5);
  EXPECT_EQ(q.p25, 1.75);
  EXPECT_EQ(q.p75, 3.25);
  EXPECT_EQ(q.runs, 4);
  EXPECT_EQ(run::quartiles({7}).median, 7);
  EXPECT_EQ(run::quartiles({}).runs, 0);
}

TEST(Speedup, sameSamplesSameInterval) {
  std::vector<double> before, after;
  run::Random random(1);
  for (int i = 0; i < 50; ++i) before.push_back(200 + random.normal()), after.push_back(100 + random.normal());
  auto gain = run::speedup(before, after), again = run::speedup(before, after);
  EXPECT_NEAR(gain.ratio, 2, 0.02);
  EXPECT_LT(gain.low, gain.ratio);
  EXPECT_GT(gain.high, gain.ratio);
  EXPECT_TRUE(gain.significant);
  EXPECT_EQ(gain.low, again.low);
  EXPECT_EQ(gain.high, again.high);
}

TEST(Speedup, noiseIsNotSignificant) {
  std::vector<double> before, after;
  run::Random random(2);
  for (int i = 0; i < 40; ++i) before.push_back(100 + 5 * random.normal()), after.push_back(100 + 5 * random.normal());
  EXPECT_FALSE(run::speedup(before, after).significant);
  EXPECT_FALSE(run::speedup({1}, {2}).significant) << "one run proves nothing";
  EXPECT_EQ(run::speedup({}, {1}).ratio, 0);
}

TEST(Elements, roundTripEveryDtype) {
  std::byte bytes[16];
  for (auto dtype : {ir::DType::f64, ir::DType::f32, ir::DType::f16, ir::DType::bf16, ir::DType::f8e4m3fn, ir::DType::f8e5m2,
                     ir::DType::f8e4m3fnuz, ir::DType::f8e5m2fnuz, ir::DType::i8, ir::DType::i16, ir::DType::i32, ir::DType::i64})
    for (double value : {0.0, 1.0, -2.0, 12.0, -0.5}) {
      if (ir::isIntegral(dtype) && value != std::trunc(value)) continue;
      run::encode(dtype, value, bytes);
      EXPECT_EQ(run::decode(dtype, bytes), value) << ir::abbreviation(dtype);
    }
}

TEST(Elements, halfRoundsToNearestEvenAndHasSubnormals) {
  std::byte bytes[2];
  auto through = [&](ir::DType dtype, double value) {
    run::encode(dtype, value, bytes);
    return run::decode(dtype, bytes);
  };
  EXPECT_EQ(through(ir::DType::f16, 1 + 1.0 / 2048), 1.0);
  EXPECT_EQ(through(ir::DType::f16, 1 + 3.0 / 2048), 1 + 4.0 / 2048);
  EXPECT_EQ(through(ir::DType::f16, 2047.9999), 2048);
  EXPECT_EQ(through(ir::DType::f16, std::ldexp(1.0, -24)), std::ldexp(1.0, -24));
  EXPECT_EQ(through(ir::DType::f16, 65504), 65504);
  EXPECT_TRUE(std::isinf(through(ir::DType::f16, 1e6)));
  EXPECT_TRUE(std::isnan(through(ir::DType::f16, std::nan(""))));
  EXPECT_EQ(through(ir::DType::bf16, 1 + 1.0 / 256), 1.0);
  EXPECT_EQ(through(ir::DType::i8, 1000), 127);
  EXPECT_EQ(through(ir::DType::f8e4m3fn, 448), 448);
}

TEST(Elements, compareByToleranceAndBits) {
  auto compare = [](std::vector<float> a, std::vector<float> b) {
    return run::compareElements(ir::DType::f32, std::as_bytes(std::span(a)), std::as_bytes(std::span(b)), {});
  };
  float nan = std::nanf(""), inf = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(compare({1, nan, inf}, {1, nan, inf}).identical);
  EXPECT_TRUE(compare({1}, {1.000001f}).close);
  EXPECT_FALSE(compare({1}, {1.001f}).close);
  EXPECT_FALSE(compare({nan}, {1}).close);
  EXPECT_FALSE(compare({inf}, {-inf}).close);
  EXPECT_FALSE(compare({0.0f}, {-0.0f}).identical);
  EXPECT_TRUE(compare({0.0f}, {-0.0f}).close);
  EXPECT_FALSE(compare({1, 2}, {1}).close);
  std::vector<int64_t> a{1, 2}, b{1, 3};
  EXPECT_FALSE(run::compareElements(ir::DType::i64, std::as_bytes(std::span(a)), std::as_bytes(std::span(b)), {}).close)
      << "integers are compared exactly";
}

// --- overlap -----------------------------------------------------------------------------------------------------------------
struct View {
  int64_t offset;
  std::vector<int64_t> sizes, strides;
};
run::ByteSet bytes(const View& view, int64_t item) { return {view.offset * item, view.sizes, view.strides, item}; }
std::set<int64_t> touched(const View& view) {
  std::set<int64_t> result{view.offset};
  for (size_t d = 0; d < view.sizes.size(); ++d) {
    std::set<int64_t> next;
    for (auto at : result)
      for (int64_t i = 0; i < view.sizes[d]; ++i) next.insert(at + i * view.strides[d]);
    result = next;
  }
  return result;
}

TEST(Overlap, agreesWithEnumeration) {
  run::Random random(3);
  int shared = 0;
  for (int round = 0; round < 4000; ++round) {
    auto make = [&] {
      View view{static_cast<int64_t>(random.below(30)), {}, {}};
      for (uint64_t d = 0, rank = random.below(4); d < rank; ++d) {
        view.sizes.push_back(static_cast<int64_t>(random.below(5)));
        view.strides.push_back(static_cast<int64_t>(random.below(12)));
      }
      return view;
    };
    auto a = make(), b = make();
    auto x = touched(a), y = touched(b);
    bool wanted = std::any_of(x.begin(), x.end(), [&](int64_t at) { return y.count(at) > 0; });
    shared += wanted;
    ASSERT_EQ(run::overlap(bytes(a, 4), bytes(b, 4)), wanted ? Overlap::shared : Overlap::disjoint) << "round " << round;
    int64_t elements = 1;
    for (auto size : a.sizes) elements *= size;
    bool self = elements > static_cast<int64_t>(x.size());
    ASSERT_EQ(run::selfOverlap(a.offset * 4, a.sizes, a.strides, 4), self ? Overlap::shared : Overlap::disjoint) << "round " << round;
  }
  EXPECT_GT(shared, 300);
}

TEST(Overlap, largeInterleavedViewsAreQuick) {
  std::vector<int64_t> sizes{1 << 14, 1 << 14}, strides{1 << 16, 2};
  EXPECT_EQ(run::overlap({0, sizes, strides, 2}, {2, sizes, strides, 2}), Overlap::disjoint);
  EXPECT_EQ(run::overlap({0, sizes, strides, 2}, {4, sizes, strides, 2}), Overlap::shared);
}

// --- sizes ---------------------------------------------------------------------------------------------------------------
TEST(Sizes, solveAloneAndLinearly) {
  ir::Binding binding;
  EXPECT_FALSE(run::solve({{s("s0"), 3, "a"}, {s("s1") * ir::Expr(2) + s("s0"), 11, "b"}}, binding));
  EXPECT_EQ(binding, (ir::Binding{{"s0", 3}, {"s1", 4}}));
  EXPECT_EQ(run::solve({{s("s0"), 4, "dimension 0 of 'x'"}}, binding), "dimension 0 of 'x' is 4, but s0 is 3 (s0 = 3, s1 = 4)");
}

TEST(Sizes, conditions) {
  auto holds = [](const char* text) { return run::Condition::parse(text)->holds({{"s0", 3}, {"s1", 4}}); };
  EXPECT_EQ(holds("s0 >= 2"), true);
  EXPECT_EQ(holds("s0 < s1"), true);
  EXPECT_EQ(holds("s0*s1 == 12"), true);
  EXPECT_EQ(holds("s0 != 3"), false);
  EXPECT_EQ(holds("s0 <= u9"), std::nullopt);
  EXPECT_FALSE(run::Condition::parse("s0 >"));
}

}  // namespace
}  // namespace graph::run_test
