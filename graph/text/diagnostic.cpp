#include "graph/text/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>

#include "graph/text/characters.h"

namespace graph::text {
namespace {

constexpr size_t kWidth = 120;  // characters of the source line that are shown

std::string_view severityName(Severity severity) {
  switch (severity) {
    case Severity::error: return "error";
    case Severity::warning: return "warning";
    case Severity::note: return "note";
  }
  return "";
}

std::string_view sourceLine(std::string_view source, uint32_t line) {
  size_t at = 0;
  for (uint32_t i = 1; i < line; ++i) {
    at = source.find('\n', at);
    if (at == std::string_view::npos) return {};
    ++at;
  }
  std::string_view text = source.substr(at, source.find('\n', at) - at);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

/// One string per character, each one column wide on a terminal: tabs become a space, control characters a dot.
std::vector<std::string> characters(std::string_view text) {
  std::vector<std::string> all;
  for (size_t i = 0; i < text.size();) {
    size_t end = i + 1;
    while (end < text.size() && isContinuation(text[end])) ++end;
    std::string c(text.substr(i, end - i));
    if (c == "\t") c[0] = ' ';
    else if (static_cast<unsigned char>(c[0]) < ' ' || c[0] == 0x7F) c[0] = '.';
    all.push_back(std::move(c));
    i = end;
  }
  return all;
}

}  // namespace

std::string format(const Diagnostic& diagnostic, std::string_view file, std::string_view source) {
  std::string out(file);
  if (diagnostic.line) out += fmt::format(":{}:{}", diagnostic.line, diagnostic.column);
  out += fmt::format(": {}: {}", severityName(diagnostic.severity), diagnostic.message);
  if (source.empty() || !diagnostic.line || !diagnostic.column) return out;

  // Of a line of megabytes only the neighbourhood is looked at, wider than what is shown.
  std::string_view line = sourceLine(source, diagnostic.line);
  size_t caret = diagnostic.column - 1, skipped = caret > 4 * kWidth ? caret - 2 * kWidth : 0;
  line.remove_prefix(bytesOf(line, skipped));
  auto all = characters(line.substr(0, bytesOf(line, 4 * kWidth)));
  if (all.empty() && diagnostic.column > 1) return out;
  caret = std::min(caret - skipped, all.size());
  // A long line is shown as the part around the place: a third before it, the rest behind.
  size_t from = all.size() > kWidth && caret > kWidth / 3 ? std::min(caret - kWidth / 3, all.size() - kWidth * 2 / 3) : 0;
  size_t to = std::min(all.size(), from + kWidth);
  std::string shown = from ? "..." : "", mark(shown.size(), ' ');
  for (size_t i = from; i < to; ++i) shown += all[i];
  if (to < all.size()) shown += "...";
  mark.append(caret - from, ' ');
  size_t length = std::max<size_t>(1, std::min<size_t>(diagnostic.length, to > caret ? to - caret : 1));
  mark += '^';
  mark.append(length - 1, '~');
  return fmt::format("{}\n    {}\n    {}", out, shown, mark);
}

bool hasErrors(const std::vector<Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& d) { return d.severity == Severity::error; });
}

}  // namespace graph::text
