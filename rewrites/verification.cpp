#include "rewrites/verification.h"

namespace rewrites {

using graph::run::Equivalence;

Verification verifyPath(graph::run::Backend& backend, const std::vector<const Revision*>& path, const graph::run::InputRequest& request) {
  const auto& reference = *path.front()->graph;
  Verification found;
  found.result = graph::run::compareGraphs(backend, reference, *path.back()->graph, {.inputs = request});
  const auto* failed = found.result.failed();
  if (!failed) return found;
  found.blamed = path.back()->number;
  for (size_t i = 1; i + 1 < path.size(); ++i) {
    const auto earlier = graph::run::compareGraphs(backend, reference, *path[i]->graph, {.inputs = failed->round.request, .oneRound = true});
    if (earlier.status != Equivalence::Status::different) continue;
    found.blamed = path[i]->number;
    break;
  }
  return found;
}

std::string madeBy(const Revision& revision) {
  std::string text;
  for (const auto& outcome : revision.outcomes) {
    if (outcome.taken.empty()) continue;
    text += (text.empty() ? "" : ", ") + outcome.rewrite;
    if (!outcome.script.empty()) text += " (" + outcome.script + ")";
  }
  return text.empty() ? revision.label : text;
}

}  // namespace rewrites
