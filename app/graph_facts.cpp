#include "app/graph_facts.h"

#include "app/numbers.h"
#include "graph/ir/declared_schemas.h"
#include "rewrites/inplace.h"
#include "rewrites/repair.h"
#include "rewrites/operators.h"

namespace app {
namespace {

using graph::ir::Graph;
using graph::layout::Mark;

std::string nameOf(const Graph& graph, NodeId id) { return graph.contains(id) ? graph.node(id).name : "?"; }

std::string amount(const graph::ir::Expr& bytes, const graph::ir::Binding& binding) {
  auto value = bytes.evaluate(binding);
  return value ? bytesText(*value) : bytes.str() + " B";
}

void addStorage(GraphFacts& facts, const rewrites::Storage& storage) {
  const auto& graph = *facts.graph;
  facts.owner.assign(graph.idLimit(), NodeId{});
  for (auto id : graph) {
    auto owner = storage.owner(id);
    if (!owner) continue;
    facts.owner[id.value] = owner;
    facts.aliases[owner].push_back(id);
  }
}

void addDecisions(GraphFacts& facts, const rewrites::InPlace& plan, const graph::ir::Binding& binding) {
  const auto& graph = *facts.graph;
  for (const auto& chain : plan.chains()) {
    TakenRow row{chain.head, nameOf(graph, chain.head), nameOf(graph, chain.owner), amount(chain.bytesSaved, binding),
                 static_cast<int>(chain.updates.size())};
    auto reason = "can be written in place into " + row.writes + ": saves " + row.saved;
    for (const auto& update : chain.updates) facts.marks.entries[update.node] = {Mark::taken, reason};
    for (auto copy : chain.copies) facts.marks.entries[copy] = {Mark::taken, "goes away: " + reason};
    facts.taken.push_back(std::move(row));
  }
  for (const auto& refusal : plan.refusals()) {
    auto rule = std::string(rewrites::ruleName(refusal.rule));
    const auto* repair = plan.repairOf(refusal.node);
    facts.refused.push_back({refusal.node, nameOf(graph, refusal.node), rule, refusal.because, repair ? repair->text : "", refusal.blockers});
    facts.marks.entries[refusal.node] = {Mark::refused, rule + ": " + refusal.because};
  }
}

}  // namespace

std::shared_ptr<const GraphFacts> makeGraphFacts(std::shared_ptr<const Graph> graph, const graph::ir::Binding& binding) {
  auto facts = std::make_shared<GraphFacts>();
  facts->graph = graph;
  facts->schemas = graph::ir::schemaGeneration();
  facts->folding = graph::layout::fold(*graph);
  facts->marks.binding = binding;
  for (auto id : *graph) {
    if (auto line = graph->node(id).line) facts->byLine.try_emplace(line, id);
  }
  try {
    rewrites::Operators operators;
    for (auto id : *graph)
      if (auto bytes = rewrites::copiedBytes(*graph, id, operators.of(graph->node(id)))) facts->marks.copied[id] = amount(*bytes, binding);
    facts->copied = rewrites::copiedBytes(*graph, binding);
    rewrites::InPlace plan(*graph);
    addStorage(*facts, plan.storage());
    addDecisions(*facts, plan, binding);
  } catch (const std::exception& e) {
    facts->problem = std::string("the in-place analysis failed: ") + e.what();
  }
  return facts;
}

}  // namespace app
