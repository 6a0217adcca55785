// A change that computes something else is rolled back by the engine and stays in the history as evidence; no screen, a fake backend.
#include <gtest/gtest.h>

#include <future>

#include "app/engine_thread.h"
#include "tests/run/fake_backend.h"

namespace app {
namespace {

const char* kText = R"(def forward(self, x: "f32[s0]"):
    y: "f32[s0]" = torch.ops.aten.add.Tensor(x, 1)
    z: "f32[s0]" = torch.ops.aten.mul.Tensor(y, 2)
    return (z,)
)";

class RollBack : public testing::Test {
 protected:
  RollBack() : engine_(options()) {
    run([](Workspace& w) { w.openText(kText, "test.txt"); });
  }
  /// Jobs that are queued together: what verifies comes behind all of them.
  template <class... Jobs>
  void run(Jobs... jobs) {
    std::promise<void> go;
    auto gate = go.get_future().share();
    engine_.post("wait", [=](Workspace&) { gate.wait(); });
    (engine_.post("job", jobs), ...);
    go.set_value();
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    // Verification is queued when a job's picture is published: idle for a while, not once.
    for (int calm = 0; calm < 20 && std::chrono::steady_clock::now() < end;) {
      calm = engine_.status().idle() ? calm + 1 : 0;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_TRUE(engine_.status().idle());
  }
  static EngineThread::Job lua(const std::string& line) {
    return [line](Workspace& w) { w.runLua(line); };
  }
  const HistoryRow& row(size_t number) {
    shown_ = engine_.snapshot();
    return shown_->history.at(number);
  }
  int revision() { return engine_.snapshot()->revision; }

  graph::run_test::FakeBackend backend_;
  EngineThread engine_;
  std::shared_ptr<const Snapshot> shown_;

 private:
  WorkspaceOptions options() {
    WorkspaceOptions o;
    o.backend = [this]() -> graph::run::Backend& { return backend_; };
    return o;
  }
};

TEST_F(RollBack, ARightChangeStays) {
  run(lua("fx.graph().y:set_arg('alpha', 1)"));
  EXPECT_EQ(revision(), 1);
  EXPECT_EQ(row(1).verified, rewrites::Verified::same) << row(1).because;
}

TEST_F(RollBack, AWrongOneGoesBackToItsParent) {
  run(lua("fx.graph().y:set_arg('other', 5)"));
  EXPECT_EQ(revision(), 0);
  ASSERT_EQ(row(1).verified, rewrites::Verified::different);
  EXPECT_NE(row(1).because.find("output.0: 3 elements differ (as given)"), std::string::npos) << row(1).because;
  EXPECT_NE(row(1).because.find("first node that differs: y = torch.ops.aten.add.Tensor(x, 5) (line 2)"), std::string::npos) << row(1).because;
  const auto& problem = shown_->problems.back();
  EXPECT_NE(problem.message.find("revision 1, "), std::string::npos) << problem.message;
  EXPECT_NE(problem.message.find("computes something else; back to revision 0: output.0"), std::string::npos) << problem.message;
  EXPECT_EQ(problem.node, shown_->graph()->find("y"));
  EXPECT_TRUE(shown_->canRedo) << "the evidence can be looked at";
}

TEST_F(RollBack, OfSeveralTheFirstWrongOneIsToBlame) {
  run(lua("fx.graph().y:set_arg('alpha', 1)"), lua("fx.graph().y:set_arg('other', 5)"), lua("fx.graph().z:set_arg('other', 4)"));
  EXPECT_EQ(revision(), 1);
  EXPECT_EQ(row(1).verified, rewrites::Verified::same) << "verified after the others went";
  EXPECT_EQ(row(2).verified, rewrites::Verified::different);
  EXPECT_EQ(row(3).because, "made from revision 2, which computes something else");
}

TEST_F(RollBack, EvidenceThatIsVerifiedAgainStays) {
  run(lua("fx.graph().y:set_arg('other', 5)"));
  run([](Workspace& w) { w.redo(); });
  EXPECT_EQ(revision(), 1) << "looking at it verifies nothing";
  run([](Workspace& w) { w.verify(); });
  EXPECT_EQ(revision(), 1);
  EXPECT_EQ(row(1).verified, rewrites::Verified::different);
}

TEST_F(RollBack, WhatCannotBeVerifiedStays) {
  run(lua("fx.graph().y:set_target('aten.sub.Tensor')"));   // the fake backend has no such operator: a failed run
  EXPECT_EQ(revision(), 0) << "it failed where it ran before";
  EXPECT_NE(row(1).because.find("after the rewrite it fails where it ran before"), std::string::npos) << row(1).because;
}

}  // namespace
}  // namespace app
