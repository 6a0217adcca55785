// The registry of declared schemas, and what a declaration must fulfil beyond being readable.
#include "graph/ir/declared_schemas.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "graph/ir/schema_parse.h"
#include "graph/ir/spelling.h"

namespace graph::ir {
namespace {

class Registry {
 public:
  static Registry& instance() {
    static Registry registry;
    return registry;
  }

  const Schema* find(std::string_view target) const {
    if (empty_.load(std::memory_order_acquire)) return nullptr;  // the usual case costs no lock
    const std::shared_lock lock(mutex_);
    const auto found = current_.find(target);
    return found == current_.end() ? nullptr : found->second;
  }

  std::vector<const Schema*> withPrefix(std::string_view prefix) const {
    std::vector<const Schema*> result;
    if (empty_.load(std::memory_order_acquire)) return result;
    const std::shared_lock lock(mutex_);
    for (auto at = current_.lower_bound(prefix); at != current_.end() && at->first.starts_with(prefix); ++at) result.push_back(at->second);
    return result;
  }

  const Schema& add(Schema schema) {
    const std::unique_lock lock(mutex_);
    if (const auto old = current_.find(schema.target); old != current_.end() && isSame(*old->second, schema)) return *old->second;
    const Schema& kept = all_.emplace_back(std::move(schema));
    current_[kept.target] = &kept;
    changed();
    return kept;
  }

  void remove(const Schema& schema) {
    const std::unique_lock lock(mutex_);
    const auto found = current_.find(schema.target);
    if (found == current_.end() || found->second != &schema) return;
    current_.erase(found);
    changed();
  }

  uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

  static bool isSame(const Schema& a, const Schema& b) {
    return a.arguments == b.arguments && a.returns == b.returns && a.variadic == b.variadic && a.pointwise == b.pointwise;
  }

 private:
  void changed() {
    empty_.store(current_.empty(), std::memory_order_release);
    generation_.fetch_add(1, std::memory_order_acq_rel);
  }

