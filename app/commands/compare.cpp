// fxloom compare: the same inputs through two graphs. By bits, as before/after is.
#include <fmt/format.h>

#include "app/commands/commands.h"
#include "app/commands/common.h"
#include "app/interrupt.h"

namespace app::commands {
using namespace graph::run;

Exit compare(const CompareOptions& options, Report& report) {
  auto request = options.input.request();
  if (!options.fill.empty()) {
    auto fill = parseFill(options.fill);
    if (!fill) throw Failure(Exit::usage, fmt::format("error: --fill '{}': the fills are {}", options.fill, fillNames()));
    request.fill = *fill;
  }
  GraphFile fileA(options.before), fileB(options.after);
  report.diagnostics = fileA.diagnostics();
  auto a = fileA.usableGraph(options.common.graph, options.common.quiet);
  auto b = fileB.usableGraph(fileB.dumps()->dumps().size() == 1 ? "" : options.common.graph, options.common.quiet);
  describe(report, fileA.name(), *a, request.bind);
  report.graph.nodesAfter = b->size();
  auto& backend = readyBackend(options.common, request, report);
  // Whatever is wrong with one of the graphs or with the tensors is said as such, before anything is compared.
  located(fileA, *a, [&] { backend.compile(*a, request.device); });
  located(fileB, *b, [&] { backend.compile(*b, request.device); });
  describe(report, fileA.name(), *a, makeInputs(backend, *a, request).symbols);
  report.graph.copiedAfter = rewrites::copiedBytes(*b, report.symbols);

  report.verify = verify(backend, *a, *b, request, !options.fill.empty());
  auto text = summary(*report.verify);
  if (report.verify->status == Equivalence::Status::same) {
    say(options.common, "{}", text);
    return Exit::yes;
  }
  if (const auto* failed = report.verify->failed()) {
    report.evidence = findEvidence(backend, *a, *b, *failed);
    throwIfInterrupted();
    if (options.fill.empty())
      report.evidence->command = fmt::format("fxloom compare {} {}{} {}", shellWord(options.before), shellWord(options.after),
                                             options.common.graph.empty() ? "" : " --graph " + shellWord(options.common.graph),
                                             inputOptions(failed->round.request));
    text += "\n" + report.evidence->text();
  }
  report.note(graph::text::Severity::error, text);
  fmt::print(stderr, "{}\n", text);
  return Exit::no;
}

}  // namespace app::commands
