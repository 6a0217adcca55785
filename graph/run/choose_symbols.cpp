// chooseSymbols: what is given, then the hints of the graph's text, then a bounded search for small numbers that fit the annotations and
// the stated ranges. Large numbers are the largest of a ladder whose tensors, all together, stay below a limit.
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
constexpr int64_t kLargeStarts[] = {65'536, 16'384, 4'096, 1'024, 256, 96};  // variant 2: the first that fits
constexpr int64_t kTries[] = {2,  3,  4,  5,  6,  7,  8,  9,  10, 11,  12,  13,  16,   17,   20,
                              24, 25, 32, 33, 40, 48, 64, 65, 96, 128, 256, 512, 1024, 2048, 1};

std::set<std::string> allSymbols(const ir::Graph& graph) {
  auto names = graph.symbols();
  return {names.begin(), names.end()};
}

class Search {
 public:
  /// `hinted`: a binding that the graph was made with, when the text gives one for every symbol. It says which problems are not the
  /// symbols' fault, and is the answer when nothing else fits.
  Search(const ir::Graph& graph, ir::Binding known, std::vector<std::string> unknown, std::optional<ir::Binding> hinted)
      : graph_(graph), known_(std::move(known)), unknown_(std::move(unknown)), hinted_(std::move(hinted)), unknownSet_(unknown_.begin(), unknown_.end()) {
    bool emptyAsked = std::any_of(known_.begin(), known_.end(), [](auto& entry) { return entry.second == 0; });
    auto isUnknown = [&](auto& symbol) { return unknownSet_.count(symbol) > 0; };
    for (auto& constraint : constraintsOf(graph)) {
      bool ours = std::any_of(constraint.symbols.begin(), constraint.symbols.end(), isUnknown);
      if (ours && !(constraint.habit && emptyAsked)) constraints_.push_back(constraint);
    }
  }

  ir::Binding find(const SymbolChecker& checker, int variant) {
    for (auto& symbol : unknown_) spread(symbol);
    if (variant == 2)
      for (bool mayImprove : {false, true})  // what improves a binding makes single symbols small
        for (auto base : kLargeStarts)
          if (auto large = findLarge(checker, base, mayImprove)) return *large;
    return findSmall(checker, variant);
  }

