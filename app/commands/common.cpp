// What several commands do, and the sentences that they share.
#include "app/commands/common.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "app/interrupt.h"
#include "app/torch_module.h"
#include "app/units.h"
#include "graph/run/constraints.h"

namespace app::commands {
using graph::run::Equivalence;
using Status = graph::run::Equivalence::Status;

graph::run::Backend& readyBackend(const CommonOptions& common, const graph::run::InputRequest& request, Report& report) {
  auto& backend = torchBackend();
  throwIfInterrupted();
  report.torch = backend.torchVersion();
  report.device = request.device.str();
  if (!backend.hasDevice(request.device))
    throw Failure(Exit::unusable,
                  fmt::format("error: --device {}: LibTorch {} has no such device here", request.device.str(), backend.torchVersion()));
  if (common.threads > 0) backend.setThreads(common.threads);
  backend.seed(request.seed);
  return backend;
}

std::function<graph::run::Backend&()> backendSource(const CommonOptions& common) {
  return [threads = common.threads]() -> graph::run::Backend& {
    auto& backend = torchBackend();
    throwIfInterrupted();
    if (threads > 0) backend.setThreads(threads);
    return backend;
  };
}

void requireWritable(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  auto folder = fs::path(path).parent_path();
  if (folder.empty()) folder = ".";
  auto fail = [&](const std::string& why) { throw Failure(Exit::unusable, fmt::format("{}: error: cannot be written: {}", path, why)); };
  if (fs::is_directory(path, ignored)) fail("this is a folder");
  if (!fs::exists(folder, ignored)) fail(fmt::format("the folder {} does not exist", folder.string()));
  if (!fs::is_directory(folder, ignored)) fail(fmt::format("{} is no folder", folder.string()));
  if (access(folder.c_str(), W_OK) != 0) fail(fmt::format("no permission to write into {}", folder.string()));
}

void describe(Report& report, const std::string& name, const graph::ir::Graph& graph, const graph::ir::Binding& binding) {
  report.symbols = binding;
  report.graph.name = name;
  report.graph.nodes = graph.size();
  report.graph.copied = rewrites::copiedBytes(graph, binding);
}

graph::ir::Binding boundSymbols(const graph::ir::Graph& graph, const graph::ir::Binding& bind) {
  graph::ir::Binding bound;
  auto symbols = graph.symbols();
  for (const auto& [name, value] : bind) {
    auto id = graph.find(name);
    const auto* sym = id ? graph.node(id).sym() : nullptr;
    auto symbol = sym ? sym->value.str() : name;
    if (std::find(symbols.begin(), symbols.end(), symbol) == symbols.end())
      throw Failure(Exit::usage, fmt::format("error: --bind: '{}' is no symbol of {}{}{}", name, graph.name(),
                                             symbols.empty() ? "" : ": it has ", fmt::join(symbols, ", ")));
    bound[symbol] = value;
  }
  if (auto problem = graph::run::outsideRange(graph, bound)) throw Failure(Exit::unusable, "error: --bind: " + *problem);
  return bound;
}

Equivalence verify(graph::run::Backend& backend, const graph::ir::Graph& before, const graph::ir::Graph& after,
                   const graph::run::InputRequest& request, bool oneRound) {
  auto result = graph::run::compareGraphs(backend, before, after, {.inputs = request, .oneRound = oneRound});
  throwIfInterrupted();
  return result;
}

std::string str(const graph::ir::Binding& binding) {
  std::string text;
  for (const auto& [name, value] : binding) text += fmt::format("{}{}={}", text.empty() ? "" : ", ", name, value);
  return text.empty() ? "no symbols" : text;
}

namespace {

// ` in 9 rounds`, nothing for one.
std::string roundsText(const Equivalence& verify) {
  size_t same = 0;
  for (const auto& round : verify.rounds) same += round.status == graph::run::RoundResult::Status::same;
  return same > 1 ? " in " + counted(same, "round") : "";
}

}  // namespace

std::string summary(const Equivalence& verify) {
  const size_t limit = 4;
  std::string at;
  const size_t count = verify.bindings.size();
  for (size_t i = 0; i < count; ++i) {   // of many the first ones and the last, large one
    if (count > limit && i == limit - 1) at += fmt::format("; {} more", count - limit);
    if (count <= limit || i < limit - 1 || i + 1 == count) at += (at.empty() ? " at " : "; ") + str(verify.bindings[i]);
  }
  if (verify.status == Status::skipped) return "same results: not checked: " + verify.reason;
  if (verify.status == Status::same) {
    std::string how = verify.bitIdentical ? "bit-identical" : fmt::format("within tolerance, largest difference {:.3g}", verify.maxAbs);
    return fmt::format("same results: yes ({}; {}, {}, aliasing {}){}{}", how, counted(verify.outputs.size(), "output"),
                       counted(verify.mutatedInputs.size(), "changed input"), verify.aliasing, roundsText(verify), at);
  }
  std::string text = "same results: NO" + at;
  if (const auto* failed = verify.failed())
    text = fmt::format("same results: NO (round: {}, at {})", failed->round.name, str(failed->round.request.bind));
  size_t shown = 0;
  for (const auto* items : {&verify.outputs, &verify.mutatedInputs})
    for (const auto& item : *items) {
      if (item.same || ++shown > 10) continue;
      auto what = item.problem.empty() ? fmt::format("max abs {:.3g}, max rel {:.3g}", item.maxAbs, item.maxRel) : item.problem;
      text += fmt::format("\n  {}: {}", item.name, what);
    }
  if (shown == 0 && verify.aliasing == "same") text += "\n  " + verify.reason;
  if (shown > 10) text += fmt::format("\n  ... and {} more", shown - 10);
  if (verify.aliasing != "same") text += "\n  aliasing: " + verify.aliasing;
  return text;
}

}  // namespace app::commands
