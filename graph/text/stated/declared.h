// What a text declares about a graph beside its nodes, with the places where it says so, until the graph is there to compare it with.
// Internal to graph/text.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "graph/ir/graph.h"
#include "graph/text/problems.h"

namespace graph::text {

class Declared {
 public:
  /// `spec.name` is a node's name or a placeholder's target.
  void addInput(ir::InputSpec spec, Range where) { inputs_.push_back({std::move(spec), where}); }
  /// The next result, or the one at `position`; `node` is what the text says is returned there (empty: a constant).
  void addOutput(ir::OutputSpec spec, Range where, std::optional<std::string> node, std::optional<size_t> position = {});
  /// Facts about a symbol: what was said earlier of the same bound or hint must agree.
  void addSymbol(const std::string& name, const ir::SymbolFacts& facts, Range where) { symbols_.push_back({name, facts, where}); }
  /// The place of the signature as a whole: what counts are reported at.
  void setPlace(Range where) { place_ = where; }
  /// The hints of symbols, the first of each.
  std::map<std::string, int64_t> hints() const;
  /// Forgets what was said of all other symbols.
  void keepSymbols(const std::set<std::string>& names);
  size_t symbols() const { return symbols_.size(); }
  bool empty() const { return inputs_.empty() && outputs_.empty() && symbols_.empty(); }

  /// Gives the graph what was declared. A disagreement is a warning: a name that is no input, a count or a result that differs, a range
  /// that holds nothing, two hints of one symbol.
  void apply(ir::Graph& graph, Problems& problems) const;

 private:
  struct Input { ir::InputSpec spec; Range where; };
  struct Output { ir::OutputSpec spec; std::optional<std::string> node; size_t position; Range where; };
  struct Symbol { std::string name; ir::SymbolFacts facts; Range where; };

  std::vector<ir::InputSpec> checkedInputs(const ir::Graph& graph, Problems& problems) const;
  std::vector<ir::OutputSpec> checkedOutputs(const ir::Graph& graph, const ir::Signature& signature, Problems& problems) const;
  void applySymbols(ir::Graph& graph, Problems& problems) const;

  std::vector<Input> inputs_;
  std::vector<Output> outputs_;
  std::vector<Symbol> symbols_;
  std::optional<Range> place_;
};

}  // namespace graph::text
