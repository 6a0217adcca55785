#include "graph/text/scope.h"

#include <fmt/format.h>

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

}  // namespace

ir::NodeId Scope::find(std::string_view name) const {
  auto at = names_.find(name);
  return at == names_.end() ? ir::NodeId{} : at->second.node;
}

ir::Argument Scope::use(std::string_view name, Range where, uint32_t line) {
  auto at = names_.find(name);
  if (at != names_.end()) {
    Entry& entry = at->second;
    if (!entry.node) return ir::Name{std::string(name)};
    if (entry.deletedAt && !fragment_) {
      problems_.warning(where, fmt::format("'{}' is used after line {} set it to None", name, entry.deletedAt));
      entry.deletedAt = 0;
    }
    return entry.node;
  }
  if (fragment_) return addFragmentInput(name, where, line);
  if (!tolerant_) problems_.error(where, fmt::format("name '{}' is used before it is defined", name));
  poison(name);
  return ir::Name{std::string(name)};
}

ir::NodeId Scope::addFragmentInput(std::string_view name, Range where, uint32_t line) {
  ir::Node node;
  node.op = ir::Op::placeholder;
  node.name = node.target = std::string(name);
  node.line = line;
  if (graph_.find(name)) node.name = graph_.uniqueName(name);
  ir::NodeId before = lastInput_ ? graph_.next(lastInput_) : graph_.first();
  lastInput_ = before ? graph_.insertBefore(before, std::move(node)) : graph_.append(std::move(node));
  names_[name] = {lastInput_, line};
  problems_.warning(where, fmt::format("'{}' is not defined in this fragment: it becomes an input", name));
  return lastInput_;
}

ir::NodeId Scope::define(std::string_view name, ir::Node node, Range where) {
  uint32_t line = node.line;
  if (name.empty()) {
    node.name = graph_.uniqueName(baseName(node.target));
    return graph_.append(std::move(node));
  }
  auto [at, isNew] = names_.try_emplace(name);
  if (!isNew && at->second.node) {
    bool isGuess = fragment_ && graph_.node(at->second.node).op == ir::Op::placeholder;
    problems_.error(where, isGuess ? fmt::format("'{}' is defined here but already used on line {}", name, at->second.line)
                                   : fmt::format("'{}' is defined twice, the first time on line {}", name, at->second.line));
  }
  node.name = graph_.find(name) ? graph_.uniqueName(name) : std::string(name);
  at->second = {graph_.append(std::move(node)), line};
  return at->second.node;
}

void Scope::markDeleted(std::string_view name, uint32_t line) {
  auto at = names_.find(name);
  if (at != names_.end()) at->second.deletedAt = line;
}

bool Scope::rename(ir::NodeId placeholder, std::string_view name) {
  const ir::Node& old = graph_.node(placeholder);
  std::string_view raw = old.target;
  while (raw.starts_with('*')) raw.remove_prefix(1);
  if (old.op != ir::Op::placeholder || old.name != raw || graph_.find(name)) return false;
  ir::Node node = old;
  node.name = std::string(name);
  graph_.replace(placeholder, std::move(node));
  return true;
}

void Scope::forget(std::string_view name) {
  auto at = names_.find(name);
  if (at == names_.end()) return;
  if (at->second.node && graph_.users(at->second.node).empty()) graph_.erase(at->second.node);
  names_.erase(at);
}

}  // namespace graph::text
