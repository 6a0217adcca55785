// What the command line says, parsed: options that several commands share, and the values `s0=8,s1=2048`, `s0=1,2,4`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/run/inputs.h"

namespace CLI {
class App;
}

namespace app {

struct CommonOptions {
  std::string graph;   // --graph N|NAME: empty = the first
  std::string report;  // --report R.json
  bool quiet = false;
  int threads = 0;  // 0 = LibTorch's choice
};

struct InputOptions {
  std::string inputs;             // --inputs
  std::vector<std::string> bind;  // --bind, as typed
  std::string device = "cpu";
  uint64_t seed = 0;

  /// Throws Failure (usage) for a malformed --bind or --device.
  graph::run::InputRequest request() const;
};

void addCommon(CLI::App& command, CommonOptions& options);
void addInputs(CLI::App& command, InputOptions& options);

/// `s0=8,s1=2048`, several texts joined. Throws Failure (usage).
graph::ir::Binding parseBinding(const std::vector<std::string>& texts);

struct Sweep {
  std::string symbol;
  std::vector<int64_t> values;
};
/// `s0=1,2,4,8`. Throws Failure (usage).
Sweep parseSweep(std::string_view text);
/// The cartesian product, the first sweep slowest; one empty binding when there is no sweep.
std::vector<graph::ir::Binding> sweepPoints(const std::vector<Sweep>& sweeps);

}  // namespace app
