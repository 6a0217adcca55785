#include "graph/run/first_difference.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "graph/run/elements.h"
#include "graph/run/outcome.h"
#include "graph/run/workspace.h"

namespace graph::run {
namespace {

constexpr int64_t kWatchedBytes = int64_t{4} << 30;  // read to see who overwrites an operand

// What a node gave: types and shapes, and a digest of the elements.
struct Print {
  std::string shapes;
  uint64_t digest = 0;
  bool operator==(const Print&) const = default;
};

Print printOf(Backend& backend, const ValueList& results) {
  Print print;
  for (auto& value : flatten(results)) {
    auto* tensor = value.tensor();
    if (!tensor || !*tensor) {
      print.shapes += describePlain(value) + ";";  // numbers are compared as they print
      continue;
    }
    auto geometry = (*tensor)->geometry();
    print.shapes += describe(geometry) + ";";
    print.digest = print.digest * 31 + digest(geometry.dtype, backend.bytes(*tensor));
  }
  return print;
}

class Comparer {
 public:
  Comparer(Backend& backend, const ir::Graph& before, const ir::Graph& after, const InputRequest& request)
      : backend_(backend),
        before_(before),
        after_(after),
        seed_(request.seed),
        inputs_(makeInputs(backend, before, request)),
        first_(backend.compile(before, request.device)),
        second_(backend.compile(after, request.device)) {}

  NodeComparison run() {
    NodeComparison result;
    std::unordered_map<std::string, Print> known;
    trace(*first_, [&](ir::NodeId id, const ValueList& results) { known.emplace(before_.node(id).name, printOf(backend_, results)); });
    ir::NodeId differs;
    try {
      trace(*second_, [&](ir::NodeId id, const ValueList& results) {
        auto found = known.find(after_.node(id).name);
        if (found == known.end()) return;
        auto print = printOf(backend_, results);
        if (print.shapes != found->second.shapes) return;
        ++result.compared;
        if (print.digest != found->second.digest && !differs) differs = id;
      });
    } catch (const Stopped&) {
      throw;
    } catch (const std::runtime_error& error) {
      result.failure = error.what();
    }
    if (differs) result.first = measure(differs);
    return result;
  }

 private:
  void trace(Program& program, const NodeObserver& observer) {
    auto inputs = cloneInputs(backend_, inputs_);
    backend_.seed(seed_);
    program.trace(inputs.values, inputs.attributes, observer);
  }

  // Ends a trace that has seen enough.
  struct Enough {};

  // One operand by name, as it was computed and as it is when the node reads it.
  struct Watched {
    TensorPtr tensor;
    uint64_t computed = 0, now = 0;
    ir::NodeId changedBy;
  };
  struct Seen {
    ValueList results;
    std::map<std::string, Watched> operands;
  };

  // Runs up to `id` and keeps its result; its operands are looked at after every node from where they are computed.
  Seen look(const ir::Graph& graph, Program& program, ir::NodeId id) {
    Seen seen;
    int64_t budget = kWatchedBytes;
    std::vector<ir::NodeId> operands;
    graph.node(id).forEachInput([&](ir::NodeId operand) { operands.push_back(operand); });
    auto inputs = cloneInputs(backend_, inputs_);
    auto watch = [&](ir::NodeId operand, const Value& value) {
      auto* tensor = value.tensor();
      if (!tensor || !*tensor) return;
      auto now = digestOf(*tensor, budget);
      seen.operands[graph.node(operand).name] = {*tensor, now, now, {}};
    };
    size_t at = 0;
    for (auto placeholder : graph.placeholders()) {
      if (at >= inputs.values.size()) break;
      if (std::find(operands.begin(), operands.end(), placeholder) != operands.end()) watch(placeholder, inputs.values[at]);
      ++at;
    }
    backend_.seed(seed_);
    try {
      program.trace(inputs.values, inputs.attributes, [&](ir::NodeId node, const ValueList& results) {
        if (node == id) {
          seen.results = backend_.clone(flatten(results));
          throw Enough();
        }
        for (auto& [name, watched] : seen.operands) {
          auto now = budget > 0 ? digestOf(watched.tensor, budget) : watched.now;
          if (now != watched.now) watched.changedBy = node;
          watched.now = now;
        }
        if (results.size() == 1 && std::find(operands.begin(), operands.end(), node) != operands.end()) watch(node, results[0]);
      });
    } catch (const Enough&) {
    }
    return seen;
  }
  uint64_t digestOf(const TensorPtr& tensor, int64_t& budget) {
    auto geometry = tensor->geometry();
    auto bytes = backend_.bytes(tensor);
    budget -= static_cast<int64_t>(bytes.size());
    return digest(geometry.dtype, bytes);
  }

  FirstDifference measure(ir::NodeId id) {
    FirstDifference result;
    result.node = id;
    auto theirs = before_.find(after_.node(id).name);
    auto x = look(before_, *first_, theirs), y = look(after_, *second_, id);
    for (size_t i = 0; i < x.results.size() && i < y.results.size(); ++i) {
      auto *a = x.results[i].tensor(), *b = y.results[i].tensor();
      if (!a || !b || !*a || !*b) continue;
      auto difference = backend_.compare(*b, *a);
      result.maxAbs = std::max(result.maxAbs, difference.maxAbs);
      result.differing += difference.differing - difference.nanPayloads;
      result.elements += (*a)->geometry().numel();
    }
    for (auto& [name, before] : x.operands) {
      auto after = y.operands.find(name);
      if (after == y.operands.end() || before.now == after->second.now || before.computed != after->second.computed) continue;
      result.overwritten = {name, after->second.changedBy};
      break;
    }
    return result;
  }

  Backend& backend_;
  const ir::Graph &before_, &after_;
  uint64_t seed_;
  Inputs inputs_;
  std::unique_ptr<Program> first_, second_;
};

}  // namespace

NodeComparison firstDifference(Backend& backend, const ir::Graph& before, const ir::Graph& after, const InputRequest& request) {
  return Comparer(backend, before, after, request).run();
}

}  // namespace graph::run
