// The program fxloom: see app/command_line.h.
#include <string_view>

#include "app/command_line.h"
#include "app/layout_worker.h"

int main(int argc, char** argv) {
  // Graphviz runs in a child process of this program, started by graph/layout/worker.cpp.
  if (argc == 2 && std::string_view(argv[1]) == app::kLayoutWorker) return app::layoutWorkerMain();
  return app::commandLine(argc, argv);
}
