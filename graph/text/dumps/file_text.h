// Reads a file of text: the one place that says why a file cannot be read.
#pragma once

#include <string>
#include <string_view>

namespace graph::text {

/// Reads the file into `text`; UTF-16 (with its byte order mark) becomes UTF-8. Returns why it cannot be read (missing, a folder, empty,
/// binary, larger than 2 GiB, not permitted), empty when it was.
std::string readText(const std::string& path, std::string& text);

/// Why these bytes are no text; empty when they are. A control character here and there does not make them binary: whoever reads the
/// text says where it stands.
std::string binaryProblem(std::string_view bytes);

}  // namespace graph::text
