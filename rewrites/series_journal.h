// A series of dumps as the history of one graph: revision k is dump k, with the ids of the first dump that has the node.
#pragma once

#include <string>

#include "graph/text/dumps/dump_set.h"
#include "rewrites/journal.h"

namespace rewrites {

/// The journal, at its last revision, labelled by the passes. A node's line counts in seriesText().
Journal seriesJournal(const graph::text::DumpSet& set, const graph::text::Series& series);
/// All dumps of the series one below the other, each under a comment with its file's name: the text that the nodes' lines count in.
std::string seriesText(const graph::text::DumpSet& set, const graph::text::Series& series);
/// Lines of seriesText() before the text of this step.
uint32_t linesBefore(const graph::text::DumpSet& set, const graph::text::Series& series, size_t step);

}  // namespace rewrites
