// The way to a revision, who made it, and which one on the way is to blame, on the fake backend.
#include "rewrites/verification.h"

#include <gtest/gtest.h>

#include "tests/run/fake_backend.h"
#include "tests/run/graphs.h"

namespace rewrites {
namespace {

using graph::ir::Argument;
using graph::ir::Graph;

// z = (x + a) * b
Graph made(int64_t a, int64_t b) {
  graph::run_test::Builder builder;
  auto x = builder.tensor("x", {4});
  auto y = builder.call("y", "aten.add.Tensor", {Argument(x), a});
  auto z = builder.call("z", "aten.mul.Tensor", {Argument(y), b});
  return builder.output({Argument(z)});
}
std::vector<int> numbers(const Journal& journal) {
  std::vector<int> result;
  for (const auto* revision : journal.path()) result.push_back(revision->number);
  return result;
}
Verification verify(const Journal& journal) {
  graph::run_test::FakeBackend backend;
  return verifyPath(backend, journal.path(), {});
}

TEST(Verification, ThePathToARevision) {
  Journal journal(std::make_shared<const Graph>(made(1, 2)));
  EXPECT_EQ(numbers(journal), (std::vector<int>{0}));
  journal.commit(made(1, 3), "a", "");
  journal.commit(made(1, 4), "b", "");
  journal.go(1);
  journal.commit(made(1, 5), "c", "");
  EXPECT_EQ(numbers(journal), (std::vector<int>{0, 1, 3}));
  Journal series(std::make_shared<const Graph>(made(1, 2)));
  series.appendRead(std::make_shared<const Graph>(made(1, 2)), "pass 1");
  EXPECT_EQ(numbers(series), (std::vector<int>{0, 1})) << "a revision that was read, beside the first";
  series.commit(made(1, 3), "a", "");
  EXPECT_EQ(numbers(series), (std::vector<int>{1, 2})) << "made from what was read last";
}

TEST(Verification, TheFirstThatDiffersIsToBlame) {
  Journal journal(std::make_shared<const Graph>(made(1, 2)));
  journal.commit(made(1, 2), "right", "");
  EXPECT_EQ(verify(journal).blamed, -1);
  journal.commit(made(5, 2), "wrong", "");
  journal.commit(made(5, 3), "wrong too", "");
  auto found = verify(journal);
  EXPECT_EQ(found.blamed, 2);
  EXPECT_EQ(found.result.status, graph::run::Equivalence::Status::different);
  journal.commit(made(1, 2), "right again", "");
  EXPECT_EQ(verify(journal).blamed, -1) << "what was wrong on the way is right in the end";
}

TEST(Verification, WhoMadeIt) {
  Revision revision;
  revision.label = "g:erase(n)";
  EXPECT_EQ(madeBy(revision), "g:erase(n)");
  revision.outcomes = {{"a.lua", "first", {{}}, {}}, {"a.lua", "idle", {}, {}}, {"", "second", {{}}, {}}};
  EXPECT_EQ(madeBy(revision), "first (a.lua), second");
}

}  // namespace
}  // namespace rewrites
