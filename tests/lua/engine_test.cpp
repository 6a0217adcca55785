// Transactions, undo, the journal, reinplace.lua, and the reference.
#include <algorithm>

#include "graph/ir/diff.h"
#include "tests/lua/harness.h"

namespace rewrites::lua::test {
namespace {

class EngineRun : public EngineTest {};

TEST_F(EngineRun, ExpressionsPrintAsDumpLines) {
  EXPECT_EQ(value("fx.graph().mul"), "mul: \"f32[s0, 8]\" = torch.ops.aten.mul.Tensor(slice_2, 2)");
  EXPECT_EQ(value("1 + 1"), "2");
  EXPECT_EQ(value("{1, 'a', x = {true, fx.none}}"), "{1, \"a\", x = {true, None}}");
  EXPECT_EQ(value("fx.graph().mul.users"), "sum_1: \"f32[s0]\" = torch.ops.aten.sum.dim_IntList(mul, [1])");
  EXPECT_EQ(value("local x = 1"), "");
  EXPECT_EQ(value("nil"), "nil");
  EXPECT_EQ(value("#fx.graph()"), "12");
}

TEST_F(EngineRun, OneChunkIsOneRevision) {
  const auto result = engine.run("local g = fx.graph() g.mul:set_arg('other', 3) g.mul:set_arg('other', 4)");
  EXPECT_TRUE(result.ok && result.changed) << result.error;
  EXPECT_EQ(session.journal().current().number, 1);
  EXPECT_EQ(session.journal().current().label, "local g = fx.graph() g.mul:set_arg('other', 3) g.mul:set_…");
  EXPECT_EQ(value("fx.graph().mul.args[2]"), "4");
  EXPECT_EQ(value("fx.graph(0).mul.args[2]"), "2");
  // An edit that changes nothing makes no revision.
  EXPECT_FALSE(engine.run("local m = fx.graph().mul m:set_arg('other', 5) m:set_arg('other', 4)").changed && session.journal().revisions().size() > 2);
}

TEST_F(EngineRun, FailedChunkLeavesTheGraph) {
  const std::string before = text();
  const std::string message = error("local g = fx.graph()\ng.mul:set_arg('other', 3)\nerror('no')");
  EXPECT_NE(message.find("prompt:3: no"), std::string::npos) << message;
  EXPECT_NE(message.find("stack traceback:"), std::string::npos) << message;
  EXPECT_EQ(text(), before);
  EXPECT_EQ(session.journal().revisions().size(), 1u);
}

TEST_F(EngineRun, LintRollsBackAndNamesTheRewrite) {
  // A definition after its use: each edit is legal, the graph is not.
  const std::string message = error(R"lua(fx.rewrite{name = "upside_down",
    match = function(g, n) return n.name == "mul" end,
    apply = function(g, m) m.node:move_before(g.slice_2) end}
    fx.apply("upside_down"))lua");
  EXPECT_NE(message.find("upside_down: the changed graph is not valid"), std::string::npos) << message;
  EXPECT_NE(message.find("mul"), std::string::npos) << message;
}

TEST_F(EngineRun, UndoRedoAndBranches) {
  value("fx.graph().mul:set_arg('other', 3)");
  value("fx.graph().mul:set_arg('other', 4)");
  EXPECT_EQ(value("fx.undo()"), "1");
  EXPECT_EQ(value("fx.graph().mul.args[2]"), "3");
  EXPECT_EQ(value("fx.redo()"), "2");
  EXPECT_EQ(value("fx.at(0)"), "0");
  EXPECT_EQ(value("fx.redo()"), "1");
  value("fx.undo()");
  value("fx.graph().mul:set_arg('other', 5)");
  EXPECT_EQ(session.journal().current().number, 3);
  EXPECT_EQ(session.journal().current().parent, 0);
  EXPECT_NE(error("fx.redo()").find("nothing to redo"), std::string::npos);
  value("fx.at(0)");
  EXPECT_NE(error("fx.undo()").find("nothing to undo"), std::string::npos);
  EXPECT_NE(error("fx.at(9)").find("there is no revision 9: the revisions are 0 to 3"), std::string::npos);
  EXPECT_NE(error("fx.graph().mul:set_arg('other', 7) fx.undo()").find("fx.undo: this chunk has changed the graph already"), std::string::npos);
  EXPECT_EQ(value("local r = fx.revisions() return #r, r[4].parent, r[1].current"), "4\n0\ntrue");
  EXPECT_EQ(value("fx.diff(0, 3).changed"), "{\"mul\"}");
}

TEST_F(EngineRun, ReinplaceTakesTheChain) {
  const auto result = engine.runFile(sourcePath("scripts/reinplace.lua"), true);
  ASSERT_TRUE(result.ok && result.changed) << result.error;
  ASSERT_EQ(session.lastOutcomes().size(), 1u);
  const Outcome& outcome = session.lastOutcomes()[0];
  EXPECT_EQ(outcome.rewrite, "reinplace");
  ASSERT_EQ(outcome.taken.size(), 1u);
  EXPECT_TRUE(outcome.refused.empty());
  const Taken& taken = outcome.taken[0];
  EXPECT_EQ(taken.node, "slice_scatter");
  EXPECT_EQ(taken.writes, "cache");
  EXPECT_EQ(taken.updates, 2);
  EXPECT_EQ(taken.removed, (std::vector<std::string>{"index_put", "slice_scatter", "copy_"}));
  EXPECT_FALSE(taken.bytesSaved);
  EXPECT_FALSE(taken.bytesSavedText.empty());
  const std::string after = text();
  EXPECT_NE(after.find("torch.ops.aten.index_put_.default(slice_1, [None, pos], k)"), std::string::npos) << after;
  EXPECT_NE(after.find("slice_2: \"f32[s0, 8]\" = torch.ops.aten.slice.Tensor(cache, 0, 0, n)"), std::string::npos) << after;
  EXPECT_EQ(after.find("scatter"), std::string::npos) << after;
  EXPECT_EQ(session.journal().current().label, "reinplace");
}

TEST_F(EngineRun, ReinplaceCopiesIntoTheWindowOfAScatterThatWrites) {
  session.openText(R"(def forward(self, x: "f32[4, 3]", s: "f32[3]"):
    u: "f32[4, 3]" = torch.ops.aten.select_scatter.default(x, s, 0, 1)
    copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
    return ()
)", "select.txt");
  value("fx.bind{}");
  ASSERT_TRUE(engine.runFile(sourcePath("scripts/reinplace.lua"), true).ok);
  EXPECT_NE(text().find("select: \"f32[3]\" = torch.ops.aten.select.int(x, 0, 1)"), std::string::npos) << text();
  EXPECT_NE(text().find("= torch.ops.aten.copy_.default(select, s)"), std::string::npos) << text();
  EXPECT_EQ(session.lastOutcomes()[0].taken[0].bytesSaved, 36 + 48 - 12);   // outside the window, and the epilogue
}

TEST_F(EngineRun, ReinplaceRecordsRefusals) {
  session.openText(R"(def forward(self, x: "f32[4, 3]", s: "f32[2, 3]"):
    u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
    v: "f32[2, 3]" = torch.ops.aten.slice.Tensor(x, 0, 0, 2)
    m: "f32[2, 3]" = torch.ops.aten.mul.Tensor(v, 2)
    copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
    return (m,)
)", "refused.txt");
  const auto result = engine.run("fx.apply('reinplace')");
  ASSERT_TRUE(result.ok) << result.error;
  EXPECT_FALSE(result.changed);
  ASSERT_FALSE(session.lastOutcomes().empty());
  ASSERT_FALSE(session.lastOutcomes()[0].refused.empty());
  const Refused& refused = session.lastOutcomes()[0].refused[0];
  EXPECT_EQ(refused.node, "u");
  EXPECT_EQ(refused.rule, "old-value-read-later");
  EXPECT_EQ(refused.blockers, (std::vector<std::string>{"m"}));
}

TEST_F(EngineRun, PreviewChangesNothing) {
  EXPECT_EQ(value("local p = fx.preview('reinplace') return #p.taken, p.removed, p.added"),
            "1\n{\"index_put\", \"slice_scatter\", \"copy_\"}\n{\"index_put_\"}");
  EXPECT_EQ(session.journal().revisions().size(), 1u);
  EXPECT_TRUE(session.lastOutcomes().empty());
}

TEST_F(EngineRun, JournalReplaysToTheSameGraph) {
  value("fx.graph().mul:set_arg('other', 3)");
  value("fx.apply('reinplace')");
  value("fx.rewrite{name = 'mine', pattern = 'aten.mul.Tensor(%x, 3)', replace = 'aten.add.Tensor(%x, %x)'}");
  value("fx.at(1)");   // a branch
  value("fx.apply{'mine', 'reinplace'}");
  const auto file = engine.runFile(sourcePath("tests/lua/nodes_again.lua"), false);
  ASSERT_TRUE(file.ok) << file.error;
  const std::string script = session.journal().script(sourcePath("tests/lua/kv.txt"));
  const std::string expected = text();
  const auto revisions = session.journal().current().number;

  Session again([]() -> graph::run::Backend& { throw std::runtime_error("no backend"); });
  std::vector<std::string> said;
  Engine replay(again, [&](const std::string& line) { said.push_back(line); }, {});   // no folders: the scripts are in the journal
  const std::string path = ::testing::TempDir() + "journal_replay.lua";
  std::ofstream(path) << script;
  const auto result = replay.runFile(path, false);
  ASSERT_TRUE(result.ok) << result.error << "\n" << script;
  EXPECT_EQ(graph::text::print(*again.graph()), expected) << script;
  EXPECT_LT(again.journal().current().number, revisions);   // only the path, not the branch that was left
  EXPECT_EQ(again.journal().current().label, session.journal().current().label);
  // And the journal of the replay replays again.
  Session third([]() -> graph::run::Backend& { throw std::runtime_error("no backend"); });
  Engine replayAgain(third, [](const std::string&) {}, {});
  std::ofstream(path) << again.journal().script(sourcePath("tests/lua/kv.txt"));
  const auto second = replayAgain.runFile(path, false);
  ASSERT_TRUE(second.ok) << second.error;
  EXPECT_EQ(graph::text::print(*third.graph()), expected);
}

TEST_F(EngineRun, ApiLuaSaysWhatIsBound) {
  std::vector<std::string> documented;
  std::istringstream file(readText(sourcePath("scripts/api.lua")));
  std::string line, owner;
  while (std::getline(file, line)) {
    if (line.starts_with("---@class ")) owner = line.substr(10);
    else if (line.starts_with("---@field ")) documented.push_back(owner + "." + line.substr(10, line.find(' ', 10) - 10));
    else if (line.starts_with("function ")) documented.push_back(line.substr(9, line.find('(') - 9));
    else if (line.starts_with("fx.")) documented.push_back(line.substr(0, line.find(' ')));
  }
  std::sort(documented.begin(), documented.end());
  auto bound = engine.api();
  std::sort(bound.begin(), bound.end());
  EXPECT_EQ(documented, bound);
  EXPECT_GT(bound.size(), 60u);
}

TEST_F(EngineRun, HelpReadsTheReference) {
  value("help('fx.open')");
  EXPECT_NE(printed().find("fx.open(path)\nOpens a dump"), std::string::npos) << printed();
  lines.clear();
  value("help(fx.graph().nodes)");
  EXPECT_NE(printed().find("Graph:nodes(filter)"), std::string::npos) << printed();
  lines.clear();
  value("help('Node')");
  EXPECT_NE(printed().find("Node:set_arg(name, value)"), std::string::npos) << printed();
  value("help()");
  EXPECT_NE(error("help('nonsense')").find("nothing is known of 'nonsense'"), std::string::npos);
}

TEST_F(EngineRun, Completion) {
  value("g = fx.graph() n = g.mul");
  auto has = [&](const std::string& line, const std::string& word) {
    const auto found = engine.complete(line);
    return std::find(found.begin(), found.end(), word) != found.end();
  };
  EXPECT_TRUE(has("fx.ap", "fx.apply"));
  EXPECT_TRUE(has("print(fx.ap", "fx.apply"));
  EXPECT_TRUE(has("g:no", "g:nodes"));
  EXPECT_TRUE(has("g.slice_", "g.slice_scatter"));
  EXPECT_TRUE(has("n:set", "n:set_arg"));
  EXPECT_TRUE(has("n.us", "n.users"));
  EXPECT_TRUE(has("g:node(\"slice_sc", "slice_scatter"));
  EXPECT_TRUE(has("n:set_target(\"aten.index_p", "aten.index_put_.default"));
  EXPECT_TRUE(has("fx.apply(\"rein", "reinplace"));
  EXPECT_TRUE(has("hel", "help"));
  EXPECT_TRUE(engine.complete("g:nosuch").empty());
}

TEST_F(EngineRun, RewritesListsShippedScripts) {
  const auto found = engine.rewrites();
  EXPECT_TRUE(std::any_of(found.begin(), found.end(), [](const auto& one) { return one.first == "reinplace" && !one.second.empty(); }));
}

TEST_F(EngineRun, SelectionIsSharedWithTheWindow) {
  value("fx.select('mul')");
  ASSERT_EQ(engine.selection().size(), 1u);
  EXPECT_EQ(session.graph()->node(engine.selection()[0]).name, "mul");
  engine.setSelection({session.graph()->find("cache")});
  EXPECT_EQ(value("fx.select()[1].name"), "cache");
}

}  // namespace
}  // namespace rewrites::lua::test
