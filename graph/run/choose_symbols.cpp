// chooseSymbols: what is given, then what follows from it, then a bounded search for small numbers that fit the annotations.
#include <algorithm>
#include <set>

#include "graph/run/constraints.h"
#include "graph/run/given.h"
#include "graph/run/inputs.h"
#include "graph/run/sizes.h"

namespace graph::run {
namespace {

constexpr int kChecks = 24;                            // propagations at most
constexpr int kStarts = 12;                            // starting points of the search
constexpr int64_t kLargestTensor = int64_t{64} << 20;  // elements of one annotated tensor, for chosen symbols

std::set<std::string> allSymbols(const ir::Graph& graph) {
  auto names = graph.symbols();
  return {names.begin(), names.end()};
}

class Search {
 public:
  Search(const ir::Graph& graph, ir::Binding known, std::vector<std::string> unknown)
      : graph_(graph), known_(std::move(known)), unknown_(std::move(unknown)), unknownSet_(unknown_.begin(), unknown_.end()) {
    for (auto& constraint : constraintsOf(graph))
      if (std::any_of(constraint.symbols.begin(), constraint.symbols.end(), [&](auto& s) { return unknownSet_.count(s) > 0; }))
        constraints_.push_back(constraint);
  }

  ir::Binding find(const SymbolChecker& checker, int variant) {
    std::optional<Problem> last;
    ir::Binding lastTried;
    int checks = 0;
    for (int start = 0; start < kStarts && checks < kChecks; ++start) {
      auto binding = known_;
      for (size_t i = 0; i < unknown_.size(); ++i) binding[unknown_[i]] = startValue(variant, start, i);
      if (!improve(binding)) {
        if (!last) last = Problem{ir::NodeId{}, firstBroken(binding)}, lastTried = binding;
        continue;
      }
      if (tooLarge(binding)) continue;
      if (!checker) return binding;
      ++checks;
      auto problem = ourProblem(checker(binding));
      if (!problem) return binding;
      last = problem;
      lastTried = binding;
    }
    if (variant == 2) return find(checker, 1);  // large ones do not fit: other small ones may
    throw InputError("no values of " + names() +
                     " fit the graph's annotations: " + (last ? last->message : "its tensors would be too large") +
                     (lastTried.empty() ? "" : " (tried " + describe(lastTried) + ")") + "; give them with --bind");
  }

 private:
  // Distinct small numbers: in order, then reversed, then powers of two, multiples of 8 (views that need divisibility), all equal.
  int64_t startValue(int variant, int start, size_t i) const {
    static constexpr int64_t kBase[] = {3, 5, 24};
    int64_t base = kBase[std::clamp(variant, 0, 2)], n = static_cast<int64_t>(unknown_.size()), at = static_cast<int64_t>(i);
    switch (start) {
      case 0:
        return base + at;
      case 1:
        return base + n - 1 - at;
      case 2:
        return base + 2 * at;
      case 3:
        return 8 * (at + 1) * (variant == 2 ? 4 : 1) + 8 * variant;
      case 4:
        return 8 * (n - at) * (variant == 2 ? 4 : 1) + 8 * variant;
      case 5:
        return int64_t{1} << std::min<int64_t>(at + 2 + variant, 10);
      case 6:
        return int64_t{1} << std::min<int64_t>(n - at + 1 + variant, 10);
      case 7:
        return 64 * (at + 1);
      case 8:
        return base;
      case 9:
        return 8 << variant;
      case 10:
        return 2;
      default:
        return 1;
    }
  }

  size_t broken(const ir::Binding& binding) const {
    size_t count = 0;
    for (auto& constraint : constraints_)
      if (constraint.holds(binding) == false) ++count;
    return count;
  }
  std::string firstBroken(const ir::Binding& binding) const {
    for (auto& constraint : constraints_)
      if (constraint.holds(binding) == false) return constraint.text;
    return "";
  }

