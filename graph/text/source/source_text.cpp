#include "graph/text/source/source_text.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "graph/text/characters.h"
#include "graph/text/source/trace.h"

namespace graph::text {
namespace {

/// A cursor over one line, for hand-written matching: every step says whether it matched.
struct Match {
  std::string_view text;
  size_t at = 0;

  char peek() const { return at < text.size() ? text[at] : '\0'; }
  bool literal(std::string_view what) {
    if (text.substr(at, what.size()) != what) return false;
    at += what.size();
    return true;
  }
  template <class Predicate> bool some(Predicate accept) {
    size_t from = at;
    while (at < text.size() && accept(text[at])) ++at;
    return at > from;
  }
  /// ` [anything]`, any number of times.
  void bracketGroups() {
    while (text.substr(at, 2) == " [") {
      size_t close = text.find(']', at);
      if (close == std::string_view::npos) return;
      at = close + 1;
    }
  }
};

bool isClock(char c) { return isDigit(c) || c == ':' || c == '.'; }
bool isVisible(char c) { return static_cast<unsigned char>(c) > ' '; }

/// `V0716 11:20:08.832000 1234 torch/x.py:189] [0/0] [__aot_graphs] `
size_t glogPrefix(std::string_view line) {
  Match m{line};
  if (m.peek() == '\0' || !std::strchr("VIWEC", m.peek())) return 0;
  ++m.at;
  size_t date = m.at;
  if (!m.some(isDigit) || m.at - date != 4 || !m.literal(" ")) return 0;
  // Some cut the clock and the process out.
  if (isDigit(m.peek()) && (!m.some(isClock) || !m.literal(" ") || !m.some(isDigit) || !m.literal(" "))) return 0;
  size_t path = m.at;
  if (!m.some([](char c) { return isVisible(c) && c != ']'; }) || !m.literal("]")) return 0;
  if (line.substr(path, m.at - path).find(':') == std::string_view::npos) return 0;
  m.bracketGroups();
  m.literal(" ");
  return m.at;
}

/// What launchers put before every line of a process: `[rank0]: `, `[default1]:`, `(EngineCore_DP0 pid=4939) `, `(Worker pid=7, ip=10.0.0.1) `.
size_t processPrefix(std::string_view line) {
  Match m{line};
  if (m.literal("[rank") || m.literal("[default")) {
    if (!m.some(isDigit) || !m.literal("]:")) return 0;
  } else {
    if (!m.literal("(") || !m.some([](char c) { return isVisible(c) && c != ')'; }) || !m.literal(" pid=") || !m.some(isDigit)) return 0;
    if (m.literal(", ip=") && !m.some([](char c) { return isVisible(c) && c != ')'; })) return 0;
    if (!m.literal(")")) return 0;
  }
  m.literal(" ");
  return m.at;
}

/// `[2024-01-05 10:11:12,345] [0/0] torch._functorch.aot_autograd.__aot_graphs: [INFO] `
size_t datedPrefix(std::string_view line) {
  Match m{line};
  if (!m.literal("[") || !m.some([](char c) { return isDigit(c) || c == '-'; }) || !m.literal(" ")) return 0;
  if (!m.some([](char c) { return isClock(c) || c == ','; }) || !m.literal("]")) return 0;
  m.bracketGroups();
  if (!m.literal(" ") || !m.some([](char c) { return isVisible(c) && c != ':'; }) || !m.literal(": [")) return 0;
  if (!m.some([](char c) { return c >= 'A' && c <= 'Z'; }) || !m.literal("]")) return 0;
  m.literal(" ");
  return m.at;
}

/// Length of `ESC [ 0;31 m` at the start of `text`; a lone ESC counts as one.
size_t colourLength(std::string_view text) {
  Match m{text, 1};
  if (!m.literal("[")) return 1;
  m.some([](char c) { return isDigit(c) || c == ';'; });
  return m.literal("m") || m.literal("K") ? m.at : 1;
}

std::string_view withoutFeed(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool mayStartPrefix(const char* line, const char* end) {
  if (end - line < 8) return false;
  return *line == '[' || *line == '(' || (isDigit(line[1]) && isDigit(line[4]) && line[5] == ' ');
}

bool isNoisy(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF") || std::memchr(text.data(), '\x1b', text.size())) return true;
  const char* end = text.data() + text.size();
  for (const char* line = text.data(); line < end;) {
    const char* stop = static_cast<const char*>(std::memchr(line, '\n', end - line));
    if (!stop) stop = end;
    if (mayStartPrefix(line, stop) && logPrefixLength({line, static_cast<size_t>(stop - line)})) return true;
    line = stop + 1;
  }
  return false;
}

}  // namespace

size_t logPrefixLength(std::string_view line) {
  const size_t process = processPrefix(line);
  line.remove_prefix(process);
  if (size_t length = glogPrefix(line)) return process + length;
  return process + datedPrefix(line);
}

SourceText::SourceText(std::string_view original) : original_(original), text_(original) {
  isTrace_ = text::isTrace(original);
  if (isTrace_) {
    keepPayloads();
    return;
  }
  sections_.push_back({0, original.size(), 1, {}});
  if (original.empty()) return;
  const Paste paste = examine(original);
  if (!paste.isPlain() || isNoisy(original)) clean(paste);
}

void SourceText::clean(const Paste& paste) {
  copy_.reserve(original_.size());
  Unwrapper unwrapper(paste.width);
  bool isRest = false;
  uint32_t line = 1;
  hasEntities_ = paste.hasEntities;
  for (size_t at = original_.starts_with("\xEF\xBB\xBF") ? 3 : 0, stop; at < original_.size(); at = stop) {
    stop = std::min(original_.find('\n', at), original_.size() - 1) + 1;  // just after the line feed
    const size_t begin = at;
    if (paste.isQuoted) at += quoteLength(original_.substr(at, stop - at));
    if (paste.isCommented) at += commentLength(withoutFeed(original_.substr(at, stop - at)));
    if (uint64_t number = 0; at >= paste.numberedFrom && at < paste.numberedTo) at += lineNumberLength(withoutFeed(original_.substr(at, stop - at)), number);
    size_t end = stop;
    if (paste.width || paste.isFolded) {
      auto next = original_.substr(stop, std::min(original_.find('\n', stop), original_.size()) - stop);
      const bool wasRest = std::exchange(isRest, unwrapper.continues(withoutFeed(original_.substr(begin, stop - begin)), withoutFeed(next)));
      if (isRest) {
        end = begin + withoutFeed(original_.substr(begin, stop - begin)).size();
        if (joins_.empty()) firstJoin_ = copy_.size();
        joins_.push_back(line);
      } else {
        ++line;
      }
      if (wasRest) {
        keepDecoded(at, end);
        if (isRest && paste.isFolded) keepBlank(end);
        continue;
      }
    }
    // A coloured prefix is matched without its colours: they are cut first.
    while (at < end && original_[at] == '\x1b') at += colourLength(original_.substr(at, end - at));
    at += logPrefixLength(original_.substr(at, end - at));
    keepDecoded(at, end);
    if (isRest && paste.isFolded) keepBlank(end);
  }
  text_ = copy_;
  sections_.front().end = text_.size();
}

/// Payloads without the TAB of each line.
void SourceText::keepPayloads() {
  for (Payload& payload : graphPayloads(original_)) {
    sections_.push_back({copy_.size(), 0, payload.line, std::move(payload.title)});
    for (size_t at = payload.begin; at < payload.end;) {
      size_t stop = std::min(original_.find('\n', at), original_.size() - 1) + 1;
      at += original_[at] == '\t';
      keep(original_.substr(at, stop - at));
      at = stop;
    }
    sections_.back().end = copy_.size();
  }
  text_ = copy_;
}

/// A blank in place of the line feed at `at`.
void SourceText::keepBlank(size_t at) {
  pieces_.push_back({copy_.size(), at});
  copy_ += ' ';
}

/// Copies a part of a line without colours, entities decoded.
void SourceText::keepDecoded(size_t at, size_t end) {
  for (size_t i = at; i < end; ++i) {
    if (!hasEntities_) {
      auto* escape = static_cast<const char*>(std::memchr(original_.data() + i, '\x1b', end - i));
      if (!escape) break;
      i = static_cast<size_t>(escape - original_.data());
    }
    const char c = original_[i];
    if (c != '\x1b' && c != '&') continue;
    keep(original_.substr(at, i - at));
    size_t length = 0;
    if (c == '\x1b') {
      length = colourLength(original_.substr(i, end - i));
    } else if (char decoded = entity(original_.substr(i, end - i), length)) {
      pieces_.push_back({copy_.size(), i});
      copy_ += decoded;  // what follows is a piece of its own: its offset differs
    } else {
      continue;
    }
    at = i + length;
    i = at - 1;
  }
  if (at < end) keep(original_.substr(at, end - at));
}

uint32_t SourceText::originalLine(uint32_t line) const {
  return line + static_cast<uint32_t>(std::lower_bound(joins_.begin(), joins_.end(), line) - joins_.begin());
}

void SourceText::keep(std::string_view part) {
  size_t from = static_cast<size_t>(part.data() - original_.data());
  if (pieces_.empty() || pieces_.back().original + (copy_.size() - pieces_.back().clean) != from) pieces_.push_back({copy_.size(), from});
  copy_ += part;
}

SourceText::Place SourceText::place(size_t offset) const {
  size_t at = offset;
  if (!pieces_.empty()) {
    auto piece = std::upper_bound(pieces_.begin(), pieces_.end(), offset, [](size_t o, const Piece& p) { return o < p.clean; });
    if (piece != pieces_.begin()) --piece;
    at = piece->original + (offset - piece->clean);
  }
  at = std::min(at, original_.size());
  if (lineStarts_.empty()) {
    lineStarts_.push_back(0);
    for (size_t i = 0; (i = original_.find('\n', i)) != std::string_view::npos;) lineStarts_.push_back(++i);
  }
  auto line = std::upper_bound(lineStarts_.begin(), lineStarts_.end(), at) - 1;
  const auto column = static_cast<uint32_t>(codePoints(original_.substr(*line, at - *line)) + 1);
  return {static_cast<uint32_t>(line - lineStarts_.begin()) + 1, column};
}

}  // namespace graph::text
