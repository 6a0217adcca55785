// Do two graphs compute the same? Values, final contents of inputs, who shares storage with whom, and a leak probe, on several rounds of
// inputs (rounds.h).
//
// Every round runs both on clones of the same inputs with the same random state. What differs is asked of the first graph again: what it
// does not reproduce itself is named and compared by tolerance. The first round that differs ends the comparison.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "graph/run/backend.h"
#include "graph/run/rounds.h"

namespace graph::run {

struct ItemComparison {
  std::string name;       // "output.0", "input.arg27_1", "attr.buffer"
  bool same = true;       // within tolerance, NaN equals NaN
  bool identical = true;  // bit for bit
  double maxAbs = 0, maxRel = 0;
  std::string problem;  // "shape [3] against [4]", "changed although the graph as printed leaves it", …
};

struct RoundResult {
  enum class Status : uint8_t { same, different, nothing };  // nothing: it says nothing about equality, `note` says why
  Round round;
  Status status = Status::nothing;
  std::string note;
};

struct Equivalence {
  enum class Status : uint8_t { same, different, skipped };
  Status status = Status::skipped;
  bool bitIdentical = false;
  double maxAbs = 0;
  std::vector<ItemComparison> outputs, mutatedInputs;
  std::string aliasing = "same";      // or what differs: "output.0 shares memory with arg3_1 only after the rewrite"
  std::vector<ir::Binding> bindings;  // that were compared, each once
  std::vector<RoundResult> rounds;    // those that were made, and those left out
  std::string reason;                 // why different or skipped

  /// The round that differs; null when none does.
  const RoundResult* failed() const;
};

struct EquivalenceRequest {
  InputRequest inputs;
  bool bits = true;                        // before/after by bits; else by tolerance (rtol 1e-5, atol 1e-6, half types by their epsilon)
  bool oneRound = false;                   // only `inputs` as they are, without the other rounds
};

/// A round in which the first graph fails proves nothing and is noted; when none proves anything, or the second graph cannot be compiled,
/// the answer is `skipped` with the reason. A second graph that fails where the first one runs is `different`; one whose guards refuse
/// what was asked for cannot be compared. Throws Stopped.
Equivalence compareGraphs(Backend& backend, const ir::Graph& before, const ir::Graph& after, const EquivalenceRequest& request);

/// One run's results against a safetensors file of expected ones (`output.N`, `input.<placeholder>`, `attr.<target>`; inputs that
/// are not listed must have stayed as they were). `exact`: bits.
Equivalence compareWithFile(Backend& backend, const ir::Graph& graph, const ValueList& outputs, const Inputs& before, const Inputs& after,
                            const files::Safetensors& expected, bool exact);
/// Saves results in that form.
void saveResults(Backend& backend, const ir::Graph& graph, const ValueList& outputs, const Inputs& before, const Inputs& after,
                 const std::string& path);

}  // namespace graph::run
