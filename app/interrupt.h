// Ctrl-C on the command line: the first one stops the running program or script between nodes, the second ends the process.
#pragma once

#include "rewrites/lua/engine.h"

namespace app {

/// Installs the SIGINT handler, also where the shell that started us ignores the signal.
void catchInterrupts();
bool interrupted();
/// Throws graph::run::Stopped after a Ctrl-C: called between the steps of a command.
void throwIfInterrupted();

/// While it lives, a Ctrl-C also stops this engine.
class StopsEngine {
 public:
  explicit StopsEngine(rewrites::lua::Engine& engine);
  ~StopsEngine();
  StopsEngine(const StopsEngine&) = delete;
  StopsEngine& operator=(const StopsEngine&) = delete;
};

}  // namespace app
