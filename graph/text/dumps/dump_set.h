// What was opened: the graphs of a file, a structured trace or a folder, each under a name of its own, with the text it stands in, what is
// wrong with it, and which dumps show one graph in several states. The one way from a path to graphs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/ir/graph.h"
#include "graph/text/diagnostic.h"

namespace graph::text {

struct Dump {
  /// Unique in the set. In a file: the graph's name (its class); several of one name go by the headings that a log gives them, else
  /// by `NAME#1`, `NAME#2`; in a structured trace by artefact and compile id. In a folder: `PATH: NAME`.
  std::string name;
  std::shared_ptr<const ir::Graph> graph;
  size_t source = 0;                // the text it was read from
  bool isNested = false;
  std::optional<size_t> sameAs;     // an earlier dump of the folder that prints the same graph, names of classes aside
};

/// Dumps of one graph, one after each pass: step k is revision k.
struct Series {
  std::string name;                 // `pass_*`
  std::vector<size_t> dumps;
  std::vector<std::string> labels;  // by step: the pass, as the file's name has it
};

struct DumpSource {
  std::string path;                 // as messages name it
  std::string key;                  // as Diagnostic::file has it: within the folder, empty for a single file
  std::string text;
};

class DumpSet {
 public:
  /// Reads a file or a folder. What is wrong is in diagnostics().
  static DumpSet read(const std::string& path);
  static DumpSet ofText(std::string text, std::string name);

  const std::string& path() const { return path_; }
  bool isFolder() const { return isFolder_; }
  const std::vector<DumpSource>& sources() const { return sources_; }
  const std::vector<Dump>& dumps() const { return dumps_; }
  const std::vector<Series>& series() const { return series_; }
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

  /// The dumps that a user may mean: the one with that name or number (from 0); else those whose file, or name without its file, it is.
  /// `""` is the first one, of a series the last. More than one: ambiguous.
  std::vector<size_t> matching(std::string_view nameOrNumber) const;
  /// `\n  0 NAME`, a line for each of these (all of them when none are given), a long list cut.
  std::string listed(const std::vector<size_t>& which = {}) const;
  /// The series that a dump is a step of, and the step.
  struct Step { size_t series, number; };
  std::optional<Step> stepOf(size_t dump) const { return steps_.empty() ? std::nullopt : steps_[dump]; }

  /// The diagnostic with its file, the line of the text and a caret.
  std::string drawn(const Diagnostic& diagnostic) const;

 private:
  void add(DumpSource source);
  void findSameGraphs();

  std::string path_;
  bool isFolder_ = false;
  std::vector<DumpSource> sources_;
  std::vector<Dump> dumps_;
  std::vector<Series> series_;
  std::vector<std::optional<Step>> steps_;  // by dump; empty without series
  std::vector<Diagnostic> diagnostics_;
};

}  // namespace graph::text
