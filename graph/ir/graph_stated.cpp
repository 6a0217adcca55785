// What a graph's text states beside its nodes (signature.h), and how edits keep it true. Written to a copy: other revisions may share it.
#include <algorithm>
#include <set>

#include "graph/ir/graph.h"
#include "graph/ir/graph_state.h"
#include "graph/ir/words.h"

namespace graph::ir {
namespace {

/// How many results an output node returns: the items of a tuple or list, else one.
size_t resultCount(const Node& output) {
  if (output.args.empty()) return 1;
  if (const auto* tuple = output.args[0].as<Tuple>()) return tuple->items.size();
  if (const auto* list = output.args[0].as<List>()) return list->items.size();
  return 1;
}

bool isInput(const Node* node) { return node && node->op == Op::placeholder; }

/// The input is gone: nothing is written back into it any more.
void forgetInput(Signature& signature, const std::string& name) {
  std::erase_if(signature.inputs, [&](const InputSpec& spec) { return spec.name == name; });
  for (OutputSpec& spec : signature.outputs)
    if (spec.kind == OutputKind::user_input_mutation && spec.target == name) spec = {};
}

void renameInput(Signature& signature, const std::string& from, const std::string& to) {
  for (InputSpec& spec : signature.inputs)
    if (spec.name == from) spec.name = to;
  for (OutputSpec& spec : signature.outputs)
    if (spec.kind == OutputKind::user_input_mutation && spec.target == from) spec.target = to;
}

}  // namespace

const Signature& Graph::signature() const {
  static const Signature none;
  return state_->stated ? state_->stated->signature : none;
}

const SymbolTable& Graph::symbolTable() const {
  static const SymbolTable none;
  return state_->stated ? state_->stated->symbols : none;
}

void Graph::setSignature(Signature signature) {
  std::set<std::string_view> inputs, seen;
  for (NodeId id : placeholders()) inputs.insert(node(id).target);
  for (const InputSpec& spec : signature.inputs) {
    if (!inputs.count(spec.name)) throw std::invalid_argument("graph '" + name() + "' has no input '" + spec.name + "'");
    if (!seen.insert(spec.name).second) throw std::invalid_argument("the signature of graph '" + name() + "' lists input '" + spec.name + "' twice");
  }
  if (const NodeId out = output()) signature.outputs.resize(std::min(signature.outputs.size(), resultCount(node(out))));
  if (signature.empty() && !state_->stated) return;
  Stated stated = state_->stated ? *state_->stated : Stated{};
  stated.signature = std::move(signature);
  state_->stated = std::make_shared<const Stated>(std::move(stated));
}

void Graph::setSymbolTable(SymbolTable table) {
  std::erase_if(table, [](const auto& entry) { return entry.second.empty(); });
  for (const auto& [symbol, facts] : table) {
    if (!isPythonIdentifier(symbol)) throw std::invalid_argument("'" + symbol + "' is no symbol");
    if (facts.lower && facts.upper && *facts.lower > *facts.upper) throw std::invalid_argument("no value of " + symbol + " is in " + facts.range());
  }
  if (table.empty() && !state_->stated) return;
  Stated stated = state_->stated ? *state_->stated : Stated{};
  stated.symbols = std::move(table);
  state_->stated = std::make_shared<const Stated>(std::move(stated));
}

void Graph::State::restateSignature(const Node* before, const Node* after) {
  const bool renamed = isInput(before) && (!isInput(after) || before->target != after->target);
  const bool shorter = after && after->op == Op::output && resultCount(*after) < stated->signature.outputs.size();
  if (!renamed && !shorter) return;
  Stated changed = *stated;
  if (renamed && isInput(after)) renameInput(changed.signature, before->target, after->target);
  else if (renamed) forgetInput(changed.signature, before->target);
  if (shorter) changed.signature.outputs.resize(resultCount(*after));
  stated = std::make_shared<const Stated>(std::move(changed));
}

}  // namespace graph::ir