  mutable std::shared_mutex mutex_;
  std::map<std::string_view, const Schema*, std::less<>> current_;  // keys live in the schemas
  std::deque<Schema> all_;                                          // never shrinks: pointers stay valid
  std::atomic<bool> empty_{true};
  std::atomic<uint64_t> generation_{0};
};

[[noreturn]] void fail(std::string_view text, std::string_view part, const std::string& what) {
  const size_t at = part.data() ? static_cast<size_t>(part.data() - text.data()) : 0;
  throw std::invalid_argument(schemaError(text, at, what));
}

/// The word `word` of `text` at or after `from`, for a caret; the place `from` when it is not there.
std::string_view wordIn(std::string_view text, std::string_view word, size_t from) {
  const auto isWord = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  for (size_t at = text.find(word, from); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    if ((at == 0 || !isWord(text[at - 1])) && (end == text.size() || !isWord(text[end]))) return text.substr(at, word.size());
  }
  return text.substr(from, 0);
}

/// `mylib.rope_.default` of `mylib::rope_(…`.
std::string targetOf(std::string_view text) {
  const std::string_view name = text.substr(0, text.find('('));
  if (name.size() == text.size()) fail(text, text.substr(text.size()), "has no argument list");
  const size_t colons = name.find("::");
  if (colons == std::string_view::npos) fail(text, name, "has no namespace: write mylib::name(...)");
  const auto isName = [](std::string_view word) {
    return !word.empty() && !std::isdigit(static_cast<unsigned char>(word[0])) &&
           std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
  };
  const std::string_view space = name.substr(0, colons), rest = name.substr(colons + 2);
  const size_t dot = rest.find('.');
  const std::string_view operation = rest.substr(0, dot), overload = dot == std::string_view::npos ? "default" : rest.substr(dot + 1);
  for (std::string_view word : {space, operation, overload})
    if (!isName(word)) fail(text, word, "has a name that is none: '" + std::string(word) + "'");
  if (space == "higher_order") fail(text, space, "names a higher-order operator, whose arguments no schema describes");
  return std::string(space) + "." + std::string(operation) + "." + std::string(overload);
}

void checkType(std::string_view text, const std::string& type, std::string_view near) {
  static constexpr std::string_view kTypes[] = {"Tensor", "int", "SymInt", "float", "SymFloat", "bool", "SymBool", "str", "Scalar", "complex",
                                                "ScalarType", "Layout", "Device", "MemoryFormat", "Generator", "Dimname", "Storage", "Stream",
                                                "QScheme", "Any", "NoneType", "Dict", "Future", "Await", "RRef", "Union", "Optional", "Tuple"};
  const std::string base = type.substr(0, type.find_first_of("?[("));
  if (base.empty() || base.starts_with("__torch__.") || std::find(std::begin(kTypes), std::end(kTypes), base) != std::end(kTypes)) return;
  fail(text, near, "has an unknown type '" + base + "'" + didYouMean(closestOf(base, kTypes)));
}

void check(const Schema& schema, std::string_view text) {
  size_t at = text.find('(');
  for (size_t i = 0; i < schema.arguments.size(); ++i) {
    const SchemaArgument& argument = schema.arguments[i];
    const std::string base = argument.type.substr(0, argument.type.find_first_of("?[("));
    checkType(text, argument.type, wordIn(text, base, at));
    const std::string_view name = wordIn(text, argument.name, at);
    if (argument.name.find('.') != std::string::npos) fail(text, name, "has a name that is none: '" + argument.name + "'");
    if (*schema.indexOf(argument.name) != i) fail(text, wordIn(text, argument.name, static_cast<size_t>(name.data() - text.data()) + name.size()), "has two arguments '" + argument.name + "'");
    if (!argument.aliasSet.empty() && base != "Tensor")
      fail(text, name, "has an alias set on '" + argument.name + "', which is no tensor");
    at = static_cast<size_t>(name.data() - text.data());
  }
  at = text.rfind("->");
  for (const SchemaReturn& result : schema.returns) {
    checkType(text, result.type, wordIn(text, result.type.substr(0, result.type.find_first_of("?[(")), at));
    if (result.aliasSet.empty() || result.aliasSet == "*") continue;
    const auto shown = std::find_if(schema.arguments.begin(), schema.arguments.end(), [&](const SchemaArgument& a) { return a.aliasSet == result.aliasSet; });
    const std::string_view place = wordIn(text, result.aliasSet, at);
    if (shown == schema.arguments.end()) fail(text, place, "has a result in the alias set '" + result.aliasSet + "', which no argument has");
    if (shown->written != result.written)
      fail(text, place, "has a result in the alias set '" + result.aliasSet + "', written in one place and not in the other: write (" + result.aliasSet + "!) in both");
  }
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n"), last = text.find_last_not_of(" \t\r\n");
  return first == std::string_view::npos ? std::string_view{} : text.substr(first, last - first + 1);
}

}  // namespace

const Schema& declareSchema(std::string_view given, bool pointwise) {
  std::string line(trimmed(given));
  for (char& c : line)
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';  // written over several lines
  const std::string_view text = line;
  Schema schema = parseSchema(targetOf(text), text);
  check(schema, text);
  schema.pointwise = pointwise;
  if (const Schema* known = findTableSchema(schema.target)) {
    schema.pointwise = known->pointwise;
    if (!Registry::isSame(*known, schema))
      throw std::invalid_argument("torch has the operator " + schema.target + ", with another schema:\n  " + known->text);
    return *known;
  }
  return Registry::instance().add(std::move(schema));
}

void withdrawSchema(const Schema& declared) { Registry::instance().remove(declared); }
uint64_t schemaGeneration() { return Registry::instance().generation(); }
bool isDeclared(std::string_view target) {
  const auto& registry = Registry::instance();
  return registry.find(target) || (std::count(target.begin(), target.end(), '.') == 1 && !registry.withPrefix(std::string(target) + ".").empty());
}
const Schema* declaredSchema(std::string_view target) { return Registry::instance().find(target); }
std::vector<const Schema*> declaredSchemas(std::string_view prefix) { return Registry::instance().withPrefix(prefix); }

}  // namespace graph::ir
