// Doors that are shut, limits that hold, and what --trust lifts.
#include <chrono>
#include <filesystem>
#include <thread>

#include "tests/lua/harness.h"

namespace rewrites::lua::test {
namespace {

class Sandbox : public EngineTest {};

TEST_F(Sandbox, NoDoorsToTheMachine) {
  for (const char* name : {"os", "io", "package", "debug", "dofile", "loadfile", "collectgarbage"})
    EXPECT_EQ(value(std::string(name) + " == nil"), "true") << name;
  EXPECT_EQ(value("string.dump == nil"), "true");
  EXPECT_EQ(value("load('return 1')()"), "1");
  EXPECT_EQ(value("select(2, load('\\27Lua'))"), "attempt to load a binary chunk (mode is 't')");
  EXPECT_EQ(value("select(2, load('\\27Lua', 'x', 'b'))"), "attempt to load a binary chunk (mode is 't')");
  EXPECT_EQ(value("load('return x', 'x', 't', {x = 7})()"), "7");
  EXPECT_NE(error("setmetatable({}, {__gc = function() end})").find("cannot set __gc"), std::string::npos);
  EXPECT_EQ(value("getmetatable(fx.graph())"), "false");
}

TEST_F(Sandbox, ScriptsWriteOnlyBelowTheCurrentFolder) {
  // In a folder of its own: were the door open, the test would write there and nowhere else.
  const std::string folder = ::testing::TempDir() + "fxloom_sandbox/inner";
  std::filesystem::create_directories(folder + "/a");
  struct Back {
    std::filesystem::path old = std::filesystem::current_path();
    ~Back() { std::filesystem::current_path(old); }
  } back;
  std::filesystem::current_path(folder);
  std::ofstream("precious.py") << "# for fxloom, by hand\n";
  auto run = [&](const std::string& body) {
    std::ofstream("script.lua") << body;
    return engine.runFile(folder + "/script.lua", false).error;
  };
  EXPECT_NE(run("fx.export('" + ::testing::TempDir() + "fxloom_sandbox/outside.py')").find("may write only below the current folder"), std::string::npos);
  EXPECT_NE(run("fx.export('a/../../outside.py')").find("may write only below the current folder"), std::string::npos);
  EXPECT_NE(run("fx.export('precious.py')").find("which fxloom did not write"), std::string::npos);
  EXPECT_EQ(readText("precious.py"), "# for fxloom, by hand\n");
  EXPECT_EQ(run("fx.export('fine.py') fx.export('fine.py') fx.export('fine.txt') fx.export('fine.txt')"), "");
  EXPECT_FALSE(std::filesystem::exists("../outside.py"));
  EXPECT_NE(run("fx.define('/etc/hosts')").find("may load only scripts beside it"), std::string::npos);
  EXPECT_NE(run("require('no_such_module')").find("no script 'no_such_module'"), std::string::npos);
}

TEST_F(Sandbox, EndlessLoopsEnd) {
  engine.setLimits({0.2, size_t{1} << 30});
  for (const char* chunk : {"while true do end", "while true do pcall(function() while true do end end) end",
                            "local function f() while true do end end while true do coroutine.resume(coroutine.create(f)) end",
                            "while true do pcall(error) end", "repeat local ok = pcall(string.rep, 'x', 1000) until false"}) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_NE(error(chunk).find("ran longer than its limit of 0.2 seconds"), std::string::npos) << chunk;
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20)) << chunk;
  }
  EXPECT_EQ(value("1"), "1");   // the next line has its own time
}

TEST_F(Sandbox, StopComesFromAnotherThread) {
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    engine.stop();
  });
  const auto result = engine.run("while true do pcall(function() while true do end end) end");
  stopper.join();
  EXPECT_FALSE(result.ok);
  EXPECT_TRUE(result.stopped);
  EXPECT_NE(result.error.find("stopped"), std::string::npos);
}

TEST_F(Sandbox, MemoryIsLimited) {
  engine.setLimits({60, size_t{32} << 20});
  EXPECT_EQ(error("local t = {} for i = 1, 1e9 do t[i] = {i} end"), "the script needs more memory than its limit of 32 MiB");
  EXPECT_EQ(value("1"), "1");
}

