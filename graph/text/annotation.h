// What stands behind a name's colon: `f32[s0, 4][4, 1]cuda:0`, `Sym(s0)`, `Parameter(f32[2])`, `torch.Tensor`.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "graph/ir/node.h"

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
  std::unordered_map<std::string_view, Entry> entries_;
};

}  // namespace graph::text
