#include "graph/text/statement.h"

#include <fmt/format.h>

#include "graph/ir/spelling.h"
#include "graph/text/literal.h"
#include "graph/text/operators.h"

namespace graph::text {
namespace {

constexpr std::string_view kUnderstood = "a call, an operator or an attribute";

bool isControlFlow(std::string_view word) {
  for (std::string_view w : {"if", "for", "while", "with", "try", "else", "elif", "assert", "raise", "del", "import", "from", "global", "lambda", "yield"})
    if (w == word) return true;
  return false;
}

/// What python_code(record_func=True) puts around every node: `_rf_add = …; _rf_add.__enter__()`. No part of the graph.
constexpr std::string_view kProfiler = "torch._C._profiler._RecordFunctionFast";

/// A setting up of pytrees or boxed arguments that defines placeholders, not nodes.
bool isPytreeCall(std::string_view target) { return target.starts_with("fx_pytree.") || target.starts_with("pytree."); }

}  // namespace

void StatementParser::parseLine(const std::shared_ptr<const std::string>& stack) {
  stack_ = r_.stack = stack;
  pending_ = {};
  try {
    for (;;) {
      statement();
      endString();
      while (r_.accept(";")) {}
      if (r_.token().kind == Token::Kind::newline || r_.token().kind == Token::Kind::end) return;
    }
  } catch (const SyntaxError&) {
    if (!pending_.empty()) r_.scope->poison(pending_);
    throw;
  }
}

/// Passes over the quotes that end the Python string in which the text stands, with the rest of their line.
void StatementParser::endString() {
  const Token quotes = r_.token();
  if (quotes.kind != Token::Kind::string && quotes.kind != Token::Kind::bad) return;
  const std::string_view text = r_.lexer.text().substr(quotes.begin, 3);
  if (text != "\"\"\"" && text != "'''") return;
  ended_ = true;
  r_.lexer.startAt(quotes.begin + 3, quotes.line);
  r_.lexer.skipLine();
}

void StatementParser::statement() {
  const Token first = r_.token();
  if (first.endsStatement()) return;
  if (first.kind == Token::Kind::string || first.is("...")) {  // a docstring, FX_GRAPH_SHOW_META's block, an elision
    r_.lexer.next();
    if (!r_.token().endsStatement()) throw unexpected(r_.token(), "the end of the line");
    return;
  }
  if (!first.isName()) throw unexpected(first, "a statement (name = ...)");
  if (first.text == "return") return returned();
  if (first.text == "pass") { r_.lexer.next(); passed_ = true; return; }
  if (first.dotted) return expression();
  definition(first);
}

void StatementParser::definition(const Token& name) {
  const auto start = r_.lexer.mark();
  r_.lexer.next();
  const Token& token = r_.token();
  if (token.is("=")) return assign(name, {});
  if (token.is(":")) {
    pending_ = name.text;
    r_.lexer.next();
    ir::Meta meta = parseAnnotation(r_, "=;");
    if (r_.token().is("=")) return assign(name, std::move(meta));
    if (!r_.token().endsStatement()) throw unexpected(r_.token(), "'='");
    declared_.insert_or_assign(name.text, std::move(meta));
    pending_ = {};
    return;
  }
  if (token.is(",")) return severalTargets(name);
  if (token.is("[")) {
    r_.lexer.rewind(start);
    return indexed(name);
  }
  if (token.kind == Token::Kind::op) {
    std::string_view function = inPlaceFunction(token.text);
    if (!function.empty()) return inPlace(name, function);
  }
  if (isControlFlow(name.text) && !r_.scope->isDefined(name.text)) {
    isSource_ = true;
    throw SyntaxError{name.range(), fmt::format("'{}' cannot be read: a graph is a list of statements like name = call(...)", name.text)};
  }
  // A call nobody asked for a result of is rare; `retrun (x,)` looks like one.
  constexpr std::string_view kReturn[] = {"return"};
  const bool isReturn = !r_.scope->isDefined(name.text) && !ir::closestOf(name.text, kReturn).empty();
  if (isReturn) throw SyntaxError{name.range(), fmt::format("unexpected '{}', expected a statement (name = ...) or return, did you mean 'return'?", name.text)};
  if (!token.is("(") && !token.is(".")) {
    pending_ = name.text;   // most likely its definition
    throw unexpected(token, "'=', ':' or '('");
  }
  r_.lexer.rewind(start);
  expression();
}

/// Behind `name [: annotation]`; the current token is the `=`.
void StatementParser::assign(const Token& name, ir::Meta&& meta) {
  r_.lexer.next();
  const Token& token = r_.token();
  if (token.isName() && !token.dotted && (token.text == "None" || r_.lexer.isAssignedNext())) return deletion(name);
  pending_ = name.text;
  if (acceptNext()) input(name.text, std::move(meta), name.range(), name.line);
  else place(name, std::move(meta), parseValue(r_));
  pending_ = {};
}

/// `next(args_iter)`: what an iterator is for. Read before values are, because in any other place its name is an error.
bool StatementParser::acceptNext() {
  if (iterator_.empty() || !r_.token().isName("next")) return false;
  const auto start = r_.lexer.mark();
  r_.lexer.next();
  const bool isOfIterator = r_.accept("(") && r_.token().isName(iterator_) && (r_.lexer.next(), r_.accept(")")) && r_.token().endsStatement();
  if (!isOfIterator) r_.lexer.rewind(start);
  return isOfIterator;
}

/// `a = b = None`; the current token is the one behind the first `=`.
void StatementParser::deletion(const Token& first) {
  deleted_.assign(1, first);
  while (!r_.token().isName("None")) {
    if (!r_.token().isName() || r_.token().dotted) throw unexpected(r_.token(), "a name or None");
    deleted_.push_back(r_.token());
    r_.lexer.next();
    r_.expect("=", "'='");
  }
  r_.lexer.next();
  endString();
  if (!r_.token().endsStatement()) throw unexpected(r_.token(), "';' or the end of the line");
  for (auto& name : deleted_) {
    if (!r_.scope->markDeleted(name.text, name.line) && !r_.scope->isFragment())
      r_.problems.warning(name.range(), fmt::format("'{}' is set to None and was never defined", name.text));
  }
}

void StatementParser::place(const Token& name, ir::Meta&& meta, Value&& value) {
  switch (value.kind) {
    case Value::Kind::node: return placeCall(name, std::move(meta), std::move(value));
    case Value::Kind::alias: {
      const ir::Node& node = r_.scope->graph().node(value.alias);
      // `l_x_ = L_x_`: the placeholder's own name. Anything else is a second name of the same value.
      if (node.op != ir::Op::placeholder || r_.scope->isDefined(name.text) || !r_.scope->rename(value.alias, name.text)) {
        if (r_.scope->find(name.text) && r_.scope->find(name.text) != value.alias)
          r_.problems.error(name.range(), fmt::format("'{}' is defined twice", name.text));
      }
      return r_.scope->alias(name.text, value.alias, name.line);
    }
    case Value::Kind::none: return deletion(name);
    case Value::Kind::other:
      throw SyntaxError{value.range, fmt::format("unexpected {}, expected {}", value.literal.as<ir::Name>() ? "constant" : "literal", kUnderstood)};
  }
}

void StatementParser::placeCall(const Token& name, ir::Meta&& meta, Value&& value) {
  const std::string& target = value.node.target;
  if (target == "iter" && value.node.args.size() == 1 && value.node.args[0].node()) {
    boxed_ = r_.scope->graph().node(value.node.args[0].node()).name;
    r_.scope->forget(boxed_);
    r_.scope->hide(iterator_ = name.text);
    return;
  }
  if (target == "next" && value.node.args.size() == 1)
    return input(name.text, std::move(meta), name.range(), name.line);
  if (target == kProfiler) return r_.scope->hide(name.text);
  value.node.meta = std::move(meta);
  value.node.stack = stack_;
  value.node.line = name.line;
  r_.scope->define(name.text, std::move(value.node), name.range());
}

void StatementParser::input(std::string_view name, ir::Meta&& meta, Range where, uint32_t line) {
  ir::Node node;
  node.op = ir::Op::placeholder;
  node.target = std::string(name);
  node.line = line;
  node.meta = std::move(meta);
  if (auto declared = declared_.find(name); declared != declared_.end()) node.meta = declared->second;
  if (ir::NodeId old = r_.scope->find(name)) {  // the parameter of that name: it is the same one
    const ir::Node& parameter = r_.scope->graph().node(old);
    if (parameter.op == ir::Op::placeholder && r_.scope->graph().users(old).empty()) {
      if (std::holds_alternative<std::monostate>(node.meta)) node.meta = parameter.meta;
      r_.scope->forget(name);
    }
  }
  r_.scope->define(name, std::move(node), where);
}

/// `x, y, = fx_pytree.tree_flatten_spec(([x, y], {}), self._in_spec)`: these are the placeholders, whatever the signature says.
void StatementParser::severalTargets(const Token& first) {
  std::vector<Token> names{first};
  while (r_.accept(",")) {
    if (r_.token().is("=")) break;
    if (!r_.token().isName() || r_.token().dotted) throw unexpected(r_.token(), "a name");
    names.push_back(r_.token());
    r_.lexer.next();
  }
  r_.expect("=", "',' or '='");
  const Token callee = r_.token();
  if (!callee.isName() || !isPytreeCall(callee.text)) {
    isSource_ = true;
    throw SyntaxError{{first.begin, names.back().end}, "several names on the left: results are taken one by one, x = pair[0]"};
  }
  r_.lexer.skipBalanced(";");
  std::vector<std::string> parameters;
  auto& graph = r_.scope->graph();
  for (ir::NodeId id : graph.placeholders()) {
    const ir::Node& node = graph.node(id);
    bool isTarget = false;
    for (auto& name : names) isTarget |= name.text == node.name;
    if (!isTarget) parameters.push_back(node.name);
  }
  for (auto& name : parameters) r_.scope->forget(name);
  for (auto& name : names) input(name.text, {}, name.range(), name.line);
}

/// `x += y;  iadd = x`
void StatementParser::inPlace(const Token& name, std::string_view function) {
  const Token op = r_.token();
  ir::Node node;
  node.op = ir::Op::call_function;
  node.target = std::string(function);
  node.args.push_back(r_.scope->use(name.text, name.range(), name.line));
  r_.lexer.next();
  node.args.push_back(parseItem(r_, 0));
  finishInPlace(std::move(node), name, op.range());
}

/// `x[i] = v;  setitem = x`, or an expression that begins with an index.
void StatementParser::indexed(const Token& name) {
  r_.lexer.next();
  const Token open = r_.token();
  ir::Node node;
  node.op = ir::Op::call_function;
  node.target = "_operator.setitem";
  node.args.push_back(r_.scope->use(name.text, name.range(), name.line));
  node.args.push_back(parseSubscript(r_));
  if (r_.token().kind == Token::Kind::op && !inPlaceFunction(r_.token().text).empty())
    throw SyntaxError{r_.token().range(), "an update of an element takes three statements: y = x[i]; z = y + v; x[i] = z"};
  r_.expect("=", "'='");
  node.args.push_back(parseItem(r_, 0));
  finishInPlace(std::move(node), name, {open.begin, open.end});
}

/// The second statement, `iadd: "f32[2]" = x`, names the node.
void StatementParser::finishInPlace(ir::Node&& node, const Token& subject, Range where) {
  if (!r_.token().endsStatement()) throw unexpected(r_.token(), "';' or the end of the line");
  node.line = subject.line;
  node.stack = stack_;
  const auto before = r_.lexer.mark();
  Token name;
  ir::Meta meta;
  if (r_.accept(";") && r_.token().isName() && !r_.token().dotted) {
    name = r_.token();
    r_.lexer.next();
    if (r_.accept(":")) meta = parseAnnotation(r_, "=;");
    if (r_.accept("=") && r_.token().isName(subject.text)) {
      r_.lexer.next();
      if (r_.token().endsStatement()) {
        node.meta = std::move(meta);
        r_.scope->define(name.text, std::move(node), name.range());
        return;
      }
    }
  }
  r_.lexer.rewind(before);
  r_.scope->define({}, std::move(node), where);
}

/// A call whose result has no name: `args_list.clear()`, or a statement written by hand.
void StatementParser::expression() {
  const Token first = r_.token();
  if (!boxed_.empty() && first.text == boxed_ + ".clear") {  // the boxed list is no parameter any more
    r_.lexer.skipBalanced(";");
    return;
  }
  if (first.text.starts_with("_rf") && (first.text.ends_with(".__enter__") || first.text.ends_with(".__exit__")) && r_.scope->isDefined(first.text.substr(0, first.text.find('.')))) {
    r_.lexer.skipBalanced(";");
    return;
  }
  Value value = parseValue(r_);
  if (value.kind != Value::Kind::node) throw SyntaxError{first.range(), "a value without a name: expected name = ..."};
  value.node.line = first.line;
  value.node.stack = stack_;
  r_.scope->define({}, std::move(value.node), first.range());
}

void StatementParser::returned() {
  const Token word = r_.token();
  r_.lexer.next();
  ir::Node node;
  node.op = ir::Op::output;
  node.name = node.target = "output";
  node.line = word.line;
  const Token first = r_.token();
  if (first.endsStatement()) {
    node.args.emplace_back();
  } else if (first.isName() && isPytreeCall(first.text)) {  // pytree.tree_unflatten([…], self._out_spec): the flat results
    r_.lexer.next();
    r_.expect("(", "'('");
    node.args.push_back(parseArgumentAt(r_));
    r_.lexer.skipBalanced(")");
    r_.expect(")", "')'");
  } else {
    node.args.push_back(parseItem(r_, 0));
    if (r_.token().is(",")) {  // return a, b
      ir::Tuple tuple;
      tuple.items.push_back(std::move(node.args[0]));
      while (r_.accept(",") && !r_.token().endsStatement()) tuple.items.push_back(parseItem(r_, 0));
      node.args[0] = std::move(tuple);
    }
  }
  endString();
  if (!r_.token().endsStatement()) throw unexpected(r_.token(), "the end of the line");
  node.name = r_.scope->graph().uniqueName("output");
  r_.scope->graph().append(std::move(node));
  returned_ = true;
}

}  // namespace graph::text