TEST_F(Sandbox, CFunctionsAreBounded) {
  EXPECT_NE(error("('x'):rep(1e9)").find("longer than 64 MiB"), std::string::npos);
  EXPECT_NE(error("string.rep('x', 1e9, 'y')").find("longer than 64 MiB"), std::string::npos);
  EXPECT_NE(error("table.move({}, 1, 1e15, 2)").find("more than 10000000 elements"), std::string::npos);
  EXPECT_NE(error("table.concat(setmetatable({}, {__index = function() return '' end}), '', 1, 1e15)").find("more than 10000000 elements"), std::string::npos);
  engine.setLimits({0.5, size_t{1} << 30});
  const std::string evil = "('a'):rep(30000):find(('.-'):rep(12) .. 'b')";
  EXPECT_NE(error(evil).find("too many steps"), std::string::npos);
}

TEST_F(Sandbox, PatternsAreLuas) {
  // Results of Lua 5.4's own functions.
  const std::pair<const char*, const char*> cases[] = {
      {"('hello world'):find('o w')", "5\n7"},
      {"('hello'):find('l+')", "3\n4"},
      {"('hello'):find('xyz')", "nil"},
      {"('a.b'):find('.', 2, true)", "2\n2"},
      {"('hello'):find('')", "1\n0"},
      {"('hello'):find('', 10)", "nil"},
      {"('hello'):find('l', -2)", "4\n4"},
      {"('key = value'):match('^(%w+)%s*=%s*(%w+)$')", "key\nvalue"},
      {"('  trim  '):match('^%s*(.-)%s*$')", "trim"},
      {"('2024-01-02'):match('(%d+)-(%d+)-(%d+)')", "2024\n01\n02"},
      {"('f(a(b)c)d'):match('%b()')", "(a(b)c)"},
      {"('THE (quick) fox'):find('%((%a+)%)')", "5\n11\nquick"},
      {"('hello'):match('()ll()')", "3\n5"},
      {"('THE quick'):gsub('%f[%a]%a+', 'x')", "x x\n2"},
      {"('hello world'):gsub('o', '0')", "hell0 w0rld\n2"},
      {"('hello'):gsub('', '-')", "-h-e-l-l-o-\n6"},
      {"('abc'):gsub('%w', '%0%0')", "aabbcc\n3"},
      {"('abc'):gsub('%w', {a = '1', b = false})", "1bc\n3"},
      {"('abc'):gsub('%w', function(c) if c == 'b' then return 'B' end end)", "aBc\n3"},
      {"('hello hello'):gsub('(h)(e)', '%2%1', 1)", "ehllo hello\n1"},
      {"('aaa'):gsub('^a', 'b')", "baa\n1"},
      {"('x]y'):match('[]]')", "]"},
      {"('x-y'):match('[a%-]')", "-"},
      {"('abc'):match('[^a]+')", "bc"},
      {"('\"a\" and \"a\"'):match('([\"])(.-)%1')", "\"\na"},
  };
  for (const auto& [chunk, expected] : cases) EXPECT_EQ(value(chunk), expected) << chunk;
  EXPECT_EQ(value("local t = {} for w in ('one two  three'):gmatch('%a+') do t[#t + 1] = w end return table.concat(t, ',')"), "one,two,three");
  EXPECT_EQ(value("local t = {} for k, v in ('a=1, b=2'):gmatch('(%w+)=(%w+)') do t[#t + 1] = k .. v end return table.concat(t, ',')"), "a1,b2");
  EXPECT_EQ(value("local n = 0 for _ in ('abc'):gmatch('') do n = n + 1 end return n"), "4");
  EXPECT_NE(error("('x'):find('[a')").find("malformed pattern (missing ']')"), std::string::npos);
  EXPECT_NE(error("('x'):find('%')").find("malformed pattern (ends with '%')"), std::string::npos);
  EXPECT_NE(error("('x'):find('(x')").find("unfinished capture"), std::string::npos);
  EXPECT_NE(error("('x'):match('x)')").find("invalid pattern capture"), std::string::npos);
  EXPECT_NE(error("('x'):gsub('x', '%2')").find("invalid capture index %2"), std::string::npos);
  EXPECT_NE(error("('x'):gsub('x', '%a')").find("invalid use of '%'"), std::string::npos);
  EXPECT_NE(error("('x'):match('%b')").find("missing arguments to '%b'"), std::string::npos);
  EXPECT_NE(error("('x'):match('%f')").find("missing '['"), std::string::npos);
}

class Trusted : public EngineTest {
 protected:
  Trusted() : EngineTest([]() -> graph::run::Backend& { throw std::runtime_error("no backend in this test"); }, true) {}
};

TEST_F(Trusted, HasTheWholeLibrary) {
  EXPECT_EQ(value("type(os.time()) .. type(io.open) .. type(debug.getinfo)"), "numberfunctionfunction");
}

}  // namespace
}  // namespace rewrites::lua::test
