// What stands behind a name's colon: `f32[s0, 4][4, 1]cuda:0`, `Sym(s0)`, `Parameter(f32[2])`, `torch.Tensor`.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "graph/ir/node.h"
#include "graph/text/name_table.h"

namespace graph::text {

/// The meta that an annotation's text (without quotes) means. Text that is no tensor and no symbol is kept as OtherMeta.
/// When it begins like a tensor or a symbol and cannot be read to its end, `problem` (if given) says why.
ir::Meta parseMeta(std::string_view text, std::string* problem);

/// Annotations repeat: each distinct text is read once. Keys are views of the source.
class AnnotationCache {
 public:
  struct Entry { ir::Meta meta; std::string problem; };
  const Entry& find(std::string_view text);

 private:
  NameTable<std::unique_ptr<Entry>> entries_;  // behind pointers: references stay valid
};

}  // namespace graph::text
