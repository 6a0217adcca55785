#include "app/engine_thread.h"

#include <algorithm>

namespace app {

EngineThread::EngineThread(WorkspaceOptions options, std::function<void()> wake)
    : wake_(std::move(wake)), snapshot_(std::make_shared<const Snapshot>()), thread_([this, o = std::move(options)]() mutable { loop(std::move(o)); }) {}

EngineThread::~EngineThread() {
  {
    std::lock_guard lock(mutex_);
    quit_ = true;
    queue_.clear();
    if (workspace_ && !running_.empty()) workspace_->stop();
  }
  ready_.notify_all();
  thread_.join();
}

void EngineThread::post(std::string label, Job job, std::string tag) {
  {
    std::lock_guard lock(mutex_);
    if (!tag.empty()) std::erase_if(queue_, [&](const Entry& e) { return e.tag == tag; });
    queue_.push_back({std::move(label), std::move(tag), std::move(job)});
  }
  ready_.notify_one();
}

std::shared_ptr<const Snapshot> EngineThread::snapshot() const {
  std::lock_guard lock(mutex_);
  return snapshot_;
}

EngineThread::Status EngineThread::status() const {
  std::lock_guard lock(mutex_);
  Status status{running_, queue_.size(), 0};
  if (!running_.empty()) status.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - since_).count();
  return status;
}

void EngineThread::stop() {
  std::lock_guard lock(mutex_);
  if (workspace_ && !running_.empty()) workspace_->stop();
}

void EngineThread::loop(WorkspaceOptions options) {
  Workspace workspace(std::move(options));
  {
    std::lock_guard lock(mutex_);
    workspace_ = &workspace;
  }
  for (;;) {
    Entry entry;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [&] { return quit_ || !queue_.empty(); });
      if (quit_) break;
      entry = std::move(queue_.front());
      queue_.pop_front();
      running_ = entry.label;
      since_ = std::chrono::steady_clock::now();
    }
    runJob(workspace, entry);
    publish(workspace);
    if (wake_) wake_();
  }
  std::lock_guard lock(mutex_);
  workspace_ = nullptr;
}

/// The engine loop is one of the three places where an exception ends.
void EngineThread::runJob(Workspace& workspace, const Entry& entry) {
  try {
    entry.job(workspace);
  } catch (const graph::run::NodeError& e) {
    workspace.fail(entry.label, e.what(), e.node);
  } catch (const std::exception& e) {
    workspace.fail(entry.label, e.what());
  } catch (...) {
    workspace.fail(entry.label, "an unknown exception");
  }
}

void EngineThread::publish(Workspace& workspace) {
  std::shared_ptr<const Snapshot> made;
  try {
    made = workspace.snapshot();
  } catch (const std::exception& e) {
    workspace.fail("snapshot", e.what());   // shown with the next one; the old picture stays
  }
  std::lock_guard lock(mutex_);
  if (made) snapshot_ = std::move(made);
  running_.clear();
  workspace.clearStop();
  if (workspace.wantsVerification() && !quit_) {
    std::erase_if(queue_, [](const Entry& e) { return e.tag == "verify"; });
    queue_.push_back({"verify", "verify", [](Workspace& w) { w.verifyAfterChange(); }});
  }
}

}  // namespace app
