// Many threads read and copy a published graph while others edit their own copies. Says something under ThreadSanitizer; without it, it
// still checks that every thread sees one unchanging graph.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "graph/ir/diff.h"
#include "graph/ir/graph.h"
#include "graph/ir/lint.h"
#include "graph/ir/schema.h"
#include "tests/ir/build.h"

namespace graph::ir {
namespace {

using namespace test;

Graph chain(int length) {
  Graph graph;
  NodeId last = graph.append(placeholder("x"));
  for (int i = 0; i < length; ++i) last = graph.append(call("relu_" + std::to_string(i), "aten.relu.default", {last}));
  graph.append(output(last));
  return graph;
}

void editSome(Graph& draft, int seed) {
  for (int i = 0; i < 20; ++i) {
    const NodeId at = draft.find("relu_" + std::to_string((seed * 37 + i * 11) % 300));
    const NodeId fresh = draft.insertAfter(at, call(draft.uniqueName("neg"), "aten.neg.default", {at}));
    draft.replaceAllUses(at, fresh);
    draft.moveBefore(fresh, draft.next(fresh));
  }
}

TEST(GraphThreadsTest, PublishedByMoveReadCopiedAndEdited) {
  const auto published = std::make_shared<const Graph>(chain(300));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 20; ++round) {
        if (t % 2 == 0) {
          if (names(*published).size() != 302 || !published->find("relu_299") || broken(*published) != "") ++wrong;
          if (!lint(*published).empty()) ++wrong;
        } else {
          Graph draft = *published;
          editSome(draft, t + round);
          const Graph next = draft;  // a revision of the revision
          editSome(draft, round);
          if (broken(draft) != "" || broken(next) != "" || diffRevisions(*published, next).added.size() != 20) ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(published->size(), 302u);
}

TEST(GraphThreadsTest, PublishedWhileTheDraftGoesOn) {
  Graph draft = chain(300);
  for (int round = 0; round < 10; ++round) {
    const auto published = std::make_shared<const Graph>(draft);
    const size_t size = published->size();
    std::atomic<int> wrong{0};
    std::thread reader([&] {
      for (int i = 0; i < 5; ++i) {
        Graph mine = *published;
        mine.append(placeholder("mine"));
        if (published->size() != size || broken(*published) != "") ++wrong;
      }
    });
    editSome(draft, round);
    reader.join();
    EXPECT_EQ(wrong, 0);
  }
}

TEST(GraphThreadsTest, CopiesOfAGraphThatStillOwnsItsChunks) {
  Graph draft = chain(300);  // never copied: its tokens are given up by the first of the copies below
  const Graph& shared = draft;
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Graph mine = shared;
      editSome(mine, t);
      if (broken(mine) != "" || shared.size() != 302) ++wrong;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(broken(draft), "");
}

TEST(SchemaThreadsTest, FirstUseFromManyThreads) {
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (std::string_view target : allTargets()) {
        if (!target.starts_with("aten.a")) continue;
        const Schema* schema = findSchema(target);
        if (!schema || schema->target != target || findSchema(target) != schema) ++wrong;
      }
      if (inPlaceTwin("aten.add.Tensor") != "aten.add_.Tensor") ++wrong;
      if (Expr::parse("s0*2 + 1")->evaluate({{"s0", 3}}) != 7) ++wrong;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace graph::ir
