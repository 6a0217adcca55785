// Any bytes may be read as a symbolic expression: no crash, no undefined behaviour, no blow-up; what can be read survives str() and parse
// unchanged, has the same value before and after, and keeps its value when symbols are replaced by their numbers.
// Run: fuzz_symbol CORPUS_FOLDER -max_len=512
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include "graph/ir/symbol.h"

using graph::ir::Binding;
using graph::ir::Expr;

namespace {

[[noreturn]] void fail(const char* why, const std::string& first, const std::string& second) {
  std::fprintf(stderr, "%s\n  %.2000s\n  %.2000s\n", why, first.c_str(), second.c_str());
  std::abort();
}

std::string text(const std::optional<int64_t>& value) { return value ? std::to_string(*value) : "unknown"; }

/// A number for every symbol, made from its name, negative ones too.
Binding bindingOf(const Expr& expression, int64_t seed) {
  std::set<std::string> symbols;
  expression.collectSymbols(symbols);
  Binding binding;
  for (auto& name : symbols) {
    uint64_t code = 1469598103934665603u + static_cast<uint64_t>(seed);
    for (char c : name) code = (code ^ static_cast<unsigned char>(c)) * 1099511628211u;
    binding[name] = static_cast<int64_t>(code >> 40) % 41 - 17;
  }
  return binding;
}

void check(const Expr& expression) {
  std::string printed = expression.str();
  if (printed.size() > 60000) return;   // longer than what parse takes
  Expr::ParseError error{};
  auto again = Expr::parse(printed, &error);
  if (!again) {
    if (error.message.find("nested") != std::string::npos) return;   // what str() adds may be one bracket too many
    fail("printed text cannot be read", printed, error.message);
  }
  if (!(*again == expression)) fail("print and parse changed the expression", printed, again->str());
  if (again->hash() != expression.hash()) fail("equal expressions with different hashes", printed, again->str());
  for (int64_t seed : {0, 1, 2}) {
    Binding binding = bindingOf(expression, seed);
    auto before = expression.evaluate(binding), after = again->evaluate(binding);
    if (before != after) fail("the value changed", printed, text(before) + " " + text(after));
    std::map<std::string, Expr> numbers;
    for (auto& [name, value] : binding) numbers.emplace(name, Expr(value));
    auto folded = expression.substitute(numbers).evaluate({});
    if (before && folded && *before != *folded) fail("folding gives another value than evaluating", printed, text(before) + " " + text(folded));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view source(reinterpret_cast<const char*>(data), size);
  const auto started = std::chrono::steady_clock::now();
  Expr::ParseError error{};
  auto expression = Expr::parse(source, &error);
  if (!expression) {
    if (error.offset > source.size()) fail("an error behind the end", std::string(source), error.message);
    return 0;
  }
  check(*expression);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  if (took.count() > 2) fail("too slow", std::string(source), std::to_string(took.count()));
  return 0;
}
