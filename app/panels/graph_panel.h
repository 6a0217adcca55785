// The graph: asks the layout thread for scenes, keeps the old one meanwhile, pans, zooms, selects.
#pragma once

#include <memory>
#include <string>

#include "app/layout_thread.h"
#include "app/panels/canvas.h"
#include "app/panels/context.h"

namespace app {

class GraphPanel {
 public:
  /// `first`: what to show when a graph is opened, in ViewSpec's words; empty for its own choice.
  GraphPanel(LayoutThread& layout, std::string first) : layout_(layout), wanted_(std::move(first)) {}

  void draw(Context& context);
  /// Before drawing: follows a new graph, a new revision, a selection that must be shown, and finished layouts.
  void update(Context& context);

  void show(Context& context, const graph::layout::ViewSpec& spec);
  void showLayer(Context& context, int step);          // 0: the first or the current one, else that many on
  void showAround(Context& context, NodeId node);
  void fit() { fit_ = true; }
  /// Selects and centres what is most worth a look: for pictures.
  void showcase(Context& context);
  bool settled() const;                                // the scene on screen is the one that was asked for

  const graph::layout::ViewSpec& spec() const { return spec_; }
  const Camera& camera() const { return camera_; }
  std::shared_ptr<const SceneResult> scene() const { return scene_; }
  const std::string& message() const { return message_; }

 private:
  void follow(Context& context);
  void reveal(Context& context);
  void firstLook(const Theme& theme);
  void keepPlace(const SceneResult& before, const SceneResult& after, NodeId selected);
  void toolbar(Context& context);
  void layerMenu(Context& context);
  void legend(Context& context, ImVec2 corner);
  void canvas(Context& context);
  void mouse(Context& context, bool hovered);
  void hover(Context& context, const graph::layout::SceneBox& box);

  LayoutThread& layout_;
  std::string wanted_;
  graph::layout::ViewSpec spec_;
  std::shared_ptr<const GraphFacts> facts_;            // that the current request is about
  std::string open_;                                   // file and graph that spec_ belongs to
  std::shared_ptr<const SceneResult> scene_;
  graph::layout::ViewSpec drawn_;                      // of scene_, to see when a view changes
  std::string message_;                                // why the wanted view is not on screen
  Camera camera_;
  bool fit_ = false, look_ = true, dragging_ = false;
  float depth_ = 3;
};

}  // namespace app
