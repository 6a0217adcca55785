// A window without a screen: the whole UI on Dear ImGui with a fake mouse and keyboard.
//
// The only test file that uses Dear ImGui's internals (1.86). Clicks go by label: "Window/Label"; a child window made by BeginChild
// is a part of its own ("Rewrites/decisions/…"); {n} is PushID(int) n.
#pragma once

#include <imgui.h>
#include <imgui_internal.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "app/panels/ui.h"

namespace app::test {

enum Keys : int { kEnter = 257, kTab = 258, kUp = 265, kDown = 264, kF5 = 294, kF6 = 295, kSpace = 32 };   // GLFW's codes

class Screen {
 public:
  explicit Screen(float width = 1600, float height = 1000, LayoutThread::Place place = {}, const std::string& view = "")
      : engine(options()), layout(place ? std::move(place) : here()) {
    ImGui::CreateContext();
    auto& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.DisplaySize = {width, height};
    io.DeltaTime = 1.f / 60;
    io.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
    const std::pair<int, int> map[] = {{ImGuiKey_Tab, kTab}, {ImGuiKey_UpArrow, kUp}, {ImGuiKey_DownArrow, kDown}, {ImGuiKey_LeftArrow, 263}, {ImGuiKey_RightArrow, 262},
                                       {ImGuiKey_Home, 268}, {ImGuiKey_End, 269}, {ImGuiKey_Delete, 261}, {ImGuiKey_Backspace, 259}, {ImGuiKey_Space, kSpace},
                                       {ImGuiKey_Enter, kEnter}, {ImGuiKey_Escape, 256}, {ImGuiKey_A, 'A'}, {ImGuiKey_C, 'C'}, {ImGuiKey_V, 'V'}, {ImGuiKey_X, 'X'},
                                       {ImGuiKey_Y, 'Y'}, {ImGuiKey_Z, 'Z'}};
    for (int i = 0; i < ImGuiKey_COUNT; ++i) io.KeyMap[i] = -1;
    for (auto [named, code] : map) io.KeyMap[named] = code;
    auto fonts = loadFonts(1);
    unsigned char* pixels = nullptr;
    int w = 0, h = 0;
    io.Fonts->GetTexDataAsRGBA32(&pixels, &w, &h);
    ui = std::make_unique<Ui>(engine, layout, fonts, 1.f, view);
    frame();
  }
  ~Screen() {
    ui.reset();
    ImGui::DestroyContext();
  }

  void frame() {
    ImGui::NewFrame();
    ui->frame();
    ImGui::Render();
  }
  void frames(int count) {
    while (count-- > 0) frame();
  }
  /// Draws until engine, layout and picture agree.
  void settle() {
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    for (int calm = 0; calm < 4;) {
      frame();
      calm = ui->settled() ? calm + 1 : 0;
      if (!calm) std::this_thread::sleep_for(std::chrono::milliseconds(2));
      if (std::chrono::steady_clock::now() > end) throw std::runtime_error("the window does not settle");
    }
  }
  void openText(const std::string& text, const std::string& name = "test.txt") {
    engine.post("open", [=](Workspace& w) { w.openText(text, name); });
    settle();
  }

  // --- mouse ------------------------------------------------------------------------------------------------------------
  void moveTo(ImVec2 p) { ImGui::GetIO().MousePos = p, frame(); }
  void mouse(bool down, int button = 0) { ImGui::GetIO().MouseDown[button] = down, frame(); }
  void clickAt(ImVec2 p) { moveTo(p), moveTo(p), mouse(true), mouse(false), frames(2); }
  void doubleClickAt(ImVec2 p) { moveTo(p), moveTo(p), mouse(true), mouse(false), mouse(true), mouse(false), frames(2); }
  void drag(ImVec2 from, ImVec2 to) {
    moveTo(from), moveTo(from), mouse(true);
    for (int i = 1; i <= 10; ++i) moveTo({from.x + (to.x - from.x) * static_cast<float>(i) / 10, from.y + (to.y - from.y) * static_cast<float>(i) / 10});
    mouse(false), frame();
  }
  void wheel(ImVec2 at, float steps) {
    moveTo(at), moveTo(at);
    ImGui::GetIO().MouseWheel = steps;
    frame();
    ImGui::GetIO().MouseWheel = 0;
    frame();
  }
  /// The middle of a node's box on the canvas.
  ImVec2 onCanvas(const std::string& node) {
    const auto& s = *ui->graphPanel().scene();
    auto* box = s.scene.box(s.facts->graph->find(node));
    if (!box) throw std::runtime_error(node + " is not on the canvas");
    return ui->graphPanel().camera().toScreen({box->rect.x + box->rect.width / 2, box->rect.y + box->rect.height / 2});
  }

  // --- keyboard -----------------------------------------------------------------------------------------------------------
  void key(int code, bool ctrl = false) {
    auto& io = ImGui::GetIO();
    io.KeyCtrl = ctrl;
    io.KeysDown[code] = true;
    frame();
    io.KeysDown[code] = false;
    io.KeyCtrl = false;
    frames(2);
  }
  void type(const std::string& text) {
    ImGui::GetIO().AddInputCharactersUTF8(text.c_str());
    frames(2);
  }
  void focusConsole() {
    ui->perform(Action::focusConsole);
    frames(3);
  }
  void runLua(const std::string& line) {
    focusConsole();
    type(line);
    key(kEnter);
    settle();
  }

  // --- by label -------------------------------------------------------------------------------------------------------------
  /// Presses an item: the window's name (children as Dear ImGui names them are found by prefix), then labels and ids.
  void press(const std::string& window, const std::vector<std::string>& path) {
    auto* w = findWindow(window);
    ImGuiID id = w->ID;
    for (const auto& part : path) {
      if (part.size() > 2 && part.front() == '{') {
        int n = std::stoi(part.substr(1));
        id = ImHashData(&n, sizeof n, id);
      } else {
        id = ImHashStr(part.c_str(), 0, id);
      }
    }
    ImGui::ActivateItem(id);
    frames(3);
  }
  static ImGuiWindow* findWindow(const std::string& name) {
    for (auto* w : ImGui::GetCurrentContext()->Windows)
      if (name == w->Name || std::string(w->Name).rfind(name + "_", 0) == 0) return w;
    throw std::runtime_error("no window is called " + name);
  }
  /// What is drawn by Dear ImGui's own text functions in this frame.
  std::string text() {
    auto& io = ImGui::GetIO();
    static std::string taken;
    taken.clear();
    io.SetClipboardTextFn = [](void*, const char* t) { taken += t; };
    ui->watchPanels([] { ImGui::LogToClipboard(); });   // the end of each window ends a log
    frame();
    ui->watchPanels({});
    ImGui::LogFinish();
    return taken;
  }

  const Snapshot& snapshot() const { return ui->snapshot(); }
  NodeId node(const std::string& name) const { return ui->snapshot().graph()->find(name); }

  EngineThread engine;
  LayoutThread layout;
  std::unique_ptr<Ui> ui;

 private:
  static WorkspaceOptions options() {
    WorkspaceOptions o;
    o.backend = []() -> graph::run::Backend& { throw std::runtime_error("no backend in this test"); };
    o.scriptFolders = {std::string(FXLOOM_SOURCE_DIR) + "/scripts"};
    return o;
  }
  static LayoutThread::Place here() {
    return [](const std::string& dot, const std::atomic<bool>&) { return graph::layout::placeHere(dot); };
  }
};

}  // namespace app::test
