// What to draw: boxes with lines of text, curves with a width and a role, frames. A pure function of view, positions and marks.
//
// Colours are roles here (the window's theme gives them), so that a scene can be compared as text and drawn in any theme.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "graph/layout/label.h"
#include "graph/layout/layout.h"
#include "graph/layout/view.h"

namespace graph::layout {

enum class Mark : uint8_t { none, taken, refused };

/// What is known about nodes beyond the graph: set by whoever analysed it.
struct Marks {
  struct Entry {
    Mark mark = Mark::none;
    std::string reason;              // rule and sentence, or what is saved
  };
  std::unordered_map<ir::NodeId, Entry> entries;
  std::unordered_map<ir::NodeId, std::string> copied;   // bytes that a node copies, in words: "2 MiB"
  ir::Binding binding;               // symbols for the width of edges; unbound ones draw thin
};

struct SceneBox {
  Rect rect;
  ViewItem::Kind item = ViewItem::Kind::node;
  Kind kind = Kind::fresh;
  Mark mark = Mark::none;
  ir::NodeId node;                   // for a portal: where a click goes
  std::vector<std::string> lines;
  std::string hint;                  // shown on hover
  bool focus = false;                // the node that a neighbourhood is around
};

struct SceneEdge {
  std::vector<Point> spline;         // cubic Bézier, 3k + 1 points
  float width = 1;                   // by the logarithm of the bytes that flow
  Kind kind = Kind::fresh;           // of the value that flows: a copied buffer keeps its colour
  bool portal = false;
  ir::NodeId from, to;
};

struct SceneFrame {
  Rect rect;
  std::string title;
};

struct Scene {
  std::string title;
  float width = 0, height = 0;
  std::vector<SceneFrame> frames;
  std::vector<SceneEdge> edges;
  std::vector<SceneBox> boxes;
  std::unordered_map<ir::NodeId, size_t> index;   // the box of each node that has one
  /// The box of a node; null when it is not shown.
  const SceneBox* box(ir::NodeId id) const;
};

/// Throws LayoutError when positions and view do not belong together.
Scene buildScene(const ir::Graph& graph, const GraphView& view, const Positions& positions, const Marks& marks, const ViewSpec& spec);
/// 1 to 7 points: 1 for a few bytes or an unknown size, one more for each 16-fold size.
float edgeWidth(std::optional<int64_t> bytes);
/// One line per frame, box and edge, coordinates rounded: for golden files.
std::string str(const Scene& scene, const ir::Graph& graph);

}  // namespace graph::layout
