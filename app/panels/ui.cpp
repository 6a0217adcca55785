#include "app/panels/ui.h"

#include <imgui_stdlib.h>

#include <algorithm>

#include <fmt/format.h>

namespace app {

Ui::Ui(EngineThread& engine, LayoutThread& layout, const Fonts& fonts, float scale, const std::string& firstView, bool dark)
    : engine_(engine),
      layout_(layout),
      requests_(engine),
      theme_(makeTheme(dark, scale, fonts)),
      snapshot_(engine.snapshot()),
      graph_(layout, firstView),
      leftWidth_(330 * scale),
      rightWidth_(390 * scale),
      lowerHeight_(280 * scale) {}

bool Ui::settled() const {
  return engine_.status().idle() && snapshot_ == engine_.snapshot() && graph_.settled() && !selection_.reveal && !showcase_;
}

void Ui::open(const std::string& path) { requests_.open(path); }

void Ui::frame() {
  auto latest = engine_.snapshot();
  if (latest->file != snapshot_->file || latest->graphName != snapshot_->graphName) {
    selection_ = Selection{.changes = selection_.changes + 1, .rewrite = selection_.rewrite};
    problemsSeen_ = 0;
  }
  snapshot_ = latest;
  Context context{*snapshot_, selection_, requests_, theme_, [this](Action a) { perform(a); }, [this](Action a) { return enabled(a); }};
  context_ = &context;
  announceProblems();
  graph_.update(context);
  if (showcase_) graph_.showcase(context), showcase_ = false;
  keys();
  menu();
  float status = ImGui::GetFrameHeight() + 4 * theme_.scale;
  panels(ImGui::GetFrameHeight(), status);
  statusLine(status);
  openDialog();
  context_ = nullptr;
}

// --- actions ----------------------------------------------------------------------------------------------------------------------

bool Ui::enabled(Action action) const {
  bool open = snapshot_->facts != nullptr;
  switch (action) {
    case Action::undo: return snapshot_->canUndo;
    case Action::redo: return snapshot_->canRedo;
    case Action::apply: return open && !selection_.rewrite.empty();
    case Action::stop: return !engine_.status().idle() || layout_.busy();
    case Action::viewLayer: case Action::previousLayer: case Action::nextLayer: return open && !snapshot_->facts->folding.layers.empty();
    case Action::viewAround: return open && selection_.node && snapshot_->facts->graph->contains(selection_.node);
    case Action::verify: return open && snapshot_->revision != 0;
    case Action::time: case Action::fit: case Action::viewFolded: case Action::viewWhole: return open;
    default: return true;
  }
}

void Ui::perform(Action action) {
  if (!enabled(action)) return;
  using Kind = graph::layout::ViewSpec::Kind;
  switch (action) {
    case Action::open: openDialog_ = true; break;
    case Action::quit: quit_ = true; break;
    case Action::undo: requests_.undo(); break;
    case Action::redo: requests_.redo(); break;
    case Action::apply: requests_.apply(selection_.rewrite); break;
    case Action::verify: requests_.verify(); break;
    case Action::time: requests_.time(); break;
    case Action::stop: requests_.stop(), layout_.stop(); break;
    case Action::fit: graph_.fit(); break;
    case Action::viewLayer: if (context_) graph_.showLayer(*context_, 0); break;
    case Action::previousLayer: if (context_) graph_.showLayer(*context_, -1); break;
    case Action::nextLayer: if (context_) graph_.showLayer(*context_, 1); break;
    case Action::viewFolded: if (context_) graph_.show(*context_, {.kind = Kind::folded}); break;
    case Action::viewWhole: if (context_) graph_.show(*context_, {.kind = Kind::whole}); break;
    case Action::viewAround: if (context_) graph_.showAround(*context_, selection_.node); break;
    case Action::focusConsole: console_.focus(); break;
    case Action::theme: theme_ = makeTheme(!theme_.dark, theme_.scale, theme_.fonts); break;
  }
}

namespace {

/// GLFW's key codes index KeysDown in Dear ImGui before 1.87; later versions have names of their own.
bool pressed(int key) {
#if IMGUI_VERSION_NUM >= 18700
  ImGuiKey named = ImGuiKey_None;
  if (key >= 'A' && key <= 'Z') named = static_cast<ImGuiKey>(ImGuiKey_A + (key - 'A'));
  else if (key >= '0' && key <= '9') named = static_cast<ImGuiKey>(ImGuiKey_0 + (key - '0'));
  else if (key >= 290 && key <= 301) named = static_cast<ImGuiKey>(ImGuiKey_F1 + (key - 290));
  else if (key == 32) named = ImGuiKey_Space;
  else if (key == 44) named = ImGuiKey_Comma;
  else if (key == 46) named = ImGuiKey_Period;
  else if (key == 256) named = ImGuiKey_Escape;
  else if (key == 257) named = ImGuiKey_Enter;
  return named != ImGuiKey_None && ImGui::IsKeyPressed(named, false);
#else
  return ImGui::IsKeyPressed(key, false);
#endif
}

}  // namespace

void Ui::keys() {
  auto& io = ImGui::GetIO();
  for (const auto& entry : actions())
    for (const auto& shortcut : entry.shortcuts) {
      if (!shortcut.key || shortcut.ctrl != io.KeyCtrl || io.KeyAlt) continue;
      bool letter = shortcut.key >= 'A' && shortcut.key <= 'Z';
      if (io.WantTextInput && !shortcut.always && !(letter && console_.idle())) continue;
      if (pressed(shortcut.key)) return perform(entry.action);
    }
}

void Ui::menu() {
  if (!ImGui::BeginMainMenuBar()) return;
  const char* open = nullptr;
  bool shown = false;
  for (const auto& entry : actions()) {
    if (!open || std::string_view(open) != entry.menu) {
      if (shown) ImGui::EndMenu();
      open = entry.menu;
      shown = ImGui::BeginMenu(open);
    }
    if (!shown) continue;
    if (ImGui::MenuItem(entry.label, entry.keys, false, enabled(entry.action))) perform(entry.action);
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s", entry.tooltip);
  }
  if (shown) ImGui::EndMenu();
  if (!snapshot_->file.empty()) {
    auto text = fmt::format("{}   ·   {} nodes   ·   revision {}", snapshot_->file, snapshot_->graph() ? snapshot_->graph()->size() : 0, snapshot_->revision);
    float width = ImGui::CalcTextSize(text.c_str()).x;
    ImGui::SameLine(std::max(ImGui::GetCursorPosX() + 20, (ImGui::GetWindowWidth() - width) / 2));
    ImGui::TextDisabled("%s", text.c_str());
  }
  ImGui::EndMainMenuBar();
}

void Ui::openDialog() {
  if (openDialog_) ImGui::OpenPopup("Open a graph");
  bool appearing = openDialog_;
  openDialog_ = false;
  auto display = ImGui::GetIO().DisplaySize;
  ImGui::SetNextWindowPos({display.x / 2, display.y / 3}, ImGuiCond_Always, {0.5f, 0.5f});
  if (!ImGui::BeginPopupModal("Open a graph", nullptr, ImGuiWindowFlags_AlwaysAutoResize)) return;
  ImGui::TextDisabled("A dump that PyTorch printed. Dropping a file on the window does the same.");
  ImGui::SetNextItemWidth(560 * theme_.scale);
  if (appearing) ImGui::SetKeyboardFocusHere();
  bool entered = ImGui::InputText("##path", &path_, ImGuiInputTextFlags_EnterReturnsTrue);
  if ((ImGui::Button("Open") || entered) && !path_.empty()) {
    requests_.open(path_);
    ImGui::CloseCurrentPopup();
  }
  ImGui::SameLine();
  if (ImGui::Button("Cancel") || pressed(256)) ImGui::CloseCurrentPopup();
  ImGui::EndPopup();
}

// --- panels -----------------------------------------------------------------------------------------------------------------------

bool Ui::begin(const char* name, float x, float y, float width, float height) {
  if (beforePanel_) beforePanel_();
  ImGui::SetNextWindowPos({x, y});
  ImGui::SetNextWindowSize({std::max(width, 40.f), std::max(height, 40.f)});
  return ImGui::Begin(name, nullptr,
                      ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoCollapse |
                          ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoBringToFrontOnFocus);
}

/// A strip between two panels that can be dragged.
void Ui::splitter(const char* id, float& value, float low, float high, ImVec2 at, ImVec2 size, bool vertical) {
  ImGui::SetNextWindowPos(at);
  ImGui::SetNextWindowSize(size);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {0, 0});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, {1, 1});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0);
  ImGui::Begin(id, nullptr, ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoBackground | ImGuiWindowFlags_NoNav);
  ImGui::InvisibleButton("##drag", size);
  bool used = ImGui::IsItemActive();
  if (used) value = std::clamp(value + (vertical ? ImGui::GetIO().MouseDelta.x : ImGui::GetIO().MouseDelta.y) * (low < 0 ? -1.f : 1.f), std::abs(low), high);
  if (used || ImGui::IsItemHovered()) {
    ImGui::SetMouseCursor(vertical ? ImGuiMouseCursor_ResizeEW : ImGuiMouseCursor_ResizeNS);
    ImGui::GetWindowDrawList()->AddRectFilled(at, {at.x + size.x, at.y + size.y}, theme_.accent & 0x80FFFFFF);
  }
  ImGui::End();
  ImGui::PopStyleVar(3);
}

