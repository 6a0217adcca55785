// A graph compiled for one device: checks, then straight-line code over reused slots.
//
// Runs under InferenceMode. Values are let go at their last use; slots and the stack keep their memory between runs.
#pragma once

#include <atomic>

#include "graph/run/backend.h"
#include "graph/torch/checks.h"
#include "graph/torch/code.h"

namespace graph::torch {

class GraphProgram final : public run::Program {
 public:
  /// Throws NodeError naming every operator that cannot run here, InputError for a device that is not there. `stop` outlives the program.
  GraphProgram(const ir::Graph& graph, const ir::Device& device, const std::atomic<bool>& stop);

  run::ValueList run(const run::ValueList& inputs, const std::map<std::string, run::TensorPtr>& attributes) override;
  run::ValueList profile(const run::ValueList& inputs, const std::map<std::string, run::TensorPtr>& attributes,
                         std::vector<run::NodeTiming>& timings) override;
  run::ValueList trace(const run::ValueList& inputs, const std::map<std::string, run::TensorPtr>& attributes,
                       const run::NodeObserver& observer) override;
  std::optional<int64_t> peakBytes() const override { return peak_; }

 private:
  void begin(const run::ValueList& inputs, const std::map<std::string, run::TensorPtr>& attributes);
  void execute();
  void executeObserved(const run::NodeObserver& observer);
  void executeWatched(std::vector<run::NodeTiming>& timings);
  run::ValueList finish();
  run::Value outputTree(const Output& output) const;
  [[noreturn]] void failAt(const Step& step) const;  // with the exception in flight

  std::shared_ptr<const ir::Graph> graph_;  // names for messages
  c10::Device device_;
  const std::atomic<bool>& stop_;
  Code code_;
  std::optional<Checks> checks_;
  std::vector<c10::IValue> slots_;
  Stack stack_;
  std::optional<int64_t> peak_;
};

/// `name (target): reason` and the arguments on the stack.
std::string failureText(const ir::Node& node, const Operator& what, const Stack& stack, const std::string& reason);
/// What the exception in flight says, without LibTorch's C++ back trace.
std::string currentReason();

}  // namespace graph::torch
