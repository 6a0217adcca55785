// compareGraphs and comparison with files, over the fake backend.
#include "graph/run/equivalence.h"

#include <unistd.h>

#include <filesystem>

#include "graph/run/timing.h"
#include "graph/run/workspace.h"
#include "tests/run/fake_backend.h"
#include "tests/run/graphs.h"

namespace graph::run_test {
namespace {

using run::Equivalence;
using Status = run::Equivalence::Status;

ir::Argument id(ir::NodeId node) { return ir::Argument(node); }

// x + y, returned; `target` picks how.
ir::Graph addition(const std::string& target, int64_t extra = 0) {
  Builder b;
  auto x = b.tensor("x", {s("s0")}), y = b.tensor("y", {s("s0")});
  auto a = b.call("a", target, {id(x), id(y)});
  auto c = b.call("c", "aten.add.Tensor", {id(a), ir::Argument(extra)});
  return b.output({id(c)});
}

Equivalence compare(const ir::Graph& before, const ir::Graph& after, run::EquivalenceRequest request = {}) {
  FakeBackend backend;
  return run::compareGraphs(backend, before, after, request);
}

TEST(Equivalence, sameGraphOnTwoBindingsOneOfThemLarge) {
  auto result = compare(addition("aten.add.Tensor"), addition("aten.add.Tensor"));
  EXPECT_EQ(result.status, Status::same) << result.reason;
  EXPECT_TRUE(result.bitIdentical);
  ASSERT_EQ(result.bindings.size(), 4u);
  EXPECT_EQ(result.bindings[1].at("s0"), 1);
  EXPECT_EQ(result.bindings[2].at("s0"), 0);
  EXPECT_GT(result.bindings[3].at("s0"), 4096);
  EXPECT_EQ(result.failed(), nullptr);
  EXPECT_EQ(result.outputs.size(), 1u);
  EXPECT_TRUE(result.mutatedInputs.empty());
}

TEST(Equivalence, differentValues) {
  auto result = compare(addition("aten.add.Tensor"), addition("aten.add.Tensor", 2));
  EXPECT_EQ(result.status, Status::different);
  EXPECT_HAS(result.reason, "output.0: ");
  EXPECT_NEAR(result.maxAbs, 2, 1e-6);
}

TEST(Equivalence, anInputChangedOnlyAfter) {
  auto result = compare(addition("aten.add.Tensor"), addition("aten.add_.Tensor"));
  EXPECT_EQ(result.status, Status::different);
  ASSERT_EQ(result.mutatedInputs.size(), 1u);
  EXPECT_EQ(result.mutatedInputs[0].name, "input.x");
  EXPECT_EQ(result.mutatedInputs[0].problem, "changed although the graph as printed leaves it");
}

TEST(Equivalence, anInputChangedOnlyBefore) {
  auto result = compare(addition("aten.add_.Tensor"), addition("aten.add.Tensor"));
  ASSERT_EQ(result.mutatedInputs.size(), 1u);
  EXPECT_EQ(result.mutatedInputs[0].problem, "left although the graph as printed changes it");
}

TEST(Equivalence, outputsThatShareMemoryOnlyAfter) {
  auto make = [](bool copies) {
    Builder b;
    auto x = b.tensor("x", {3});
    auto a = copies ? b.call("a", "aten.clone.default", {id(x)}) : b.call("a", "aten.slice.Tensor", {id(x), 0, 0, 3});
    return b.output({id(a)});
  };
  auto result = compare(make(true), make(false));
  EXPECT_EQ(result.status, Status::different);
  EXPECT_EQ(result.aliasing, "output.0 shares memory with input.x only after the rewrite");
  EXPECT_EQ(compare(make(false), make(true)).aliasing, "output.0 shares memory with input.x only before the rewrite");
  EXPECT_EQ(compare(make(false), make(false)).status, Status::same);
}

TEST(Equivalence, twoOutputsOfOneStorage) {
  auto make = [](bool twice) {
    Builder b;
    auto x = b.tensor("x", {3});
    auto a = b.call("a", "aten.clone.default", {id(x)});
    auto c = twice ? a : b.call("c", "aten.clone.default", {id(x)});
    return b.output({id(a), id(c)});
  };
  EXPECT_EQ(compare(make(false), make(true)).aliasing, "output.1 shares memory with output.0 only after the rewrite");
}

TEST(Equivalence, randomResultsAreSeeded) {
  Builder b;
  auto x = b.tensor("x", {5});
  auto a = b.call("a", "aten.rand_like.default", {id(x)});
  auto graph = b.output({id(a)});
  EXPECT_EQ(compare(graph, graph).status, Status::same);
}

TEST(Equivalence, whatIsNotReproducibleIsComparedByTolerance) {
  Builder b;
  auto x = b.tensor("x", {5}, ir::DType::f64);
  auto a = b.call("a", "test.unstable.default", {id(x)});
  auto graph = b.output({id(a)});
  auto result = compare(graph, graph);
  EXPECT_EQ(result.status, Status::same) << result.reason;
  EXPECT_FALSE(result.bitIdentical);
  EXPECT_EQ(result.outputs.at(0).problem, "not reproducible (first at a): compared by tolerance");
}

TEST(Equivalence, failuresSkipWithTheReason) {
  Builder b;
  auto x = b.tensor("x", {5});
  auto a = b.call("a", "test.fail.default", {id(x)});
  auto failing = b.output({id(a)});
  auto result = compare(failing, failing);
  EXPECT_EQ(result.status, Status::skipped);
  EXPECT_HAS(result.reason, "a (test.fail.default): fails");
}

TEST(Equivalence, aRoundInWhichTheGraphAsPrintedFailsSaysNothing) {
  Builder b;
  auto x = b.tensor("x", {s("s0")});
  auto a = b.call("a", "test.needs_two.default", {id(x)});
  auto graph = b.output({id(a)});
  auto result = compare(graph, graph);
  EXPECT_EQ(result.status, Status::same) << result.reason;
  std::map<std::string, run::RoundResult> rounds;
  for (auto& round : result.rounds) rounds[round.round.name] = round;
  EXPECT_EQ(rounds.at("s0 = 1").status, run::RoundResult::Status::nothing);
  EXPECT_EQ(rounds.at("s0 = 1").note, "the graph as printed fails here: a (test.needs_two.default): too small");
  EXPECT_EQ(rounds.at("large sizes").status, run::RoundResult::Status::same);
}

TEST(Equivalence, failingOnlyAfterIsDifferent) {
  auto make = [](const std::string& target) {
    Builder b;
    auto x = b.tensor("x", {s("s0")});
    auto a = b.call("a", target, {id(x)});
    return b.output({id(a)});
  };
  auto result = compare(make("aten.clone.default"), make("test.needs_two.default"));
  EXPECT_EQ(result.status, Status::different);
  EXPECT_EQ(result.reason, "after the rewrite it fails where it ran before: a (test.needs_two.default): too small (s0 = 1)");
  ASSERT_TRUE(result.failed());
  EXPECT_EQ(result.failed()->round.request.bind, (ir::Binding{{"s0", 1}}));
}

TEST(Equivalence, oneRoundAlone) {
  run::EquivalenceRequest request;
  request.inputs.bind = {{"s0", 1}};
  request.inputs.fill = run::Fill::special;
  request.oneRound = true;
  auto result = compare(addition("aten.add.Tensor"), addition("aten.add.Tensor"), request);
  EXPECT_EQ(result.status, Status::same) << result.reason;
  EXPECT_EQ(result.rounds.size(), 1u);
}

TEST(Equivalence, theLeakProbeSeesWhichElementsAreShared) {
  // x is filled with one number, so that both halves hold the same values in the same storage.
  auto make = [](int64_t start) {
    Builder b;
    auto x = b.tensor("x", {4});
    auto zero = b.call("zero", "aten.mul.Tensor", {id(x), 0});
    auto plus = b.call("plus", "aten.add.Tensor", {id(zero), 0});   // no negative zeros
    auto put = b.call("put", "aten.copy_.default", {id(x), id(plus)});
    auto a = b.call("a", "aten.slice.Tensor", {id(put), 0, start, start + 2});
    return b.output({id(a)});
  };
  EXPECT_EQ(compare(make(0), make(2)).aliasing, "writing to the outputs changes other elements of input.x");
  EXPECT_EQ(compare(make(0), make(0)).status, Status::same);
}

TEST(Equivalence, outputsThatOverlapOnlyAfter) {
  auto make = [](int64_t start) {   // two parts of a copy: apart, or with elements in common
    Builder b;
    auto x = b.tensor("x", {4});
    auto zero = b.call("zero", "aten.mul.Tensor", {id(x), 0});
    auto a = b.call("a", "aten.slice.Tensor", {id(zero), 0, 0, 2}), c = b.call("c", "aten.slice.Tensor", {id(zero), 0, start, start + 2});
    return b.output({id(a), id(c)});
  };
  EXPECT_EQ(compare(make(2), make(1)).aliasing, "writing to output.0 changes output.1 only after the rewrite");
  EXPECT_EQ(compare(make(1), make(2)).aliasing, "writing to output.0 changes output.1 only before the rewrite");
}

TEST(Equivalence, differentNumberOfResults) {
  Builder b;
  auto x = b.tensor("x", {s("s0")}), y = b.tensor("y", {s("s0")});
  auto a = b.call("a", "aten.add.Tensor", {id(x), id(y)});
  auto two = b.output({id(a), ir::Argument()});
  EXPECT_HAS(compare(addition("aten.add.Tensor"), two).reason, "1 results against 2");
}

TEST(Equivalence, stopsWhenAskedTo) {
  FakeBackend backend;
  backend.stop = true;
  EXPECT_THROW(run::compareGraphs(backend, addition("aten.add.Tensor"), addition("aten.add.Tensor"), {}), run::Stopped);
}

// --- files ---------------------------------------------------------------------------------------------------------------
class ExpectedTest : public testing::Test {
 protected:
  ExpectedTest() : path_((std::filesystem::temp_directory_path() / ("fxloom_expected_" + std::to_string(::getpid()))).string()) {}
  ~ExpectedTest() override { std::filesystem::remove(path_); }

