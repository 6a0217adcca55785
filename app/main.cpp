// The program fxloom: see app/command_line.h.
#include <cstring>

#include "app/command_line.h"
#include "graph/layout/layout.h"

int main(int argc, char** argv) {
  // Graphviz runs in a child process of this program, started by graph/layout/worker.cpp.
  if (argc == 2 && std::strcmp(argv[1], "--layout-worker") == 0) return graph::layout::workerMain();
  return app::commandLine(argc, argv);
}
