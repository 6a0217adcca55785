// What a rewriting did, for the report and in words: shared by rewrite and bench.
#pragma once

#include "app/options.h"
#include "app/report.h"
#include "app/rewriting.h"

namespace app::commands {

/// Nodes and copied bytes after, outcomes. The report's symbols are the binding.
void describeAfter(Report& report, const Rewritten& rewritten);
/// Chains taken of all, copied bytes by kind before and after, and every refusal with its rule, reason, blockers and repair.
void sayRewriting(const CommonOptions& common, const Report& report);

}  // namespace app::commands
