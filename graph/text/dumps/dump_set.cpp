#include "graph/text/dumps/dump_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <unordered_map>

#include "graph/text/dumps/file_text.h"
#include "graph/text/dumps/folder.h"
#include "graph/text/dumps/series.h"
#include "graph/text/parser.h"
#include "graph/text/printer.h"

namespace graph::text {
namespace {

/// By graph of the file: the one that it is nested in, itself for an outer one.
std::vector<size_t> outerOnes(const ParsedFile& file) {
  std::vector<size_t> outer(file.graphs.size());
  size_t root = 0;
  for (size_t i = 0; i < outer.size(); ++i) {
    if (!file.graphs[i]->name().starts_with(file.graphs[root]->name() + ".")) root = i;
    outer[i] = root;
  }
  return outer;
}

/// See Dump::name, for one file.
std::vector<std::string> namesOf(const ParsedFile& file, const std::vector<size_t>& outer) {
  const auto& graphs = file.graphs;
  std::vector<std::string> names(graphs.size());
  const auto countRoots = [&] {
    std::map<std::string, size_t> count;
    for (size_t i = 0; i < graphs.size(); ++i) count[names[i]] += outer[i] == i;
    return count;
  };
  for (size_t i = 0; i < graphs.size(); ++i) names[i] = file.isTrace && !file.titles[i].empty() ? file.titles[i] : graphs[i]->name();
  auto count = countRoots();
  for (size_t i = 0; i < graphs.size(); ++i)
    if (outer[i] == i && count[names[i]] > 1 && !file.titles[i].empty()) names[i] = file.titles[i];
  count = countRoots();
  std::map<std::string, size_t> number;
  for (size_t i = 0; i < graphs.size(); ++i)
    if (outer[i] == i && count[names[i]] > 1) names[i] += fmt::format("#{}", ++number[names[i]]);
  for (size_t i = 0; i < graphs.size(); ++i)
    if (outer[i] != i) names[i] = names[outer[i]] + graphs[i]->name().substr(graphs[outer[i]]->name().size());
  return names;
}

size_t countErrors(const std::vector<Diagnostic>& diagnostics) {
  return static_cast<size_t>(std::count_if(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& d) { return d.severity == Severity::error; }));
}

/// In a folder not every file is meant: one of which no more can be read than not is a program or a note, and one warning is enough.
void dropForeign(ParsedFile& file) {
  size_t nodes = 0, errors = countErrors(file.diagnostics);
  for (const auto& graph : file.graphs) nodes += graph->size();
  if (errors < nodes || !errors) return;
  auto first = std::find_if(file.diagnostics.begin(), file.diagnostics.end(), [](const Diagnostic& d) { return d.severity == Severity::error; });
  Diagnostic warning = std::move(*first);
  warning.severity = Severity::warning;
  warning.message = fmt::format("not taken for a dump: {}{}", warning.message, errors > 1 ? fmt::format(", and {} more like it", errors - 1) : "");
  file = {};
  file.diagnostics.push_back(std::move(warning));
}

}  // namespace

DumpSet DumpSet::read(const std::string& path) {
  std::error_code error;
  DumpSet set;
  set.path_ = path;
  set.isFolder_ = std::filesystem::is_directory(path, error);
  if (!set.isFolder_) {
    DumpSource source{path, "", ""};
    if (auto problem = readText(path, source.text); !problem.empty()) {
      set.diagnostics_.push_back({Severity::error, 0, 0, 1, std::move(problem)});
      return set;
    }
    set.add(std::move(source));
    return set;
  }
  Folder folder = readFolder(path);
  set.diagnostics_ = std::move(folder.diagnostics);
  for (auto& file : folder.files) set.add({(std::filesystem::path(path) / file.path).string(), file.path, std::move(file.text)});
  if (set.dumps_.empty() && !hasErrors(set.diagnostics_))
    set.diagnostics_.push_back({Severity::error, 0, 0, 1, fmt::format("no graph is in this folder: {} files were looked at", folder.files.size() + folder.skipped)});
  set.series_ = findSeries(set);
  if (!set.series_.empty()) set.steps_.resize(set.dumps_.size());
  for (size_t i = 0; i < set.series_.size(); ++i)
    for (size_t step = 0; step < set.series_[i].dumps.size(); ++step) set.steps_[set.series_[i].dumps[step]] = Step{i, step};
  set.findSameGraphs();
  return set;
}

