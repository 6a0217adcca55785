#include "graph/text/operator_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "graph/ir/declared_schemas.h"
#include "graph/ir/spelling.h"
#include "graph/text/graph_form/described_target.h"
#include "graph/text/operators.h"

namespace graph::text {
namespace {

bool isCheckedNamespace(std::string_view target) { return target.starts_with("aten.") || target.starts_with("prims."); }

void reportMismatch(Reader& r, const Callee& callee, Range where, std::string problem) {
  problem += fmt::format(" (schema: {})", callee.schema->text);
  if (callee.isExact) r.problems.error(where, std::move(problem));
  else r.problems.warning(where, std::move(problem));
}

void reportUnknown(Reader& r, Callee& callee, Range where) {
  if (callee.isReported) return;
  callee.isReported = true;
  r.problems.warning(where, fmt::format("unknown operator '{}'{}", callee.target, ir::didYouMean(ir::closestTarget(callee.target))));
}

/// Operators of any namespace are read. `trch.ops.aten.relu.default` is of none.
void reportRoot(Reader& r, const Token& token) {
  static constexpr std::string_view kRoots[] = {"torch", "aten", "prims", "operator", "_operator", "math"};
  const size_t dot = token.text.find('.');
  if (dot == std::string_view::npos || token.text.starts_with("torch.")) return;
  const auto root = token.text.substr(0, dot);
  if (auto closest = ir::closestOf(root, kRoots); !closest.empty())
    r.problems.warning({token.begin, token.begin + static_cast<uint32_t>(dot)}, fmt::format("unknown module '{}'{}", root, ir::didYouMean(closest)));
}

/// `key` of `key=...` in the call that has just been read, to point at; the callee when it is not found.
Range keywordRange(const Reader& r, Range callee, std::string_view key) {
  const std::string_view text = r.lexer.whole().substr(callee.end, r.token().begin - callee.end);
  for (size_t at = text.rfind(key); at != text.npos && at > 0; at = text.rfind(key, at - 1)) {
    size_t end = at + key.size();
    while (end < text.size() && text[end] == ' ') ++end;
    if (isNameChar(text[at - 1]) || end >= text.size() || (text[end] != '=' && text[end] != ':')) continue;
    const auto begin = callee.end + static_cast<uint32_t>(at);
    return {begin, begin + static_cast<uint32_t>(key.size())};
  }
  return callee;
}

std::string closestArgument(const ir::Schema& schema, std::string_view key) {
  ir::Closest closest(key);
  for (const auto& argument : schema.arguments) closest.add(argument.name);
  return ir::didYouMean(closest.word());
}

}  // namespace

Callee& lookUpCallee(Reader& r, const Token& token) {
  auto [entry, isNew] = r.caches.callees.insert(token.text);
  if (!isNew) return *entry;
  entry = std::make_unique<Callee>();
  Callee& callee = *entry;
  callee.target = canonicalTarget(token.text);
  if (!isCheckedNamespace(callee.target) && !ir::isDeclared(callee.target)) {
    reportRoot(r, token);
    return callee;
  }
  callee.isChecked = true;
  callee.isExact = std::count(callee.target.begin(), callee.target.end(), '.') == 2;
  if (callee.isExact) callee.schema = ir::findSchema(callee.target);
  return callee;
}

Callee& lookUpPrinted(Reader& r, std::string_view printed, Range where, bool isStr) {
  DescribedTarget described = describedTarget(printed, isStr);
  Token token;
  token.kind = Token::Kind::name;
  token.text = described.target == printed ? printed : r.caches.keep(std::move(described.target));
  Callee& callee = lookUpCallee(r, token);
  if (!described.isCertain && !callee.isReported) {
    callee.isReported = true;
    r.problems.warning(where, fmt::format("the text does not say which function this is: its target is kept as '{}'", callee.target));
  }
  return callee;
}

void checkOperator(Reader& r, Callee& callee, const ir::Node& node, Range where) {
  if (!callee.isChecked) return;
  // Without an overload (torch 2.1) the number of arguments decides which schema is meant.
  if (size_t arguments = node.args.size() + node.kwargs.size(); !callee.isExact && callee.arguments != arguments) {
    callee.schema = ir::findSchema(callee.target, arguments);
    callee.arguments = arguments;
  }
  if (!callee.schema) return reportUnknown(r, callee, where);
  const ir::Schema& schema = *callee.schema;
  size_t positional = static_cast<size_t>(
      std::count_if(schema.arguments.begin(), schema.arguments.end(), [](const ir::SchemaArgument& a) { return !a.keywordOnly; }));
  if (node.args.size() > positional)
    return reportMismatch(r, callee, where, fmt::format("{} takes at most {} positional argument{}, not {}", callee.target, positional, positional == 1 ? "" : "s", node.args.size()));
  for (auto& [key, value] : node.kwargs) {
    auto index = schema.indexOf(key);
    if (!index) return reportMismatch(r, callee, keywordRange(r, where, key), fmt::format("{} has no argument '{}'{}", callee.target, key, closestArgument(schema, key)));
    if (*index < node.args.size()) return reportMismatch(r, callee, keywordRange(r, where, key), fmt::format("argument '{}' of {} is given twice", key, callee.target));
  }
  for (size_t i = node.args.size(); i < schema.arguments.size(); ++i) {
    const auto& argument = schema.arguments[i];
    if (!argument.defaultValue && !node.kwarg(argument.name))
      return reportMismatch(r, callee, where, fmt::format("{} needs argument '{}'", callee.target, argument.name));
  }
}

}  // namespace graph::text
