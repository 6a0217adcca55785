// Which files of a folder show one graph after each pass. Internal to graph/text.
//
// The rule. Files of one folder are steps when their names say so, and at least two share what stands before the number:
//   1. `pass`, a number, and what the pass is called: `pass_0_decompose.txt`, `model_pass_12.after_reinplace.py`;
//   2. a number, then `before` or `after`, then the pass: `3.before.fuse.txt`, `3.after.fuse.txt`;
//   3. a number and anything: `001_fuse.txt`. That may be a mere list, so each graph must also have two thirds of its nodes in
//      common with the one before it (name, operator).
// Order: the number, `before` first, `after` last. Where the files hold one graph each, they are one series whatever its name is;
// where they hold several, each name is a series of its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "graph/text/dumps/dump_set.h"

namespace graph::text {

struct StepName {
  std::string group;        // folder and what stands before the number, with a star for the number: `debug/pass_*`
  std::string number;       // its digits
  int half = 1;             // 0 before, 1 neither, 2 after
  std::string label;        // what stands behind the number; `pass 3` when nothing does
  bool isCertain = false;   // rules 1 and 2
};
std::optional<StepName> stepName(const std::string& path);

std::vector<Series> findSeries(const DumpSet& set);

}  // namespace graph::text
