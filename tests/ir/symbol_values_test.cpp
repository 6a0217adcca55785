// Expr::evaluate against torch's own sympy functions, negatives included: tests/golden/symbols/values.txt, made by tests/torch/symbol_values.py.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "graph/ir/symbol.h"

namespace graph::ir {
namespace {

Binding bindingOf(const std::string& text) {
  Binding binding;
  std::istringstream in(text);
  for (std::string item; std::getline(in >> std::ws, item, ',');) binding[item.substr(0, item.find('='))] = std::stoll(item.substr(item.find('=') + 1));
  return binding;
}

TEST(SymbolValues, AreThoseOfTorch) {
  std::ifstream in(std::filesystem::path(FXLOOM_SOURCE_DIR) / "tests/golden/symbols/values.txt");
  size_t lines = 0;
  for (std::string line; std::getline(in, line); ++lines) {
    const size_t first = line.find('\t'), second = line.find('\t', first + 1);
    ASSERT_NE(second, std::string::npos) << line;
    const auto text = line.substr(0, first);
    const auto binding = bindingOf(line.substr(first + 1, second - first - 1));
    const int64_t expected = std::stoll(line.substr(second + 1));
    Expr::ParseError error{};
    const auto expression = Expr::parse(text, &error);
    ASSERT_TRUE(expression) << text << ": " << error.message;
    const auto found = expression->evaluate(binding);
    EXPECT_TRUE(found.has_value()) << line << "\n  read as " << expression->str();
    if (found) {
      EXPECT_EQ(*found, expected) << line << "\n  read as " << expression->str();
    }
    const auto again = Expr::parse(expression->str(), &error);
    ASSERT_TRUE(again) << expression->str() << ": " << error.message;
    EXPECT_EQ(again->evaluate(binding), found) << line << "\n  printed as " << expression->str();
  }
  EXPECT_GE(lines, 1000u);
}

}  // namespace
}  // namespace graph::ir
