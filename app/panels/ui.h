// All panels, the menu, the status line and the actions: everything between two calls of the window system.
//
// Knows Dear ImGui, not GLFW, so that tests draw it without a screen. UI thread. A frame reads the latest snapshot and posts requests;
// it never waits for the engine or for a layout.
#pragma once

#include <functional>
#include <string>

#include "app/engine_thread.h"
#include "app/layout_thread.h"
#include "app/panels/console_panel.h"
#include "app/panels/graph_panel.h"
#include "app/panels/history_panel.h"
#include "app/panels/inspector_panel.h"
#include "app/panels/problems_panel.h"
#include "app/panels/rewrites_panel.h"
#include "app/panels/source_panel.h"
#include "app/panels/timing_panel.h"

namespace app {

class Ui {
 public:
  Ui(EngineThread& engine, LayoutThread& layout, const Fonts& fonts, float scale, const std::string& firstView = "", bool dark = true);

  /// Draws one frame, between ImGui::NewFrame and ImGui::Render.
  void frame();
  void open(const std::string& path);            // a dropped file
  /// Called before each panel is drawn: a test reads the panels' text with it.
  void watchPanels(std::function<void()> watch) { beforePanel_ = std::move(watch); }
  void showcase() { showcase_ = true; }          // the next frame selects and centres what is most worth a look
  bool wantsQuit() const { return quit_; }
  /// Nothing runs, nothing is queued, and what is on screen is up to date.
  bool settled() const;

  void perform(Action action);
  bool enabled(Action action) const;
  Selection& selection() { return selection_; }
  GraphPanel& graphPanel() { return graph_; }
  ConsolePanel& console() { return console_; }
  const Snapshot& snapshot() const { return *snapshot_; }
  const Theme& theme() const { return theme_; }

 private:
  void keys();
  void menu();
  void openDialog();
  void panels(float top, float bottom);
  void left(float x, float y, float width, float height);
  void middle(float x, float y, float width, float height);
  void right(float x, float y, float width, float height);
  void lower(float y, float height);
  void statusLine(float height);
  bool begin(const char* name, float x, float y, float width, float height);
  void splitter(const char* id, float& value, float low, float high, ImVec2 at, ImVec2 size, bool vertical);
  void announceProblems();

  EngineThread& engine_;
  LayoutThread& layout_;
  Requests requests_;
  Theme theme_;
  Selection selection_;
  std::shared_ptr<const Snapshot> snapshot_;
  Context* context_ = nullptr;                   // during frame() only
  RewritesPanel rewrites_;
  HistoryPanel history_;
  GraphPanel graph_;
  InspectorPanel inspector_;
  TimingPanel timing_;
  ConsolePanel console_;
  ProblemsPanel problems_;
  SourcePanel source_;
  float leftWidth_, rightWidth_, lowerHeight_;
  float leftSplit_ = 0.66f, rightSplit_ = 0.68f, lowerSplit_ = 0.42f;
  std::function<void()> beforePanel_;
  std::string path_;
  bool openDialog_ = false, quit_ = false, showProblems_ = false, showcase_ = false;
  size_t problemsSeen_ = 0;
};

}  // namespace app
