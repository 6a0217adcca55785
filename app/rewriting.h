// Scripts applied to a graph without a window: one session, one engine, every rewrite of every script in order.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/graph_file.h"
#include "app/options.h"
#include "rewrites/journal.h"

namespace app {

struct Rewritten {
  std::shared_ptr<const graph::ir::Graph> before, after;
  std::vector<rewrites::Outcome> outcomes;
  std::vector<rewrites::Revision> path;   // from `before` to `after`, both included

  bool changed() const { return before != after; }
  size_t taken() const;
  size_t refused() const;
};

/// What scripts print goes to stdout unless --quiet. Throws Failure (unusable) with the Lua error, Stopped after a Ctrl-C. Without `apply`
/// scripts are run, but the rewrites that they define are not applied.
Rewritten applyScripts(GraphFile& file, const CommonOptions& common, const graph::run::InputRequest& request,
                       const std::vector<std::string>& scripts, bool apply = true);

}  // namespace app
