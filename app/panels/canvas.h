// The graph's canvas: where it is panned and zoomed to, what lies under the cursor, and how a scene is painted.
//
// World coordinates are the scene's points; screen coordinates are pixels.
#pragma once

#include <imgui.h>

#include <unordered_set>

#include "app/panels/theme.h"
#include "graph/layout/scene.h"

namespace app {

struct Camera {
  ImVec2 origin{0, 0};     // screen position of the panel's top left corner
  ImVec2 size{0, 0};       // of the panel
  ImVec2 pan{0, 0};        // world point at the top left corner
  float zoom = 1;          // pixels per point

  ImVec2 toScreen(graph::layout::Point p) const { return {origin.x + (p.x - pan.x) * zoom, origin.y + (p.y - pan.y) * zoom}; }
  graph::layout::Point toWorld(ImVec2 p) const { return {(p.x - origin.x) / zoom + pan.x, (p.y - origin.y) / zoom + pan.y}; }
  /// Zooms by `factor`, keeping the world point under `cursor` where it is.
  void zoomAbout(ImVec2 cursor, float factor, float scale);
  /// The whole scene, at most at natural size.
  void fit(const graph::layout::Scene& scene, float scale);
  void centre(const graph::layout::Rect& rect);
  bool sees(const graph::layout::Rect& rect) const;          // any part of it
  bool seesWhole(const graph::layout::Rect& rect) const;
};

/// The box under a screen point; null when there is none.
const graph::layout::SceneBox* hit(const graph::layout::Scene& scene, const Camera& camera, ImVec2 point);

struct Highlights {
  using NodeId = graph::ir::NodeId;
  NodeId selected;
  const graph::layout::SceneBox* hovered = nullptr;
  std::unordered_set<NodeId> storage;                        // values that share the selected one's buffer
};

void paint(ImDrawList& list, const graph::layout::Scene& scene, const Camera& camera, const Theme& theme, const Highlights& highlights);

}  // namespace app
