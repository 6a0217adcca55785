// GLFW and OpenGL: the only file that knows the window system.
//
// Draws when something happens (input, a finished job, a finished layout) and rests otherwise. UI thread = main thread.
#include "app/window.h"

#include <imgui.h>

// clang-format off
#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_opengl3.h>
// clang-format on

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <thread>

#include "app/panels/ui.h"
#include "app/screenshot.h"
#include "app/torch_module.h"
#include "app/window_keys.h"

namespace app {
namespace {

std::string glfwMessage;

/// GLFW itself, a window with a context, Dear ImGui on top; taken down in reverse.
class Screen {
 public:
  Screen(int width, int height, bool visible) {
    glfwSetErrorCallback([](int, const char* text) { glfwMessage = text; });
    if (!glfwInit()) throw std::runtime_error("no window can be opened: " + glfwMessage);
    glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
    glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 0);
    glfwWindowHint(GLFW_SCALE_TO_MONITOR, GLFW_TRUE);
    glfwWindowHint(GLFW_VISIBLE, visible);
    window_ = glfwCreateWindow(width, height, "fxloom", nullptr, nullptr);
    if (!window_) {
      glfwTerminate();
      throw std::runtime_error("no window can be opened: " + glfwMessage);
    }
    glfwMakeContextCurrent(window_);
    glfwSwapInterval(1);
    ImGui::CreateContext();
    auto& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
    ImGui_ImplGlfw_InitForOpenGL(window_, true);
    queueKeys(window_);
    ImGui_ImplOpenGL3_Init("#version 130");
    float x = 1, y = 1;
    glfwGetWindowContentScale(window_, &x, &y);
    scale_ = x > 0 ? x : 1;
  }
  ~Screen() {
    ImGui_ImplOpenGL3_Shutdown();
    ImGui_ImplGlfw_Shutdown();
    ImGui::DestroyContext();
    glfwDestroyWindow(window_);
    glfwTerminate();
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  GLFWwindow* window() const { return window_; }
  float scale() const { return scale_; }

  /// True when a key event still waits for the next frame.
  bool draw(Ui& ui) {
    bool more = pumpKeys();
    ImGui_ImplOpenGL3_NewFrame();
    ImGui_ImplGlfw_NewFrame();
    ImGui::NewFrame();
    ui.frame();
    ImGui::Render();
    int width = 0, height = 0;
    glfwGetFramebufferSize(window_, &width, &height);
    glViewport(0, 0, width, height);
    glClearColor(0.08f, 0.09f, 0.11f, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
    return more;
  }

  void save(const std::string& path) {
    int width = 0, height = 0;
    glfwGetFramebufferSize(window_, &width, &height);
    std::vector<uint8_t> pixels(static_cast<size_t>(width) * static_cast<size_t>(height) * 4);
    glPixelStorei(GL_PACK_ALIGNMENT, 1);
    glReadPixels(0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE, pixels.data());
    for (size_t i = 3; i < pixels.size(); i += 4) pixels[i] = 255;
    savePng(path, pixels, width, height, true);
  }

 private:
  GLFWwindow* window_ = nullptr;
  float scale_ = 1;
};

std::unique_ptr<EngineThread> makeEngine(const WindowOptions& options) {
  WorkspaceOptions o;
  o.backend = []() -> graph::run::Backend& { return torchBackend(); };
  o.openedBackend = [] { return openedBackend(); };
  o.scriptFolders = options.scriptFolders;
  o.device = options.device;
  return std::make_unique<EngineThread>(std::move(o), [] { glfwPostEmptyEvent(); });
}

/// Draws until everything has settled for some frames; gives up after `seconds` with false.
bool drawUntilSettled(Screen& screen, Ui& ui, double seconds) {
  auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  int calm = 0;
  while (calm < 4) {
    if (std::chrono::steady_clock::now() > end) return false;
    glfwPollEvents();
    screen.draw(ui);
    glfwSwapBuffers(screen.window());
    calm = ui.settled() ? calm + 1 : 0;
    if (!calm) std::this_thread::sleep_for(std::chrono::milliseconds(15));
  }
  screen.draw(ui);   // the picture is read from the back buffer, before it is swapped
  return true;
}

int takeScreenshot(Screen& screen, Ui& ui, const WindowOptions& options) {
  bool settled = drawUntilSettled(screen, ui, 300);
  ui.showcase();
  settled = drawUntilSettled(screen, ui, 60) && settled;
  if (!settled) std::fprintf(stderr, "fxloom: the window did not settle within 300 seconds; the picture shows it as it is\n");
  screen.save(options.screenshot);
  const auto& s = ui.snapshot();
  if (!options.file.empty() && !s.facts) {
    for (const auto& problem : s.problems) std::fprintf(stderr, "%s\n", problem.message.c_str());
    return 3;
  }
  return settled ? 0 : 3;
}

int mainLoop(Screen& screen, Ui& ui, EngineThread& engine, LayoutThread& layout) {
  glfwSetWindowUserPointer(screen.window(), &ui);
  glfwSetDropCallback(screen.window(), [](GLFWwindow* window, int count, const char** paths) {
    if (count > 0) static_cast<Ui*>(glfwGetWindowUserPointer(window))->open(paths[0]);
  });
  // After input some frames more are drawn, so that what one frame caused is shown by the next.
  int frames = 10;
  std::string title;
  while (!glfwWindowShouldClose(screen.window()) && !ui.wantsQuit()) {
    bool busy = !engine.status().idle() || layout.busy();
    if (frames > 0) glfwPollEvents(), --frames;
    else {
      glfwWaitEventsTimeout(busy ? 0.05 : 0.5);
      frames = 4;
    }
    if (screen.draw(ui)) frames = 4;
    glfwSwapBuffers(screen.window());
    auto name = std::filesystem::path(ui.snapshot().file).filename().string();
    auto wanted = name.empty() ? std::string("fxloom") : name + " — fxloom";
    if (wanted != title) glfwSetWindowTitle(screen.window(), wanted.c_str()), title = wanted;
  }
  return 0;
}

}  // namespace

int runWindow(const WindowOptions& options) {
  try {
    Screen screen(options.width, options.height, options.screenshot.empty());
    auto fonts = loadFonts(screen.scale());
    auto engine = makeEngine(options);
    LayoutThread layout([](const std::string& dot, const std::atomic<bool>& stop) { return graph::layout::placeInChild(dot, {}, &stop); },
                        [] { glfwPostEmptyEvent(); });
    Ui ui(*engine, layout, fonts, screen.scale(), options.view);
    Requests requests(*engine);
    if (!options.file.empty()) requests.open(options.file, options.graph);
    if (!options.lua.empty()) requests.runScript(options.lua);
    return options.screenshot.empty() ? mainLoop(screen, ui, *engine, layout) : takeScreenshot(screen, ui, options);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "fxloom: %s\n", e.what());
    return 3;
  }
}

}  // namespace app
