// One session and one engine for all scripts, so that a later script sees what an earlier one did.
#include "app/rewriting.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/failure.h"
#include "app/interrupt.h"
#include "app/program_folder.h"
#include "app/torch_module.h"
#include "rewrites/lua/engine.h"
#include "rewrites/session.h"

namespace app {

size_t Rewritten::taken() const {
  size_t count = 0;
  for (const auto& outcome : outcomes) count += outcome.taken.size();
  return count;
}

size_t Rewritten::refused() const {
  size_t count = 0;
  for (const auto& outcome : outcomes) count += outcome.refused.size();
  return count;
}

Rewritten applyScripts(GraphFile& file, const CommonOptions& common, const graph::run::InputRequest& request,
                       const std::vector<std::string>& scripts, bool apply) {
  std::vector<std::string> paths;
  for (const auto& script : scripts) paths.push_back(findScript(script));
  auto chosen = file.usableGraph(common.graph, common.quiet, !apply);

  rewrites::Session session(torchBackend);
  session.open(file.dumps());
  session.use(std::to_string(file.number()));
  session.inputRequest() = request;
  rewrites::lua::Engine engine(
      session,
      [&](const std::string& line) {
        if (!common.quiet) fmt::print("{}\n", line);
      },
      scriptFolders());
  StopsEngine stops(engine);

  Rewritten result;
  result.before = result.after = session.graph();
  for (size_t i = 0; i < paths.size(); ++i) {
    throwIfInterrupted();
    auto ran = engine.runFile(paths[i], apply);
    if (ran.stopped) throwIfInterrupted();
    if (!ran.ok) throw Failure(Exit::unusable, ran.error);
    for (auto outcome : session.lastOutcomes()) {
      outcome.script = scripts[i];
      result.outcomes.push_back(std::move(outcome));
    }
  }
  throwIfInterrupted();
  result.after = session.graph();
  if (result.changed())
    for (const auto* revision : session.journal().path()) {
      result.path.push_back(*revision);
      for (auto& outcome : result.path.back().outcomes)
        for (size_t i = 0; i < paths.size(); ++i)
          if (outcome.script == paths[i]) outcome.script = scripts[i];   // as it was typed
    }
  // A script may open or go to something else: then there is no way from one to the other.
  if (result.changed() && result.path.front().graph != result.before) {
    rewrites::Revision from{.graph = result.before}, to{.number = 1, .graph = result.after, .label = "what the scripts opened"};
    result.path = {from, to};
  }
  return result;
}

}  // namespace app
