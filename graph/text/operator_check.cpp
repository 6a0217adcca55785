#include "graph/text/operator_check.h"

#include <fmt/format.h>

#include <algorithm>

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
  auto close = ir::closestTarget(callee.target);
  if (close.empty()) r.problems.warning(where, fmt::format("unknown operator '{}'", callee.target));
  else r.problems.warning(where, fmt::format("unknown operator '{}', did you mean '{}'?", callee.target, close));
}

}  // namespace

Callee& lookUpCallee(Reader& r, const Token& token) {
  auto [entry, isNew] = r.caches.callees.insert(token.text);
  if (!isNew) return *entry;
  entry = std::make_unique<Callee>();
  Callee& callee = *entry;
  callee.target = canonicalTarget(token.text);
  if (!isCheckedNamespace(callee.target)) return callee;
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
    if (!index) return reportMismatch(r, callee, where, fmt::format("{} has no argument '{}'", callee.target, key));
    if (*index < node.args.size()) return reportMismatch(r, callee, where, fmt::format("argument '{}' of {} is given twice", key, callee.target));
  }
  for (size_t i = node.args.size(); i < schema.arguments.size(); ++i) {
    const auto& argument = schema.arguments[i];
    if (!argument.defaultValue && !node.kwarg(argument.name))
      return reportMismatch(r, callee, where, fmt::format("{} needs argument '{}'", callee.target, argument.name));
  }
}

}  // namespace graph::text
