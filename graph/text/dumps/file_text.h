// Reads a file of text: the one place that says why a file cannot be read.
#pragma once

#include <string>

namespace graph::text {

/// Reads the file into `text`. Returns why it cannot be read (missing, a folder, empty, larger than 2 GiB, not permitted), empty
/// when it was.
std::string readText(const std::string& path, std::string& text);

}  // namespace graph::text
