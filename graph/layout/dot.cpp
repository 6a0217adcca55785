// Views as dot text.
#include <fmt/format.h>

#include "graph/layout/label.h"
#include "graph/layout/layout.h"
#include "graph/layout/palette.h"

namespace graph::layout {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string labelOf(const ViewItem& item) {
  std::string label;
  for (const auto& line : item.lines) label += (label.empty() ? "" : "\n") + line;
  // A line break in dot is the two characters \n: quoted() must not see it.
  auto text = quoted(label);
  std::string out;
  for (char c : text) c == '\n' ? out += "\\n" : out += c;
  return out;
}

void writeItem(std::string& out, const GraphView& view, size_t i, const DotStyle& style) {
  const auto& item = view.items[i];
  auto size = boxSize(item);
  out += fmt::format("n{} [width={:.3f},height={:.3f}", i, size.width / 72, size.height / 72);
  if (style.labels) {
    out += ",label=" + labelOf(item);
    if (item.kind != ViewItem::Kind::node) out += ",shape=cds,fontcolor=\"#555555\",color=\"#999999\"";
    else if (style.graph) {
      auto kind = kindOf(*style.graph, item.node);
      out += fmt::format(",style=filled,fillcolor=\"{}\",color=\"{}\"", tintOf(kind), colourOf(kind));
    }
  }
  out += "];\n";
}

}  // namespace

std::string toDot(const GraphView& view, const DotStyle& style) {
  // Above some hundred boxes curved edges take most of the time and cannot be followed by eye anyway.
  const char* splines = view.items.size() > 1500 ? "false" : "true";
  std::string out = fmt::format(
      "digraph g {{\nrankdir=TB;nodesep=0.22;ranksep=0.32;splines={};remincross=true;nslimit=4;nslimit1=4;mclimit=0.6;\n"
      "node [shape=box,fixedsize=true,label=\"\",fontname=\"DejaVu Sans Mono\",fontsize=10];\nedge [arrowsize=0.6];\n",
      splines);
  if (style.labels) out += "edge [color=\"#777777\"];\n";
  std::vector<std::string> clusters(view.frames.size());
  for (size_t i = 0; i < view.items.size(); ++i) {
    auto frame = view.items[i].frame;
    writeItem(frame >= 0 ? clusters[static_cast<size_t>(frame)] : out, view, i, style);
  }
  for (size_t f = 0; f < clusters.size(); ++f) {
    out += fmt::format("subgraph cluster_{} {{ margin=14; label=\"\";\n", f);
    if (style.labels) out += "label=" + quoted(view.frames[f].title) + ";fontname=\"DejaVu Sans\";color=\"#AAAAAA\";\n";
    out += clusters[f] + "}\n";
  }
  for (size_t e = 0; e < view.edges.size(); ++e) {
    const auto& edge = view.edges[e];
    bool portal = view.items[static_cast<size_t>(edge.from)].kind != ViewItem::Kind::node ||
                  view.items[static_cast<size_t>(edge.to)].kind != ViewItem::Kind::node;
    out += fmt::format("n{} -> n{} [id={}{}];\n", edge.from, edge.to, e, portal ? ",weight=4" : "");
  }
  return out + "}\n";
}

}  // namespace graph::layout
