// The table of operators: generated lines, found by hash, parsed when first asked for.
//
// A parsed schema is published with one compare-and-swap and lives until the program ends, so that pointers to it stay valid and any
// thread may ask. A line that cannot be parsed (a TorchScript form) counts as unknown.
#include "graph/ir/schema.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <unordered_map>

#include "graph/ir/declared_schemas.h"
#include "graph/ir/schema_parse.h"
#include "graph/ir/spelling.h"

namespace graph::ir {
namespace {

struct Line {
  const char* target;
  const char* text;
  unsigned tags;  // the sum of those below: scripts/python/schemas.py writes them
};
constexpr unsigned pointwiseTag = 1, randomTag = 2;
constexpr Line lines[] = {
#include "schemas.inc"
};
constexpr size_t lineCount = std::size(lines);

/// Parsed schemas by line number, and the hash of targets.
class Table {
 public:
  static Table& instance() {
    static Table table;
    return table;
  }

  const Schema* exact(std::string_view target) {
    const auto found = byTarget_.find(target);
    return found == byTarget_.end() ? nullptr : parsed(found->second);
  }

  /// The lines whose target starts with `prefix`, as [first, last).
  std::pair<size_t, size_t> withPrefix(std::string_view prefix) const {
    const auto begin = std::lower_bound(targets_.begin(), targets_.end(), prefix);
    auto end = begin;
    while (end != targets_.end() && end->starts_with(prefix)) ++end;
    return {static_cast<size_t>(begin - targets_.begin()), static_cast<size_t>(end - targets_.begin())};
  }

  const Schema* parsed(size_t index) {
    std::atomic<const Schema*>& slot = parsed_[index];
    if (const Schema* ready = slot.load(std::memory_order_acquire)) return ready == &broken_ ? nullptr : ready;
    std::unique_ptr<Schema> fresh;
    try {
      fresh = std::make_unique<Schema>(parseSchema(lines[index].target, lines[index].text));
      fresh->pointwise = lines[index].tags & pointwiseTag;
      fresh->random = lines[index].tags & randomTag;
    } catch (const std::invalid_argument&) {
      slot.store(&broken_, std::memory_order_release);
      return nullptr;
    }
    const Schema* expected = nullptr;
    if (slot.compare_exchange_strong(expected, fresh.get(), std::memory_order_acq_rel)) return fresh.release();
    return expected;
  }

  const std::vector<std::string_view>& targets() const { return targets_; }

  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

 private:
  Table() : parsed_(lineCount) {
    byTarget_.reserve(lineCount);
    targets_.reserve(lineCount);
    for (const Line& line : lines) {
      byTarget_.emplace(line.target, targets_.size());
      targets_.emplace_back(line.target);
    }
  }
  ~Table() {
    for (const auto& slot : parsed_) {
      if (const Schema* ready = slot.load(); ready != &broken_) delete ready;
    }
  }

  std::vector<std::string_view> targets_;  // sorted, as the lines are
  std::unordered_map<std::string_view, size_t> byTarget_;
  std::vector<std::atomic<const Schema*>> parsed_;
  const Schema broken_{};
};

/// Whether that many positional arguments can be all that a call gives.
bool takes(const Schema& schema, size_t count) {
  size_t positional = 0, required = 0;
  for (const SchemaArgument& argument : schema.arguments) {
    if (argument.keywordOnly) continue;
    ++positional;
    if (!argument.defaultValue) ++required;
  }
  return count >= required && (schema.variadic || count <= positional);
}

/// An overload that a printed graph never means: by name of a dimension, or with results written to `out`.
bool isCallable(const Schema& schema) {
  for (const SchemaArgument& argument : schema.arguments) {
    if (argument.keywordOnly && argument.written) return false;
  }
  return !schema.target.ends_with(".Dimname") && !schema.target.ends_with(".names");
}

const Schema* exactSchema(std::string_view target) {
  const Schema* known = Table::instance().exact(target);
  return known ? known : declaredSchema(target);
}

/// All whose target starts with `prefix`: torch's, then the declared ones.
std::vector<const Schema*> schemasWithPrefix(std::string_view prefix) {
  std::vector<const Schema*> result;
  const auto [first, last] = Table::instance().withPrefix(prefix);
  for (size_t i = first; i < last; ++i)
    if (const Schema* schema = Table::instance().parsed(i)) result.push_back(schema);
  for (const Schema* schema : declaredSchemas(prefix)) result.push_back(schema);
  return result;
}

const Schema* withoutOverload(std::string_view target, size_t count) {
  const std::string prefix = std::string(target) + ".";
  const Schema* byDefault = exactSchema(prefix + "default");
  // aten.add.default adds Python numbers: a printed aten.add with tensors does not mean it.
  const bool ofTensors = byDefault && !byDefault->arguments.empty() && byDefault->arguments[0].type.starts_with("Tensor");
  if (ofTensors && (count == SIZE_MAX || takes(*byDefault, count))) return byDefault;
  const Schema* only = nullptr;
  for (const Schema* schema : schemasWithPrefix(prefix)) {
    if (!isCallable(*schema) || (count != SIZE_MAX && !takes(*schema, count))) continue;
    if (only) return nullptr;  // torch would choose by the arguments' types: not known here
    only = schema;
  }
  return only;
}

struct TargetParts {
  std::string_view operation, overload;  // "aten.add", "Tensor"
};
std::optional<TargetParts> splitTarget(std::string_view target) {
  const size_t dot = target.rfind('.');
  if (dot == std::string_view::npos || target.find('.') == dot) return std::nullopt;
  return TargetParts{target.substr(0, dot), target.substr(dot + 1)};
}

}  // namespace

std::optional<size_t> Schema::indexOf(std::string_view name) const {
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].name == name) return i;
  }
  return std::nullopt;
}

