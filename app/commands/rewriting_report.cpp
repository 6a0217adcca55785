// Outcomes in words and for the report.
#include "app/commands/rewriting_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "app/commands/common.h"
#include "app/units.h"

namespace app::commands {
namespace {

const size_t kShownOfARule = 3;

/// The first of each rule in full; of the rest their names. A model's layers repeat what its first one says.
void sayRefusals(const CommonOptions& common, const rewrites::Outcome& outcome) {
  std::map<std::string, std::vector<std::string>> byRule;
  for (const auto& refused : outcome.refused) {
    auto& names = byRule[refused.rule];
    names.push_back(refused.node);
    if (names.size() > kShownOfARule) continue;
    say(common, "  refused {}: {}: {}", refused.node, refused.rule, refused.because);
    if (!refused.blockers.empty()) say(common, "    blocked by {}", fmt::join(refused.blockers, ", "));
    if (refused.repair)
      say(common, "    repair: {} ({}{})", refused.repair->text, refused.repair->rewrite,
          refused.repair->bytes ? ", saves " + humanBytes(*refused.repair->bytes) : "");
  }
  for (auto& [rule, names] : byRule) {
    if (names.size() <= kShownOfARule) continue;
    const size_t more = names.size() - kShownOfARule, named = std::min<size_t>(more, 4);
    const auto begin = names.begin() + kShownOfARule;
    say(common, "  ... and {} more by {}: {}{} (--report has all reasons)", more, rule, fmt::join(begin, begin + static_cast<std::ptrdiff_t>(named), ", "),
        named < more ? " ..." : "");
  }
}

void sayKind(const CommonOptions& common, const char* kind, const std::optional<int64_t>& before, const std::optional<int64_t>& after) {
  if (before == 0 && after == 0) return;
  say(common, "  {:<7} {:>10} -> {}", kind, humanBytes(before), humanBytes(after));
}

}  // namespace

void describeAfter(Report& report, const Rewritten& rewritten) {
  report.graph.nodesAfter = rewritten.after->size();
  report.graph.copiedAfter = rewrites::copiedBytes(*rewritten.after, report.symbols);
  report.rewrites = rewritten.outcomes;
  // A script knows only what the user bound; the report counts under the binding that it names.
  const auto count = [&](const std::string& text, std::optional<int64_t>& into) {
    if (auto bytes = graph::ir::Expr::parse(text); bytes && !into) into = bytes->evaluate(report.symbols);
  };
  for (auto& outcome : report.rewrites) {
    for (auto& taken : outcome.taken) count(taken.bytesSavedText, taken.bytesSaved);
    for (auto& refused : outcome.refused)
      if (refused.repair) count(refused.repair->bytesText, refused.repair->bytes);
  }
}

void sayRewriting(const CommonOptions& common, const Report& report) {
  const auto& graph = report.graph;
  say(common, "{}: {} nodes -> {}", graph.name.value_or(""), graph.nodes.value_or(0), graph.nodesAfter.value_or(0));
  for (const auto& outcome : report.rewrites) {
    size_t updates = 0, all = outcome.taken.size() + outcome.refused.size();
    for (const auto& taken : outcome.taken) updates += static_cast<size_t>(taken.updates);
    if (all == 0) {
      say(common, "{}: nothing matched", outcome.rewrite);
      continue;
    }
    say(common, "{}: {} of {} taken ({}), {} refused", outcome.rewrite, outcome.taken.size(), all, counted(updates, "update"),
        outcome.refused.size());
    sayRefusals(common, outcome);
  }
  if (report.rewrites.empty()) say(common, "no rewrite matched anything");
  auto after = graph.copiedAfter.value_or(rewrites::CopiedBytes{});
  say(common, "copied bytes ({}):", str(report.symbols));
  sayKind(common, "update", graph.copied.update, after.update);
  sayKind(common, "copy_", graph.copied.copy_, after.copy_);
  sayKind(common, "clone", graph.copied.clone, after.clone);
}

}  // namespace app::commands
