#include "graph/run/rounds.h"

#include <algorithm>
#include <set>

#include "graph/run/constraints.h"
#include "graph/run/sizes.h"

namespace graph::run {
namespace {

constexpr int64_t kSmallBytes = int64_t{16} << 20;     // what is given is small enough to be run many times
constexpr int64_t kRepeatedBytes = int64_t{256} << 20;  // beyond this only what was given and large sizes are run
constexpr size_t kSymbolsAlone = 6;                    // with more of them, sizes 1 and 0 are tried for all at once only

class Planner {
 public:
  Planner(Backend& backend, const ir::Graph& graph, const InputRequest& request)
      : graph_(graph), request_(request), small_(propagationChecker(backend, graph, false)), large_(propagationChecker(backend, graph, true)) {
    free_.seed = request.seed;
    free_.device = request.device;
  }

  std::vector<Round> plan() {
    auto symbols = chooseSymbols(graph_, request_, 0, small_);
    rounds_.push_back({"as given", bound(request_, symbols), true, ""});
    seen_.insert(symbols);
    fills(symbols);
    if (!symbols.empty()) {
      constraints_ = constraintsOf(graph_);
      for (auto& problem : small_(symbols)) usual_.insert(problem.node);
      sizes(1);
      sizes(0);
      large(symbols);
    }
    return std::move(rounds_);
  }

 private:
  static InputRequest bound(InputRequest request, const ir::Binding& symbols) {
    for (auto& [symbol, value] : symbols) request.bind[symbol] = value;
    return request;
  }

  // On what was given when it is small, else on small numbers of our own.
  void fills(const ir::Binding& symbols) {
    auto base = bound(request_, symbols);
    if (inputBytes(graph_, symbols) > kSmallBytes && !symbols.empty()) {
      try {
        auto own = chooseSymbols(graph_, free_, 1, small_);
        if (inputBytes(graph_, own) < inputBytes(graph_, symbols)) base = bound(free_, own);
      } catch (const InputError&) {
        // only what was given fits
      }
    }
    bool tooMuch = inputBytes(graph_, base.bind) > kRepeatedBytes;
    for (auto fill : {Fill::duplicates, Fill::special, Fill::extreme, Fill::allTrue, Fill::allFalse}) {
      if (!concernsInputs(fill)) continue;
      auto request = base;
      request.fill = fill;
      rounds_.push_back({std::string(fillName(fill)), std::move(request), !tooMuch, tooMuch ? tooMuchText() : ""});
    }
  }

  void sizes(int64_t value) {
    std::vector<ir::Binding> wanted;
    auto symbols = graph_.symbols();
    if (symbols.size() > 1 && symbols.size() <= kSymbolsAlone)
      for (auto& symbol : symbols) wanted.push_back({{symbol, value}});
    wanted.emplace_back();
    for (auto& symbol : symbols) wanted.back()[symbol] = value;
    for (auto& values : wanted) {
      auto name = values.size() == 1 ? describe(values) : "all sizes " + std::to_string(value);
      try {
        auto request = free_;
        request.bind = values;
        auto whole = chooseSymbols(graph_, request, 1, small_);
        if (allowed(whole)) add(name, bound(request, whole));
      } catch (const InputError&) {
        // not legal: a range, a guard or an annotation forbids it
      }
    }
  }

  // Constraints hold, and meta propagation finds nothing that it does not find at what was given.
  bool allowed(const ir::Binding& symbols) {
    if (std::any_of(constraints_.begin(), constraints_.end(), [&](auto& c) { return !c.habit && c.holds(symbols) == false; })) return false;
    auto problems = small_(symbols);
    return std::all_of(problems.begin(), problems.end(), [&](auto& problem) { return usual_.count(problem.node); });
  }

  // Large numbers for what was left open; when what was given leaves nothing open, for everything.
  void large(const ir::Binding& given) {
    try {
      auto symbols = chooseSymbols(graph_, request_, 2, large_);
      if (symbols != given) return add("large sizes", bound(request_, symbols));
      add("large sizes", bound(free_, chooseSymbols(graph_, free_, 2, large_)));
    } catch (const InputError&) {
      // inputs without annotation, say: only what was given can be tried
    }
  }

  // Every binding once.
  void add(const std::string& name, InputRequest request) {
    if (!seen_.insert(request.bind).second) return;
    bool tooMuch = name != "large sizes" && inputBytes(graph_, request.bind) > kRepeatedBytes;
    rounds_.push_back({name, std::move(request), !tooMuch, tooMuch ? tooMuchText() : ""});
  }

  bool concernsInputs(Fill fill) const {
    return std::any_of(graph_.begin(), graph_.end(), [&](auto id) {
      auto& node = graph_.node(id);
      return (node.op == ir::Op::placeholder || node.op == ir::Op::get_attr) && node.tensor() && concerns(fill, node.tensor()->dtype);
    });
  }

  static std::string tooMuchText() { return "left out: the inputs take more than " + std::to_string(kRepeatedBytes >> 20) + " MiB"; }

  const ir::Graph& graph_;
  const InputRequest& request_;
  InputRequest free_;  // seed and device alone
  SymbolChecker small_, large_;
  std::set<ir::Binding> seen_;
  std::vector<Constraint> constraints_;
  std::set<ir::NodeId> usual_;  // problems that meta propagation has with what was given too
  std::vector<Round> rounds_;
};

}  // namespace

int64_t inputBytes(const ir::Graph& graph, const ir::Binding& binding) {
  int64_t total = 0;
  std::set<std::string> attributes;
  for (auto id : graph) {
    auto& node = graph.node(id);
    bool source = node.op == ir::Op::placeholder || (node.op == ir::Op::get_attr && attributes.insert(node.target).second);
    if (!source || !node.tensor()) continue;
    int64_t bytes = ir::itemSize(node.tensor()->dtype);
    for (auto& size : node.tensor()->shape)
      if (__builtin_mul_overflow(bytes, std::max<int64_t>(size.evaluate(binding).value_or(1), 0), &bytes)) return INT64_MAX;
    if (__builtin_add_overflow(total, bytes, &total)) return INT64_MAX;
  }
  return total;
}

std::vector<Round> planRounds(Backend& backend, const ir::Graph& graph, const InputRequest& request) {
  return Planner(backend, graph, request).plan();
}

}  // namespace graph::run
