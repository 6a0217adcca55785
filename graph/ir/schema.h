// Operator schemas: names, arguments, defaults, aliasing.
//
// The table (one line a schema, as torch prints it) is generated at build time from the installed torch
// (scripts/python/schemas.py) plus graph/ir/schemas_extra.txt for what torch registers from Python (prims) or prints without
// overload. Lines are parsed on first use and kept. Thread safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/ir/argument.h"
#include "graph/ir/node.h"

namespace graph::ir {

struct SchemaArgument {
  std::string name;
  std::string type;             // "Tensor", "Tensor?[]", "SymInt[]", "Scalar", "int?" … alias annotation removed
  std::optional<Argument> defaultValue;  // enums as a dump has them: DType, Name "torch.strided", Device; a Reduction is an int
  bool keywordOnly = false;
  std::string aliasSet;         // "a" for Tensor(a), empty for none, "*" for wildcard
  bool written = false;         // Tensor(a!)
  bool operator==(const SchemaArgument&) const = default;
};
struct SchemaReturn {
  std::string type;
  std::string aliasSet;
  bool written = false;
  bool operator==(const SchemaReturn&) const = default;
};
struct Schema {
  std::string target;           // "aten.add.Tensor"
  std::vector<SchemaArgument> arguments;
  std::vector<SchemaReturn> returns;
  std::string text;             // the schema line
  bool variadic = false;        // "...": takes or gives more than is listed (TorchScript's own operators)
  /// Each element of the results depends on the operands' elements at its own (broadcast) place alone. torch's tag, carried over to
  /// in-place and out= forms; false says nothing (prims are not tagged).
  bool pointwise = false;
  bool random = false;          // draws from a generator: torch's tag nondeterministic_seeded

  /// Index of an argument by name.
  std::optional<size_t> indexOf(std::string_view name) const;
  bool mutates() const;         // some argument is written
};

/// The schema of a target (`aten.add.Tensor`): torch's, else the one that was declared for it (declared_schemas.h); null when unknown.
/// `aten.sym_size` (no overload) finds the overload that torch's own printing means (`.default`, else the only one that takes the given
/// number of arguments). Pointers stay valid.
const Schema* findSchema(std::string_view target, size_t argumentCount = SIZE_MAX);
/// All targets, sorted: for completion and "did you mean".
const std::vector<std::string_view>& allTargets();
/// The closest known target, for messages; empty when nothing is close.
std::string_view closestTarget(std::string_view target);

/// The value of argument `name` of a node by its schema: positional, keyword, or default. Null when neither given nor
/// defaulted, or the schema is unknown.
const Argument* argumentByName(const Node& node, std::string_view name);
/// The same for whoever asks for several: `schema` is findSchema(node.target, node.args.size()).
const Argument* argumentByName(const Node& node, const Schema* schema, std::string_view name);
/// The in-place twin (`aten.index_put.default` -> `aten.index_put_.default`), found by schema: same arguments, first one
/// written and returned. Empty when there is none or it changes geometry (transpose_, squeeze_, …). The twin computes in the
/// dtype and shape of its first argument: whoever uses it checks that the result has those (lt, add with broadcasting …).
std::string inPlaceTwin(std::string_view target);
/// The way back (`aten.index_put_.default` -> `aten.index_put.default`, `aten.pow_.Scalar` -> `aten.pow.Tensor_Scalar`). Empty when there is
/// none, several, or the operator changes geometry. Its result may have another dtype than the argument that the twin writes.
std::string functionalTwin(std::string_view target);

}  // namespace graph::ir
