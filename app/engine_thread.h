// The engine thread: runs the window's jobs one at a time on a Workspace, publishes a snapshot after each.
//
// The UI thread posts jobs and reads the latest snapshot; neither waits for a job. A job with a tag replaces a queued older one with
// the same tag (a view or completion that nobody needs any more); a job without a tag, a transaction, never gets lost.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "app/workspace.h"

namespace app {

class EngineThread {
 public:
  using Job = std::function<void(Workspace&)>;

  /// `wake` is called from the engine thread when there is something new to draw.
  explicit EngineThread(WorkspaceOptions options, std::function<void()> wake = {});
  /// Stops the running job and drops queued ones.
  ~EngineThread();
  EngineThread(const EngineThread&) = delete;
  EngineThread& operator=(const EngineThread&) = delete;

  void post(std::string label, Job job, std::string tag = "");
  std::shared_ptr<const Snapshot> snapshot() const;

  struct Status {
    std::string job;       // what runs now; empty when idle
    size_t queued = 0;
    double seconds = 0;    // since it began
    bool idle() const { return job.empty() && queued == 0; }
  };
  Status status() const;
  /// Ends the running job (Lua by its count hook, programs between nodes); queued ones still run.
  void stop();

 private:
  struct Entry {
    std::string label, tag;
    Job job;
  };
  void loop(WorkspaceOptions options);
  void runJob(Workspace& workspace, const Entry& entry);
  void publish(Workspace& workspace);

  std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Entry> queue_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::string running_;
  std::chrono::steady_clock::time_point since_;
  Workspace* workspace_ = nullptr;   // while the loop runs: for stop()
  bool quit_ = false;
  std::thread thread_;               // last: starts when everything else is there
};

}  // namespace app
