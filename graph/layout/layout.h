// Where things go: Graphviz dot, run in a child process of our own program.
//
// toDot() writes a view as dot text with fixed box sizes. placeHere() runs Graphviz in this process (the worker does; it is not thread
// safe and cannot be stopped); placeInChild() runs a worker, feeds it the text and reads positions as JSON, with a time limit and a stop
// flag. A worker that crashes or hangs gives a message. Points have their origin top left, y down, in the view's points.
#pragma once

#include <atomic>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "graph/layout/view.h"

namespace graph::layout {

/// No layout could be made; the message says why.
struct LayoutError : std::runtime_error { using std::runtime_error::runtime_error; };
/// The stop flag was set.
struct LayoutStopped : LayoutError { LayoutStopped() : LayoutError("layout stopped") {} };

struct Point {
  float x = 0, y = 0;
  bool operator==(const Point&) const = default;
};
struct Rect {
  float x = 0, y = 0, width = 0, height = 0;   // x, y: top left
};

struct Positions {
  float width = 0, height = 0;
  std::vector<Point> centers;                  // of each item
  std::vector<std::vector<Point>> splines;     // of each edge: cubic Bézier, 3k + 1 points, from its start to its tip
  std::vector<Rect> frames;
};

struct DotStyle {
  bool labels = false;                         // for pictures: texts and colours
  const ir::Graph* graph = nullptr;            // needed for colours
};
std::string toDot(const GraphView& view, const DotStyle& style = {});

Positions placeHere(const std::string& dot);

struct WorkerOptions {
  std::vector<std::string> command;            // empty: this program with --layout-worker
  double seconds = 60;                         // time limit
};
/// Throws LayoutError, LayoutStopped.
Positions placeInChild(const std::string& dot, const WorkerOptions& options, const std::atomic<bool>* stop = nullptr);

/// What the hidden sub-command does: dot text on stdin, positions as JSON on stdout. Returns the exit code.
int workerMain();
/// The JSON of the two ends.
std::string toJson(const Positions& positions);
Positions fromJson(std::string_view json);     // throws LayoutError

}  // namespace graph::layout
