#include "graph/layout/render.h"

#include <graphviz/cgraph.h>
#include <graphviz/gvc.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "graph/layout/layout.h"

namespace graph::layout {
namespace {

std::string extension(const std::string& path) {
  auto dot = path.rfind('.');
  return dot == std::string::npos || path.find('/', dot) != std::string::npos ? "" : path.substr(dot + 1);
}

void writeFile(const std::string& path, const char* bytes, size_t count) {
  auto temporary = path + ".tmp-" + std::to_string(::getpid());
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(temporary.c_str(), "wb"), std::fclose);
  if (!file) throw LayoutError(path + ": cannot be written: " + std::strerror(errno));
  bool good = std::fwrite(bytes, 1, count, file.get()) == count && std::fflush(file.get()) == 0;
  if (!good || std::rename(temporary.c_str(), path.c_str()) != 0) {
    auto why = std::string(std::strerror(errno));
    std::remove(temporary.c_str());
    throw LayoutError(path + ": cannot be written: " + why);
  }
}

}  // namespace

bool canRender(const std::string& path) {
  auto e = extension(path);
  return e == "svg" || e == "png" || e == "dot";
}

void renderGraph(const ir::Graph& graph, const ViewSpec& spec, const std::string& path) {
  auto format = extension(path);
  if (!canRender(path)) throw LayoutError(path + ": unknown extension '." + format + "', expected .svg, .png or .dot");
  auto dot = toDot(makeView(graph, fold(graph), spec), {.labels = true, .graph = &graph});
  if (format == "dot") return writeFile(path, dot.data(), dot.size());
  std::unique_ptr<GVC_t, int (*)(GVC_t*)> context(gvContext(), gvFreeContext);
  std::unique_ptr<Agraph_t, int (*)(Agraph_t*)> g(agmemread(dot.c_str()), agclose);
  if (!g || gvLayout(context.get(), g.get(), "dot") != 0) throw LayoutError("Graphviz made no layout of this view");
  char* bytes = nullptr;
  unsigned int count = 0;
  auto failed = gvRenderData(context.get(), g.get(), format.c_str(), &bytes, &count);
  gvFreeLayout(context.get(), g.get());
  if (failed || !bytes) throw LayoutError("Graphviz cannot write ." + format + " here");
  std::unique_ptr<char, void (*)(char*)> guard(bytes, gvFreeRenderData);
  writeFile(path, bytes, count);
}

}  // namespace graph::layout
