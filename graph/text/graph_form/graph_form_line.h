// Pieces of a line of print(graph). Internal to graph/text, pure.
#pragma once

#include <string_view>

#include "graph/text/lexer.h"

namespace graph::text {

/// What stands before every node's target.
constexpr std::string_view kTarget = "[target=";

inline std::string_view trimmed(std::string_view text) {
  auto isBlank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && isBlank(text.back())) text.remove_suffix(1);
  return text;
}

/// Of the identifier at the start; 0 when there is none.
inline size_t nameLength(std::string_view text) {
  size_t at = 0;
  while (at < text.size() && isNameChar(text[at])) ++at;
  return at && !isDigit(text[0]) ? at : 0;
}

inline bool isIdentifier(std::string_view text) { return !text.empty() && nameLength(text) == text.size(); }

/// A character that no target may hold: it could not be printed as `getattr(self, "…")`.
inline bool isUnprintable(char c) { return static_cast<unsigned char>(c) < ' ' || c == '"' || c == '\\'; }

}  // namespace graph::text
