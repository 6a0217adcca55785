#include "graph/text/graph_form/formatted_arguments.h"

#include <fmt/format.h>

#include <charconv>

#include "graph/text/expression.h"
#include "graph/text/graph_form/bare_text.h"

namespace graph::text {
namespace {

constexpr std::string_view kItem = "%name, a literal or text";

char closing(char open) { return open == '(' ? ')' : open == '[' ? ']' : '}'; }
bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Without the line feeds of a hard wrap and the indentation behind them.
std::string unwrapped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\n' && text[i] != '\r') { out += text[i]; continue; }
    while (i + 1 < text.size() && isBlank(text[i + 1])) ++i;
  }
  return out;
}

}  // namespace

FormattedArguments::FormattedArguments(Reader& reader, uint32_t begin, uint32_t end, uint32_t line)
    : r_(reader), text_(reader.lexer.whole().substr(0, end)), at_(begin), end_(end), line_(line) {}

Range FormattedArguments::range(size_t begin, size_t end) const { return {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)}; }

void FormattedArguments::skipBlanks() {
  for (; at_ < end_; ++at_) {
    if (text_[at_] == '\n') ++line_;
    else if (text_.substr(at_, 2) == "\xC2\xA0") ++at_;  // a no-break space, from a web page
    else if (!isBlank(text_[at_])) return;
  }
}

bool FormattedArguments::accept(char c) {
  skipBlanks();
  if (peek() != c) return false;
  ++at_;
  return true;
}

void FormattedArguments::fail(std::string_view expected) {
  skipBlanks();
  // Behind the end stands the bracket of what encloses this, which the text may have meant for something else.
  const auto behind = r_.lexer.whole().substr(std::min<size_t>(end_, r_.lexer.whole().size()), 1);
  const bool isMissing = at_ < end_ || behind.empty() || expected.find(behind) != expected.npos;
  r_.lexer.setEnd(isMissing ? end_ : std::string_view::npos);
  r_.lexer.startAt(static_cast<uint32_t>(at_), line_);
  throw unexpected(r_.token(), expected);
}

void FormattedArguments::expect(char c, std::string_view what) {
  if (!accept(c)) fail(what);
}

void FormattedArguments::expectEnd() {
  skipBlanks();
  if (at_ < end_) fail("the end of the arguments");
}

bool FormattedArguments::atItemEnd(char close) {
  skipBlanks();
  return at_ >= end_ || peek() == ',' || (close && peek() == close);
}

std::vector<ir::Argument> FormattedArguments::positional(const ir::Schema* schema) {
  expect('(', "'('");
  std::vector<ir::Argument> all;
  for (;;) {
    skipBlanks();
    if (at_ + 1 >= end_ && accept(')')) break;  // the last bracket of the range closes: text may hold others
    const size_t i = all.size();
    const Type type = schema && i < schema->arguments.size() ? &schema->arguments[i] : nullptr;
    all.push_back(item(')', type, 0, isClosingString(schema, i)));
    if (accept(',')) {
      size_t comma = at_;
      skipBlanks();
      if (peek() == ')' && at_ + 1 == end_ && at_ > comma) all.emplace_back(std::string());  // `(%x, )`: an empty string is last
      continue;
    }
    expect(')', "',' or ')'");
    break;
  }
  if (accept(',')) fail("'kwargs = {...}'");
  expectEnd();
  return all;
}

std::vector<std::pair<std::string, ir::Argument>> FormattedArguments::named(const ir::Schema* schema) {
  std::vector<std::pair<std::string, ir::Argument>> all;
  expect('{', "'{'");
  while (!accept('}')) {
    size_t begin = at_;
    while (at_ < end_ && isNameChar(text_[at_])) ++at_;
    auto key = text_.substr(begin, at_ - begin);
    if (key.empty() || isDigit(key[0])) fail("the name of an argument");
    expect(':', "':' between a name and its value");
    for (auto& [other, value] : all)
      if (other == key) throw SyntaxError{range(begin, begin + key.size()), fmt::format("argument '{}' is given twice", key)};
    auto index = schema ? schema->indexOf(key) : std::nullopt;
    all.emplace_back(std::string(key), item('}', index ? &schema->arguments[*index] : nullptr, 0));
    if (!accept(',') && !(skipBlanks(), peek() == '}')) fail("',' or '}'");
  }
  expectEnd();
  return all;
}

ir::Argument FormattedArguments::value() {
  ir::Argument value = item('\0', nullptr, 0);
  expectEnd();
  return value;
}

