#include "graph/text/source/paste.h"

#include <algorithm>
#include <cstring>

#include "graph/text/characters.h"
#include "graph/text/source/source_text.h"

namespace graph::text {
namespace {

constexpr uint32_t kNarrowest = 40;  // nobody wraps code at less
constexpr size_t kFewest = 3;        // lines that make a quotation or a numbering

size_t leadingSpaces(std::string_view line) { return std::min(line.find_first_not_of(' '), line.size()); }

/// Columns of indentation (a tab counts as four, a no-break space as one) and where it ends.
struct Indentation { size_t columns = 0, end = 0; };
Indentation indentation(std::string_view line) {
  Indentation found;
  for (;; ++found.columns) {
    if (line.substr(found.end).starts_with(' ')) ++found.end;
    else if (line.substr(found.end).starts_with('\t')) ++found.end, found.columns += 3;
    else if (line.substr(found.end).starts_with("\xC2\xA0")) found.end += 2;
    else return found;
  }
}

/// Calls visit(line without its line feed and carriage return, offset) for every line.
template <class Visit> void eachLine(std::string_view text, Visit visit) {
  for (size_t at = 0; at < text.size();) {
    auto* feed = static_cast<const char*>(std::memchr(text.data() + at, '\n', text.size() - at));
    size_t stop = feed ? static_cast<size_t>(feed - text.data()) : text.size();
    size_t end = stop > at && text[stop - 1] == '\r' ? stop - 1 : stop;
    visit(text.substr(at, end - at), at);
    at = stop + 1;
  }
}

/// `name =`, `name:`; of `x_1 = None`, which is the rest of a list of deletions, nothing can be said.
bool beginsStatement(std::string_view text) {
  size_t at = 0;
  while (at < text.size() && isNameChar(text[at])) ++at;
  if (at == 0 || isDigit(text[0])) return false;
  std::string_view name = text.substr(0, at), rest = text.substr(at);
  if (name == "return" || name == "class" || name == "def") return true;
  if (rest.starts_with(": ")) return true;
  const size_t call = rest.find('(');
  return rest.starts_with(" = ") && call != std::string_view::npos && call < rest.find(" = None");
}

/// The longest run of lines whose numbers count up by one.
struct Numbering {
  size_t from = 0, to = 0, lines = 0;           // the longest so far
  size_t begin = 0, count = 0;                  // the one that goes on
  uint64_t last = 0;

