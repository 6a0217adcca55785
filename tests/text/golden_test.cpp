// tests/golden/text/NAME.txt -> NAME.expected: the graphs of the file, node by node, and the diagnostics as they are drawn.
// UPDATE_GOLDEN=1 writes the expected files. Whatever parses without error must also survive print and parse unchanged.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "graph/text/parser.h"
#include "graph/text/printer.h"
#include "tests/text/graph_dump.h"

namespace graph::text {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(FXLOOM_SOURCE_DIR) / "tests/golden/text";

std::string contents(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> inputs() {
  std::vector<std::string> names;
  for (auto& entry : std::filesystem::directory_iterator(kFolder))
    if (entry.path().extension() == ".txt") names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, MatchesExpected) {
  std::string source;
  ParsedFile file = parseFile(kFolder / (GetParam() + ".txt"), &source);
  std::string actual;
  for (size_t i = 0; i < file.graphs.size(); ++i) {
    if (!file.titles[i].empty()) actual += "== " + file.titles[i] + "\n";
    actual += dump(*file.graphs[i]);
  }
  for (auto& diagnostic : file.diagnostics) actual += format(diagnostic, GetParam() + ".txt", source) + "\n";
  bool mustFail = GetParam().starts_with("bad_");
  EXPECT_EQ(mustFail, hasErrors(file.diagnostics) || (mustFail && !file.diagnostics.empty()));

  auto expectedPath = kFolder / (GetParam() + ".expected");
  if (std::getenv("UPDATE_GOLDEN")) std::ofstream(expectedPath, std::ios::binary) << actual;
  EXPECT_EQ(actual, contents(expectedPath)) << "UPDATE_GOLDEN=1 test_text writes the expected files";
}

TEST_P(Golden, SurvivesPrintAndParse) {
  ParsedFile file = parseFile(kFolder / (GetParam() + ".txt"));
  if (hasErrors(file.diagnostics)) return;
  for (auto& graph : file.graphs) {
    if (graph->name().find('.') != std::string::npos) continue;  // nested: compared with its outer graph
    std::string text = print(*graph);
    ParsedFile again = parse(text);
    ASSERT_FALSE(hasErrors(again.diagnostics)) << format(again.diagnostics.front(), "printed", text) << "\n" << text;
    ASSERT_FALSE(again.graphs.empty()) << text;
    EXPECT_EQ(difference(*graph, *again.graphs[0]), "") << text;
    EXPECT_EQ(print(*again.graphs[0]), text);
  }
}

TEST_P(Golden, SurvivesPrintGraphForm) {
  ParsedFile file = parseFile(kFolder / (GetParam() + ".txt"));
  if (hasErrors(file.diagnostics)) return;
  for (auto& graph : file.graphs) {
    std::string text = printGraphForm(*graph);
    ParsedFile again = parse(text);
    ASSERT_FALSE(hasErrors(again.diagnostics)) << format(again.diagnostics.front(), "printed", text) << "\n" << text;
    ASSERT_EQ(again.graphs.size(), 1u) << text;
    EXPECT_EQ(difference(graphFormPart(*graph), graphFormPart(*again.graphs[0])), "") << text;
    EXPECT_EQ(printGraphForm(*again.graphs[0]), text);
  }
}

INSTANTIATE_TEST_SUITE_P(Text, Golden, testing::ValuesIn(inputs()), [](const auto& test) { return test.param; });

}  // namespace
}  // namespace graph::text
