// What the statements of a fragment imply about names that it never defines. Internal to graph/text.
#pragma once

#include "graph/ir/graph.h"

namespace graph::text {

/// Gives a placeholder without annotation the one that its uses imply, where that is certain:
///  - operand 0 of an update (slice_scatter, index_put …) or of a copy_ has the dtype and shape of the annotated result;
///  - a size in view or expand is the dimension that the result is annotated with;
///  - the end of `slice(x, d, 0, n)` is the size of the result when that is a symbol other than x's own size: nothing was clamped.
/// Everything else stays unknown; nothing is guessed.
void addImpliedAnnotations(ir::Graph& graph);

}  // namespace graph::text