  void add(std::string_view line, size_t offset) {
    uint64_t number = 0;
    if (!lineNumberLength(line, number)) {
      count = 0;
      return;
    }
    if (!count || number != last + 1) begin = offset, count = 0;
    last = number;
    if (++count > lines && count >= kFewest) from = begin, to = offset + line.size() + 1, lines = count;
  }
};

bool isEscaped(std::string_view text) {
  if (text.find_first_of("<>") != std::string_view::npos) return false;
  bool found = false;
  for (size_t at = 0; (at = text.find('&', at)) != std::string_view::npos; ++at) {
    size_t length = 0;
    if (!entity(text.substr(at), length)) return false;
    found = true;
  }
  return found;
}

/// `+ b`, `** 2`: the rest of an operation.
bool isOperatorFirst(std::string_view text) { return text.size() > 1 && std::strchr("+-*/%&|^@<>=!", text[0]) && text.find(' ') <= 3; }

bool isImport(std::string_view line) { return line.starts_with("import ") || line.starts_with("from "); }

/// What stands at the start of a line by right.
bool isOwnLine(std::string_view text) {
  if (text.empty()) return false;
  for (std::string_view own : {"class ", "def ", "```", "[rank", "TRACED GRAPH", "# ", "placeholder ", "get_attr ", "call_function ", "call_method ", "call_module ", "output ", "..."})
    if (text.starts_with(own)) return true;
  // A row of a table has a second bar, a rule more than one dash: `|= b` and `+= b` are the rest of an operation.
  const bool isTable = (text[0] == '|' && text.find('|', 1) != std::string_view::npos) || text.starts_with("+--") || text.starts_with("+=="), isGraphForm = text[0] == '%' && text.size() > 1 && isNameChar(text[1]);
  return isTable || isGraphForm || logPrefixLength(text) > 0;
}

bool isFirstColumn(char c) { return c != ' ' && c != '\t' && c != '\xC2' && c != '>'; }

/// Must more follow behind a line that ends like this?
bool endsOpen(std::string_view line) {
  if (line.empty() || line.back() == '\\') return false;   // `\` itself says that more follows
  if (line.ends_with("==") || line.ends_with("--") || line.ends_with("**")) return false;      // a ruled line
  if (std::strchr("=,;([{+*/%&|^@", line.back()) || line.ends_with("->")) return true;
  size_t deletions = line.rfind(";  ");   // `;  x = y = None` in part
  return deletions != std::string_view::npos && !line.ends_with(" None");
}

/// A comment above a statement is followed by that statement, as far to the right.
bool isComment(std::string_view line) { return line.substr(indentation(line).end).starts_with('#'); }

/// Is `line`, which begins in the first column, the rest of the one before it?
bool isCutBetween(std::string_view before, std::string_view line) {
  if (isOwnLine(line) || before.empty() || isImport(before) || std::strchr(")]}", line[0])) return false;   // `)` alone: code that is laid out so
  if (before[0] == ' ' && isComment(before)) return true;
  return (endsOpen(before) && !beginsStatement(line)) || (before.back() == ':' && line[0] == '"');
}

/// Does every graph of this text stand in comments? Ends at the first line of a graph that does not.
bool isCommentedOut(std::string_view text) {
  size_t lines = 0;
  bool hasGraph = false;
  for (size_t at = 0; at < text.size();) {
    const size_t stop = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, stop - at);
    at = stop + 1;
    const size_t length = commentLength(line);
    const std::string_view content = line.substr(length ? length : indentation(line).end);
    bool isGraph = content.starts_with("def ") || content.starts_with("class ") || content.starts_with("graph(") || content.starts_with("opcode  ") || (content.starts_with('%') && content.find(" = ") != std::string_view::npos);
    if (!length && (isGraph || beginsStatement(content))) return false;
    if (content.starts_with("Graph fragment:")) return false;   // Inductor's own comments are read as they are
    lines += length > 0;
    hasGraph |= length && isGraph;
  }
  return hasGraph && lines >= kFewest;
}

/// The column at which the longest lines end is where the text was cut, when one of them certainly goes on in the next line.
bool isWrapped(std::string_view text, uint32_t width) {
  Unwrapper unwrapper(width);
  size_t certain = 0;
  std::string_view before;
  eachLine(text, [&](std::string_view line, size_t offset) {
    if (offset && unwrapper.continues(before, line)) certain += unwrapper.isCertain();
    before = line;
  });
  return certain > 0;
}

}  // namespace

size_t quoteLength(std::string_view line) {
  size_t at = 0;
  while (at < line.size() && line[at] == '>') {
    ++at;
    if (at < line.size() && line[at] == ' ') ++at;
  }
  return at;
}

size_t commentLength(std::string_view line) {
  const size_t at = indentation(line).end;
  if (!line.substr(at).starts_with('#')) return 0;
  return at + 1 + line.substr(at + 1).starts_with(' ');
}

size_t lineNumberLength(std::string_view line, uint64_t& number) {
  size_t at = leadingSpaces(line), begin = at;
  for (number = 0; at < line.size() && isDigit(line[at]) && at - begin < 9; ++at) number = number * 10 + static_cast<uint64_t>(line[at] - '0');
  if (at == begin) return 0;
  if (at == line.size()) return at;
  if (line[at] == '\t') return at + 1;
  if (line.substr(at).starts_with(" | ")) return at + 3;
  if (line.substr(at) == " |") return line.size();
  if (line[at] == ':' || line[at] == '|' || line[at] == '.') ++at;
  if (at == line.size()) return at;
  return line[at] == ' ' || line[at - 1] == ':' ? at + (line[at] == ' ') : 0;
}

