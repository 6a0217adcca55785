// Choosing symbols and making inputs, over the fake backend.
#include "graph/run/inputs.h"

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "tests/run/fake_backend.h"
#include "tests/run/graphs.h"

namespace graph::run_test {
namespace {

using run::InputError;
using run::InputRequest;

ir::Argument id(ir::NodeId node) { return ir::Argument(node); }
ir::Argument list(std::vector<ir::Argument> items) { return ir::List{std::move(items)}; }

// A cache of s1 rows of which s0 are used, as the KV caches of a decode step.
ir::Graph cacheGraph() {
  Builder b;
  auto n = b.number("n", s("s0"));
  auto cache = b.tensor("cache", {s("s1"), 16});
  auto part = b.call("part", "aten.slice.Tensor", {id(cache), 0, 0, id(n)}, Builder::f32({s("s0"), 16}));
  return b.output({id(part)});
}

TEST(ChooseSymbols, smallDistinctAndFittingTheSlice) {
  for (int variant : {0, 1, 2}) {
    auto binding = run::chooseSymbols(cacheGraph(), {}, variant);
    EXPECT_LT(binding.at("s0"), binding.at("s1")) << variant;
    EXPECT_GE(binding.at("s0"), 2);
  }
  EXPECT_NE(run::chooseSymbols(cacheGraph(), {}, 0), run::chooseSymbols(cacheGraph(), {}, 1));
  EXPECT_GT(run::chooseSymbols(cacheGraph(), {}, 2).at("s0"), 16);
}

TEST(ChooseSymbols, theSliceDecidesTheOrder) {
  Builder b;  // s1 rows used of s0: the names' order would be wrong
  auto n = b.number("n", s("s1"));
  auto cache = b.tensor("cache", {s("s0"), 16});
  auto part = b.call("part", "aten.slice.Tensor", {id(cache), 0, 0, id(n)}, Builder::f32({s("s1"), 16}));
  auto binding = run::chooseSymbols(b.output({id(part)}), {});
  EXPECT_LT(binding.at("s1"), binding.at("s0"));
}

TEST(ChooseSymbols, viewsNeedDivisibility) {
  Builder b;
  auto x = b.tensor("x", {s("s0")});
  auto v = b.call("v", "aten.view.default", {id(x), list({-1, 24})}, Builder::f32({floorDiv(s("s0"), 24), 24}));
  EXPECT_EQ(run::chooseSymbols(b.output({id(v)}), {}).at("s0") % 24, 0);
}

TEST(ChooseSymbols, hintsComeBehindWhatIsGiven) {
  auto graph = cacheGraph();
  graph.setSymbolTable({{"s0", {{}, {}, 7}}, {"s1", {{}, {}, 31}}});
  EXPECT_EQ(run::chooseSymbols(graph, {}), (ir::Binding{{"s0", 7}, {"s1", 31}}));
  InputRequest request;
  request.bind = {{"s1", 40}};
  EXPECT_EQ(run::chooseSymbols(graph, request), (ir::Binding{{"s0", 7}, {"s1", 40}}));
  request.bind = {{"s1", 6}};   // the hint does not go with it
  EXPECT_LE(run::chooseSymbols(graph, request).at("s0"), 6);
  EXPECT_NE(run::chooseSymbols(graph, {}, 2).at("s0"), 7);   // verification wants other sizes too
  graph.setSymbolTable({{"s1", {{}, {}, 31}}});              // one has a hint, the other is chosen to go with it
  EXPECT_EQ(run::chooseSymbols(graph, {}).at("s1"), 31);
  EXPECT_LE(run::chooseSymbols(graph, {}).at("s0"), 31);
}

TEST(ChooseSymbols, hintsAreTheAnswerWhenNothingElseRuns) {
  // Without annotations on the way a problem names no symbol: that the hints do not have it tells that it is theirs.
  auto graph = cacheGraph();
  graph.setSymbolTable({{"s0", {{}, {}, 7}}, {"s1", {{}, {}, 31}}});
  const auto part = graph.find("part");
  auto bare = graph.node(part);
  bare.meta = {};
  graph.replace(part, bare);
  const auto output = graph.output();
  const run::SymbolChecker onlyHints = [&](const ir::Binding& b) {
    std::vector<run::Problem> problems;
    if (b.at("s1") != 31) problems.push_back({output, "does not fit"});
    return problems;
  };
  EXPECT_EQ(run::chooseSymbols(graph, {}, 2, onlyHints).at("s1"), 31);
}

TEST(ChooseSymbols, statedRanges) {
  auto graph = cacheGraph();
  graph.setSymbolTable({{"s0", {1000, 1003, {}}}, {"s1", {{}, 1500, {}}}});
  for (int variant : {0, 1, 2}) {
    const auto binding = run::chooseSymbols(graph, {}, variant);
    EXPECT_GE(binding.at("s0"), 1000);
    EXPECT_LE(binding.at("s0"), 1003);
    EXPECT_LE(binding.at("s1"), 1500);
  }
  InputRequest request;
  request.bind = {{"s0", 4}};
  EXPECT_HAS(messageOf<InputError>([&] { run::chooseSymbols(graph, request); }), "s0 = 4 is outside of its range: the graph states s0 in VR[1000, 1003]");
  request.bind = {{"n", 1004}};   // by the placeholder that is s0
  EXPECT_HAS(messageOf<InputError>([&] { run::chooseSymbols(graph, request); }), "s0 = 1004 is outside of its range");
}

TEST(ChooseSymbols, givenByNameOfSymbolOrPlaceholder) {
  InputRequest request;
  request.bind = {{"n", 5}, {"s1", 9}};
  EXPECT_EQ(run::chooseSymbols(cacheGraph(), request), (ir::Binding{{"s0", 5}, {"s1", 9}}));
  request.bind = {{"n", 5}};
  EXPECT_GE(run::chooseSymbols(cacheGraph(), request).at("s1"), 5);
}

TEST(ChooseSymbols, bad_bindings) {
  auto message = [](ir::Binding bind) {
    InputRequest request;
    request.bind = std::move(bind);
    return messageOf<InputError>([&] { run::chooseSymbols(cacheGraph(), request); });
  };
  EXPECT_HAS(message({{"zz", 1}}), "--bind: the graph has no symbol and no number called 'zz' (its symbols: s0, s1)");
  EXPECT_HAS(message({{"cache", 1}}), "--bind: 'cache' is a tensor, not a number");
  EXPECT_HAS(message({{"n", 3}, {"s0", 4}}), "is 3, but s0 is 4");
}

TEST(ChooseSymbols, guardsAndAssertionsCount) {
  auto graph = cacheGraph();
  graph.addGuard({ir::Guard::Kind::symbol, "", "", "s0 >= 7"});
  EXPECT_GE(run::chooseSymbols(graph, {}).at("s0"), 7);
}

TEST(ChooseSymbols, theCheckerHasTheLastWord) {
  auto graph = cacheGraph();
  auto part = graph.find("part");
  int asked = 0;
  auto binding = run::chooseSymbols(graph, {}, 0, [&](const ir::Binding& tried) -> std::vector<run::Problem> {
    ++asked;
    if (tried.at("s0") % 8 == 0) return {};
    return {{part, "part: wrong"}};
  });
  EXPECT_EQ(binding.at("s0") % 8, 0);
  EXPECT_GT(asked, 1);
  auto never = [&](const ir::Binding&) -> std::vector<run::Problem> { return {{part, "part (aten.slice.Tensor): disagrees"}}; };
  auto message = messageOf<InputError>([&] { run::chooseSymbols(graph, {}, 0, never); });
  EXPECT_HAS(message, "no values of s0, s1 fit the graph's annotations: part (aten.slice.Tensor): disagrees");
  EXPECT_HAS(message, "give them with --bind");
  auto unsupported = [&](const ir::Binding&) -> std::vector<run::Problem> {
    return {{part, "part: no Meta kernel", run::Problem::Kind::unsupported}};
  };
  EXPECT_NO_THROW(run::chooseSymbols(graph, {}, 0, unsupported)) << "no number cures that";
}

TEST(ChooseSymbols, bad_contradiction) {
  Builder b;
  auto x = b.tensor("x", {s("s0")});
  auto v = b.call("v", "aten.view.default", {id(x), list({-1})}, Builder::f32({s("s0") + ir::Expr(1)}));
  EXPECT_HAS(messageOf<InputError>([&] { run::chooseSymbols(b.output({id(v)}), {}); }), "v: a view of s0 elements as s0 + 1");
}

// --- making ----------------------------------------------------------------------------------------------------------------
run::Inputs make(const ir::Graph& graph, const InputRequest& request = {}) {
  FakeBackend backend;
  return run::makeInputs(backend, graph, request);
}
std::vector<double> elements(const run::Inputs& inputs, size_t i) {
  return fake(std::get<run::TensorPtr>(inputs.values.at(i).data))->elements();
}

TEST(MakeInputs, theSameSeedGivesTheSameNumbers) {
  Builder b;
  auto x = b.tensor("x", {100}), y = b.tensor("y", {100});
  auto graph = b.output({id(x), id(y)});
  InputRequest other;
  other.seed = 1;
  EXPECT_EQ(elements(make(graph), 0), elements(make(graph), 0));
  EXPECT_NE(elements(make(graph), 0), elements(make(graph), 1));
  EXPECT_NE(elements(make(graph), 0), elements(make(graph, other), 0));
  double sum = 0, squares = 0;
  for (auto v : elements(make(graph), 0)) sum += v, squares += v * v;
  EXPECT_LT(std::fabs(sum / 100), 0.4);
  EXPECT_NEAR(squares / 100, 1, 0.5);
}

TEST(MakeInputs, numbersFollowTheSymbols) {
  auto inputs = make(cacheGraph());
  EXPECT_EQ(std::get<int64_t>(inputs.values[0].data), inputs.symbols.at("s0"));
  EXPECT_EQ(fake(std::get<run::TensorPtr>(inputs.values[1].data))->sizes, (std::vector<int64_t>{inputs.symbols.at("s1"), 16}));
}

TEST(MakeInputs, indicesAreValidInEveryUse) {
  Builder b;
  auto w = b.tensor("w", {10, 4}), cache = b.tensor("cache", {2, 6}), v = b.tensor("v", {2, 5});
  auto p = b.tensor("p", {5}, ir::DType::i64);
  auto u = b.call("u", "aten.unsqueeze.default", {id(p), 0});
  auto e = b.call("e", "aten.embedding.default", {id(w), id(u)});
  auto c = b.call("c", "aten.index_put.default", {id(cache), list({ir::Argument(), id(p)}), id(v)});
  auto values = elements(make(b.output({id(e), id(c)})), 3);
  EXPECT_EQ(std::set<double>(values.begin(), values.end()).size(), 5u) << "an index_put needs distinct indices";
  for (auto value : values) EXPECT_TRUE(value >= 0 && value < 6) << value;
}

TEST(MakeInputs, offsetsShrinkTheRange) {
  Builder b;
  auto w = b.tensor("w", {4, 4});
  auto p = b.tensor("p", {64}, ir::DType::i64);
  auto q = b.call("q", "aten.add.Tensor", {id(p), 2});
  auto e = b.call("e", "aten.index.Tensor", {id(w), list({id(q)})});
  auto values = elements(make(b.output({id(e)})), 1);
  for (auto value : values) EXPECT_TRUE(value >= -2 && value < 2) << value;
}

TEST(MakeInputs, bad_index) {
  Builder b;
  auto w = b.tensor("w", {0, 4});
  auto p = b.tensor("p", {3}, ir::DType::i64);
  auto e = b.call("e", "aten.embedding.default", {id(w), id(p)});
  EXPECT_HAS(messageOf<InputError>([&] { make(b.output({id(e)})); }), "input p: no integer is a valid index in all of its uses");
}

TEST(MakeInputs, whatIsUnderARootIsPositive) {
  Builder b;
  auto x = b.tensor("x", {50});
  auto a = b.call("a", "aten.add.Tensor", {id(x), 1e-5});
  auto r = b.call("r", "aten.rsqrt.default", {id(a)});
  for (auto value : elements(make(b.output({id(r)})), 0)) EXPECT_GE(value, 0);
}

TEST(MakeInputs, bad_unannotated) {
  Builder b;
  ir::Node node;
  node.op = ir::Op::placeholder;
  node.name = "l_x_";
  node.target = "L_x_";
  auto x = b.graph.append(node);
  auto a = b.call("a", "aten.neg.default", {id(x)});
  EXPECT_HAS(messageOf<InputError>([&] { make(b.output({id(a)})); }),
             "input l_x_ has no annotation and no tensor was given for it ('L_x_')");
}

// --- files -----------------------------------------------------------------------------------------------------------------
class FileTest : public testing::Test {
 protected:
  FileTest() : path_((std::filesystem::temp_directory_path() / ("fxloom_inputs_" + std::to_string(::getpid()))).string()) {}
  ~FileTest() override { std::filesystem::remove(path_); }

