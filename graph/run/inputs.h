// Inputs for a graph: from a safetensors file, from symbols, and made where nothing is given.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "graph/files/safetensors.h"
#include "graph/run/backend.h"
#include "graph/run/fill.h"

namespace graph::run {

/// What the user said on the command line or in Lua.
struct InputRequest {
  std::optional<std::string> tensorsFile;  // --inputs
  ir::Binding bind;                        // --bind, by symbol or by placeholder name
  uint64_t seed = 0;
  ir::Device device;
  Fill fill = Fill::random;                // what tensors hold, given ones too
};

struct Inputs {
  ValueList values;                             // in placeholder order
  std::map<std::string, TensorPtr> attributes;  // get_attr targets
  ir::Binding symbols;                          // every symbol of the graph
};

/// What disagrees with the annotations under a binding: Backend::propagate(graph, binding).problems, or nothing to check with.
using SymbolChecker = std::function<std::vector<Problem>(const ir::Binding&)>;

/// What a graph's own tensors may take at numbers chosen to be large: enough for more than one thread to work on one, soon run.
inline constexpr int64_t kLargeBytes = int64_t{8} << 20;

/// The value of every symbol: `bind` first, then sizes of given tensors, then (variant 0) the hints of the text where they fit those, then numbers
/// that are distinct, small, and agree with the annotations (a slice annotated `s0` of a dimension `s1` needs s0 <= s1) and stated ranges, found by
/// a bounded search that `checker` confirms. `variant` gives different choices: 0 hints, else small, 1 another small one, 2 large (what is made,
/// inputs without symbols aside, takes kLargeBytes at most). Throws InputError for a contradiction, a value outside of its stated range, a name that
/// the graph does not have, or when nothing fits: it then names the node that disagrees.
ir::Binding chooseSymbols(const ir::Graph& graph, const InputRequest& request, int variant = 0, const SymbolChecker& checker = {});

/// Builds the inputs. Tensors that are not given are made from the seed, the same on every device: normal floats (matrices scaled by 1/sqrt(last
/// size), positive where a square root or logarithm needs it), integers valid as indices where they are used as indices (embedding, index,
/// index_put, gather, scatter …: range from the uses; distinct where an index_put or scatter needs it), booleans mixed; then `fill` puts its numbers
/// in (fill.h). Throws InputError for a graph with lines missing, and naming the placeholder when a given tensor has the wrong dtype or shape, a
/// name that is no placeholder, or an unannotated placeholder has no tensor.
Inputs makeInputs(Backend& backend, const ir::Graph& graph, const InputRequest& request, int variant = 0);

/// What Backend::propagate says of a binding; and, with `large`, tooLarge where it makes more than kLargeBytes.
SymbolChecker propagationChecker(Backend& backend, const ir::Graph& graph, bool large);

/// The key of a source in tensor files: the placeholder's name as the signature has it, `attr.<target>` for a get_attr node.
std::string sourceName(const ir::Node& node);

}  // namespace graph::run
