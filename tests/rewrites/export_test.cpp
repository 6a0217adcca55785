// Exports of small graphs against tests/golden/export (UPDATE_GOLDEN=1 writes them), and what cannot be written.
// That the Python runs and computes the same is tests/torch/export_test.py.
#include "rewrites/export.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "graph/files/safetensors.h"
#include "graph/text/parser.h"
#include "graph/text/printer.h"

namespace rewrites {
namespace {

const std::string kFolder = std::string(FXLOOM_SOURCE_DIR) + "/tests/golden/export/";

std::string readText(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void expectGolden(const std::string& name, const std::string& text) {
  if (std::getenv("UPDATE_GOLDEN")) std::ofstream(kFolder + name) << text;
  EXPECT_EQ(text, readText(kFolder + name)) << name;
}

graph::ir::Graph parsed(const std::string& file) {
  auto result = graph::text::parseFile(kFolder + file);
  EXPECT_FALSE(graph::text::hasErrors(result.diagnostics)) << file;
  return *result.graphs.at(0);
}

/// Only what depends on the graph: the fixed helpers are tested by running them.
std::string withoutHelpers(const std::string& text) {
  std::string out;
  std::istringstream lines(text);
  std::string line;
  bool skip = false;
  while (std::getline(lines, line)) {
    const bool top = !line.empty() && line[0] != ' ' && line[0] != ')' && line[0] != '}';
    if (top) {
      skip = line.starts_with("def _") && !line.starts_with("def _check_inputs");
      skip |= line.starts_with("_FUNCTIONS");
    } else if (skip && (line.starts_with("}") || line.starts_with(")"))) {
      continue;
    }
    if (!skip) out += line + "\n";
  }
  return out;
}

TEST(ExportPython, Golden) {
  for (const char* name : {"cache", "names", "sizes", "attributes", "strides", "custom"})
    expectGolden(std::string(name) + ".py", withoutHelpers(exportPython(parsed(std::string(name) + ".txt"), "/some/folder/" + std::string(name) + ".txt")));
}

TEST(ExportText, ReadsBack) {
  for (const char* name : {"cache", "names", "sizes", "attributes", "strides", "custom"}) {
    const auto graph = parsed(std::string(name) + ".txt");
    const std::string text = exportText(graph, "x.txt");
    const auto again = graph::text::parse(text);
    ASSERT_EQ(again.graphs.size(), 1u) << text;
    EXPECT_EQ(graph::text::print(*again.graphs[0]), graph::text::print(graph));
    EXPECT_TRUE(text.starts_with("# Exported by fxloom from x.txt.\n"));
  }
}

TEST(Export, ToAFileOrNothing) {
  const auto graph = parsed("cache.txt");
  const std::string folder = ::testing::TempDir();
  exportGraph(graph, folder + "out.py", "cache.txt");
  EXPECT_EQ(readText(folder + "out.py"), exportPython(graph, "cache.txt"));
  EXPECT_TRUE(canExport("a.py") && canExport("a.txt") && !canExport("a") && !canExport("a.pt2"));
  for (const auto& [path, message] : {std::pair{std::string("out.xyz"), "out.xyz: unknown kind of file; an export ends in .py or .txt"},
                                      std::pair{std::string("/nonexistent/out.py"), "/nonexistent/out.py"}}) {
    try {
      exportGraph(graph, path, "cache.txt");
      ADD_FAILURE() << path;
    } catch (const graph::files::FileError& error) {
      EXPECT_NE(std::string(error.what()).find(message), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace rewrites
