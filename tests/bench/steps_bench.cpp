// What each step costs on a real dump: parse, print, propagate, analyse, rewrite with scripts/reinplace.lua.
//
// One thread. Every benchmark takes the 22-layer dump of samples/; its bytes and nodes are counters, so that rates follow.
#include <benchmark/benchmark.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "app/torch_module.h"
#include "graph/run/inputs.h"
#include "graph/text/parser.h"
#include "graph/text/printer.h"
#include "rewrites/inplace.h"
#include "rewrites/lua/engine.h"
#include "rewrites/session.h"

namespace {

const std::string kRoot = FXLOOM_SOURCE_DIR;
const std::string kDump = kRoot + "/samples/llama_22layers_torch2.1.txt";

const std::string& dumpText() {
  static const std::string text = [] {
    std::ifstream file(kDump);
    if (!file) throw std::runtime_error("cannot read " + kDump);
    std::ostringstream all;
    all << file.rdbuf();
    return all.str();
  }();
  return text;
}

const graph::ir::Graph& dumpGraph() {
  static const auto graph = graph::text::parse(dumpText()).graphs.at(0);
  return *graph;
}

void parse(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(graph::text::parse(dumpText()));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * dumpText().size()));
}
BENCHMARK(parse)->Unit(benchmark::kMillisecond);

void print(benchmark::State& state) {
  size_t bytes = 0;
  for (auto _ : state) bytes += graph::text::print(dumpGraph()).size();
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
}
BENCHMARK(print)->Unit(benchmark::kMillisecond);

/// Meta propagation in LibTorch, of every node.
void propagate(benchmark::State& state) {
  auto& backend = app::torchBackend();
  const auto binding = graph::run::chooseSymbols(dumpGraph(), {});
  size_t problems = 0;
  for (auto _ : state) problems = backend.propagate(dumpGraph(), binding).problems.size();
  state.counters["problems"] = static_cast<double>(problems);
}
BENCHMARK(propagate)->Unit(benchmark::kMillisecond);

/// Storage and the in-place decisions, nothing changed.
void analyse(benchmark::State& state) {
  size_t chains = 0;
  for (auto _ : state) chains = rewrites::InPlace(dumpGraph()).chains().size();
  state.counters["chains"] = static_cast<double>(chains);
}
BENCHMARK(analyse)->Unit(benchmark::kMillisecond);

/// The script as a user runs it: analysis, the Lua, the edits, the check of all of them together, lint, the new revision.
void rewrite(benchmark::State& state) {
  size_t taken = 0;
  for (auto _ : state) {
    state.PauseTiming();
    rewrites::Session session([]() -> graph::run::Backend& { return app::torchBackend(); });
    session.openText(dumpText(), "llama_22layers_torch2.1.txt");
    rewrites::lua::Engine engine(session, [](const std::string&) {}, {kRoot + "/scripts"});
    state.ResumeTiming();
    const auto result = engine.runFile(kRoot + "/scripts/reinplace.lua", true);
    state.PauseTiming();   // what follows ends the session
    if (!result.ok) return state.SkipWithError(result.error.c_str());
    taken = 0;
    for (const auto& outcome : session.lastOutcomes()) taken += outcome.taken.size();
    state.ResumeTiming();
  }
  state.counters["taken"] = static_cast<double>(taken);
}
BENCHMARK(rewrite)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
