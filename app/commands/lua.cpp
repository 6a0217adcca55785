// fxloom lua: a script without a window.
#include <fmt/format.h>

#include "app/commands/commands.h"
#include "app/commands/common.h"
#include "app/interrupt.h"
#include "app/program_folder.h"
#include "rewrites/lua/engine.h"
#include "rewrites/session.h"

namespace app::commands {

Exit lua(const LuaOptions& options, Report& report) {
  auto script = findScript(options.script);
  rewrites::Session session(backendSource(options.common));
  session.preferGraph(options.common.graph);
  rewrites::lua::Engine engine(
      session, [&](const std::string& line) { say(options.common, "{}", line); }, scriptFolders(), options.trust);
  engine.setLimits({.seconds = 0});  // the user sits beside it and has Ctrl-C
  StopsEngine stops(engine);
  auto ran = engine.runFile(script, false, options.arguments);
  report.rewrites = session.lastOutcomes();
  report.file = session.file().empty() ? options.script : session.file();
  if (!session.graphNames().empty()) {
    describe(report, session.currentName(), *session.journal().at(0).graph, session.binding());
    report.graph.nodesAfter = session.graph()->size();
    report.graph.copiedAfter = rewrites::copiedBytes(*session.graph(), report.symbols);
  }
  throwIfInterrupted();
  if (!ran.ok) throw Failure(Exit::unusable, ran.error);
  return Exit::yes;
}

}  // namespace app::commands
