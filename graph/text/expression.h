// Expressions of dump text: arguments (literals, containers, names of nodes) and the right side of a statement, which is one
// call, one operator, or one attribute. Internal to graph/text.
#pragma once

#include <optional>
#include <string_view>

#include "graph/ir/node.h"
#include "graph/text/reader.h"

namespace graph::text {

/// One argument at the current token; throws SyntaxError. Nesting deeper than kDeepestArgument is an error.
constexpr int kDeepestArgument = 200;
ir::Argument parseArgumentAt(Reader& reader, int depth = 0);

/// `(a, 1, dim = 2)` behind a callee: fills args and kwargs. The current token is the `(`.
void parseCallArguments(Reader& reader, ir::Node& node);

/// `[…]` behind a value, including Python slices (`x[1:3, None]`): the index as getitem has it. The current token is the `[`.
ir::Argument parseSubscript(Reader& reader);

/// `: "f32[2]"`, `: f32[2]`, ` : torch.Tensor` behind a name; the current token is the one behind the colon. Without quotes
/// it ends at `=` or at one of `stops`.
ir::Meta parseAnnotation(Reader& reader, std::string_view stops);

/// The right side of a statement.
struct Value {
  enum class Kind : uint8_t {
    node,    // `node` is complete but for name and meta
    alias,   // a bare name of a node: `alias`
    none,    // None: the statement deletes its left side
    other,   // a literal, which is no node: `literal`
  };
  Kind kind = Kind::node;
  ir::Node node;
  ir::NodeId alias;
  std::string_view name;   // of an alias, as written
  ir::Argument literal;
  Range range;             // of the whole value
  Range callee;            // of its callee
};
Value parseValue(Reader& reader);

}  // namespace graph::text
