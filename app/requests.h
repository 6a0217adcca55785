// What panels may ask of the engine: one function per job. Returns at once; the answer comes with a later snapshot.
#pragma once

#include <string>

#include "app/engine_thread.h"

namespace app {

class Requests {
 public:
  explicit Requests(EngineThread& engine) : engine_(engine) {}

  void open(const std::string& path, const std::string& graph = "") {
    engine_.post("open", [=](Workspace& w) { w.open(path, graph); });
  }
  void useGraph(const std::string& name) {
    engine_.post("open", [=](Workspace& w) { w.useGraph(name); });
  }
  void runLua(const std::string& chunk) {
    engine_.post("Lua", [=](Workspace& w) { w.runLua(chunk); });
  }
  void runScript(const std::string& path) {
    engine_.post("Lua", [=](Workspace& w) { w.runScript(path); });
  }
  void apply(const std::string& rewrite) {
    engine_.post(rewrite, [=](Workspace& w) { w.apply(rewrite); });
  }
  void undo() {
    engine_.post("undo", [](Workspace& w) { w.undo(); });
  }
  void redo() {
    engine_.post("redo", [](Workspace& w) { w.redo(); });
  }
  void go(int revision) {
    engine_.post("history", [=](Workspace& w) { w.go(revision); });
  }
  void verify() {
    engine_.post("verify", [](Workspace& w) { w.verify(); }, "verify");
  }
  void time() {
    engine_.post("time", [](Workspace& w) { w.time(); }, "time");
  }
  void complete(const std::string& line) {
    engine_.post("completion", [=](Workspace& w) { w.complete(line); }, "complete");
  }
  void stop() { engine_.stop(); }

 private:
  EngineThread& engine_;
};

}  // namespace app
