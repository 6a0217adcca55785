// Which rounds are made, what fills put into tensors, and where two graphs begin to differ, over the fake backend.
#include "graph/run/rounds.h"

#include <cmath>
#include <cstring>

#include "graph/run/first_difference.h"
#include "tests/run/fake_backend.h"
#include "tests/run/graphs.h"

namespace graph::run_test {
namespace {

using run::Fill;
using run::InputRequest;

ir::Argument id(ir::NodeId node) { return ir::Argument(node); }

// A cache of s1 rows, `dtype`, of which s0 are used.
ir::Graph cacheGraph(ir::DType dtype = ir::DType::f32) {
  Builder b;
  auto n = b.number("n", s("s0"));
  auto cache = b.tensor("cache", {s("s1"), 16}, dtype);
  auto part = b.call("part", "aten.slice.Tensor", {id(cache), 0, 0, id(n)}, ir::TensorMeta{dtype, {s("s0"), 16}, std::nullopt, std::nullopt, ""});
  return b.output({id(part)});
}

std::vector<run::Round> plan(const ir::Graph& graph, const InputRequest& request = {}) {
  FakeBackend backend;
  return run::planRounds(backend, graph, request);
}
std::vector<std::string> names(const std::vector<run::Round>& rounds) {
  std::vector<std::string> result;
  for (auto& round : rounds) result.push_back(round.name + (round.made ? "" : ": " + round.note));
  return result;
}
using Names = std::vector<std::string>;

TEST(Rounds, everyKindOnce) {
  auto rounds = plan(cacheGraph());
  EXPECT_EQ(names(rounds), (Names{"as given", "special", "extreme", "s0 = 1", "s1 = 1", "s0 = 0", "all sizes 0", "large sizes"}));
  for (auto& round : rounds) EXPECT_LE(round.request.bind.at("s0"), round.request.bind.at("s1")) << round.name;   // the slice
  EXPECT_EQ(rounds[4].request.bind, (ir::Binding{{"s0", 1}, {"s1", 1}})) << "all sizes 1 is the same, and is made once";
}

TEST(Rounds, byTheTypesOfInputs) {
  EXPECT_EQ(names(plan(cacheGraph(ir::DType::b8)))[1], "all-true");
  EXPECT_EQ(names(plan(cacheGraph(ir::DType::b8)))[2], "all-false");
  EXPECT_EQ(names(plan(cacheGraph(ir::DType::i64)))[1], "duplicates");
}

TEST(Rounds, rangesAndGuardsForbidSizes) {
  auto graph = cacheGraph();
  graph.setSymbolTable({{"s0", {{2}, {}, {}}}, {"s1", {{1}, {}, {}}}});
  EXPECT_EQ(names(plan(graph)), (Names{"as given", "special", "extreme", "large sizes"})) << "s0 <= s1, and s0 is 2 or more";
  graph = cacheGraph();
  auto guard = ir::Guard::parse("s0 >= 1");
  ASSERT_TRUE(guard);
  graph.addGuard(*guard);
  EXPECT_EQ(names(plan(graph)), (Names{"as given", "special", "extreme", "s0 = 1", "s1 = 1", "large sizes"}));
}

TEST(Rounds, annotationsForbidSizes) {
  FakeBackend backend;   // meta propagation finds a disagreement at 0
  auto graph = cacheGraph();
  backend.problemFor = [](const ir::Graph& g, const ir::Binding& binding) {
    std::vector<run::Problem> problems;
    if (binding.at("s0") == 0) problems.push_back({g.find("part"), "part: odd"});
    return problems;
  };
  EXPECT_EQ(names(run::planRounds(backend, graph, {})), (Names{"as given", "special", "extreme", "s0 = 1", "s1 = 1", "large sizes"}));
}

TEST(Rounds, whatIsGivenComesFirstAndOtherSizesAreOurs) {
  InputRequest request;
  request.bind = {{"s0", 7}, {"s1", 9}};
  request.seed = 5;
  auto rounds = plan(cacheGraph(), request);
  EXPECT_EQ(rounds.front().request.bind, request.bind);
  EXPECT_EQ(rounds[1].request.bind, request.bind) << "small enough to be run again";
  EXPECT_GT(rounds.back().request.bind.at("s1"), 4096 / 16);
  for (auto& round : rounds) EXPECT_EQ(round.request.seed, 5u);
}

TEST(Rounds, largeInputsAreNotRunAgain) {
  InputRequest request;
  request.bind = {{"s0", 7}, {"s1", int64_t{1} << 20}};   // 64 MiB
  EXPECT_LT(plan(cacheGraph(), request)[1].request.bind.at("s1"), 100) << "small numbers of our own";
  Builder b;
  auto x = b.tensor("x", {int64_t{1} << 27});
  auto a = b.call("a", "aten.clone.default", {id(x)});
  const std::string why = ": left out: the inputs take more than 256 MiB";
  EXPECT_EQ(names(plan(b.output({id(a)}))), (Names{"as given", "special" + why, "extreme" + why}));
}

TEST(Rounds, largeSizesStayWithinALimit) {
  Builder b;   // s0 * s0 elements
  auto x = b.tensor("x", {s("s0"), s("s0")});
  auto a = b.call("a", "aten.clone.default", {id(x)}, Builder::f32({s("s0"), s("s0")}));
  auto graph = b.output({id(a)});
  auto large = run::chooseSymbols(graph, {}, 2);
  EXPECT_EQ(large.at("s0"), 1024);
  EXPECT_LE(run::inputBytes(graph, large), run::kLargeBytes);
}

TEST(Rounds, largeSizesAreNeverSmall) {
  Builder b;   // s0 of 40 rows: nothing of the ladder of large numbers fits, and 2 would be no large number
  auto n = b.number("n", s("s0"));
  auto x = b.tensor("x", {40});
  auto part = b.call("part", "aten.slice.Tensor", {id(x), 0, 0, id(n)}, Builder::f32({s("s0")}));
  EXPECT_EQ(run::chooseSymbols(b.output({id(part)}), {}, 2).at("s0"), 24);
}

TEST(Rounds, whenEveryLargeSizeIsTooMuchTheSmallerOnesDo) {
  auto large = [](const ir::Binding&) { return std::vector<run::Problem>{{{}, "its tensors would be too large", run::Problem::Kind::tooLarge}}; };
  EXPECT_EQ(run::chooseSymbols(cacheGraph(), {}, 2, large), (ir::Binding{{"s0", 24}, {"s1", 25}}));
}

// --- fills -------------------------------------------------------------------------------------------------------------------
std::vector<std::byte> filled(Fill fill, ir::DType dtype, std::vector<int64_t> sizes, std::vector<double> values) {
  auto size = static_cast<size_t>(ir::itemSize(dtype));
  std::vector<std::byte> bytes(values.size() * size);
  for (size_t i = 0; i < values.size(); ++i) run::encode(dtype, values[i], &bytes[i * size]);
  run::Random random(1);
  run::applyFill(fill, dtype, sizes, random, bytes);
  return bytes;
}
std::vector<double> numbers(ir::DType dtype, const std::vector<std::byte>& bytes) {
  std::vector<double> result;
  for (size_t at = 0; at < bytes.size(); at += static_cast<size_t>(ir::itemSize(dtype))) result.push_back(run::decode(dtype, &bytes[at]));
  return result;
}

TEST(Fill, duplicatesAlongEveryDimension) {
  auto i64 = ir::DType::i64;
  EXPECT_EQ(numbers(i64, filled(Fill::duplicates, i64, {5}, {1, 2, 3, 4, 5})), (std::vector<double>{1, 1, 3, 3, 5}));
  EXPECT_EQ(numbers(i64, filled(Fill::duplicates, i64, {3, 2}, {1, 2, 3, 4, 5, 6})), (std::vector<double>{1, 1, 1, 1, 5, 5}));
  EXPECT_EQ(numbers(ir::DType::f32, filled(Fill::duplicates, ir::DType::f32, {2}, {1, 2})), (std::vector<double>{1, 2})) << "floats stay";
}

TEST(Fill, specialNumbersOfEveryFloat) {
  for (auto dtype : {ir::DType::f64, ir::DType::f32, ir::DType::f16, ir::DType::bf16}) {
    auto values = numbers(dtype, filled(Fill::special, dtype, {60}, std::vector<double>(60, 1)));
    EXPECT_TRUE(std::isnan(values[0])) << "one element is enough";
    int infinite = 0, zero = 0, negativeZero = 0, tiny = 0, ordinary = 0;
    for (auto v : values) {
      infinite += std::isinf(v);
      zero += v == 0;
      negativeZero += v == 0 && std::signbit(v);
      tiny += v != 0 && std::fabs(v) < 1e-4;
      ordinary += v == 1;
    }
    EXPECT_TRUE(infinite && negativeZero && zero > negativeZero && tiny && ordinary > 20) << ir::abbreviation(dtype);
  }
}

TEST(Fill, extremeNumbersAreNumbers) {
  auto values = numbers(ir::DType::f16, filled(Fill::extreme, ir::DType::f16, {60}, std::vector<double>(60, 1)));
  EXPECT_TRUE(values[0] == 0 && std::signbit(values[0]));
  for (auto v : values) EXPECT_TRUE(std::isfinite(v * v));
}

TEST(Fill, masks) {
  auto b8 = ir::DType::b8;
  EXPECT_EQ(numbers(b8, filled(Fill::allTrue, b8, {3}, {0, 1, 0})), (std::vector<double>{1, 1, 1}));
  EXPECT_EQ(numbers(b8, filled(Fill::allFalse, b8, {3}, {0, 1, 0})), (std::vector<double>{0, 0, 0}));
}

TEST(Fill, names) {
  for (auto fill : {Fill::random, Fill::duplicates, Fill::duplicateReads, Fill::special, Fill::extreme, Fill::allTrue, Fill::allFalse})
    EXPECT_EQ(run::parseFill(run::fillName(fill)), fill);
  EXPECT_FALSE(run::parseFill("odd"));
  EXPECT_EQ(run::fillNames(), "random, duplicates, duplicate-reads, special, extreme, all-true, all-false");
}

TEST(Fill, indicesThatWriteStayDistinctWhenAsked) {
  Builder b;
  auto x = b.tensor("x", {s("s0")}), v = b.tensor("v", {4});
  auto i = b.tensor("i", {4}, ir::DType::i64);
  auto put = b.call("put", "aten.index_put.default", {id(x), ir::List{{id(i)}}, id(v)});
  auto graph = b.output({id(put)});
  FakeBackend backend;
  auto distinct = [&](Fill fill) {
    InputRequest request;
    request.bind = {{"s0", 50}};
    request.fill = fill;
    auto elements = fake(std::get<run::TensorPtr>(run::makeInputs(backend, graph, request).values[2].data))->elements();
    return std::set<double>(elements.begin(), elements.end()).size();
  };
  EXPECT_EQ(distinct(Fill::random), 4u);
  EXPECT_EQ(distinct(Fill::duplicates), 2u);
  EXPECT_EQ(distinct(Fill::duplicateReads), 4u);
}

// --- digests -----------------------------------------------------------------------------------------------------------------
TEST(Digest, equalNumbersAndNothingElse) {
  auto of = [](std::vector<uint32_t> words) { return run::digest(ir::DType::f32, std::as_bytes(std::span(words))); };
  EXPECT_EQ(of({0x7fc00000, 1}), of({0xffc00123, 1})) << "NaN is NaN";
  EXPECT_NE(of({0x7f800000, 1}), of({0x7fc00000, 1}));
  EXPECT_NE(of({0x80000000}), of({0})) << "zeros of both signs";
  EXPECT_NE(of({1, 2}), of({2, 1}));
}

TEST(Digest, nanPayloadsAreCounted) {
  std::vector<uint32_t> a{0x7fc00000, 0, 5}, b{0xffc00123, 0, 5}, c{0xffc00123, 0x80000000, 5};
  auto compare = [&](auto& x, auto& y) { return run::compareElements(ir::DType::f32, std::as_bytes(std::span(x)), std::as_bytes(std::span(y)), {}); };
  EXPECT_EQ(compare(a, b).differing, 1);
  EXPECT_EQ(compare(a, b).nanPayloads, 1);
  EXPECT_EQ(compare(a, c).differing, 2);
  EXPECT_EQ(compare(a, c).nanPayloads, 1);
}

// --- where they begin to differ ----------------------------------------------------------------------------------------------
// v = x[0:2]; one = v + 1 (in place or not); m = v * factor
ir::Graph reader(bool inPlace, int64_t factor = 2) {
  Builder b;
  auto x = b.tensor("x", {4});
  auto v = b.call("v", "aten.slice.Tensor", {id(x), 0, 0, 2});
  auto one = b.call("one", inPlace ? "aten.add_.Tensor" : "aten.add.Tensor", {id(v), 1});
  auto m = b.call("m", "aten.mul.Tensor", {id(v), factor});
  return b.output({id(one), id(m)});
}

TEST(FirstDifference, theNodeAndHowMuch) {
  FakeBackend backend;
  auto after = reader(false, 3);
  auto found = run::firstDifference(backend, reader(false), after, {});
  ASSERT_TRUE(found.first);
  EXPECT_EQ(after.node(found.first->node).name, "m");
  EXPECT_EQ(found.compared, 3u);
  EXPECT_EQ(found.first->differing, 2);
  EXPECT_EQ(found.first->elements, 2);
  EXPECT_GT(found.first->maxAbs, 0);
  EXPECT_FALSE(found.first->overwritten);
  EXPECT_FALSE(run::firstDifference(backend, reader(false), reader(false), {}).first);
}

TEST(FirstDifference, whoOverwroteWhatItReads) {
  FakeBackend backend;
  auto after = reader(true);
  auto found = run::firstDifference(backend, reader(false), after, {});
  ASSERT_TRUE(found.first && found.first->overwritten);
  EXPECT_EQ(after.node(found.first->node).name, "m");
  EXPECT_EQ(found.first->overwritten->operand, "v");
  EXPECT_EQ(after.node(found.first->overwritten->by).name, "one");
  found = run::firstDifference(backend, after, reader(false), {});
  ASSERT_TRUE(found.first && found.first->overwritten);
  EXPECT_FALSE(found.first->overwritten->by) << "the first graph overwrote it";
}

TEST(FirstDifference, aRunThatFails) {
  FakeBackend backend;
  Builder b;
  auto x = b.tensor("x", {4});
  auto v = b.call("v", "aten.slice.Tensor", {id(x), 0, 0, 2});
  auto one = b.call("one", "test.fail.default", {id(v)});
  auto found = run::firstDifference(backend, reader(false), b.output({id(one)}), {});
  EXPECT_FALSE(found.first);
  EXPECT_EQ(found.compared, 1u);
  EXPECT_EQ(found.failure, "one (test.fail.default): fails");
}

}  // namespace
}  // namespace graph::run_test
