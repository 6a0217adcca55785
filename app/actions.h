// Every action of the window in one table: menu, label, shortcut, tooltip. Menus, keys and buttons read it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace app {

enum class Action : uint8_t {
  open, quit, undo, redo, apply, verify, time, stop, fit, viewLayer, previousLayer, nextLayer, viewFolded, viewWhole, viewAround, focusConsole, theme,
};

/// A key by its GLFW code (the window system's, so that F keys exist in every version of Dear ImGui).
struct Shortcut {
  int key = 0;          // 0: none
  bool ctrl = false;
  bool always = false;  // also while a text field has the keyboard
};

struct ActionInfo {
  Action action;
  const char* menu;
  const char* label;
  const char* keys;     // as the menu shows them
  const char* tooltip;
  std::array<Shortcut, 2> shortcuts;
};

std::span<const ActionInfo> actions();
const ActionInfo& info(Action action);

}  // namespace app
