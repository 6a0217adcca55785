#include "graph/text/graph_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "graph/text/bare_text.h"
#include "graph/text/described_target.h"
#include "graph/text/expression.h"
#include "graph/text/formatted_arguments.h"
#include "graph/text/operator_check.h"
#include "graph/text/tabular.h"

namespace graph::text {
namespace {

constexpr std::string_view kTarget = "[target=";
constexpr std::string_view kLine = "': [num_users=N] = call_function[target=...](args = (...), kwargs = {...})'";

std::string_view trimmed(std::string_view text) {
  auto isBlank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && isBlank(text.back())) text.remove_suffix(1);
  return text;
}

size_t nameLength(std::string_view text) {
  size_t at = 0;
  while (at < text.size() && isNameChar(text[at])) ++at;
  return at && !isDigit(text[0]) ? at : 0;
}

bool isIdentifier(std::string_view text) { return !text.empty() && nameLength(text) == text.size(); }

bool isElision(std::string_view content) {
  return content == "\xE2\x80\xA6" || (content.size() > 1 && content.find_first_not_of('.') == content.npos);
}

bool beginsStatement(std::string_view content) {
  if (content.starts_with('%')) return content.size() > 1 && isNameStart(content[1]);
  return startsWithWord(content, "return") || isGraphHeader(content) || isElision(content) || content.starts_with('#');
}

/// Does `%name` stand in the text, as a whole word?
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
  return content.size() > 1 && content[0] == '%' && isNameStart(content[1]) && content.find(kTarget) != content.npos;
}

Range GraphFormParser::range(std::string_view part) const {
  auto begin = static_cast<uint32_t>(part.data() - text_.data());
  return {begin, begin + static_cast<uint32_t>(part.size())};
}

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

