// Python's words: what may be a name in a dump.
#pragma once

#include <string_view>

namespace graph::ir {

/// Letters, digits and `_` (bytes above 127 count as letters), not starting with a digit, and no keyword.
bool isPythonIdentifier(std::string_view text);
/// A word that FX never gives to a node because the printed text means something else by it: keywords, builtins, `inf`, `torch` …
bool isReservedName(std::string_view text);

}  // namespace graph::ir
