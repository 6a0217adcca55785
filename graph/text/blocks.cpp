#include "graph/text/blocks.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "graph/text/lexer.h"

namespace graph::text {

Blocks::Block& Blocks::addRoot(std::string name) {
  roots_.push_back(std::make_unique<Block>());
  Block& block = *roots_.back();
  block.name = std::move(name);
  block.title = title_;
  if (!titleIsShared_) title_.clear();
  return block;
}

void Blocks::openClass(std::string_view name, uint32_t indent) {
  while (!open_.empty() && (open_.back()->indent >= indent || open_.size() >= kDeepest)) open_.pop_back();
  Block* block = nullptr;
  if (open_.empty()) {
    block = &addRoot(std::string(name));
  } else {
    open_.back()->children.push_back(std::make_unique<Block>());
    block = open_.back()->children.back().get();
    block->name = std::string(name);
  }
  block->indent = indent;
  open_.push_back(block);
}

void Blocks::closeTo(uint32_t indent) {
  while (!open_.empty() && open_.back()->indent >= indent) open_.pop_back();
}

ir::Graph& Blocks::openFunction(std::string_view name, uint32_t indent) {
  closeTo(indent);
  if (!open_.empty() && !open_.back()->graph) {
    open_.back()->graph = std::make_unique<ir::Graph>(open_.back()->name);
    return *open_.back()->graph;
  }
  return addGraph(std::string(name));
}

void Blocks::drop(const ir::Graph& graph) {
  if (!open_.empty() && open_.back()->graph.get() == &graph) open_.back()->graph.reset();
  else if (!roots_.empty() && roots_.back()->graph.get() == &graph) roots_.pop_back();
}

ir::Graph& Blocks::addGraph(std::string name) {
  Block& block = addRoot(name);
  block.graph = std::make_unique<ir::Graph>(std::move(name));
  return *block.graph;
}

ir::Graph* Blocks::lastOutermost() {
  Block* block = roots_.empty() ? nullptr : roots_.back().get();
  while (block && !block->graph) block = block->children.empty() ? nullptr : block->children.back().get();
  return block ? block->graph.get() : nullptr;
}

/// Attributes of the module that may hold nested graphs, in the order in which the graph reads them: the likely ones
/// (`cond_true_0`, `wrap_body_1`: numbered and without a tensor's annotation), or all of them when those are not enough.
std::vector<std::string> Blocks::graphAttributes(const ir::Graph& graph, size_t wanted) {
  std::vector<std::string> likely, all;
  std::set<std::string> seen;
  for (ir::NodeId id : graph) {
    const ir::Node& node = graph.node(id);
    bool isAttribute = node.op == ir::Op::get_attr || node.op == ir::Op::call_module;
    if (!isAttribute || node.tensor() || !seen.insert(node.target).second) continue;
    all.push_back(node.target);
    if (!node.target.empty() && isDigit(node.target.back()) && !node.target.starts_with("_tensor_constant")) likely.push_back(node.target);
  }
  return likely.size() >= wanted ? likely : all;
}

/// Newer dumps call a nested class by the attribute that holds it; older ones call all of them GraphModule or <lambda>, in
/// the order of their attributes.
void Blocks::nameChildren(Block& block) {
  if (block.children.empty()) return;
  const auto attributes = graphAttributes(*block.graph, block.children.size()), all = graphAttributes(*block.graph, std::numeric_limits<size_t>::max());
  const std::set<std::string> known(all.begin(), all.end());
  std::set<std::string> used;
  for (auto& child : block.children)
    if (child->graph && known.contains(child->name)) child->isNamed = used.insert(child->name).second;
  std::map<std::string, int> numbers;   // given to a name so far
  auto attribute = attributes.begin();
  for (auto& child : block.children) {
    if (!child->graph || child->isNamed) continue;
    while (attribute != attributes.end() && used.contains(*attribute)) ++attribute;
    std::string name = attribute != attributes.end() ? *attribute++ : child->name;
    for (int& number = numbers[child->name]; used.contains(name);) name = child->name + "_" + std::to_string(++number);
    used.insert(name);
    child->name = std::move(name);
  }
}

std::shared_ptr<const ir::Graph> Blocks::finish(Block& block, const std::string& path, Graphs& inner) {
  block.graph->setName(path);
  nameChildren(block);
  for (auto& child : block.children) {
    if (!child->graph) continue;
    Graphs deeper;
    auto graph = finish(*child, path + "." + child->name, deeper);
    block.graph->setSubgraph(child->name, graph);
    inner.push_back(std::move(graph));
    inner.insert(inner.end(), deeper.begin(), deeper.end());
  }
  return std::shared_ptr<const ir::Graph>(std::move(block.graph));
}

std::vector<std::shared_ptr<const ir::Graph>> Blocks::finish(std::vector<std::string>* titles) {
  Graphs all;
  // A class without a function of its own (a wrapper) leaves its nested ones in its place.
  std::vector<std::unique_ptr<Block>> pending = std::move(roots_);
  std::reverse(pending.begin(), pending.end());
  while (!pending.empty()) {
    auto block = std::move(pending.back());
    pending.pop_back();
    if (!block->graph) {
      for (auto child = block->children.rbegin(); child != block->children.rend(); ++child) {
        (*child)->title = block->title;
        pending.push_back(std::move(*child));
      }
      continue;
    }
    Graphs inner;
    all.push_back(finish(*block, block->name, inner));
    all.insert(all.end(), inner.begin(), inner.end());
    if (!titles) continue;
    titles->push_back(block->title);
    for (const auto& nested : inner) titles->push_back(block->title.empty() ? "" : block->title + nested->name().substr(block->name.size()));
  }
  return all;
}

}  // namespace graph::text