  InputRequest write(const std::vector<std::pair<std::string, std::vector<int64_t>>>& tensors,
                     const std::map<std::string, std::string>& metadata = {}) {
    std::vector<std::vector<float>> data;
    std::vector<std::pair<std::string, files::TensorBytes>> list;
    for (auto& [name, shape] : tensors) {
      int64_t count = 1;
      for (auto size : shape) count *= size;
      data.emplace_back(static_cast<size_t>(count));
      for (size_t i = 0; i < data.back().size(); ++i) data.back()[i] = static_cast<float>(i);
    }
    for (size_t i = 0; i < tensors.size(); ++i)
      list.push_back({tensors[i].first, {ir::DType::f32, tensors[i].second, std::as_bytes(std::span(data[i]))}});
    files::writeSafetensors(path_, list, metadata);
    InputRequest request;
    request.tensorsFile = path_;
    return request;
  }
  std::string problem(const ir::Graph& graph, const InputRequest& request) {
    return messageOf<InputError>([&] { make(graph, request); });
  }
  std::string path_;
};

TEST_F(FileTest, sizesGiveSymbols) {
  auto inputs = make(cacheGraph(), write({{"cache", {7, 16}}}, {{"symbols", R"({"n": 4})"}}));
  EXPECT_EQ(inputs.symbols, (ir::Binding{{"s0", 4}, {"s1", 7}}));
  EXPECT_EQ(elements(inputs, 1).at(17), 17);
}

TEST_F(FileTest, stridesAndAliases) {
  Builder b;
  auto x = b.tensor("x", {2, 3}), y = b.tensor("y", {2});
  auto graph = b.output({id(x), id(y)});
  auto inputs = make(graph, write({{"x", {2, 3}}}, {{"strides", R"({"x": [1, 2]})"}}));
  EXPECT_EQ(fake(std::get<run::TensorPtr>(inputs.values[0].data))->strides, (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(elements(inputs, 0), (std::vector<double>{0, 1, 2, 3, 4, 5}));
  inputs = make(graph, write({{"x", {2, 3}}, {"y", {2}}}, {{"aliases", R"([[{"name": "y", "size": [2], "stride": [1], "storage_offset": 6},
                                                                          {"name": "x", "size": [2, 3], "stride": [3, 1], "storage_offset": 0}]])"}}));
  auto first = fake(std::get<run::TensorPtr>(inputs.values[0].data)), second = fake(std::get<run::TensorPtr>(inputs.values[1].data));
  EXPECT_EQ(first->storage, second->storage);
  EXPECT_EQ(first->storage->size(), 8u);
}

TEST_F(FileTest, attributesByTarget) {
  Builder b;
  auto w = b.attribute("w", {3});
  auto graph = b.output({id(w)});
  auto inputs = make(graph, write({{"attr.w", {3}}}));
  EXPECT_EQ(fake(inputs.attributes.at("w"))->elements(), (std::vector<double>{0, 1, 2}));
}

TEST_F(FileTest, bad_files) {
  auto graph = cacheGraph();
  EXPECT_HAS(problem(graph, write({{"nope", {1}}})), "'nope' is no input of the graph (it has cache, n)");
  EXPECT_HAS(problem(graph, write({{"n", {1}}})), "'n' is a number, not a tensor");
  EXPECT_HAS(problem(graph, write({{"cache", {7, 15}}})), "'cache' is f32[7, 15], the graph's is f32[s1, 16]");
  EXPECT_HAS(problem(graph, write({{"cache", {7}}})), "'cache' is f32[7], the graph's is f32[s1, 16]");
  EXPECT_HAS(problem(graph, write({{"cache", {7, 16}}}, {{"symbols", R"({"s1": 8})"}})), "is 7, but s1 is 8");
  EXPECT_HAS(problem(graph, write({}, {{"symbols", R"({"s1": "x"})"}})), "symbol 's1' is no integer");
  EXPECT_HAS(problem(graph, write({}, {{"symbols", "nope"}})), "metadata 'symbols' is no JSON");
  EXPECT_HAS(problem(graph, write({}, {{"strides", R"({"cache": [1, "x"]})"}})), "the strides of 'cache' is no list of integers");
  EXPECT_HAS(problem(graph, write({}, {{"strides", R"({"cache": [1]})"}})), "its strides do not fit its shape");
  EXPECT_HAS(problem(graph, write({}, {{"aliases", R"([[{"name": "cache"}]])"}})), "the alias 'cache' has no size");
  EXPECT_HAS(problem(graph, write({}, {{"aliases", R"([[{"size": [1]}]])"}})), "an alias without a name");
}

}  // namespace
}  // namespace graph::run_test
