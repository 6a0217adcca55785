// A graph as a picture file: .svg, .png, or the dot text itself.
#pragma once

#include <string>

#include "graph/layout/view.h"

namespace graph::layout {

bool canRender(const std::string& path);   // by extension
/// Draws `spec` of the graph. Written to a temporary file and renamed. Throws LayoutError: unknown extension (the known ones are named),
/// Graphviz failed, the file cannot be written. Runs Graphviz in this process: for the command line, not for the window.
void renderGraph(const ir::Graph& graph, const ViewSpec& spec, const std::string& path);

}  // namespace graph::layout
