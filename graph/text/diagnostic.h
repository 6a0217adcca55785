// What is wrong with a text, and where: the one place that draws the caret.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace graph::text {

enum class Severity : uint8_t { error, warning, note };

struct Diagnostic {
  Severity severity = Severity::error;
  uint32_t line = 0;    // 1-based; 0 = the file as a whole
  uint32_t column = 0;  // 1-based, in characters (UTF-8 code points)
  uint32_t length = 1;  // characters underlined
  std::string message;  // "unexpected ')', expected a name or a literal"
  std::string file;     // of a folder: the path within it; empty for the file (or the folder) that was given
};

/// `file:line:column: error: message`, the line of the source (shortened around the place when it is long) and the caret.
/// `source` may be empty: then only the first line is made. No trailing newline.
std::string format(const Diagnostic& diagnostic, std::string_view file, std::string_view source);

bool hasErrors(const std::vector<Diagnostic>& diagnostics);

}  // namespace graph::text
