#include "graph/text/scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "graph/ir/spelling.h"

namespace graph::text {
namespace {

/// `aten.add.Tensor` -> `add`, `torch.sym_max` -> `sym_max`: what FX calls a node of that target.
std::string_view baseName(std::string_view target) {
  size_t last = target.rfind('.');
  std::string_view tail = last == std::string_view::npos ? target : target.substr(last + 1);
  if (last == std::string_view::npos || target.starts_with("torch.") || target.starts_with('_') || target.starts_with("math.")) return tail;
  size_t first = target.find('.');
  return first < last ? target.substr(first + 1, last - first - 1) : tail;
}

/// Words that are read before names are looked up.
bool isConstant(std::string_view name) {
  for (std::string_view word : {"None", "True", "False", "Ellipsis", "inf", "nan", "infj", "nanj"})
    if (name == word) return true;
  return false;
}

/// After `x_1 = x` the parameter is called x_1, and a later node may be called x.
bool isRenamed(const ir::Node& node, std::string_view parameter) {
  const std::string_view target = node.target;
  return node.op == ir::Op::placeholder && target.substr(std::min(target.find_first_not_of('*'), target.size())) == parameter && node.name != parameter;
}

}  // namespace

bool Scope::isModule(std::string_view name) {
  for (std::string_view module : {"torch", "aten", "prims", "operator", "_operator", "math", "builtins", "fx_pytree", "pytree", "higher_order"})
    if (name == module) return true;
  return false;
}

ir::NodeId Scope::find(std::string_view name) const {
  if (auto* entry = names_.find(name)) return entry->node;
  return hasGraphNames_ ? graph_.find(name) : ir::NodeId{};
}

void Scope::warnDeleted(Entry& entry, std::string_view name, Range where) {
  uint32_t line = entry.deletedAt;
  entry.deletedAt = 0;
  if (!isFragment()) problems_.warning(where, fmt::format("'{}' is used after line {} set it to None", name, problems_.shownLine(line)));
}

bool Scope::tryUse(std::string_view name, Range where, ir::Argument& node) {
  Entry* entry = names_.find(name);
  if (!entry && hasGraphNames_) {
    ir::NodeId id = graph_.find(name);
    if (id) node = id;
    return static_cast<bool>(id);
  }
  if (!entry || !entry->node) return false;
  if (entry->deletedAt) warnDeleted(*entry, name, where);
  node = entry->node;
  return true;
}

ir::Argument Scope::use(std::string_view name, Range where, uint32_t line) {
  ir::Argument node;
  if (tryUse(name, where, node)) return node;
  if (auto* entry = names_.find(name); entry && entry->isHidden) throw SyntaxError{where, fmt::format("'{}' is no value of the graph", name)};
  if (isDefined(name)) return ir::Name{std::string(name)};  // what it should be was reported already
  if (isModule(name)) throw SyntaxError{where, fmt::format("'{}' is a module, expected a name in it ({}.name)", name, name)};
  if (isFragment() && !isConstant(name)) return addFragmentInput(name, where, line);
  if (isFragment()) {
    problems_.error(where, fmt::format("'{}' is no value of a graph", name));
  } else if (!tolerant_) {
    problems_.error(where, fmt::format("name '{}' is not defined{}", name, ir::didYouMean(closest(name))));
    undefined_.emplace(name, problems_.count() - 1);
  }
  poison(name);
  return ir::Name{std::string(name)};
}

/// The node whose name is most like this one: of numbered ones often several are as close, and none is meant.
std::string_view Scope::closest(std::string_view name) const {
  ir::Closest closest(name);
  for (ir::NodeId id : graph_) closest.add(graph_.node(id).name);
  return closest.word();
}

ir::NodeId Scope::addFragmentInput(std::string_view name, Range where, uint32_t line) {
  ir::Node node;
  node.op = ir::Op::placeholder;
  node.name = node.target = std::string(name);
  node.line = line;
  if (graph_.find(name)) node.name = graph_.uniqueName(name);
  addInput(std::move(node));
  alias(name, lastInput_, line);
  if (auto* text = texts_.find(name)) late_.push_back(*text);
  problems_.warning(where, fmt::format("'{}' is not defined in {}: it becomes an input", name, fragment_ ? "this fragment" : "what is left of this text"));
  return lastInput_;
}

ir::NodeId Scope::define(std::string_view name, ir::Node&& node, Range where) {
  uint32_t line = node.line;
  if (name.empty()) {
    node.name = graph_.uniqueName(baseName(node.target));
    return graph_.append(std::move(node));
  }
  Entry& entry = names_.insert(name).value;
  if (entry.node && !isRenamed(graph_.node(entry.node), name)) {
    bool isGuess = isFragment() && graph_.node(entry.node).op == ir::Op::placeholder;
    problems_.error(where, isGuess ? fmt::format("'{}' is defined here but already used on line {}", name, problems_.shownLine(entry.line))
                                   : fmt::format("'{}' is defined twice, the first time on line {}", name, problems_.shownLine(entry.line)));
  } else if (auto used = undefined_.find(name); used != undefined_.end()) {
    problems_.reword(used->second, fmt::format("name '{}' is used before it is defined, on line {}", name, problems_.shownLine(line)));
    undefined_.erase(used);
  }
  if (auto* text = node.op == ir::Op::placeholder ? texts_.find(name) : nullptr)
    problems_.error(where, fmt::format("the input '{}' is defined here and already used on line {}", name, problems_.shownLine(text->line)));
  const bool isInput = node.op == ir::Op::placeholder;
  if (isInput) checkDefault(node, where);
  node.name = graph_.find(name) ? graph_.uniqueName(name) : std::string(name);
  entry = {isInput ? addInput(std::move(node)) : graph_.append(std::move(node)), line, 0, true};
  return entry.node;
}

/// Inputs stand before all else, as in generated code, where they are parameters.
ir::NodeId Scope::addInput(ir::Node&& node) {
  ir::NodeId before = lastInput_ ? graph_.next(lastInput_) : graph_.first();
  return lastInput_ = before ? graph_.insertBefore(before, std::move(node)) : graph_.append(std::move(node));
}

/// A default is worked out before any node runs.
void Scope::checkDefault(ir::Node& input, Range where) {
  ir::NodeId operand;
  input.forEachInput([&](ir::NodeId id) { operand = id; });
  if (!operand) return;
  problems_.error(where, fmt::format("the default of the input '{}' holds '{}', a value of the graph", input.target, graph_.node(operand).name));
  input.args.clear();
}

bool Scope::markDeleted(std::string_view name, uint32_t line) {
  Entry* entry = names_.find(name);
  if (!entry || !entry->isKnown) return false;
  entry->deletedAt = line;
  return true;
}

bool Scope::rename(ir::NodeId placeholder, std::string_view name) {
  const ir::Node& old = graph_.node(placeholder);
  std::string_view raw = old.target;
  while (raw.starts_with('*')) raw.remove_prefix(1);
  if (old.op != ir::Op::placeholder || old.name != raw || graph_.find(name) || texts_.find(name)) return false;
  ir::Node node = old;
  node.name = std::string(name);
  graph_.replace(placeholder, std::move(node));
  return true;
}

void Scope::forget(std::string_view name) {
  Entry* entry = names_.find(name);
  if (!entry) return;
  if (entry->node && graph_.users(entry->node).empty()) {
    if (entry->node == lastInput_) {
      lastInput_ = graph_.prev(lastInput_);
      if (lastInput_ && graph_.node(lastInput_).op != ir::Op::placeholder) lastInput_ = {};
    }
    graph_.erase(entry->node);
  }
  *entry = {};
}

}  // namespace graph::text
