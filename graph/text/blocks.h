// The classes of a file as a tree: which graph is nested in which, and under which name the outer one reads it.
// Internal to graph/text.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "graph/ir/graph.h"

namespace graph::text {

class Blocks {
 public:
  /// A `class NAME(…):` line. Deeper nesting than kDeepest is flattened, so that hostile text cannot exhaust the stack.
  void openClass(std::string_view name, uint32_t indent);
  /// A `def` of that indentation: the graph of the innermost open class that holds it and has none yet, else one on its own.
  ir::Graph& openFunction(std::string_view name, uint32_t indent);
  /// A line of something else at that indentation: classes that are not indented less end here.
  void closeTo(uint32_t indent);
  /// Takes back the graph of the function that was opened last.
  void drop(const ir::Graph& graph);
  /// A graph that stands alone (a fragment, print(graph)).
  ir::Graph& addGraph(std::string name);
  /// The outermost graph that was read last: what a text says behind a graph is about it. Null when there is none.
  ir::Graph* lastOutermost();
  bool empty() const { return roots_.empty(); }
  /// The heading of the next graph that is not nested, or of all that follow when they share it.
  void setTitle(std::string title, bool isShared) { title_ = std::move(title), titleIsShared_ = isShared; }

  /// Every graph, nested ones right behind their outer one and attached to it. `titles` receives their headings: a nested one's is
  /// its outer one's with the path, `Forward graph 0.true_graph_0`.
  std::vector<std::shared_ptr<const ir::Graph>> finish(std::vector<std::string>* titles = nullptr);

 private:
  static constexpr size_t kDeepest = 64;
  struct Block {
    std::string name, title;
    uint32_t indent = 0;
    bool isNamed = false;  // by the attribute that holds it
    std::unique_ptr<ir::Graph> graph;
    std::vector<std::unique_ptr<Block>> children;
  };

  using Graphs = std::vector<std::shared_ptr<const ir::Graph>>;
  Block& addRoot(std::string name);
  static std::vector<std::string> graphAttributes(const ir::Graph& graph, size_t wanted);
  static void nameChildren(Block& block);
  static std::shared_ptr<const ir::Graph> finish(Block& block, const std::string& path, Graphs& inner);

  std::vector<std::unique_ptr<Block>> roots_;
  std::vector<Block*> open_;  // outermost first
  std::string title_;
  bool titleIsShared_ = false;
};

}  // namespace graph::text
