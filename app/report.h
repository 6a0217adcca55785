// --report R.json, schema 1: what a command found, for CI and other programs. Every field is always present, null when not measured.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/evidence.h"
#include "graph/run/equivalence.h"
#include "graph/run/timing.h"
#include "graph/text/diagnostic.h"
#include "rewrites/outcome.h"
#include "rewrites/storage.h"

namespace app {

/// Times of one program, or of two, at one binding of the symbols.
struct Measurement {
  graph::ir::Binding symbols;
  graph::run::Quartiles before;
  std::optional<graph::run::Quartiles> after;
  std::optional<graph::run::Speedup> gain;
};

struct Report {
  std::string command, file;
  std::optional<std::string> torch, device;
  graph::ir::Binding symbols;
  struct GraphPart {
    std::optional<std::string> name;
    std::optional<size_t> nodes, nodesAfter;
    rewrites::CopiedBytes copied;
    std::optional<rewrites::CopiedBytes> copiedAfter;
  } graph;
  std::vector<rewrites::Outcome> rewrites;
  std::optional<graph::run::Equivalence> verify;
  std::optional<Evidence> evidence;   // when verify says that results differ
  std::optional<Measurement> time;
  std::vector<Measurement> sweep;
  std::optional<int64_t> peakBefore, peakAfter;
  std::vector<graph::text::Diagnostic> diagnostics;

  /// A note without a place.
  void note(graph::text::Severity severity, std::string message);
  std::string json() const;
};

}  // namespace app
