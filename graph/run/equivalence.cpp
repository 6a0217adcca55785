#include "graph/run/equivalence.h"

#include <algorithm>

#include "graph/run/elements.h"
#include "graph/run/outcome.h"

namespace graph::run {
namespace {

// One pair of tensors: bits, and where tolerance is allowed element by element on the host.
ItemComparison compareTensors(Backend& backend, const std::string& name, const TensorPtr& a, const TensorPtr& b, bool bits) {
  ItemComparison item{name};
  auto geometry = b->geometry();
  item.problem = misfit(a->geometry(), geometry);
  if (!item.problem.empty()) {
    item.same = item.identical = false;
    return item;
  }
  auto difference = backend.compare(b, a);
  item.identical = difference.identical;
  item.maxAbs = difference.maxAbs;
  item.maxRel = difference.maxRel;
  if (item.identical) return item;
  item.same = !bits && compareElements(geometry.dtype, backend.bytes(b), backend.bytes(a), toleranceOf(geometry.dtype)).close;
  if (!item.same) item.problem = std::to_string(difference.differing) + " elements differ";
  return item;
}

ItemComparison compareValues(Backend& backend, const std::string& name, const Value& a, const Value& b, bool bits) {
  auto *x = a.tensor(), *y = b.tensor();
  if (x && y && *x && *y) return compareTensors(backend, name, *x, *y, bits);
  ItemComparison item{name};
  bool equal = a.data.index() == b.data.index() && describePlain(a) == describePlain(b);
  if (auto* p = std::get_if<double>(&a.data), *q = std::get_if<double>(&b.data); p && q) equal = *p == *q || (*p != *p && *q != *q);
  if (!equal) {
    item.same = item.identical = false;
    item.problem = describePlain(a) + " against " + describePlain(b);
  }
  return item;
}

// Folds one binding's item into the report: the worst of each name.
void merge(std::vector<ItemComparison>& into, ItemComparison item) {
  for (auto& known : into) {
    if (known.name != item.name) continue;
    known.same &= item.same;
    known.identical &= item.identical;
    known.maxAbs = std::max(known.maxAbs, item.maxAbs);
    known.maxRel = std::max(known.maxRel, item.maxRel);
    if (known.problem.empty()) known.problem = std::move(item.problem);
    return;
  }
  into.push_back(std::move(item));
}

// The first difference between two sets of sharing pairs, in words.
std::string sharingDifference(const std::set<std::pair<std::string, std::string>>& before,
                              const std::set<std::pair<std::string, std::string>>& after) {
  for (auto& pair : after)
    if (!before.count(pair)) return pair.first + " shares memory with " + pair.second + " only after the rewrite";
  for (auto& pair : before)
    if (!after.count(pair)) return pair.first + " shares memory with " + pair.second + " only before the rewrite";
  return {};
}
std::string leakDifference(const std::set<std::string>& before, const std::set<std::string>& after) {
  for (auto& name : after)
    if (!before.count(name)) return "writing to the outputs changes " + name + " only after the rewrite";
  for (auto& name : before)
    if (!after.count(name)) return "writing to the outputs changes " + name + " only before the rewrite";
  return {};
}

class Comparison {
 public:
  Comparison(Backend& backend, const ir::Graph& before, const ir::Graph& after, const EquivalenceRequest& request)
      : backend_(backend),
        graph_(before),
        request_(request),
        before_(backend.compile(before, request.inputs.device)),
        after_(backend.compile(after, request.inputs.device)) {}

  Equivalence run() {
    auto inputs = makeInputs(backend_, graph_, request_.inputs, request_.variants.empty() ? 0 : request_.variants[0]);
    result_.bitIdentical = true;
    result_.status = Equivalence::Status::same;
    one(inputs);
    for (auto& other : otherInputs(inputs)) {
      if (std::find(result_.bindings.begin(), result_.bindings.end(), other.symbols) != result_.bindings.end()) continue;
      try {
        one(other);
      } catch (const InputError&) {
        // a guard, or a shape that this graph was specialised for, forbids these numbers: they say nothing about equality
      } catch (const NodeError& error) {
        if (failedAfter_) throw;  // before ran and after did not
      }
    }
    finish();
    return std::move(result_);
  }

