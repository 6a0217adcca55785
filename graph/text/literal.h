// Python's literals, both ways: numbers and strings as FX's repr writes them. Internal to graph/text, pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "graph/ir/argument.h"
#include "graph/text/lexer.h"

namespace graph::text {

/// The content of a string token: quotes (Python's or typographic) removed, escapes undone.
std::string unquote(std::string_view token);
/// Content without quotes when it holds no escape: a view, for annotations.
std::string_view quotedView(std::string_view token);
/// Python's repr of a string: single quotes unless it holds one and no double quote, escapes as Python writes them.
std::string pythonString(std::string_view value);
/// A number token as an argument, negated on demand. An integer beyond 64 bits is kept as a Name, digit by digit.
ir::Argument number(const Token& token, bool negative);
/// The magnitude of an imaginary token (`2j` -> 2).
double imaginary(const Token& token);

}  // namespace graph::text
