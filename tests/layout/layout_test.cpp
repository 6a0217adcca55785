// Positions from Graphviz, the child process and its failures, the scene as text, pictures.
#include "graph/layout/layout.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <thread>

#include "graph/layout/render.h"
#include "graph/layout/scene.h"
#include "tests/layout/models.h"

namespace graph::layout {
namespace {

using test::stackedLayers;

std::string messageOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const LayoutError& e) {
    return e.what();
  }
  return "no error";
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Compares with tests/golden/layout/NAME; UPDATE_GOLDEN=1 writes it.
void expectGolden(const std::string& name, const std::string& text) {
  auto path = std::filesystem::path(FXLOOM_SOURCE_DIR) / "tests/golden/layout" / name;
  if (std::getenv("UPDATE_GOLDEN")) std::ofstream(path) << text;
  EXPECT_EQ(read(path), text) << "UPDATE_GOLDEN=1 accepts this";
}

/// Everything that a layout decides, but not where exactly: Graphviz versions differ by points.
std::string structure(const Scene& scene, const ir::Graph& g) {
  std::istringstream lines(str(scene, g));
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    auto first = line.find(' ');
    if (line.starts_with("scene")) line.erase(line.rfind('"') + 1);
    else if (line.starts_with("frame")) line.erase(first, line.find(" \"") - first);
    else if (line.starts_with("edge")) line.erase(line.rfind(' ', line.rfind(' ') - 1));
    else line.erase(first, line.find(' ', first + 1) - first);
    out += line + "\n";
  }
  return out;
}

TEST(Layout, BoxesDoNotOverlapAndEdgesReachThem) {
  auto g = stackedLayers(4);
  auto view = makeView(g, fold(g), {.kind = ViewSpec::Kind::whole});
  auto positions = placeHere(toDot(view));
  ASSERT_EQ(positions.centers.size(), view.items.size());
  ASSERT_EQ(positions.splines.size(), view.edges.size());
  ASSERT_EQ(positions.frames.size(), view.frames.size());
  auto rect = [&](size_t i) {
    auto size = boxSize(view.items[i]);
    return Rect{positions.centers[i].x - size.width / 2, positions.centers[i].y - size.height / 2, size.width, size.height};
  };
  for (size_t i = 0; i < view.items.size(); ++i)
    for (size_t j = i + 1; j < view.items.size(); ++j) {
      auto a = rect(i), b = rect(j);
      bool apart = a.x + a.width <= b.x + 1 || b.x + b.width <= a.x + 1 || a.y + a.height <= b.y + 1 || b.y + b.height <= a.y + 1;
      EXPECT_TRUE(apart) << view.items[i].lines[0] << " and " << view.items[j].lines[0];
    }
  for (size_t e = 0; e < view.edges.size(); ++e) {
    ASSERT_GE(positions.splines[e].size(), 4u);
    EXPECT_EQ(positions.splines[e].size() % 3, 1u);
    auto to = rect(static_cast<size_t>(view.edges[e].to));
    auto tip = positions.splines[e].back();
    EXPECT_GE(tip.y, to.y - 2) << "the tip touches its box";
    EXPECT_LE(tip.y, to.y + to.height + 2);
    EXPECT_GE(tip.x, to.x - 2);
    EXPECT_LE(tip.x, to.x + to.width + 2);
  }
}

TEST(Layout, JsonReadsBack) {
  Positions p{10, 20, {{1, 2}, {3, 4}}, {{{0, 0}, {1, 1}, {2, 2}, {3, 3}}, {}}, {{1, 2, 3, 4}}};
  auto q = fromJson(toJson(p));
  EXPECT_EQ(q.centers, p.centers);
  EXPECT_EQ(q.splines, p.splines);
  ASSERT_EQ(q.frames.size(), 1u);
  EXPECT_EQ(q.frames[0].height, 4);
  EXPECT_EQ(messageOf([] { fromJson("{"); }), "the layout worker's answer cannot be read");
}

TEST(Layout, TextThatIsNoDotIsRefused) {
  EXPECT_TRUE(messageOf([] { placeHere("digraph {"); }).starts_with("Graphviz does not understand the graph: "));
}

TEST(Worker, AnswerOfTheChildIsRead) {
  Positions p{10, 20, {{1, 2}}, {}, {}};
  auto q = placeInChild("ignored", {.command = {"sh", "-c", "cat >/dev/null; echo '" + toJson(p) + "'"}, .seconds = 20});
  EXPECT_EQ(q.centers, p.centers);
}

