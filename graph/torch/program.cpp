#include "graph/torch/program.h"

#include <c10/core/InferenceMode.h>

#include <set>

#include "graph/torch/devices.h"
#include "graph/torch/tensors.h"

namespace graph::torch {
namespace {

// All obstacles in one message: unknown operators by target with the first node of each, then nodes whose arguments do not fit.
[[noreturn]] void refuse(const ir::Graph& graph, const std::vector<Obstacle>& obstacles) {
  std::map<std::string, std::pair<std::string, int>> unknown;  // target -> first node, count
  std::string misfits;
  for (auto& obstacle : obstacles) {
    auto& node = graph.node(obstacle.node);
    if (!obstacle.message.empty()) {
      misfits += (misfits.empty() ? "" : "; ") + obstacle.message;
      continue;
    }
    auto target = node.op == ir::Op::call_function ? node.target : std::string(ir::opName(node.op)) + " " + node.target;
    auto [place, isNew] = unknown.try_emplace(target, node.name, 0);
    ++place->second.second;
  }
  std::string text;
  for (auto& [target, where] : unknown) {
    text += (text.empty() ? "no operator here for " : ", ") + target + " (" + where.first;
    if (where.second > 1) text += " and " + std::to_string(where.second - 1) + " more";
    text += ")";
  }
  if (!misfits.empty()) text += (text.empty() ? "" : "; ") + misfits;
  throw run::NodeError(obstacles.front().node, text);
}

}  // namespace

std::string currentReason() {
  try {
    throw;
  } catch (const c10::Error& error) {
    // "Could not run … with arguments from the 'CUDA' backend" goes on with a page of registrations.
    std::string text = error.what_without_backtrace();
    const auto list = text.find(": registered at ");
    const auto line = list == std::string::npos ? list : text.rfind('\n', list);
    if (line != std::string::npos) text.erase(line);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "unknown failure";
  }
}

std::string failureText(const ir::Node& node, const Operator& what, const Stack& stack, const std::string& reason) {
  auto text = node.name + " (" + node.target + "): " + reason;
  auto arguments = describeArguments(what, stack);
  return arguments.empty() ? text : text + "\n  arguments: " + arguments;
}

GraphProgram::GraphProgram(const ir::Graph& graph, const ir::Device& device, const std::atomic<bool>& stop)
    : graph_(std::make_shared<const ir::Graph>(graph)), device_(requireDevice(device)), stop_(stop) {
  c10::InferenceMode mode;
  run::DeviceMap devices(*graph_, deviceOf(device_));
  std::vector<Obstacle> obstacles;
  code_ = assemble(*graph_, devices, /*release=*/true, obstacles);
  if (!obstacles.empty()) refuse(*graph_, obstacles);
  checks_.emplace(*graph_, code_, devices);
  slots_.resize(code_.slotCount);
  stack_.reserve(64);
}

run::ValueList GraphProgram::run(const run::ValueList& inputs, const std::map<std::string, run::TensorPtr>& attributes) {
  c10::InferenceMode mode;
  begin(inputs, attributes);
  execute();
  return finish();
}

run::ValueList GraphProgram::profile(const run::ValueList& inputs, const std::map<std::string, run::TensorPtr>& attributes,
                                     std::vector<run::NodeTiming>& timings) {
  c10::InferenceMode mode;
  begin(inputs, attributes);
  timings.clear();
  executeWatched(timings);
  return finish();
}

run::ValueList GraphProgram::trace(const run::ValueList& inputs, const std::map<std::string, run::TensorPtr>& attributes,
                                   const run::NodeObserver& observer) {
  c10::InferenceMode mode;
  begin(inputs, attributes);
  executeObserved(observer);
  return finish();
}

void GraphProgram::begin(const run::ValueList& inputs, const std::map<std::string, run::TensorPtr>& attributes) {
  if (inputs.size() != code_.placeholders.size())
    throw run::InputError("the graph takes " + std::to_string(code_.placeholders.size()) + " inputs, " + std::to_string(inputs.size()) +
                          " given");
  stack_.clear();
  for (auto& slot : slots_) slot = c10::IValue();  // a run that failed left values
  for (size_t i = 0; i < inputs.size(); ++i) slots_[code_.slotOfNode[code_.placeholders[i].value]] = toIValue(inputs[i]);
  for (auto& [name, slot] : code_.attributes) {
    auto found = attributes.find(name);
    if (found == attributes.end() || !found->second) throw run::InputError("attribute '" + name + "' has no tensor");
    slots_[slot] = tensorOf(found->second);
  }
  checks_->run(slots_);
}

void GraphProgram::execute() {
  const Step* current = nullptr;
  try {
    for (const Step& step : code_.steps) {
      if (stop_.load(std::memory_order_relaxed)) throw run::Stopped();
      current = &step;
      loadArguments(code_, step, slots_, stack_);
      step.what.call(stack_);
      storeResults(code_, step, slots_, stack_);
    }
  } catch (const run::Stopped&) {
    throw;
  } catch (...) {
    failAt(*current);
  }
}

void GraphProgram::executeObserved(const run::NodeObserver& observer) {
  for (const Step& step : code_.steps) {
    if (stop_.load(std::memory_order_relaxed)) throw run::Stopped();
    try {
      loadArguments(code_, step, slots_, stack_);
      step.what.call(stack_);
    } catch (const run::Stopped&) {
      throw;
    } catch (...) {
      failAt(step);
    }
    run::ValueList results;
    for (const c10::IValue& result : stack_) results.push_back(toValue(result));
    storeResults(code_, step, slots_, stack_);
    observer(step.node, results);
  }
}

void GraphProgram::failAt(const Step& step) const {
  throw run::NodeError(step.node, failureText(graph_->node(step.node), step.what, stack_, currentReason()));
}

run::Value GraphProgram::outputTree(const Output& output) const {
  switch (output.kind) {
    case Output::Kind::slot:
      return toValue(slots_[output.slot]);
    case Output::Kind::constant:
      return toValue(output.constant);
    default:
      break;
  }
  auto list = std::make_shared<run::ValueList>();
  for (auto& item : output.items) list->push_back(outputTree(item));
  return {list};
}

run::ValueList GraphProgram::finish() {
  run::ValueList results;
  if (code_.output.kind == Output::Kind::list)
    for (auto& item : code_.output.items) results.push_back(outputTree(item));
  else
    results.push_back(outputTree(code_.output));
  for (auto& slot : slots_) slot = c10::IValue();
  return results;
}

}  // namespace graph::torch
