// Costs of the graph IR at the sizes of the budgets: 100,000 nodes appended, copied, edited, compared, checked; symbols and proofs.
#include <benchmark/benchmark.h>

#include <string>

#include "graph/ir/diff.h"
#include "graph/ir/graph.h"
#include "graph/ir/lint.h"
#include "graph/ir/schema.h"

namespace graph::ir {
namespace {

/// Nodes as a dump has them: two inputs, a shape of three sizes, names of their own.
Graph make(int nodes) {
  Graph graph;
  const Expr s0 = Expr::symbol("s0");
  NodeId previous = graph.append({Op::placeholder, "x", "x"});
  const NodeId hub = previous;
  for (int i = 0; i < nodes; ++i) {
    Node node{Op::call_function, "add_" + std::to_string(i), "aten.add.Tensor", {previous, i % 4 == 0 ? hub : previous}};
    node.meta = TensorMeta{DType::f32, {s0, Expr(8), Expr(64)}};
    previous = graph.append(std::move(node));
  }
  return graph;
}

const Graph& hundredThousand() {
  static const Graph graph = make(100000);
  return graph;
}

void append(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(make(static_cast<int>(state.range(0))).size());
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(append)->Arg(1000)->Arg(100000)->Unit(benchmark::kMillisecond);

void copyGraph(benchmark::State& state) {
  const Graph& graph = hundredThousand();
  for (auto _ : state) benchmark::DoNotOptimize(Graph(graph).size());
}
BENCHMARK(copyGraph)->Unit(benchmark::kMicrosecond);

/// A revision: copy, ten replaced nodes spread over the graph.
void revisionOfTenEdits(benchmark::State& state) {
  const Graph& graph = hundredThousand();
  for (auto _ : state) {
    Graph draft = graph;
    for (int i = 0; i < 10; ++i) {
      const NodeId at = draft.find("add_" + std::to_string(i * 9000 + 50));
      draft.replaceAllUses(at, draft.insertAfter(at, {Op::call_function, draft.uniqueName("neg"), "aten.neg.default", {at}}));
    }
    benchmark::DoNotOptimize(draft.size());
  }
}
BENCHMARK(revisionOfTenEdits)->Unit(benchmark::kMicrosecond);

/// The budget's 5,000 replacements in 100,000 nodes, without the matching.
void fiveThousandReplacements(benchmark::State& state) {
  const Graph& graph = hundredThousand();
  for (auto _ : state) {
    Graph draft = graph;
    for (int i = 0; i < 5000; ++i) {
      const NodeId at = draft.find("add_" + std::to_string(i * 20));
      const NodeId fresh = draft.insertBefore(at, {Op::call_function, draft.uniqueName("sub"), "aten.sub.Tensor", draft.node(at).args});
      draft.replaceAllUses(at, fresh);
      draft.erase(at);
    }
    benchmark::DoNotOptimize(draft.size());
  }
}
BENCHMARK(fiveThousandReplacements)->Unit(benchmark::kMillisecond);

void insertAtOnePlace(benchmark::State& state) {
  for (auto _ : state) {
    Graph draft = hundredThousand();
    const NodeId at = draft.find("add_50000");
    for (int i = 0; i < 10000; ++i) draft.insertBefore(at, {Op::call_function, "n" + std::to_string(i), "aten.neg.default", {draft.first()}});
    benchmark::DoNotOptimize(draft.size());
  }
}
BENCHMARK(insertAtOnePlace)->Unit(benchmark::kMillisecond);

void walk(benchmark::State& state) {
  const Graph& graph = hundredThousand();
  for (auto _ : state) {
    size_t users = 0;
    for (NodeId id : graph) users += graph.users(id).size() + graph.node(id).args.size();
    benchmark::DoNotOptimize(users);
  }
}
BENCHMARK(walk)->Unit(benchmark::kMillisecond);

void diffOfOneEdit(benchmark::State& state) {
  const Graph& graph = hundredThousand();
  Graph draft = graph;
  draft.insertAfter(draft.find("add_7"), {Op::call_function, "neg", "aten.neg.default", {draft.find("add_7")}});
  for (auto _ : state) benchmark::DoNotOptimize(diffRevisions(graph, draft).added.size());
}
BENCHMARK(diffOfOneEdit)->Unit(benchmark::kMicrosecond);

void diffOfFiles(benchmark::State& state) {
  const Graph other = make(100000);
  for (auto _ : state) benchmark::DoNotOptimize(diffByName(hundredThousand(), other).empty());
}
BENCHMARK(diffOfFiles)->Unit(benchmark::kMillisecond);

void lintAll(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(lint(hundredThousand()).size());
}
BENCHMARK(lintAll)->Unit(benchmark::kMillisecond);

void lookUpSchema(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(findSchema("aten.index_put_.default"));
}
BENCHMARK(lookUpSchema);

void parseSymbols(benchmark::State& state) {
  const char* const texts[] = {"s0", "128", "2*s0 + 1", "((s77 + 1)//2)", "Max(1, u0)"};
  for (auto _ : state) benchmark::DoNotOptimize(Expr::parse(texts[state.range(0)]));
}
BENCHMARK(parseSymbols)->DenseRange(0, 4);

void prove(benchmark::State& state) {
  Facts facts;
  for (int i = 0; i < 12; ++i) facts.addNonNegative(Expr::symbol("s" + std::to_string(i)) - 2);
  facts.addNonNegative(*Expr::parse("s1 - u0 - 1"));
  facts.addNonNegative(*Expr::parse("u0"));
  const char* const goals[] = {"s0 - 1", "s1 - u0", "s1 - Min(s1, u0 + 1)", "s0*s1*64 - s0*64", "s0 - s1"};
  const Expr goal = *Expr::parse(goals[state.range(0)]);
  for (auto _ : state) benchmark::DoNotOptimize(facts.provesNonNegative(goal));
}
BENCHMARK(prove)->DenseRange(0, 4)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace graph::ir

BENCHMARK_MAIN();
