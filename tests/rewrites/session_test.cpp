// Files and graphs, transactions, and the journal's pointer.
#include "rewrites/session.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "graph/ir/diff.h"
#include "graph/text/printer.h"

namespace rewrites {
namespace {

const char* kText = R"py(def forward(self, x: "f32[s0]", n: "Sym(s0)"):
    a: "f32[s0]" = torch.ops.aten.relu.default(x)
    b: "f32[s0]" = torch.ops.aten.neg.default(a)
    return (b,)
)py";

Session session() {
  Session made([]() -> graph::run::Backend& { throw std::runtime_error("no backend"); });
  made.openText(kText, "small.txt");
  return made;
}

TEST(Session, CommitMakesARevisionOnlyWhenSomethingChanged) {
  Session s = session();
  s.begin();
  EXPECT_EQ(s.commit("nothing", ""), nullptr);
  auto& draft = s.begin();
  EXPECT_THROW(s.begin(), std::logic_error);
  EXPECT_THROW(s.use("forward"), std::logic_error);
  auto node = draft.node(draft.find("b"));
  node.target = "aten.abs.default";
  s.draft().replace(draft.find("b"), node);
  EXPECT_TRUE(s.changed());
  const Revision* revision = s.commit("abs", "fx.graph().b:set_target('aten.abs.default')");
  ASSERT_TRUE(revision);
  EXPECT_EQ(revision->number, 1);
  EXPECT_EQ(revision->verified, Verified::notYet);
  EXPECT_FALSE(s.inTransaction());
  EXPECT_THROW(s.draft(), std::logic_error);
}

TEST(Session, AbandonAndFailedLintLeaveTheGraph) {
  Session s = session();
  const auto before = s.graph();
  s.begin();
  s.draft().moveBefore(s.view().find("b"), s.view().find("a"));
  try {
    s.commit("upside down", "");
    ADD_FAILURE();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("upside down: the changed graph is not valid, nothing was kept: "), std::string::npos) << error.what();
  }
  EXPECT_FALSE(s.inTransaction());
  EXPECT_EQ(s.graph(), before);
  s.begin();
  s.draft().erase(s.view().output());
  s.abandon();
  EXPECT_EQ(s.graph(), before);
}

TEST(Session, CheckpointsRestore) {
  Session s = session();
  s.begin();
  const auto mark = s.mark();
  s.draft().erase(s.view().output());
  s.addTaken({"x", "b", "", 1, {}, {}, "", {}});
  s.restore(mark);
  EXPECT_TRUE(s.view().output());
  EXPECT_TRUE(s.outcomes().empty());
  EXPECT_EQ(s.commit("nothing", ""), nullptr);
}

TEST(Session, AMoveAloneIsAChange) {
  Session s = session();
  s.openText(R"(def forward(self, x: "f32[2]"):
    a: "f32[2]" = torch.ops.aten.relu.default(x)
    b: "f32[2]" = torch.ops.aten.neg.default(x)
    return (a, b)
)", "two.txt");
  s.begin();
  s.draft().moveBefore(s.view().find("b"), s.view().find("a"));
  EXPECT_TRUE(s.commit("move", ""));
}

TEST(Session, BindingByPlaceholderName) {
  Session s = session();
  EXPECT_TRUE(s.binding().empty());
  s.inputRequest().bind = {{"n", 7}};
  EXPECT_EQ(s.binding(), (graph::ir::Binding{{"s0", 7}}));
  s.inputRequest().bind = {{"s0", 8}};
  EXPECT_EQ(s.binding(), (graph::ir::Binding{{"s0", 8}}));
}

