// fx.run, fx.time, fx.compare and fx.sweep on the fake backend.
#include "tests/lua/harness.h"
#include "tests/run/fake_backend.h"

namespace rewrites::lua::test {
namespace {

class Running : public EngineTest {
 protected:
  Running() : EngineTest([this]() -> graph::run::Backend& { return backend; }) {
    session.openText(R"py(def forward(self, x: "f32[s0]", n: "Sym(s0)"):
    y: "f32[s0]" = torch.ops.aten.add.Tensor(x, 1)
    add_: "f32[s0]" = torch.ops.aten.add_.Tensor(x, 2)
    return (y, n)
)py", "run.txt");
  }
  graph::run_test::FakeBackend backend;
};

TEST_F(Running, RunGivesOutputsAndChangedInputs) {
  value("fx.bind{s0 = 3}");
  value("r = fx.run()");
  EXPECT_EQ(value("r.outputs[1]"), "f32[3]cpu");
  EXPECT_EQ(value("r.outputs[1].dtype, r.outputs[1].shape, r.outputs[1].stride, r.outputs[1].device"), "f32\n{3}\n{1}\ncpu");
  EXPECT_EQ(value("#r.outputs[1]:values(2)"), "2");
  EXPECT_EQ(value("#r.outputs[1]:values()"), "3");
  EXPECT_EQ(value("r.outputs[2]"), "3");
  EXPECT_EQ(value("r.changed"), "{\"x\"}");
  EXPECT_EQ(value("r.symbols"), "{s0 = 3}");
  EXPECT_NE(error("return r.outputs[1].colour").find("a tensor has no field 'colour': it has dtype, shape, stride, device and values(n)"), std::string::npos);
  EXPECT_EQ(session.journal().revisions().size(), 1u);
}

TEST_F(Running, CompareMarksTheRevision) {
  value("fx.graph().y:set_arg('other', 5)");
  EXPECT_EQ(value("fx.compare(0, 1).status"), "different");
  EXPECT_EQ(session.journal().at(1).verified, Verified::different);
  value("fx.graph().y:set_arg('other', 1)");
  EXPECT_EQ(value("local c = fx.compare() return c.status, c.bit_identical, c.outputs[1].name"), "same\ntrue\noutput.0");
  EXPECT_EQ(value("fx.compare(0, 2).status"), "same");
  EXPECT_EQ(session.journal().at(2).verified, Verified::same);
  EXPECT_EQ(value("fx.revisions()[2].verified"), "different");
}

TEST_F(Running, TimeAndSweepDoNotCountAgainstTheScript) {
  engine.setLimits({0.2, size_t{1} << 30});
  EXPECT_EQ(value("local t = fx.time{seconds = 0.5} return t.unit, t.before.median > 0, t.speedup > 0, #t.ci95"), "us\ntrue\ntrue\n2");
  value("fx.bind{s0 = 7}");
  EXPECT_EQ(value("local rows = fx.sweep({s0 = {2, 3}}, {seconds = 0.05}) return #rows, rows[2].symbols"), "2\n{s0 = 3}");
  EXPECT_EQ(value("fx.bind()"), "{s0 = 7}");
  EXPECT_NE(error("fx.sweep{s9 = {1}}").find("the graph has no symbol 's9'"), std::string::npos);
}

TEST_F(Running, ErrorsOfTheBackendAreLuaErrors) {
  EXPECT_EQ(value("select(2, pcall(fx.run, 7))"), "there is no revision 7: the revisions are 0 to 0");
  backend.stop = true;
  const auto result = engine.run("fx.run()");
  backend.stop = false;
  EXPECT_FALSE(result.ok);
  EXPECT_TRUE(result.stopped);
}

}  // namespace
}  // namespace rewrites::lua::test
