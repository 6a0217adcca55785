// Folders, series and names: what a path opens.
#include "graph/text/dumps/dump_set.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "graph/text/dumps/folder.h"
#include "graph/text/dumps/series.h"

namespace graph::text {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

std::string graphText(const std::string& className, const std::string& body = "        return (x,)\n") {
  return "class " + className + "(torch.nn.Module):\n    def forward(self, x: \"f32[2]\"):\n" + body;
}
std::string neg(const std::string& name) {
  return "        " + name + ": \"f32[2]\" = torch.ops.aten.neg.default(x);  x = None\n        return (" + name + ",)\n";
}

class TestFolder {
 public:
  TestFolder() {
    static int count = 0;
    path_ = fs::path(::testing::TempDir()) / ("dump_set_" + std::to_string(getpid()) + "_" + std::to_string(count++));
    fs::create_directories(path_);
  }
  ~TestFolder() { fs::remove_all(path_); }
  TestFolder& put(const std::string& name, const std::string& text) {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
    return *this;
  }
  DumpSet read() const { return DumpSet::read(path_.string()); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

Names names(const DumpSet& set) {
  Names all;
  for (const auto& dump : set.dumps()) all.push_back(dump.name);
  return all;
}

std::string drawn(const DumpSet& set) {
  std::string text;
  for (const auto& diagnostic : set.diagnostics()) text += set.drawn(diagnostic) + "\n";
  return text;
}

TEST(DumpSetNames, AreUniqueInAFile) {
  const std::string log = " ===== Forward graph 0 =====\n" + graphText("<lambda>") + " ===== Backward graph 0 =====\n" + graphText("<lambda>") + graphText("Other");
  EXPECT_EQ(names(DumpSet::ofText(log, "log")), (Names{"Forward graph 0", "Backward graph 0", "Other"}));
  EXPECT_EQ(names(DumpSet::ofText(" ===== Forward graph 0 =====\n" + graphText("Only"), "log")), (Names{"Only"}));
  const auto set = DumpSet::ofText(graphText("GraphModule") + graphText("Other") + graphText("GraphModule"), "two");
  EXPECT_EQ(names(set), (Names{"GraphModule#1", "Other", "GraphModule#2"}));
  EXPECT_EQ(set.matching("GraphModule"), (std::vector<size_t>{0, 2}));   // ambiguous
  EXPECT_EQ(set.matching("GraphModule#2"), (std::vector<size_t>{2}));
  EXPECT_EQ(set.matching("1"), (std::vector<size_t>{1}));
  EXPECT_EQ(set.matching(""), (std::vector<size_t>{0}));
  EXPECT_TRUE(set.matching("3").empty());
  EXPECT_TRUE(set.matching("99999999999999999999").empty());
  EXPECT_EQ(set.listed({0, 2}), "\n  0 GraphModule#1\n  2 GraphModule#2");
}

TEST(DumpSetNames, NestedOnesFollowTheirOuterOne) {
  const std::string nested = "class M(torch.nn.Module):\n    def forward(self, x):\n        body_0 = self.body_0\n        return (x,)\n"
                             "    class body_0(torch.nn.Module):\n        def forward(self, x):\n            return (x,)\n";
  const auto set = DumpSet::ofText(nested + nested, "two");
  EXPECT_EQ(names(set), (Names{"M#1", "M#1.body_0", "M#2", "M#2.body_0"}));
  EXPECT_TRUE(set.dumps()[1].isNested);
  EXPECT_FALSE(set.dumps()[2].isNested);
}

TEST(Folders, FindDumpsAmongOtherFiles) {
  TestFolder folder;
  folder.put("index.html", "<html>def forward(</html>").put("compile_directory.json", "{}").put("model.bin", std::string("def forward(\0x", 14));
  folder.put("-_0_0_0/dynamo_output_graph_1.txt", graphText("GraphModule")).put("-_0_0_0/aot_forward_graph_12.txt", graphText("<lambda>", neg("a")));
  folder.put("-_0_0_0/before_pre_grad_graph_2.txt", graphText("GraphModule")).put("-_10_0_0/aot_forward_graph_30.txt", graphText("<lambda>", neg("b")));
  folder.put("-_2_0_0/aot_forward_graph_20.txt", graphText("<lambda>", neg("c"))).put("-_2_0_0/inductor_output_code_21.txt", "# %add = call\ndef call(args):\n    pass\n");
  folder.put(".hidden/x.txt", graphText("H")).put("empty.txt", "");
  const auto set = folder.read();
  EXPECT_EQ(names(set), (Names{"-_0_0_0/dynamo_output_graph_1.txt: GraphModule", "-_0_0_0/before_pre_grad_graph_2.txt: GraphModule",
                               "-_0_0_0/aot_forward_graph_12.txt: <lambda>", "-_2_0_0/aot_forward_graph_20.txt: <lambda>", "-_10_0_0/aot_forward_graph_30.txt: <lambda>"}));
  EXPECT_EQ(drawn(set), "");
  EXPECT_TRUE(set.series().empty());
  EXPECT_EQ(set.dumps()[1].sameAs, 0u);
  EXPECT_FALSE(set.dumps()[2].sameAs);
  EXPECT_EQ(set.matching("aot_forward_graph_20.txt"), (std::vector<size_t>{3}));
  EXPECT_EQ(set.matching("-_10_0_0/aot_forward_graph_30.txt"), (std::vector<size_t>{4}));
  EXPECT_EQ(set.matching("<lambda>").size(), 3u);
}

TEST(Folders, DiagnosticsNameTheirFile) {
  TestFolder folder;
  folder.put("sub/bad.txt", graphText("M", "        a = torch.ops.aten.neg.default(x\n        b = torch.ops.aten.neg.default(x)\n        return (b,)\n"));
  folder.put("notes.txt", "def forward(this is no graph at all\n");
  folder.put("prose.txt", "def forward(this is none\n    nor is this\n    and this is not\n");
  const auto set = folder.read();
  EXPECT_EQ(names(set), (Names{"sub/bad.txt: M"}));
  const std::string text = drawn(set);
  EXPECT_NE(text.find((folder.path() / "sub/bad.txt").string() + ":3:"), std::string::npos) << text;
  EXPECT_NE(text.find("notes.txt:1:"), std::string::npos) << text;
  EXPECT_NE(text.find("warning: not taken for a dump: "), std::string::npos) << text;
  EXPECT_NE(text.find(" more like it"), std::string::npos) << text;
}

TEST(Folders, WithoutGraphs) {
  TestFolder folder;
  EXPECT_EQ(drawn(folder.read()), folder.path().string() + ": error: no graph is in this folder: 0 files were looked at\n");
  folder.put("a.txt", "nothing").put("b.png", "x");
  EXPECT_EQ(drawn(folder.read()), folder.path().string() + ": error: no graph is in this folder: 2 files were looked at\n");
}

TEST(Folders, LoopsAndDepthAreBounded) {
  TestFolder folder;
  folder.put("a/m.txt", graphText("M"));
  fs::create_directory_symlink(folder.path(), folder.path() / "a/loop");
  fs::create_symlink(folder.path() / "a/m.txt", folder.path() / "a/link.txt");
  fs::create_symlink(folder.path() / "nowhere", folder.path() / "a/dangling.txt");
  EXPECT_EQ(names(folder.read()), (Names{"a/link.txt: M", "a/m.txt: M"}));
  std::string deep;
  for (int i = 0; i < 13; ++i) deep += "d/";
  folder.put(deep + "m.txt", graphText("Deep"));
  const auto set = folder.read();
  EXPECT_EQ(set.dumps().size(), 2u);
  EXPECT_NE(drawn(set).find("not looked at: more than 12 folders deep"), std::string::npos) << drawn(set);
}

/// One line of a megabyte, full of words that dumps have.
TEST(Folders, LongLinesCostNoMoreThanTheirLength) {
  std::string line = "#";
  while (line.size() < 4000000) line += " opcode def forward( graph(): \"has_payload\"";
  EXPECT_FALSE(looksLikeDump(line));
}

TEST(Folders, NaturalOrder) {
  EXPECT_TRUE(naturallyBefore("pass_2", "pass_10"));
  EXPECT_FALSE(naturallyBefore("pass_10", "pass_2"));
  EXPECT_TRUE(naturallyBefore("a/z", "a_1/b"));
  EXPECT_TRUE(naturallyBefore("x", "x1"));
  EXPECT_NE(naturallyBefore("x01", "x1"), naturallyBefore("x1", "x01"));
  EXPECT_FALSE(naturallyBefore("x1", "x1"));
}

std::string stepText(const std::string& path) {
  const auto step = stepName(path);
  if (!step) return "none";
  return step->group + " | " + step->number + " | " + std::to_string(step->half) + " | " + step->label + (step->isCertain ? " | certain" : "");
}

TEST(SeriesRule, Names) {
  EXPECT_EQ(stepText("pass_0_decompose.txt"), "pass_* | 0 | 1 | decompose | certain");
  EXPECT_EQ(stepText("d/model_pass_12.after_reinplace.py"), "d/model_pass_* | 12 | 2 | after_reinplace | certain");
  EXPECT_EQ(stepText("Pass3.txt"), "Pass* | 3 | 1 | pass 3 | certain");
  EXPECT_EQ(stepText("3.before.fuse.txt"), "* | 3 | 0 | before.fuse | certain");
  EXPECT_EQ(stepText("001_fuse.txt"), "* | 001 | 1 | fuse");
  EXPECT_EQ(stepText("bypass_3.txt"), "none");
  EXPECT_EQ(stepText("17.txt"), "none");
  EXPECT_EQ(stepText("aot_forward_graph_4.txt"), "none");
  EXPECT_EQ(stepText("__compiled_fn_1.Forward_graph.0.py"), "none");
}

TEST(SeriesRule, PassesAreOneGraph) {
  TestFolder folder;
  folder.put("pass_10_last.txt", graphText("C", neg("b"))).put("pass_2_middle.txt", graphText("B", neg("a"))).put("pass_0_first.txt", graphText("A"));
  const auto set = folder.read();
  ASSERT_EQ(set.series().size(), 1u);
  EXPECT_EQ(set.series()[0].labels, (Names{"first", "middle", "last"}));
  EXPECT_EQ(set.series()[0].dumps, (std::vector<size_t>{0, 1, 2}));
  EXPECT_EQ(set.series()[0].name, "pass_*");
  EXPECT_EQ(set.matching(""), (std::vector<size_t>{2}));
}

TEST(SeriesRule, SeveralGraphsAStepAreSeveralSeries) {
  TestFolder folder;
  for (int i = 0; i < 3; ++i)
    folder.put("pass_" + std::to_string(i) + "_p.txt", graphText("Forward", neg("a" + std::to_string(i))) + (i == 1 ? "" : graphText("Backward")));
  const auto set = folder.read();
  ASSERT_EQ(set.series().size(), 2u);
  EXPECT_EQ(set.series()[0].name, "pass_*: Forward");
  EXPECT_EQ(set.series()[0].dumps.size(), 3u);
  EXPECT_EQ(set.series()[1].name, "pass_*: Backward");
  EXPECT_EQ(set.series()[1].dumps.size(), 2u);
}

TEST(SeriesRule, AMereListIsNone) {
  TestFolder folder;
  folder.put("1_encoder.txt", graphText("A", neg("a"))).put("2_decoder.txt", "class B(torch.nn.Module):\n    def forward(self, p, q):\n        return (p, q)\n");
  EXPECT_TRUE(folder.read().series().empty());
  TestFolder related;
  related.put("001_import.txt", graphText("A", neg("a"))).put("002_noop.txt", graphText("A", neg("a")));
  EXPECT_EQ(related.read().series().size(), 1u);
  TestFolder alone;
  EXPECT_TRUE(alone.put("pass_0_x.txt", graphText("A")).read().series().empty());
}

}  // namespace
}  // namespace graph::text
