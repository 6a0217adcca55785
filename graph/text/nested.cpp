// Arguments that are calls, attributes or sums themselves: `aten.add.Tensor(aten.mul.Tensor(x, 2), y.shape[0] + 1)`.
//
// FX never prints them, people write them. Each becomes a node of its own under a made-up name, with a warning; precedence is Python's.
// A snippet (Reader::mayNest is false) has no place for such nodes: there they are errors, as are values that no node can hold.
#include <fmt/format.h>

#include <algorithm>

#include "graph/text/expression.h"
#include "graph/text/operator_check.h"
#include "graph/text/operators.h"

namespace graph::text {
namespace {

/// `aten.add.Tensor` -> `add`, `torch.nn.functional.pad` -> `pad`, `layers.0.weight` -> `weight`.
std::string operatorName(std::string_view target) {
  const bool hasOverload = std::count(target.begin(), target.end(), '.') == 2 && !target.starts_with("torch.") && !target.starts_with('_');
  if (hasOverload) target = target.substr(0, target.rfind('.'));
  std::string name;
  for (char c : target.substr(target.rfind('.') == std::string_view::npos ? 0 : target.rfind('.') + 1)) name += isNameChar(c) ? c : '_';
  return name;
}

ir::Node functionNode(std::string_view target, ir::Argument first) {
  ir::Node node;
  node.op = ir::Op::call_function;
  node.target = std::string(target);
  node.args.push_back(std::move(first));
  return node;
}

/// `x.shape` as the tokens `.` and `shape`, or as the rest of one dotted token: attributes one by one, the last a method when called.
ir::Argument members(Reader& r, ir::Argument object, std::string_view path, const Token& where, int depth) {
  for (int steps = 0;; ++steps) {
    if (depth + steps > kDeepestArgument) throw SyntaxError{where.range(), fmt::format("more than {} attributes of attributes", kDeepestArgument)};
    size_t dot = std::min(path.find('.'), path.size());
    std::string_view member = path.substr(0, dot);
    ir::Node node = functionNode("getattr", std::move(object));
    if (dot == path.size() && r.token().is("(")) {
      node.op = ir::Op::call_method;
      node.target = std::string(member);
      parseCallArguments(r, node, depth + 1);
    } else {
      node.args.emplace_back(std::string(member));
    }
    object = nestedNode(r, std::move(node), member, where.range());
    if (dot == path.size()) return object;
    path.remove_prefix(dot + 1);
  }
}

}  // namespace

int operatorPrecedence(const Token& token) {
  if (token.kind != Token::Kind::op || binaryFunction(token.text).empty()) return 0;
  if (token.is("**")) return kPowerPrecedence;
  switch (token.text[0]) {
    case '|': return 2;
    case '^': return 3;
    case '&': return 4;
    case '+': case '-': return 6;
    case '*': case '/': case '%': case '@': return 7;
    default: return token.is("<<") || token.is(">>") ? 5 : kComparison;
  }
}

ir::Argument nestedNode(Reader& r, ir::Node node, std::string_view what, Range where) {
  if (!r.mayNest) throw SyntaxError{where, fmt::format("'{}' inside an argument: give it a line and a name of its own", what)};
  node.line = r.token().line;
  node.stack = r.stack;
  node.name = r.scope->graph().uniqueName(fmt::format("nested_{}", operatorName(node.target)));
  r.problems.warning(where, fmt::format("'{}' inside an argument becomes a node of its own, '{}'", what, node.name));
  return r.scope->graph().append(std::move(node));
}

ir::Argument nestedCall(Reader& r, const Token& callee, int depth) {
  if (!r.mayNest) throw SyntaxError{callee.range(), fmt::format("a call inside a call: give '{}(...)' a line and a name of its own", callee.text)};
  Callee& known = lookUpCallee(r, callee);
  ir::Node node;
  node.op = ir::Op::call_function;
  node.target = known.target;
  parseCallArguments(r, node, depth + 1);
  checkOperator(r, known, node, callee.range());
  return nestedNode(r, std::move(node), callee.text, callee.range());
}

ir::Argument nestedMembers(Reader& r, ir::Argument object, const Token& dotted, int depth) {
  return members(r, std::move(object), dotted.text.substr(dotted.text.find('.') + 1), dotted, depth);
}

ir::Argument parsePostfix(Reader& r, ir::Argument value, int depth) {
  for (int steps = 0; value.node() && (r.token().is("[") || r.token().is(".")); ++steps) {
    const Token token = r.token();
    if (depth + steps > kDeepestArgument) throw SyntaxError{token.range(), fmt::format("brackets nested deeper than {}", kDeepestArgument)};
    if (token.is("[")) {
      ir::Node node = functionNode("_operator.getitem", std::move(value));
      node.args.push_back(parseSubscript(r, depth + 1));
      value = nestedNode(r, std::move(node), "getitem", token.range());
    } else {
      r.lexer.next();
      const Token member = r.token();
      if (!member.isName()) throw unexpected(member, "a method or an attribute");
      r.lexer.next();
      value = members(r, std::move(value), member.text, member, depth);
    }
  }
  return value;
}

ir::Argument parseOperators(Reader& r, ir::Argument left, int depth, int least) {
  for (int bound; (bound = operatorPrecedence(r.token())) >= least && bound > 0;) {
    const Token op = r.token();
    r.lexer.next();
    ir::Argument right = parseOperators(r, parsePostfix(r, parseArgumentAt(r, depth + 1), depth + 1), depth + 1, bound == kPowerPrecedence ? kPowerPrecedence : bound + 1);
    if (!left.node() && !right.node())
      throw SyntaxError{op.range(), fmt::format("unexpected '{}' between two values that are no nodes, expected ',' or a closing bracket", op.text)};
    ir::Node node = functionNode(binaryFunction(op.text), std::move(left));
    node.args.push_back(std::move(right));
    left = nestedNode(r, std::move(node), op.text, op.range());
    if (bound == kComparison && operatorPrecedence(r.token()) == kComparison) throw unexpected(r.token(), "one comparison");
  }
  return left;
}

ir::Argument nestedSign(Reader& r, const Token& sign, int depth) {
  ir::Argument operand = parsePostfix(r, parseArgumentAt(r, depth + 1), depth + 1);
  operand = parseOperators(r, std::move(operand), depth + 1, kPowerPrecedence);
  return nestedNode(r, functionNode(unaryFunction(sign.text), std::move(operand)), sign.text, sign.range());
}

ir::Argument parseItem(Reader& r, int depth) { return parseOperators(r, parsePostfix(r, parseArgumentAt(r, depth), depth), depth, 1); }

}  // namespace graph::text
