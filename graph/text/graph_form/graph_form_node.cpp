// One node's line: `%add : [num_users=1] = call_function[target=…](args = (…), kwargs = {…})`.
#include <fmt/format.h>

#include <algorithm>

#include "graph/ir/spelling.h"
#include "graph/text/expression.h"
#include "graph/text/graph_form/formatted_arguments.h"
#include "graph/text/graph_form/graph_form.h"
#include "graph/text/graph_form/graph_form_line.h"
#include "graph/text/operator_check.h"

namespace graph::text {
namespace {

constexpr std::string_view kLine = "': [num_users=N] = call_function[target=...](args = (...), kwargs = {...})'";

/// Where what follows `%name` goes on behind a type in quotes, which may hold anything: 0 when there is none.
size_t behindQuotedType(std::string_view rest) {
  size_t open = rest.find_first_not_of(' ');
  if (open == rest.npos || rest[open] != ':') return 0;
  open = rest.find_first_not_of(' ', open + 1);
  constexpr std::string_view kTensor = "Tensor ";
  if (open != rest.npos && rest.substr(open).starts_with(kTensor)) open = rest.find_first_not_of(' ', open + kTensor.size());
  if (open == rest.npos || (rest[open] != '"' && rest[open] != '\'')) return 0;
  const size_t close = rest.find(rest[open], open + 1);
  return close == rest.npos ? 0 : close + 1;
}

}  // namespace

void GraphFormParser::failTarget(std::string_view target, std::string_view expected) {
  throw SyntaxError{targetRange_, fmt::format("unexpected '{}', expected {}", target, expected)};
}

/// A line without `[target=`: says which of its parts is not there.
void GraphFormParser::failLine(std::string_view rest) {
  for (std::string_view kind : {"call_function[", "call_method[", "call_module[", "get_attr[", "placeholder["})
    if (size_t at = rest.find(kind); at != rest.npos) fail(rest.substr(at + kind.size()), "'target='");
  fail(rest, kLine);
}

void GraphFormParser::node(std::string_view text) {
  if (text.size() < 2 || text[0] != '%' || !isNameStart(text[1])) {
    if (size_t length = nameLength(text)) {   // the sign was forgotten, or it is a misspelled return
      const auto word = text.substr(0, length);
      if (trimmed(text.substr(length)).starts_with(':')) pending_ = word;
      else if (constexpr std::string_view kReturn[] = {"return"}; !ir::closestOf(word, kReturn).empty())
        throw SyntaxError{range(word), fmt::format("unexpected '{}', expected '%name : ...' or return, did you mean 'return'?", word)};
    }
    fail(text, "'%name : ...' or return");
  }
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
  size_t at = rest.find(kTarget, behindQuotedType(rest));
  if (at == rest.npos) {
    size_t path = rest.find("= self.");
    if (path == rest.npos) failLine(rest);
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
  if (!middle.ends_with('=')) fail(rest.substr(kindBegin), "'='");
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
    constexpr std::string_view kKinds[] = {"placeholder", "get_attr", "call_function", "call_method", "call_module"};
    throw SyntaxError{range(kind), fmt::format("unexpected '{}', expected placeholder, get_attr, call_function, call_method or call_module{}", kind,
                                               ir::didYouMean(ir::closestOf(kind, kKinds)))};
  }
  define(name, std::move(node), where);
}

void GraphFormParser::define(std::string_view name, ir::Node node, Range where) {
  node.line = line_;
  if (node.op != ir::Op::placeholder) node.stack = stack_;
  ir::NodeId id = r_.scope->define(name, std::move(node), where);
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
  if (quoted != type.npos && (type[quoted] == '"' || type[quoted] == '\'' || type[quoted] == '\xE2')) {
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
  if (type[0] == '[') fail(type, "'[num_users=N]' or a type");
  return annotationOf(r_, type);
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
  if (std::any_of(target.begin(), target.end(), isUnprintable)) throw SyntaxError{targetRange_, "the target holds a quote, a backslash or a control character"};
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
  // Text needs no quotes here: a misspelled word would be an argument.
  if (size_t word = nameLength(inner); word && trimmed(inner.substr(word)).starts_with("= (") && valueOf(inner, "args").empty())
    throw SyntaxError{range(inner.substr(0, word)), fmt::format("unexpected '{}', expected 'args = (...), kwargs = {{...}}'", inner.substr(0, word))};
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

}  // namespace graph::text
