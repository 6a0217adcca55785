// Cuts dump text into tokens, one at a time, as views of the buffer. Internal to graph/text.
//
// A name token is dotted when the text is (`torch.ops.aten.add.Tensor` is one token), because that is how callees and
// constants are looked up. Line feeds are tokens outside brackets and white space inside them; inside brackets a line that
// has the indentation and the looks of a statement still ends the one before, so that an unclosed bracket costs one
// statement. An identifier that a hard line wrap cut in two (`arg5` / `_1`) is joined.
// Python's own quotes and typographic ones both delimit strings.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "graph/text/characters.h"
#include "graph/text/problems.h"

namespace graph::text {

/// An operator's characters packed into a number, so that `token.is("**=")` is one comparison.
constexpr uint32_t operatorCode(std::string_view characters) {
  uint32_t code = 0;
  for (char c : characters) code = code << 8 | static_cast<unsigned char>(c);
  return code;
}

struct Token {
  enum class Kind : uint8_t { end, newline, name, integer, floating, imaginary, string, op, bad };
  Kind kind = Kind::end;
  bool dotted = false;         // a name with dots
  uint32_t code = 0;           // of an operator
  uint32_t begin = 0;          // bytes in the buffer
  uint32_t end = 0;
  uint32_t line = 0;           // 1-based
  std::string_view text;       // strings: with their quotes; a joined name: without the line feed

  template <size_t N> bool is(const char (&characters)[N]) const {
    return kind == Kind::op && code == operatorCode({characters, N - 1});
  }
  bool isName() const { return kind == Kind::name; }
  bool isName(std::string_view what) const { return kind == Kind::name && text == what; }
  bool endsLine() const { return kind == Kind::newline || kind == Kind::end; }
  bool endsStatement() const { return kind == Kind::newline || kind == Kind::end || is(";"); }
  Range range() const { return {begin, end}; }
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : whole_(text), text_(text) {}

  const Token& token() const { return token_; }
  std::string_view text() const { return text_; }
  std::string_view whole() const { return whole_; }
  /// Moves to the token behind this one.
  void next() { scan(); }
  /// Starts over at `offset`, which stands in line `line` outside any bracket; token() is then the first token there.
  void startAt(uint32_t offset, uint32_t line);
  /// Makes the text end at `end` (the whole text again without it), for forms in which lines and cells end anywhere. An empty
  /// line feed stands there.
  void setEnd(size_t end = std::string_view::npos) { text_ = whole_.substr(0, end); }
  /// Where the lexer stands, to come back to (in the same block, brackets included).
  struct Mark { size_t at; uint32_t line, depth; Token token; };
  Mark mark() const { return {at_, line_, depth_, token_}; }
  void rewind(const Mark& mark) { at_ = mark.at; line_ = mark.line; depth_ = mark.depth; token_ = mark.token; }
  /// Is a single `=` next behind token()? (`dim = 2`, not `dim == 2`)
  bool isAssignedNext() const;
  /// Indentation that statements of the current block have: what ends an unclosed bracket. kInHeader: inside a signature over
  /// several lines, which only an unmistakable statement ends.
  void setStatementIndent(int indent) { statementIndent_ = indent; }
  static constexpr int kInHeader = -1;
  /// Leaves the current line (from token() on) and whatever brackets are open; token() is then the line feed or the end.
  void skipLine();
  /// Text from `begin` up to token(), without the white space before it.
  std::string_view since(uint32_t begin) const;
  /// Scans on from token() to the first of `,` `=` `:` `;` `)` `]` `}` or line feed outside brackets; for annotations
  /// without quotes and for reprs that only Python reads. Returns the text passed over, trimmed.
  std::string_view skipBalanced(std::string_view stops);

 private:
  void scan();
  bool skipPlain(std::string_view stops);
  bool skipSpace();
  void scanName();
  void scanNumber();
  void scanString(size_t quoteLength, char quote);
  void scanOperator();
  void joinWrappedName();
  void finish(Token::Kind kind);
  bool startsStatement(size_t lineStart) const;

  std::string_view whole_;
  std::string_view text_;   // up to the end that was set
  size_t at_ = 0;
  uint32_t line_ = 1;
  uint32_t depth_ = 0;
  int statementIndent_ = -1;
  Token token_;
  std::deque<std::string> joined_;  // names that a line wrap had cut
};

/// How a message names a token: `'foo'`, `end of line`, `end of file`, a string shortened.
std::string describe(const Token& token);
/// The error "unexpected X, expected Y" at `token`.
SyntaxError unexpected(const Token& token, std::string_view expected);

}  // namespace graph::text
