// GraphProgram::profile: the same run with a mark, the allocations and the traffic of every node.
#include "graph/torch/devices.h"
#include "graph/torch/memory.h"
#include "graph/torch/program.h"
#include "graph/torch/traffic.h"

namespace graph::torch {

void GraphProgram::executeWatched(std::vector<run::NodeTiming>& timings) {
  MemoryWatch watch;
  Traffic traffic;
  Laps laps(device_, 2 * code_.steps.size());
  peak_.reset();
  const Step* current = nullptr;
  try {
    for (const Step& step : code_.steps) {
      if (stop_.load(std::memory_order_relaxed)) throw run::Stopped();
      current = &step;
      loadArguments(code_, step, slots_, stack_);
      traffic.before(step.what, stack_);
      auto allocatedBefore = watch.usage().allocated;
      laps.mark();
      step.what.call(stack_);
      laps.mark();
      traffic.after(step.what, stack_);
      timings.push_back({step.node, 0, traffic.read(), traffic.written(), watch.usage().allocated - allocatedBefore});
      storeResults(code_, step, slots_, stack_);
    }
  } catch (const run::Stopped&) {
    throw;
  } catch (...) {
    failAt(*current);
  }
  peak_ = watch.usage().peak;
  auto times = laps.microseconds();
  for (size_t i = 0; i < timings.size(); ++i) timings[i].microseconds = times[2 * i];
}

}  // namespace graph::torch
