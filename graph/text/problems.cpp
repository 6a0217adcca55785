#include "graph/text/problems.h"

#include <fmt/format.h>

#include <algorithm>

#include "graph/text/characters.h"

namespace graph::text {

void Problems::truncate(size_t count) {
  if (count < list_.size()) list_.resize(count);
  warnings_ = std::min(warnings_, list_.size());
  errors_ = static_cast<size_t>(
      std::count_if(list_.begin(), list_.end(), [](const Diagnostic& d) { return d.severity == Severity::error; }));
}

void Problems::add(Severity severity, Range range, std::string message) {
  bool isError = severity == Severity::error;
  if (!isError && ++warnings_ > kMost) return;
  if (message.size() > kLongest) {
    size_t end = kLongest;
    while (end > 0 && isContinuation(message[end])) --end;
    message.resize(end);
    message += "...";
  }
  auto begin = source_.place(range.begin), end = source_.place(std::max(range.begin, range.end));
  uint32_t length = end.line == begin.line && end.column > begin.column ? end.column - begin.column : 1;
  list_.push_back({severity, begin.line, begin.column, length, std::move(message)});
  if (!isError || ++errors_ < kMost) return;
  list_.push_back({Severity::error, begin.line, 0, 1, "too many errors: the rest of the file is not read"});
  throw GiveUp{};
}

std::vector<Diagnostic> Problems::take() {
  if (warnings_ > kMost) list_.push_back({Severity::note, 0, 0, 1, fmt::format("{} more warnings are not shown", warnings_ - kMost)});
  return std::move(list_);
}

}  // namespace graph::text
