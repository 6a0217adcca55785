// The names of one graph while it is read: which node each means, and what to say about the others. Internal to graph/text.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "graph/ir/graph.h"
#include "graph/text/name_table.h"
#include "graph/text/problems.h"

namespace graph::text {

class Scope {
 public:
  /// A name and where it stands.
  struct Mention { std::string_view name; Range where; uint32_t line = 0; };

  /// A snippet's names are the graph's own, looked up there: nothing is copied.
  static Scope ofSnippet(ir::Graph& graph, Problems& problems) {
    Scope scope(graph, problems, false);
    scope.hasGraphNames_ = true;
    return scope;
  }
  /// In a fragment a name that is used but never defined becomes a placeholder; in a whole function it is an error.
  /// `inputs` are known to become such.
  Scope(ir::Graph& graph, Problems& problems, bool fragment, const std::vector<Mention>& inputs = {}) : graph_(graph), problems_(problems), fragment_(fragment) {
    for (auto& input : inputs) addFragmentInput(input.name, input.where, input.line);
  }

  ir::Graph& graph() { return graph_; }
  /// May names be used that the text does not define?
  bool isFragment() const { return fragment_ || gap_; }
  /// Lines are left out here (`...`): from here on a name that is not defined is one of theirs.
  void setGap() { gap_ = true; }
  /// The first parameter of the function when it is `self`; empty otherwise.
  std::string_view self() const { return self_; }
  void setSelf(std::string_view name) { self_ = name; }

  /// The node a name means here; no node when it is not defined. Says nothing.
  ir::NodeId find(std::string_view name) const;
  /// Has the name been seen as something that is or was to be defined?
  bool isDefined(std::string_view name) const {
    if (auto* entry = names_.find(name)) return entry->isKnown;
    return hasGraphNames_ && graph_.find(name);
  }
  /// use() for a name that means a node; false, and nothing said, for any other.
  bool tryUse(std::string_view name, Range where, ir::Argument& node);
  /// An operand: the node, or (after saying so once) what stands in for a name that means none.
  ir::Argument use(std::string_view name, Range where, uint32_t line);
  /// Appends a node called `name` (a view of the source) and lets the name mean it from here on. A second definition is an
  /// error, and the node gets a name of its own. An empty name asks for one made from the target, as FX would.
  ir::NodeId define(std::string_view name, ir::Node&& node, Range where);
  /// Lets another name mean a node.
  void alias(std::string_view name, ir::NodeId node, uint32_t line) { names_.insert(name).value = {node, line, 0, true}; }
  /// The signature could not be read: names that nobody defined are then not reported.
  void setTolerant() { tolerant_ = true; }
  /// Marks a name whose definition could not be read, so that its uses are not reported as well.
  void poison(std::string_view name) { if (!isModule(name)) names_.insert(name).value.isKnown = true; }
  /// Takes poison() back: what could not be read was no definition after all.
  void unpoison(std::string_view name) {
    if (auto* entry = names_.find(name); entry && !entry->node) *entry = {};
  }
  /// A name that the text defines and that is no value of the graph: using it is an error.
  void hide(std::string_view name) {
    Entry& entry = names_.insert(name).value;
    entry.isKnown = entry.isHidden = true;
  }
  /// A module of Python's or a namespace of operators: where no node has its name, all calls behind a slip would be read as methods of it.
  static bool isModule(std::string_view name);
  /// `x = None` behind a last use. Using it later is legal here and a mistake in Python: worth a warning. False when nothing
  /// has that name.
  bool markDeleted(std::string_view name, uint32_t line);
  /// Gives a placeholder the name of the line `l_x_ = L_x_`. False when that is not what the line is.
  bool rename(ir::NodeId placeholder, std::string_view name);
  /// The name stands in something that is kept as text because it means no node here: `x` of `x.shape`, of `Pair(x)`.
  void keptAsText(std::string_view name, Range where, uint32_t line) {
    if (!hasGraphNames_ && !texts_.find(name)) texts_.insert(name).value = {name, where, line};
  }
  /// Names that were kept as text and became inputs further down: with inputs first, the text is no longer right.
  const std::vector<Mention>& lateInputs() const { return late_; }
  /// Takes a parameter back that turned out not to be a placeholder (`args_list`, `primals` of a pytree signature).
  void forget(std::string_view name);

 private:
  struct Entry {
    ir::NodeId node;
    uint32_t line = 0;       // of the definition
    uint32_t deletedAt = 0;  // line, 0 = alive
    bool isKnown = false;    // false again when a parameter was taken back
    bool isHidden = false;   // known, and no value
  };

  ir::NodeId addInput(ir::Node&& node);
  void checkDefault(ir::Node& input, Range where);
  ir::NodeId addFragmentInput(std::string_view name, Range where, uint32_t line);
  std::string_view closest(std::string_view name) const;

  ir::Graph& graph_;
  Problems& problems_;
  const bool fragment_;
  bool tolerant_ = false;
  bool hasGraphNames_ = false;
  bool gap_ = false;
  std::string_view self_;
  void warnDeleted(Entry& entry, std::string_view name, Range where);

  NameTable<Entry> names_;     // keys are views of the source
  NameTable<Mention> texts_;
  std::vector<Mention> late_;
  std::map<std::string_view, size_t> undefined_;   // names that were reported, and which of the reports it was
  ir::NodeId lastInput_;       // the last placeholder; none of a snippet, whose graph has its inputs
};

}  // namespace graph::text
