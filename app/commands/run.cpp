// fxloom run: execute a graph as printed; compare with expected results, save them, or time every node.
#include <fmt/format.h>

#include <algorithm>

#include "app/commands/commands.h"
#include "app/commands/common.h"
#include "app/interrupt.h"
#include "app/units.h"
#include "graph/run/workspace.h"
#include "graph/text/printer.h"

namespace app::commands {
using namespace graph::run;
namespace {

const int kProfileRuns = 5;

std::string describeValue(const Value& value) {
  if (const auto* tensor = value.tensor()) {
    auto geometry = (*tensor)->geometry();
    return fmt::format("{}[{}]", graph::ir::abbreviation(geometry.dtype), fmt::join(geometry.sizes, ", "));
  }
  struct Visitor {
    std::string operator()(graph::ir::None) const { return "None"; }
    std::string operator()(bool x) const { return x ? "True" : "False"; }
    std::string operator()(int64_t x) const { return std::to_string(x); }
    std::string operator()(double x) const { return graph::text::pythonFloat(x); }
    std::string operator()(std::complex<double> x) const { return fmt::format("({}+{}j)", x.real(), x.imag()); }
    std::string operator()(const std::string& x) const { return "'" + x + "'"; }
    std::string operator()(const TensorPtr&) const { return "tensor"; }
    std::string operator()(const std::shared_ptr<ValueList>& list) const {
      std::string text;
      for (const auto& item : *list) text += (text.empty() ? "" : ", ") + describeValue(item);
      return "[" + text + "]";
    }
  };
  return std::visit(Visitor{}, value.data);
}

std::vector<NodeTiming> slowestFirst(std::vector<NodeTiming> timings) {
  std::stable_sort(timings.begin(), timings.end(), [](const auto& a, const auto& b) { return a.microseconds > b.microseconds; });
  return timings;
}

void sayProfile(const RunOptions& options, const graph::ir::Graph& graph, const std::vector<NodeTiming>& timings) {
  double total = 0;
  for (const auto& timing : timings) total += timing.microseconds;
  size_t rows = options.top ? std::min(options.top, timings.size()) : timings.size();
  size_t widest = 4;
  for (size_t i = 0; i < rows; ++i) widest = std::max(widest, graph.node(timings[i].node).name.size());
  say(options.common, "{:>10}  {:>5}  {:>10}  {:>10}  {:>10}  {:<{}}  {}", "time", "%", "read", "written", "allocated", "node", widest,
      "target");
  for (size_t i = 0; i < rows; ++i) {
    const auto& t = timings[i];
    const auto& node = graph.node(t.node);
    say(options.common, "{:>10}  {:>5.1f}  {:>10}  {:>10}  {:>10}  {:<{}}  {}", humanTime(t.microseconds),
        total > 0 ? 100 * t.microseconds / total : 0.0, humanBytes(t.bytesRead), humanBytes(t.bytesWritten), humanBytes(t.allocated),
        node.name, widest, node.target);
  }
  if (rows < timings.size()) say(options.common, "... and {} more (--top 0 shows all)", timings.size() - rows);
  say(options.common, "{} nodes, {} in all", timings.size(), humanTime(total));
}

}  // namespace

Exit run(const RunOptions& options, Report& report) {
  auto request = options.input.request();
  if (!options.save.empty()) requireWritable(options.save);
  GraphFile file(options.file);
  report.diagnostics = file.diagnostics();
  auto graph = file.usableGraph(options.common.graph, options.common.quiet);
  describe(report, file.name(), *graph, request.bind);
  std::optional<graph::files::Safetensors> expected;
  if (!options.expect.empty()) expected = graph::files::Safetensors::open(options.expect);

  auto& backend = readyBackend(options.common, request, report);
  auto program = located(file, *graph, [&] { return backend.compile(*graph, request.device); });
  auto inputs = makeInputs(backend, *graph, request);
  describe(report, file.name(), *graph, inputs.symbols);
  auto before = cloneInputs(backend, inputs);
  backend.seed(request.seed);
  ValueList outputs;
  located(file, *graph, [&] { outputs = program->run(inputs.values, inputs.attributes); });
  report.peakBefore = program->peakBytes();

  say(options.common, "{}: {} on {}, {}", graph->name(), counted(graph->size(), "node"), request.device.str(), str(inputs.symbols));
  for (size_t i = 0; i < outputs.size(); ++i) say(options.common, "  output.{}  {}", i, describeValue(outputs[i]));
  if (!options.save.empty()) {
    saveResults(backend, *graph, outputs, before, inputs, options.save);
    say(options.common, "saved {}", options.save);
  }
  if (options.profile)
    located(file, *graph, [&] { sayProfile(options, *graph, slowestFirst(profileMedian(backend, *program, before, kProfileRuns))); });
  throwIfInterrupted();
  if (!expected) return Exit::yes;
  report.verify = compareWithFile(backend, *graph, outputs, before, inputs, *expected, options.exact);
  report.verify->bindings = {inputs.symbols};
  bool same = report.verify->status == Equivalence::Status::same;
  auto text = summary(*report.verify);
  if (same)
    say(options.common, "{}", text);
  else
    fmt::print(stderr, "{} is not what {} expects\n{}\n", options.file, options.expect, text);
  return same ? Exit::yes : Exit::no;
}

}  // namespace app::commands
