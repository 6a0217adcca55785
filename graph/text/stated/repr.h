// Python's repr of nested objects, cut into calls, containers and leaves: `InputSpec(kind=<InputKind.BUFFER: 3>, target='cache')`,
// `{s0: VR[2, int_oo]}`, `reader.tensor(buf0, (2, s1//2), dtype=torch.bfloat16)`. Internal to graph/text.
//
// What a leaf means is for the reader of the whole to say. Views of the source; linear; depth and size are bounded by the text.
#pragma once

#include <string_view>
#include <vector>

#include "graph/text/problems.h"

namespace graph::text {

struct ReprItem;

struct Repr {
  std::string_view text;          // all of it, trimmed
  Range range;                    // of `text` in the source
  std::string_view callee;        // `InputSpec`, `VR`; empty for a leaf and for a container without a name
  char bracket = 0;               // ( [ { of a call or container; 0 for a leaf
  bool closed = true;             // its bracket is closed
  std::vector<ReprItem> items;

  bool isCall(std::string_view name) const { return bracket == '(' && callee == name; }
  bool isList() const { return bracket == '[' && callee.empty(); }
  /// The value of `name=…`; null when it has none.
  const Repr* get(std::string_view name) const;
  /// The value at a position among the items without key; null when there are fewer.
  const Repr* at(size_t position) const;
  bool isNone() const { return text == "None"; }
};
struct ReprItem {
  Repr key;                       // of `key=value` and `key: value`; its text is empty when there is none
  Repr value;
};

/// The value at the start of `text`, which begins at `offset` of the source, up to a line feed, `#` or `;` outside brackets; `rest`
/// receives what stands behind it.
Repr readRepr(std::string_view text, uint32_t offset, std::string_view* rest = nullptr);

}  // namespace graph::text
