// Parses patterns and matches them, comparing arguments by the operator's schema.
#include "rewrites/pattern.h"

#include <algorithm>
#include <functional>
#include <set>

#include "graph/ir/schema.h"
#include "graph/text/parser.h"
#include "rewrites/effects.h"

namespace rewrites {

using graph::ir::Argument;
using graph::ir::Graph;
using graph::ir::Node;
using graph::ir::NodeId;
using graph::ir::Op;
namespace ir = graph::ir;

namespace {

std::string drawn(std::string_view text, size_t at, const std::string& message) {
  size_t start = text.rfind('\n', at == 0 ? 0 : at - 1);
  start = start == std::string_view::npos || start >= at ? 0 : start + 1;
  const size_t end = std::min(text.find('\n', at), text.size());
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(std::min(at, text.size())), '\n');
  return "pattern:" + std::to_string(line) + ":" + std::to_string(at - start + 1) + ": error: " + message + "\n  " +
         std::string(text.substr(start, end - start)) + "\n  " + std::string(at - start, ' ') + "^";
}

/// Recursive descent over one pattern text.
class PatternParser {
 public:
  PatternParser(std::string_view text, bool wildcards) : text_(text), wildcards_(wildcards) {}

  PatternTerm parse() {
    PatternTerm root;
    bool any = false;
    for (skipLines(); at_ < text_.size(); skipLines()) {
      const size_t start = at_;
      std::string name;
      if (peek() == '%') {   // `%name = expression`, or a bare capture
        const size_t back = at_;
        ++at_;
        name = word("a capture's name");
        skipSpace();
        if (peek() == '=') ++at_;
        else name.clear(), at_ = back;
      }
      root = term(0);
      if (!name.empty()) {
        if (root.kind != PatternTerm::Kind::call) fail(start, "only a call can be given a name");
        if (defined_.count(name)) fail(start, "%" + name + " is defined twice");
        root.name = name;
        defined_[name] = root;
      }
      any = true;
      skipSpace();
      if (at_ < text_.size() && peek() != '\n' && peek() != ';') fail(at_, unexpected() + ", expected the end of the line");
    }
    if (!any) fail(0, "the text is empty");
    return root;
  }

 private:
  [[noreturn]] void fail(size_t at, const std::string& message) const { throw PatternError(drawn(text_, at, message)); }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  std::string unexpected() const { return at_ < text_.size() ? std::string("unexpected '") + text_[at_] + "'" : "unexpected end"; }
  void skipSpace() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\r' || (nesting_ > 0 && peek() == '\n')) ++at_;
  }
  void skipLines() {
    while (at_ < text_.size() && (isspace(static_cast<unsigned char>(peek())) || peek() == ';')) ++at_;
  }
  static bool wordChar(char c) { return isalnum(static_cast<unsigned char>(c)) || c == '_'; }
  std::string word(const char* what) {
    const size_t start = at_;
    while (wordChar(peek())) ++at_;
    if (at_ == start) fail(at_, unexpected() + ", expected " + what);
    return std::string(text_.substr(start, at_ - start));
  }

  PatternTerm term(int depth) {
    if (depth > 60) fail(at_, "the pattern nests too deep");
    skipSpace();
    PatternTerm out;
    const size_t start = at_;
    if (peek() == '%') {
      ++at_;
      out.name = word("a capture's name");
      if (auto known = defined_.find(out.name); known != defined_.end()) return known->second;
      out.kind = PatternTerm::Kind::capture;
      return out;
    }
    if (peek() == '[' || peek() == '(') {
      const char close = peek() == '[' ? ']' : ')';
      out.kind = close == ']' ? PatternTerm::Kind::list : PatternTerm::Kind::tuple;
      ++at_;
      items(close, depth, out, false);
      return out;
    }
    if (isalpha(static_cast<unsigned char>(peek())) || peek() == '_') {
      while (wordChar(peek()) || peek() == '.') ++at_;
      std::string name(text_.substr(start, at_ - start));
      skipSpace();
      if (name == "_" && peek() != '(') {
        if (!wildcards_) fail(start, "'_' stands for anything and cannot be made");
        out.kind = PatternTerm::Kind::any;
        return out;
      }
      if (peek() == '(' && name != "device" && name != "slice") return call(std::move(name), start, depth);
      at_ = start;
    }
    return literal(start);
  }

