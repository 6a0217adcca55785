// Pieces of a line of print(graph). Internal to graph/text, pure.
#pragma once

#include <string_view>

#include "graph/text/characters.h"

namespace graph::text {

/// What stands before every node's target.
constexpr std::string_view kTarget = "[target=";

/// A character that no target may hold: it could not be printed as `getattr(self, "…")`.
inline bool isUnprintable(char c) { return static_cast<unsigned char>(c) < ' ' || c == '"' || c == '\\'; }

}  // namespace graph::text
