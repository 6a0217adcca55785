// fxloom explain: may this write happen in place, and if not, which rule and which node forbids it. Needs no LibTorch.
#include <fmt/format.h>

#include <algorithm>

#include "app/commands/commands.h"
#include "app/commands/common.h"
#include "app/rewriting.h"
#include "app/units.h"
#include "graph/text/printer.h"
#include "rewrites/inplace.h"
#include "rewrites/repair.h"

namespace app::commands {
using graph::ir::Graph;
using graph::ir::NodeId;
namespace {

std::string nameOf(const Graph& graph, NodeId id) { return graph.contains(id) ? graph.node(id).name : "?"; }

// Where a value lives: `slice_scatter_1 stands for arg206_1[0:s0, :, :, :]`.
void sayStorage(const CommonOptions& common, const rewrites::InPlace& analysis, NodeId id) {
  const auto& storage = analysis.storage();
  auto owner = storage.owner(id);
  if (auto window = storage.window(id)) {
    auto base = storage.graph().node(id).args.empty() ? NodeId{} : storage.graph().node(id).args.front().node();
    if (const auto* location = base ? storage.location(base) : nullptr)
      if (const auto* of = storage.location(location->owner))
        say(common, "  writes {} of {}", rewrites::Storage::str(*window, of->shape), nameOf(storage.graph(), location->owner));
  }
  if (!owner) return;
  std::vector<std::string> others;
  for (auto alias : storage.aliases(owner))
    if (alias != id) others.push_back(nameOf(storage.graph(), alias));
  if (!others.empty()) say(common, "  shares memory with {}", fmt::join(others, ", "));
}

/// Of a part of a graph nobody can say more.
void sayLimits(const CommonOptions& common, const Graph& graph) {
  if (graph.isCut()) say(common, "  as far as the text goes: lines of this graph are missing, and they may change the answer");
  else if (!graph.output()) say(common, "  as far as these lines go: what follows them may change the answer");
}

Exit sayTaken(const CommonOptions& common, const Graph& graph, const rewrites::Chain& chain, const std::string& node) {
  say(common, "{}: yes, this write may happen in place, into {}", node, nameOf(graph, chain.owner));
  for (const auto& update : chain.updates)
    say(common, "  {} -> {}", nameOf(graph, update.node), update.writes ? update.twin : "goes: what it writes is already in its place");
  for (auto copy : chain.copies) say(common, "  {} goes: it copies a thing to itself", nameOf(graph, copy));
  for (const auto& guard : chain.guards) say(common, "  relies on {}", guard.str());
  auto bytes = chain.bytesSaved.asConstant();
  sayLimits(common, graph);
  say(common, "  saves {}", bytes ? humanBytes(*bytes) : chain.bytesSaved.str() + " bytes");
  return Exit::yes;
}

Exit sayRefused(const CommonOptions& common, const Graph& graph, const rewrites::Refusal& refusal, const rewrites::Repair* repair) {
  say(common, "{}: no: {}: {}", nameOf(graph, refusal.node), rewrites::ruleName(refusal.rule), refusal.because);
  for (auto blocker : refusal.blockers)
    if (graph.contains(blocker)) say(common, "  blocked by {}", graph::text::printNode(graph, blocker));
  if (repair) {
    auto bytes = repair->bytes ? repair->bytes->asConstant() : std::nullopt;
    auto saves = bytes ? humanBytes(*bytes) : repair->bytes ? repair->bytes->str() + " bytes" : "unknown bytes";
    say(common, "  repair: {} ({}, saves {})", repair->text, repair->rewrite, saves);
  }
  sayLimits(common, graph);
  return Exit::no;
}

// Names of updates for a user who named something else;.
std::string suggestions(const rewrites::InPlace& analysis, const Graph& graph) {
  std::vector<std::string> names;
  size_t count = 0;
  for (auto id : graph)
    if (analysis.isUpdate(id) && ++count <= 8) names.push_back(graph.node(id).name);
  if (names.empty()) return "this graph has no update";
  return fmt::format("updates of this graph: {}{}", fmt::join(names, ", "),
                     count > names.size() ? fmt::format(", ... ({} in all)", count) : "");
}

}  // namespace

Exit explain(const ExplainOptions& options, Report& report) {
  GraphFile file(options.file);
  report.diagnostics = file.diagnostics();
  auto graph = options.scripts.empty() ? file.usableGraph(options.common.graph, options.common.quiet, true)
                                       : applyScripts(file, options.common, {}, options.scripts, false).after;
  describe(report, file.name(), *graph, {});
  rewrites::InPlace analysis(*graph);
  auto id = graph->find(options.node);
  if (!id)
    throw Failure(Exit::usage, fmt::format("error: {} has no node '{}'; {}", file.path(), options.node, suggestions(analysis, *graph)));
  if (const auto* chain = analysis.chainOf(id)) {
    say(options.common, "{}", graph::text::printNode(*graph, id));
    sayTaken(options.common, *graph, *chain, options.node);
    sayStorage(options.common, analysis, id);
    return Exit::yes;
  }
  for (const auto& chain : analysis.chains())
    if (std::find(chain.copies.begin(), chain.copies.end(), id) != chain.copies.end())
      return sayTaken(options.common, *graph, chain, options.node);
  if (const auto* refusal = analysis.refusalOf(id)) {
    say(options.common, "{}", graph::text::printNode(*graph, id));
    auto answer = sayRefused(options.common, *graph, *refusal, analysis.repairOf(id));
    sayStorage(options.common, analysis, id);
    return answer;
  }
  throw Failure(Exit::usage, fmt::format("error: {} ({}) is no functional update, so there is no write to decide on; {}", options.node,
                                         graph->node(id).target, suggestions(analysis, *graph)));
}

}  // namespace app::commands