bool Schema::mutates() const {
  return std::any_of(arguments.begin(), arguments.end(), [](const SchemaArgument& argument) { return argument.written; });
}

const Schema* findSchema(std::string_view target, size_t argumentCount) {
  if (const Schema* found = exactSchema(target)) return found;
  const size_t dots = static_cast<size_t>(std::count(target.begin(), target.end(), '.'));
  return dots == 1 ? withoutOverload(target, argumentCount) : nullptr;
}

const Schema* findTableSchema(std::string_view target) { return Table::instance().exact(target); }

const std::vector<std::string_view>& allTargets() { return Table::instance().targets(); }

std::string_view closestTarget(std::string_view target) {
  if (target.size() > 200) return {};
  std::string_view closest;
  size_t best = std::max<size_t>(1, target.size() / 6) + 1;  // only smaller distances count
  for (std::string_view candidate : allTargets()) {
    const size_t distance = editDistance(target, candidate, best - 1);
    if (distance >= best) continue;
    best = distance;
    closest = candidate;
    if (best == 0) break;
  }
  return closest;
}

const Argument* argumentByName(const Node& node, std::string_view name) {
  if (const Argument* given = node.kwarg(name)) return given;
  return argumentByName(node, node.op == Op::call_function ? findSchema(node.target, node.args.size()) : nullptr, name);
}

const Argument* argumentByName(const Node& node, const Schema* schema, std::string_view name) {
  if (const Argument* given = node.kwarg(name)) return given;
  if (node.op != Op::call_function || !schema) return nullptr;
  const auto index = schema->indexOf(name);
  if (!index) return nullptr;
  const SchemaArgument& argument = schema->arguments[*index];
  if (!argument.keywordOnly && *index < node.args.size()) return &node.args[*index];
  return argument.defaultValue ? &*argument.defaultValue : nullptr;
}

namespace {

// Functional operators whose in-place form changes the size, layout or storage of its argument.
constexpr std::array<std::string_view, 7> geometryChanging = {
    "resize", "resize_as", "resize_as_sparse", "sparse_resize", "sparse_resize_and_clear", "set", "squeeze_copy"};

bool isTwin(const Schema& functional, const Schema& inPlace) {
  if (functional.arguments.size() != inPlace.arguments.size() || functional.arguments.empty()) return false;
  if (inPlace.returns.size() != 1 || inPlace.returns[0].type != "Tensor") return false;
  for (size_t i = 0; i < functional.arguments.size(); ++i) {
    const SchemaArgument &a = functional.arguments[i], &b = inPlace.arguments[i];
    if (a.name != b.name || a.type != b.type || a.keywordOnly != b.keywordOnly || a.defaultValue != b.defaultValue) return false;
    if (a.written || b.written != (i == 0)) return false;
  }
  return inPlace.returns[0].written && inPlace.returns[0].aliasSet == inPlace.arguments[0].aliasSet;
}

}  // namespace

std::string inPlaceTwin(std::string_view target) {
  const auto parts = splitTarget(target);
  if (!parts) return {};
  const Schema* functional = findSchema(target);
  // A result that aliases an argument is a view: its in-place form changes the geometry (transpose_, squeeze_, unsqueeze_, t_ …).
  if (!functional || functional->returns.size() != 1 || functional->returns[0].type != "Tensor" || !functional->returns[0].aliasSet.empty())
    return {};
  const std::string_view name = parts->operation.substr(parts->operation.find('.') + 1);
  if (std::find(geometryChanging.begin(), geometryChanging.end(), name) != geometryChanging.end()) return {};
  const std::string operation = std::string(parts->operation) + "_.";
  const std::string sameOverload = operation + std::string(parts->overload);
  if (const Schema* twin = findSchema(sameOverload); twin && isTwin(*functional, *twin)) return sameOverload;
  std::string found;
  for (const Schema* twin : schemasWithPrefix(operation)) {
    if (!isTwin(*functional, *twin)) continue;
    if (!found.empty()) return {};
    found = twin->target;
  }
  return found;
}

std::string functionalTwin(std::string_view target) {
  const auto parts = splitTarget(target);
  const Schema* inPlace = parts ? findSchema(target) : nullptr;
  if (!inPlace || !parts->operation.ends_with('_')) return {};
  const std::string_view operation = parts->operation.substr(0, parts->operation.size() - 1);
  const std::string sameOverload = std::string(operation) + "." + std::string(parts->overload);
  if (inPlaceTwin(sameOverload) == inPlace->target) return sameOverload;
  std::string found;
  const auto [first, last] = Table::instance().withPrefix(std::string(operation) + ".");
  for (size_t i = first; i < last; ++i) {
    const Schema* functional = Table::instance().parsed(i);
    if (!functional || !isTwin(*functional, *inPlace) || inPlaceTwin(functional->target) != inPlace->target) continue;
    if (!found.empty()) return {};
    found = functional->target;
  }
  return found;
}

}  // namespace graph::ir
