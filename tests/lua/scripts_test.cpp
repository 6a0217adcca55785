// Runs every .lua file of this folder; each asserts for itself.
#include <filesystem>

#include "graph/ir/declared_schemas.h"
#include "tests/lua/harness.h"

namespace rewrites::lua::test {
namespace {

class Scripts : public EngineTest {};

TEST_F(Scripts, Nodes) {
  const auto result = engine.runFile(sourcePath("tests/lua/nodes.lua"), false);
  EXPECT_TRUE(result.ok) << result.error;
  EXPECT_TRUE(result.changed);
}

TEST_F(Scripts, Storage) {
  const auto result = engine.runFile(sourcePath("tests/lua/storage.lua"), false);
  EXPECT_TRUE(result.ok) << result.error;
  EXPECT_FALSE(result.changed);
}

TEST_F(Scripts, Operators) {
  const auto result = engine.runFile(sourcePath("tests/lua/operators.lua"), false);
  EXPECT_TRUE(result.ok) << result.error;
}

TEST_F(Scripts, AJournalDeclaresWhatItsRevisionsRelyOn) {
  value("fx.operator('journaltest::peek(Tensor x) -> Tensor')");   // makes no revision
  value("local g = fx.graph() local n = g:insert_before(g.mul, 'journaltest.peek.default', {g.slice_2}) g.mul:set_arg('self', n)");
  value("fx.apply('reinplace')");
  const std::string journal = session.journal().script(sourcePath("tests/lua/kv.txt"));
  EXPECT_NE(journal.find("fx.operator(\"journaltest::peek(Tensor x) -> Tensor\")"), std::string::npos) << journal;
  // Where nothing is declared: only with the declaration is the write no mystery, and the replay the same.
  graph::ir::withdrawSchema(*graph::ir::findSchema("journaltest.peek.default"));
  Session again([]() -> graph::run::Backend& { throw std::runtime_error("no backend in this test"); });
  Engine replay(again, [](const std::string&) {}, {sourcePath("scripts")});
  const std::string path = ::testing::TempDir() + "journal_declares.lua";
  std::ofstream(path) << journal;
  const auto result = replay.runFile(path, false);
  EXPECT_TRUE(result.ok) << result.error;
  EXPECT_EQ(graph::text::print(*again.graph()), text());
  EXPECT_EQ(again.journal().current().outcomes[0].taken.size(), 1u);
}

TEST_F(Scripts, TheSampleOfACustomOperatorsRule) {
  const std::string head = "def forward(self, cache: \"f32[2, 8, 4]\", k: \"f32[2, 1, 4]\", at: \"i64[1]\"):\n"
                           "    clone: \"f32[2, 1, 4]\" = torch.ops.aten.clone.default(k)\n";
  const std::string store = "    store = torch.ops.mylib.store.default(cache, clone, at);  store = None\n    return (cache,)\n";
  session.openText(head + store, "kept.txt");
  value("fx.graph()");
  ASSERT_TRUE(engine.runFile(sourcePath("samples/custom_operator.lua"), true).ok);
  EXPECT_NE(text().find("torch.ops.mylib.store.default(cache, k, at)"), std::string::npos) << text();
  EXPECT_EQ(text().find("clone"), std::string::npos) << text();
  session.openText(head + "    neg_ = torch.ops.aten.neg_.default(k);  neg_ = None\n" + store, "written.txt");
  const auto refused = engine.runFile(sourcePath("samples/custom_operator.lua"), true);
  ASSERT_TRUE(refused.ok) << refused.error;
  ASSERT_EQ(session.lastOutcomes().at(0).refused.size(), 1u);
  EXPECT_EQ(session.lastOutcomes()[0].refused[0].because, "neg_ writes the rows before store has read them");
}

TEST_F(Scripts, DeclaredOperatorsAreCheckedWhenADumpIsRead) {
  const std::string path = ::testing::TempDir() + "declared.txt";
  std::ofstream(path) << "def forward(self, x: \"f32[2]\"):\n"
                         "    a: \"f32[2]\" = torch.ops.readtest.f.default(x, 1, 2);  x = None\n"
                         "    b: \"f32[2]\" = torch.ops.readtest.f.other(a, 1, 2);  a = None\n"
                         "    return (b,)\n";
  session.open(path);
  EXPECT_TRUE(session.diagnostics().empty());
  value("fx.use('forward')");
  EXPECT_NE(error("fx.operator('readtest::f(Tensor x, int n) -> Tensor')").find("the open graph does not call readtest.f.default like that"), std::string::npos);
  EXPECT_EQ(graph::ir::findSchema("readtest.f.default"), nullptr);
  graph::ir::declareSchema("readtest::f(Tensor x, int n) -> Tensor");
  session.open(path);
  ASSERT_EQ(session.diagnostics().size(), 1u);   // the overload that was not declared is not checked
  EXPECT_EQ(session.diagnostics()[0].message,
            "readtest.f.default takes at most 2 positional arguments, not 3 (schema: readtest::f(Tensor x, int n) -> Tensor)");
}

TEST_F(Scripts, ArgumentsReachTheScript) {
  const std::string path = ::testing::TempDir() + "args_of_script.lua";
  std::ofstream(path) << "assert(fx.args[1] == 'a\"b' and #fx.args == 2)\nfx.log('%s and %d', fx.args[2], 3)\n";
  const auto result = engine.runFile(path, true, {"a\"b", "c"});
  EXPECT_TRUE(result.ok) << result.error;
  EXPECT_EQ(printed(), "c and 3\n");
}

TEST_F(Scripts, RequireFindsModulesBesideTheScriptOnly) {
  const std::string folder = ::testing::TempDir() + "fxloom_require/";
  std::filesystem::create_directories(folder + "sub");
  std::ofstream(folder + "sub/helper.lua") << "return {answer = 42}\n";
  std::ofstream(folder + "main.lua") << "print(require('sub.helper').answer, require('sub.helper') == require('sub.helper'))\n";
  EXPECT_TRUE(engine.runFile(folder + "main.lua", false).ok);
  EXPECT_EQ(printed(), "42\ttrue\n");
  std::ofstream(folder + "bad_main.lua") << "require('../../etc/passwd')\n";
  EXPECT_NE(engine.runFile(folder + "bad_main.lua", false).error.find("is no module name"), std::string::npos);
}

TEST_F(Scripts, MissingScriptIsSaid) {
  EXPECT_NE(engine.runFile("/nonexistent/bad.lua", true).error.find("no script '/nonexistent/bad.lua'"), std::string::npos);
}

}  // namespace
}  // namespace rewrites::lua::test
