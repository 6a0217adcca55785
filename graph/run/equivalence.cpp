#include "graph/run/equivalence.h"

#include <algorithm>

#include "graph/run/elements.h"
#include "graph/run/first_difference.h"
#include "graph/run/outcome.h"
#include "graph/run/repeated_writes.h"

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
  if (difference.differing == difference.nanPayloads) {  // which bits a NaN has depends on the order of operands that kernels choose
    item.problem = std::to_string(difference.differing) + " elements are NaN with other bits";
    return item;
  }
  item.same = !bits && compareElements(geometry.dtype, backend.bytes(b), backend.bytes(a), toleranceOf(geometry.dtype)).close;
  if (!item.same) item.problem = std::to_string(difference.differing) + (difference.differing == 1 ? " element differs" : " elements differ");
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
    if (known.problem.empty() || !item.same) known.problem = std::move(item.problem);
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
std::string leakDifference(const std::set<std::pair<std::string, std::string>>& before,
                           const std::set<std::pair<std::string, std::string>>& after) {
  for (auto& [output, other] : after)
    if (!before.count({output, other})) return "writing to " + output + " changes " + other + " only after the rewrite";
  for (auto& [output, other] : before)
    if (!after.count({output, other})) return "writing to " + output + " changes " + other + " only before the rewrite";
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
    auto rounds = request_.oneRound ? std::vector<Round>{{"as given", request_.inputs, true, ""}} : planRounds(backend_, graph_, request_.inputs);
    for (auto& round : rounds) {
      bool first = result_.rounds.empty();
      result_.rounds.push_back({round, RoundResult::Status::nothing, round.note});
      if (!round.made) continue;
      one(result_.rounds.back(), first);
      if (result_.rounds.back().status == RoundResult::Status::different) break;
    }
    finish();
    return std::move(result_);
  }

 private:
  void one(RoundResult& round, bool first) {
    if (round.round.request.fill == Fill::duplicates) avoidOrder(round);
    Inputs inputs;
    std::optional<Outcome> before, after;
    try {
      inputs = makeInputs(backend_, graph_, round.round.request);
      before = runOnce(backend_, *before_, inputs, seed());
    } catch (const Stopped&) {
      throw;
    } catch (const std::runtime_error& error) {
      round.note = std::string("the graph as printed fails here: ") + error.what();
      return;
    }
    try {
      after = runOnce(backend_, *after_, inputs, seed());
    } catch (const InputError& error) {
      if (first) throw;  // what was asked for cannot be compared
      round.note = std::string("the graph after the rewrite does not take these: ") + error.what();
      return;
    } catch (const NodeError& error) {
      round.status = RoundResult::Status::different;
      result_.reason = std::string("after the rewrite it fails where it ran before: ") + error.what();
      return;
    }
    compare(round, inputs, *before, *after);
  }

  void compare(RoundResult& round, const Inputs& inputs, Outcome& before, Outcome& after) {
    original_ = &inputs;
    again_.reset();
    items_.clear();
    compareOutputs(before, after);
    compareInputs(inputs, before, after);
    auto difference = sharingDifference(sharing(graph_, before), sharing(graph_, after));
    // The probe tells by values that 100 was added: it says nothing where NaN and infinity swallow that.
    bool probed = round.round.request.fill == Fill::random;
    if (difference.empty() && probed) difference = leakDifference(leaks(backend_, graph_, before), leaks(backend_, graph_, after));
    if (difference.empty() && probed && allIdentical()) difference = probedDifference(before, after);
    bool same = difference.empty() && std::all_of(items_.begin(), items_.end(), [](auto& item) { return item.same; });
    round.status = same ? RoundResult::Status::same : RoundResult::Status::different;
    if (result_.aliasing == "same" && !difference.empty()) result_.aliasing = difference;
    if (std::find(result_.bindings.begin(), result_.bindings.end(), inputs.symbols) == result_.bindings.end())
      result_.bindings.push_back(inputs.symbols);
    original_ = nullptr;
  }

  uint64_t seed() const { return request_.inputs.seed; }
  bool allIdentical() const { return std::all_of(items_.begin(), items_.end(), [](auto& item) { return item.identical; }); }

  // Both wrote the same numbers into outputs that held the same: what others hold now tells whether the same elements are shared.
  std::string probedDifference(const Outcome& before, const Outcome& after) {
    auto x = sources(graph_, before.inputs), y = sources(graph_, after.inputs);
    auto a = outputTensors(before.outputs), b = outputTensors(after.outputs);
    x.insert(x.end(), a.begin(), a.end());
    y.insert(y.end(), b.begin(), b.end());
    for (size_t i = 0; i < x.size() && i < y.size(); ++i)
      if (!backend_.compare(x[i].tensor, y[i].tensor).identical) return "writing to the outputs changes other elements of " + x[i].name;
    return {};
  }

  // With equal indices the result may depend on the order of writes, which nothing promises: then only indices that read are doubled.
  void avoidOrder(RoundResult& round) {
    auto write = orderedWrite(backend_, graph_, round.round.request);
    if (write.empty()) return;
    round.note = "the order of equal indices would decide what " + write + " writes: only those that are read by alone are equal";
    round.round.request.fill = Fill::duplicateReads;
    round.round.name = fillName(Fill::duplicateReads);
  }

  // In the first round everything is asked of the first graph twice, so that what it does not reproduce is named; later, what differs.
  bool mustRepeat(const ItemComparison& item) const { return !item.identical || result_.rounds.size() == 1; }

  // "not reproducible (first at index_put): compared by tolerance"
  const std::string& unstableText() {
    if (unstable_.empty()) {
      auto own = firstDifference(backend_, graph_, graph_, request_.inputs);
      unstable_ = "not reproducible" + (own.first ? " (first at " + graph_.node(own.first->node).name + ")" : "") + ": compared by tolerance";
    }
    return unstable_;
  }

  // The first graph once more, when somebody asks: what differs between two runs of it cannot be asked to be equal bit for bit.
  const Outcome& again() {
    if (!again_) again_ = runOnce(backend_, *before_, *original_, seed());
    return *again_;
  }

  void keep(std::vector<ItemComparison>& list, ItemComparison item) {
    items_.push_back(item);
    merge(list, std::move(item));
  }

  void compareOutputs(const Outcome& first, const Outcome& second) {
    if (first.outputs.size() != second.outputs.size()) {
      ItemComparison item{"outputs", false, false};
      item.problem = std::to_string(first.outputs.size()) + " results against " + std::to_string(second.outputs.size());
      return keep(result_.outputs, item);
    }
    for (size_t i = 0; i < first.outputs.size(); ++i) {
      auto name = "output." + std::to_string(i);
      auto item = compareValues(backend_, name, first.outputs[i], second.outputs[i], request_.bits);
      if (mustRepeat(item) && !compareValues(backend_, name, first.outputs[i], again().outputs[i], true).identical) {
        item = compareValues(backend_, name, first.outputs[i], second.outputs[i], false);
        if (item.same) item.problem = unstableText();
      }
      keep(result_.outputs, std::move(item));
    }
  }

  void compareInputs(const Inputs& original, const Outcome& first, const Outcome& second) {
    auto changedBefore = changed(backend_, graph_, original, first.inputs), changedAfter = changed(backend_, graph_, original, second.inputs);
    auto x = sources(graph_, first.inputs), y = sources(graph_, second.inputs);
    for (size_t i = 0; i < x.size() && i < y.size(); ++i) {
      bool before = changedBefore.count(x[i].name), after = changedAfter.count(x[i].name);
      if (!before && !after) continue;
      auto item = compareTensors(backend_, x[i].name, x[i].tensor, y[i].tensor, request_.bits);
      if (mustRepeat(item) && !backend_.compare(x[i].tensor, sources(graph_, again().inputs)[i].tensor).identical) {
        item = compareTensors(backend_, x[i].name, x[i].tensor, y[i].tensor, false);
        if (item.same) item.problem = unstableText();
      } else if (before != after && !item.identical) {
        item.same = false;
        item.problem = after ? "changed although the graph as printed leaves it" : "left although the graph as printed changes it";
      }
      keep(result_.mutatedInputs, std::move(item));
    }
  }

  void finish() {
    result_.bitIdentical = true;
    std::string difference = result_.reason;
    for (auto* list : {&result_.outputs, &result_.mutatedInputs})
      for (auto& item : *list) {
        result_.bitIdentical &= item.identical;
        result_.maxAbs = std::max(result_.maxAbs, item.maxAbs);
        if (!item.same && difference.empty()) difference = item.name + ": " + item.problem;
      }
    if (difference.empty() && result_.aliasing != "same") difference = result_.aliasing;
    if (auto* failed = result_.failed()) {
      result_.status = Equivalence::Status::different;
      result_.reason = difference + " (" + failed->round.name + ")";
    } else if (result_.bindings.empty()) {
      result_.reason = result_.rounds.empty() ? "no inputs" : result_.rounds.front().note;
    } else {
      result_.status = Equivalence::Status::same;
    }
  }

  Backend& backend_;
  const ir::Graph& graph_;
  const EquivalenceRequest& request_;
  std::unique_ptr<Program> before_, after_;
  const Inputs* original_ = nullptr;     // of the round
  std::optional<Outcome> again_;         // of the round
  std::string unstable_;
  std::vector<ItemComparison> items_;    // of the round
  Equivalence result_;
};

}  // namespace

const RoundResult* Equivalence::failed() const {
  for (auto& round : rounds)
    if (round.status == RoundResult::Status::different) return &round;
  return nullptr;
}

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
