// A file or a folder of graphs as a command uses it: read once, its problems drawn, one graph chosen, failures located in its text.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/run/backend.h"
#include "graph/text/dumps/dump_set.h"

namespace app {

class GraphFile {
 public:
  /// Reads; what is wrong with the file is in diagnostics().
  explicit GraphFile(std::string path);

  const std::string& path() const { return dumps_->path(); }
  std::shared_ptr<const graph::text::DumpSet> dumps() const { return dumps_; }
  bool empty() const { return dumps_->dumps().empty(); }
  const std::vector<graph::text::Diagnostic>& diagnostics() const { return dumps_->diagnostics(); }

  /// The graph that --graph means: its number from 0, or its name; the first for "" (the last step of a series). From here on this is
  /// the graph that the members below speak of. Throws Failure (usage) listing the names, unusable when there is no graph at all.
  std::shared_ptr<const graph::ir::Graph> graph(const std::string& numberOrName);
  /// What `run`, `rewrite` and the like demand of a graph: a text without errors, and a graph that passes lint. Warnings go to
  /// stderr unless `quiet`; errors are thrown as a drawn Failure (unusable). Of a folder only the chosen graph's file counts.
  /// `mayBeCut`: also one with lines missing, for a command that looks at it alone.
  std::shared_ptr<const graph::ir::Graph> usableGraph(const std::string& numberOrName, bool quiet, bool mayBeCut = false);
  /// What is wrong with the chosen graph's file, and with a folder as a whole: not with its other files.
  std::vector<graph::text::Diagnostic> chosenDiagnostics() const;
  /// Number and name of the chosen graph.
  size_t number() const { return number_; }
  const std::string& name() const { return dumps_->dumps()[number_].name; }

  /// Diagnostics drawn with their lines and carets; a long list is cut and counted.
  std::string drawn(const std::vector<graph::text::Diagnostic>& diagnostics) const;
  /// A failure at a node of the chosen graph, or of a rewritten one, with the line of the text that the node came from when there is one.
  std::string drawn(const graph::run::NodeError& error, const graph::ir::Graph& graph) const;
  /// Problems that lint finds in a graph of the file, at their lines.
  std::vector<graph::text::Diagnostic> lint(size_t number) const;

 private:
  graph::text::Diagnostic atNode(size_t number, const graph::ir::Node& node, std::string message) const;

  std::shared_ptr<const graph::text::DumpSet> dumps_;
  size_t number_ = 0;
};

}  // namespace app