char entity(std::string_view text, size_t& length) {
  struct Known { std::string_view name; char character; };
  static constexpr Known kKnown[] = {{"&quot;", '"'}, {"&#x27;", '\''}, {"&#39;", '\''}, {"&#34;", '"'}, {"&apos;", '\''}, {"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&nbsp;", ' '}};
  for (const Known& one : kKnown)
    if (text.starts_with(one.name)) return length = one.name.size(), one.character;
  return 0;
}

void Unwrapper::follow(std::string_view line) {
  if (!isRest_) {
    const auto [columns, end] = indentation(line);
    indent_ = columns;
    auto content = line.substr(end);
    isComment_ = content.starts_with('#');
    isReturn_ = content.starts_with("return");
    isHeader_ = content.starts_with("def ");
    depth_ = 0;
    quote_ = 0;
  }
  for (size_t i = 0; i < line.size() && !isComment_; ++i) {
    const char c = line[i];
    if (quote_) {
      if (c == '\\') ++i;
      else if (c == quote_) quote_ = 0;
    } else if (c == '"' || c == '\'') {
      quote_ = c;
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth_;
    } else if (c == ')' || c == ']' || c == '}') {
      --depth_;
    }
  }
}

bool Unwrapper::continues(std::string_view line, std::string_view next) {
  isCertain_ = false;
  if (width_ && line.size() < width_) return isRest_ = false;   // was not cut; whatever it belongs to ends here
  follow(line);
  isRest_ = isRest(line, next);
  return isRest_;
}

bool Unwrapper::isRest(std::string_view line, std::string_view next) {
  const auto [spaces, end] = indentation(next);
  if (line.empty() || end == next.size() || spaces >= 4 || isImport(line) || (line.ends_with('\\') && !isComment_)) return false;
  if (width_ && (line.size() < width_ || codePoints(line) != width_)) return false;
  const auto content = next.substr(end);
  const bool isOpen = depth_ > 0 || quote_;
  if (isOwnLine(content) && (!(width_ && isOpen) || logPrefixLength(content))) return false;
  const bool isLess = spaces < indent_;   // less indented than a statement may be
  const bool goesOn = endsOpen(line) || (line.back() == ':' && content[0] == '"') || content.starts_with("= ") || content.starts_with(';') || content.find(" = None") < 40;
  isCertain_ = isHeader_ ? isOpen || goesOn : isOpen ? isLess || !beginsStatement(content) : goesOn && (isLess || !beginsStatement(content));
  if (isComment_) return isCertain_ = isLess;
  if (isCertain_) return true;
  if (isOpen || (isReturn_ && line.size() > indent_ + 6)) return false;
  // A hard cut may fall inside a word and leave something that looks complete.
  return width_ ? isLess || !beginsStatement(content) : isLess && isOperatorFirst(content);
}

Paste examine(std::string_view text) {
  Paste paste;
  size_t widest = 0, quoted = 0, shortest = SIZE_MAX;   // the shortest line that was cut
  std::string_view before;
  Numbering numbering;
  eachLine(text, [&](std::string_view line, size_t offset) {
    if (line.empty()) {
      before = {};
      return;
    }
    if (line.size() >= widest) {
      size_t length = codePoints(line);
      widest = std::max(widest, length);
    }
    if (isFirstColumn(line[0]) && isCutBetween(before, line)) shortest = std::min(shortest, codePoints(before));
    before = line;
    if (line[0] == '>') ++quoted;
    if (isDigit(line[0]) || line[0] == ' ') numbering.add(line, offset);
    else numbering.count = 0;
  });
  paste.isQuoted = quoted >= kFewest;
  paste.isCommented = isCommentedOut(text);
  paste.hasEntities = std::memchr(text.data(), '&', text.size()) && isEscaped(text);
  paste.numberedFrom = numbering.from;
  paste.numberedTo = numbering.to;
  // The lines of a quotation are not looked into, nor those with colours in them.
  if (paste.isQuoted || paste.numberedTo || std::memchr(text.data(), '\x1b', text.size())) return paste;
  paste.isFolded = shortest < widest;
  if (!paste.isFolded && widest >= kNarrowest && isWrapped(text, static_cast<uint32_t>(widest))) paste.width = static_cast<uint32_t>(widest);
  return paste;
}

}  // namespace graph::text
