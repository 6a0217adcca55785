#include "graph/text/problems.h"

#include <algorithm>

namespace graph::text {

void Problems::truncate(size_t count) {
  if (count < list_.size()) list_.resize(count);
  errors_ = static_cast<size_t>(
      std::count_if(list_.begin(), list_.end(), [](const Diagnostic& d) { return d.severity == Severity::error; }));
}

void Problems::add(Severity severity, Range range, std::string message) {
  auto begin = source_.place(range.begin), end = source_.place(std::max(range.begin, range.end));
  uint32_t length = end.line == begin.line && end.column > begin.column ? end.column - begin.column : 1;
  errors_ += severity == Severity::error;
  list_.push_back({severity, begin.line, begin.column, length, std::move(message)});
  if (list_.size() < kMost) return;
  list_.push_back({Severity::error, begin.line, 0, 1, "too many problems: the rest of the file is not read"});
  throw GiveUp{};
}

}  // namespace graph::text
