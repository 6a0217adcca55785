#include "graph/text/stated/stated_lines.h"

#include <fmt/format.h>

#include <charconv>

#include "graph/text/lexer.h"
#include "graph/text/literal.h"
#include "graph/text/stated/ranges.h"
#include "graph/text/stated/repr.h"

namespace graph::text {
namespace {

/// Cuts a line from the left; every step says whether it matched.
struct Cursor {
  std::string_view text;

  bool literal(std::string_view what) {
    if (!text.starts_with(what)) return false;
    text.remove_prefix(what.size());
    return true;
  }
  std::string_view word() {
    size_t end = 0;
    while (end < text.size() && static_cast<unsigned char>(text[end]) > ' ' && text[end] != ',') ++end;
    const auto found = text.substr(0, end);
    text.remove_prefix(end);
    return found;
  }
  template <class Number> bool number(Number& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) return false;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    return true;
  }
  /// ` 'lin.weight'`, when there is one.
  std::optional<std::string> target() {
    if (!text.starts_with(" '") && !text.starts_with(" \"")) return std::nullopt;
    const char quote = text[1];
    size_t end = 2;
    while (end < text.size() && text[end] != quote) end += text[end] == '\\' ? 2 : 1;
    if (end >= text.size()) return std::nullopt;
    std::string value = unquote(text.substr(1, end));
    text.remove_prefix(end + 1);
    return value;
  }
};

std::string quoted(const std::string& target) { return target.empty() ? std::string() : " " + pythonString(target); }

bool readSymbol(Cursor line, uint32_t offset, Range where, Declared& declared) {
  const std::string name(line.word());
  ir::SymbolFacts facts;
  if (line.literal(" in ")) {
    std::string_view rest;
    const auto range = readRange(readRepr(line.text.substr(0, line.text.find(']') + 1), offset, &rest));
    if (!range) return false;
    facts = *range;
    line.text.remove_prefix(line.text.find(']') + 1);
    line.literal(",");
  }
  int64_t hint = 0;
  if (line.literal(" hint ")) {
    if (!line.number(hint)) return false;
    facts.hint = hint;
  }
  if (!line.text.empty() || facts.empty()) return false;
  declared.addSymbol(name, facts, where);
  return true;
}

bool readInput(Cursor line, Range where, Declared& declared) {
  ir::InputSpec spec;
  spec.name = std::string(line.word());
  if (!line.literal(" is ")) return false;
  const auto kind = ir::inputKind(line.word());
  if (!kind) return false;
  spec.kind = *kind;
  if (auto target = line.target()) spec.target = std::move(*target);
  if (line.literal(", persistent")) spec.persistent = true;
  else if (line.literal(", not persistent")) spec.persistent = false;
  if (!line.text.empty()) return false;
  declared.addInput(std::move(spec), where);
  return true;
}

bool readOutput(Cursor line, Range where, Declared& declared) {
  ir::OutputSpec spec;
  uint32_t position = 0;
  if (!line.number(position) || !line.literal(" is ")) return false;
  const auto kind = ir::outputKind(line.word());
  if (!kind) return false;
  spec.kind = *kind;
  if (auto target = line.target()) spec.target = std::move(*target);
  if (!line.text.empty()) return false;
  declared.addOutput(std::move(spec), where, std::nullopt, position);
  return true;
}

/// Any other comment may begin with the same word: `# input: the old one`.
bool looksStated(std::string_view rest, bool isSymbol) {
  Cursor line{rest};
  if (line.word().empty()) return false;
  return isSymbol ? line.text.starts_with(" in VR[") || line.text.starts_with(" hint ") : line.text.starts_with(" is ");
}

}  // namespace

std::vector<std::string> statedLines(const ir::Graph& graph) {
  std::vector<std::string> lines;
  for (const auto& [name, facts] : graph.symbolTable()) {
    std::string line = "symbol: " + name;
    if (facts.hasRange()) line += " in " + facts.range() + (facts.hint ? "," : "");
    if (facts.hint) line += fmt::format(" hint {}", *facts.hint);
    lines.push_back(std::move(line));
  }
  for (const ir::InputSpec& spec : graph.signature().inputs)
    lines.push_back(fmt::format("input: {} is {}{}{}", spec.name, ir::kindName(spec.kind), quoted(spec.target),
                                !spec.persistent ? "" : *spec.persistent ? ", persistent" : ", not persistent"));
  const auto& outputs = graph.signature().outputs;
  for (size_t i = 0; i < outputs.size(); ++i) lines.push_back(fmt::format("output: {} is {}{}", i, ir::kindName(outputs[i].kind), quoted(outputs[i].target)));
  return lines;
}

bool readStatedLine(std::string_view text, uint32_t offset, Declared& declared, Problems& problems) {
  const Range where{offset, offset + static_cast<uint32_t>(text.size())};
  Cursor line{text};
  const bool isSymbol = line.literal("symbol: "), isInput = !isSymbol && line.literal("input: ");
  if (!isSymbol && !isInput && !line.literal("output: ")) return false;
  if (!looksStated(line.text, isSymbol)) return false;
  const bool read = isSymbol ? readSymbol(line, offset, where, declared) : isInput ? readInput(line, where, declared) : readOutput(line, where, declared);
  if (!read)
    problems.warning(where, isSymbol  ? "this line cannot be read: expected symbol: s0 in VR[2, int_oo], hint 8"
                            : isInput ? "this line cannot be read: expected input: NAME is KIND 'target'"
                                      : "this line cannot be read: expected output: POSITION is KIND 'target'");
  return true;
}

}  // namespace graph::text