void Ui::panels(float top, float bottom) {
  auto size = ImGui::GetIO().DisplaySize;
  float s = theme_.scale;
  leftWidth_ = std::min(leftWidth_, size.x * 0.4f), rightWidth_ = std::min(rightWidth_, size.x * 0.4f);
  lowerHeight_ = std::min(lowerHeight_, size.y * 0.6f);
  float height = size.y - top - bottom - lowerHeight_;
  left(0, top, leftWidth_, height);
  middle(leftWidth_, top, size.x - leftWidth_ - rightWidth_, height);
  right(size.x - rightWidth_, top, rightWidth_, height);
  lower(top + height, lowerHeight_);
  // A negative lower bound: the value grows when the strip moves left or up.
  splitter("##leftSplitter", leftWidth_, 180 * s, size.x * 0.4f, {leftWidth_ - 3 * s, top}, {6 * s, height}, true);
  splitter("##rightSplitter", rightWidth_, -180 * s, size.x * 0.4f, {size.x - rightWidth_ - 3 * s, top}, {6 * s, height}, true);
  splitter("##lowerSplitter", lowerHeight_, -110 * s, size.y * 0.6f, {0, top + height - 3 * s}, {size.x, 6 * s}, false);
}

void Ui::left(float x, float y, float width, float height) {
  if (begin("Rewrites", x, y, width, height * leftSplit_)) rewrites_.draw(*context_);
  ImGui::End();
  if (begin("History", x, y + height * leftSplit_, width, height * (1 - leftSplit_))) history_.draw(*context_);
  ImGui::End();
}

