#include "graph/text/function.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <cstring>

#include "graph/text/characters.h"
#include "graph/text/literal.h"
#include "graph/text/printer.h"
#include "graph/text/stated/stated_lines.h"

namespace graph::text {
namespace {

bool looksLikeStatement(std::string_view content) {
  size_t at = 0;
  while (at < content.size() && isNameChar(content[at])) ++at;
  if (at == 0 || isDigit(content[0])) return false;
  while (at < content.size() && content[at] == ' ') ++at;
  return at < content.size() && (content[at] == '=' || content[at] == ':');
}

/// A string that nothing closes, in the last line of the text.
bool isUnclosedAtEnd(std::string_view text, const SyntaxError& e) {
  if (!e.message.starts_with("the string that begins")) return false;
  const size_t last = text.find_last_not_of(" \t\r\n");
  return last != std::string_view::npos && text.find('\n', e.range.begin) > last;
}

/// Words between the statements of a fragment: nothing is assigned, called or left open.
bool isProse(std::string_view content) {
  if (content.find(" = ") != std::string_view::npos || content.find("torch.ops.") != std::string_view::npos || startsWithWord(content, "return")) return false;
  int depth = 0;
  for (char c : content) {
    depth += (c == '(' || c == '[' || c == '{') - (c == ')' || c == ']' || c == '}');
    if (depth < 0) return false;
  }
  return depth == 0;
}

/// `...`, `…`, `[...]`, `# ...`, `... 200 more lines ...`: lines that somebody left out.
bool isElision(std::string_view content) {
  while (!content.empty() && (content[0] == '#' || content[0] == '[' || content[0] == '<' || content[0] == '(' || content[0] == ' ')) content.remove_prefix(1);
  return content.starts_with("...") || content.starts_with("\xE2\x80\xA6");
}

}  // namespace

Line lineAt(std::string_view text, LineStart from, LineStart& next) {
  Line line{from, 0, {}};
  size_t stop = std::min(text.find('\n', from.offset), text.size());
  next = {static_cast<uint32_t>(std::min(stop + 1, text.size())), from.line + 1};
  size_t at = from.offset;
  for (; at < stop; ++line.indent) {
    if (text[at] == ' ' || text[at] == '\t') ++at;
    else if (text.substr(at, 2) == "\xC2\xA0") at += 2;  // a no-break space, from a web page
    else break;
  }
  line.content = text.substr(at, stop - at);
  while (!line.content.empty() && static_cast<unsigned char>(line.content.back()) <= ' ') line.content.remove_suffix(1);
  return line;
}

bool startsWithWord(std::string_view content, std::string_view word) {
  return content.starts_with(word) && (content.size() == word.size() || !isNameChar(content[word.size()]));
}

bool isPrinted(std::string_view function) {
  for (std::string_view mark : {";  ", "torch.ops.aten.", ".default(", "# File: ", "arg0_1", "primals_1", "tangents_1", " = L_", ": \""})
    if (function.find(mark) != std::string_view::npos) return true;
  return false;
}

void readComment(Reader& r, const Line& line, std::shared_ptr<const std::string>& stack, Declared& declared) {
  std::string_view text = line.content.substr(1);
  while (text.starts_with(' ')) text.remove_prefix(1);
  constexpr std::string_view kGuard = "guard: ";
  if (text.starts_with(kGuard)) {
    if (auto guard = ir::Guard::parse(text.substr(kGuard.size()))) return r.scope->graph().addGuard(std::move(*guard));
    r.problems.warning(rangeIn(r.lexer.text(), text), fmt::format("this guard cannot be read: expected {}", ir::Guard::forms()));
    return;
  }
  if (text == kCutComment) return r.scope->graph().setCut(true);
  if (readStatedLine(text, rangeIn(r.lexer.text(), text).begin, declared, r.problems)) return;
  if (!stack || *stack != text) stack = std::make_shared<const std::string>(withoutControls(text));
}

LineStart FunctionParser::parse(const Line& line) {
  r_.lexer.setStatementIndent(Lexer::kInHeader);
  r_.lexer.startAt(rangeIn(r_.lexer.text(), line.content).begin, line.start.line);
  try {
    signature();
  } catch (const SyntaxError& e) {
    r_.problems.error(e.range, e.message);
    r_.scope->setTolerant();
    r_.lexer.skipLine();
  }
  const Token& feed = r_.token();
  return parseBody({feed.end, feed.line + (feed.kind == Token::Kind::newline)}, line.indent);
}

void FunctionParser::signature() {
  r_.lexer.next();  // def
  if (!r_.token().isName()) throw unexpected(r_.token(), "the function's name");
  r_.lexer.next();
  r_.expect("(", "'('");
  bool isFirst = true;
  while (!r_.accept(")")) {
    try {
      parameter(isFirst);
    } catch (const SyntaxError& e) {
      if (r_.token().kind == Token::Kind::newline || r_.token().kind == Token::Kind::end) throw;
      r_.problems.error(e.range, e.message);
      r_.scope->setTolerant();
      r_.lexer.skipBalanced(",");
    }
    isFirst = false;
    if (!r_.accept(",") && !r_.token().is(")")) throw unexpected(r_.token(), "',' or ')'");
  }
  if (r_.accept("->")) r_.lexer.skipBalanced(":");
  r_.expect(":", "':'");
  if (r_.token().kind != Token::Kind::newline && r_.token().kind != Token::Kind::end) throw unexpected(r_.token(), "the end of the line");
}

void FunctionParser::parameter(bool isFirst) {
  std::string stars;
  while (r_.token().is("*") || r_.token().is("**")) { stars += r_.token().text; r_.lexer.next(); }
  if (!stars.empty() && r_.token().is(",")) return;           // the bare `*`
  if (r_.token().is("/")) { r_.lexer.next(); return; }
  const Token name = r_.token();
  if (!name.isName() || name.dotted) throw unexpected(name, "a parameter's name");
  r_.lexer.next();
  if (isFirst && name.text == "self" && stars.empty()) return r_.scope->setSelf(name.text);
  ir::Node node;
  node.op = ir::Op::placeholder;
  node.target = stars + std::string(name.text);
  node.line = name.line;
  if (r_.accept(":")) node.meta = parseAnnotation(r_, ",=");
  if (r_.accept("=")) node.args.push_back(parseArgumentAt(r_));
  r_.scope->define(name.text, std::move(node), name.range());
}

LineStart FunctionParser::parseBody(LineStart at, uint32_t headerIndent) {
  std::string_view text = r_.lexer.text();
  std::optional<Line> early;
  while (at.offset < text.size() && !statements_.hasEnded()) {
    LineStart next;
    Line line = lineAt(text, at, next);
    if (line.content.empty()) {
      at = next;
    } else if (isElision(line.content)) {
      gap(line);
      at = next;
    } else if (line.content[0] == '#') {
      if (!hasBody_ || line.indent >= bodyIndent_ || isFragment_) readComment(r_, line, stack_, declared_);
      at = next;
    } else if (endsBody(line, headerIndent)) {
      break;
    } else if (!early && isEarlyReturn(line, next)) {
      early = line;
      at = next;
    } else {
      at = statementLine(line);
    }
  }
  if (early && !statements_.hasEnded()) statementLine(*early);
  if (!declared_.empty()) declared_.apply(r_.scope->graph(), r_.problems);
  return at;
}

/// A return that statements of the same body follow: a pass that appended nodes behind the output leaves such graphs. It is
/// read last, as it is meant.
bool FunctionParser::isEarlyReturn(const Line& line, LineStart next) const {
  if (!startsWithWord(line.content, "return") || !hasBody_ || isFragment_) return false;
  std::string_view text = r_.lexer.text();
  while (next.offset < text.size()) {
    Line following = lineAt(text, next, next);
    if (following.content.empty() || following.content[0] == '#') continue;
    return following.indent == line.indent && looksLikeStatement(following.content);
  }
  return false;
}

bool FunctionParser::endsBody(const Line& line, uint32_t headerIndent) const {
  if (isFragment_) return false;
  if (startsWithWord(line.content, "def") || startsWithWord(line.content, "class")) return true;
  if (hasBody_) return line.indent < bodyIndent_;
  // Text pasted without its indentation still has statements.
  return line.indent <= headerIndent && !looksLikeStatement(line.content) && !startsWithWord(line.content, "return");
}

LineStart FunctionParser::statementLine(const Line& line) {
  if (!hasBody_ || isFragment_) { hasBody_ = true; bodyIndent_ = line.indent; }
  r_.lexer.setStatementIndent(static_cast<int>(line.indent));
  r_.lexer.startAt(rangeIn(r_.lexer.text(), line.content).begin, line.start.line);
  bool failed = false;
  try {
    statements_.parseLine(stack_);
  } catch (const SyntaxError& e) {
    if (isFragment_ && isProse(line.content)) {
      if (!prose_++) firstProse_ = rangeIn(r_.lexer.text(), line.content);
      r_.scope->unpoison(statements_.pending());
    } else {
      report(e);
      ++failures_;
      failed = true;
    }
    r_.lexer.skipLine();
  }
  const Token& feed = r_.token();
  LineStart at{feed.end, feed.line + (feed.kind == Token::Kind::newline)};
  // The rest of a statement that went over several lines is indented further, or closes a bracket.
  for (LineStart next; failed && at.offset < r_.lexer.text().size(); at = next) {
    Line rest = lineAt(r_.lexer.text(), at, next);
    if (rest.content.empty() || (rest.indent <= line.indent && !std::strchr(")]}", rest.content[0]))) break;
  }
  return at;
}

/// A last statement that ends in the middle is where the text was cut: no mistake of whoever wrote it.
void FunctionParser::report(const SyntaxError& e) {
  const std::string_view text = r_.lexer.text();
  const bool isLast = text.find_first_not_of(" \t\r\n", std::min<size_t>(e.range.begin, text.size())) == std::string_view::npos || isUnclosedAtEnd(text, e);
  if (!isLast || r_.scope->graph().size() == r_.scope->graph().placeholders().size()) return r_.problems.error(e.range, e.message);
  r_.scope->graph().setCut(true);
  r_.problems.warning(e.range, fmt::format("the text ends inside this statement, which is left out: {}", e.message));
}

/// The names that the missing lines define become inputs where they are used.
void FunctionParser::gap(const Line& line) {
  r_.problems.warning(rangeIn(r_.lexer.text(), line.content), "lines are left out here: names that they define become inputs, and what they write is not known");
  r_.scope->setGap();
  r_.scope->graph().setCut(true);
}

}  // namespace graph::text
