#include "app/evidence.h"

#include <fmt/format.h>

#include "graph/text/printer.h"

namespace app {
namespace {

std::string lineText(uint32_t line) { return line ? fmt::format(" (line {})", line) : " (made by the rewrite)"; }

std::string differenceText(const Evidence::Node& node) {
  auto text = fmt::format("{} of {} elements differ", node.differing, node.elements);
  return node.maxAbs > 0 ? text + fmt::format(", by {:.3g} at most", node.maxAbs) : text;
}

}  // namespace

std::string Evidence::text() const {
  std::string text;
  auto line = [&](const std::string& said) { text += (text.empty() ? "" : "\n") + said; };
  if (!blamed.empty()) line("to blame: " + blamed);
  if (first) {
    line(fmt::format("first node that differs: {} = {}{}: {}", first->name, first->call, lineText(first->line), differenceText(*first)));
    if (!first->operand.empty() && !first->overwrittenBy.empty())
      line(fmt::format("  it reads {}, which {}{} has overwritten", first->operand, first->overwrittenBy, lineText(first->overwrittenLine)));
    else if (!first->operand.empty())
      line(fmt::format("  it reads {}, which a node has overwritten before the rewrite and none has after it", first->operand));
  } else if (!failure.empty()) {
    line("no node differs before the one that fails");
  } else if (compared == 0) {
    line("no node of one has the name and shape of a node of the other: where they begin to differ is not known");
  } else {
    line(fmt::format("the {} nodes that both have give the same: they differ in what is returned, in what is left in the inputs, or in who shares memory",
                     compared));
  }
  if (!command.empty()) line("to see it again: " + command);
  return text;
}

Evidence findEvidence(graph::run::Backend& backend, const graph::ir::Graph& before, const graph::ir::Graph& after,
                      const graph::run::RoundResult& round) {
  Evidence evidence;
  graph::run::NodeComparison found;
  try {
    found = graph::run::firstDifference(backend, before, after, round.round.request);
  } catch (const graph::run::Stopped&) {
    throw;
  } catch (const std::runtime_error& error) {
    evidence.failure = error.what();
    return evidence;
  }
  evidence.compared = found.compared;
  evidence.failure = found.failure;
  if (!found.first) return evidence;
  const auto& node = after.node(found.first->node);
  evidence.first = {.name = node.name,
                    .target = node.target,
                    .call = graph::text::printCall(after, found.first->node),
                    .line = node.line,
                    .maxAbs = found.first->maxAbs,
                    .differing = found.first->differing,
                    .elements = found.first->elements};
  if (const auto& overwritten = found.first->overwritten) {
    evidence.first->operand = overwritten->operand;
    if (overwritten->by) {
      evidence.first->overwrittenBy = after.node(overwritten->by).name;
      evidence.first->overwrittenLine = after.node(overwritten->by).line;
    }
  }
  return evidence;
}

std::string shellWord(const std::string& word) {
  const std::string safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=,:+@%";
  if (!word.empty() && word.find_first_not_of(safe) == std::string::npos) return word;
  std::string quoted = "'";
  for (char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string inputOptions(const graph::run::InputRequest& request) {
  std::string text;
  auto add = [&](const std::string& option, const std::string& value) { text += (text.empty() ? "" : " ") + option + " " + shellWord(value); };
  if (request.tensorsFile) add("--inputs", *request.tensorsFile);
  std::string bind;
  for (const auto& [name, value] : request.bind) bind += fmt::format("{}{}={}", bind.empty() ? "" : ",", name, value);
  if (!bind.empty()) add("--bind", bind);
  add("--seed", std::to_string(request.seed));
  add("--fill", std::string(graph::run::fillName(request.fill)));
  if (request.device != graph::ir::Device{}) add("--device", request.device.str());
  return text;
}

}  // namespace app
