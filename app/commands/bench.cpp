// fxloom bench: before and after, interleaved, at one binding or at every point of a sweep. Verified first.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "app/commands/commands.h"
#include "app/commands/common.h"
#include "app/commands/rewriting_report.h"
#include "app/interrupt.h"
#include "app/rewriting.h"
#include "app/units.h"

namespace app::commands {
using namespace graph::run;
namespace {

std::vector<graph::ir::Binding> pointsOf(const BenchOptions& options, const InputRequest& request) {
  std::vector<Sweep> sweeps;
  for (const auto& text : options.sweeps) {
    sweeps.push_back(parseSweep(text));
    if (request.bind.contains(sweeps.back().symbol))
      throw Failure(Exit::usage, fmt::format("error: {} is both bound and swept", sweeps.back().symbol));
  }
  return sweepPoints(sweeps);
}

Measurement measure(Backend& backend, const GraphFile& file, const Rewritten& graphs, const InputRequest& request,
                    const TimingRequest& timing, Report& report) {
  auto inputs = makeInputs(backend, *graphs.before, request);
  auto before = located(file, *graphs.before, [&] { return backend.compile(*graphs.before, request.device); });
  Measurement result;
  result.symbols = inputs.symbols;
  if (!graphs.changed()) {
    result.before = located(file, *graphs.before, [&] { return timeOne(backend, request.device, *before, inputs, timing); });
    report.peakBefore = before->peakBytes();
    return result;
  }
  auto after = located(file, *graphs.after, [&] { return backend.compile(*graphs.after, request.device); });
  auto times = located(file, *graphs.before, [&] { return timePair(backend, request.device, *before, *after, inputs, timing); });
  result.before = times.before;
  result.after = times.after;
  result.gain = times.gain;
  report.peakBefore = times.peakBefore;
  report.peakAfter = times.peakAfter;
  return result;
}

std::string cell(const Quartiles& q) { return fmt::format("{} [{}, {}]", humanTime(q.median), humanTime(q.p25), humanTime(q.p75)); }

void sayRow(const CommonOptions& common, const Measurement& m, size_t width) {
  auto line = fmt::format("{:<{}}  {:<32}", str(m.symbols), width, cell(m.before));
  if (m.after) line += fmt::format("  {:<32}", cell(*m.after));
  if (m.gain) {
    line += fmt::format("  {:.2f}x [{:.2f}, {:.2f}]", m.gain->ratio, m.gain->low, m.gain->high);
    if (!m.gain->significant) line += "  not significant";
  }
  while (line.back() == ' ') line.pop_back();
  say(common, "{}", line);
  if (!common.quiet) std::fflush(stdout);  // a sweep takes minutes: each row as it is measured
}

// Symbols that have one value at every point.
graph::ir::Binding common(const std::vector<Measurement>& points) {
  auto shared = points.front().symbols;
  for (const auto& point : points)
    std::erase_if(shared, [&](const auto& entry) {
      auto here = point.symbols.find(entry.first);
      return here == point.symbols.end() || here->second != entry.second;
    });
  return shared;
}

}  // namespace

Exit bench(const BenchOptions& options, Report& report) {
  auto request = options.input.request();
  if (options.engine == "cudagraph" || options.engine == "inductor")
    throw Failure(Exit::usage, fmt::format("error: --engine {} comes in a later version; this one has aten", options.engine));
  if (options.engine != "aten")
    throw Failure(Exit::usage, fmt::format("error: --engine '{}': the engines are aten, cudagraph and inductor", options.engine));
  auto points = pointsOf(options, request);
  GraphFile file(options.file);
  report.diagnostics = file.diagnostics();
  auto graphs = applyScripts(file, options.common, request, options.scripts);
  auto& backend = readyBackend(options.common, request, report);
  auto requestAt = [&](const graph::ir::Binding& point) {
    auto here = request;
    here.bind.insert(point.begin(), point.end());
    return here;
  };
  describe(report, file.name(), *graphs.before, chooseSymbols(*graphs.before, requestAt(points.front())));
  if (graphs.changed()) {
    makeInputs(backend, *graphs.before, requestAt(points.front()));
    report.verify = verify(backend, *graphs.before, *graphs.after, request);
    auto text = summary(*report.verify);
    if (report.verify->status != Equivalence::Status::same) {
      describeAfter(report, graphs);
      fmt::print(stderr, "{}\nnot timed\n", text);
      report.note(graph::text::Severity::error, text);
      return Exit::no;
    }
    say(options.common, "{} of {} taken; {}", graphs.taken(), graphs.taken() + graphs.refused(), text);
  } else if (!options.scripts.empty()) {
    say(options.common, "the scripts changed nothing: one version is timed");
  }
  say(options.common, "torch {}, {}, {}, engine {}", *report.torch, request.device.str(),
      counted(static_cast<size_t>(backend.threads()), "thread"), options.engine);

  std::vector<Measurement> measured;
  size_t width = 7;
  for (const auto& point : points) width = std::max(width, str(chooseSymbols(*graphs.before, requestAt(point))).size());
  say(options.common, "{:<{}}  {:<32}{}", "symbols", width, "before: median [quartiles]",
      graphs.changed() ? fmt::format("  {:<32}  speedup [95 %]", "after: median [quartiles]") : "");
  for (const auto& point : points) {
    throwIfInterrupted();
    measured.push_back(measure(backend, file, graphs, requestAt(point), options.timing, report));
    sayRow(options.common, measured.back(), width);
  }
  if (options.sweeps.empty())
    report.time = measured.front();
  else
    report.sweep = measured;
  describe(report, file.name(), *graphs.before, common(measured));
  if (graphs.changed() || !options.scripts.empty()) describeAfter(report, graphs);
  if (!options.sweeps.empty()) report.peakBefore = report.peakAfter = std::nullopt;  // a peak belongs to one binding
  return Exit::yes;
}

}  // namespace app::commands
