// What stands behind a name's colon: `f32[s0, 4][4, 1]cuda:0`, `Sym(s0)`, `Parameter(f32[2])`, `torch.Tensor`.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "graph/ir/node.h"
#include "graph/text/name_table.h"

namespace graph::text {

/// What is wrong with an annotation, and where in its text. Empty when nothing is.
struct AnnotationProblem {
  std::string message;
  std::string_view where;   // a part of the text
};
/// The meta that an annotation's text (without quotes) means. Text that is no tensor and no symbol is kept as OtherMeta.
/// When it looks like a tensor or a symbol and cannot be read to its end, or holds a word that is nearly a known one, `problem` (if given)
/// says so.
ir::Meta readMeta(std::string_view text, AnnotationProblem* problem);

/// The kind of device that a misspelled one was meant to be; empty when none is close.
std::string_view closestDevice(std::string_view type);

/// Annotations repeat: each distinct text is read once. Keys are views of the source.
class AnnotationCache {
 public:
  struct Entry {
    ir::Meta meta;
    std::string problem;
    size_t offset = 0, length = 0;   // of what the problem is about, in the text
  };
  const Entry& find(std::string_view text);

 private:
  NameTable<std::unique_ptr<Entry>> entries_;  // behind pointers: references stay valid
};

}  // namespace graph::text