TEST(Session, SeveralGraphsHaveTheirOwnJournals) {
  Session s([]() -> graph::run::Backend& { throw std::runtime_error("no backend"); });
  EXPECT_THROW(s.graph(), OpenError);
  EXPECT_THROW(s.journal(), OpenError);
  s.openText("class First(torch.nn.Module):\n    def forward(self, x: \"f32[2]\"):\n        return (x,)\n"
             "class Second(torch.nn.Module):\n    def forward(self, y: \"f32[2]\"):\n        a: \"f32[2]\" = torch.ops.aten.relu.default(y)\n        return (a,)\n", "two.txt");
  ASSERT_EQ(s.graphNames().size(), 2u);
  s.use(s.graphNames()[1]);
  EXPECT_TRUE(s.graph()->find("y"));
  s.begin();
  auto node = s.view().node(s.view().find("a"));
  node.target = "aten.neg.default";
  s.draft().replace(s.view().find("a"), node);
  s.commit("neg", "");
  EXPECT_EQ(s.journal().revisions().size(), 2u);
  s.use("0");
  EXPECT_EQ(s.journal().revisions().size(), 1u);
  try {
    s.use("Third");
    ADD_FAILURE();
  } catch (const OpenError& error) {
    EXPECT_EQ(std::string(error.what()), "no graph is called 'Third': there are\n  0 First\n  1 Second");
  }
  EXPECT_THROW(s.use("99"), OpenError);
}

TEST(Session, NestedGraphsAreReached) {
  Session s([]() -> graph::run::Backend& { throw std::runtime_error("no backend"); });
  s.openText("class M(torch.nn.Module):\n    def forward(self, x: \"f32[2]\"):\n        body_0 = self.body_0\n        return (x,)\n"
             "    class body_0(torch.nn.Module):\n        def forward(self, y: \"f32[2]\"):\n            return (y,)\n", "nested.txt");
  EXPECT_EQ(s.graphNames(), (std::vector<std::string>{"M", "M.body_0"}));
  s.use("M.body_0");
  EXPECT_TRUE(s.graph()->find("y"));
  EXPECT_EQ(s.currentName(), "M.body_0");
  s.use("0");
  EXPECT_TRUE(s.graph()->find("x"));
}

/// A folder of three dumps: an inserted node, then another operator.
class SeriesSession : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "fxloom_series_" + std::to_string(getpid());
    std::filesystem::create_directories(folder_);
    put("pass_0_import.txt", "        b: \"f32[2]\" = torch.ops.aten.neg.default(x)\n        return (b,)\n");
    put("pass_1_split.txt", "        a: \"f32[2]\" = torch.ops.aten.abs.default(x)\n        b: \"f32[2]\" = torch.ops.aten.neg.default(a)\n        return (b,)\n");
    put("pass_2_fuse.txt", "        a: \"f32[2]\" = torch.ops.aten.relu.default(x)\n        b: \"f32[2]\" = torch.ops.aten.neg.default(a)\n        return (b,)\n");
    session_.open(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void put(const std::string& name, const std::string& body) {
    std::ofstream(folder_ + "/" + name) << "class M(torch.nn.Module):\n    def forward(self, x: \"f32[2]\"):\n" << body;
  }
  std::string folder_;
  Session session_{[]() -> graph::run::Backend& { throw std::runtime_error("no backend"); }};
};

TEST_F(SeriesSession, EachDumpIsARevision) {
  auto& journal = session_.journal();
  ASSERT_EQ(journal.revisions().size(), 3u);
  EXPECT_EQ(journal.current().number, 2);
  EXPECT_EQ(journal.at(0).label, "import");
  EXPECT_EQ(journal.at(2).label, "fuse");
  const auto diff = graph::ir::diffRevisions(*journal.at(0).graph, *journal.at(2).graph);
  EXPECT_EQ(diff.added.size(), 1u);
  EXPECT_EQ(diff.changed.size(), 1u);
  EXPECT_EQ(session_.currentName(), "pass_2_fuse.txt: M");
  journal.undo();
  EXPECT_EQ(session_.currentName(), "pass_1_split.txt: M");
  session_.use("pass_0_import.txt");
  EXPECT_EQ(session_.journal().current().number, 0);
  session_.use("2");
  EXPECT_EQ(session_.journal().current().number, 2);
}

