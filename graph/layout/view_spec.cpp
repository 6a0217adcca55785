// Views in words: parsing and printing of ViewSpec.
#include <charconv>
#include <sstream>

#include "graph/layout/view.h"

namespace graph::layout {
namespace {

std::optional<int> number(const std::string& word) {
  int value = 0;
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<ViewSpec> layerSpec(const std::vector<std::string>& words, const Folding& folding, std::string& problem) {
  if (folding.layers.empty()) {
    problem = "no repeated layer was found in this graph";
    return std::nullopt;
  }
  ViewSpec spec{.kind = ViewSpec::Kind::layer};
  size_t at = 1;
  if (at < words.size() && words[at].size() == 1 && words[at][0] >= 'A' && words[at][0] <= 'Z') {
    spec.layer = static_cast<size_t>(words[at++][0] - 'A');
    if (spec.layer >= folding.layers.size()) {
      problem = "there are " + std::to_string(folding.layers.size()) + " kinds of layers";
      return std::nullopt;
    }
  }
  if (at < words.size()) {
    auto k = number(words[at]);
    auto count = folding.layers[spec.layer].instances.size();
    if (!k || static_cast<size_t>(*k) >= count) {
      problem = "'" + words[at] + "' is no layer: they are numbered 0 to " + std::to_string(count - 1);
      return std::nullopt;
    }
    spec.instance = static_cast<size_t>(*k);
  }
  return spec;
}

}  // namespace

ViewSpec ViewSpec::first(const ir::Graph& graph, const Folding& folding) {
  if (!folding.layers.empty() && graph.size() > 60) return {.kind = Kind::layer};
  return {.kind = graph.size() <= 400 ? Kind::whole : Kind::folded};
}

std::optional<ViewSpec> ViewSpec::parse(std::string_view text, const ir::Graph& graph, const Folding& folding, std::string* error) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  std::string problem;
  std::optional<ViewSpec> spec;
  if (words.empty()) return first(graph, folding);
  if (words[0] == "folded" && words.size() == 1) spec = ViewSpec{.kind = Kind::folded};
  else if (words[0] == "whole" && words.size() == 1) spec = ViewSpec{.kind = Kind::whole};
  else if (words[0] == "layer") spec = layerSpec(words, folding, problem);
  else {
    bool named = words[0] == "around" && words.size() > 1;
    const auto& name = words[named ? 1 : 0];
    auto id = graph.find(name);
    auto depth = words.size() > (named ? 2u : 1u) ? number(words[named ? 2 : 1]) : std::optional<int>(3);
    if (!id) problem = "no node is called '" + name + "'; a view is folded, whole, layer [N], or around NODE [DEPTH]";
    else if (!depth) problem = "the depth must be a number";
    else spec = ViewSpec{.kind = Kind::around, .node = id, .depth = *depth};
  }
  if (!spec && error) *error = problem;
  return spec;
}

std::string ViewSpec::str(const ir::Graph& graph, const Folding& folding) const {
  switch (kind) {
    case Kind::folded: return "folded";
    case Kind::whole: return "whole";
    case Kind::around: return "around " + (graph.contains(node) ? graph.node(node).name : "?") + " " + std::to_string(depth);
    case Kind::layer: break;
  }
  if (layer >= folding.layers.size()) return "layer";
  return folding.layers[layer].name + " " + std::to_string(instance);
}

}  // namespace graph::layout
