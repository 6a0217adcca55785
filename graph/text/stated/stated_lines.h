// The comment lines that carry what a graph states beside its nodes, both ways, so that dump text stays valid Python:
//
//     # symbol: s0 in VR[2, int_oo], hint 8
//     # input: b_cache is BUFFER 'cache', persistent
//     # output: 0 is BUFFER_MUTATION 'cache'
//
// Internal to graph/text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/text/stated/declared.h"

namespace graph::text {

/// The lines, without indentation: symbols, inputs, outputs.
std::vector<std::string> statedLines(const ir::Graph& graph);

/// Reads a comment's text (without `# `), which begins at `offset`. False when it is no such line; one that begins like it and cannot be
/// read is a warning.
bool readStatedLine(std::string_view text, uint32_t offset, Declared& declared, Problems& problems);

}  // namespace graph::text
