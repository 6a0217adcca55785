// Finds what repeats: the layers of a model, from the order and structure of its nodes.
//
// Every node gets a structural token (operator, constants, annotation), so that node i of layer 3
// equals node i of layer 7. The distance at which runs of tokens come back is the length of a layer; stack comments (`# File: …`)
// and the number of values that cross decide where a layer begins. Epilogue copies and hoisted preparations that belong to one layer
// only are given to it. Instances that differ (a rewrite that was taken in some layers only) get different shapes. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "graph/ir/graph.h"

namespace graph::layout {

/// One occurrence of a layer: its nodes in execution order.
struct Instance {
  std::vector<ir::NodeId> nodes;
  size_t shape = 0;                  // index into Layer::shapes
};

struct Layer {
  std::string name;                  // "layer", "layer B" when there are several kinds
  std::vector<Instance> instances;   // at least two
  std::vector<size_t> shapes;        // for each distinct shape: the first instance that has it

  /// How many instances have this shape.
  size_t count(size_t shape) const;
};

/// Nodes in a row that do not repeat, or one repeated layer.
struct Part {
  std::vector<ir::NodeId> nodes;     // empty when `layer` is set
  int layer = -1;
};

struct Folding {
  std::vector<Part> parts;           // in execution order; placeholders and output are in none
  std::vector<Layer> layers;

  struct Place { size_t layer, instance, position; };
  /// Where a node is; nothing when it is in no layer.
  std::optional<Place> find(ir::NodeId id) const;

  std::vector<std::optional<Place>> places;   // by NodeId::value
};

Folding fold(const ir::Graph& graph);

}  // namespace graph::layout
