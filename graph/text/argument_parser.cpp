// Arguments: what may stand between a call's brackets. Everything that FX prints there is a literal, a container, a node's
// name, or a repr that only Python understands, which is kept as text.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/ir/spelling.h"
#include "graph/text/characters.h"
#include "graph/text/expression.h"
#include "graph/text/literal.h"
#include "graph/text/operators.h"

namespace graph::text {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view kExpected = "a name or a literal";

/// What stands from `begin` up to the current token, to be kept as it is.
std::string reprText(Reader& r, uint32_t begin) {
  const std::string_view text = r.lexer.since(begin);
  const auto control = std::find_if(text.begin(), text.end(), isControl);
  if (control == text.end()) return std::string(text);
  const auto at = begin + static_cast<uint32_t>(control - text.begin());
  throw SyntaxError{{at, at + 1}, fmt::format("unexpected character with code {}", static_cast<int>(*control))};
}

/// Items up to the closing bracket, which is passed over. `comma` receives whether there was one.
template <size_t N>
std::vector<ir::Argument> items(Reader& r, const char (&close)[N], int depth, bool* comma = nullptr) {
  ArgumentList all(r);
  while (!r.accept(close)) {
    all.add(parseItem(r, depth + 1));
    if (r.accept(",")) {
      if (comma) *comma = true;
    } else if (!r.token().is(close)) {
      throw unexpected(r.token(), fmt::format("',' or '{}'", close));
    }
  }
  return all.take();
}

/// `(1+2j)`: the sum of a number already read and an imaginary one.
ir::Argument complexTail(Reader& r, double real) {
  bool negative = r.token().is("-");
  r.lexer.next();
  const Token& token = r.token();
  double imag = 0;
  if (token.kind == Token::Kind::imaginary) imag = imaginary(token);
  else if (token.isName("infj")) imag = kInfinity;
  else if (token.isName("nanj")) imag = kNan;
  else throw unexpected(token, "an imaginary number, as in (1+2j)");
  r.lexer.next();
  return std::complex<double>(real, negative ? -imag : imag);
}

std::optional<double> realNumber(const ir::Argument& a) {
  if (auto* i = a.as<int64_t>()) return static_cast<double>(*i);
  if (auto* d = a.as<double>()) return *d;
  return std::nullopt;
}

/// Is what follows the sign no node and no plain number: `(1+2j)`, `(1+`?
bool isImaginaryNext(Reader& r) {
  const auto start = r.lexer.mark();
  r.lexer.next();
  const Token next = r.token();
  r.lexer.rewind(start);
  if (next.kind == Token::Kind::integer || next.kind == Token::Kind::floating || next.is("(")) return false;
  return !next.isName() || !r.scope->isDefined(next.text.substr(0, next.text.find('.')));
}

ir::Argument parenthesised(Reader& r, int depth) {
  r.lexer.next();
  if (r.accept(")")) return ir::Tuple{};
  const bool isNegative = r.token().is("-");
  ir::Argument first = parseArgumentAt(r, depth + 1);
  auto real = realNumber(first);
  if (real && *real == 0 && isNegative) real = -0.0;  // (-0-1j)
  if (real && (r.token().is("+") || r.token().is("-")) && isImaginaryNext(r)) {
    first = complexTail(r, *real);
    r.expect(")", "')'");
    return first;
  }
  first = parseOperators(r, parsePostfix(r, std::move(first), depth + 1), depth + 1, 1);
  if (r.accept(")")) return first;  // (x) is x
  if (!r.accept(",")) throw unexpected(r.token(), "',' or ')'");
  ArgumentList all(r);
  all.add(std::move(first));
  while (!r.accept(")")) {
    all.add(parseItem(r, depth + 1));
    if (!r.accept(",") && !r.token().is(")")) throw unexpected(r.token(), "',' or ')'");
  }
  return ir::Tuple{all.take()};
}

ir::Argument dict(Reader& r, int depth) {
  uint32_t begin = r.token().begin;
  r.lexer.next();
  ir::Dict dict;
  while (!r.accept("}")) {
    ir::Argument key = parseArgumentAt(r, depth + 1);
    if (dict.items.empty() && (r.token().is(",") || r.token().is("}"))) {  // a set: only Python reads it
      r.lexer.skipBalanced("}");
      r.expect("}", "'}'");
      return ir::Name{reprText(r, begin)};
    }
    r.expect(":", "':' between a key and its value");
    dict.items.emplace_back(std::move(key), parseItem(r, depth + 1));
    if (!r.accept(",") && !r.token().is("}")) throw unexpected(r.token(), "',' or '}'");
  }
  return dict;
}

/// `slice(a, b, c)`, with Python's meaning of one and two arguments.
ir::Argument sliceCall(Reader& r, int depth, Range where) {
  r.lexer.next();
  auto all = items(r, ")", depth);
  if (all.empty() || all.size() > 3) throw SyntaxError{where, fmt::format("slice takes 1 to 3 arguments, not {}", all.size())};
  if (all.size() == 1) all.insert(all.begin(), ir::None{});
  all.resize(3);
  return ir::Slice{std::move(all)};
}

/// `device(type='cuda', index=0)`, `torch.device('cuda:0')`
ir::Argument deviceCall(Reader& r, int depth, Range where) {
  r.lexer.next();
  ir::Device device;
  bool hasType = false;
  while (!r.accept(")")) {
    std::string_view key = "type";
    if (r.token().isName("type") || r.token().isName("index")) {
      key = r.token().text;
      r.lexer.next();
      r.expect("=", "'='");
    } else if (hasType) {
      key = "index";
    }
    ir::Argument value = parseArgumentAt(r, depth + 1);
    if (auto* text = value.as<std::string>(); text && key == "type") {
      auto parsed = ir::Device::parse(*text);
      if (!parsed) throw SyntaxError{where, fmt::format("'{}' is no device", *text)};
      device = *parsed;
      hasType = true;
      if (auto closest = closestDevice(device.type); !closest.empty())
        r.problems.warning(where, fmt::format("unknown device '{}'{}", device.type, ir::didYouMean(closest)));
    } else if (auto* index = value.as<int64_t>(); index && key == "index" && *index >= 0 && *index < 100000) {
      device.index = static_cast<int>(*index);
    } else if (!(key == "index" && value.isNone())) {
      throw SyntaxError{where, "a device is written device(type='cuda', index=0)"};
    }
    if (!r.accept(",") && !r.token().is(")")) throw unexpected(r.token(), "',' or ')'");
  }
  return device;
}

bool isOperator(std::string_view callee) { return callee.starts_with("torch.ops.") || callee.starts_with("aten.") || callee.starts_with("prims."); }

/// `torch.relu`, `torch.nn.functional.pad`; not the repr of a class (`torch.Tensor(size=…)`).
bool isTorchFunction(std::string_view callee) {
  if (!callee.starts_with("torch.")) return false;
  char first = callee[callee.rfind('.') + 1];
  return first < 'A' || first > 'Z';
}

/// `Replicate()`, `mangled_tuple_type(a, b)`: a call that is an argument's repr. Kept as text; one that mentions nodes must
/// be a named tuple and becomes a tuple, so that its nodes have this user.
ir::Argument reprCall(Reader& r, const Token& callee, int depth) {
  if (isOperator(callee.text)) return nestedCall(r, callee, depth);
  const auto open = r.lexer.mark();
  bool mentions = false;
  std::vector<Token> names;
  r.lexer.next();
  for (uint32_t level = 1; level;) {
    const Token& t = r.token();
    if (t.kind == Token::Kind::newline || t.kind == Token::Kind::end || t.is(";")) throw unexpected(t, "')'");
    if (t.is("(") || t.is("[") || t.is("{")) ++level;
    else if (t.is(")") || t.is("]") || t.is("}")) --level;
    else if (t.isName() && r.scope->find(t.text)) mentions = true;
    else if (t.isName() && !t.dotted) names.push_back(t);
    r.lexer.next();
  }
  if (!mentions) {
    static constexpr std::string_view kCalls[] = {"device", "slice", "torch.device", "torch.Size"};
    if (auto closest = ir::closestOf(callee.text, kCalls); !closest.empty())
      r.problems.warning(callee.range(), fmt::format("unknown constant '{}(...)' is kept as text{}", callee.text, ir::didYouMean(closest)));
    for (auto& t : names) r.scope->keptAsText(t.text, t.range(), t.line);
    return ir::Name{fmt::format("{}{}", callee.text, reprText(r, open.token.begin))};
  }
  r.lexer.rewind(open);  // read the same brackets again
  if (isTorchFunction(callee.text)) return nestedCall(r, callee, depth);
  r.problems.warning(callee.range(), fmt::format("'{}(...)' holds nodes: it is read as a tuple", callee.text));
  r.lexer.next();
  ir::Tuple tuple;
  while (!r.accept(")")) {
    if (r.token().isName() && r.lexer.isAssignedNext()) {  // Pair(left=x, right=y), the repr of a named tuple
      r.lexer.next();
      r.lexer.next();
    }
    tuple.items.push_back(parseItem(r, depth + 1));
    if (!r.accept(",") && !r.token().is(")")) throw unexpected(r.token(), "',' or ')'");
  }
  return tuple;
}

/// A constant is kept as text, whatever it is; one that is nearly a known one is said.
void checkConstant(Reader& r, const Token& token) {
  static const std::vector<std::string_view> kKnown = [] {
    std::vector<std::string_view> all{"torch.strided", "torch.sparse_coo", "torch.jagged", "torch.contiguous_format", "torch.channels_last",
                                      "torch.channels_last_3d", "torch.preserve_format", "torch.device"};
    for (int i = 0; i <= static_cast<int>(ir::DType::b1x8); ++i) all.push_back(ir::torchName(static_cast<ir::DType>(i)));
    return all;
  }();
  constexpr size_t kMostLookedAt = 1000;  // comparing spellings is slow: a hostile text has any number of constants
  if (token.text.size() > 40 || std::find(kKnown.begin(), kKnown.end(), token.text) != kKnown.end()) return;
  if (r.caches.constants.size() >= kMostLookedAt || !r.caches.constants.insert(token.text).isNew) return;
  if (auto closest = ir::closestOf(token.text, kKnown); !closest.empty())
    r.problems.warning(token.range(), fmt::format("unknown constant '{}' is kept as text{}", token.text, ir::didYouMean(closest)));
}

ir::Argument name(Reader& r, int depth) {
  const Token token = r.token();
  const auto start = r.lexer.mark();
  std::string_view text = token.text;
  r.lexer.next();
  const bool isCall = r.token().is("(");
  if (!token.dotted && !isCall) {
    ir::Argument node;
    if (r.scope->tryUse(text, token.range(), node)) return node;
    if (text == "None") return ir::None{};
    if (text == "True") return true;
    if (text == "False") return false;
    if (text == "inf") return kInfinity;
    if (text == "nan") return kNan;
    if (text == "Ellipsis") return ir::Ellipsis{};
    if (const Token& behind = r.token(); behind.kind != Token::Kind::op && !behind.endsLine() && behind.kind != Token::Kind::bad && !r.scope->isDefined(text))
      throw unexpected(behind, depth == 0 ? "'=', ',' or a closing bracket" : "',' or a closing bracket");   // `keepdim True`
    if (text == "infj" || text == "nanj") return std::complex<double>(0, text == "infj" ? kInfinity : kNan);
    return r.scope->use(text, token.range(), token.line);
  }
  if (isCall) {
    if (text == "slice") return sliceCall(r, depth, token.range());
    if (text == "device" || text == "torch.device") return deviceCall(r, depth, token.range());
    if (text == "torch.Size") {
      r.lexer.next();
      ir::Argument inner = parseArgumentAt(r, depth + 1);
      r.expect(")", "')'");
      if (auto* list = inner.as<ir::List>()) return ir::Tuple{list->items};
      return inner;
    }
  }
  std::string_view root = text.substr(0, text.find('.'));
  if (token.dotted) {
    ir::Argument object;
    if (!r.scope->self().empty() && root == r.scope->self()) {
      r.lexer.rewind(start);
      ir::Node node = parseModuleAttribute(r, depth + 1);
      return nestedNode(r, std::move(node), text, token.range());
    }
    if (r.scope->tryUse(root, token.range(), object)) return nestedMembers(r, std::move(object), token, depth);
    r.scope->keptAsText(root, {token.begin, token.begin + static_cast<uint32_t>(root.size())}, token.line);
  }
  if (isCall) return reprCall(r, token, depth);
  if (text == "math.inf" || text == "torch.inf") return kInfinity;
  if (text == "math.nan" || text == "torch.nan") return kNan;
  if (text.starts_with("torch."))
    if (auto dtype = ir::dtypeFromTorchName(text)) return *dtype;
  checkConstant(r, token);
  return ir::Name{std::string(text)};
}

ir::Argument negative(Reader& r, int depth) {
  const Token minus = r.token();
  bool negate = minus.is("-");
  r.lexer.next();
  const Token& token = r.token();
  switch (token.kind) {
    case Token::Kind::integer: case Token::Kind::floating: {
      ir::Argument value = number(token, negate);
      r.lexer.next();
      return value;
    }
    case Token::Kind::imaginary: {
      double value = imaginary(token);
      r.lexer.next();
      return std::complex<double>(0.0, negate ? -value : value);  // -1j is the repr of 0-1j; that of -0-1j is (-0-1j)
    }
    case Token::Kind::op:
      if (token.is("-") || token.is("+")) throw unexpected(token, "a number");
      break;
    default: break;
  }
  if (token.isName() && r.scope->find(token.text.substr(0, token.text.find('.')))) return nestedSign(r, minus, depth);
  ir::Argument value = parseArgumentAt(r, depth + 1);
  if (auto* d = value.as<double>()) return negate ? -*d : *d;
  if (auto* c = value.as<std::complex<double>>()) return std::complex<double>(c->real(), negate ? -c->imag() : c->imag());  // -infj
  throw SyntaxError{{minus.begin, r.token().begin}, "a sign inside an argument: expected a number or a node behind it"};
}

/// `<torch._C.Generator object at 0x7f>`: an object's repr, up to the matching `>`.
ir::Argument objectRepr(Reader& r) {
  const Token open = r.token();
  int level = 0;
  for (;; r.lexer.next()) {
    const Token& t = r.token();
    if (t.kind == Token::Kind::newline || t.kind == Token::Kind::end) throw SyntaxError{open.range(), "the '<' of an object's repr is not closed"};
    if (t.is("<")) ++level;
    else if (t.is(">") && --level == 0) break;
    else if (t.is(">>") && (level -= 2) <= 0) break;
  }
  r.lexer.next();
  return ir::Name{reprText(r, open.begin)};
}

}  // namespace

