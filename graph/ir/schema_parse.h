// Reading one schema line, private to schema.cpp and declared_schemas.cpp.
#pragma once

#include <string>
#include <string_view>

#include "graph/ir/schema.h"

namespace graph::ir {

/// Parses `aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor` for `target`. Throws std::invalid_argument with
/// the line and a caret when it has another form.
Schema parseSchema(std::string_view target, std::string_view line);
/// "operator schema WHAT (column 3)", the line, and a caret below its character `at`.
std::string schemaError(std::string_view line, size_t at, std::string_view what);
/// The schema of a full target in torch's table alone.
const Schema* findTableSchema(std::string_view target);

}  // namespace graph::ir
