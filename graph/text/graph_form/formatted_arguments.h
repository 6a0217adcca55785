// The arguments of a line of print(graph): `(%x, [0, %y], mean)` and `{dim: 1, device: cuda:0}`, as torch.fx.node's _format_arg
// writes them. Containers and nodes are read here; a leaf is read by what bareKind says of it. Internal to graph/text.
#pragma once

#include <string_view>

#include "graph/ir/node.h"
#include "graph/ir/schema.h"
#include "graph/text/reader.h"

namespace graph::text {

class FormattedArguments {
 public:
  /// Of the bytes from `begin` to `end` of the text, which begin in line `line`.
  FormattedArguments(Reader& reader, uint32_t begin, uint32_t end, uint32_t line);

  /// `(…)`, the whole range. Throws SyntaxError.
  std::vector<ir::Argument> positional(const ir::Schema* schema);
  /// `{key: …}`, the whole range. Throws SyntaxError.
  std::vector<std::pair<std::string, ir::Argument>> named(const ir::Schema* schema);
  /// One value, the whole range: a placeholder's default.
  ir::Argument value();

 private:
  using Type = const ir::SchemaArgument*;

  std::string_view rest() const { return text_.substr(at_, end_ - at_); }
  char peek() const { return at_ < end_ ? text_[at_] : '\0'; }
  void skipBlanks();
  bool accept(char c);
  void expect(char c, std::string_view what);
  void expectEnd();
  bool atItemEnd(char close);
  [[noreturn]] void fail(std::string_view expected);
  Range range(size_t begin, size_t end) const;

  ir::Argument item(char close, Type type, int depth, bool isClosing = false);
  ir::Argument node();
  ir::Argument container(Type type, int depth);
  std::vector<ir::Argument> items(char close, Type type, int depth, bool& hasComma);
  ir::Argument dict(int depth);
  size_t keyEnd();
  ir::Argument bare(size_t begin, size_t end, Type type);
  ir::Argument literal(size_t begin, size_t end);
  ir::Argument dotted(size_t begin, size_t end);

  Reader& r_;
  std::string_view text_;
  size_t at_, end_;
  uint32_t line_;
  int unclosed_ = 0;  // `<` without its `>`
};

}  // namespace graph::text
