// Graphviz itself: only this file and render.cpp see cgraph and gvc.
#include <graphviz/cgraph.h>
#include <graphviz/gvc.h>

#include <cstdlib>
#include <iostream>
#include <iterator>
#include <memory>

#include <nlohmann/json.hpp>

#include "graph/layout/layout.h"

namespace graph::layout {
namespace {

std::string lastMessage;   // Graphviz reports through a callback without context; it runs on one thread only

int keepMessage(char* text) {
  lastMessage += text;
  return 0;
}

std::vector<Point> splinePoints(Agedge_t* edge, float height) {
  std::vector<Point> points;
  auto add = [&](pointf p) { points.push_back({static_cast<float>(p.x), height - static_cast<float>(p.y)}); };
  if (!ED_spl(edge)) return points;
  for (size_t k = 0; k < static_cast<size_t>(ED_spl(edge)->size); ++k) {
    const auto& bezier = ED_spl(edge)->list[k];
    for (size_t i = 0; i < static_cast<size_t>(bezier.size); ++i) add(bezier.list[i]);
    if (bezier.eflag) {   // the arrow's tip, as one more straight piece
      auto from = points.back();
      Point to{static_cast<float>(bezier.ep.x), height - static_cast<float>(bezier.ep.y)};
      points.push_back(from);
      points.push_back(to);
      points.push_back(to);
    }
    break;   // rankdir and concentrate are not used: one piece
  }
  return points;
}

template <class T>
T& grown(std::vector<T>& list, size_t index) {
  if (list.size() <= index) list.resize(index + 1);
  return list[index];
}

void collect(Agraph_t* graph, Positions& out) {
  auto box = GD_bb(graph);
  out.width = static_cast<float>(box.UR.x);
  out.height = static_cast<float>(box.UR.y);
  for (auto* node = agfstnode(graph); node; node = agnxtnode(graph, node)) {
    auto p = ND_coord(node);
    grown(out.centers, std::strtoul(agnameof(node) + 1, nullptr, 10)) = {static_cast<float>(p.x), out.height - static_cast<float>(p.y)};
    for (auto* edge = agfstout(graph, node); edge; edge = agnxtout(graph, edge))
      grown(out.splines, std::strtoul(agget(edge, const_cast<char*>("id")), nullptr, 10)) = splinePoints(edge, out.height);
  }
  for (auto* sub = agfstsubg(graph); sub; sub = agnxtsubg(sub)) {
    std::string name = agnameof(sub);
    if (name.rfind("cluster_", 0) != 0) continue;
    auto b = GD_bb(sub);
    grown(out.frames, std::strtoul(name.c_str() + 8, nullptr, 10)) = {static_cast<float>(b.LL.x), out.height - static_cast<float>(b.UR.y),
                                                                      static_cast<float>(b.UR.x - b.LL.x), static_cast<float>(b.UR.y - b.LL.y)};
  }
}

}  // namespace

Positions placeHere(const std::string& dot) {
  lastMessage.clear();
  agseterrf(keepMessage);
  std::unique_ptr<GVC_t, int (*)(GVC_t*)> context(gvContext(), gvFreeContext);
  std::unique_ptr<Agraph_t, int (*)(Agraph_t*)> graph(agmemread(dot.c_str()), agclose);
  if (!graph) throw LayoutError("Graphviz does not understand the graph: " + lastMessage);
  if (gvLayout(context.get(), graph.get(), "dot") != 0) throw LayoutError("Graphviz made no layout: " + lastMessage);
  Positions positions;
  collect(graph.get(), positions);
  gvFreeLayout(context.get(), graph.get());
  return positions;
}

std::string toJson(const Positions& positions) {
  using nlohmann::json;
  json centers = json::array(), splines = json::array(), frames = json::array();
  for (auto p : positions.centers) centers.push_back({p.x, p.y});
  for (const auto& spline : positions.splines) {
    json points = json::array();
    for (auto p : spline) {
      points.push_back(p.x);
      points.push_back(p.y);
    }
    splines.push_back(std::move(points));
  }
  for (auto r : positions.frames) frames.push_back({r.x, r.y, r.width, r.height});
  return json{{"size", {positions.width, positions.height}}, {"centers", centers}, {"splines", splines}, {"frames", frames}}.dump();
}

Positions fromJson(std::string_view text) {
  using nlohmann::json;
  try {
    auto j = json::parse(text);
    Positions out;
    out.width = j.at("size").at(0);
    out.height = j.at("size").at(1);
    for (const auto& p : j.at("centers")) out.centers.push_back({p.at(0), p.at(1)});
    for (const auto& s : j.at("splines")) {
      auto& spline = out.splines.emplace_back();
      for (size_t i = 0; i + 1 < s.size(); i += 2) spline.push_back({s[i], s[i + 1]});
    }
    for (const auto& r : j.at("frames")) out.frames.push_back({r.at(0), r.at(1), r.at(2), r.at(3)});
    return out;
  } catch (const json::exception&) {
    throw LayoutError("the layout worker's answer cannot be read");
  }
}

int workerMain() {
  std::string dot{std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
  try {
    std::cout << toJson(placeHere(dot)) << std::flush;
    return 0;
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
}

}  // namespace graph::layout
