// Colours and fonts of the window, dark and light. Kinds of nodes keep the colours of graph/layout/palette.h.
#pragma once

#include <imgui.h>

#include <array>
#include <vector>

#include "graph/layout/label.h"

namespace app {

struct Fonts {
  ImFont* sans = nullptr;
  ImFont* bold = nullptr;
  ImFont* mono = nullptr;
  std::vector<ImFont*> canvas;   // monospaced, by size: text on the canvas is drawn at the size of one of them, never scaled

  /// The largest canvas font of at most `size` pixels; null when even the smallest is larger.
  ImFont* fitting(float size) const;
};

struct Theme {
  bool dark = true;
  float scale = 1;               // pixels per point
  Fonts fonts;
  ImU32 canvas = 0, grid = 0, text = 0, dim = 0, frame = 0, edge = 0;
  ImU32 taken = 0, refused = 0, selection = 0, storage = 0, error = 0, warning = 0, good = 0, accent = 0, line = 0;
  std::array<ImU32, 7> kind{};   // by graph::layout::Kind
  std::array<ImU32, 7> tint{};

  ImU32 of(graph::layout::Kind k) const { return kind[static_cast<size_t>(k)]; }
  ImU32 tintOf(graph::layout::Kind k) const { return tint[static_cast<size_t>(k)]; }
};

/// DejaVu where it is installed, else Dear ImGui's own font. Call once, before the first frame.
Fonts loadFonts(float scale);
/// Sets Dear ImGui's style and returns the colours.
Theme makeTheme(bool dark, float scale, const Fonts& fonts);
ImVec4 vec(ImU32 colour);

}  // namespace app
