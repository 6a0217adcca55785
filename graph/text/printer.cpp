// Statements, bodies and classes as torch.fx.graph's CodeGen and print_readable write them.
#include "graph/text/printer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "graph/text/characters.h"
#include "graph/text/lexer.h"
#include "graph/text/literal.h"
#include "graph/text/operators.h"
#include "graph/text/stated/stated_lines.h"

namespace graph::text {
namespace {

std::string_view withoutStars(std::string_view name) {
  while (name.starts_with('*')) name.remove_prefix(1);
  return name;
}

/// `a, 1, dim = 2`
std::string argumentList(const ir::Graph& graph, const ir::Node& node, size_t from) {
  std::string out;
  for (size_t i = from; i < node.args.size(); ++i) {
    if (i > from) out += ", ";
    out += printArgument(graph, node.args[i]);
  }
  for (auto& [key, value] : node.kwargs) {
    if (!out.empty()) out += ", ";
    out += key + " = " + printArgument(graph, value);
  }
  return out;
}

/// `self.a.b`, with getattr where a part is no identifier: `getattr(self.sub, "0").weight`.
std::string modulePath(std::string_view target) {
  std::string out = "self";
  for (size_t from = 0; from <= target.size();) {
    size_t dot = std::min(target.find('.', from), target.size());
    auto part = target.substr(from, dot - from);
    out = isIdentifier(part) ? out + "." + std::string(part) : fmt::format("getattr({}, \"{}\")", out, part);
    from = dot + 1;
  }
  return out;
}

/// The last use of each value, by the node that makes it: what `;  a = b = None` lists.
class LastUses {
 public:
  explicit LastUses(const ir::Graph& graph) : last_(graph.idLimit()) {
    for (ir::NodeId id : graph) graph.node(id).forEachInput([&](ir::NodeId input) { last_[input.value] = id; });
  }
  /// FX lists a node's inputs in the order of its arguments, then the node itself when nobody uses it.
  std::string of(const ir::Graph& graph, ir::NodeId id) const {
    const ir::Node& node = graph.node(id);
    if (node.op == ir::Op::placeholder || node.op == ir::Op::output) return {};
    std::string out;
    std::vector<ir::NodeId> said;
    node.forEachInput([&](ir::NodeId input) {
      if (last_[input.value] != id || std::find(said.begin(), said.end(), input) != said.end()) return;
      said.push_back(input);
      out += graph.node(input).name + " = ";
    });
    if (graph.users(id).empty()) out += node.name + " = ";
    return out.empty() ? out : out + "None";
  }

 private:
  std::vector<ir::NodeId> last_;
};

class GraphPrinter {
 public:
  GraphPrinter(const ir::Graph& graph, const PrintOptions& options, std::string& out) : graph_(graph), options_(options), out_(out) {}

  /// A function alone when it is called `forward` and nothing is nested in it; else inside its class.
  void print(std::string_view className, int indent) {
    if (className != "forward" || !graph_.subgraphs().empty()) {
      line(indent, fmt::format("class {}(torch.nn.Module):", className));
      indent += 4;
    }
    function(indent);
    for (auto& [name, sub] : graph_.subgraphs()) {
      out_ += '\n';
      GraphPrinter(*sub, options_, out_).print(name == "forward" ? "forward_1" : name, indent);
    }
  }

 private:
  void line(int indent, std::string_view text) {
    out_.append(static_cast<size_t>(indent), ' ');
    out_ += text;
    out_ += '\n';
  }

  void function(int indent) {
    std::string header = "def forward(self";
    for (ir::NodeId id : graph_.placeholders()) header += ", " + parameter(graph_.node(id));
    line(indent, header + "):");
    body(indent + 4);
  }

  std::string parameter(const ir::Node& node) const {
    std::string text = node.target + annotation(node.meta);
    if (!node.args.empty()) text += " = " + printArgument(graph_, node.args[0]);
    return text;
  }

  std::string annotation(const ir::Meta& meta) const {
    if (!options_.annotations) return {};
    if (auto* other = std::get_if<ir::OtherMeta>(&meta)) {
      // A Python type stands there without quotes, as FX prints it, when that reads back.
      bool isType = std::all_of(other->text.begin(), other->text.end(), [](char c) { return isNameChar(c) || c == '.'; });
      if (isType && !other->text.empty()) return " : " + other->text;
    }
    std::string text = printMeta(meta);
    return text.empty() ? text : ": \"" + text + "\"";
  }

  void body(int indent) {
    LastUses lastUses(graph_);
    bool isFirst = true;
    for (auto& stated : statedLines(graph_)) {
      line(indent, "# " + stated);
      isFirst = false;
    }
    if (graph_.isCut()) {
      line(indent, fmt::format("# {}", kCutComment));
      isFirst = false;
    }
    for (auto& guard : graph_.guards()) {
      line(indent, "# guard: " + guard.str());
      isFirst = false;
    }
    const std::string* comment = nullptr;
    for (ir::NodeId id : graph_) {
      const ir::Node& node = graph_.node(id);
      if (node.op == ir::Op::placeholder) {
        auto raw = withoutStars(node.target);
        if (raw == node.name) continue;
        line(indent, fmt::format("{} = {}", node.name, raw));
        isFirst = false;
        continue;
      }
      if (options_.comments && node.op != ir::Op::output && node.stack && (!comment || *comment != *node.stack)) {
        if (!isFirst) out_ += '\n';
        line(indent, "# " + *node.stack);
        comment = node.stack.get();
      }
      std::string text = statement(graph_, id, annotation(node.meta));
      if (options_.deletions)
        if (std::string dels = lastUses.of(graph_, id); !dels.empty()) text += ";  " + dels;
      line(indent, text);
      isFirst = false;
    }
    if (!graph_.output()) line(indent, "pass");  // a fragment, or a graph that was not printed: reads back as it is
  }