ir::Argument parseArgumentAt(Reader& r, int depth) {
  const Token& token = r.token();
  if (depth > kDeepestArgument) throw SyntaxError{token.range(), fmt::format("brackets nested deeper than {}", kDeepestArgument)};
  switch (token.kind) {
    case Token::Kind::name: return name(r, depth);
    case Token::Kind::integer: case Token::Kind::floating: {
      ir::Argument value = number(token, false);
      r.lexer.next();
      return value;
    }
    case Token::Kind::imaginary: {
      std::complex<double> value(0, imaginary(token));
      r.lexer.next();
      return value;
    }
    case Token::Kind::string: {
      std::string value = unquote(token.text);
      r.lexer.next();
      return value;
    }
    case Token::Kind::op: break;
    default: throw unexpected(token, kExpected);
  }
  if (token.is("[")) {
    r.lexer.next();
    return ir::List{items(r, "]", depth)};
  }
  if (token.is("(")) return parenthesised(r, depth);
  if (token.is("{")) return dict(r, depth);
  if (token.is("-") || token.is("+")) return negative(r, depth);
  if (token.is("~")) {
    const Token sign = token;
    r.lexer.next();
    return nestedSign(r, sign, depth);
  }
  if (token.is("...")) { r.lexer.next(); return ir::Ellipsis{}; }
  if (token.is("<")) return objectRepr(r);
  if (token.is("%")) {  // %x, as print(graph) and patterns write a node
    r.lexer.next();
    if (!r.token().isName() || r.token().dotted) throw unexpected(r.token(), "a name behind '%'");
    const Token reference = r.token();
    r.lexer.next();
    return r.scope->use(reference.text, reference.range(), reference.line);
  }
  throw unexpected(token, kExpected);
}

}  // namespace graph::text