  // Changes one symbol at a time while fewer constraints are broken.
  bool improve(ir::Binding& binding) const {
    static constexpr int64_t kTries[] = {2,  3,  4,  5,  6,  7,  8,  9,  10, 11,  12,  13,  16,   17,   20,
                                         24, 25, 32, 33, 40, 48, 64, 65, 96, 128, 256, 512, 1024, 2048, 1};
    auto worst = broken(binding);
    for (int round = 0; worst > 0 && round < 8; ++round) {
      auto before = worst;
      for (auto& symbol : unknown_) {
        auto best = binding[symbol];
        for (auto candidate : kTries) {
          binding[symbol] = candidate;
          auto count = broken(binding);
          // A tie goes to a value that no other symbol has: equal values hide mistakes.
          if (count < worst || (count == worst && clashes(binding, symbol, best) && !clashes(binding, symbol, candidate)))
            worst = count, best = candidate;
          if (worst == 0 && !clashes(binding, symbol, best)) break;
        }
        binding[symbol] = best;
      }
      if (worst == before) break;
    }
    return worst == 0;
  }
  bool clashes(const ir::Binding& binding, const std::string& symbol, int64_t value) const {
    return std::any_of(unknown_.begin(), unknown_.end(), [&](auto& other) { return other != symbol && binding.at(other) == value; });
  }

  bool tooLarge(const ir::Binding& binding) const {
    for (auto id : graph_) {
      auto* meta = graph_.node(id).tensor();
      if (!meta) continue;
      int64_t count = 1;
      bool chosen = false;
      for (auto& size : meta->shape) {
        auto value = size.evaluate(binding);
        if (!value || __builtin_mul_overflow(count, std::max<int64_t>(*value, 1), &count)) return !value ? false : true;
        chosen |= !size.asConstant();
      }
      if (chosen && count > kLargestTensor) return true;
    }
    return false;
  }

  // A problem that other values might cure: a disagreement at a node whose annotation or inputs mention a chosen symbol.
  std::optional<Problem> ourProblem(const std::vector<Problem>& problems) const {
    for (auto& problem : problems) {
      if (problem.kind == Problem::Kind::unsupported || !graph_.contains(problem.node)) continue;
      auto& node = graph_.node(problem.node);
      bool ours = mentions(node.meta);
      node.forEachInput([&](ir::NodeId input) { ours |= mentions(graph_.node(input).meta); });
      if (ours) return problem;
    }
    return std::nullopt;
  }
  bool mentions(const ir::Meta& meta) const {
    std::set<std::string> symbols;
    if (auto* tensor = std::get_if<ir::TensorMeta>(&meta))
      for (auto& size : tensor->shape) size.collectSymbols(symbols);
    if (auto* sym = std::get_if<ir::SymMeta>(&meta)) sym->value.collectSymbols(symbols);
    return std::any_of(symbols.begin(), symbols.end(), [&](auto& s) { return unknownSet_.count(s) > 0; });
  }
  std::string names() const {
    std::string text;
    for (auto& symbol : unknown_) text += (text.empty() ? "" : ", ") + symbol;
    return text;
  }

  const ir::Graph& graph_;
  ir::Binding known_;
  std::vector<std::string> unknown_;
  std::set<std::string> unknownSet_;
  std::vector<Constraint> constraints_;
};

}  // namespace

ir::Binding chooseSymbols(const ir::Graph& graph, const InputRequest& request, int variant, const SymbolChecker& checker) {
  Given given(graph, request);
  return chooseSymbols(graph, given, variant, checker);
}

ir::Binding chooseSymbols(const ir::Graph& graph, const Given& given, int variant, const SymbolChecker& checker) {
  auto binding = given.symbols();
  std::vector<std::string> unknown;
  for (auto& symbol : allSymbols(graph))
    if (!binding.count(symbol)) unknown.push_back(symbol);
  if (unknown.empty()) return binding;
  return Search(graph, std::move(binding), std::move(unknown)).find(checker, variant);
}

}  // namespace graph::run
