// Inputs that can be run on again and again: what programs mutate is a copy, restored on demand; everything else is shared.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "graph/run/backend.h"
#include "graph/run/inputs.h"

namespace graph::run {

class Workspace {
 public:
  /// Runs each program once on clones to learn which inputs and attributes it changes. Throws what Program::run throws.
  Workspace(Backend& backend, const Inputs& inputs, const std::vector<Program*>& programs);

  /// Copies the original elements back into what is mutated, and seeds the random state.
  void restore();
  const ValueList& values() const { return values_; }
  const std::map<std::string, TensorPtr>& attributes() const { return attributes_; }

 private:
  Backend& backend_;
  ValueList values_;
  std::map<std::string, TensorPtr> attributes_;
  std::vector<std::pair<TensorPtr, TensorPtr>> restored_;  // copy, original
};

/// Inputs cloned together, so that what shares memory goes on doing so.
Inputs cloneInputs(Backend& backend, const Inputs& inputs);

}  // namespace graph::run
