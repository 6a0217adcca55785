// Graphs as torch.fx.node's format_node writes them.
#include <fmt/format.h>

#include "graph/text/graph_form/bare_text.h"
#include "graph/text/graph_form/described_target.h"
#include "graph/text/graph_form/graph_form_line.h"
#include "graph/text/literal.h"
#include "graph/text/operators.h"
#include "graph/text/printer.h"

namespace graph::text {
namespace {

std::string quoted(const std::string& text) {
  std::string out = pythonString(text);
  // The reader finds the end of `args = (…)` by the word that follows it.
  for (size_t at = 0; (at = out.find("kwargs", at)) != out.npos; at += 3) out.replace(at, 1, "\\x6b");
  return out;
}

/// What torch.fx.node's _format_arg makes of an argument.
class Formatter {
 public:
  explicit Formatter(const ir::Graph& graph) : graph_(graph) {}

  std::string argument(const ir::Argument& argument, bool isClosing = false) const {
    if (auto id = argument.node()) return "%" + graph_.node(id).name;
    if (auto* text = argument.as<std::string>()) return printsBare(*text, isClosing) ? *text : quoted(*text);
    if (auto* list = argument.as<ir::List>()) return "[" + items(list->items) + "]";
    if (auto* tuple = argument.as<ir::Tuple>()) return "(" + items(tuple->items) + (tuple->items.size() == 1 ? ",)" : ")");
    if (auto* dict = argument.as<ir::Dict>()) return this->dict(*dict);
    if (auto* device = argument.as<ir::Device>()) return bareKind(device->str()) == BareKind::device ? device->str() : printArgument(graph_, argument);
    if (auto* name = argument.as<ir::Name>()) return this->name(*name);
    return printArgument(graph_, argument);
  }

  std::string positional(const ir::Node& node) const {
    const ir::Schema* schema = node.op == ir::Op::call_function ? exactSchema(node.target) : nullptr;
    std::string out = "(";
    for (size_t i = 0; i < node.args.size(); ++i) {
      if (i) out += ", ";
      const bool isLast = i + 1 == node.args.size();
      if (isLast && i && isEmptyString(node.args[i])) continue;  // `(%x, )`
      out += item(node.args[i], i, node.args.size(), isClosingString(schema, i) && isLast);
    }
    return out + (node.args.size() == 1 ? ",)" : ")");
  }

  std::string named(const ir::Node& node) const {
    std::string out = "{";
    for (auto& [key, value] : node.kwargs) {
      if (out.size() > 1) out += ", ";
      out += key + ": ";
      if (!isEmptyString(value)) out += argument(value);
    }
    return out + "}";
  }

 private:
  static bool isEmptyString(const ir::Argument& argument) {
    auto* text = argument.as<std::string>();
    return text && text->empty();
  }

  /// An empty string shows as nothing at all; in the middle of others that can be read.
  std::string item(const ir::Argument& argument, size_t i, size_t count, bool isClosing) const {
    if (isEmptyString(argument) && i > 0 && i + 1 < count) return {};
    return this->argument(argument, isClosing);
  }

  std::string items(const std::vector<ir::Argument>& all) const {
    std::string out;
    for (size_t i = 0; i < all.size(); ++i) {
      if (i) out += ", ";
      out += item(all[i], i, all.size(), false);
    }
    return out;
  }

  std::string dict(const ir::Dict& dict) const {
    std::string out = "{";
    for (auto& [key, value] : dict.items) {
      if (out.size() > 1) out += ", ";
      out += argument(key) + ": " + argument(value);
    }
    return out + "}";
  }

  /// An operator has no `torch.ops.` in str().
  static std::string name(const ir::Name& name) {
    constexpr std::string_view kOps = "torch.ops.";
    if (name.text.starts_with(kOps)) {
      auto rest = std::string_view(name.text).substr(kOps.size());
      if (bareKind(rest) == BareKind::operation) return std::string(rest);
    }
    return name.text;
  }

  const ir::Graph& graph_;
};

/// The qualified name that print(graph) gives a function.
std::string qualifiedName(const std::string& target) {
  if (target.starts_with("_operator.")) return target.substr(1);
  if (target.starts_with("math.")) return target;
  if (target.find('.') == target.npos && isBuiltin(target)) return "builtins." + target;
  return printedTarget(target);
}

/// A Python type, with a blank behind it. One that would not be read back as it is stands in quotes.
std::string typeText(const std::string& type) {
  bool isPlain = !type.empty() && trimmed(type) == type && type.find_first_of("'\"\\") == type.npos && type.find("uses=") == type.npos &&
                 type.find("users=") == type.npos && type.find(kTarget) == type.npos && !type.starts_with("\xE2") && !type.starts_with('[');
  if (isPlain) return type + " ";
  const char quote = type.find('"') == type.npos ? '"' : '\'';
  return fmt::format("{}{}{} ", quote, type, quote);
}

std::string line(const ir::Graph& graph, ir::NodeId id) {
  const ir::Node& node = graph.node(id);
  if (node.op == ir::Op::output) return "return " + (node.args.empty() ? std::string("None") : printArgument(graph, node.args[0]));
  auto* type = std::get_if<ir::OtherMeta>(&node.meta);
  std::string out = fmt::format("%{} : {}[num_users={}] = {}[target={}]", node.name, type ? typeText(type->text) : "", graph.users(id).size(),
                                ir::opName(node.op), node.op == ir::Op::call_function ? qualifiedName(node.target) : node.target);
  Formatter format(graph);
  if (node.op == ir::Op::placeholder) return node.args.empty() ? out : fmt::format("{}(default={})", out, format.argument(node.args[0]));
  if (node.op == ir::Op::get_attr) return out;
  return fmt::format("{}(args = {}, kwargs = {})", out, format.positional(node), format.named(node));
}

}  // namespace

std::string printGraphForm(const ir::Graph& graph) {
  std::string out = "graph():\n";
  // Without a return this form says that it was cut: it cannot tell a part from a graph whose end is missing.
  if (graph.isCut() || !graph.output()) out += fmt::format("    # {}\n", kCutComment);
  for (auto& guard : graph.guards()) out += fmt::format("    # guard: {}\n", guard.str());
  for (ir::NodeId id : graph) out += "    " + line(graph, id) + "\n";
  return out;
}

}  // namespace graph::text