TEST(Worker, FailureGivesItsMessage) {
  EXPECT_EQ(messageOf([] { placeInChild("x", {.command = {"sh", "-c", "echo out of boxes >&2; exit 4"}}); }),
            "the layout worker failed (exit 4): out of boxes");
  EXPECT_EQ(messageOf([] { placeInChild("x", {.command = {"false"}}); }), "the layout worker failed (exit 1): no message");
}

TEST(Worker, CrashGivesAMessage) {
  EXPECT_EQ(messageOf([] { placeInChild("x", {.command = {"sh", "-c", "kill -SEGV $$"}}); }),
            "the layout worker crashed (signal 11); the old picture stays");
}

TEST(Worker, DeathWhileItIsFedIsNoSignalForUs) {
  std::string large(10'000'000, 'x');
  EXPECT_EQ(messageOf([&] { placeInChild(large, {.command = {"sh", "-c", "exit 3"}}); }), "the layout worker failed (exit 3): no message");
}

TEST(Worker, TimeLimit) {
  auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(messageOf([] { placeInChild("x", {.command = {"sleep", "60"}, .seconds = 0.2}); }),
            "no layout after 0.2 seconds: show a smaller part (one layer, or the surroundings of a node)");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Worker, StopFlag) {
  std::atomic<bool> stop{false};
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stop = true;
  });
  EXPECT_THROW(placeInChild("x", {.command = {"sleep", "60"}}, &stop), LayoutStopped);
  later.join();
}

TEST(Worker, MissingProgram) {
  EXPECT_EQ(messageOf([] { placeInChild("x", {.command = {"no-such-program"}}); }),
            "the layout worker 'no-such-program' cannot be started: No such file or directory");
}

TEST(Scene, Golden) {
  auto g = stackedLayers(3);
  ViewSpec spec{.kind = ViewSpec::Kind::layer, .instance = 1};
  auto view = makeView(g, fold(g), spec);
  Marks marks;
  marks.binding = {{"s0", 1024}, {"s1", 65536}};
  marks.entries[g.find("slice_scatter_1")] = {Mark::taken, "can be written in place into cache1"};
  marks.entries[g.find("mm_1")] = {Mark::refused, "result-escapes: it does"};
  marks.copied[g.find("copy__1")] = "16 MiB";
  expectGolden("scene_layer.txt", structure(buildScene(g, view, placeHere(toDot(view)), marks, spec), g));
}

TEST(Scene, WidthGrowsWithBytes) {
  EXPECT_FLOAT_EQ(edgeWidth(std::nullopt), 1);
  EXPECT_FLOAT_EQ(edgeWidth(100), 1);
  EXPECT_FLOAT_EQ(edgeWidth(16 << 10), 2);
  EXPECT_FLOAT_EQ(edgeWidth(1 << 20), 3.5);
  EXPECT_FLOAT_EQ(edgeWidth(int64_t{1} << 50), 7);
}

TEST(Scene, PositionsOfAnotherViewAreRefused) {
  auto g = stackedLayers(3);
  ViewSpec spec{.kind = ViewSpec::Kind::folded};
  EXPECT_EQ(messageOf([&] { buildScene(g, makeView(g, fold(g), spec), {}, {}, spec); }), "the layout does not have every box of the view");
}

TEST(Render, PicturesAndDot) {
  auto g = stackedLayers(3);
  auto folder = std::filesystem::temp_directory_path() / "fxloom_render_test";
  std::filesystem::create_directories(folder);
  for (const char* name : {"a.svg", "a.png", "a.dot"}) renderGraph(g, {.kind = ViewSpec::Kind::folded}, (folder / name).string());
  EXPECT_NE(read(folder / "a.svg").find("slice_scatter"), std::string::npos);
  EXPECT_EQ(read(folder / "a.png").substr(1, 3), "PNG");
  EXPECT_TRUE(read(folder / "a.dot").starts_with("digraph"));
  EXPECT_EQ(messageOf([&] { renderGraph(g, {}, "x.jpg"); }), "x.jpg: unknown extension '.jpg', expected .svg, .png or .dot");
  EXPECT_TRUE(messageOf([&] { renderGraph(g, {}, (folder / "no/where.dot").string()); }).ends_with("cannot be written: No such file or directory"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace graph::layout