ir::Argument FormattedArguments::item(char close, Type type, int depth, bool isClosing) {
  skipBlanks();
  if (depth > kDeepestArgument) throw SyntaxError{range(at_, at_ + 1), fmt::format("brackets nested deeper than {}", kDeepestArgument)};
  const size_t begin = at_;
  const uint32_t line = line_;
  if (at_ >= end_ && close) fail(kItem);
  const char c = peek();
  if (c == '%' || c == '(' || c == '[' || c == '{') {
    ir::Argument value = c == '%' ? node() : container(type, depth);
    if (atItemEnd(close)) return value;
    at_ = begin;  // text that begins like a node or a container
    line_ = line;
  }
  size_t end = begin + bareLength(rest(), close);
  if (isClosing && end_ > begin && !(rest()[0] == '\'' || rest()[0] == '"')) {
    size_t whole = text_.find_last_of(')', end_ - 1);
    if (whole != text_.npos && whole >= begin && isBareString(bareKind(text_.substr(begin, whole - begin)))) end = whole;
  }
  constexpr int kMostUnclosed = 20;  // each is searched to the end of the line
  if (c == '\'' || c == '"' || c == '\xE2' || (c == '<' && unclosed_ < kMostUnclosed)) {  // brackets and commas may stand inside
    r_.lexer.setEnd(end_);
    r_.lexer.startAt(static_cast<uint32_t>(begin), line_);
    if (r_.token().kind == Token::Kind::string || c == '<') {
      try {
        ir::Argument value = parseArgumentAt(r_);
        at_ = r_.token().endsLine() ? end_ : r_.token().begin;
        line_ = r_.token().line;
        if (atItemEnd(close)) return value;
      } catch (const SyntaxError&) {
        ++unclosed_;
      }
      at_ = begin;  // text that begins with a quote or `<`
      line_ = line;
    }
  }
  at_ = end;
  return bare(begin, end, type);
}

ir::Argument FormattedArguments::node() {
  const size_t percent = at_++;
  const size_t begin = at_;
  while (at_ < end_ && isNameChar(text_[at_])) ++at_;
  std::string_view name = text_.substr(begin, at_ - begin);
  if (at_ + 1 < end_ && text_[at_] == '\n' && isNameChar(text_[at_ + 1])) {  // cut in two by a hard line wrap
    ++line_;
    size_t rest = ++at_;
    while (at_ < end_ && isNameChar(text_[at_])) ++at_;
    name = r_.caches.keep(fmt::format("{}{}", name, text_.substr(rest, at_ - rest)));
  }
  if (name.empty() || isDigit(name[0])) {
    at_ = percent;
    return {};
  }
  return r_.scope->use(name, range(percent, at_), line_);
}

std::vector<ir::Argument> FormattedArguments::items(char close, Type type, int depth, bool& hasComma) {
  std::vector<ir::Argument> all;
  while (!accept(close)) {
    if (rest().starts_with("...[total_len=")) throw SyntaxError{range(at_, at_ + 3), "items are left out here: the list was shortened when it was printed"};
    all.push_back(item(close, type, depth + 1));
    if (accept(',')) hasComma = true;
    else if (skipBlanks(), peek() != close) fail(fmt::format("',' or '{}'", close));
  }
  return all;
}

ir::Argument FormattedArguments::container(Type type, int depth) {
  const char open = text_[at_];
  const size_t begin = at_;
  if (size_t length = rest().substr(0, 100).find("j)"); open == '(' && length != text_.npos) {  // a complex number
    length += 2;
    auto inner = rest().substr(1, length - 2);
    if (inner.find_first_of("([{ ,'\"") == inner.npos && inner.find_first_not_of("+-.0123456789einfaj") == inner.npos) {
      at_ = begin + length;
      return literal(begin, at_);
    }
  }
  ++at_;
  if (open == '{') return dict(depth);
  bool hasComma = false;
  auto all = items(closing(open), type, depth, hasComma);
  if (open == '[') return ir::List{std::move(all)};
  if (all.size() == 1 && !hasComma) return std::move(all[0]);  // (x) is x
  return ir::Tuple{std::move(all)};
}