  PatternTerm call(std::string name, size_t start, int depth) {
    if (name.starts_with("torch.ops.")) name = name.substr(10);
    PatternTerm out;
    out.kind = PatternTerm::Kind::call;
    if ((name.starts_with("aten.") || name.starts_with("prims.")) && !ir::findSchema(name)) {
      const auto close = ir::closestTarget(name);
      fail(start, "unknown operator '" + name + "'" + (close.empty() ? "" : ", did you mean '" + std::string(close) + "'?"));
    }
    out.target = std::move(name);
    ++at_;
    items(')', depth, out, true);
    return out;
  }

  void items(char close, int depth, PatternTerm& out, bool keywords) {
    ++nesting_;
    for (;;) {
      skipSpace();
      if (peek() == close) break;
      const size_t start = at_;
      std::string key;
      if (keywords && (isalpha(static_cast<unsigned char>(peek())) || peek() == '_')) {
        key = word("a name");
        skipSpace();
        if (peek() == '=' && at_ + 1 < text_.size() && text_[at_ + 1] != '=') ++at_;
        else key.clear(), at_ = start;
      }
      PatternTerm item = term(depth + 1);
      if (!key.empty()) out.named.emplace_back(key, std::move(item));
      else if (!out.named.empty()) fail(start, "a positional argument after a keyword argument");
      else out.items.push_back(std::move(item));
      skipSpace();
      if (peek() == ',') ++at_;
      else if (peek() != close) fail(at_, unexpected() + ", expected ',' or '" + close + "'");
    }
    ++at_;
    --nesting_;
  }

  /// Everything up to the next comma or bracket at this level, read as dump text.
  PatternTerm literal(size_t start) {
    int depth = 0;
    char quote = '\0';
    for (; at_ < text_.size(); ++at_) {
      const char c = peek();
      if (quote) {
        if (c == '\\') ++at_;
        else if (c == quote) quote = '\0';
        continue;
      }
      if (c == '\'' || c == '"') quote = c;
      else if (c == '(' || c == '[' || c == '{') ++depth;
      else if ((c == ')' || c == ']' || c == '}') && depth-- == 0) break;
      else if ((c == ',' || c == '\n' || c == ';') && depth <= 0) break;
    }
    at_ = std::min(at_, text_.size());
    std::string_view piece = text_.substr(start, at_ - start);
    while (!piece.empty() && isspace(static_cast<unsigned char>(piece.back()))) piece.remove_suffix(1);
    if (piece.empty()) fail(start, unexpected() + ", expected an argument: %name, a call, a list or a literal");
    static const Graph empty;
    PatternTerm out;
    out.kind = PatternTerm::Kind::literal;
    try {
      out.literal = graph::text::parseArgument(piece, empty);
    } catch (const graph::text::ParseFailure& failure) {
      fail(start, "'" + std::string(piece) + "' is no argument (captures are written %name)");
    }
    return out;
  }

  std::string_view text_;
  bool wildcards_;
  size_t at_ = 0;
  int nesting_ = 0;
  std::map<std::string, PatternTerm> defined_;
};

void collectCaptures(const PatternTerm& term, std::set<std::string>& into) {
  if (!term.name.empty()) into.insert(term.name);
  for (const auto& item : term.items) collectCaptures(item, into);
  for (const auto& [key, item] : term.named) collectCaptures(item, into);
}

// --- matching ------------------------------------------------------------------------------------------------------------------

class Matcher {
 public:
  Matcher(const Graph& graph, Match& match) : graph_(graph), match_(match) {}

  bool term(const PatternTerm& pattern, const Argument& argument) {
    switch (pattern.kind) {
      case PatternTerm::Kind::any: return true;
      case PatternTerm::Kind::capture: return bind(pattern.name, argument);
      case PatternTerm::Kind::literal: return sameLiteral(pattern.literal, argument);
      case PatternTerm::Kind::list:
        if (const auto* list = argument.as<ir::List>()) return items(pattern.items, list->items);
        return false;
      case PatternTerm::Kind::tuple:
        if (const auto* tuple = argument.as<ir::Tuple>()) return items(pattern.items, tuple->items);
        return false;
      case PatternTerm::Kind::call: return argument.node() && call(pattern, argument.node());
    }
    return false;
  }

