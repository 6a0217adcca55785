// A graph back to where it is used: Python that runs, dump text that reads back.
#pragma once

#include <string>

#include "graph/ir/graph.h"

namespace rewrites {

/// A Python module: imports, what it needs (names, shapes, dtypes of the inputs, in a comment), get_attr tensors as module globals
/// (None until set), `_check_inputs(...)` for the graph's guards (no shared element between the pairs named, exact to the element;
/// no self overlap; symbol conditions), `forward(*placeholders)` in the dump's order with its return value. `source` is
/// named in the first comment (file name only).
std::string exportPython(const graph::ir::Graph& graph, const std::string& source);

/// Dump text with a first comment that says where it comes from.
std::string exportText(const graph::ir::Graph& graph, const std::string& source);

/// By extension: .py, .txt (dump text), .dot is the layout's. Written to a temporary file and renamed. Throws graph::files::FileError;
/// an unknown extension lists the known ones.
void exportGraph(const graph::ir::Graph& graph, const std::string& path, const std::string& source);
bool canExport(const std::string& path);

}  // namespace rewrites
