// One run of a program on clones of inputs, and what can be asked about it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "graph/run/backend.h"
#include "graph/run/inputs.h"

namespace graph::run {

/// A tensor with the name that reports and files use: `output.0`, `input.arg27_1`, `attr.buffer`.
struct Named {
  std::string name;
  TensorPtr tensor;
};

struct Outcome {
  ValueList outputs;  // flattened: nested lists and tuples in order, None and numbers counted
  Inputs inputs;      // as the run left them
};

/// Clones the inputs, seeds, runs. Throws what Program::run throws.
Outcome runOnce(Backend& backend, Program& program, const Inputs& inputs, uint64_t seed);

ValueList flatten(const ValueList& values);
/// Placeholder tensors, then attributes, in a fixed order; the names by `graph`.
std::vector<Named> sources(const ir::Graph& graph, const Inputs& inputs);
std::vector<Named> outputTensors(const ValueList& flattened);

/// Names of the sources whose elements differ between two states of the same inputs.
std::set<std::string> changed(Backend& backend, const ir::Graph& graph, const Inputs& from, const Inputs& to);

/// Pairs (output, output or source) that share a storage. Tensors without elements share nothing.
std::set<std::pair<std::string, std::string>> sharing(const ir::Graph& graph, const Outcome& outcome);

/// Adds 100 to one output after the other and says which sources and other outputs change by it: pairs (output, what changes). Leaves
/// other values in the outcome.
std::set<std::pair<std::string, std::string>> leaks(Backend& backend, const ir::Graph& graph, Outcome& outcome);

/// Why two tensors cannot be compared element by element (dtype or shape); empty when they can.
std::string misfit(const Geometry& a, const Geometry& b);
/// `f32[3, 4]`.
std::string describe(const Geometry& geometry);
/// None, a number, a string: for messages and equality of what is no tensor.
std::string describePlain(const Value& value);

}  // namespace graph::run