  bool call(const PatternTerm& pattern, NodeId id) {
    const Node& node = graph_.node(id);
    if (node.op != Op::call_function || node.target != pattern.target) return false;
    if (!pattern.name.empty() && !bind(pattern.name, Argument(id))) return false;
    if (std::find(match_.nodes.begin(), match_.nodes.end(), id) == match_.nodes.end()) match_.nodes.push_back(id);
    const ir::Schema* schema = ir::findSchema(node.target, node.args.size());
    if (!schema) return callWithoutSchema(pattern, node);
    // Every argument of the schema: what the pattern says, or its default, against what the node has.
    size_t used = 0;
    for (size_t i = 0; i < schema->arguments.size(); ++i) {
      const auto& argument = schema->arguments[i];
      const PatternTerm* wanted = i < pattern.items.size() ? &pattern.items[i] : nullptr;
      for (const auto& [key, item] : pattern.named)
        if (key == argument.name) wanted = &item, ++used;
      const Argument* value = ir::argumentByName(node, argument.name);
      if (wanted) {
        if (!term(*wanted, value ? *value : Argument())) return false;
      } else if (value && !(argument.defaultValue ? *value == *argument.defaultValue : value->isNone())) {
        return false;
      }
    }
    return used == pattern.named.size() && pattern.items.size() <= schema->arguments.size();
  }

 private:
  bool bind(const std::string& name, const Argument& argument) {
    const auto [known, fresh] = match_.captures.emplace(name, argument);
    return fresh || known->second == argument;
  }
  /// `2` also means `2.0`: a Scalar is printed either way.
  static bool sameLiteral(const Argument& a, const Argument& b) {
    if (a == b) return true;
    const auto *i = a.as<int64_t>(), *j = b.as<int64_t>();
    const auto *x = a.as<double>(), *y = b.as<double>();
    return (i && y && static_cast<double>(*i) == *y) || (x && j && *x == static_cast<double>(*j));
  }
  bool items(const std::vector<PatternTerm>& patterns, const std::vector<Argument>& values) {
    if (patterns.size() != values.size()) return false;
    for (size_t i = 0; i < patterns.size(); ++i)
      if (!term(patterns[i], values[i])) return false;
    return true;
  }
  bool callWithoutSchema(const PatternTerm& pattern, const Node& node) {
    if (!items(pattern.items, node.args) || pattern.named.size() != node.kwargs.size()) return false;
    for (const auto& [key, item] : pattern.named) {
      const Argument* value = node.kwarg(key);
      if (!value || !term(item, *value)) return false;
    }
    return true;
  }

  const Graph& graph_;
  Match& match_;
};

}  // namespace

Pattern::Pattern(std::string_view text) : root_(PatternParser(text, true).parse()) {
  if (root_.kind != PatternTerm::Kind::call) throw PatternError(drawn(text, 0, "a pattern is a call such as aten.mul.Tensor(%x, 2)"));
  std::function<void(const PatternTerm&, bool)> check = [&](const PatternTerm& term, bool isRoot) {
    if (term.kind == PatternTerm::Kind::call && !isRoot)
      if (const auto* schema = ir::findSchema(term.target); schema && schema->mutates())
        throw PatternError(drawn(text, text.find(term.target), "'" + term.target + "' writes into its operand: it can only be the root of a pattern"));
    for (const auto& item : term.items) check(item, false);
    for (const auto& [key, item] : term.named) check(item, false);
  };
  check(root_, true);
}

std::vector<std::string> Pattern::captureNames() const {
  std::set<std::string> names;
  collectCaptures(root_, names);
  return {names.begin(), names.end()};
}

std::optional<Match> Pattern::matchAt(const Graph& graph, NodeId root) const {
  Match match;
  match.root = root;
  if (!Matcher(graph, match).call(root_, root)) return std::nullopt;
  return match;
}

// --- replacing -----------------------------------------------------------------------------------------------------------------

Replacement::Replacement(std::string_view text, const Pattern& pattern) : root_(PatternParser(text, false).parse()) {
  const auto bound = pattern.captureNames();
  std::function<void(const PatternTerm&)> check = [&](const PatternTerm& term) {
    if (term.kind == PatternTerm::Kind::capture && std::find(bound.begin(), bound.end(), term.name) == bound.end())
      throw PatternError(drawn(text, text.find("%" + term.name), "%" + term.name + " is not bound by the pattern"));
    for (const auto& item : term.items) check(item);
    for (const auto& [key, item] : term.named) check(item);
  };
  check(root_);
  if (root_.kind != PatternTerm::Kind::call && root_.kind != PatternTerm::Kind::capture)
    throw PatternError(drawn(text, 0, "a replacement is a call, or a capture that takes the place of the match"));
}

