// The layout thread: turns (revision, view) into a scene, with Graphviz in a child process; the newest request wins.
//
// A newer request replaces a queued one and stops the one that runs. Positions are cached by the dot text, so that undo, theme or mark
// changes and layers of one shape cost nothing. The last good scene stays until another one is ready.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "app/snapshot.h"
#include "graph/layout/layout.h"

namespace app {

/// A finished picture, or why there is none.
struct SceneResult {
  std::shared_ptr<const GraphFacts> facts;
  graph::layout::ViewSpec spec;
  graph::layout::Scene scene;
  std::string error;         // set: `scene` is the last good one, and facts/spec belong to that
  uint64_t serial = 0;
};

class LayoutThread {
 public:
  using Place = std::function<graph::layout::Positions(const std::string& dot, const std::atomic<bool>& stop)>;

  explicit LayoutThread(Place place, std::function<void()> wake = {});
  ~LayoutThread();
  LayoutThread(const LayoutThread&) = delete;
  LayoutThread& operator=(const LayoutThread&) = delete;

  void request(std::shared_ptr<const GraphFacts> facts, const graph::layout::ViewSpec& spec);
  std::shared_ptr<const SceneResult> result() const;   // null before the first
  bool busy() const;
  void stop();                                         // gives up the running layout

 private:
  struct Request {
    std::shared_ptr<const GraphFacts> facts;
    graph::layout::ViewSpec spec;
  };
  void loop();
  SceneResult make(const Request& request);
  graph::layout::Positions place(const std::string& dot);

  Place place_;
  std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::optional<Request> next_;
  std::shared_ptr<const SceneResult> result_;
  bool running_ = false, quit_ = false;
  std::atomic<bool> stop_{false};
  uint64_t serial_ = 0;
  std::list<std::pair<std::string, graph::layout::Positions>> cache_;   // most recent first; layout thread only
  std::thread thread_;
};

}  // namespace app