TEST_F(SeriesSession, LinesCountInTheJoinedText) {
  const auto text = session_.source();
  const auto& graph = *session_.graph();
  for (auto id : graph) {
    const auto& node = graph.node(id);
    size_t at = 0;
    for (uint32_t line = 1; line < node.line; ++line) at = text->find('\n', at) + 1;
    const std::string line = text->substr(at, text->find('\n', at) - at);
    EXPECT_NE(line.find(node.op == graph::ir::Op::output ? "return" : node.name), std::string::npos) << node.name << ": " << line;
  }
}

TEST_F(SeriesSession, TheJournalStartsAtTheDumpThatWasChanged) {
  session_.journal().go(1);
  session_.begin();
  auto node = session_.view().node(session_.view().find("a"));
  node.target = "aten.sin.default";
  session_.draft().replace(session_.view().find("a"), node);
  session_.commit("sin", "x");
  EXPECT_EQ(session_.currentName(), "pass_1_split.txt: M");
  EXPECT_EQ(session_.journal().current().number, 3);
  const std::string script = session_.journal().script(session_.file(), session_.currentName());
  EXPECT_NE(script.find("fx.use(\"pass_1_split.txt: M\")\nfx.at(1)\n"), std::string::npos) << script;
  EXPECT_EQ(script.find("revision 2"), std::string::npos) << script;
}

TEST(Session, OpenErrorsKeepWhatWasOpen) {
  Session s = session();
  const auto before = s.graph();
  const std::string empty = ::testing::TempDir() + "fxloom_session_empty";
  std::filesystem::create_directories(empty);
  for (const std::string& path : {std::string("bad_missing.txt"), empty}) {
    try {
      s.open(path);
      ADD_FAILURE() << path;
    } catch (const OpenError& error) {
      EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
    }
  }
  EXPECT_THROW(s.openText("hello world, this is no graph\n", "bad_text.txt"), OpenError);
  EXPECT_EQ(s.graph(), before);
  EXPECT_EQ(s.file(), "small.txt");
}

TEST(Journal, ScriptEmbedsEachTextOnce) {
  Session s = session();
  auto change = [&](const char* target, const char* text) {
    s.begin();
    auto node = s.view().node(s.view().find("b"));
    node.target = target;
    s.draft().replace(s.view().find("b"), node);
    s.commit(target, "fx.apply('x')", "", {{"x.lua", text}});
  };
  change("aten.abs.default", "first ]] text");
  change("aten.exp.default", "first ]] text");
  change("aten.log.default", "second text");
  const std::string script = s.journal().script("a\"b.txt");
  EXPECT_EQ(script, R"lua(-- Journal of an fxloom session: `fxloom lua` replays it, one revision for each fx.replay.
fx.open("a\"b.txt")

fx.embed("x.lua", [=[
first ]] text]=])

-- revision 1
fx.replay("aten.abs.default", [[
fx.apply('x')]])

-- revision 2
fx.replay("aten.exp.default", [[
fx.apply('x')]])

fx.embed("x.lua", [[
second text]])

-- revision 3
fx.replay("aten.log.default", [[
fx.apply('x')]])
)lua");
  s.journal().go(1);
  EXPECT_TRUE(s.journal().canRedo());
  EXPECT_EQ(s.journal().script("f").find("second"), std::string::npos);
}

TEST(Journal, GoMakesRedoLeadBack) {
  Session s = session();
  auto change = [&](const char* target) {
    s.begin();
    auto node = s.view().node(s.view().find("b"));
    node.target = target;
    s.draft().replace(s.view().find("b"), node);
    s.commit(target, "");
  };
  change("aten.abs.default");
  s.journal().undo();
  change("aten.exp.default");
  s.journal().go(1);
  EXPECT_EQ(s.journal().undo().number, 0);
  EXPECT_EQ(s.journal().redo().number, 1);
  s.journal().setVerified(2, Verified::different, "output.0");
  EXPECT_EQ(s.journal().at(2).verifiedBecause, "output.0");
  EXPECT_THROW(s.journal().setVerified(3, Verified::same, ""), std::out_of_range);
}

}  // namespace
}  // namespace rewrites