NodeId Replacement::apply(Graph& graph, const Match& match, std::vector<std::string>& removed) const {
  const Node old = graph.node(match.root);
  std::map<std::string, NodeId> made;   // named calls, so that a name used twice is one node
  std::function<Argument(const PatternTerm&, bool)> build = [&](const PatternTerm& term, bool isRoot) -> Argument {
    switch (term.kind) {
      case PatternTerm::Kind::capture: return match.captures.at(term.name);
      case PatternTerm::Kind::literal: return term.literal;
      case PatternTerm::Kind::list:
      case PatternTerm::Kind::tuple: {
        std::vector<Argument> items;
        for (const auto& item : term.items) items.push_back(build(item, false));
        if (term.kind == PatternTerm::Kind::list) return ir::List{std::move(items)};
        return ir::Tuple{std::move(items)};
      }
      case PatternTerm::Kind::any: break;
      case PatternTerm::Kind::call: {
        if (auto known = made.find(term.name); !term.name.empty() && known != made.end()) return known->second;
        Node node;
        node.target = term.target;
        for (const auto& item : term.items) node.args.push_back(build(item, false));
        for (const auto& [key, item] : term.named) node.kwargs.emplace_back(key, build(item, false));
        node.stack = old.stack;
        if (isRoot) node.meta = old.meta;
        const size_t end = term.target.rfind('.'), begin = end == std::string::npos ? end : term.target.rfind('.', end - 1);
        const std::string base = begin == std::string::npos ? term.target.substr(end == std::string::npos ? 0 : end + 1)
                                                            : term.target.substr(begin + 1, end - begin - 1);
        node.name = graph.uniqueName(base);
        const NodeId id = graph.insertBefore(match.root, std::move(node));
        if (!term.name.empty()) made[term.name] = id;
        return id;
      }
    }
    return Argument();
  };
  const Argument result = build(root_, true);
  if (!result.node()) throw std::runtime_error("the replacement of '" + old.name + "' is no node");
  graph.replaceAllUses(match.root, result.node());
  // The root goes even when it writes: the replacement stands for it.
  removed.push_back(old.name);
  graph.erase(match.root);
  std::vector<NodeId> rest(match.nodes.begin(), match.nodes.end());
  std::erase(rest, match.root);
  if (!rest.empty()) eraseDead(graph, rest, removed);
  return result.node();
}

NodeId interferingWrite(const Storage& storage, const Match& match) {
  const Graph& graph = storage.graph();
  NodeId first = match.root;
  std::vector<NodeId> read;
  for (NodeId id : match.nodes) {
    if (graph.before(id, first)) first = id;
    graph.node(id).forEachInput([&](NodeId input) { read.push_back(input); });
  }
  if (first == match.root) return {};
  for (NodeId value : read) {
    const NodeId owner = storage.owner(value);
    if (!owner) continue;
    for (NodeId writer : storage.writers(owner))
      if (graph.before(first, writer) && graph.before(writer, match.root)) return writer;
  }
  return {};
}

// --- dead code -----------------------------------------------------------------------------------------------------------------

bool onlyComputes(const Node& node) {
  if (node.op == Op::get_attr) return true;
  if (node.op != Op::call_function) return false;
  const auto& target = node.target;
  if (target.starts_with("_operator.") || target.starts_with("math.") || target.starts_with("torch.sym_")) return true;
  const bool known = target.starts_with("aten.") || target.starts_with("prims.");
  const auto* schema = known ? ir::findSchema(target, node.args.size()) : nullptr;
  if (!schema || schema->mutates() || schema->returns.empty()) return false;
  // Removing a random operator would change every number drawn after it; assertions are there to fail.
  return !isRandom(target) && !isCheck(target);
}

namespace {

/// One of two that must be apart.
bool isGuarded(const Graph& graph, std::string_view name) {
  const auto& guards = graph.guards();
  return std::any_of(guards.begin(), guards.end(), [&](const auto& guard) { return !guard.second.empty() && (guard.first == name || guard.second == name); });
}

}  // namespace

void eraseDead(Graph& graph, const std::vector<NodeId>& from, std::vector<std::string>& removed) {
  std::vector<NodeId> work = from;
  if (work.empty())
    for (NodeId id : graph) work.push_back(id);
  // Later nodes first: `work` is a stack, so that users go before what they use.
  std::sort(work.begin(), work.end(), [&](NodeId a, NodeId b) { return a != b && graph.before(a, b); });
  while (!work.empty()) {
    const NodeId id = work.back();
    work.pop_back();
    if (!graph.contains(id) || !graph.users(id).empty() || !onlyComputes(graph.node(id))) continue;
    if (graph.node(id).op == graph::ir::Op::get_attr && isGuarded(graph, graph.node(id).name)) continue;   // the check at run time needs it
    const Node gone = graph.node(id);
    graph.erase(id);
    removed.push_back(gone.name);
    gone.forEachInput([&](NodeId input) { work.push_back(input); });
  }
}

}  // namespace rewrites
