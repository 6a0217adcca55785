// The window: opens, runs until it is closed, returns an exit code.
#pragma once

#include <string>
#include <vector>

namespace app {

struct WindowOptions {
  std::string file;          // may be empty: drop a file
  std::string graph;         // --graph
  std::string lua;           // --lua SCRIPT: run after opening
  std::string view;          // --view: what to show first ("" = the first layer)
  std::string screenshot;    // --screenshot X.png: draw until everything has settled, save, exit
  std::vector<std::string> scriptFolders;   // where reinplace.lua lies
  std::string device = "cpu";
  int width = 1600, height = 1000;
};

/// 0 when closed by the user, 3 with a message on stderr when no window can be opened or the file cannot be read.
int runWindow(const WindowOptions& options);

}  // namespace app
