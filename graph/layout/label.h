// What a node says on the canvas, and what kind of node it is.
//
// Short texts for boxes (a full rendering of a call is graph/text's business) and the classification that decides a box's
// colour. Pure and thread safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "graph/ir/graph.h"

namespace graph::layout {

/// What a node does with memory, as far as its schema says.
enum class Kind : uint8_t {
  input,    // placeholder, get_attr
  fresh,    // computes into new memory
  view,     // shares memory with an argument
  write,    // writes into an argument
  copy,     // writes a whole buffer to move elements: functional updates, clone, copy_ into an input
  number,   // a symbolic integer
  output,
};
std::string_view kindName(Kind kind);   // "copy"
Kind kindOf(const ir::Graph& graph, ir::NodeId id);

/// `aten.slice.Tensor` -> `slice`, `_operator.getitem` -> `getitem`, `prims.iota.default` -> `prims.iota`.
std::string shortTarget(std::string_view target);
/// `slice(arg27_1, 0, 0, arg23_1)`, cut to `limit` characters with `…`.
std::string shortCall(const ir::Graph& graph, ir::NodeId id, size_t limit);
/// `f32[s0, 4]`, `Sym(s0)`, empty when there is no annotation; cut to `limit`.
std::string shortMeta(const ir::Meta& meta, size_t limit);
/// Cuts to `limit` characters (UTF-8 code points), the last of which becomes `…`.
std::string shorten(std::string text, size_t limit);
/// Characters (code points) of UTF-8 text.
size_t characters(std::string_view text);

/// Bytes of a tensor under `binding`; nothing for other values or while a symbol is unbound.
std::optional<int64_t> bytesOf(const ir::Meta& meta, const ir::Binding& binding);

}  // namespace graph::layout
