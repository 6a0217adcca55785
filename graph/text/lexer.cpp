#include "graph/text/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace graph::text {
namespace {

/// Which bytes may stand in a name, as a table: this is the hottest loop of the parser.
constexpr std::array<bool, 256> kNameBytes = [] {
  std::array<bool, 256> table{};
  for (int c = 0; c < 256; ++c) table[c] = isNameChar(static_cast<char>(c));
  return table;
}();
bool nameByte(char c) { return kNameBytes[static_cast<unsigned char>(c)]; }

bool isPlainPunctuation(char c) { return c == ',' || c == ':' || c == '+' || c == '-' || c == '*' || c == '/' || c == '%'; }

bool isNoBreakSpace(std::string_view text) { return text.starts_with("\xC2\xA0"); }

/// Length of the operator at `text`: the longest of Python's that fits; 0 when there is none.
size_t operatorLength(std::string_view text) {
  const char c = text[0], next = text.size() > 1 ? text[1] : ' ', third = text.size() > 2 ? text[2] : ' ';
  switch (c) {
    case '(': case ')': case '[': case ']': case '{': case '}': case ',': case ':': case ';': case '~': return 1;
    case '.': return next == '.' && third == '.' ? 3 : 1;
    case '*': case '/':
      if (next == c) return third == '=' ? 3 : 2;
      return next == '=' ? 2 : 1;
    case '<': case '>':
      if (next == c) return third == '=' ? 3 : 2;
      return next == '=' ? 2 : 1;
    case '-':
      if (next == '>') return 2;
      [[fallthrough]];
    case '=': case '+': case '%': case '&': case '|': case '^': case '@': case '!': return next == '=' ? 2 : 1;
    default: return 0;
  }
}

}  // namespace

void Lexer::startAt(uint32_t offset, uint32_t line) {
  at_ = offset;
  line_ = line;
  depth_ = 0;
  scan();
}

void Lexer::finish(Token::Kind kind) {
  token_.kind = kind;
  token_.end = static_cast<uint32_t>(at_);
  token_.text = {text_.data() + token_.begin, at_ - token_.begin};
}

/// Skips blanks, comments and, inside brackets, line feeds. True when a line feed ends the statement here.
bool Lexer::skipSpace() {
  while (at_ < text_.size()) {
    switch (text_[at_]) {
      case ' ': case '\t': case '\r': case '\f': case '\v': ++at_; break;
      case '#': at_ = std::min(text_.find('\n', at_), text_.size()); break;
      case '\\':
        if (at_ + 1 < text_.size() && text_[at_ + 1] == '\n') { at_ += 2; ++line_; break; }
        return false;
      case '\n':
        if (depth_ == 0) return true;
        if (startsStatement(at_ + 1)) { depth_ = 0; return true; }
        ++at_, ++line_;
        break;
      case '\xC2':
        if (!isNoBreakSpace(text_.substr(at_))) return false;
        at_ += 2;
        break;
      default: return false;
    }
  }
  return false;
}

