#include "graph/ir/words.h"

#include <gtest/gtest.h>

namespace graph::ir {
namespace {

TEST(WordsTest, Identifiers) {
  for (const char* word : {"x", "_", "arg0_1", "L_x_", "list", "größe"}) EXPECT_TRUE(isPythonIdentifier(word)) << word;
  for (const char* word : {"", "0x", "a-b", "a.b", "a b", "None", "True", "lambda", "class", "async"})
    EXPECT_FALSE(isPythonIdentifier(word)) << word;
}

TEST(WordsTest, ReservedNames) {
  for (const char* word : {"list", "print", "inf", "nan", "torch", "device", "fx_pytree", "None", "return", "zip", "abs"})
    EXPECT_TRUE(isReservedName(word)) << word;
  for (const char* word : {"x", "add", "list_1", "forward", ""}) EXPECT_FALSE(isReservedName(word)) << word;
}

}  // namespace
}  // namespace graph::ir
