// Reads through graph/text; places of nodes are found again in the text by their line and name.
#include "app/graph_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>

#include "app/failure.h"
#include "graph/ir/lint.h"

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

uint32_t characters(std::string_view text) {
  return static_cast<uint32_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

GraphFile::GraphFile(std::string path) : path_(std::move(path)) {
  auto parsed = graph::text::parseFile(path_, &source_);
  graphs_ = std::move(parsed.graphs);
  diagnostics_ = std::move(parsed.diagnostics);
}

std::shared_ptr<const graph::ir::Graph> GraphFile::graph(const std::string& numberOrName) const {
  if (graphs_.empty()) throw Failure(Exit::unusable, drawn(diagnostics_));
  if (numberOrName.empty()) return graphs_.front();
  for (const auto& each : graphs_)
    if (each->name() == numberOrName) return each;
  size_t number = 0;
  auto [end, error] = std::from_chars(numberOrName.data(), numberOrName.data() + numberOrName.size(), number);
  if (error == std::errc() && end == numberOrName.data() + numberOrName.size() && number < graphs_.size()) return graphs_[number];
  std::string names;
  for (size_t i = 0; i < graphs_.size() && i < 20; ++i) names += fmt::format("\n  {} {}", i, graphs_[i]->name());
  throw Failure(Exit::usage,
                fmt::format("--graph: {} has no graph '{}'; it has{}{}", path_, numberOrName, names, graphs_.size() > 20 ? "\n  ..." : ""));
}

std::shared_ptr<const graph::ir::Graph> GraphFile::usableGraph(const std::string& numberOrName, bool quiet) const {
  auto errors = diagnostics_;
  std::erase_if(errors, [](const Diagnostic& diagnostic) { return diagnostic.severity != Severity::error; });
  if (graphs_.empty() || !errors.empty()) throw Failure(Exit::unusable, drawn(errors));
  if (!quiet && !diagnostics_.empty()) fmt::print(stderr, "{}\n", drawn(diagnostics_));
  auto chosen = graph(numberOrName);
  if (auto problems = lint(*chosen); !problems.empty()) throw Failure(Exit::unusable, drawn(problems));
  return chosen;
}

std::string GraphFile::drawn(const std::vector<Diagnostic>& diagnostics) const {
  const size_t limit = 20;
  std::string text;
  for (size_t i = 0; i < diagnostics.size() && i < limit; ++i) {
    if (i) text += '\n';
    text += graph::text::format(diagnostics[i], path_, source_);
  }
  if (diagnostics.size() > limit) text += fmt::format("\n{}: ... and {} more", path_, diagnostics.size() - limit);
  return text;
}

Diagnostic GraphFile::atNode(const graph::ir::Node& node, std::string message) const {
  Diagnostic diagnostic{Severity::error, node.line, 1, 1, std::move(message)};
  auto line = lineOf(source_, node.line);
  auto at = findWord(line, node.name);
  if (at == std::string_view::npos)
    at = std::min(line.find_first_not_of(' '), line.size());
  else
    diagnostic.length = characters(node.name);
  diagnostic.column = characters(line.substr(0, at)) + 1;
  return diagnostic;
}

std::string GraphFile::drawn(const graph::run::NodeError& error, const graph::ir::Graph& graph) const {
  if (!graph.contains(error.node) || graph.node(error.node).line == 0) return path_ + ": error: " + error.what();
  return graph::text::format(atNode(graph.node(error.node), error.what()), path_, source_);
}

std::vector<Diagnostic> GraphFile::lint(const graph::ir::Graph& graph) const {
  std::vector<Diagnostic> problems;
  for (const auto& problem : graph::ir::lint(graph)) {
    if (graph.contains(problem.node))
      problems.push_back(atNode(graph.node(problem.node), problem.message));
    else
      problems.push_back({Severity::error, 0, 0, 1, problem.message});
  }
  return problems;
}

}  // namespace app
