// Runs every .lua file of this folder; each asserts for itself.
#include <filesystem>

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
