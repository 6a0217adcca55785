// Writes a graph to a file by its extension: dump text or Python.
#include "rewrites/export.h"

#include <filesystem>

#include "graph/files/safetensors.h"
#include "graph/text/printer.h"

namespace rewrites {
namespace {

std::string extension(const std::string& path) { return std::filesystem::path(path).extension().string(); }

}  // namespace

bool canExport(const std::string& path) { return extension(path) == ".py" || extension(path) == ".txt"; }

std::string exportText(const graph::ir::Graph& graph, const std::string& source) {
  const std::string name = std::filesystem::path(source).filename().string();
  return "# Exported by fxloom" + (name.empty() ? std::string() : " from " + name) + ".\n" + graph::text::print(graph);
}

void exportGraph(const graph::ir::Graph& graph, const std::string& path, const std::string& source) {
  if (!canExport(path)) throw graph::files::FileError(path + ": unknown kind of file; an export ends in .py or .txt");
  graph::files::writeFileAtomically(path, extension(path) == ".py" ? exportPython(graph, source) : exportText(graph, source));
}

}  // namespace rewrites
