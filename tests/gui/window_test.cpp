// The window's journey without a screen: open, look, apply, type Lua, undo; refusals, canvas, failures.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/gui/screen.h"

namespace app::test {
namespace {

// Two updates: one that may be written in place, one that may not, because `late` reads the old value.
const char* kDump = R"(class GraphModule(torch.nn.Module):
    def forward(self, cache: "f32[8, 4][4, 1]cpu", other: "f32[8, 4][4, 1]cpu", x: "f32[2, 4][4, 1]cpu"):
        # File: model.py:3 in forward, code: cache[:2] = x
        slice_scatter: "f32[8, 4][4, 1]cpu" = torch.ops.aten.slice_scatter.default(cache, x, 0, 0, 2)
        sum_1: "f32[][]cpu" = torch.ops.aten.sum.default(slice_scatter)

        # File: model.py:4 in forward, code: other[2:4] = x
        slice_scatter_1: "f32[8, 4][4, 1]cpu" = torch.ops.aten.slice_scatter.default(other, x, 0, 2, 4);  x = None
        late: "f32[8, 4][4, 1]cpu" = torch.ops.aten.mul.Tensor(other, 2)
        add: "f32[8, 4][4, 1]cpu" = torch.ops.aten.add.Tensor(late, slice_scatter_1);  late = None

