#include "graph/text/literal.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "graph/text/characters.h"

namespace graph::text {
namespace {

/// Bytes of the quote that `token` begins with.
size_t quoteWidth(std::string_view token) {
  if (token.starts_with("\"\"\"") || token.starts_with("'''")) return token.size() >= 6 ? 3 : 1;
  return token.starts_with('\xE2') ? 3 : 1;
}
size_t closingWidth(std::string_view token) {
  if (token.size() >= 6 && (token.starts_with("\"\"\"") || token.starts_with("'''"))) return 3;
  return token.ends_with('"') || token.ends_with('\'') ? 1 : 3;
}

/// The escape at text[at] (just behind the backslash); moves `at` behind it.
void appendEscape(std::string& out, std::string_view text, size_t& at) {
  char c = text[at++];
  switch (c) {
    case 'n': out += '\n'; return;
    case 't': out += '\t'; return;
    case 'r': out += '\r'; return;
    case 'a': out += '\a'; return;
    case 'b': out += '\b'; return;
    case 'f': out += '\f'; return;
    case 'v': out += '\v'; return;
    case '\n': return;
    case '\\': case '\'': case '"': out += c; return;
    default: break;
  }
  size_t width = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
  uint32_t code = 0;
  if (width && at + width <= text.size()) {
    auto digits = text.substr(at, width);
    auto [end, status] = std::from_chars(digits.data(), digits.data() + width, code, 16);
    if (status == std::errc() && end == digits.data() + width && code <= 0x10FFFF) {
      at += width;
      return appendUtf8(out, code);
    }
  }
  if (c >= '0' && c <= '7') {
    code = static_cast<uint32_t>(c - '0');
    for (int i = 0; i < 2 && at < text.size() && text[at] >= '0' && text[at] <= '7'; ++i) code = code * 8 + static_cast<uint32_t>(text[at++] - '0');
    return appendUtf8(out, code);
  }
  out += '\\';  // an unknown escape stays as it is, as in Python
  out += c;
}

std::string withoutUnderscores(std::string_view text) {
  std::string digits;
  for (char c : text)
    if (c != '_') digits += c;
  return digits;
}

}  // namespace

std::string_view quotedView(std::string_view token) {
  size_t open = quoteWidth(token), close = closingWidth(token);
  if (token.size() < open + close) return {};
  return token.substr(open, token.size() - open - close);
}

std::string unquote(std::string_view token) {
  std::string_view text = quotedView(token);
  if (text.find('\\') == std::string_view::npos) return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    if (text[at] != '\\' || at + 1 == text.size()) { out += text[at++]; continue; }
    ++at;
    appendEscape(out, text, at);
  }
  return out;
}

std::string pythonString(std::string_view value) {
  char quote = value.find('\'') != std::string_view::npos && value.find('"') == std::string_view::npos ? '"' : '\'';
  std::string out(1, quote);
  for (size_t i = 0; i < value.size(); ++i) {
    auto c = static_cast<unsigned char>(value[i]);
    if (value[i] == quote || c == '\\') { out += '\\'; out += value[i]; }
    else if (c == '\n') out += "\\n";
    else if (c == '\r') out += "\\r";
    else if (c == '\t') out += "\\t";
    else if (c < ' ' || c == 0x7F) out += fmt::format("\\x{:02x}", c);
    else if (c == 0xC2 && i + 1 < value.size() && isContinuation(value[i + 1]) && static_cast<unsigned char>(value[i + 1]) < 0xA1) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(value[++i]));  // U+0080 .. U+00A0
    } else out += value[i];
  }
  return out + quote;
}

ir::Argument number(const Token& token, bool negative) {
  std::string buffer;
  std::string_view digits = token.text;
  if (digits.find('_') != std::string_view::npos) digits = buffer = withoutUnderscores(digits);
  if (token.kind == Token::Kind::floating) {
    double value = 0;
    auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (status == std::errc::result_out_of_range) value = std::strtod(std::string(digits).c_str(), nullptr);  // inf or 0, as in Python
    return negative ? -value : value;
  }
  int base = digits.starts_with("0x") || digits.starts_with("0X") ? 16 : 10;
  if (base == 16) digits.remove_prefix(2);
  uint64_t magnitude = 0;
  auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, base);
  constexpr uint64_t kMost = uint64_t{1} << 63;
  if (status != std::errc() || end != digits.data() + digits.size() || magnitude > kMost - (negative ? 0 : 1))
    return ir::Name{fmt::format("{}{}", negative ? "-" : "", token.text)};
  return static_cast<int64_t>(negative ? uint64_t{0} - magnitude : magnitude);
}

double imaginary(const Token& token) {
  std::string digits = withoutUnderscores(token.text.substr(0, token.text.size() - 1));
  return std::strtod(digits.c_str(), nullptr);
}

}  // namespace graph::text
