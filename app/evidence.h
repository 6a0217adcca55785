// What is kept of a verification that failed: who is to blame, the first node that differs, and how to see it again.
#pragma once

#include <optional>
#include <string>

#include "graph/run/equivalence.h"
#include "graph/run/first_difference.h"

namespace app {

/// All in names and text: it outlives the graphs.
struct Evidence {
  struct Node {
    std::string name, target, call;  // call: `aten.mul.Tensor(v, 2)` as printed
    uint32_t line = 0;               // of the text that was read, 0 when a rewrite made it
    double maxAbs = 0;
    int64_t differing = 0, elements = 0;
    std::string operand, overwrittenBy;  // an operand that another node wrote into before this one read it; empty when there is none
    uint32_t overwrittenLine = 0;
  };
  std::string blamed;          // `reinplace (reinplace.lua)`; empty when nobody can be named
  std::optional<Node> first;
  size_t compared = 0;         // nodes that both graphs have
  std::string failure;         // the second graph failed on the way
  std::string command;         // shows it again; empty when there is no file to show it with

  /// One line for each of them that is known.
  std::string text() const;
};

/// The round that failed, node by node. What cannot be found out (the run fails) is left open. Throws Stopped.
Evidence findEvidence(graph::run::Backend& backend, const graph::ir::Graph& before, const graph::ir::Graph& after,
                      const graph::run::RoundResult& round);

/// `--bind s0=3 --seed 0 --fill special`: the options of a command that make the inputs of a request, in a shell's spelling.
std::string inputOptions(const graph::run::InputRequest& request);
/// A word as a shell reads it: quoted where it has to be.
std::string shellWord(const std::string& word);

}  // namespace app