void GraphFormParser::failTarget(std::string_view target, std::string_view expected) {
  throw SyntaxError{targetRange_, fmt::format("unexpected '{}', expected {}", target, expected)};
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
      readComment(r_, line, stack_);
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
  for (int i = 0; i < kMostLines && next.offset < text_.size() && !isOutside(next); ++i) {
    auto open = std::count_if(whole.content.begin(), whole.content.end(), [](char c) { return c == '(' || c == '[' || c == '{'; });
    auto closed = std::count_if(whole.content.begin(), whole.content.end(), [](char c) { return c == ')' || c == ']' || c == '}'; });
    bool isCut = open > closed || (whole.content[0] == '%' && whole.content.find(kTarget) == whole.content.npos);
    if (!isCut) break;
    LineStart behind;
    Line more = lineAt(next, behind);
    if (more.content.empty() || beginsStatement(more.content) || isTableHeader(more.content)) break;
    whole.content = {whole.content.data(), more.content.data() + more.content.size()};
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
  constexpr size_t kMostSearched = 256;  // each search reads the text
  const auto below = text_.substr(range(text).end);
  bool isUsed = parameters_++ >= kMostSearched || findUse(below, name) != below.npos;
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

void GraphFormParser::node(std::string_view text) {
  if (!beginsStatement(text)) fail(text, "'%name : ...' or return");
  size_t length = nameLength(text.substr(1));
  std::string_view name = text.substr(1, length), rest = text.substr(1 + length);
  const Range where = range(text.substr(0, 1 + length));
  if (rest.size() > 1 && rest[0] == '\n' && isNameChar(rest[1])) {  // cut in two by a hard line wrap
    size_t more = 1;
    while (more < rest.size() && isNameChar(rest[more])) ++more;
    name = r_.caches.keep(fmt::format("{}{}", name, rest.substr(1, more - 1)));
    rest.remove_prefix(more);
  }
  pending_ = name;
  size_t at = rest.find(kTarget);
  if (at == rest.npos) {
    size_t path = rest.find("= self.");
    if (path == rest.npos) fail(rest, kLine);
    ir::Node attribute;
    attribute.op = ir::Op::get_attr;
    attribute.meta = between(trimmed(rest.substr(0, path)));
    attribute.target = std::string(trimmed(rest.substr(path + 7)));
    if (attribute.target.find_first_of(" \t\n\"'\\") != attribute.target.npos) fail(rest.substr(path + 7), "an attribute's path");
    return define(name, std::move(attribute), where);
  }
  size_t kindBegin = at;
  while (kindBegin > 0 && isNameChar(rest[kindBegin - 1])) --kindBegin;
  const std::string_view kind = rest.substr(kindBegin, at - kindBegin);
  std::string_view middle = trimmed(rest.substr(0, kindBegin));
  if (!middle.ends_with('=')) fail(rest, kLine);
  ir::Node node;
  node.meta = between(trimmed(middle.substr(0, middle.size() - 1)));
  at += kTarget.size();
  const std::string_view target = this->target(rest, at);
  const std::string_view tail = trimmed(rest.substr(at));
  if (kind == "placeholder" || kind == "PlaceHolder") return placeholder(std::move(node), name, target, tail, where);
  if (kind == "get_attr") {
    node.op = ir::Op::get_attr;
    node.target = std::string(target);
    if (!tail.empty() && tail[0] != '#') fail(tail, "the end of the line");
  } else if (kind == "call_function") {
    node.op = ir::Op::call_function;
    Callee& callee = lookUpPrinted(r_, target, targetRange_, false);
    node.target = callee.target;
    arguments(node, tail, callee.isExact ? callee.schema : nullptr);
    checkOperator(r_, callee, node, targetRange_);
  } else if (kind == "call_method" || kind == "call_module") {
    node.op = kind == "call_method" ? ir::Op::call_method : ir::Op::call_module;
    node.target = std::string(target);
    if (node.op == ir::Op::call_method && !isIdentifier(target)) failTarget(target, "a method's name");
    arguments(node, tail, nullptr);
    if (node.op == ir::Op::call_method && node.args.empty()) throw SyntaxError{targetRange_, fmt::format("method '{}' is called on nothing: its object is the first argument", target)};
  } else {
    throw SyntaxError{range(kind), fmt::format("unexpected '{}', expected placeholder, get_attr, call_function, call_method or call_module", kind)};
  }
  define(name, std::move(node), where);
}

void GraphFormParser::define(std::string_view name, ir::Node node, Range where) {
  node.line = line_;
  if (node.op != ir::Op::placeholder) node.stack = stack_;
  const bool isInput = node.op == ir::Op::placeholder;
  ir::NodeId id = r_.scope->define(name, std::move(node), where);
  if (!isInput && !firstOther_) firstOther_ = id;
  if (isInput && firstOther_) r_.scope->graph().moveBefore(id, firstOther_);  // as in generated code, whose inputs are parameters
  if (users_) counts_.push_back({id, *users_, usersRange_});
  pending_ = {};
}

/// What stands between a name and the `=`: `: torch.Tensor [num_users=1]`, `: Tensor "f32[2]"[num_users=1]`, or nothing.
ir::Meta GraphFormParser::between(std::string_view text) {
  if (text.empty()) return {};
  if (text[0] != ':') fail(text, "':' or '='");
  std::string_view type = text.substr(1);
  for (std::string_view key : {"[num_users=", "[#users=", "[uses="}) {
    size_t at = text.rfind(key);
    if (at == text.npos) continue;
    std::string_view digits = text.substr(at + key.size());
    size_t length = std::min(digits.find_first_not_of("0123456789"), digits.size());
    if (length == 0 || length > 9) fail(digits, "a number of users");
    if (digits.substr(length) != "]") fail(digits.substr(length), "']' and '='");
    users_ = static_cast<size_t>(std::stoul(std::string(digits.substr(0, length))));
    usersRange_ = range(digits.substr(0, length));
    type = text.substr(1, at - 1);
    break;
  }
  type = trimmed(type);
  if (type.empty()) return {};
  size_t quoted = type.starts_with("Tensor ") ? type.find_first_not_of(' ', 7) : 0;
  if (quoted != type.npos && (type[quoted] == '"' || type[quoted] == '\xE2')) {
    r_.lexer.setEnd(range(type).end);
    r_.lexer.startAt(range(type.substr(quoted)).begin, line_);
    ir::Meta meta = parseAnnotation(r_, "");
    if (!r_.token().endsLine()) throw unexpected(r_.token(), "'[num_users=N]' or '='");
    return meta;
  }
  if (type.find_first_of("\"\\\n") != type.npos) {
    r_.problems.warning(range(type), "this type cannot be read and is left out");
    return {};
  }
  const auto& entry = r_.caches.annotations.find(type);
  if (!entry.problem.empty()) r_.problems.warning(range(type), "annotation kept as text: " + entry.problem);
  return entry.meta;
}

/// The target at `at`, up to its bracket, which is passed over: the one before `(args`, the last one of the line, or the one that matches.
std::string_view GraphFormParser::target(std::string_view text, size_t& at) {
  const size_t begin = at;
  if (size_t call = text.find("](args = (", at); call != text.npos) at = call;
  else if (text.ends_with(']')) at = text.size() - 1;
  for (size_t depth = 0; at < text.size(); ++at) {
    if (text[at] == '[') ++depth;
    else if (text[at] == ']' && depth-- == 0) break;
  }
  if (at >= text.size()) fail(text.substr(text.size()), "']' behind the target");
  std::string_view target = text.substr(begin, at++ - begin);
  targetRange_ = range(target);
  if (target.find('\n') != target.npos) {  // a hard line wrap
    std::string joined(target);
    std::erase_if(joined, [](char c) { return static_cast<unsigned char>(c) <= ' '; });
    target = r_.caches.keep(std::move(joined));
  }
  for (char c : target)
    if (static_cast<unsigned char>(c) < ' ' || c == '"' || c == '\\') throw SyntaxError{targetRange_, "the target holds a quote, a backslash or a control character"};
  return target;
}

void GraphFormParser::placeholder(ir::Node node, std::string_view name, std::string_view target, std::string_view tail, Range where) {
  node.op = ir::Op::placeholder;
  node.target = std::string(target);
  size_t stars = std::min<size_t>(std::min(target.find_first_not_of('*'), target.size()), 2);
  if (!isIdentifier(target.substr(stars))) failTarget(target, "a parameter's name");
  constexpr std::string_view kDefault = "(default=";
  if (tail.starts_with(kDefault)) {
    size_t close = tail.rfind(')');
    if (close == tail.npos) fail(tail.substr(tail.size()), "')'");
    auto value = range(tail.substr(kDefault.size(), close - kDefault.size()));
    node.args.push_back(FormattedArguments(r_, value.begin, value.end, line_).value());
    tail = trimmed(tail.substr(close + 1));
  }
  if (!tail.empty() && tail[0] != '#') fail(tail, "'(default=...)' or the end of the line");
  define(name, std::move(node), where);
}

/// `(args = (…), kwargs = {…})`; also `(…)` with the arguments alone, as people write it.
void GraphFormParser::arguments(ir::Node& node, std::string_view tail, const ir::Schema* schema) {
  if (!tail.starts_with('(')) fail(tail, "'(args = (...), kwargs = {...})'");
  const size_t close = tail.rfind(')');
  if (close == tail.npos) fail(tail.substr(tail.size()), "')'");
  if (auto behind = trimmed(tail.substr(close + 1)); !behind.empty() && behind[0] != '#') fail(behind, "the end of the line");
  std::string_view args = tail.substr(0, close + 1), inner = trimmed(tail.substr(1, close - 1)), kwargs;
  auto valueOf = [](std::string_view text, std::string_view key) -> std::string_view {  // of `key = value`
    if (!text.starts_with(key)) return {};
    text = trimmed(text.substr(key.size()));
    return text.starts_with('=') ? trimmed(text.substr(1)) : std::string_view{};
  };
  if (auto value = valueOf(inner, "args"); !value.empty()) {
    args = value;
    for (size_t at = value.rfind("kwargs"); at != value.npos && at > 0; at = value.rfind("kwargs", at - 1)) {
      auto before = trimmed(value.substr(0, at));
      auto named = valueOf(value.substr(at), "kwargs");
      if (!before.ends_with("),") || !named.starts_with('{')) continue;
      args = trimmed(before.substr(0, before.size() - 1));
      kwargs = named;
      break;
    }
  }
  node.args = FormattedArguments(r_, range(args).begin, range(args).end, line_).positional(schema);
  if (!kwargs.empty()) node.kwargs = FormattedArguments(r_, range(kwargs).begin, range(kwargs).end, line_).named(schema);
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
