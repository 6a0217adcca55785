// Do two graphs compute the same? Values, final contents of inputs, who shares storage with whom, and a leak probe.
#pragma once

#include <string>
#include <vector>

#include "graph/run/backend.h"
#include "graph/run/inputs.h"

namespace graph::run {

struct ItemComparison {
  std::string name;       // "output.0", "input.arg27_1", "attr.buffer"
  bool same = true;       // within tolerance
  bool identical = true;  // bit for bit
  double maxAbs = 0, maxRel = 0;
  std::string problem;  // "shape [3] against [4]", "changed although the graph as printed leaves it", …
};

struct Equivalence {
  enum class Status : uint8_t { same, different, skipped };
  Status status = Status::skipped;
  bool bitIdentical = false;
  double maxAbs = 0;
  std::vector<ItemComparison> outputs, mutatedInputs;
  std::string aliasing = "same";      // or what differs: "output.0 shares memory with arg3_1 only after the rewrite"
  std::vector<ir::Binding> bindings;  // that were tried
  std::string reason;                 // why different or skipped
};

struct EquivalenceRequest {
  InputRequest inputs;
  std::vector<int> variants = {0, 2};  // of chooseSymbols; the request's own bind/tensors make one binding
  bool bits = true;                    // before/after by bits; else by tolerance (rtol 1e-5, atol 1e-6, half types by their epsilon)
};

/// Runs before, before again (what is not reproducible is named and compared by tolerance), then after, each on clones of the
/// same inputs with the same seed. A failure to run gives `skipped` with the reason.
Equivalence compareGraphs(Backend& backend, const ir::Graph& before, const ir::Graph& after, const EquivalenceRequest& request);

/// One run's results against a safetensors file of expected ones (`output.N`, `input.<placeholder>`, `attr.<target>`; inputs that
/// are not listed must have stayed as they were). `exact`: bits.
Equivalence compareWithFile(Backend& backend, const ir::Graph& graph, const ValueList& outputs, const Inputs& before, const Inputs& after,
                            const files::Safetensors& expected, bool exact);
/// Saves results in that form.
void saveResults(Backend& backend, const ir::Graph& graph, const ValueList& outputs, const Inputs& before, const Inputs& after,
                 const std::string& path);

}  // namespace graph::run
