#include "graph/layout/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace graph::layout {
namespace {

std::string_view markName(Mark mark) { return mark == Mark::taken ? "taken" : mark == Mark::refused ? "refused" : "-"; }

std::string_view itemName(ViewItem::Kind kind) {
  return kind == ViewItem::Kind::from ? "from" : kind == ViewItem::Kind::to ? "to" : "node";
}

SceneBox makeBox(const ir::Graph& graph, const ViewItem& item, Point center, const Marks& marks) {
  auto size = boxSize(item);
  SceneBox box{.rect = {center.x - size.width / 2, center.y - size.height / 2, size.width, size.height},
               .item = item.kind,
               .kind = kindOf(graph, item.node),
               .node = item.node,
               .lines = item.lines};
  if (auto it = marks.entries.find(item.node); it != marks.entries.end() && item.kind == ViewItem::Kind::node) {
    box.mark = it->second.mark;
    box.hint = it->second.reason;
  }
  if (auto it = marks.copied.find(item.node); it != marks.copied.end() && item.kind == ViewItem::Kind::node)
    box.hint += (box.hint.empty() ? "" : "\n") + ("copies " + it->second);
  return box;
}

}  // namespace

const SceneBox* Scene::box(ir::NodeId id) const {
  auto it = index.find(id);
  return it == index.end() ? nullptr : &boxes[it->second];
}

float edgeWidth(std::optional<int64_t> bytes) {
  if (!bytes || *bytes < 1024) return 1;
  return std::min(7.f, 1.f + static_cast<float>(std::log2(static_cast<double>(*bytes) / 1024.0)) / 4.f);
}

Scene buildScene(const ir::Graph& graph, const GraphView& view, const Positions& positions, const Marks& marks, const ViewSpec& spec) {
  if (positions.centers.size() < view.items.size() || positions.splines.size() < view.edges.size() || positions.frames.size() < view.frames.size())
    throw LayoutError("the layout does not have every box of the view");
  Scene scene{.title = view.title, .width = positions.width, .height = positions.height};
  for (size_t i = 0; i < view.frames.size(); ++i) scene.frames.push_back({positions.frames[i], view.frames[i].title});
  for (size_t i = 0; i < view.edges.size(); ++i) {
    const auto& edge = view.edges[i];
    const auto& from = view.items[static_cast<size_t>(edge.from)];
    const auto& to = view.items[static_cast<size_t>(edge.to)];
    bool portal = from.kind != ViewItem::Kind::node || to.kind != ViewItem::Kind::node;
    scene.edges.push_back({.spline = positions.splines[i],
                           .width = edgeWidth(bytesOf(graph.node(edge.value).meta, marks.binding)),
                           .kind = kindOf(graph, edge.value),
                           .portal = portal,
                           .from = from.node,
                           .to = to.node});
  }
  for (size_t i = 0; i < view.items.size(); ++i) {
    scene.boxes.push_back(makeBox(graph, view.items[i], positions.centers[i], marks));
    if (view.items[i].kind == ViewItem::Kind::node) scene.index[view.items[i].node] = i;
    scene.boxes.back().focus = spec.kind == ViewSpec::Kind::around && view.items[i].node == spec.node && view.items[i].kind == ViewItem::Kind::node;
  }
  return scene;
}

std::string str(const Scene& scene, const ir::Graph& graph) {
  auto rect = [](const Rect& r) { return fmt::format("{:.0f},{:.0f} {:.0f}x{:.0f}", r.x, r.y, r.width, r.height); };
  std::string out = fmt::format("scene \"{}\" {:.0f}x{:.0f}\n", scene.title, scene.width, scene.height);
  for (const auto& frame : scene.frames) out += fmt::format("frame {} \"{}\"\n", rect(frame.rect), frame.title);
  for (const auto& box : scene.boxes) {
    out += fmt::format("{} {} {} {}{}", itemName(box.item), rect(box.rect), kindName(box.kind), markName(box.mark), box.focus ? " focus" : "");
    for (const auto& line : box.lines) out += " | " + line;
    if (!box.hint.empty()) {
      auto hint = box.hint;
      std::replace(hint.begin(), hint.end(), '\n', ';');
      out += " | hint: " + hint;
    }
    out += "\n";
  }
  for (const auto& edge : scene.edges)
    out += fmt::format("edge {} -> {} {} width {:.1f}{} {} points\n", graph.node(edge.from).name, graph.node(edge.to).name, kindName(edge.kind),
                       edge.width, edge.portal ? " portal" : "", edge.spline.size());
  return out;
}

}  // namespace graph::layout
