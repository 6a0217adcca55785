// Reads through graph/text/dump_set.h; places of nodes are found again in the text by their line and name.
#include "app/graph_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "app/failure.h"
#include "graph/ir/lint.h"
#include "graph/text/characters.h"

namespace app {
using graph::text::Diagnostic;
using graph::text::Severity;

namespace {

std::string_view lineOf(std::string_view source, uint32_t line) {
  for (; line > 1; --line) {
    auto end = source.find('\n');
    if (end == std::string_view::npos) return {};
    source.remove_prefix(end + 1);
  }
  return source.substr(0, source.find('\n'));
}

bool isWordCharacter(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Byte offset of `word` as a whole word; npos when the line does not have it.
size_t findWord(std::string_view line, std::string_view word) {
  for (size_t at = line.find(word); at != std::string_view::npos; at = line.find(word, at + 1)) {
    bool startsHere = at == 0 || !isWordCharacter(line[at - 1]);
    size_t end = at + word.size();
    if (startsHere && (end == line.size() || !isWordCharacter(line[end]))) return at;
  }
  return std::string_view::npos;
}

}  // namespace

GraphFile::GraphFile(std::string path) : dumps_(std::make_shared<const graph::text::DumpSet>(graph::text::DumpSet::read(path))) {}

std::shared_ptr<const graph::ir::Graph> GraphFile::graph(const std::string& numberOrName) {
  if (empty()) throw Failure(Exit::unusable, drawn(diagnostics()));
  const auto found = dumps_->matching(numberOrName);
  if (found.empty()) throw Failure(Exit::usage, fmt::format("--graph: {} has no graph '{}'; it has{}", path(), numberOrName, dumps_->listed()));
  if (found.size() > 1)
    throw Failure(Exit::usage, fmt::format("--graph: '{}' may mean several graphs of {}; give a number or a whole name{}", numberOrName, path(),
                                           dumps_->listed(found)));
  number_ = found.front();
  return dumps_->dumps()[number_].graph;
}

std::shared_ptr<const graph::ir::Graph> GraphFile::usableGraph(const std::string& numberOrName, bool quiet, bool mayBeCut) {
  auto chosen = graph(numberOrName);
  std::vector<Diagnostic> errors, warnings;
  for (const Diagnostic& diagnostic : chosenDiagnostics()) {
    (diagnostic.severity == Severity::error ? errors : warnings).push_back(diagnostic);
  }
  if (!errors.empty()) throw Failure(Exit::unusable, drawn(errors));
  if (chosen->isCut() && !mayBeCut) {
    auto why = fmt::format("{}: error: lines of {} are missing: it can be looked at (info, explain, render, diff), not run or rewritten", path(), name());
    throw Failure(Exit::unusable, warnings.empty() ? why : drawn(warnings) + "\n" + why);
  }
  if (!quiet && !warnings.empty()) fmt::print(stderr, "{}\n", drawn(warnings));
  if (auto problems = lint(number_); !problems.empty()) throw Failure(Exit::unusable, drawn(problems));
  return chosen;
}

std::vector<Diagnostic> GraphFile::chosenDiagnostics() const {
  const std::string& key = dumps_->sources()[dumps_->dumps()[number_].source].key;
  auto all = diagnostics();
  std::erase_if(all, [&](const Diagnostic& diagnostic) { return !diagnostic.file.empty() && diagnostic.file != key; });
  return all;
}

std::string GraphFile::drawn(const std::vector<Diagnostic>& diagnostics) const {
  const size_t limit = 20;
  std::string text;
  for (size_t i = 0; i < diagnostics.size() && i < limit; ++i) {
    if (i) text += '\n';
    text += dumps_->drawn(diagnostics[i]);
  }
  if (diagnostics.size() > limit) text += fmt::format("\n{}: ... and {} more", path(), diagnostics.size() - limit);
  return text;
}

Diagnostic GraphFile::atNode(size_t number, const graph::ir::Node& node, std::string message) const {
  const auto& source = dumps_->sources()[dumps_->dumps()[number].source];
  Diagnostic diagnostic{Severity::error, node.line, 1, 1, std::move(message), source.key};
  auto line = lineOf(source.text, node.line);
  auto at = findWord(line, node.name);
  if (at == std::string_view::npos)
    at = std::min(line.find_first_not_of(' '), line.size());
  else
    diagnostic.length = static_cast<uint32_t>(graph::text::codePoints(node.name));
  diagnostic.column = static_cast<uint32_t>(graph::text::codePoints(line.substr(0, at))) + 1;
  return diagnostic;
}

std::string GraphFile::drawn(const graph::run::NodeError& error, const graph::ir::Graph& graph) const {
  // A rewritten graph has the nodes of the one that was read, and new ones. The line is the one of the text that was chosen.
  const graph::ir::Graph& read = *dumps_->dumps()[number_].graph;
  const auto node = graph.contains(error.node) ? read.find(graph.node(error.node).name) : graph::ir::NodeId{};
  if (!node || read.node(node).line == 0 || graph.node(error.node).line == 0) return path() + ": error: " + error.what();
  return dumps_->drawn(atNode(number_, read.node(node), error.what()));
}

std::vector<Diagnostic> GraphFile::lint(size_t number) const {
  std::vector<Diagnostic> problems;
  const graph::ir::Graph& graph = *dumps_->dumps()[number].graph;
  for (const auto& problem : graph::ir::lint(graph)) {
    if (graph.contains(problem.node))
      problems.push_back(atNode(number, graph.node(problem.node), problem.message));
    else
      problems.push_back({Severity::error, 0, 0, 1, problem.message, dumps_->sources()[dumps_->dumps()[number].source].key});
  }
  return problems;
}

}  // namespace app
