// The Lua engine: one state, the `fx` table, graphs and nodes as handles, scripts in a sandbox.
//
// One run of a chunk is one transaction of the session: it commits when the chunk ends well and is dropped when it fails. Handles
// hold NodeIds, never pointers; a handle to an erased node raises an error that names it. C++ exceptions become Lua errors with their
// message inside every binding (Lua's own catch (...) would swallow them). Stop and time limits come through a count hook that keeps raising.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rewrites/session.h"

namespace rewrites::lua {

struct Limits {
  double seconds = 60;                 // wall time of one chunk; <= 0 for none
  size_t memoryBytes = size_t{1} << 30;
};

struct RunResult {
  bool ok = true;
  std::string error;                   // message with script:line and traceback
  std::string value;                   // printed values of a prompt line that is an expression
  bool changed = false;                // a revision was made
  bool stopped = false;
};

class Engine {
 public:
  /// `print` receives what scripts print, line by line. `trusted` lifts the sandbox. `scriptFolders` are searched by require and fx.apply's catalog.
  Engine(Session& session, std::function<void(const std::string&)> print, std::vector<std::string> scriptFolders, bool trusted = false);
  ~Engine();

  /// Runs a prompt line or chunk (an expression's values are printed as one would read them in a dump).
  RunResult run(std::string_view chunk, const std::string& name = "prompt");
  /// Runs a script file; with `applyAll`, then applies every rewrite that it defined (what `fxloom rewrite` does).
  RunResult runFile(const std::string& path, bool applyAll, const std::vector<std::string>& arguments = {});
  /// Completions of the last word of `line`: fields of fx, functions, node names, operators.
  std::vector<std::string> complete(std::string_view line) const;
  /// Names of the rewrites that are defined, with their one-line docs.
  std::vector<std::pair<std::string, std::string>> rewrites() const;
  /// Everything that is bound, in the spelling of api.lua: "fx.open", "Graph:nodes", "Node.name".
  std::vector<std::string> api() const;
  /// What fx.select marked: the window shows it, and sets it by a click.
  std::vector<graph::ir::NodeId> selection() const;
  void setSelection(std::vector<graph::ir::NodeId> nodes);
  void setLimits(Limits limits);
  /// From any thread: the running chunk fails with "stopped".
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rewrites::lua
