#include "rewrites/series_journal.h"

#include <algorithm>

#include "graph/ir/derive.h"

namespace rewrites {

using graph::ir::Graph;
using graph::text::DumpSet;
using graph::text::Series;

namespace {

const graph::text::DumpSource& sourceOf(const DumpSet& set, const Series& series, size_t step) {
  return set.sources()[set.dumps()[series.dumps[step]].source];
}

/// Lines that a dump takes in the joined text: its header, its own, and the feed that its last one may lack.
uint32_t linesOf(const std::string& text) {
  return 1 + static_cast<uint32_t>(std::count(text.begin(), text.end(), '\n')) + !text.ends_with('\n');
}

}  // namespace

Journal seriesJournal(const DumpSet& set, const Series& series) {
  const auto parsed = [&](size_t step) -> const Graph& { return *set.dumps()[series.dumps[step]].graph; };
  uint32_t lines = 1;
  auto graph = std::make_shared<const Graph>(graph::ir::deriveRevision(Graph(), parsed(0), lines));
  Journal journal(graph, series.labels[0]);
  for (size_t step = 1; step < series.dumps.size(); ++step) {
    lines += linesOf(sourceOf(set, series, step - 1).text);
    graph = std::make_shared<const Graph>(graph::ir::deriveRevision(*graph, parsed(step), lines));
    journal.appendRead(graph, series.labels[step]);
  }
  return journal;
}

std::string seriesText(const DumpSet& set, const Series& series) {
  std::string text;
  for (size_t step = 0; step < series.dumps.size(); ++step) {
    const auto& source = sourceOf(set, series, step);
    text += "# " + source.key + "\n" + source.text;
    if (!text.ends_with('\n')) text += '\n';
  }
  return text;
}

uint32_t linesBefore(const DumpSet& set, const Series& series, size_t step) {
  uint32_t lines = 1;
  for (size_t i = 0; i < step; ++i) lines += linesOf(sourceOf(set, series, i).text);
  return lines;
}

}  // namespace rewrites
