#include "app/window_keys.h"

// clang-format off
#include <GLFW/glfw3.h>
// clang-format on

#include <algorithm>
#include <deque>
#include <vector>

namespace app {
namespace {

struct Event {
  GLFWwindow* window;
  int key, scancode, action, mods;
};
// GLFW's callbacks carry no context of their own, and there is one window.
std::deque<Event> waiting;
GLFWkeyfun next = nullptr;

}  // namespace

void queueKeys(GLFWwindow* window) {
  waiting.clear();
  next = glfwSetKeyCallback(window, [](GLFWwindow* w, int key, int scancode, int action, int mods) { waiting.push_back({w, key, scancode, action, mods}); });
}

bool pumpKeys() {
  std::vector<int> pressed;
  while (!waiting.empty()) {
    auto event = waiting.front();
    if (event.action == GLFW_RELEASE && std::find(pressed.begin(), pressed.end(), event.key) != pressed.end()) return true;
    waiting.pop_front();
    if (event.action == GLFW_PRESS) pressed.push_back(event.key);
    if (next) next(event.window, event.key, event.scancode, event.action, event.mods);
  }
  return false;
}

}  // namespace app
