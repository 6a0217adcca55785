#include "graph/text/stated/symbol_match.h"

#include <algorithm>
#include <set>

namespace graph::text {
namespace {

using By = SymbolMatch::By;

class Matcher {
 public:
  Matcher(const std::vector<LoadedInput>& inputs, const std::map<std::string, int64_t>& values) : inputs_(inputs), values_(values), matches_(inputs.size()) {}

  std::vector<SymbolMatch> match(bool isDynamoOrder) {
    if (!isDynamoOrder) byValue();
    byOrder(isDynamoOrder);
    if (isDynamoOrder) byValue();
    return std::move(matches_);
  }

 private:
  bool isFree(size_t i) const { return inputs_[i].kind == LoadedInput::Kind::number && matches_[i].by == By::nothing; }

  void take(size_t i, const std::string& symbol, By by) {
    matches_[i] = {symbol, by};
    matched_.insert(symbol);
  }

  /// Symbols that the tensor brings, in Dynamo's order.
  std::vector<std::string> newSymbols(const LoadedInput& input) {
    std::vector<std::string> found;
    const auto add = [&](const ir::Expr& e) {
      auto symbol = soleSymbol(e);
      if (!symbol.empty() && !matched_.count(symbol) && seen_.insert(symbol).second) found.push_back(std::move(symbol));
    };
    for (const auto& size : input.tensor.shape) add(size);
    if (input.tensor.stride)
      for (const auto& stride : *input.tensor.stride) add(stride);
    add(input.offset);
    return found;
  }

  bool mayBe(size_t i, const std::string& symbol) const {
    const auto value = values_.find(symbol);
    return value == values_.end() || !inputs_[i].number || *inputs_[i].number == value->second;
  }

  void byOrder(bool isDynamoOrder) {
    std::vector<size_t> pending;   // numbers since the last tensor
    for (size_t i = 0; i < inputs_.size(); ++i) {
      if (isFree(i)) pending.push_back(i);
      if (inputs_[i].kind != LoadedInput::Kind::tensor) continue;
      const auto symbols = newSymbols(inputs_[i]);
      const bool fits = isDynamoOrder ? pending.size() >= symbols.size() : pending.size() == symbols.size();
      const size_t first = pending.size() - std::min(pending.size(), symbols.size());
      bool agrees = fits;
      for (size_t k = 0; agrees && k < symbols.size(); ++k) agrees = mayBe(pending[first + k], symbols[k]);
      for (size_t k = 0; agrees && k < symbols.size(); ++k) take(pending[first + k], symbols[k], isDynamoOrder ? By::order : By::guess);
      pending.clear();
    }
  }

  void byValue() {
    std::map<int64_t, std::vector<size_t>> numbers;
    std::map<int64_t, std::vector<std::string>> symbols;
    for (size_t i = 0; i < inputs_.size(); ++i)
      if (isFree(i) && inputs_[i].number) numbers[*inputs_[i].number].push_back(i);
    for (const auto& [symbol, value] : values_)
      if (!matched_.count(symbol)) symbols[value].push_back(symbol);
    for (const auto& [value, which] : numbers) {
      const auto found = symbols.find(value);
      if (which.size() == 1 && found != symbols.end() && found->second.size() == 1) take(which[0], found->second[0], By::value);
    }
  }

  const std::vector<LoadedInput>& inputs_;
  const std::map<std::string, int64_t>& values_;
  std::vector<SymbolMatch> matches_;
  std::set<std::string> seen_, matched_;
};

}  // namespace

std::vector<SymbolMatch> matchSymbols(const std::vector<LoadedInput>& inputs, const std::map<std::string, int64_t>& values, bool isDynamoOrder) {
  return Matcher(inputs, values).match(isDynamoOrder);
}

std::string soleSymbol(const ir::Expr& expression) {
  if (expression.asConstant()) return {};
  std::set<std::string> symbols;
  expression.collectSymbols(symbols);
  return symbols.size() == 1 && expression == ir::Expr::symbol(*symbols.begin()) ? *symbols.begin() : std::string();
}

}  // namespace graph::text
