// What part of a graph is shown: the folded model, one layer, the surroundings of a node, or everything.
//
// A view is a list of items (node boxes and portals), edges between them and frames around layers. Edges to what lies outside,
// far away or is used everywhere become portals: small named boxes beside their user, so that the picture stays local. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/ir/graph.h"
#include "graph/layout/fold.h"

namespace graph::layout {

struct ViewSpec {
  enum class Kind : uint8_t { folded, layer, around, whole };
  Kind kind = Kind::folded;
  size_t layer = 0, instance = 0;    // Kind::layer; `layer` counts repeated layers
  ir::NodeId node;                   // Kind::around
  int depth = 3;

  /// "folded", "layer", "layer 3", "layer A 3", "around NODE", "around NODE 2", "whole", or a node's name. Nothing, and `error` says why,
  /// for anything else. "" is the first view: one layer when there is one, the whole graph when it is small, else folded.
  static std::optional<ViewSpec> parse(std::string_view text, const ir::Graph& graph, const Folding& folding, std::string* error = nullptr);
  static ViewSpec first(const ir::Graph& graph, const Folding& folding);
  std::string str(const ir::Graph& graph, const Folding& folding) const;
  bool operator==(const ViewSpec&) const = default;
};

struct ViewItem {
  enum class Kind : uint8_t { node, from, to };   // from/to: a portal that brings a value in, or says where one goes
  Kind kind = Kind::node;
  ir::NodeId node;                 // the node shown; for a portal the node at its other end
  std::vector<std::string> lines;  // text, first line is the name
  int frame = -1;
};

struct ViewEdge {
  int from = 0, to = 0;            // items
  ir::NodeId value;                // whose bytes flow
};

struct ViewFrame {
  std::string title;               // "layer  x22"
};

struct GraphView {
  std::string title;
  std::vector<ViewItem> items;
  std::vector<ViewEdge> edges;
  std::vector<ViewFrame> frames;
};

GraphView makeView(const ir::Graph& graph, const Folding& folding, const ViewSpec& spec);

/// Size of an item's box in points: a fixed advance per character, so that layout needs no font.
struct BoxSize { float width = 0, height = 0; };
BoxSize boxSize(const ViewItem& item);
inline constexpr float kCharWidth = 7.25f, kLineHeight = 15.f, kPadX = 12.f, kPadY = 7.f;   // DejaVu Sans Mono at 12 points

}  // namespace graph::layout
