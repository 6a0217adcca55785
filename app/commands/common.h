// What several commands do: open the backend, locate failures, describe a graph, verify, and say it in words.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <string>

#include "app/failure.h"
#include "app/graph_file.h"
#include "app/options.h"
#include "app/report.h"

namespace app::commands {

/// Prints a line of the answer unless --quiet.
template <class... T>
void say(const CommonOptions& common, fmt::format_string<T...> text, T&&... values) {
  if (!common.quiet) fmt::print("{}\n", fmt::format(text, std::forward<T>(values)...));
}

/// Opens LibTorch, sets threads and seed, and fills torch and device of the report. Throws Failure (unusable) when the device is not here.
graph::run::Backend& readyBackend(const CommonOptions& common, const graph::run::InputRequest& request, Report& report);

/// The same for a session: opened by the first command of a script that needs it.
std::function<graph::run::Backend&()> backendSource(const CommonOptions& common);

/// Runs `work`; a failure at a node becomes a Failure drawn at the node's line.
template <class Work>
auto located(const GraphFile& file, const graph::ir::Graph& graph, Work&& work) {
  try {
    return work();
  } catch (const graph::run::NodeError& error) {
    throw Failure(Exit::unusable, file.drawn(error, graph));
  }
}

/// Fails early when PATH cannot be written: a missing or read-only folder, or a folder by that name. Throws Failure (unusable).
void requireWritable(const std::string& path);

/// Name, nodes and copied bytes of the graph before.
void describe(Report& report, const std::string& name, const graph::ir::Graph& graph, const graph::ir::Binding& binding);

/// What is bound by symbol or by placeholder name, by symbol. Throws Failure (usage) for a name that the graph does not have.
graph::ir::Binding boundSymbols(const graph::ir::Graph& graph, const graph::ir::Binding& bind);

/// Before against after by bits: with what the user gave, and in the other rounds unless `oneRound`. Throws Stopped after a Ctrl-C.
graph::run::Equivalence verify(graph::run::Backend& backend, const graph::ir::Graph& before, const graph::ir::Graph& after,
                               const graph::run::InputRequest& request, bool oneRound = false);

/// `same results: yes (bit-identical; 1 output, 44 changed inputs, aliasing same) in 9 rounds at s0=2, s1=3; s0=64, s1=65`, or what differs.
std::string summary(const graph::run::Equivalence& verify);
/// `s0=2, s1=3`, `no symbols`.
std::string str(const graph::ir::Binding& binding);

}  // namespace app::commands
