// fxloom rewrite: apply scripts, verify by running both versions, and only then export.
#include <fmt/format.h>

#include <algorithm>

#include "app/commands/commands.h"
#include "app/commands/common.h"
#include "app/commands/rewriting_report.h"
#include "app/interrupt.h"
#include "app/program_folder.h"
#include "app/rewriting.h"
#include "app/torch_module.h"
#include "rewrites/export.h"
#include "rewrites/verification.h"

namespace app::commands {
namespace {

// The binding for which copied bytes are shown: what the user bound, completed by the choice that verification makes. Annotations
// that no numbers fit are no reason to stop here; something given that does not fit is.
graph::ir::Binding bindingFor(const graph::ir::Graph& graph, const graph::run::InputRequest& request) try {
  return graph::run::chooseSymbols(graph, request);
} catch (const graph::run::InputError&) {
  if (request.tensorsFile || !request.bind.empty()) throw;
  return {};
}

// The commands that make the rejected graph and compare it in the round that failed.
std::string showAgain(const RewriteOptions& options, const graph::run::RoundResult& round) {
  std::string graph = options.common.graph.empty() ? "" : " --graph " + shellWord(options.common.graph);
  std::string text = "fxloom rewrite " + shellWord(options.file);
  for (const auto& script : options.scripts) text += " " + shellWord(script);
  return text + graph + " -o rejected.txt --no-verify && fxloom compare " + shellWord(options.file) + " rejected.txt" + graph + " " +
         inputOptions(round.round.request);
}

void verifyRewritten(const RewriteOptions& options, const Rewritten& rewritten, const graph::run::InputRequest& request, Report& report) {
  bool needed = options.verify && rewritten.changed();
  if (needed || request.tensorsFile) {
    // Tensors that do not fit are the user's error, not a failed verification.
    auto& backend = readyBackend(options.common, request, report);
    graph::run::makeInputs(backend, *rewritten.before, request);
  }
  if (!needed) {
    graph::run::Equivalence skipped;
    skipped.reason = options.verify ? "nothing changed" : "--no-verify";
    report.verify = skipped;
    return;
  }
  auto& backend = torchBackend();
  std::vector<const rewrites::Revision*> path;
  for (const auto& revision : rewritten.path) path.push_back(&revision);
  auto found = rewrites::verifyPath(backend, path, request);
  throwIfInterrupted();
  report.verify = found.result;
  if (found.blamed < 0) return;
  auto blamed = std::find_if(path.begin(), path.end(), [&](const auto* revision) { return revision->number == found.blamed; });
  report.evidence = findEvidence(backend, *rewritten.before, *(*blamed)->graph, *found.result.failed());
  throwIfInterrupted();
  report.evidence->blamed = rewrites::madeBy(**blamed);
  report.evidence->command = showAgain(options, *found.result.failed());
}

}  // namespace

Exit rewrite(const RewriteOptions& options, Report& report) {
  auto request = options.input.request();
  if (!rewrites::canExport(options.out))
    throw Failure(Exit::usage,
                  fmt::format("error: -o {}: the extension says what is written: .py (Python that runs) or .txt (dump text)", options.out));
  requireWritable(options.out);
  for (const auto& script : options.scripts) findScript(script);

  GraphFile file(options.file);
  report.diagnostics = file.diagnostics();
  auto rewritten = applyScripts(file, options.common, request, options.scripts);
  describe(report, file.name(), *rewritten.before, bindingFor(*rewritten.before, request));
  describeAfter(report, rewritten);
  sayRewriting(options.common, report);

  auto missing = rewritten.taken() < options.requireTaken;
  if (missing) {
    fmt::print(stderr, "error: {} taken, --require-taken {} asks for more; {} is not written\n", rewritten.taken(), options.requireTaken,
               options.out);
    return Exit::no;
  }
  verifyRewritten(options, rewritten, request, report);
  auto text = summary(*report.verify);
  using Status = graph::run::Equivalence::Status;
  bool trusted = report.verify->status == Status::same || !options.verify || !rewritten.changed();
  if (!trusted) {
    if (report.evidence) text += "\n" + report.evidence->text();
    fmt::print(stderr, "{}\n{} is not written\n", text, options.out);
    report.note(graph::text::Severity::error, text);
    return Exit::no;
  }
  say(options.common, "{}", text);
  rewrites::exportGraph(*rewritten.after, options.out, file.path());
  say(options.common, "wrote {}", options.out);
  return Exit::yes;
}

}  // namespace app::commands
