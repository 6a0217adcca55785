// Small models made in code: a stack of layers with an epilogue, as a dump would have it.
#pragma once

#include <memory>
#include <string>

#include "graph/ir/graph.h"

namespace graph::layout::test {

using ir::Argument;
using ir::Graph;
using ir::Node;
using ir::NodeId;

inline ir::TensorMeta tensor(std::initializer_list<ir::Expr> shape) { return {ir::DType::f32, std::vector<ir::Expr>(shape)}; }

inline NodeId placeholder(Graph& g, const std::string& name, ir::Meta meta) {
  return g.append({.op = ir::Op::placeholder, .name = name, .target = name, .meta = std::move(meta)});
}
inline NodeId call(Graph& g, const std::string& base, const std::string& target, std::vector<Argument> args, ir::Meta meta,
                   std::shared_ptr<const std::string> stack = {}) {
  return g.append({.name = g.uniqueName(base), .target = target, .args = std::move(args), .meta = std::move(meta), .stack = std::move(stack)});
}

/// Each layer: weight transposed, mm, relu, mul, a cache slice updated through slice_scatter, add to the residual. The copies into
/// the caches stand at the end. `odd` (when >= 0): that layer has a sigmoid instead of the relu.
inline Graph stackedLayers(int layers, int odd = -1) {
  Graph g("model");
  auto wide = tensor({ir::Expr::symbol("s0"), 64});
  auto cacheMeta = tensor({ir::Expr::symbol("s1"), 64});
  auto batch = placeholder(g, "batch", ir::SymMeta{ir::Expr::symbol("s0")});
  auto x = placeholder(g, "x", wide);
  std::vector<NodeId> weights, caches, updates;
  for (int i = 0; i < layers; ++i) {
    weights.push_back(placeholder(g, "w" + std::to_string(i), tensor({64, 64})));
    caches.push_back(placeholder(g, "cache" + std::to_string(i), cacheMeta));
  }
  auto text = [](const char* s) { return std::make_shared<const std::string>(s); };
  auto embed = text("File: m.py:1, code: x = embed(x)"), linear = text("File: m.py:2, code: h = relu(x @ w)"), write = text("File: m.py:3, code: cache[:b] = h");
  auto h = call(g, "embed", "aten.abs.default", {x}, wide, embed);
  for (int i = 0; i < layers; ++i) {
    auto t = call(g, "t", "aten.t.default", {weights[static_cast<size_t>(i)]}, tensor({64, 64}), linear);
    auto mm = call(g, "mm", "aten.mm.default", {h, t}, wide, linear);
    auto act = call(g, i == odd ? "sigmoid" : "relu", i == odd ? "aten.sigmoid.default" : "aten.relu.default", {mm}, wide, linear);
    auto mul = call(g, "mul", "aten.mul.Tensor", {act, 2.0}, wide, linear);
    auto scatter = call(g, "slice_scatter", "aten.slice_scatter.default", {caches[static_cast<size_t>(i)], mul, 0, 0, batch}, cacheMeta, write);
    auto slice = call(g, "window", "aten.slice.Tensor", {scatter, 0, 0, batch}, wide, write);
    h = call(g, "add", "aten.add.Tensor", {h, slice}, wide, write);
    updates.push_back(scatter);
  }
  auto result = call(g, "neg", "aten.neg.default", {h}, wide);
  for (int i = 0; i < layers; ++i) call(g, "copy_", "aten.copy_.default", {caches[static_cast<size_t>(i)], updates[static_cast<size_t>(i)]}, cacheMeta);
  g.append({.op = ir::Op::output, .name = "output", .target = "output", .args = {ir::Tuple{{Argument(result)}}}});
  return g;
}

}  // namespace graph::layout::test
