// Integers and ranges as torch prints them: `VR[2, int_oo]`, `RangeConstraint(min_val=2, max_val=15)`. Internal to graph/text.
#pragma once

#include <optional>

#include "graph/ir/signature.h"
#include "graph/text/stated/repr.h"

namespace graph::text {

/// A plain integer, `-3`; nothing for any other text.
std::optional<int64_t> readInteger(std::string_view text);
/// A range; `int_oo`, `oo` and numbers that stand for them (sys.maxsize and its neighbours) leave a side open. Nothing when the text is
/// no range of integers.
std::optional<ir::SymbolFacts> readRange(const Repr& repr);

}  // namespace graph::text
