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

/// One argument inside brackets, where people also write calls, attributes, indices and operators: those become nodes (nested.cpp).
ir::Argument parseItem(Reader& reader, int depth);

/// `(a, 1, dim = 2)` behind a callee: fills args and kwargs. The current token is the `(`.
void parseCallArguments(Reader& reader, ir::Node& node, int depth = 0);

/// `[…]` behind a value, including Python slices (`x[1:3, None]`): the index as getitem has it. The current token is the `[`.
ir::Argument parseSubscript(Reader& reader, int depth = 0);

/// `self.weight`, `self.lin(x)`, `getattr(self, "0").bias` as a node without name.
ir::Node parseModuleAttribute(Reader& reader, int depth = 0);

/// How tight a binary operator binds; 0 when the token is none.
constexpr int kComparison = 1, kPowerPrecedence = 9;
int operatorPrecedence(const Token& token);
/// Appends the node under a made-up name and warns; `what` is how the text calls it.
ir::Argument nestedNode(Reader& reader, ir::Node node, std::string_view what, Range where);
/// `(…)` behind an operator's name inside an argument.
ir::Argument nestedCall(Reader& reader, const Token& callee, int depth);
/// `x.shape` or `x.view(…)`, one dotted token, inside an argument; `object` is what its first part means.
ir::Argument nestedMembers(Reader& reader, ir::Argument object, const Token& dotted, int depth);
/// `-x` inside an argument; the sign has been passed.
ir::Argument nestedSign(Reader& reader, const Token& sign, int depth);
/// Indices and members behind a node, and operators that bind at least as tight as `least`.
ir::Argument parsePostfix(Reader& reader, ir::Argument value, int depth);
ir::Argument parseOperators(Reader& reader, ir::Argument left, int depth, int least);

/// `: "f32[2]"`, `: f32[2]`, ` : torch.Tensor` behind a name; the current token is the one behind the colon. Without quotes
/// it ends at `=` or at one of `stops`.
ir::Meta parseAnnotation(Reader& reader, std::string_view stops);
/// What the annotation `text`, a piece of the source, means; what is wrong in it is a warning at its place.
const ir::Meta& annotationOf(Reader& reader, std::string_view text);

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
