#include "graph/ir/input_use.h"

#include <algorithm>

#include "graph/ir/schema.h"

namespace graph::ir {
namespace {

/// The inputs that a value may show, by id; almost always none or one.
using Origins = std::vector<std::vector<uint32_t>>;

void add(std::vector<uint32_t>& set, const std::vector<uint32_t>& more) {
  for (const uint32_t i : more)
    if (std::find(set.begin(), set.end(), i) == set.end()) set.push_back(i);
}

bool isMetadata(const Node& node) { return node.target.starts_with("aten.sym_") || (node.sym() && node.target.starts_with("_operator.")); }

/// Aliases its operand although its schema does not say so (reshape and friends say it).
bool aliasesSilently(const std::string& target) { return target.starts_with("aten._unsafe_view.") || target.starts_with("aten.unsafe_"); }

}  // namespace

std::vector<InputUse> inputUses(const Graph& graph) {
  std::vector<InputUse> uses;
  Origins origins(graph.idLimit());
  uint32_t at = 0;
  for (const NodeId id : graph) {
    ++at;
    const Node& node = graph.node(id);
    if (node.op == Op::placeholder || node.op == Op::get_attr) {
      if (node.sym() || graph.subgraphs().count(node.target)) continue;
      origins[id.value].push_back(static_cast<uint32_t>(uses.size()));
      uses.push_back({id, 0, 0});
      continue;
    }
    if (isMetadata(node)) continue;
    const Schema* schema = node.op == Op::call_function ? findSchema(node.target, node.args.size()) : nullptr;
    const bool getitem = node.target == "_operator.getitem";
    const bool mutates = schema && schema->mutates();
    const bool unknown = !schema && !getitem && node.op != Op::output;
    const bool aliases = unknown || getitem || (schema && (aliasesSilently(node.target) ||
                         std::any_of(schema->returns.begin(), schema->returns.end(), [](const SchemaReturn& r) { return !r.aliasSet.empty(); })));
    // A pure view touches nothing; what may copy (reshape, contiguous, to) reads.
    const bool mayCopy = node.target.starts_with("aten.reshape.") || node.target.starts_with("aten.contiguous.") || node.target.starts_with("aten.to.");
    const bool touches = !aliases || mutates || unknown || mayCopy;
    std::vector<uint32_t> shown;
    const auto visit = [&](NodeId operand, bool written) {
      for (const uint32_t i : origins[operand.value]) {
        if (touches) uses[i].lastTouch = at;
        if (written && uses[i].firstWrite == 0) uses[i].firstWrite = at;
      }
      if (aliases) add(shown, origins[operand.value]);
    };
    for (size_t i = 0; i < node.args.size(); ++i) {
      const bool written = unknown || (schema && i < schema->arguments.size() && schema->arguments[i].written);
      node.args[i].forEachNode([&](NodeId n) { visit(n, written); });
    }
    for (const auto& [name, value] : node.kwargs) {
      const auto index = schema ? schema->indexOf(name) : std::nullopt;
      const bool written = unknown || (index && schema->arguments[*index].written);
      value.forEachNode([&](NodeId n) { visit(n, written); });
    }
    origins[id.value] = std::move(shown);
  }
  return uses;
}

}  // namespace graph::ir
