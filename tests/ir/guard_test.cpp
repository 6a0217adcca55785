// Guards as text: printed, read back, refused.
#include "graph/ir/guard.h"

#include <gtest/gtest.h>

namespace graph::ir {
namespace {

TEST(GuardTest, PrintsAndReadsBack) {
  for (const char* text : {"disjoint(arg27_1, arg28_1)", "disjoint(arg27_1)", "no_self_overlap(arg27_1)", "s0 >= 2", "Eq(s0, 4)", "2*s0 + 1 < s1",
                           "strides(x, [4, 1])", "strides(x, [])", "strides(x, [8*s0, Max(1, s0), 1], 0)", "strides(x, [1], s3 + 2)"}) {
    const auto guard = Guard::parse(text);
    ASSERT_TRUE(guard) << text;
    EXPECT_EQ(guard->str(), text);
    EXPECT_EQ(Guard::parse(guard->str()), guard);
  }
  EXPECT_EQ(Guard::parse("  disjoint( a ,b ) ")->str(), "disjoint(a, b)");
  EXPECT_EQ(Guard::parse(" strides( a ,[ 8*s0,1 ] , 0 ) ")->str(), "strides(a, [8*s0, 1], 0)");
  EXPECT_EQ(Guard::parse("s0 >= 2")->kind, Guard::Kind::symbol);
  const auto strides = Guard::parse("strides(x, [s0, 1])");
  EXPECT_EQ(strides->kind, Guard::Kind::strides);
  EXPECT_EQ(strides->first, "x");
  EXPECT_EQ(strides->strides, (std::vector<Expr>{Expr::symbol("s0"), Expr(1)}));
  EXPECT_FALSE(strides->offset);
}

TEST(GuardTest, OtherTextIsNone) {
  for (const char* text : {"", "disjoint()", "disjoint(a, b, c)", "disjoint(a, )", "no_self_overlap()", "no_self_overlap(a, b)", "s0", "s0 >=", "s0 + 1",
                           "disjoint(1, b)", "hello world", "strides()", "strides(x)", "strides(x, 4)", "strides(x, [4)", "strides(x, [4,])", "strides(x, [,])",
                           "strides(x, [4], )", "strides(x, [4], 0, 1)", "strides(x, [Max(1, 2])", "strides(1, [4])", "strides([4])", "strides(x, ])"}) {
    EXPECT_FALSE(Guard::parse(text)) << text;
  }
}

}  // namespace
}  // namespace graph::ir
