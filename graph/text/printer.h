// Prints graphs as dump text that reads back: parse(print(g)) equals g.
#pragma once

#include <string>
#include <string_view>

#include "graph/ir/graph.h"

namespace graph::text {

struct PrintOptions {
  bool annotations = true;   // `: "f32[s0, 4]"`, with strides and devices where the meta has them
  bool comments = true;      // `# File: …` when it changes
  bool deletions = true;     // `;  x = None` after the last use
};

/// print_readable form (quoted annotations), `class NAME(torch.nn.Module):` … with nested classes for subgraphs, guards as
/// `# guard: disjoint(a, b)` lines at the top of the body, and above them what is stated of symbols, inputs and outputs (stated_lines.h).
std::string print(const ir::Graph& graph, const PrintOptions& options = {});
/// What print(graph) shows in torch 2.11, `graph():` and a line a node; guards as `# guard:` lines below the header. A string stands
/// without quotes as there, unless it would then read back as something else.
/// parse(printGraphForm(g)) equals g but for what this form has no place for: annotations of tensors and symbols, comments, the graph's
/// name and nested graphs. (torch's own print has no place for them either.)
std::string printGraphForm(const ir::Graph& graph);
/// The comment that says of a graph that lines of its text are missing (ir::Graph::isCut), without `# `.
constexpr std::string_view kCutComment = "cut: lines of this graph are missing";
/// One node as a dump has it, without deletions: `mul: "f32[2]" = torch.ops.aten.mul.Tensor(x, 2)`.
std::string printNode(const ir::Graph& graph, ir::NodeId id);
/// One argument as a dump has it: `x`, `[0, x]`, `torch.float32`, `device(type='cpu')`, `1e-05` (Python's repr of floats).
std::string printArgument(const ir::Graph& graph, const ir::Argument& argument);
/// `f32[s0, 4][4, 1]cpu`, `Sym(s0)`, empty when unannotated.
std::string printMeta(const ir::Meta& meta);
/// The right side of a node's statement, and whether it is infix (`a + b`), used also for Python export.
std::string printCall(const ir::Graph& graph, ir::NodeId id);
/// Python's repr of a float: shortest digits that read back, `inf`, `nan`, `1e-05`, `2.0`.
std::string pythonFloat(double value);

}  // namespace graph::text
