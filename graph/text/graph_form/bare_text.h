// Python's str() of an argument, as print(graph) shows it: strings stand there without quotes, devices as `cuda:0`, operators
// as `aten.add.Tensor`. What a piece of such text means is decided here, by its looks alone, for the reader and the printer
// both: the printer writes a string bare only where it reads back as that string. Internal to graph/text, pure.
#pragma once

#include <string>
#include <string_view>

#include "graph/ir/schema.h"

namespace graph::text {

enum class BareKind {
  literal,    // None, True, 1, -1e-05, inf, 'quoted', a container, `slice(…)`: what Python's repr gives too
  device,     // cpu, cuda:0
  name,       // a dotted name: torch.strided, ReduceOp.SUM
  operation,  // aten.add.Tensor, mylib.foo.default: an operator as an argument
  repr,       // Replicate(), <object at 0x7f>: an object that only Python understands
  word,       // a string without blanks: mean, subgraph_0, ij->ji
  phrase,     // any other string
};
BareKind bareKind(std::string_view text);
inline bool isBareString(BareKind kind) { return kind == BareKind::word || kind == BareKind::phrase; }

/// The schema of a target that names its overload (`aten.add.Tensor`); null for every other.
const ir::Schema* exactSchema(std::string_view target);
/// Is the last positional argument of the schema a string, and `index` its place? Nothing can follow it, so a string there may hold commas.
bool isClosingString(const ir::Schema* schema, size_t index);
bool isStringType(const ir::SchemaArgument& argument);
bool isDeviceType(const ir::SchemaArgument& argument);

/// Length of the item at the start of `text`: up to a comma with a blank behind it, or the bracket `close`, outside brackets. A comma without
/// a blank is part of the text, as in an einsum's equation `ij,jk->ik`.
size_t bareLength(std::string_view text, char close);
/// Can this string be printed without quotes? `isClosing`: at the place of isClosingString.
bool printsBare(std::string_view text, bool isClosing);

}  // namespace graph::text