/// Where the key at the cursor ends: at a colon with a blank behind it. Without one, at the end of the item.
size_t FormattedArguments::keyEnd() {
  if (peek() == '\'' || peek() == '"') {  // colons may stand inside
    r_.lexer.setEnd(end_);
    r_.lexer.startAt(static_cast<uint32_t>(at_), line_);
    if (r_.token().kind == Token::Kind::string) return r_.token().end;
  }
  size_t depth = 0;
  for (size_t end = at_; end < end_; ++end) {
    const char c = text_[end];
    if (c == '(' || c == '[' || c == '{') ++depth;
    else if (depth && (c == ')' || c == ']' || c == '}')) --depth;
    else if (!depth && (c == '}' || c == ',' || (c == ':' && end + 1 < end_ && isBlank(text_[end + 1])))) return end;
  }
  return end_;
}

/// Behind the brace. A set has no colons: only Python reads it.
ir::Argument FormattedArguments::dict(int depth) {
  const size_t begin = at_ - 1;
  ir::Dict dict;
  while (!accept('}')) {
    const size_t first = at_, end = keyEnd();
    if (dict.items.empty() && end < end_ && (text_[end] == ',' || text_[end] == '}')) {
      for (at_ = begin + 1; at_ < end_ && text_[at_] != '}'; at_ += at_ < end_ && text_[at_] == ',') at_ += bareLength(rest(), '}');
      expect('}', "'}'");
      return literal(begin, at_);
    }
    ir::Argument key = FormattedArguments(r_, static_cast<uint32_t>(first), static_cast<uint32_t>(end), line_).item('\0', nullptr, depth + 1);
    at_ = end;
    expect(':', "':' between a key and its value");
    dict.items.emplace_back(std::move(key), item('}', nullptr, depth + 1));
    if (!accept(',') && (skipBlanks(), peek() != '}')) fail("',' or '}'");
  }
  return dict;
}

ir::Argument FormattedArguments::bare(size_t begin, size_t end, Type type) {
  while (end > begin && isBlank(text_[end - 1])) --end;
  std::string_view text = text_.substr(begin, end - begin);
  int64_t integer = 0;
  if (auto [stop, status] = std::from_chars(text.data(), text.data() + text.size(), integer); status == std::errc() && stop == text.data() + text.size() && !text.empty())
    return integer;
  const Range where = range(begin, end);
  if (text == "..." || text == "\xE2\x80\xA6") throw SyntaxError{where, "arguments are left out here"};
  switch (bareKind(text)) {
    case BareKind::literal:
      if (isNameStart(text[0]) || isDigit(text[0]) || text[0] == '-') return literal(begin, end);
      [[fallthrough]];
    case BareKind::repr:
      try {
        return literal(begin, end);
      } catch (const SyntaxError&) {
        break;  // a string that begins like a container or an object's repr
      }
    case BareKind::device:
      if (!type || !isDeviceType(*type)) r_.problems.warning(where, fmt::format("'{}' is read as a device; a string would look the same here", text));
      return *ir::Device::parse(text);
    case BareKind::operation: return ir::Name{fmt::format("torch.ops.{}", text)};
    case BareKind::name: return dotted(begin, end);
    case BareKind::word: return unwrapped(text);
    case BareKind::phrase: break;
  }
  std::string value = unwrapped(text);
  if (!type || !isStringType(*type)) r_.problems.warning(where, "this is read as one string: print(graph) shows strings without their quotes");
  return value;
}

ir::Argument FormattedArguments::dotted(size_t begin, size_t end) {
  std::string_view text = text_.substr(begin, end - begin);
  if (text.starts_with("torch.")) return literal(begin, end);
  auto root = text.substr(0, text.find('.'));
  bool isNode = static_cast<bool>(r_.scope->find(root)) || root == r_.scope->self();
  bool isEnum = root[0] >= 'A' && root[0] <= 'Z' && !isNode;
  if (!isEnum) r_.problems.warning(range(begin, end), fmt::format("'{}' is read as {}; the other would look the same here", text, isNode ? "a string, not as a name" : "a name, not as a string"));
  if (isNode) return std::string(text);
  r_.scope->keptAsText(root, range(begin, begin + root.size()), line_);
  return ir::Name{std::string(text)};
}

/// What Python's repr gives too: read as in generated code, where a node stands without `%` (inside a slice).
ir::Argument FormattedArguments::literal(size_t begin, size_t end) {
  r_.lexer.setEnd(end);
  r_.lexer.startAt(static_cast<uint32_t>(begin), line_);
  ir::Argument value = parseArgumentAt(r_);
  if (!r_.token().endsLine()) throw unexpected(r_.token(), "',' or a closing bracket");
  return value;
}

}  // namespace graph::text
