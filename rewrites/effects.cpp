#include "rewrites/effects.h"

#include <algorithm>
#include <array>

#include "graph/ir/schema.h"
#include "rewrites/accesses.h"

namespace rewrites {

using graph::ir::NodeId;

namespace {

template <size_t N>
bool containsAny(std::string_view target, const std::array<std::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return target.find(word) != std::string_view::npos; });
}

constexpr std::array<std::string_view, 17> kRandom = {
    "rand", "normal", "bernoulli", "dropout", "multinomial", "poisson", "uniform", "exponential", "geometric_", "cauchy", "rrelu", "philox",
    "seed", "binomial", "dirichlet", "standard_gamma", "attention"};
constexpr std::array<std::string_view, 3> kCheck = {"assert", "sym_constrain", "_item"};

}  // namespace

bool isRandom(std::string_view target) {
  if (containsAny(target, kRandom)) return true;
  // Recurrent layers drop out too; whatever takes a generator draws.
  const auto name = operatorName(target);
  if (name == "lstm" || name == "gru" || name == "_lstm_mps" || name.starts_with("rnn_") || name.ends_with("_rnn")) return true;
  const auto* schema = graph::ir::findSchema(target);
  return schema && schema->indexOf("generator").has_value();
}

bool isCheck(std::string_view target) { return containsAny(target, kCheck) || target == "aten.item.default"; }

Effects::Effects(const Storage& storage) : storage_(storage), writers_(storage.graph().idLimit()) {
  for (const NodeId id : storage.graph())
    forEachWrite(storage, id, [&](const Write& write) {
      auto& list = writers_[storage_.owner(write.value).value];
      if (list.empty() || list.back() != id) list.push_back(id);
    });
}

std::string_view Effects::of(NodeId id) const {
  const auto& node = storage_.graph().node(id);
  const Operator& op = storage_.operatorOf(id);
  switch (op.effect) {
    case Effect::input: return "input";
    case Effect::constant: return "constant";
    case Effect::output: return "output";
    case Effect::getitem: return "item";
    case Effect::unknown: return "unknown";
    default: break;
  }
  if (op.collective) return "collective";
  const auto [known, isNew] = words_.try_emplace(node.target);
  if (isNew) known->second = {isRandom(node.target), isCheck(node.target)};
  if (known->second.check) return "check";
  if (known->second.random) return "random";
  switch (op.effect) {
    case Effect::symbolic: return "size";
    case Effect::stride: return "geometry";
    case Effect::view: return "view";
    case Effect::mayView: return "may_view";
    case Effect::update: return "update";
    case Effect::mutation: return "mutation";
    default: break;
  }
  // Without a result it is there for what it does.
  const auto* schema = graph::ir::findSchema(node.target, node.args.size());
  return schema && schema->returns.empty() ? "check" : "fresh";
}

std::vector<NodeId> Effects::written(NodeId id) const {
  const auto& node = storage_.graph().node(id);
  const Operator& op = storage_.operatorOf(id);
  std::vector<NodeId> values;
  if (op.effect == Effect::mutation)
    for (const size_t index : op.written)
      for (const NodeId value : operand(node, index)) values.push_back(value);
  return values;
}

const std::vector<NodeId>& Effects::writers(NodeId owner) const {
  static const std::vector<NodeId> none;
  return owner.value < writers_.size() ? writers_[owner.value] : none;
}

}  // namespace rewrites
