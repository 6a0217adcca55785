// A guard: something that a rewrite relied on and that running the graph must check.
//
// A value, printed with the graph (`# guard: s0 >= 2`) and read back with it. Programs (graph/torch/checks.h) and exported Python
// (rewrites/python_runtime.h) check it at every call.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/ir/symbol.h"

namespace graph::ir {

struct Guard {
  enum class Kind : uint8_t {
    disjoint,          // `first` and `second` (placeholders or get_attr nodes) share no element; without `second`: `first` and every
                       // other input or constant that this graph reads or writes at or after its first write to `first` (input_use.h)
    no_self_overlap,   // no two elements of `first` share an address
    symbol,            // `condition`, e.g. "s0 >= 2", holds
    strides,           // `first` has these strides and this storage offset, in elements; those of a dimension of size 0 or 1 do not
                       // matter, and those of a tensor without elements neither
  };
  Kind kind = Kind::symbol;
  std::string first, second;  // node names
  std::string condition;
  std::vector<Expr> strides = {};     // one a dimension; a symbol that no size shows is what the stride says
  std::optional<Expr> offset = {};    // with `strides`; without it any

  /// "disjoint(a, b)" | "disjoint(a)" | "no_self_overlap(a)" | "strides(a, [8*s0, 8, 1])" | "strides(a, [4, 1], 0)" (with the storage
  /// offset) | "s0 >= 2"
  std::string str() const;
  /// What str() prints, blanks aside; nothing when the text is none of these.
  static std::optional<Guard> parse(std::string_view text);
  /// The forms, for messages: "disjoint(a, b), no_self_overlap(a), strides(a, [4, 1]) or a condition such as s0 >= 2".
  static std::string_view forms();
  bool operator==(const Guard&) const = default;
};

}  // namespace graph::ir