 private:
  // Distinct small numbers (of variant 2 not so small ones), whatever they make.
  ir::Binding findSmall(const SymbolChecker& checker, int variant) {
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
      auto problems = checker(binding);
      std::erase_if(problems, [](auto& problem) { return problem.kind == Problem::Kind::tooLarge; });
      auto problem = ourProblem(problems);
      if (!problem) problem = newProblem(problems, checker);
      if (!problem) return binding;
      last = problem;
      lastTried = binding;
    }
    if (variant == 2) return findSmall(checker, 1);  // they do not fit: smaller ones may
    if (hinted_) return *hinted_;
    throw InputError("no values of " + names() +
                     " fit the graph's annotations: " + (last ? last->message : "its tensors would be too large") +
                     (lastTried.empty() ? "" : " (tried " + describe(lastTried) + ")") + "; give them with --bind");
  }

  // Numbers from `base` on, in three orders; nothing when they do not fit or make too much.
  std::optional<ir::Binding> findLarge(const SymbolChecker& checker, int64_t base, bool mayImprove) {
    for (int64_t order = 0; order < 3; ++order) {
      auto binding = known_;
      auto n = static_cast<int64_t>(unknown_.size());
      for (int64_t i = 0; i < n; ++i)
        binding[unknown_[static_cast<size_t>(i)]] = order == 0 ? base + i : order == 1 ? base + n - 1 - i : base * (i + 1);
      if (!(mayImprove ? improve(binding) : broken(binding) == 0) || tooLarge(binding)) continue;
      if (std::none_of(unknown_.begin(), unknown_.end(), [&](auto& symbol) { return binding[symbol] >= base; })) continue;
      if (!checker && tooMuch(binding)) continue;
      if (!checker) return binding;
      const auto problems = checker(binding);
      auto large = [](auto& problem) { return problem.kind == Problem::Kind::tooLarge; };
      if (std::any_of(problems.begin(), problems.end(), large)) return std::nullopt;
      if (!ourProblem(problems) && !newProblem(problems, checker)) return binding;
    }
    return std::nullopt;
  }

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

  /// Numbers to try for a symbol: the usual ones, and those around the ends of its range.
  void spread(const std::string& symbol) {
    auto& tries = tries_[symbol];
    if (!tries.empty()) return;
    tries.assign(std::begin(kTries), std::end(kTries));
    auto facts = graph_.symbolTable().find(symbol);
    if (facts == graph_.symbolTable().end()) return;
    const auto& [lower, upper, hint] = facts->second;
    if (lower)
      for (int64_t i = 0; i < 8 && *lower <= INT64_MAX - 8; ++i) tries.push_back(*lower + i);
    if (upper)
      for (int64_t i = 0; i < 8 && *upper >= INT64_MIN + 8; ++i) tries.push_back(*upper - i);
    if (hint) tries.push_back(*hint);
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
    auto worst = broken(binding);
    for (int round = 0; worst > 0 && round < 8; ++round) {
      auto before = worst;
      for (auto& symbol : unknown_) {
        auto best = binding[symbol];
        for (auto candidate : tries_.at(symbol)) {
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

  // Elements of a tensor whose annotation has a symbol; 0 for others and where a symbol has no value.
  int64_t chosenElements(ir::NodeId id, const ir::Binding& binding) const {
    auto* meta = graph_.node(id).tensor();
    if (!meta) return 0;
    int64_t count = 1;
    bool chosen = false;
    for (auto& size : meta->shape) {
      auto value = size.evaluate(binding);
      if (!value) return 0;
      if (__builtin_mul_overflow(count, std::max<int64_t>(*value, 1), &count)) return INT64_MAX;
      chosen |= !size.asConstant();
    }
    return chosen ? count : 0;
  }
  bool tooLarge(const ir::Binding& binding) const {
    return std::any_of(graph_.begin(), graph_.end(), [&](auto id) { return chosenElements(id, binding) > kLargestTensor; });
  }
  bool tooMuch(const ir::Binding& binding) const {
    int64_t total = 0;
    for (auto id : graph_)
      if (__builtin_add_overflow(total, chosenElements(id, binding), &total) || total > kLargeBytes / 4) return true;
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
  // Without annotations nobody can say whose fault a problem is: it is ours when the hints do not have it.
  std::optional<Problem> newProblem(const std::vector<Problem>& problems, const SymbolChecker& checker) {
    if (problems.empty() || !hinted_) return std::nullopt;
    if (!hintedProblems_) {
      hintedProblems_.emplace();
      for (auto& problem : checker(*hinted_)) hintedProblems_->insert(problem.node);
    }
    for (auto& problem : problems)
      if (!hintedProblems_->count(problem.node)) return problem;
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
  std::optional<ir::Binding> hinted_;
  std::set<std::string> unknownSet_;
  std::vector<Constraint> constraints_;
  std::map<std::string, std::vector<int64_t>> tries_;
  std::optional<std::set<ir::NodeId>> hintedProblems_;
};

}  // namespace

ir::Binding chooseSymbols(const ir::Graph& graph, const InputRequest& request, int variant, const SymbolChecker& checker) {
  Given given(graph, request);
  return chooseSymbols(graph, given, variant, checker);
}

namespace {

/// `binding` and the hints of what it lacks; nothing when it lacks no symbol that has one, or when the hints break a constraint: what is
/// given need not go with them.
std::optional<ir::Binding> withHints(const ir::Graph& graph, const ir::Binding& binding) {
  auto hinted = binding;
  bool more = false;
  const auto& table = graph.symbolTable();
  for (auto& symbol : allSymbols(graph))
    if (auto facts = table.find(symbol); facts != table.end() && facts->second.hint) more |= hinted.try_emplace(symbol, *facts->second.hint).second;
  if (!more) return std::nullopt;
  for (auto& constraint : constraintsOf(graph))
    if (constraint.holds(hinted) == false) return std::nullopt;
  return hinted;
}

}  // namespace

ir::Binding chooseSymbols(const ir::Graph& graph, const Given& given, int variant, const SymbolChecker& checker) {
  auto binding = given.symbols();
  if (auto problem = outsideRange(graph, binding)) throw InputError(*problem);
  auto hinted = withHints(graph, binding);
  const auto unknownIn = [&](const ir::Binding& known) {
    std::vector<std::string> unknown;
    for (auto& symbol : allSymbols(graph))
      if (!known.count(symbol)) unknown.push_back(symbol);
    return unknown;
  };
  if (hinted && variant == 0) binding = *hinted;
  auto unknown = unknownIn(binding);
  if (unknown.empty()) return binding;
  if (hinted && !unknownIn(*hinted).empty()) hinted.reset();   // no whole binding to fall back on
  return Search(graph, std::move(binding), std::move(unknown), std::move(hinted)).find(checker, variant);
}

}  // namespace graph::run
