// Reading one schema line, private to schema.cpp.
#pragma once

#include <string_view>

#include "graph/ir/schema.h"

namespace graph::ir {

/// Parses `aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor` for `target`. Throws std::invalid_argument with
/// the line and the offset when it has another form.
Schema parseSchema(std::string_view target, std::string_view line);

}  // namespace graph::ir
