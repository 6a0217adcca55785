// Reads what PyTorch printed: print_readable / TORCH_LOGS text (with and without annotations, old and new), and fragments.
//
// A recursive-descent parser over one buffer. It never stops at the first error: it reports a Diagnostic and resumes at the
// next statement, so that one bad line costs one node. Nothing is executed.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "graph/ir/graph.h"
#include "graph/text/diagnostic.h"

namespace graph::text {

struct ParsedFile {
  /// Every graph of the file, nested ones (`outer.true_graph_0`) right after their outer one. Nested graphs are also
  /// reachable as subgraphs of their outer graph.
  std::vector<std::shared_ptr<const ir::Graph>> graphs;
  /// By graph: the heading that a log (`===== Forward graph 0 =====`) or a structured trace (artefact and compile id,
  /// `aot_forward_graph 0/0`) puts over it, empty without one.
  std::vector<std::string> titles;
  std::vector<Diagnostic> diagnostics;
  bool isTrace = false;   // a structured trace: the headings are what the graphs are called by
};

/// Parses `source`. A file in which no graph can be found gives no graphs and at least one error.
/// Names that are used but never defined: an error "name 'x' is not defined" in a complete `def` (the argument
/// is then a Name of that text), and a placeholder with a warning in a fragment (statements without `def`; its graph is
/// called "fragment" and may have no output). Graphs of a text with errors are incomplete: do not run them.
/// A graph is called by its class, a nested one by the path (`outer.true_graph_0`), one without class by its function.
ParsedFile parse(std::string_view source);

/// Reads the file (missing, a folder, empty, binary, larger than 2 GiB: one error, line 0) and parses it.
/// `source` receives the text so that diagnostics can be drawn.
ParsedFile parseFile(const std::string& path, std::string* source = nullptr);

/// One argument in dump text, for Lua and patterns: `[x, 1]`, `%x`, `torch.float32`, `slice(None, 2, None)`; names (with or
/// without %) are the graph's. Throws ParseFailure with the drawn diagnostic.
struct ParseFailure : std::runtime_error { using std::runtime_error::runtime_error; };
ir::Argument parseArgument(std::string_view text, const ir::Graph& graph);
/// The right side of a statement, `aten.mul.Tensor(x, 2)`, `x + 1`, `self.weight`: a node without name and annotation.
/// Throws ParseFailure.
ir::Node parseCall(std::string_view text, const ir::Graph& graph);

/// What an annotation's text (without quotes) means; text that is no tensor and no symbol is kept as OtherMeta.
ir::Meta parseMeta(std::string_view text, std::string* problem = nullptr);

}  // namespace graph::text
