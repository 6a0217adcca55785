#include "graph/text/diagnostic.h"

#include <gtest/gtest.h>

namespace graph::text {
namespace {

TEST(Diagnostic, DrawsTheCaret) {
  EXPECT_EQ(format({Severity::error, 2, 5, 3, "bad"}, "f.txt", "one\na = xyz\nthree\n"), "f.txt:2:5: error: bad\n    a = xyz\n        ^~~");
}
TEST(Diagnostic, WholeFile) { EXPECT_EQ(format({Severity::error, 0, 0, 1, "no such file"}, "f.txt", ""), "f.txt: error: no such file"); }
TEST(Diagnostic, WithoutSource) { EXPECT_EQ(format({Severity::warning, 7, 1, 1, "m"}, "f", ""), "f:7:1: warning: m"); }
TEST(Diagnostic, ColumnsAreCharacters) {
  EXPECT_EQ(format({Severity::note, 1, 4, 1, "m"}, "f", "\xC3\xA9\xE2\x80\x9C x"), "f:1:4: note: m\n    \xC3\xA9\xE2\x80\x9C x\n       ^");
}
TEST(Diagnostic, TabsAndControlCharacters) { EXPECT_EQ(format({Severity::error, 1, 3, 1, "m"}, "f", "\t\x01x\r\n"), "f:1:3: error: m\n     .x\n      ^"); }
TEST(Diagnostic, BehindTheEndOfTheLine) { EXPECT_EQ(format({Severity::error, 1, 4, 1, "m"}, "f", "abc"), "f:1:4: error: m\n    abc\n       ^"); }
TEST(Diagnostic, LongLinesAreShortened) {
  std::string line = std::string(300, 'a') + "X" + std::string(300, 'b');
  std::string drawn = format({Severity::error, 1, 301, 1, "m"}, "f", line);
  EXPECT_LT(drawn.size(), 300u);
  size_t second = drawn.find('\n'), third = drawn.find('\n', second + 1);
  EXPECT_EQ(drawn[drawn.find('^')], '^');
  EXPECT_EQ(drawn.find('X') - second, drawn.find('^') - third);  // the caret stands below it
}

}  // namespace
}  // namespace graph::text
