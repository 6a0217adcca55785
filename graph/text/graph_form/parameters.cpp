#include "graph/text/graph_form/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace graph::text {

void settleParameters(ir::Graph& graph, Problems& problems, Range where) {
  std::unordered_set<std::string> seen;
  for (ir::NodeId id : graph.placeholders()) {
    const ir::Node& old = graph.node(id);
    const size_t stars = std::min(old.target.find_first_not_of('*'), old.target.size());
    const std::string parameter = old.target.substr(stars);
    const ir::NodeId named = graph.find(parameter);
    // Behind `x_1 = x` another node may be called x, but no other parameter.
    const bool isFree = !named || named == id || graph.node(named).op != ir::Op::placeholder;
    if (isFree && seen.insert(parameter).second) continue;
    problems.warning(where, fmt::format("the parameter '{}' of node '{}' has the name of another: it is called '{}' here", parameter, old.name, old.name));
    ir::Node node = old;
    node.target = old.target.substr(0, stars) + old.name;
    seen.insert(node.name);
    graph.replace(id, std::move(node));
  }
}

}  // namespace graph::text
