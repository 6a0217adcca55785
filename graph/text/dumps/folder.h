// The files of a folder that may be dumps: tlparse's output, depyf's, torch_compile_debug, passes' dumps, or any other heap of text.
//
// Bounded in depth, in files and in bytes; links to folders are not followed, so that a loop ends nothing. Whether a text holds a
// graph is seen from the lines that every printed graph has, before it is parsed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/text/diagnostic.h"

namespace graph::text {

struct FolderFile {
  std::string path;   // within the folder, `-_0_0_0/aot_forward_graph_4.txt`
  std::string text;
};

struct Folder {
  std::vector<FolderFile> files;          // that look like dumps, in natural order
  std::vector<Diagnostic> diagnostics;    // what could not be read, and which limit was met; `file` says where
  size_t skipped = 0;                     // files that are no dumps
};

Folder readFolder(const std::string& path);

/// Has the text a line that every dump of a graph has: `class X(torch.nn.Module):` or `def forward(`, with a body; `graph():`; the
/// head of print_tabular(); an event of a structured trace?
bool looksLikeDump(std::string_view text);
/// The order in which people number things: digits count as numbers (`pass_2` before `pass_10`), folders with their files.
bool naturallyBefore(std::string_view a, std::string_view b);

}  // namespace graph::text
