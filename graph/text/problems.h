// Collects what is wrong while a text is parsed. Internal to graph/text.
//
// Reports go against offsets of a SourceText and become line and column here. A hostile text cannot make the list grow
// without bound: past kMost errors parsing gives up with a last one that says so, past kMost warnings they are counted.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/text/diagnostic.h"
#include "graph/text/source/source_text.h"

namespace graph::text {

/// Half-open range of bytes in SourceText::text().
struct Range { uint32_t begin = 0, end = 0; };
/// Where `part`, a view into `text`, stands in it.
inline Range rangeIn(std::string_view text, std::string_view part) {
  const auto begin = static_cast<uint32_t>(part.data() - text.data());
  return {begin, begin + static_cast<uint32_t>(part.size())};
}

/// Thrown where a statement cannot be read any further; caught by whoever resumes at the next one.
struct SyntaxError { Range range; std::string message; };

/// Thrown when there are too many errors to go on.
struct GiveUp {};

class Problems {
 public:
  explicit Problems(const SourceText& source) : source_(source) {}

  void error(Range range, std::string message) { add(Severity::error, range, std::move(message)); }
  void warning(Range range, std::string message) { add(Severity::warning, range, std::move(message)); }
  void note(Range range, std::string message) { add(Severity::note, range, std::move(message)); }
  /// A report on the file as a whole.
  void fileError(std::string message) { list_.push_back({Severity::error, 0, 0, 1, std::move(message)}); }

  /// The line that the user sees, for messages that name one.
  uint32_t shownLine(uint32_t line) const { return source_.originalLine(line); }

  size_t count() const { return list_.size(); }
  /// Says more of an earlier report, now that more is known.
  void reword(size_t number, std::string message) { list_[number].message = std::move(message); }
  size_t errors() const { return errors_; }
  /// Forgets everything reported after the first `count`.
  void truncate(size_t count);
  std::vector<Diagnostic> take();

 private:
  static constexpr size_t kMost = 200;
  static constexpr size_t kLongest = 1000;   // bytes of a message: a name in it may be megabytes long
  void add(Severity severity, Range range, std::string message);

  const SourceText& source_;
  std::vector<Diagnostic> list_;
  size_t errors_ = 0;
  size_t warnings_ = 0;  // and notes, those that were dropped included
};

}  // namespace graph::text
