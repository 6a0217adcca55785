#include "graph/run/timing.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "graph/run/elements.h"
#include "graph/run/workspace.h"

namespace graph::run {
namespace {

constexpr int kResamples = 2000;
constexpr uint64_t kBootstrapSeed = 0x5eed;

// The p-quantile of sorted samples, linear between neighbours.
double quantile(const std::vector<double>& sorted, double p) {
  if (sorted.empty()) return 0;
  double at = p * static_cast<double>(sorted.size() - 1);
  auto below = static_cast<size_t>(at);
  auto above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

double median(std::vector<double>& samples) {
  auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  if (samples.size() % 2) return *middle;
  return (*middle + *std::max_element(samples.begin(), middle)) / 2;
}

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// One timed run: inputs and random state restored and settled before the clock starts; results let go after it stops.
double timedRun(Backend& backend, const ir::Device& device, Program& program, Workspace& workspace) {
  workspace.restore();
  backend.synchronize(device);
  ValueList results;
  return backend.time(device, [&] { results = program.run(workspace.values(), workspace.attributes()); });
}

bool enough(const TimingRequest& request, int runs, std::chrono::steady_clock::time_point start) {
  if (runs >= request.maxRuns) return true;
  double elapsed = secondsSince(start);
  return (runs >= request.minRuns && elapsed >= request.seconds) || (runs >= 3 && elapsed >= 10 * request.seconds);
}

}  // namespace

Quartiles quartiles(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  return {quantile(samples, 0.5), quantile(samples, 0.25), quantile(samples, 0.75), static_cast<int>(samples.size())};
}

Speedup speedup(const std::vector<double>& before, const std::vector<double>& after) {
  Speedup result;
  if (before.empty() || after.empty()) return result;
  auto x = before, y = after;
  double denominator = median(y);
  if (denominator <= 0) return result;
  result.ratio = median(x) / denominator;
  // Paired: run i of both was made at the same time, so slow moments of the machine are drawn together.
  bool paired = before.size() == after.size();
  Random random(kBootstrapSeed);
  std::vector<double> ratios;
  ratios.reserve(kResamples);
  for (int sample = 0; sample < kResamples; ++sample) {
    for (size_t i = 0; i < x.size(); ++i) {
      auto pick = random.below(before.size());
      x[i] = before[pick];
      if (paired) y[i] = after[pick];
    }
    if (!paired)
      for (auto& value : y) value = after[random.below(after.size())];
    if (double below = median(y); below > 0) ratios.push_back(median(x) / below);
  }
  std::sort(ratios.begin(), ratios.end());
  result.low = quantile(ratios, 0.025);
  result.high = quantile(ratios, 0.975);
  result.significant = before.size() > 1 && (result.low > 1 || result.high < 1);
  return result;
}

TimingResult timePair(Backend& backend, const ir::Device& device, Program& before, Program& after, const Inputs& inputs,
                      const TimingRequest& request) {
  Workspace workspace(backend, inputs, {&before, &after});
  TimingResult result;
  std::vector<NodeTiming> ignored;
  workspace.restore();
  before.profile(workspace.values(), workspace.attributes(), ignored);
  result.peakBefore = before.peakBytes();
  workspace.restore();
  after.profile(workspace.values(), workspace.attributes(), ignored);
  result.peakAfter = after.peakBytes();

  for (int i = 0; i < request.warmup; ++i) {
    timedRun(backend, device, before, workspace);
    timedRun(backend, device, after, workspace);
  }
  std::vector<double> a, b;
  auto start = std::chrono::steady_clock::now();
  while (!enough(request, static_cast<int>(a.size()), start)) {
    a.push_back(timedRun(backend, device, before, workspace));
    b.push_back(timedRun(backend, device, after, workspace));
    b.push_back(timedRun(backend, device, after, workspace));
    a.push_back(timedRun(backend, device, before, workspace));
  }
  result.before = quartiles(a);
  result.after = quartiles(b);
  result.gain = speedup(a, b);
  return result;
}

Quartiles timeOne(Backend& backend, const ir::Device& device, Program& program, const Inputs& inputs, const TimingRequest& request) {
  Workspace workspace(backend, inputs, {&program});
  for (int i = 0; i < request.warmup; ++i) timedRun(backend, device, program, workspace);
  std::vector<double> samples;
  auto start = std::chrono::steady_clock::now();
  while (!enough(request, static_cast<int>(samples.size()), start)) samples.push_back(timedRun(backend, device, program, workspace));
  return quartiles(samples);
}

std::vector<NodeTiming> profileMedian(Backend& backend, Program& program, const Inputs& inputs, int runs) {
  Workspace workspace(backend, inputs, {&program});
  std::vector<NodeTiming> result;
  std::vector<std::vector<double>> samples;
  for (int i = 0; i < std::max(runs, 1); ++i) {
    workspace.restore();
    std::vector<NodeTiming> timings;
    program.profile(workspace.values(), workspace.attributes(), timings);
    if (i == 0) {
      result = timings;
      samples.resize(timings.size());
    }
    for (size_t n = 0; n < timings.size() && n < samples.size(); ++n) samples[n].push_back(timings[n].microseconds);
  }
  for (size_t n = 0; n < result.size(); ++n) result[n].microseconds = quartiles(samples[n]).median;
  return result;
}

}  // namespace graph::run
