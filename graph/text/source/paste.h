// What mail, web pages, editors and terminals do to a text that is copied out of them: `> ` or a number before every line, HTML
// entities, lines cut at a column. Internal to graph/text, pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace graph::text {

/// What was found in a whole text, in one pass over its lines.
struct Paste {
  bool isQuoted = false;        // `> ` begins three lines or more
  bool hasEntities = false;     // `&quot;`: and no character that HTML would have escaped
  bool isCommented = false;     // `# ` stands before the lines of every graph
  uint32_t width = 0;           // lines were cut at this column; 0 = they were not
  bool isFolded = false;        // lines were cut at blanks, wherever they had one
  size_t numberedFrom = 0, numberedTo = 0;  // bytes; lines in between begin with numbers that count up

  bool isPlain() const { return !isQuoted && !isCommented && !hasEntities && !width && !isFolded && numberedFrom == numberedTo; }
};
Paste examine(std::string_view text);

/// Bytes of `> `, `>> `, `> > ` at the start of a line.
size_t quoteLength(std::string_view line);
/// Bytes of `    # ` at the start of a line that is commented out, 0 for any other.
size_t commentLength(std::string_view line);
/// Bytes of `  12 `, `12: `, `12 | `, `12<TAB>` at the start of a line; `number` receives it. 0 when there is none.
size_t lineNumberLength(std::string_view line, uint64_t& number);
/// The character that the HTML entity at the start of `text` stands for, and its length in bytes; 0 when there is none.
char entity(std::string_view text, size_t& length);

/// Says which lines are the rest of the line before. Fed with every line in order.
class Unwrapper {
 public:
  /// Without width: lines that were cut at blanks.
  explicit Unwrapper(uint32_t width) : width_(width) {}
  /// Is `next` the rest of `line`? Both without line feed.
  bool continues(std::string_view line, std::string_view next);
  /// The last answer leaves no doubt: a bracket, a string or an assignment was open.
  bool isCertain() const { return isCertain_; }

 private:
  void follow(std::string_view line);
  bool isRest(std::string_view line, std::string_view next);

  const uint32_t width_;
  bool isRest_ = false;      // `line` of the next call is itself the rest of one
  bool isCertain_ = false;
  size_t indent_ = 0;        // of the whole line
  bool isComment_ = false, isReturn_ = false, isHeader_ = false;
  int depth_ = 0;            // open brackets
  char quote_ = 0;           // open string
};

}  // namespace graph::text
