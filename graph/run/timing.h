// Before against after, so that the number can be believed: interleaved ABBA, warm-up, medians, bootstrap interval.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "graph/run/backend.h"
#include "graph/run/inputs.h"

namespace graph::run {

/// Microseconds.
struct Quartiles {
  double median = 0, p25 = 0, p75 = 0;
  int runs = 0;
};
Quartiles quartiles(std::vector<double> samples);

struct Speedup {
  double ratio = 0;          // median before / median after
  double low = 0, high = 0;  // 95 % bootstrap interval of that ratio
  bool significant = false;  // the interval does not include 1
};
/// Bootstrap over paired resampling with a fixed seed: the same samples give the same interval.
Speedup speedup(const std::vector<double>& before, const std::vector<double>& after);

struct TimingRequest {
  int warmup = 3;
  int minRuns = 10;
  int maxRuns = 200;
  double seconds = 2.0;
};  // per pair
struct TimingResult {
  Quartiles before, after;
  Speedup gain;
  std::optional<int64_t> peakBefore, peakAfter;
};

/// Runs both programs on clones of the same inputs in ABBA order. Before every run the inputs that the program mutates are restored,
/// outside the timed window. Throws what Program::run throws, and Stopped.
TimingResult timePair(Backend& backend, const ir::Device& device, Program& before, Program& after, const Inputs& inputs,
                      const TimingRequest& request);
/// `runs` profiles, restored between: each node's median time; bytes and allocations of the first.
std::vector<NodeTiming> profileMedian(Backend& backend, Program& program, const Inputs& inputs, int runs);
/// One program alone.
Quartiles timeOne(Backend& backend, const ir::Device& device, Program& program, const Inputs& inputs, const TimingRequest& request);

}  // namespace graph::run
