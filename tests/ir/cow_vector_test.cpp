#include "graph/ir/cow_vector.h"

#include <gtest/gtest.h>

#include <string>

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

}  // namespace
}  // namespace graph::ir
