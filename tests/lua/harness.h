// A session with an engine on tests/lua/kv.txt, without LibTorch: what scripts print is kept as lines.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "graph/text/printer.h"
#include "rewrites/lua/engine.h"

namespace rewrites::lua::test {

inline std::string sourcePath(const std::string& path) { return std::string(FXLOOM_SOURCE_DIR) + "/" + path; }

inline std::string readText(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class EngineTest : public ::testing::Test {
 protected:
  explicit EngineTest(Session::BackendSource backend = []() -> graph::run::Backend& { throw std::runtime_error("no backend in this test"); },
                      bool trusted = false)
      : session(std::move(backend)), engine(session, [this](const std::string& line) { lines.push_back(line); }, {sourcePath("scripts")}, trusted) {
    session.openText(readText(sourcePath("tests/lua/kv.txt")), "tests/lua/kv.txt");
  }

  /// Runs a chunk that must succeed; the printed value.
  std::string value(const std::string& chunk) {
    const RunResult result = engine.run(chunk);
    EXPECT_TRUE(result.ok) << chunk << "\n" << result.error;
    return result.value;
  }
  /// Runs a chunk that must fail and leave the graph as it was; the message.
  std::string error(const std::string& chunk) {
    const auto before = session.graph();
    const RunResult result = engine.run(chunk);
    EXPECT_FALSE(result.ok) << chunk << " gave " << result.value;
    EXPECT_EQ(session.graph(), before) << chunk;
    EXPECT_FALSE(session.inTransaction());
    return result.error;
  }
  std::string text() { return graph::text::print(*session.graph()); }
  std::string printed() const {
    std::string all;
    for (const auto& line : lines) all += line + "\n";
    return all;
  }

  Session session;
  std::vector<std::string> lines;
  Engine engine;
};

}  // namespace rewrites::lua::test
