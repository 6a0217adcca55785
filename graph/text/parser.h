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
  std::vector<Diagnostic> diagnostics;
};

/// Parses `source`. A file in which no graph can be found gives no graphs and at least one error.
/// Names that are used but never defined: an error "name 'x' is used before it is defined" in a complete `def`, and a
/// placeholder with a warning in a fragment (statements without `def`).
ParsedFile parse(std::string_view source);

/// Reads the file (missing, a folder, empty, binary, larger than 2 GiB: one error, line 0) and parses it.
/// `source` receives the text so that diagnostics can be drawn.
ParsedFile parseFile(const std::string& path, std::string* source = nullptr);

/// One argument or one statement's right side in dump text, for Lua and patterns: `aten.mul.Tensor(%x, 2)` with names
/// resolved by `graph`. Throws ParseFailure with the drawn diagnostic.
struct ParseFailure : std::runtime_error { using std::runtime_error::runtime_error; };
ir::Argument parseArgument(std::string_view text, const ir::Graph& graph);

}  // namespace graph::text
