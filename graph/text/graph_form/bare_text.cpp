#include "graph/text/graph_form/bare_text.h"

#include <algorithm>

#include "graph/text/lexer.h"

namespace graph::text {
namespace {

bool isOpen(char c) { return c == '(' || c == '[' || c == '{'; }
bool isClose(char c) { return c == ')' || c == ']' || c == '}'; }

/// A number with its sign, to the end of the text: 1, -2.5e-05, 0x1F, 2j, -inf.
bool isNumber(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text == "inf" || text == "nan" || text == "infj" || text == "nanj") return true;
  if (text.empty() || (!isDigit(text[0]) && text[0] != '.')) return false;
  Lexer lexer(text);
  lexer.startAt(0, 1);
  auto kind = lexer.token().kind;
  return (kind == Token::Kind::integer || kind == Token::Kind::floating || kind == Token::Kind::imaginary) && lexer.token().end == text.size();
}

/// Identifiers joined by dots, at least two.
bool isDotted(std::string_view text) {
  bool begins = true, hasDot = false;
  for (char c : text) {
    if (c == '.') {
      if (begins) return false;
      begins = hasDot = true;
    } else if (begins ? !isNameStart(c) : !isNameChar(c)) {
      return false;
    } else {
      begins = false;
    }
  }
  return hasDot && !begins;
}

bool isDevice(std::string_view text) {
  constexpr std::string_view kTypes[] = {"cpu", "cuda", "meta", "xpu", "mps", "hpu", "npu", "xla", "mtia", "hip", "ipu", "vulkan", "privateuseone"};
  auto type = text.substr(0, text.find(':'));
  if (std::find(std::begin(kTypes), std::end(kTypes), type) == std::end(kTypes)) return false;
  if (type.size() == text.size()) return true;
  auto index = text.substr(type.size() + 1);
  return !index.empty() && index.size() <= 4 && std::all_of(index.begin(), index.end(), isDigit) && (index.size() == 1 || index[0] != '0');
}

/// `name(…)` with the bracket closed by the last character.
bool isCall(std::string_view text) {
  size_t open = text.find('(');
  if (open == 0 || open == std::string_view::npos || !text.ends_with(')')) return false;
  auto callee = text.substr(0, open);
  if (!isNameStart(callee[0]) || (!isDotted(callee) && !std::all_of(callee.begin(), callee.end(), isNameChar))) return false;
  int depth = 0;
  for (size_t i = open; i < text.size(); ++i) {
    if (isOpen(text[i])) ++depth;
    else if (isClose(text[i]) && --depth == 0) return i + 1 == text.size();
  }
  return false;
}

bool isConstant(std::string_view text) {
  return text == "None" || text == "True" || text == "False" || text == "Ellipsis" || text == "..." || text == "\xE2\x80\xA6";
}

}  // namespace

BareKind bareKind(std::string_view text) {
  if (text.empty()) return BareKind::word;
  char quote = 0;
  if (isOpen(text[0]) || text[0] == '\'' || text[0] == '"' || typographicQuote(text, quote) || isConstant(text) || isNumber(text)) return BareKind::literal;
  if (text[0] == '%' && text.size() > 1 && isNameStart(text[1])) return BareKind::literal;  // a node
  if (text[0] == '<' && text.ends_with('>')) return BareKind::repr;
  if (isCall(text)) {
    auto callee = text.substr(0, text.find('('));
    bool isLiteral = callee == "slice" || callee == "device" || callee == "torch.device" || callee == "torch.Size";
    return isLiteral ? BareKind::literal : BareKind::repr;
  }
  if (isDevice(text)) return BareKind::device;
  if (isDotted(text)) {
    if (text.starts_with("torch.")) return BareKind::name;
    bool hasOverload = std::count(text.begin(), text.end(), '.') == 2;
    return hasOverload && (text.ends_with(".default") || exactSchema(text)) ? BareKind::operation : BareKind::name;
  }
  bool isWord = std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= ' ' || isOpen(c) || isClose(c); });
  return isWord ? BareKind::word : BareKind::phrase;
}

const ir::Schema* exactSchema(std::string_view target) {
  if ((!target.starts_with("aten.") && !target.starts_with("prims.")) || std::count(target.begin(), target.end(), '.') != 2) return nullptr;
  return ir::findSchema(target);
}

bool isStringType(const ir::SchemaArgument& argument) { return argument.type == "str" || argument.type == "str?"; }
bool isDeviceType(const ir::SchemaArgument& argument) { return argument.type == "Device" || argument.type == "Device?"; }

bool isClosingString(const ir::Schema* schema, size_t index) {
  if (!schema || index >= schema->arguments.size() || !isStringType(schema->arguments[index]) || schema->arguments[index].keywordOnly) return false;
  return index + 1 == schema->arguments.size() || schema->arguments[index + 1].keywordOnly;
}

size_t bareLength(std::string_view text, char close) {
  size_t depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (isOpen(c)) ++depth;
    else if (depth == 0 && c == close) return i;
    else if (isClose(c)) depth -= depth > 0;
    else if (c == ',' && depth == 0 && (i + 1 == text.size() || static_cast<unsigned char>(text[i + 1]) <= ' ' || text[i + 1] == close)) return i;
  }
  return text.size();
}

bool printsBare(std::string_view text, bool isClosing) {
  if (text.empty()) return false;
  auto isBlank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  if (text[0] == '<' || text[0] == '%' || isBlank(text.front()) || isBlank(text.back()) || !isBareString(bareKind(text))) return false;
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; })) return false;
  if (text.find("kwargs") != text.npos || text.find("\xC2\xA0") != text.npos || text.find('#') != text.npos) return false;
  if (isClosing) return true;
  int depth = 0;
  for (char c : text) {
    if (isOpen(c)) ++depth;
    else if (isClose(c) && --depth < 0) return false;
  }
  return depth == 0 && !text.ends_with(',') && text.find(", ") == text.npos && text.find(": ") == text.npos;
}

}  // namespace graph::text