void Ui::middle(float x, float y, float width, float height) {
  if (begin("Graph", x, y, width, height)) graph_.draw(*context_);
  ImGui::End();
}

void Ui::right(float x, float y, float width, float height) {
  if (begin("Inspector", x, y, width, height * rightSplit_)) inspector_.draw(*context_);
  ImGui::End();
  if (begin("Timing", x, y + height * rightSplit_, width, height * (1 - rightSplit_))) timing_.draw(*context_);
  ImGui::End();
}

void Ui::lower(float y, float height) {
  float width = ImGui::GetIO().DisplaySize.x;
  if (begin("Console", 0, y, width * lowerSplit_, height) && ImGui::BeginTabBar("tabs")) {
    if (ImGui::BeginTabItem("Lua console")) {
      console_.draw(*context_);
      ImGui::EndTabItem();
    }
    auto label = snapshot_->problems.empty() ? std::string("Problems###problems") : fmt::format("Problems ({})###problems", snapshot_->problems.size());
    if (ImGui::BeginTabItem(label.c_str(), nullptr, showProblems_ ? ImGuiTabItemFlags_SetSelected : 0)) {
      problems_.draw(*context_);
      ImGui::EndTabItem();
    }
    showProblems_ = false;
    ImGui::EndTabBar();
  }
  ImGui::End();
  if (begin("Source", width * lowerSplit_, y, width * (1 - lowerSplit_), height)) source_.draw(*context_);
  ImGui::End();
}

/// The Problems tab comes forward when a file could not be read without errors; console errors are in the console already.
void Ui::announceProblems() {
  auto count = snapshot_->problems.size();
  if (count > problemsSeen_ && !snapshot_->facts) showProblems_ = true;
  problemsSeen_ = count;
}

}  // namespace app