  // x (+)= 1 in place or not, with a None and a number among the results.
  ir::Graph graph(bool inPlace) {
    Builder b;
    auto x = b.tensor("x", {3});
    auto a = b.call("a", inPlace ? "aten.add_.Tensor" : "aten.add.Tensor", {id(x), 1});
    return b.output({id(a), ir::Argument(), ir::Argument(7)});
  }
  struct Run {
    run::ValueList outputs;
    run::Inputs before, after;
  };
  Run runGraph(const ir::Graph& g) {
    Run result;
    result.before = run::makeInputs(backend_, g, {});
    result.after = run::cloneInputs(backend_, result.before);
    result.outputs = backend_.compile(g, {})->run(result.after.values, {});
    return result;
  }
  Equivalence check(const ir::Graph& g, bool exact = true) {
    auto now = runGraph(g);
    return run::compareWithFile(backend_, g, now.outputs, now.before, now.after, files::Safetensors::open(path_), exact);
  }
  void save(const ir::Graph& g) {
    auto now = runGraph(g);
    run::saveResults(backend_, g, now.outputs, now.before, now.after, path_);
  }

  FakeBackend backend_;
  std::string path_;
};

TEST_F(ExpectedTest, savesAndCompares) {
  for (bool inPlace : {false, true}) {
    save(graph(inPlace));
    auto result = check(graph(inPlace));
    EXPECT_EQ(result.status, Status::same) << result.reason;
    EXPECT_EQ(result.outputs.size(), 3u);
  }
  auto file = files::Safetensors::open(path_);
  EXPECT_EQ(file.metadata().at("nones"), "[1]");
  EXPECT_EQ(file.metadata().at("ints"), R"({"output.2":7})");
  EXPECT_TRUE(file.tensors().count("input.x"));
}

TEST_F(ExpectedTest, anUnlistedInputMustStay) {
  save(graph(false));
  EXPECT_HAS(check(graph(true)).reason, "input.x: changed, and the file does not list it");
}
TEST_F(ExpectedTest, aListedInputMustHaveChangedSo) {
  save(graph(true));
  EXPECT_HAS(check(graph(false)).reason, "input.x: 3 elements differ");
}

void writeFile(const std::string& path, const std::vector<std::pair<std::string, std::vector<float>>>& tensors,
               const std::map<std::string, std::string>& metadata = {}) {
  std::vector<std::pair<std::string, files::TensorBytes>> list;
  for (auto& [name, values] : tensors)
    list.push_back({name, {ir::DType::f32, {static_cast<int64_t>(values.size())}, std::as_bytes(std::span(values))}});
  files::writeSafetensors(path, list, metadata);
}

TEST_F(ExpectedTest, bad_files) {
  writeFile(path_, {{"output.0", {1, 2}}});
  EXPECT_HAS(check(graph(false)).reason, "output.0: f32[3], expected f32[2]");
  writeFile(path_, {});
  EXPECT_HAS(check(graph(false)).reason, "output.0: the file has no such result");
  save(graph(false));
  auto now = runGraph(graph(false));
  auto values = fake(std::get<run::TensorPtr>(now.outputs[0].data))->elements();
  std::vector<float> right(values.begin(), values.end());
  writeFile(path_, {{"output.0", right}, {"output.9", {1}}});
  EXPECT_HAS(check(graph(false)).reason, "output.9: expected, but the graph has no such result");
  writeFile(path_, {{"output.0", right}}, {{"ints", R"({"output.2": 8})"}});
  EXPECT_HAS(check(graph(false)).reason, "output.2: 7, expected 8");
  writeFile(path_, {{"output.0", right}}, {{"nones", "[]"}});
  EXPECT_HAS(check(graph(false)).reason, "output.1: None, which the file does not list");
  writeFile(path_, {{"output.0", right}, {"output.1", {1}}});
  EXPECT_HAS(check(graph(false)).reason, "output.1: None, expected f32[1]");
}

TEST_F(ExpectedTest, toleranceUnlessExact) {
  auto now = runGraph(graph(false));
  auto values = fake(std::get<run::TensorPtr>(now.outputs[0].data))->elements();
  std::vector<float> near(values.begin(), values.end());
  for (auto& v : near) v *= 1 + 2e-6f;
  writeFile(path_, {{"output.0", near}});
  EXPECT_EQ(check(graph(false), false).status, Status::same);
  EXPECT_EQ(check(graph(false), true).status, Status::different);
}

// --- timing over the same backend --------------------------------------------------------------------------------------------
TEST(Timing, restoresWhatIsMutatedAndNothingElse) {
  FakeBackend backend;
  auto graph = addition("aten.add_.Tensor");
  auto inputs = run::makeInputs(backend, graph, {});
  auto original = fake(std::get<run::TensorPtr>(inputs.values[0].data))->elements();
  auto before = backend.compile(graph, {}), after = backend.compile(graph, {});
  run::TimingRequest request;
  request.warmup = 1;
  request.minRuns = request.maxRuns = 6;
  auto result = run::timePair(backend, {}, *before, *after, inputs, request);
  EXPECT_EQ(result.before.runs, 6);
  EXPECT_EQ(result.after.runs, 6);
  EXPECT_EQ(result.peakBefore, 64);
  EXPECT_EQ(fake(std::get<run::TensorPtr>(inputs.values[0].data))->elements(), original) << "the caller's inputs stay";
  int timed = 2 * (6 + 1), profiles = 2;
  EXPECT_EQ(backend.copies, timed + profiles) << "one tensor restored before each run";
  EXPECT_EQ(run::timeOne(backend, {}, *before, inputs, request).runs, 6);
  auto profile = run::profileMedian(backend, *before, inputs, 3);
  ASSERT_EQ(profile.size(), 2u);
  EXPECT_EQ(profile[1].microseconds, 2);
}

}  // namespace
}  // namespace graph::run_test
