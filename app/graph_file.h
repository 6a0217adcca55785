// A file of graphs as a command uses it: read once, its problems drawn, one graph chosen, failures located in its text.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/run/backend.h"
#include "graph/text/parser.h"

namespace app {

class GraphFile {
 public:
  /// Reads; what is wrong with the file is in diagnostics().
  explicit GraphFile(std::string path);

  const std::string& path() const { return path_; }
  const std::string& source() const { return source_; }
  const std::vector<std::shared_ptr<const graph::ir::Graph>>& graphs() const { return graphs_; }
  const std::vector<graph::text::Diagnostic>& diagnostics() const { return diagnostics_; }

  /// The graph that --graph means: its number from 0, or its name; the first for "". Throws Failure (usage) listing the names.
  std::shared_ptr<const graph::ir::Graph> graph(const std::string& numberOrName) const;
  /// What `run`, `rewrite` and the like demand of a graph: a text without errors, and a graph that passes lint. Warnings go to
  /// stderr unless `quiet`; errors are thrown as a drawn Failure (unusable).
  std::shared_ptr<const graph::ir::Graph> usableGraph(const std::string& numberOrName, bool quiet) const;

  /// Diagnostics drawn with their lines and carets; a long list is cut and counted.
  std::string drawn(const std::vector<graph::text::Diagnostic>& diagnostics) const;
  /// A failure at a node, with the line of the text that the node came from when there is one.
  std::string drawn(const graph::run::NodeError& error, const graph::ir::Graph& graph) const;
  /// Problems that lint finds, at their lines.
  std::vector<graph::text::Diagnostic> lint(const graph::ir::Graph& graph) const;

 private:
  graph::text::Diagnostic atNode(const graph::ir::Node& node, std::string message) const;

  std::string path_, source_;
  std::vector<std::shared_ptr<const graph::ir::Graph>> graphs_;
  std::vector<graph::text::Diagnostic> diagnostics_;
};

}  // namespace app