namespace {

/// `+=`, `**=`, `<<=` …: an assignment, unlike `<=`.
bool assignsInPlace(std::string_view text) {
  for (const std::string_view op : {"+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "@=", "**=", "//=", "<<=", ">>="})
    if (text.starts_with(op)) return true;
  return false;
}

}  // namespace

/// Does the line look like the start of a statement of this block: `name =`, `name[i] =`, `name: ...`, `name +=`, `return`, `def`, `class`? In a
/// signature, where parameters look the same, it must also call something or delete something.
bool Lexer::startsStatement(size_t lineStart) const {
  size_t at = lineStart;
  while (at < text_.size() && (text_[at] == ' ' || text_[at] == '\t')) ++at;
  size_t nameStart = at;
  if (at == text_.size() || !isNameStart(text_[at])) return false;
  if (statementIndent_ != kInHeader && at - lineStart != static_cast<size_t>(statementIndent_)) return false;
  while (at < text_.size() && nameByte(text_[at])) ++at;
  auto name = text_.substr(nameStart, at - nameStart);
  if (name == "return" || name == "def" || name == "class") return true;
  const auto line = text_.substr(at, std::min(text_.find('\n', at), at + 2000) - at);
  if (statementIndent_ == kInHeader) return line.find(" = torch.") != line.npos || (line.find(" = ") != line.npos && line.find(";  ") != line.npos);
  if (line.starts_with('[')) return line.find("] = ") != line.npos;
  while (at < text_.size() && text_[at] == ' ') ++at;
  if (at + 1 >= text_.size()) return false;
  return text_[at] == ':' || (text_[at] == '=' && text_[at + 1] != '=') || assignsInPlace(text_.substr(at, 3));
}

void Lexer::scan() {
  bool newline = skipSpace();
  token_.begin = static_cast<uint32_t>(at_);
  token_.line = line_;
  token_.dotted = false;
  token_.code = 0;
  if (newline) { ++at_, ++line_; return finish(Token::Kind::newline); }
  if (at_ >= text_.size()) return finish(text_.size() < whole_.size() ? Token::Kind::newline : Token::Kind::end);
  char c = text_[at_];
  if (isNameStart(c)) return scanName();
  if (isDigit(c) || (c == '.' && at_ + 1 < text_.size() && isDigit(text_[at_ + 1]))) return scanNumber();
  if (c == '"' || c == '\'') return scanString(1, c);
  if (c == '\xE2') {
    char quote = 0;
    if (size_t length = typographicQuote(text_.substr(at_), quote)) return scanString(length, quote);
  }
  scanOperator();
}

void Lexer::scanName() {
  const size_t size = text_.size();
  for (;;) {
    while (at_ < size && nameByte(text_[at_])) ++at_;
    if (at_ + 1 >= size || text_[at_] != '.' || !isNameStart(text_[at_ + 1])) break;
    token_.dotted = true;
    ++at_;
  }
  finish(Token::Kind::name);
  if (depth_ && at_ < size && (text_[at_] == '\n' || text_[at_] == '\r')) joinWrappedName();
}

/// A name at the end of a line, inside brackets, whose next line begins with a name character in the first column: no
/// Python has that, but a terminal or a bug tracker that wraps long lines makes it.
void Lexer::joinWrappedName() {
  size_t feed = text_[at_] == '\r' ? at_ + 1 : at_;
  if (feed + 1 >= text_.size() || text_[feed] != '\n' || !nameByte(text_[feed + 1]) || startsStatement(feed + 1)) return;
  std::string whole(token_.text);
  bool dotted = token_.dotted;
  at_ = feed + 1;
  ++line_;
  size_t rest = at_;
  while (at_ < text_.size() && (nameByte(text_[at_]) || (text_[at_] == '.' && at_ + 1 < text_.size() && isNameStart(text_[at_ + 1])))) {
    dotted |= text_[at_] == '.';
    ++at_;
  }
  whole += text_.substr(rest, at_ - rest);
  joined_.push_back(std::move(whole));
  token_.dotted = dotted;
  token_.end = static_cast<uint32_t>(at_);
  token_.text = joined_.back();
}

void Lexer::scanNumber() {
  auto digits = [&] { while (at_ < text_.size() && (isDigit(text_[at_]) || text_[at_] == '_')) ++at_; };
  auto kind = Token::Kind::integer;
  auto prefix = text_.substr(at_, 2);
  if (prefix == "0x" || prefix == "0X") {
    at_ += 2;
    while (at_ < text_.size() && std::isxdigit(static_cast<unsigned char>(text_[at_]))) ++at_;
  } else {
    digits();
    if (at_ < text_.size() && text_[at_] == '.') { kind = Token::Kind::floating; ++at_; digits(); }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      size_t sign = at_ + 1;
      if (sign < text_.size() && (text_[sign] == '+' || text_[sign] == '-')) ++sign;
      if (sign < text_.size() && isDigit(text_[sign])) { kind = Token::Kind::floating; at_ = sign; digits(); }
    }
    if (at_ < text_.size() && (text_[at_] == 'j' || text_[at_] == 'J')) { kind = Token::Kind::imaginary; ++at_; }
  }
  if (at_ < text_.size() && nameByte(text_[at_])) {
    while (at_ < text_.size() && nameByte(text_[at_])) ++at_;
    kind = Token::Kind::bad;
  }
  finish(kind);
}

void Lexer::scanString(size_t quoteLength, char quote) {
  const std::string_view triple = quote == '"' ? "\"\"\"" : "'''";
  if (quoteLength == 1 && text_.substr(at_, 3) == triple) {
    size_t close = text_.find(triple, at_ + 3);
    // One that is never closed ends with its line, so that it costs one statement.
    size_t stop = close == std::string_view::npos ? std::min(text_.find('\n', at_), text_.size()) : close + 3;
    line_ += static_cast<uint32_t>(std::count(text_.begin() + at_, text_.begin() + stop, '\n'));
    at_ = stop;
    return finish(close == std::string_view::npos ? Token::Kind::bad : Token::Kind::string);
  }
  at_ += quoteLength;
  while (at_ < text_.size() && text_[at_] != '\n') {
    char c = text_[at_], other = 0;
    if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') { at_ += 2; continue; }
    size_t closing = c == quote ? 1 : 0;
    if (!closing && quoteLength > 1 && c == '\xE2') {
      closing = typographicQuote(text_.substr(at_), other);
      if (other != quote) closing = 0;
    }
    if (closing) { at_ += closing; return finish(Token::Kind::string); }
    ++at_;
  }
  finish(Token::Kind::bad);
}

void Lexer::scanOperator() {
  const size_t length = operatorLength({text_.data() + at_, text_.size() - at_});
  if (length == 0) {
    ++at_;
    while (at_ < text_.size() && isContinuation(text_[at_])) ++at_;  // a whole character
    return finish(Token::Kind::bad);
  }
  const char c = text_[at_];
  if (length == 1) {
    if (c == '(' || c == '[' || c == '{') ++depth_;
    else if (c == ')' || c == ']' || c == '}') depth_ -= depth_ > 0;
  }
  token_.code = operatorCode({text_.data() + at_, length});
  at_ += length;
  finish(Token::Kind::op);
}

bool Lexer::isAssignedNext() const {
  size_t at = at_;
  while (at < text_.size() && text_[at] == ' ') ++at;
  return at + 1 < text_.size() && text_[at] == '=' && text_[at + 1] != '=';
}

void Lexer::skipLine() {
  if (token_.kind == Token::Kind::newline || token_.kind == Token::Kind::end) { depth_ = 0; return; }
  at_ = std::min(text_.find('\n', at_), text_.size());
  depth_ = 0;
  scan();
}

std::string_view Lexer::since(uint32_t begin) const {
  auto passed = text_.substr(begin, token_.begin - begin);
  while (!passed.empty() && static_cast<unsigned char>(passed.back()) <= ' ') passed.remove_suffix(1);
  return passed;
}

/// The usual case of skipBalanced, byte by byte: no string, comment, line feed or long operator on the way. Moves to the stop.
bool Lexer::skipPlain(std::string_view stops) {
  if (token_.kind == Token::Kind::op || token_.kind == Token::Kind::string) return false;  // a bracket is counted already
  size_t level = 0;
  for (size_t at = token_.begin; at < text_.size(); ++at) {
    const char c = text_[at];
    if (nameByte(c) || c == ' ' || c == '.') continue;
    const bool opens = c == '(' || c == '[' || c == '{', closes = c == ')' || c == ']' || c == '}';
    if (level == 0 && (closes || stops.find(c) != std::string_view::npos)) {
      if (operatorLength(text_.substr(at)) != 1) return false;
      at_ = at;
      scan();
      return true;
    }
    if (opens) ++level;
    else if (closes) --level;
    else if (!isPlainPunctuation(c)) return false;
  }
  return false;
}

std::string_view Lexer::skipBalanced(std::string_view stops) {
  uint32_t begin = token_.begin, level = 0;
  if (skipPlain(stops)) return since(begin);
  for (;; next()) {
    if (token_.kind == Token::Kind::newline || token_.kind == Token::Kind::end) break;
    if (token_.kind != Token::Kind::op) continue;
    char c = token_.text[0];
    if (level == 0 && token_.text.size() == 1 && stops.find(c) != std::string_view::npos) break;
    if (c == '(' || c == '[' || c == '{') ++level;
    else if (c == ')' || c == ']' || c == '}') {
      if (level == 0) break;
      --level;
    }
  }
  return since(begin);
}

std::string describe(const Token& token) {
  switch (token.kind) {
    case Token::Kind::end: return "end of file";
    case Token::Kind::newline: return "end of line";
    case Token::Kind::string: return token.text.size() > 30 ? fmt::format("string {}...", token.text.substr(0, 27)) : fmt::format("string {}", token.text);
    default: break;
  }
  unsigned char c = token.text.empty() ? ' ' : static_cast<unsigned char>(token.text[0]);
  if (c < ' ' || c == 0x7F) return fmt::format("character with code {}", static_cast<int>(c));
  return token.text.size() > 60 ? fmt::format("'{}...'", token.text.substr(0, 57)) : fmt::format("'{}'", token.text);
}

SyntaxError unexpected(const Token& token, std::string_view expected) {
  if (token.kind == Token::Kind::bad && !token.text.empty() && (token.text[0] == '"' || token.text[0] == '\'' || token.text[0] == '\xE2') &&
      token.text.size() > 1 && token.text != "\xE2")
    return {{token.begin, token.begin + 1}, "the string that begins here is not closed"};
  return {token.range(), fmt::format("unexpected {}, expected {}", describe(token), expected)};
}

}  // namespace graph::text