DumpSet DumpSet::ofText(std::string text, std::string name) {
  DumpSet set;
  set.path_ = name;
  set.add({std::move(name), "", std::move(text)});
  return set;
}

void DumpSet::add(DumpSource source) {
  ParsedFile file = parse(source.text);
  if (isFolder_) dropForeign(file);
  const auto outer = outerOnes(file);
  const auto names = namesOf(file, outer);
  for (size_t i = 0; i < file.graphs.size(); ++i) {
    std::string name = isFolder_ ? source.key + ": " + names[i] : names[i];
    dumps_.push_back({std::move(name), std::move(file.graphs[i]), sources_.size(), outer[i] != i, {}});
  }
  for (Diagnostic& diagnostic : file.diagnostics) {
    diagnostic.file = source.key;
    diagnostics_.push_back(std::move(diagnostic));
  }
  sources_.push_back(std::move(source));
}

/// Debug folders hold a graph several times, under several names of files: worth saying, not worth hiding.
void DumpSet::findSameGraphs() {
  std::unordered_multimap<size_t, size_t> seen;  // by hash of the text
  const auto textOf = [this](size_t dump) {
    ir::Graph graph = *dumps_[dump].graph;
    graph.setName("graph");
    return print(graph, {.comments = false});
  };
  for (size_t i = 0; i < dumps_.size(); ++i) {
    if (dumps_[i].isNested || stepOf(i)) continue;
    const std::string text = textOf(i);
    const size_t hash = std::hash<std::string>()(text);
    auto [at, end] = seen.equal_range(hash);
    for (; at != end && !dumps_[i].sameAs; ++at)
      if (textOf(at->second) == text) dumps_[i].sameAs = at->second;
    if (!dumps_[i].sameAs) seen.emplace(hash, i);
  }
}

std::vector<size_t> DumpSet::matching(std::string_view text) const {
  if (dumps_.empty()) return {};
  if (text.empty()) {
    auto step = stepOf(0);
    return {step ? series_[step->series].dumps.back() : 0};
  }
  for (size_t i = 0; i < dumps_.size(); ++i)
    if (dumps_[i].name == text) return {i};
  size_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number < dumps_.size()) return {number};
  std::vector<size_t> found;
  for (size_t i = 0; i < dumps_.size(); ++i) {
    const std::string& key = sources_[dumps_[i].source].key;
    const std::string_view bare = std::string_view(dumps_[i].name).substr(key.empty() ? 0 : key.size() + 2);
    const bool isFile = !dumps_[i].isNested && !key.empty() && (key == text || key.ends_with("/" + std::string(text)));
    if (isFile || bare == text || dumps_[i].graph->name() == text) found.push_back(i);
  }
  return found;
}

std::string DumpSet::listed(const std::vector<size_t>& which) const {
  constexpr size_t kMost = 20;
  const size_t count = which.empty() ? dumps_.size() : which.size();
  std::string text;
  for (size_t i = 0; i < count && i < kMost; ++i) {
    const size_t dump = which.empty() ? i : which[i];
    text += fmt::format("\n  {} {}", dump, dumps_[dump].name);
  }
  return count > kMost ? text + fmt::format("\n  ... ({} in all)", count) : text;
}

std::string DumpSet::drawn(const Diagnostic& diagnostic) const {
  for (const DumpSource& source : sources_)
    if (source.key == diagnostic.file) return format(diagnostic, source.path, source.text);
  return format(diagnostic, diagnostic.file.empty() ? path_ : (std::filesystem::path(path_) / diagnostic.file).string(), {});
}

}  // namespace graph::text
