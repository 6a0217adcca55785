// The workspace's verification by running: what it does with a revision that is the same, cannot be run, or computes something else.
#include <algorithm>

#include "app/evidence.h"
#include "app/numbers.h"
#include "app/workspace.h"

namespace app {
namespace {

constexpr int64_t kUnaskedBytes = int64_t{1} << 29;  // inputs larger than this are not run without being asked

}  // namespace

void Workspace::verify() {
  if (!open_) throw std::runtime_error("nothing is open: open a graph first");
  wantsVerification_ = false;
  finishVerification(session_.inputRequest());
}

void Workspace::verifyAfterChange() {
  if (!open_ || !wantsVerification_) return;
  wantsVerification_ = false;
  int64_t bytes = 0;
  try {
    bytes = std::max(inputBytes(0), inputBytes(2));
  } catch (const std::exception&) {
    bytes = 0;   // the comparison itself says what is wrong with the inputs
  }
  auto number = session_.journal().current().number;
  if (bytes > kUnaskedBytes) {
    session_.journal().setVerified(number, rewrites::Verified::notYet, "the inputs take " + bytesText(bytes) + ": verify with F7");
    return;
  }
  finishVerification(session_.inputRequest());
}

void Workspace::finishVerification(const graph::run::InputRequest& request) {
  using Status = graph::run::Equivalence::Status;
  auto& journal = session_.journal();
  auto number = journal.current().number;
  try {
    if (number == 0) return;
    auto found = rewrites::verifyPath(session_.backend(), journal.path(), request);
    const auto& result = found.result;
    if (found.blamed >= 0) return rollBack(found);
    auto state = result.status == Status::same ? rewrites::Verified::same : rewrites::Verified::skipped;
    std::string because = result.reason;
    if (state == rewrites::Verified::same) {
      because = result.bitIdentical ? "bit-identical" : "within tolerance";
      for (const auto& binding : result.bindings)
        if (!binding.empty()) because += "; " + bindingText(binding);
    }
    journal.setVerified(number, state, because);
  } catch (const graph::run::Stopped&) {
    journal.setVerified(number, rewrites::Verified::notYet, "stopped");
    throw;
  } catch (const std::exception& e) {
    journal.setVerified(number, rewrites::Verified::skipped, e.what());
    fail("verify", e.what());
  }
}

/// What is known to be different when it is verified again is being looked at, and stays.
void Workspace::rollBack(const rewrites::Verification& found) {
  auto& journal = session_.journal();
  const int number = journal.current().number;
  const bool knew = journal.current().verified == rewrites::Verified::different;
  const bool wasRead = number < journal.readCount();
  const auto& blamed = journal.at(found.blamed);
  const auto& reference = *journal.path().front()->graph;
  auto evidence = findEvidence(session_.backend(), reference, *blamed.graph, *found.result.failed());
  auto because = found.result.reason + " at " + bindingText(found.result.failed()->round.request.bind);
  if (!evidence.text().empty()) because += "\n" + evidence.text();
  auto who = "revision " + std::to_string(found.blamed) + ", " + rewrites::madeBy(blamed) + ", computes something else";
  journal.setVerified(number, rewrites::Verified::different,
                      "made from revision " + std::to_string(found.blamed) + ", which computes something else");
  journal.setVerified(found.blamed, rewrites::Verified::different, because);
  NodeId node;
  if (evidence.first) node = blamed.graph->find(evidence.first->name);
  const int back = blamed.parent;
  if (!knew && !wasRead) {
    journal.go(back);
    changed();
    who += "; back to revision " + std::to_string(back);
  }
  fail("verify", who + ": " + because, shown_->contains(node) ? node : NodeId{});
}

int64_t Workspace::inputBytes(int variant) {
  const auto& graph = *session_.journal().at(0).graph;
  return graph::run::inputBytes(graph, graph::run::chooseSymbols(graph, session_.inputRequest(), variant));
}

}  // namespace app
