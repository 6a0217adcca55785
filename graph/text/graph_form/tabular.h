// Reads the table of graph.print_tabular() and TORCH_LOGS=graph: a row a node, columns opcode, name, target, args, kwargs.
//
// The rule below the heading tells where columns begin; a row that does not keep to it is split at double blanks. Cells hold str(target) and
// Python's repr of the arguments, in which nodes stand without `%`. Tables with `|` between the cells are read too.
// Internal to graph/text.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "graph/text/function.h"
#include "graph/text/reader.h"

namespace graph::text {

/// `opcode  name  target  args  kwargs`, with or without bars; TORCH_LOGS writes the function's name and file before it.
bool isTableHeader(std::string_view content);
/// What to call the graph of a table whose heading this is: the function's name, else "graph"; empty when it is none.
std::string_view tableName(std::string_view content);

class TableParser {
 public:
  explicit TableParser(Reader& reader) : r_(reader), text_(reader.lexer.whole()) {}
  /// Reads the table whose heading is `line`. Returns where reading goes on.
  LineStart parse(const Line& line);

 private:
  enum Column { opcode, name, target, args, kwargs, columnCount };
  using Row = std::array<std::string_view, columnCount>;

  bool isRowBelow(LineStart at) const;
  Row cells(std::string_view content) const;
  void row(const Row& row);
  void arguments(const Row& row, ir::Node& node);
  std::optional<ir::Argument> value(std::string_view cell);
  void output(ir::Node node);
  Range range(std::string_view part) const;

  Reader& r_;
  std::string_view text_;
  std::vector<size_t> starts_;   // of the columns, in characters from the indentation on
  uint32_t line_ = 0;
  bool isReturned_ = false;
};

}  // namespace graph::text
