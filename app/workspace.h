// The engine thread's side of the window: session, Lua and what came of running; every job of the window is one member function.
//
// Belongs to the engine thread. Jobs throw what goes wrong; the caller turns that into a problem. snapshot() makes the picture for the UI.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/snapshot.h"
#include "rewrites/lua/engine.h"
#include "rewrites/session.h"
#include "rewrites/verification.h"

namespace app {

struct WorkspaceOptions {
  rewrites::Session::BackendSource backend;                 // asked on first use
  std::function<graph::run::Backend*()> openedBackend;      // from any thread: null until it is open
  std::vector<std::string> scriptFolders;
  std::string device = "cpu";
  bool verifyAfterChange = true;
};

class Workspace {
 public:
  explicit Workspace(WorkspaceOptions options);
  ~Workspace();

  void open(const std::string& path, const std::string& graph = "");
  void openText(std::string text, std::string name);
  void useGraph(const std::string& name);
  void runLua(const std::string& chunk, const std::string& name = "prompt");
  void runScript(const std::string& path);
  void apply(const std::string& rewrite);
  void undo();
  void redo();
  void go(int revision);
  /// Runs the current revision and the one that was read on the same inputs and compares; the answer goes into the history. A revision that
  /// computes something else is rolled back: its parent becomes the current one, and it stays in the history as evidence.
  void verify();
  /// The same, when nobody asked: only if a change made it necessary and the inputs are small enough to do it unasked.
  void verifyAfterChange();
  void time();
  void complete(const std::string& line);

  bool wantsVerification() const { return wantsVerification_; }
  void fail(const std::string& job, const std::string& message, NodeId node = {});
  std::shared_ptr<const Snapshot> snapshot();
  /// From any thread: stops a running script or program.
  void stop();
  /// After a stopped job.
  void clearStop();

 private:
  void opened();
  void fileProblems();
  void loadScripts();
  void changed();
  void adopt();
  void say(ConsoleLine::Kind kind, const std::string& text);
  void report(const rewrites::lua::RunResult& result);
  graph::ir::Binding bindingForBytes();
  std::shared_ptr<const GraphFacts> factsOf(const rewrites::Revision& revision);
  int64_t inputBytes(int variant);
  void finishVerification(const graph::run::InputRequest& request);
  void rollBack(const rewrites::Verification& found);

  WorkspaceOptions options_;
  rewrites::Session session_;
  rewrites::lua::Engine lua_;
  bool open_ = false;
  bool wantsVerification_ = false;
  uint64_t serial_ = 0;
  std::shared_ptr<const std::string> source_;
  std::shared_ptr<const graph::ir::Graph> shown_;           // of the revision that the last snapshot was about
  std::vector<ConsoleLine> console_;
  std::shared_ptr<const std::vector<ConsoleLine>> consoleShared_;
  std::vector<Problem> problems_;
  std::vector<std::pair<std::string, std::string>> rewrites_;
  std::optional<TimingTable> timing_;
  graph::ir::Binding binding_;
  std::unordered_map<const graph::ir::Graph*, std::shared_ptr<const GraphFacts>> facts_;   // by revision's graph
  Snapshot::Completion completion_;
};

}  // namespace app
