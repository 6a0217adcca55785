#include "app/layout_thread.h"

namespace app {

using graph::layout::Positions;

namespace {
constexpr size_t kCached = 48;   // layouts kept
}

LayoutThread::LayoutThread(Place place, std::function<void()> wake)
    : place_(std::move(place)), wake_(std::move(wake)), thread_([this] { loop(); }) {}

LayoutThread::~LayoutThread() {
  {
    std::lock_guard lock(mutex_);
    quit_ = true;
    stop_ = true;
  }
  ready_.notify_all();
  thread_.join();
}

void LayoutThread::request(std::shared_ptr<const GraphFacts> facts, const graph::layout::ViewSpec& spec) {
  {
    std::lock_guard lock(mutex_);
    next_ = Request{std::move(facts), spec};
    stop_ = running_;
  }
  ready_.notify_one();
}

std::shared_ptr<const SceneResult> LayoutThread::result() const {
  std::lock_guard lock(mutex_);
  return result_;
}

bool LayoutThread::busy() const {
  std::lock_guard lock(mutex_);
  return running_ || next_.has_value();
}

void LayoutThread::stop() {
  std::lock_guard lock(mutex_);
  if (running_) stop_ = true;
}

void LayoutThread::loop() {
  for (;;) {
    Request request;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [&] { return quit_ || next_; });
      if (quit_) return;
      request = std::move(*next_);
      next_.reset();
      running_ = true;
      stop_ = false;
    }
    auto made = make(request);
    {
      std::lock_guard lock(mutex_);
      running_ = false;
      // What was stopped for a newer request is no news.
      if (!(made.error.size() && next_)) {
        made.serial = ++serial_;
        result_ = std::make_shared<const SceneResult>(std::move(made));
      }
    }
    if (wake_) wake_();
  }
}

SceneResult LayoutThread::make(const Request& request) {
  using namespace graph::layout;
  SceneResult out{request.facts, request.spec, {}, "", 0};
  try {
    const auto& graph = *request.facts->graph;
    auto view = makeView(graph, request.facts->folding, request.spec);
    out.scene = buildScene(graph, view, place(toDot(view)), request.facts->marks, request.spec);
  } catch (const std::exception& e) {
    auto old = result();
    if (old) out = *old;
    out.error = e.what();
  }
  return out;
}

Positions LayoutThread::place(const std::string& dot) {
  for (auto it = cache_.begin(); it != cache_.end(); ++it)
    if (it->first == dot) {
      cache_.splice(cache_.begin(), cache_, it);
      return cache_.front().second;
    }
  auto positions = place_(dot, stop_);
  cache_.emplace_front(dot, positions);
  if (cache_.size() > kCached) cache_.pop_back();
  return positions;
}

}  // namespace app
