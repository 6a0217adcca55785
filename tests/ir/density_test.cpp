// Contiguous, dense, with gaps, overlapping: with numbers and with symbols.
#include "graph/ir/density.h"

#include <gtest/gtest.h>

namespace graph::ir {
namespace {

std::vector<Expr> expressions(std::initializer_list<const char*> texts) {
  std::vector<Expr> result;
  for (const char* text : texts) result.push_back(*Expr::parse(text));
  return result;
}

std::string_view density(std::initializer_list<const char*> shape, std::initializer_list<const char*> stride) {
  return densityName(densityOf(expressions(shape), expressions(stride)));
}

TEST(Density, OfNumbers) {
  EXPECT_EQ(density({}, {}), "contiguous");
  EXPECT_EQ(density({"2", "4"}, {"4", "1"}), "contiguous");
  EXPECT_EQ(density({"2", "1", "4"}, {"4", "77", "1"}), "contiguous");
  EXPECT_EQ(density({"2", "4"}, {"1", "2"}), "dense");
  EXPECT_EQ(density({"2", "3", "4", "5"}, {"60", "1", "15", "3"}), "dense");   // channels last
  EXPECT_EQ(density({"2", "4"}, {"8", "1"}), "gaps");
  EXPECT_EQ(density({"2", "4"}, {"1", "5"}), "gaps");
  EXPECT_EQ(density({"4"}, {"2"}), "gaps");
  EXPECT_EQ(density({"2", "4"}, {"0", "1"}), "overlapping");
  EXPECT_EQ(density({"1", "4"}, {"0", "1"}), "contiguous");
  EXPECT_EQ(density({"3", "4"}, {"2", "1"}), "unknown");
}

TEST(Density, OfSymbols) {
  EXPECT_EQ(density({"s0", "s1", "8"}, {"8*s1", "8", "1"}), "contiguous");
  EXPECT_EQ(density({"s0", "s1"}, {"1", "s0"}), "dense");
  EXPECT_EQ(density({"s0", "4"}, {"8", "1"}), "gaps");
  EXPECT_EQ(density({"s0", "s1"}, {"2*s1", "1"}), "gaps");
  EXPECT_EQ(density({"s0", "s1"}, {"s2", "1"}), "unknown");
  EXPECT_EQ(density({"s0", "4"}, {"0", "1"}), "unknown");   // overlapping unless s0 is 1
}

}  // namespace
}  // namespace graph::ir
