// The graph as a whole: its header, which lines belong to it, what it returns.
#include "graph/text/graph_form/graph_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "graph/text/expression.h"
#include "graph/text/graph_form/bare_text.h"
#include "graph/text/graph_form/graph_form_line.h"
#include "graph/text/graph_form/parameters.h"
#include "graph/text/graph_form/tabular.h"

namespace graph::text {
namespace {

bool isElision(std::string_view content) {
  return content == "\xE2\x80\xA6" || (content.size() > 1 && content.find_first_not_of('.') == content.npos);
}

bool beginsStatement(std::string_view content) {
  if (content.starts_with('%')) return content.size() > 1 && isNameStart(content[1]);
  return startsWithWord(content, "return") || isGraphHeader(content) || isElision(content) || content.starts_with('#');
}

/// Brackets opened and not closed.
int openBrackets(std::string_view text) {
  int open = 0;
  for (char c : text) {
    if (c == '(' || c == '[' || c == '{') ++open;
    else if (c == ')' || c == ']' || c == '}') --open;
  }
  return open;
}

/// Where `%name` stands in the text, as a whole word.
size_t findUse(std::string_view text, std::string_view name) {
  const std::string use = fmt::format("%{}", name);
  for (size_t at = 0; (at = text.find(use, at)) != text.npos; at += use.size())
    if (at + use.size() == text.size() || !isNameChar(text[at + use.size()])) return at;
  return text.npos;
}

}  // namespace

bool isGraphHeader(std::string_view content) {
  if (!content.starts_with("graph(") || !content.ends_with(':')) return false;
  size_t close = content.rfind(')');
  if (close == content.npos || content.find('%') != content.npos) return false;  // TorchScript's graphs have `%` there
  auto result = trimmed(content.substr(close + 1, content.size() - close - 2));
  return result.empty() || result.starts_with("->");
}

bool isGraphFormNode(std::string_view content) {
  return content.size() > 1 && content[0] == '%' && isNameStart(content[1]) && (content.find(kTarget) != content.npos || content.find("users=") != content.npos);
}

Range GraphFormParser::range(std::string_view part) const { return rangeIn(text_, part); }

void GraphFormParser::fail(std::string_view part, std::string_view expected) {
  part = trimmed(part);
  r_.lexer.setEnd(static_cast<size_t>(part.data() + part.size() - text_.data()));
  r_.lexer.startAt(range(part).begin, line_);
  if (r_.token().endsLine()) throw SyntaxError{r_.token().range(), fmt::format("unexpected end of line, expected {}", expected)};
  throw unexpected(r_.token(), expected);
}

/// A line without its comment sign.
Line GraphFormParser::lineAt(LineStart from, LineStart& next) const {
  Line line = text::lineAt(text_, from, next);
  if (!isCommented_) return line;
  size_t blanks = std::min(line.content.find_first_not_of(" #"), line.content.size());
  line.indent += static_cast<uint32_t>(blanks);
  line.content.remove_prefix(blanks);
  return line;
}

/// A line that is no comment, where all of the graph's are.
bool GraphFormParser::isOutside(LineStart at) const {
  LineStart next;
  return isCommented_ && !text::lineAt(text_, at, next).content.starts_with('#');
}

LineStart GraphFormParser::parse(const Line& first) {
  LineStart at = first.start;
  isFragment_ = !isGraphHeader(first.content);
  if (!isFragment_) {
    lineAt(at, at);
    line_ = first.start.line;
    header(first.content);
  }
  while (at.offset < text_.size() && !isReturned_ && !isOutside(at)) {
    LineStart next;
    Line line = lineAt(at, next);
    if (line.content.empty()) {
    } else if (line.content[0] == '#') {
      readComment(r_, line, stack_, declared_);
    } else if (isElision(line.content)) {
      isComplete_ = false;
      if (isFragment_) r_.problems.warning(range(line.content), "lines are left out here");
      else r_.problems.error(range(line.content), "lines are left out here: what they define is unknown");
      r_.scope->setTolerant();
    } else if (endsGraph(line, first.indent)) {
      break;
    } else if (isFragment_ && !beginsStatement(line.content)) {
      LineStart more = nodeBelow(line);
      if (more.offset == line.start.offset) break;
      r_.problems.warning(range(line.content), "text between the nodes is passed over");
      next = more;
    } else if (isFragment_ && at.offset != first.start.offset && line.content[0] == '%' && r_.scope->isDefined(line.content.substr(1, nameLength(line.content.substr(1))))) {
      break;  // another fragment
    } else {
      statement(wholeStatement(line, next));
    }
    at = next;
  }
  r_.lexer.setEnd();
  settleParameters(r_.scope->graph(), r_.problems, range(first.content));
  if (!declared_.empty()) declared_.apply(r_.scope->graph(), r_.problems);
  if (!isFragment_ && !isReturned_) r_.problems.warning(range(first.content), "this graph has no return: the text may be cut short");
  if (!isFragment_ && isReturned_ && isComplete_) checkUserCounts();
  return at;
}

bool GraphFormParser::endsGraph(const Line& line, uint32_t headerIndent) const {
  if (isGraphHeader(line.content)) return true;
  if (beginsStatement(line.content)) return false;
  if (!isFragment_ && line.indent <= headerIndent) return true;
  return startsWithWord(line.content, "class") || startsWithWord(line.content, "def") || isTableHeader(line.content);
}

/// In a fragment, the next line with a node when it is near and nothing else begins before; else the line itself.
LineStart GraphFormParser::nodeBelow(const Line& line) const {
  constexpr int kNear = 10;
  LineStart at = line.start;
  for (int i = 0; i < kNear && at.offset < text_.size() && !isOutside(at); ++i) {
    LineStart next;
    Line below = lineAt(at, next);
    if (isGraphFormNode(below.content)) return at;
    if (endsGraph(below, 0)) break;
    at = next;
  }
  return line.start;
}

/// A line, with those below it that a hard wrap cut off: while brackets are open, or before the target, up to what looks like a statement.
Line GraphFormParser::wholeStatement(const Line& line, LineStart& next) const {
  constexpr int kMostLines = 100;
  Line whole = line;
  int open = openBrackets(line.content);
  bool hasTarget = line.content[0] != '%' || line.content.find(kTarget) != line.content.npos;
  for (int i = 0; i < kMostLines && (open > 0 || !hasTarget) && next.offset < text_.size() && !isOutside(next); ++i) {
    LineStart behind;
    Line more = lineAt(next, behind);
    if (more.content.empty() || beginsStatement(more.content) || isTableHeader(more.content)) break;
    whole.content = {whole.content.data(), more.content.data() + more.content.size()};
    open += openBrackets(more.content);
    hasTarget = hasTarget || more.content.find(kTarget) != more.content.npos;
    next = behind;
  }
  return whole;
}

void GraphFormParser::header(std::string_view content) {
  auto parameters = content.substr(6, content.rfind(')') - 6);
  while (!trimmed(parameters).empty()) {
    size_t length = bareLength(parameters, ')');
    try {
      parameter(trimmed(parameters.substr(0, length)));
    } catch (const SyntaxError& e) {
      r_.problems.error(e.range, e.message);
      r_.scope->setTolerant();
    }
    parameters.remove_prefix(std::min(length + 1, parameters.size()));
  }
}

/// A placeholder of torch 1.7: `x`, `x : torch.Tensor`. Lines use the node's name, which can have a number behind the parameter's, and a
/// typed parameter is printed twice over (`xx: torch.Tensor`).
void GraphFormParser::parameter(std::string_view text) {
  size_t stars = text.find_first_not_of('*');
  if (stars == text.npos) fail(text, "a parameter's name");
  size_t length = nameLength(text.substr(stars));
  if (!length) fail(text.substr(stars), "a parameter's name");
  std::string_view name = text.substr(stars, length), type = trimmed(text.substr(stars + length));
  ir::Node node;
  node.op = ir::Op::placeholder;
  node.line = line_;
  if (!type.empty()) {
    if (type[0] != ':') fail(type, "':' or ','");
    node.meta = between(type);
  }
  constexpr size_t kMostSearched = 256;  // each search reads the text of this graph
  bool isUsed = parameters_++ >= kMostSearched;
  std::string_view below = isUsed ? std::string_view() : text_.substr(range(text).end);
  below = below.substr(0, below.find("graph("));
  isUsed = isUsed || findUse(below, name) != below.npos;
  if (auto half = name.substr(0, name.size() / 2); !isUsed && !type.empty() && half == name.substr(half.size()) && findUse(below, half) != below.npos) {
    name = half;
    isUsed = true;
  }
  node.target = fmt::format("{}{}", text.substr(0, stars), name);
  const std::string numbered = fmt::format("%{}_", name);
  for (size_t at = 0; !isUsed && (at = below.find(numbered, at)) != below.npos; at += numbered.size()) {
    auto used = below.substr(at + 1, nameLength(below.substr(at + 1)));
    auto number = used.substr(numbered.size() - 1);
    if (number.empty() || number.find_first_not_of("0123456789") != number.npos) continue;
    r_.problems.warning(range(name), fmt::format("the parameter '{}' is taken for what the lines below call '{}'", name, used));
    name = used;
    isUsed = true;
  }
  r_.scope->define(name, std::move(node), range(name));
}

void GraphFormParser::statement(const Line& line) {
  line_ = line.start.line;
  pending_ = {};
  users_.reset();
  try {
    if (startsWithWord(line.content, "return")) returned(line.content.substr(6));
    else node(line.content);
  } catch (const SyntaxError& e) {
    r_.problems.error(e.range, e.message);
    isComplete_ = false;
    if (!pending_.empty()) r_.scope->poison(pending_);
  }
}

void GraphFormParser::returned(std::string_view text) {
  ir::Node node;
  node.op = ir::Op::output;
  node.target = "output";
  node.line = line_;
  r_.lexer.setEnd(range(text).end);
  r_.lexer.startAt(range(text).begin, line_);
  if (r_.token().endsLine()) node.args.emplace_back();
  else node.args.push_back(parseArgumentAt(r_));
  if (r_.token().is(",")) {  // return %a,%b, as Inductor writes it
    ir::Tuple tuple{{std::move(node.args[0])}};
    while (r_.accept(",")) tuple.items.push_back(parseArgumentAt(r_));
    node.args[0] = std::move(tuple);
  }
  if (!r_.token().endsLine()) throw unexpected(r_.token(), "the end of the line");
  node.name = r_.scope->graph().uniqueName("output");
  r_.scope->graph().append(std::move(node));
  isReturned_ = true;
}

/// FX counts the nodes that use one. Another number means that lines are missing or were changed.
void GraphFormParser::checkUserCounts() {
  const ir::Graph& graph = r_.scope->graph();
  for (auto& count : counts_) {
    const size_t users = graph.users(count.node).size();
    if (users == count.users) continue;
    r_.problems.warning(count.where, fmt::format("{} node{} this one, not {}: lines are missing or were changed", users, users == 1 ? " uses" : "s use", count.users));
  }
}

}  // namespace graph::text