        copy_: "f32[8, 4][4, 1]cpu" = torch.ops.aten.copy_.default(cache, slice_scatter);  cache = slice_scatter = copy_ = None
        copy__1: "f32[8, 4][4, 1]cpu" = torch.ops.aten.copy_.default(other, slice_scatter_1);  other = slice_scatter_1 = copy__1 = None
        return (sum_1, add)
)";

std::string allConsole(const Snapshot& s) {
  std::string out;
  for (const auto& line : *s.console) out += line.text + "\n";
  return out;
}

TEST(Window, EmptyAtFirst) {
  Screen screen;
  auto text = screen.text();
  EXPECT_NE(text.find("Open a graph to see what can be done with it."), std::string::npos) << text;
  EXPECT_NE(text.find("no graph open"), std::string::npos) << text;
}

TEST(Window, OpensAndSaysWhatCanBeTaken) {
  Screen screen;
  screen.openText(kDump);
  ASSERT_TRUE(screen.snapshot().facts) << allConsole(screen.snapshot());
  EXPECT_EQ(screen.snapshot().facts->problem, "");
  ASSERT_EQ(screen.snapshot().facts->taken.size(), 1u);
  EXPECT_EQ(screen.snapshot().facts->taken[0].name, "slice_scatter");
  ASSERT_EQ(screen.snapshot().facts->refused.size(), 1u);
  EXPECT_EQ(screen.snapshot().facts->refused[0].rule, "old-value-read-later");
  auto text = screen.text();
  EXPECT_NE(text.find("1 can be taken"), std::string::npos) << text;
  EXPECT_NE(text.find("1 refused"), std::string::npos) << text;
  EXPECT_NE(text.find("old-value-read-later"), std::string::npos) << text;
  EXPECT_NE(text.find("as read"), std::string::npos) << text;
  ASSERT_TRUE(screen.ui->graphPanel().scene());
  EXPECT_TRUE(screen.ui->graphPanel().scene()->scene.box(screen.node("slice_scatter_1")));
}

TEST(Window, ApplyFromTheListThenLuaThenUndo) {
  Screen screen;
  screen.openText(kDump);
  screen.press("Rewrites", {"Apply  F6"});
  screen.settle();
  EXPECT_EQ(screen.snapshot().revision, 1) << allConsole(screen.snapshot());
  EXPECT_FALSE(screen.node("slice_scatter"));
  EXPECT_TRUE(screen.node("slice_scatter_1"));
  ASSERT_EQ(screen.snapshot().chains.size(), 1u);
  EXPECT_EQ(screen.snapshot().chains[0].writes, "cache");
  EXPECT_EQ(screen.snapshot().current()->verified, rewrites::Verified::skipped);   // this test has no backend, and the window says so
  EXPECT_NE(screen.text().find("could not be verified"), std::string::npos);

  screen.runLua("print(6 * 7)");
  EXPECT_NE(allConsole(screen.snapshot()).find("42"), std::string::npos) << allConsole(screen.snapshot());

  screen.key('Z', true);   // the console has the keyboard, but nothing is typed there
  screen.settle();
  EXPECT_EQ(screen.snapshot().revision, 0);
  EXPECT_TRUE(screen.node("slice_scatter"));
  EXPECT_EQ(screen.snapshot().history.size(), 2u);
  screen.key('Y', true);
  screen.settle();
  EXPECT_EQ(screen.snapshot().revision, 1);
}

TEST(Window, OneKeystrokeApplies) {
  Screen screen;
  screen.openText(kDump);
  screen.key(kF6);
  screen.settle();
  EXPECT_EQ(screen.snapshot().revision, 1);
  screen.key('Z', true);
  screen.settle();
  screen.key(kEnter, true);
  screen.settle();
  EXPECT_EQ(screen.snapshot().revision, 2) << "a change after undo is a branch with a number of its own";
  EXPECT_EQ(screen.snapshot().current()->parent, 0);
}

TEST(Window, ClickOnARefusalGoesToItsNode) {
  Screen screen;
  screen.openText(kDump);
  auto id = screen.node("slice_scatter_1");
  auto* decisions = Screen::findWindow("Rewrites/decisions");
  ASSERT_TRUE(decisions);
  screen.press("Rewrites/decisions", {"###refused", "{" + std::to_string(id.value) + "}", "slice_scatter_1"});
  screen.settle();
  EXPECT_EQ(screen.ui->selection().node, id);
  auto p = screen.onCanvas("slice_scatter_1");
  auto& camera = screen.ui->graphPanel().camera();
  EXPECT_GE(p.x, camera.origin.x);
  EXPECT_LE(p.x, camera.origin.x + camera.size.x);
  EXPECT_GE(p.y, camera.origin.y);
  EXPECT_LE(p.y, camera.origin.y + camera.size.y);
  EXPECT_NE(screen.text().find("other"), std::string::npos);
}

TEST(Window, HistoryClickGoesThere) {
  Screen screen;
  screen.openText(kDump);
  screen.key(kF6);
  screen.settle();
  screen.press("History/revisions", {"{0}", "###revision"});
  screen.settle();
  EXPECT_EQ(screen.snapshot().revision, 0);
}

TEST(Window, LuaErrorIsAProblemAndChangesNothing) {
  Screen screen;
  screen.openText(kDump);
  screen.runLua("error('boom')");
  EXPECT_EQ(screen.snapshot().revision, 0);
  ASSERT_FALSE(screen.snapshot().problems.empty());
  EXPECT_NE(screen.snapshot().problems.back().message.find("boom"), std::string::npos);
  EXPECT_NE(screen.text().find("Problems (1)"), std::string::npos);
}

TEST(Window, ConsoleHistoryAndSeveralLines) {
  Screen screen;
  screen.openText(kDump);
  screen.runLua("x = 5");
  screen.runLua("print('x is ' .. x)");
  screen.key(kUp);
  screen.key(kUp);
  screen.key(kDown);
  screen.key(kEnter);
  screen.settle();
  auto console = allConsole(screen.snapshot());
  EXPECT_EQ(screen.ui->console().history().size(), 2u) << "the same line again is kept once";
  EXPECT_NE(console.find("x is 5\nprint('x is ' .. x)\nx is 5"), std::string::npos) << console;
  screen.type("for i = 1, 2 do");
  screen.key(kEnter, true);
  screen.type("print('turn ' .. i) end");
  screen.key(kEnter);
  screen.settle();
  EXPECT_NE(allConsole(screen.snapshot()).find("turn 2"), std::string::npos) << allConsole(screen.snapshot());
}

TEST(Window, TabCompletes) {
  Screen screen;
  screen.openText(kDump);
  screen.focusConsole();
  screen.type("fx.previ");
  screen.key(kTab);
  screen.settle();
  screen.frames(4);
  screen.key(kEnter);
  screen.settle();
  EXPECT_EQ(screen.ui->console().history(), std::vector<std::string>{"fx.preview"});
}

TEST(Window, MissingFileIsAProblem) {
  Screen screen;
  screen.ui->open("/does/not/exist.txt");
  screen.settle();
  ASSERT_EQ(screen.snapshot().problems.size(), 1u);
  EXPECT_NE(screen.snapshot().problems[0].message.find("exist.txt"), std::string::npos);
  EXPECT_FALSE(screen.snapshot().facts);
  EXPECT_NE(screen.text().find("Problems (1)"), std::string::npos);
}

TEST(Window, TimingWithoutABackendSaysWhy) {
  Screen screen;
  screen.openText(kDump);
  screen.key(kF5);
  screen.settle();
  ASSERT_FALSE(screen.snapshot().problems.empty());
  EXPECT_NE(screen.snapshot().problems.back().message.find("no backend in this test"), std::string::npos);
}

TEST(Window, FailedLayoutKeepsThePictureAndSaysWhy) {
  std::atomic<bool> fail{false};
  Screen screen(1600, 1000, [&](const std::string& dot, const std::atomic<bool>&) {
    if (fail) throw graph::layout::LayoutError("the layout worker crashed (signal 11); the old picture stays");
    return graph::layout::placeHere(dot);
  });
  screen.openText(kDump);
  auto before = screen.ui->graphPanel().scene()->scene.boxes.size();
  fail = true;
  screen.ui->selection().select(screen.node("late"));
  screen.key('4');
  screen.settle();
  EXPECT_NE(screen.text().find("the layout worker crashed"), std::string::npos);
  EXPECT_EQ(screen.ui->graphPanel().scene()->scene.boxes.size(), before);
}

TEST(Window, SmallestSizeDraws) {
  Screen screen(500, 320);
  screen.openText(kDump);
  screen.frames(5);
  EXPECT_TRUE(screen.snapshot().facts);
}

TEST(Canvas, ClickSelectsAndEmptySpaceDeselects) {
  Screen screen;
  screen.openText(kDump);
  screen.key(kSpace);
  screen.clickAt(screen.onCanvas("late"));
  EXPECT_EQ(screen.ui->selection().node, screen.node("late"));
  EXPECT_NE(screen.text().find("aten.mul.Tensor"), std::string::npos) << "the inspector shows it";
  auto& camera = screen.ui->graphPanel().camera();
  screen.clickAt({camera.origin.x + 5, camera.origin.y + 5});
  EXPECT_FALSE(screen.ui->selection().node);
}

TEST(Canvas, DragPansAndWheelZoomsAboutTheCursor) {
  Screen screen;
  screen.openText(kDump);
  auto& camera = screen.ui->graphPanel().camera();
  auto before = screen.onCanvas("late");
  ImVec2 corner{camera.origin.x + 20, camera.origin.y + 20};
  screen.drag(corner, {corner.x + 60, corner.y + 40});
  auto after = screen.onCanvas("late");
  EXPECT_NEAR(after.x - before.x, 60, 2);
  EXPECT_NEAR(after.y - before.y, 40, 2);
  ImVec2 cursor{camera.origin.x + 200, camera.origin.y + 150};
  auto world = camera.toWorld(cursor);
  auto zoom = camera.zoom;
  screen.wheel(cursor, 3);
  EXPECT_GT(camera.zoom, zoom);
  auto same = camera.toWorld(cursor);
  EXPECT_NEAR(same.x, world.x, 0.5);
  EXPECT_NEAR(same.y, world.y, 0.5);
}

TEST(Canvas, DoubleClickShowsTheNeighbourhoodSpaceFits) {
  Screen screen;
  screen.openText(kDump);
  screen.key(kSpace);
  screen.doubleClickAt(screen.onCanvas("late"));
  screen.settle();
  EXPECT_EQ(screen.ui->graphPanel().spec().kind, graph::layout::ViewSpec::Kind::around);
  EXPECT_EQ(screen.ui->graphPanel().spec().node, screen.node("late"));
  auto& camera = screen.ui->graphPanel().camera();
  screen.wheel({camera.origin.x + 100, camera.origin.y + 100}, 12);
  screen.key(kSpace);
  const auto& scene = screen.ui->graphPanel().scene()->scene;
  EXPECT_TRUE(camera.seesWhole({0, 0, scene.width, scene.height}));
}

}  // namespace
}  // namespace app::test
