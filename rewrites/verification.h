// Verifying by running: the last revision of a path against the first, and which revision on the way is to blame when they differ.
//
// Belongs to the thread that owns the Session.
#pragma once

#include <string>
#include <vector>

#include "graph/run/equivalence.h"
#include "rewrites/journal.h"

namespace rewrites {

struct Verification {
  graph::run::Equivalence result;
  int blamed = -1;  // the first revision that differs, in the round in which the last one does; -1 when none does
};

/// `path`: a revision and those made from it, each from the one before it, two or more. Throws graph::run::Stopped.
Verification verifyPath(graph::run::Backend& backend, const std::vector<const Revision*>& path, const graph::run::InputRequest& request);

/// Who made a revision: `reinplace (scripts/reinplace.lua)` for each rewrite that took something there, else the revision's label.
std::string madeBy(const Revision& revision);

}  // namespace rewrites
