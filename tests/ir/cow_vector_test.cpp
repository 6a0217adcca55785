#include "graph/ir/cow_vector.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace graph::ir {
namespace {

using Vector = CowVector<std::string, 4>;

Vector ofSize(size_t size) {
  Vector vector;
  for (size_t i = 0; i < size; ++i) vector.grow() = std::to_string(i);
  return vector;
}

TEST(CowVectorTest, GrowsInChunks) {
  const Vector vector = ofSize(9);
  EXPECT_EQ(vector.size(), 9u);
  EXPECT_EQ(vector.chunks(), 3u);
  EXPECT_EQ(vector[8], "8");
  EXPECT_EQ(Vector(6).chunks(), 2u);
  EXPECT_EQ(Vector().size(), 0u);
}

TEST(CowVectorTest, AWriteClonesOneChunkOnce) {
  const Vector vector = ofSize(9);
  Vector copy = vector;
  EXPECT_EQ(copy.sharedChunks(vector), 3u);
  copy.write(5) = "five";
  EXPECT_EQ(copy.sharedChunks(vector), 2u);
  const std::string* place = &copy[5];
  copy.write(5) = "again";
  EXPECT_EQ(&copy[5], place);
  EXPECT_EQ(vector[5], "5");
  copy.grow() = "9";  // the last chunk has room, but it is shared
  EXPECT_EQ(copy.sharedChunks(vector), 1u);
  EXPECT_EQ(vector.size(), 9u);
}

TEST(CowVectorTest, CopyAndMoveTakeTheRightToWriteFromBoth) {
  Vector first = ofSize(4);
  const std::string* place = &first[0];
  first.write(0) = "mine";
  EXPECT_EQ(&first[0], place);
  const Vector copy = first;
  first.write(0) = "changed";
  EXPECT_NE(&first[0], place);
  EXPECT_EQ(copy[0], "mine");
  place = &first[0];
  Vector moved = std::move(first);
  moved.write(0) = "moved";
  EXPECT_NE(&moved[0], place);
  EXPECT_EQ(first.size(), 0u);  // NOLINT(bugprone-use-after-move): empty afterwards is what we promise
  first = moved;
  first.write(1) = "first";
  EXPECT_EQ(moved[1], "1");
  moved.share();
  place = &moved[0];
  moved.write(0) = "x";
  EXPECT_NE(&moved[0], place);
}

/// Sizes around each doubling of the first chunk, and of the whole vector's first chunks.
TEST(CowVectorTest, TheFirstChunkGrowsFromSmall) {
  using Large = CowVector<std::string, 32>;
  Large vector;
  std::vector<Large> revisions;   // of each size: growing the one may not be seen in the others
  for (size_t size = 0; size < 100; ++size) {
    revisions.push_back(vector);
    vector.grow() = std::to_string(size);
    if (size % 3 == 0) vector.write(size / 2) += "'";
    EXPECT_EQ(vector.chunks(), size / 32 + 1);
  }
  for (size_t size = 0; size < revisions.size(); ++size) {
    ASSERT_EQ(revisions[size].size(), size);
    for (size_t i = 0; i < size; ++i) {
      std::string expected = std::to_string(i);
      for (size_t later = 0; later < size; later += 3) expected += later / 2 == i ? "'" : "";
      ASSERT_EQ(revisions[size][i], expected) << "of " << size;
    }
  }
  for (size_t size : {0, 1, 3, 4, 5, 31, 32, 33, 64, 65}) {
    Large made(size);
    EXPECT_EQ(made.size(), size);
    EXPECT_EQ(made.chunks(), (size + 31) / 32);
    for (size_t i = 0; i < size; ++i) EXPECT_EQ(made[i], "");
    const Large copy = made;
    made.grow() = "last";
    if (size) made.write(0) = "first";
    EXPECT_EQ(made[size], "last");
    for (size_t i = 0; i < size; ++i) EXPECT_EQ(copy[i], "");
  }
}

}  // namespace
}  // namespace graph::ir
