#include "graph/text/characters.h"

#include <algorithm>

namespace graph::text {

size_t nameLength(std::string_view text) {
  size_t at = 0;
  while (at < text.size() && isNameChar(text[at])) ++at;
  return at && !isDigit(text[0]) ? at : 0;
}

bool isIdentifier(std::string_view text) { return !text.empty() && nameLength(text) == text.size(); }

std::string_view trimmed(std::string_view text) {
  const auto isBlank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && isBlank(text.back())) text.remove_suffix(1);
  return text;
}

size_t codePoints(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !isContinuation(c); }));
}

size_t bytesOf(std::string_view text, size_t count) {
  size_t at = 0;
  for (; at < text.size(); ++at)
    if (!isContinuation(text[at]) && count-- == 0) break;
  return at;
}

void appendUtf8(std::string& text, uint32_t code) {
  const auto next = [&](int shift) { text += static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xC0 | code >> 6);
    next(0);
  } else if (code < 0x10000) {
    text += static_cast<char>(0xE0 | code >> 12);
    next(6);
    next(0);
  } else {
    text += static_cast<char>(0xF0 | code >> 18);
    next(12);
    next(6);
    next(0);
  }
}

size_t typographicQuote(std::string_view text, char& quote) {
  if (text.size() < 3 || text[0] != '\xE2' || text[1] != '\x80') return 0;
  switch (static_cast<unsigned char>(text[2])) {
    case 0x98: case 0x99: case 0x9A: case 0x9B: quote = '\''; return 3;
    case 0x9C: case 0x9D: case 0x9E: case 0x9F: quote = '"'; return 3;
    default: return 0;
  }
}

bool isControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != '\v' && c != '\x1b' && c != '\b';
}

std::string withoutControls(std::string_view text) {
  std::string out(text);
  std::replace_if(out.begin(), out.end(), isControl, '?');
  return out;
}

}  // namespace graph::text
