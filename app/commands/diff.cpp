// fxloom diff: what changed in the structure, nodes matched by name. Exit 1 when something did.
#include "graph/ir/diff.h"

#include <fmt/format.h>

#include "app/commands/commands.h"
#include "app/commands/common.h"
#include "graph/text/printer.h"

namespace app::commands {
namespace {

std::shared_ptr<const graph::ir::Graph> readable(GraphFile& file, const std::string& select, bool quiet) {
  auto chosen = file.graph(select);
  if (auto wrong = file.chosenDiagnostics(); !wrong.empty() && !quiet) fmt::print(stderr, "{}\n", file.drawn(wrong));
  return chosen;
}

}  // namespace

Exit diff(const DiffOptions& options, Report& report) {
  GraphFile fileA(options.before), fileB(options.after);
  report.diagnostics = fileA.diagnostics();
  auto a = readable(fileA, options.common.graph, options.common.quiet);
  auto b = readable(fileB, fileB.dumps()->dumps().size() == 1 ? "" : options.common.graph, options.common.quiet);
  describe(report, fileA.name(), *a, {});
  report.graph.nodesAfter = b->size();
  report.graph.copiedAfter = rewrites::copiedBytes(*b, graph::ir::Binding{});

  auto changes = graph::ir::diffByName(*a, *b);
  for (auto id : changes.removed) say(options.common, "- {}", graph::text::printNode(*a, id));
  for (auto [from, to] : changes.changed) {
    say(options.common, "- {}", graph::text::printNode(*a, from));
    say(options.common, "+ {}", graph::text::printNode(*b, to));
  }
  for (auto id : changes.added) say(options.common, "+ {}", graph::text::printNode(*b, id));
  say(options.common, "{} removed, {} changed, {} added", changes.removed.size(), changes.changed.size(), changes.added.size());
  return changes.empty() ? Exit::yes : Exit::no;
}

}  // namespace app::commands
