// Characters of dump text: what may stand in a name, what is a control character, UTF-8. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace graph::text {

constexpr bool isNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
constexpr bool isDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool isNameChar(char c) { return isNameStart(c) || isDigit(c); }
/// A byte inside a character of UTF-8, not its first.
constexpr bool isContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Of the identifier at the start; 0 when there is none.
size_t nameLength(std::string_view text);
bool isIdentifier(std::string_view text);
/// Without white space and control characters at both ends.
std::string_view trimmed(std::string_view text);

/// Characters of a UTF-8 text.
size_t codePoints(std::string_view text);
/// The bytes of the first `count` characters.
size_t bytesOf(std::string_view text, size_t count);
void appendUtf8(std::string& text, uint32_t code);
/// Bytes of a typographic quote at the start of `text` (0 = none); `quote` receives the Python quote it stands for.
size_t typographicQuote(std::string_view text, char& quote);

/// A character that makes bytes binary data. What is kept of a text as it stands holds none, or the printed text might be binary.
bool isControl(char c);
/// With a question mark in place of each.
std::string withoutControls(std::string_view text);

}  // namespace graph::text
