// fxloom rewrite: apply scripts, verify by running both versions, and only then export.
#include <fmt/format.h>

#include "app/commands/commands.h"
#include "app/commands/common.h"
#include "app/commands/rewriting_report.h"
#include "app/program_folder.h"
#include "app/rewriting.h"
#include "app/torch_module.h"
#include "rewrites/export.h"

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
  report.verify = verify(torchBackend(), *rewritten.before, *rewritten.after, request);
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
