// The right side of a statement: one call, one Python operator, one attribute. FX never nests them.
#include <fmt/format.h>

#include <algorithm>

#include "graph/text/expression.h"
#include "graph/text/literal.h"
#include "graph/text/operator_check.h"
#include "graph/text/operators.h"

namespace graph::text {
namespace {

constexpr std::string_view kStatementEnd = "';' or the end of the line";

/// Attributes of the module: `self.a.b`, `getattr(self.sub, "0").weight`, in any nesting. Empty when the tokens are no such
/// path; then nothing has been passed over.
bool isSelfPath(Reader& r, const Token& token) {
  std::string_view self = r.scope->self();
  if (!token.isName()) return false;
  if (!self.empty() && token.dotted && token.text.substr(0, token.text.find('.')) == self) return true;
  return !self.empty() && token.text == self;
}

std::string selfPath(Reader& r, int depth) {
  if (depth > kDeepestArgument) throw SyntaxError{r.token().range(), "getattr nested too deep"};
  std::string path;
  const Token token = r.token();
  if (token.isName("getattr")) {
    r.lexer.next();
    r.expect("(", "'('");
    path = selfPath(r, depth + 1);
    r.expect(",", "','");
    if (r.token().kind != Token::Kind::string) throw unexpected(r.token(), "the attribute's name in quotes");
    ir::Argument attribute = parseArgumentAt(r);
    if (!path.empty()) path += '.';
    path += *attribute.as<std::string>();
    r.expect(")", "')'");
  } else if (isSelfPath(r, token)) {
    size_t dot = token.text.find('.');
    if (dot != std::string_view::npos) path = std::string(token.text.substr(dot + 1));
    r.lexer.next();
  } else {
    throw unexpected(token, "an attribute of the module (self.name)");
  }
  while (r.token().is(".")) {
    r.lexer.next();
    if (!r.token().isName()) throw unexpected(r.token(), "an attribute's name");
    path += '.';
    path += r.token().text;
    r.lexer.next();
  }
  return path;
}

void moduleAttribute(Reader& r, Value& value) {
  const Token first = r.token();
  value.node = parseModuleAttribute(r);
  value.callee = {first.begin, r.token().begin};
}

void call(Reader& r, Value& value, const Token& callee) {
  Callee& known = lookUpCallee(r, callee);
  value.node.op = ir::Op::call_function;
  value.node.target = known.target;
  value.callee = callee.range();
  parseCallArguments(r, value.node);
  checkOperator(r, known, value.node, callee.range());
}

/// `x.view(…)` and `x.shape`.
void methodOrAttribute(Reader& r, Value& value, ir::Argument object, std::string_view member, Range where) {
  value.callee = where;
  value.node.args.push_back(std::move(object));
  if (r.token().is("(")) {
    value.node.op = ir::Op::call_method;
    value.node.target = std::string(member);
    parseCallArguments(r, value.node);
  } else {
    value.node.op = ir::Op::call_function;
    value.node.target = "getattr";
    value.node.args.emplace_back(std::string(member));
  }
}

/// Does `root.…(` name a function when `root` is no node? Python modules do, and so does `namespace.operator.overload`.
bool isFunctionPath(std::string_view text) {
  std::string_view root = text.substr(0, text.find('.'));
  if (Scope::isModule(root)) return true;
  return text.find('.') != text.rfind('.');
}

void dottedName(Reader& r, Value& value, const Token& name) {
  size_t dot = name.text.find('.');
  std::string_view root = name.text.substr(0, dot), member = name.text.substr(dot + 1);
  bool isNode = r.scope->isDefined(root);
  const Range where{name.begin, name.begin + static_cast<uint32_t>(root.size())};
  if (!isNode && isFunctionPath(name.text)) {
    if (root != "torch") r.scope->keptAsText(root, where, name.line);
    if (r.token().is("(")) return call(r, value, name);
    if (name.text.starts_with("torch.ops.")) throw unexpected(r.token(), "'('");
    value.kind = Value::Kind::other;
    value.literal = ir::Name{std::string(name.text)};
    return;
  }
  ir::Argument object = r.scope->use(root, where, name.line);
  if (member.find('.') != std::string_view::npos)
    throw SyntaxError{name.range(), fmt::format("'{}' takes two steps: give the first attribute a line and a name of its own", name.text)};
  methodOrAttribute(r, value, std::move(object), member, name.range());
}

/// What follows a first operand: an operator and the second one, an index, a member, or nothing.
void operation(Reader& r, Value& value, ir::Argument left, Range where) {
  ir::Node& node = value.node;
  const Token op = r.token();
  node.op = ir::Op::call_function;
  value.callee = op.range();
  if (op.is("[")) {
    node.target = "_operator.getitem";
    node.args.push_back(std::move(left));
    node.args.push_back(parseSubscript(r));
    return;
  }
  if (op.is(".")) {
    r.lexer.next();
    if (!r.token().isName() || r.token().dotted) throw unexpected(r.token(), "a method or an attribute");
    const Token member = r.token();
    r.lexer.next();
    return methodOrAttribute(r, value, std::move(left), member.text, member.range());
  }
  std::string_view function = op.kind == Token::Kind::op ? binaryFunction(op.text) : std::string_view{};
  if (!function.empty()) {
    r.lexer.next();
    node.target = std::string(function);
    node.args.push_back(std::move(left));
    ir::Argument right = parsePostfix(r, parseArgumentAt(r), 0);
    node.args.push_back(parseOperators(r, std::move(right), 0, operatorPrecedence(op) + (op.is("**") ? 0 : 1)));
    return;
  }
  if (!op.endsStatement()) throw unexpected(op, "an operator or the end of the line");
  if (left.isNone()) value.kind = Value::Kind::none;
  else if (left.node()) { value.kind = Value::Kind::alias; value.alias = left.node(); }
  else { value.kind = Value::Kind::other; value.literal = std::move(left); }
  value.range = where;
}

/// `neg = -3`: the operator of a number, when that is all; the sign of a number in front of an operator belongs to it.
bool signedNumber(Reader& r, Value& value, std::string_view function) {
  const auto start = r.lexer.mark();
  r.lexer.next();
  const Token operand = r.token();
  if (operand.kind != Token::Kind::integer && operand.kind != Token::Kind::floating && !operand.isName("inf") && !operand.isName("nan")) {
    if (start.token.is("~")) throw unexpected(operand, "a name or a number");
    r.lexer.rewind(start);
    return false;
  }
  ir::Argument number = parseArgumentAt(r);
  if (!r.token().endsStatement()) {
    r.lexer.rewind(start);
    return false;
  }
  value.node.op = ir::Op::call_function;
  value.node.target = std::string(function);
  value.node.args.push_back(std::move(number));
  value.callee = start.token.range();
  return true;
}

bool isComparison(std::string_view target) {
  auto symbol = binarySymbol(target);
  return symbol == "==" || symbol == "!=" || symbol == "<" || symbol == ">" || symbol == "<=" || symbol == ">=";
}

/// What people write behind a complete right side, `relu(x) + 1`, `view(x).t()[0]`: the value so far becomes a node of its own.
void continued(Reader& r, Value& value, const Token& first) {
  while (value.kind == Value::Kind::node && r.mayNest) {
    const Token op = r.token();
    const int bound = operatorPrecedence(op);
    const std::string_view target = value.node.target;
    const bool isInfix = value.node.op == ir::Op::call_function && (!binarySymbol(target).empty() || !unarySymbol(target).empty());
    if (!bound && (isInfix || !(op.is("[") || op.is(".")))) return;
    if (bound == kComparison && isComparison(target)) throw unexpected(op, "one comparison");
    const Range where{first.begin, op.begin};
    std::string name(target);
    ir::Argument left = nestedNode(r, std::move(value.node), name, where);
    value.node = {};
    operation(r, value, std::move(left), where);
  }
}

/// `-x`, `~x`, `+x`; a sign before a number belongs to the number.
bool unary(Reader& r, Value& value) {
  const auto start = r.lexer.mark();
  const Token op = r.token();
  if (op.kind != Token::Kind::op) return false;
  std::string_view function = unaryFunction(op.text);
  if (function.empty()) return false;
  r.lexer.next();
  const Token operand = r.token();
  bool isNode = operand.isName() && !operand.dotted && operand.text != "inf" && operand.text != "nan";
  if (!isNode) {
    r.lexer.rewind(start);
    return signedNumber(r, value, function);
  }
  value.node.op = ir::Op::call_function;
  value.node.target = std::string(function);
  value.node.args.push_back(parseOperators(r, parsePostfix(r, parseArgumentAt(r), 0), 0, kPowerPrecedence));
  value.callee = op.range();
  return true;
}

void nameFirst(Reader& r, Value& value) {
  const auto start = r.lexer.mark();
  const Token name = r.token();
  if (isSelfPath(r, name)) return moduleAttribute(r, value);
  r.lexer.next();
  if (name.isName("getattr") && r.token().is("(")) {
    r.lexer.next();
    bool ofModule = isSelfPath(r, r.token()) || r.token().isName("getattr");
    r.lexer.rewind(start);
    if (ofModule) return moduleAttribute(r, value);
    r.lexer.next();
    return call(r, value, name);
  }
  if (name.dotted) {
    dottedName(r, value, name);
    return;
  }
  if (r.token().is("(")) {
    if (name.text == "slice" || name.text == "device") {  // a constant in front of an operator; else a call
      const auto open = r.lexer.mark();
      r.lexer.next();
      r.lexer.skipBalanced(")");
      const bool isCall = r.accept(")") && r.token().endsStatement();
      r.lexer.rewind(isCall ? open : start);
      if (!isCall) return operation(r, value, parseArgumentAt(r), name.range());
    }
    return call(r, value, name);
  }
  r.lexer.rewind(start);
  value.name = name.text;
  operation(r, value, parseArgumentAt(r), name.range());
}

}  // namespace

/// `self.weight` is a get_attr, `self.lin(x)` a call_module.
ir::Node parseModuleAttribute(Reader& r, int depth) {
  const Token first = r.token();
  ir::Node node;
  node.target = selfPath(r, depth);
  const bool isUnnamed = first.isName("getattr");  // getattr(self, ""): a subgraph to which Dynamo gave no name
  if (node.target.empty() && !isUnnamed) throw SyntaxError{first.range(), "the module itself is no value: an attribute is missing"};
  node.op = r.token().is("(") ? ir::Op::call_module : ir::Op::get_attr;
  if (node.op == ir::Op::call_module) parseCallArguments(r, node, depth);
  return node;
}

Value parseValue(Reader& r) {
  Value value;
  const Token first = r.token();
  if (first.endsStatement() || (first.kind == Token::Kind::bad)) throw unexpected(first, "a call, an operator or an attribute");
  if (first.isName()) nameFirst(r, value);
  else if (!unary(r, value)) operation(r, value, parseArgumentAt(r), {first.begin, r.token().begin});
  continued(r, value, first);
  value.range = {first.begin, r.token().begin};
  if (!r.token().endsStatement()) throw unexpected(r.token(), kStatementEnd);
  return value;
}

ir::Meta parseAnnotation(Reader& r, std::string_view stops) {
  const Token token = r.token();
  std::string_view text;
  if (token.kind == Token::Kind::string) {
    text = quotedView(token.text);
    r.lexer.next();
  } else {
    text = r.lexer.skipBalanced(stops);
    if (token.kind == Token::Kind::bad || text.empty()) throw unexpected(token, "an annotation");
    if (auto quote = text.find_first_of("\"'"); quote != text.npos && (r.token().endsLine() || text[quote] == text.back())) {
      // `x: f32[2]" = ...`: what follows went into a string.
      const auto begin = static_cast<uint32_t>(text.data() - r.lexer.whole().data() + quote);
      if (std::count(text.begin(), text.end(), text[quote]) % 2) throw SyntaxError{{begin, begin + 1}, "unexpected quote in an annotation that begins without one"};
    }
  }
  return annotationOf(r, text);
}

const ir::Meta& annotationOf(Reader& r, std::string_view text) {
  const auto& entry = r.caches.annotations.find(text);
  if (!entry.problem.empty()) {
    const auto begin = static_cast<uint32_t>(text.data() - r.lexer.whole().data() + entry.offset);
    r.problems.warning({begin, begin + static_cast<uint32_t>(entry.length)}, entry.problem);
  }
  return entry.meta;
}

void parseCallArguments(Reader& r, ir::Node& node, int depth) {
  r.expect("(", "'('");
  ArgumentList args(r);
  for (ir::Argument& object : node.args) args.add(std::move(object));  // of a method
  while (!r.accept(")")) {
    const Token first = r.token();
    if (first.is("...")) r.problems.warning(first.range(), "'...' is read as Ellipsis: if arguments are left out here, they are missing");
    if (first.is("*") || first.is("**")) throw SyntaxError{first.range(), "unpacked arguments ('*x') cannot be read"};
    if (first.isName() && !first.dotted && r.lexer.isAssignedNext()) {
      r.lexer.next();
      r.lexer.next();
      for (auto& [key, value] : node.kwargs)
        if (key == first.text) throw SyntaxError{first.range(), fmt::format("argument '{}' is given twice", first.text)};
      node.kwargs.emplace_back(std::string(first.text), parseItem(r, depth));
    } else {
      if (!node.kwargs.empty()) throw SyntaxError{first.range(), "a positional argument behind a named one"};
      args.add(parseItem(r, depth));
    }
    if (!r.accept(",") && !r.token().is(")")) throw unexpected(r.token(), "',' or ')'");
  }
  node.args = args.take();
}

ir::Argument parseSubscript(Reader& r, int depth) {
  r.expect("[", "'['");
  std::vector<ir::Argument> all;
  bool isTuple = false;
  do {
    if (r.token().is("]")) break;  // a comma behind the last index
    std::vector<ir::Argument> bounds;
    if (!r.token().is(":")) bounds.push_back(parseItem(r, depth));
    if (r.token().is(":")) {
      if (bounds.empty()) bounds.emplace_back();
      while (r.accept(":")) {
        if (bounds.size() == 3) throw unexpected(r.token(), "',' or ']'");
        bool isEmpty = r.token().is(":") || r.token().is("]") || r.token().is(",");
        bounds.push_back(isEmpty ? ir::Argument() : parseItem(r, depth));
      }
      bounds.resize(3);
      all.emplace_back(ir::Slice{std::move(bounds)});
    } else {
      all.push_back(std::move(bounds.front()));
    }
    if (!r.token().is(",")) break;
    isTuple = true;
    r.lexer.next();
  } while (true);
  if (all.empty()) throw unexpected(r.token(), "an index");
  r.expect("]", "',' or ']'");
  if (isTuple) return ir::Tuple{std::move(all)};
  return std::move(all.front());
}

}  // namespace graph::text
