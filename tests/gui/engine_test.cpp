// The engine thread and the layout thread: order, replacement, failure, stop.
#include <gtest/gtest.h>

#include <future>

#include "app/engine_thread.h"
#include "app/layout_thread.h"
#include "app/graph_facts.h"
#include "app/numbers.h"

namespace app {
namespace {

WorkspaceOptions options() {
  WorkspaceOptions o;
  o.backend = []() -> graph::run::Backend& { throw std::runtime_error("no backend in this test"); };
  return o;
}

void wait(const std::function<bool()>& until) {
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!until() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  ASSERT_TRUE(until());
}

TEST(Engine, JobsRunInOrderAndTaggedOnesReplaceOlder) {
  EngineThread engine(options());
  std::promise<void> go;
  auto gate = go.get_future().share();
  std::vector<int> ran;
  engine.post("wait", [=](Workspace&) { gate.wait(); });
  for (int i = 0; i < 3; ++i) engine.post("view", [&, i](Workspace&) { ran.push_back(10 + i); }, "view");
  for (int i = 0; i < 3; ++i) engine.post("transaction", [&, i](Workspace&) { ran.push_back(i); });
  go.set_value();
  wait([&] { return engine.status().idle(); });
  EXPECT_EQ(ran, (std::vector<int>{12, 0, 1, 2}));
}

TEST(Engine, AFailedJobIsAProblemAndTheNextOneRuns) {
  EngineThread engine(options());
  bool ran = false;
  engine.post("first", [](Workspace&) { throw std::runtime_error("it broke"); });
  engine.post("odd", [](Workspace&) { throw 5; });
  engine.post("second", [&](Workspace&) { ran = true; });
  wait([&] { return engine.status().idle(); });
  EXPECT_TRUE(ran);
  ASSERT_EQ(engine.snapshot()->problems.size(), 2u);
  EXPECT_EQ(engine.snapshot()->problems[0].message, "it broke");
  EXPECT_EQ(engine.snapshot()->problems[1].message, "an unknown exception");
}

TEST(Engine, StopEndsARunningScript) {
  EngineThread engine(options());
  engine.post("Lua", [](Workspace& w) { w.runLua("while true do end"); });
  wait([&] { return engine.status().seconds > 0.05; });
  auto start = std::chrono::steady_clock::now();
  while (!engine.status().idle() && std::chrono::steady_clock::now() - start < std::chrono::seconds(20)) {
    engine.stop();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_TRUE(engine.status().idle());
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(15));
}

TEST(Engine, ActionsWithoutAGraphSayWhy) {
  EngineThread engine(options());
  engine.post("time", [](Workspace& w) { w.time(); });
  engine.post("apply", [](Workspace& w) { w.apply("reinplace"); });
  wait([&] { return engine.status().idle(); });
  for (const auto& problem : engine.snapshot()->problems) EXPECT_EQ(problem.message, "nothing is open: open a graph first");
  EXPECT_EQ(engine.snapshot()->problems.size(), 2u);
}

TEST(Layouts, TheNewestRequestWins) {
  graph::ir::Graph g("g");
  auto x = g.append({.op = graph::ir::Op::placeholder, .name = "x", .target = "x"});
  for (int i = 0; i < 4; ++i) x = g.append({.name = g.uniqueName("relu"), .target = "aten.relu.default", .args = {graph::ir::Argument(x)}});
  auto facts = makeGraphFacts(std::make_shared<const graph::ir::Graph>(g), {});
  std::atomic<int> started{0};
  LayoutThread layout([&](const std::string& dot, const std::atomic<bool>& stop) {
    // The first layout takes until it is stopped.
    if (++started == 1) {
      while (!stop) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      throw graph::layout::LayoutStopped();
    }
    return graph::layout::placeHere(dot);
  });
  using graph::layout::ViewSpec;
  layout.request(facts, {.kind = ViewSpec::Kind::whole});
  wait([&] { return started == 1; });
  layout.request(facts, {.kind = ViewSpec::Kind::around, .node = x, .depth = 2});
  layout.request(facts, {.kind = ViewSpec::Kind::around, .node = x, .depth = 1});
  wait([&] { return layout.result() && !layout.busy(); });
  EXPECT_EQ(layout.result()->error, "");
  EXPECT_EQ(layout.result()->spec.depth, 1);
  EXPECT_EQ(layout.result()->scene.boxes.size(), 3u) << "relu_3, relu_2, and a portal to what is further";
  // The same picture again comes from the cache.
  auto before = started.load();
  auto serial = layout.result()->serial;
  layout.request(facts, {.kind = ViewSpec::Kind::around, .node = x, .depth = 1});
  wait([&] { return layout.result()->serial > serial; });
  EXPECT_EQ(started, before);
}

TEST(Numbers, InWords) {
  EXPECT_EQ(bytesText(int64_t{640}), "640 B");
  EXPECT_EQ(bytesText(int64_t{1536}), "1.50 KiB");
  EXPECT_EQ(bytesText(int64_t{150} << 20), "150 MiB");
  EXPECT_EQ(bytesText(std::nullopt), "?");
  EXPECT_EQ(timeText(12.34), "12.3 us");
  EXPECT_EQ(timeText(4560), "4.56 ms");
  EXPECT_EQ(timeText(1.2e6), "1.20 s");
  EXPECT_EQ(bindingText({{"s0", 3}, {"s1", 4}}), "s0=3, s1=4");
}

}  // namespace
}  // namespace app