 private:
  // The other variants. When what was given fixes every symbol, numbers of our own are tried beside it.
  std::vector<Inputs> otherInputs(const Inputs& first) {
    std::vector<Inputs> result;
    if (first.symbols.empty()) return result;
    for (size_t i = 1; i < request_.variants.size(); ++i) {
      try {
        auto inputs = makeInputs(backend_, graph_, request_.inputs, request_.variants[i]);
        if (inputs.symbols == first.symbols) {
          InputRequest free;
          free.seed = request_.inputs.seed;
          free.device = request_.inputs.device;
          inputs = makeInputs(backend_, graph_, free, request_.variants[i]);
        }
        result.push_back(std::move(inputs));
      } catch (const InputError&) {
        // attributes without annotation, say: only what was given can be tried
      }
    }
    return result;
  }

  void one(const Inputs& inputs) {
    failedAfter_ = false;
    auto seed = request_.inputs.seed;
    auto first = runOnce(backend_, *before_, inputs, seed);
    auto again = runOnce(backend_, *before_, inputs, seed);
    failedAfter_ = true;
    auto second = runOnce(backend_, *after_, inputs, seed);
    failedAfter_ = false;
    result_.bindings.push_back(inputs.symbols);
    compareOutputs(first, again, second);
    compareInputs(inputs, first, again, second);
    again = {};
    auto difference = sharingDifference(sharing(graph_, first), sharing(graph_, second));
    if (difference.empty()) difference = leakDifference(leaks(backend_, graph_, first), leaks(backend_, graph_, second));
    if (!difference.empty() && result_.aliasing == "same") result_.aliasing = difference;
  }

  // What differs between two runs of the same program cannot be asked to be equal bit for bit.
  bool reproducible(const Value& a, const Value& b) { return compareValues(backend_, "", a, b, true).identical; }

  void compareOutputs(const Outcome& first, const Outcome& again, const Outcome& second) {
    if (first.outputs.size() != second.outputs.size()) {
      ItemComparison item{"outputs", false, false};
      item.problem = std::to_string(first.outputs.size()) + " results against " + std::to_string(second.outputs.size());
      merge(result_.outputs, item);
      return;
    }
    for (size_t i = 0; i < first.outputs.size(); ++i) {
      bool stable = reproducible(first.outputs[i], again.outputs[i]);
      auto item = compareValues(backend_, "output." + std::to_string(i), first.outputs[i], second.outputs[i], request_.bits && stable);
      if (!stable && item.same) item.problem = "not reproducible: compared by tolerance";
      merge(result_.outputs, std::move(item));
    }
  }

  void compareInputs(const Inputs& original, const Outcome& first, const Outcome& again, const Outcome& second) {
    auto changedBefore = changed(backend_, graph_, original, first.inputs),
         changedAfter = changed(backend_, graph_, original, second.inputs);
    auto x = sources(graph_, first.inputs), y = sources(graph_, second.inputs), z = sources(graph_, again.inputs);
    for (size_t i = 0; i < x.size() && i < y.size(); ++i) {
      bool before = changedBefore.count(x[i].name), after = changedAfter.count(x[i].name);
      if (!before && !after) continue;
      bool stable = backend_.compare(x[i].tensor, z[i].tensor).identical;
      auto item = compareTensors(backend_, x[i].name, x[i].tensor, y[i].tensor, request_.bits && stable);
      if (before != after && !item.identical) {
        item.same = false;
        item.problem = after ? "changed although the graph as printed leaves it" : "left although the graph as printed changes it";
      }
      merge(result_.mutatedInputs, std::move(item));
    }
  }

  void finish() {
    for (auto* list : {&result_.outputs, &result_.mutatedInputs})
      for (auto& item : *list) {
        result_.bitIdentical &= item.identical;
        result_.maxAbs = std::max(result_.maxAbs, item.maxAbs);
        if (item.same) continue;
        result_.status = Equivalence::Status::different;
        if (result_.reason.empty()) result_.reason = item.name + ": " + item.problem;
      }
    if (result_.aliasing == "same") return;
    result_.status = Equivalence::Status::different;
    if (result_.reason.empty()) result_.reason = result_.aliasing;
  }

  Backend& backend_;
  const ir::Graph& graph_;
  const EquivalenceRequest& request_;
  std::unique_ptr<Program> before_, after_;
  bool failedAfter_ = false;
  Equivalence result_;
};

}  // namespace

Equivalence compareGraphs(Backend& backend, const ir::Graph& before, const ir::Graph& after, const EquivalenceRequest& request) {
  try {
    return Comparison(backend, before, after, request).run();
  } catch (const Stopped&) {
    throw;
  } catch (const std::runtime_error& error) {
    Equivalence result;
    result.reason = error.what();
    return result;
  }
}

}  // namespace graph::run