 public:
  /// A node's statement, without deletions.
  static std::string statement(const ir::Graph& graph, ir::NodeId id, const std::string& annotation);

 private:
  const ir::Graph& graph_;
  const PrintOptions& options_;
  std::string& out_;
};

/// In-place operators are two statements: `x += y;  iadd = x`.
std::string inPlaceStatement(const ir::Graph& graph, const ir::Node& node, const std::string& annotation) {
  if (node.op != ir::Op::call_function || !node.kwargs.empty()) return {};
  auto argument = [&](size_t i) { return printArgument(graph, node.args[i]); };
  std::string tail = fmt::format(";  {}{} = ", node.name, annotation);
  if (node.target == "_operator.setitem" && node.args.size() == 3 && node.args[0].node())
    return fmt::format("{}[{}] = {}{}{}", argument(0), argument(1), argument(2), tail, argument(0));
  auto symbol = inPlaceSymbol(node.target);
  if (symbol.empty() || node.args.size() != 2 || !node.args[0].node()) return {};
  return fmt::format("{} {} {}{}{}", argument(0), symbol, argument(1), tail, argument(0));
}

std::string GraphPrinter::statement(const ir::Graph& graph, ir::NodeId id, const std::string& annotation) {
  const ir::Node& node = graph.node(id);
  if (node.op == ir::Op::output) return "return " + (node.args.empty() ? std::string("None") : printArgument(graph, node.args[0]));
  std::string inPlace = inPlaceStatement(graph, node, annotation);
  if (!inPlace.empty()) return inPlace;
  return fmt::format("{}{} = {}", node.name, annotation, printCall(graph, id));
}

/// `a + b`; `(-2) ** x`, where FX leaves out the parentheses and Python would take -(2 ** x).
std::string binaryText(const std::string& left, std::string_view symbol, const std::string& right) {
  bool isNegativeBase = symbol == "**" && left.starts_with('-');
  return fmt::format("{}{}{} {} {}", isNegativeBase ? "(" : "", left, isNegativeBase ? ")" : "", symbol, right);
}

/// May an operator or an index stand behind it, and still be one when it is read? Text that is kept (`math.pi`, `Pair(3)`) and a dtype read as
/// attributes and calls at the start of a statement.
bool isLeftOperand(const ir::Argument& operand) { return !operand.as<ir::Name>() && !operand.as<ir::DType>(); }

/// May a sign stand before it, and still be an operator's when it is read? A node, or a number without sign.
bool isSignable(const ir::Argument& operand) {
  if (auto* number = operand.as<int64_t>()) return *number >= 0;
  if (auto* number = operand.as<double>()) return !std::signbit(*number);
  return static_cast<bool>(operand.node());
}

}  // namespace

std::string printCall(const ir::Graph& graph, ir::NodeId id) {
  const ir::Node& node = graph.node(id);
  auto argument = [&](size_t i) { return printArgument(graph, node.args[i]); };
  switch (node.op) {
    case ir::Op::placeholder: return node.target;
    case ir::Op::output: return node.args.empty() ? "None" : argument(0);
    case ir::Op::get_attr: return modulePath(node.target);
    case ir::Op::call_module: return fmt::format("{}({})", modulePath(node.target), argumentList(graph, node, 0));
    case ir::Op::call_method:
      if (node.args.empty()) return fmt::format("{}({})", node.target, argumentList(graph, node, 0));
      return fmt::format("{}.{}({})", argument(0), node.target, argumentList(graph, node, 1));
    case ir::Op::call_function: break;
  }
  if (node.kwargs.empty() && node.args.size() == 2 && isLeftOperand(node.args[0])) {
    if (node.target == "_operator.getitem") return fmt::format("{}[{}]", argument(0), argument(1));
    if (auto symbol = binarySymbol(node.target); !symbol.empty()) return binaryText(argument(0), symbol, argument(1));
    auto* member = node.args[1].as<std::string>();
    if (node.target == "getattr" && member && node.args[0].node() && isIdentifier(*member)) return argument(0) + "." + *member;
  }
  if (node.kwargs.empty() && node.args.size() == 1)
    if (auto symbol = unarySymbol(node.target); !symbol.empty() && isSignable(node.args[0])) return std::string(symbol) + argument(0);
  return fmt::format("{}({})", printedTarget(node.target), argumentList(graph, node, 0));
}

std::string printNode(const ir::Graph& graph, ir::NodeId id) {
  const ir::Node& node = graph.node(id);
  if (node.op == ir::Op::placeholder) {
    std::string text = printMeta(node.meta);
    return text.empty() ? node.name : fmt::format("{}: \"{}\"", node.name, text);
  }
  std::string text = printMeta(node.meta);
  return GraphPrinter::statement(graph, id, text.empty() ? text : ": \"" + text + "\"");
}

std::string print(const ir::Graph& graph, const PrintOptions& options) {
  std::string out;
  // A nested graph is called by its whole path; its class by the last part.
  GraphPrinter(graph, options, out).print(graph.name(), 0);
  return out;
}

}  // namespace graph::text
