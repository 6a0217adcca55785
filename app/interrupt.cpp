// The handler only stores into lock-free atomics (stop() of engine and backend do the same) and, the second time, leaves.
#include "app/interrupt.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

#include "app/failure.h"
#include "app/torch_module.h"

namespace app {
namespace {

std::atomic<bool> pressed{false};
std::atomic<rewrites::lua::Engine*> running{nullptr};

void onInterrupt(int) {
  if (pressed.exchange(true)) _exit(static_cast<int>(Exit::stopped));
  if (auto* backend = openedBackend()) backend->stop = true;
  if (auto* engine = running.load()) engine->stop();
}

}  // namespace

void catchInterrupts() {
  struct sigaction action {};
  action.sa_handler = onInterrupt;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
}

bool interrupted() { return pressed; }

void throwIfInterrupted() {
  if (pressed) throw graph::run::Stopped();
}

StopsEngine::StopsEngine(rewrites::lua::Engine& engine) { running = &engine; }
StopsEngine::~StopsEngine() { running = nullptr; }

}  // namespace app
