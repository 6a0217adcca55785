// A graph as a Python module that runs on its own: forward(*placeholders), what it needs, and checks of what rewrites relied on.
//
// Statements are those of the dump text, except where Python's torch differs: sizes as methods, tensors of get_attr as module
// globals, names that would hide something the module uses.
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "graph/ir/declared_schemas.h"
#include "graph/ir/input_use.h"
#include "graph/text/operators.h"
#include "graph/text/printer.h"
#include "rewrites/export.h"
#include "rewrites/python_checks.h"
#include "rewrites/python_runtime.h"

namespace rewrites {

namespace ir = graph::ir;
using ir::Graph;
using ir::Node;
using ir::NodeId;
using ir::Op;

namespace {

/// A copy in which no node hides a name that the module uses; guards follow.
Graph withSafeNames(Graph graph) {
  std::vector<NodeId> ids(graph.begin(), graph.end());
  auto guards = graph.guards();
  for (NodeId id : ids) {
    const Node& node = graph.node(id);
    if (!pythonReservedNames().count(node.name) || node.op == Op::output) continue;
    Node renamed = node;
    renamed.name = graph.uniqueName(node.name + "_1");
    for (auto& guard : guards)
      for (std::string* name : {&guard.first, &guard.second})
        if (*name == node.name) *name = renamed.name;
    graph.replace(id, std::move(renamed));
  }
  graph.setGuards(std::move(guards));
  return graph;
}

/// `torch.float32 [s1, 16]`, `int: s0`
std::string needText(const Node& node) {
  if (const auto* tensor = node.tensor()) {
    std::string text(ir::torchName(tensor->dtype));
    text += " [";
    for (size_t i = 0; i < tensor->shape.size(); ++i) text += (i ? ", " : "") + tensor->shape[i].str();
    return text + "]";
  }
  if (const auto* sym = node.sym()) return "number: " + sym->value.str();
  return "anything (the dump does not say)";
}

class PythonWriter {
 public:
  PythonWriter(const Graph& graph, const std::string& source) : graph_(withSafeNames(graph)), source_(source), uses_(ir::inputUses(graph_)) {}

  std::string write() {
    collectAttributes(graph_);
    std::string functions;
    writeFunction(graph_, "forward", true, functions);
    return header() + globals() + pythonChecks(graph_, uses_, attributes_) + functions + footer();
  }

 private:
  // --- what the module needs -----------------------------------------------------------------------------------------------------

  void collectAttributes(const Graph& graph) {
    for (NodeId id : graph) {
      const Node& node = graph.node(id);
      if (node.target.starts_with("prims.")) usesPrims_ = true;
      if (node.target.starts_with("prims.inductor_")) usesInductorPrims_ = true;
      if (node.op == Op::call_function) addLibrary(node.target);
      for (const auto& argument : node.args)   // the operator that a higher-order one is about
        if (const auto* name = argument.as<ir::Name>(); name && name->text.starts_with("torch.ops.")) addLibrary(name->text.substr(10));
      if (node.op != Op::get_attr && node.op != Op::call_module) continue;
      if (graph.subgraphs().count(node.target)) continue;
      if (attributes_.count(node.target)) continue;
      std::string name = pythonIdentifier(node.target);
      while (std::any_of(attributes_.begin(), attributes_.end(), [&](const auto& one) { return one.second == name; })) name += "_";
      attributes_[node.target] = name;
      attributeNeeds_.emplace_back(name, node.op == Op::call_module ? "module (a callable)" : needText(node) + writtenNote(graph, id));
    }
    for (const auto& [name, sub] : graph.subgraphs()) collectAttributes(*sub);
  }

  /// The namespace of an operator that torch does not bring.
  void addLibrary(const std::string& target) {
    if ((ir::findSchema(target) && !ir::isDeclared(target)) || !graph::text::printedTarget(target).starts_with("torch.ops.")) return;
    const std::string space = target.substr(0, target.find('.'));
    if (space != "aten" && space != "prims" && space != "higher_order") libraries_.insert(space);
  }

  std::string writtenNote(const Graph& graph, NodeId id) const {
    if (&graph != &graph_) return "";
    return std::any_of(uses_.begin(), uses_.end(), [&](const ir::InputUse& use) { return use.input == id && use.firstWrite != 0; }) ? "   written in place" : "";
  }

  std::string header() const {
    const std::string file = std::filesystem::path(source_).filename().string();
    std::string out = "\"\"\"" + pythonIdentifier(graph_.name()) + ", exported by fxloom" + (file.empty() ? "" : " from " + file) + ".\n\n";
    const auto placeholders = graph_.placeholders();
    size_t width = 0;
    for (NodeId id : placeholders) width = std::max(width, pythonParameter(graph_.node(id)).size());
    out += placeholders.empty() ? "forward() takes no inputs.\n" : "Inputs of forward(), in this order:\n";
    for (NodeId id : placeholders) {
      const std::string name = pythonParameter(graph_.node(id));
      out += "    " + name + std::string(width - name.size() + 3, ' ') + needText(graph_.node(id)) + writtenNote(graph_, id) + "\n";
    }
    if (!attributeNeeds_.empty()) out += "\nModule globals that forward() reads; set them first (<module>.<name> = tensor):\n";
    for (const auto& [name, need] : attributeNeeds_) out += "    " + name + "   " + need + "\n";
    std::string libraries;
    for (const auto& library : libraries_) libraries += (libraries.empty() ? "torch.ops." : ", torch.ops.") + library;
    if (!libraries.empty()) out += "\nIt calls operators of " + libraries + ": import what registers them before calling forward.\n";
    const auto has = [&](auto... kinds) {
      return std::any_of(graph_.guards().begin(), graph_.guards().end(), [&](const ir::Guard& guard) { return ((guard.kind == kinds) || ...); });
    };
    if (has(ir::Guard::Kind::disjoint, ir::Guard::Kind::no_self_overlap))
      out += "\nForward checks its inputs at every call, because writing in place relies on it: no written input shares an element\n"
             "with an input that is read afterwards. CHECK_INPUTS = False turns the checks off.\n";
    else if (!graph_.guards().empty())
      out += "\nForward checks at every call what the graph relies on. CHECK_INPUTS = False turns the checks off.\n";
    if (has(ir::Guard::Kind::strides)) out += "Strides are checked too: which elements a view shows depends on them.\n";
    for (char& c : out)
      if (c == '\\') c = '/';   // nothing in here may end or escape the docstring
    out += "\"\"\"\nimport math\nimport operator\n\nimport torch\n";
    if (usesPrims_) out += "import torch._prims  # registers torch.ops.prims\n";
    if (usesInductorPrims_) out += "import torch._inductor.inductor_prims  # registers torch.ops.prims.inductor_*\n";
    return out + "from torch import device, inf, nan\n";
  }

  std::string globals() const {
    std::string out;
    if (!attributes_.empty()) out += "\n# Set these before calling forward.\n";
    for (const auto& [name, need] : attributeNeeds_) out += name + " = None\n";
    if (!attributes_.empty()) out += kPythonAttributes;
    return out;
  }

  // --- the function ----------------------------------------------------------------------------------------------------------------

  std::string arguments(const Graph& graph, const Node& node, size_t from = 0) const {
    std::string out;
    for (size_t i = from; i < node.args.size(); ++i) out += (out.empty() ? "" : ", ") + graph::text::printArgument(graph, node.args[i]);
    for (const auto& [key, value] : node.kwargs) out += (out.empty() ? "" : ", ") + key + " = " + graph::text::printArgument(graph, value);
    return out;
  }

  std::string call(const Graph& graph, NodeId id, const std::string& prefix) const {
    const Node& node = graph.node(id);
    if (node.op == Op::get_attr && graph.subgraphs().count(node.target)) return prefix + "_" + pythonIdentifier(node.target);
    if (node.op == Op::get_attr) return "_attribute(" + pythonString(attributes_.at(node.target)) + ")";
    if (node.op == Op::call_module) return "_attribute(" + pythonString(attributes_.at(node.target)) + ")(" + arguments(graph, node) + ")";
    if (node.op != Op::call_function) return graph::text::printCall(graph, id);
    const auto& target = node.target;
    // torch 2.1 prints sizes without overload, and torch 2.11 has them under several: the methods are the same everywhere.
    static const std::map<std::string, std::string, std::less<>> methods = {
        {"sym_size", "size"}, {"sym_stride", "stride"}, {"sym_numel", "numel"}, {"sym_storage_offset", "storage_offset"}};
    if (target.starts_with("aten.sym_") && !node.args.empty()) {
      const std::string name = target.substr(5, target.find('.', 5) - 5);
      if (auto method = methods.find(name); method != methods.end())
        return graph::text::printArgument(graph, node.args[0]) + "." + method->second + "(" + arguments(graph, node, 1) + ")";
    }
    if (target.starts_with("math.")) return target + "(" + arguments(graph, node) + ")";
    if (target.starts_with("_operator.")) {
      const bool infix = node.kwargs.empty() && (target == "_operator.getitem" || !graph::text::binarySymbol(target).empty() || !graph::text::unarySymbol(target).empty());
      if (!infix) return target.substr(1) + "(" + arguments(graph, node) + ")";
    }
    return graph::text::printCall(graph, id);
  }

  void writeFunction(const Graph& graph, const std::string& name, bool outermost, std::string& out) const {
    for (const auto& [subName, sub] : graph.subgraphs()) {
      const Graph safe = withSafeNames(*sub);
      writeFunction(safe, name + "_" + pythonIdentifier(subName), false, out);
    }
    const auto placeholders = graph.placeholders();
    out += "\n\ndef " + name + "(";
    for (size_t i = 0; i < placeholders.size(); ++i) {
      const Node& node = graph.node(placeholders[i]);
      out += (i ? ", " : "") + std::string(node.target.starts_with("**") ? "**" : node.target.starts_with("*") ? "*" : "") + pythonParameter(node);
      if (!node.args.empty()) out += "=" + graph::text::printArgument(graph, node.args[0]);
    }
    out += "):\n";
    if (outermost) {
      out += "    if CHECK_INPUTS:\n        _check_inputs((";
      for (NodeId id : placeholders) out += pythonParameter(graph.node(id)) + ", ";
      if (!placeholders.empty()) out.pop_back();
      out += "))\n";
    }
    std::vector<NodeId> last(graph.idLimit());
    for (NodeId id : graph) graph.node(id).forEachInput([&](NodeId input) { last[input.value] = id; });
    const std::string* comment = nullptr;
    bool any = false;
    for (NodeId id : graph) {
      const Node& node = graph.node(id);
      if (node.op == Op::placeholder) {
        if (pythonParameter(node) != node.name) out += "    " + node.name + " = " + pythonParameter(node) + "\n";
        continue;
      }
      any = true;
      if (node.op == Op::output) {
        out += "    return " + (node.args.empty() ? "None" : graph::text::printArgument(graph, node.args[0])) + "\n";
        continue;
      }
      if (node.stack && (!comment || *comment != *node.stack)) {
        std::string text = *node.stack;
        std::replace(text.begin(), text.end(), '\n', ' ');
        out += "\n    # " + text + "\n";
        comment = node.stack.get();
      }
      out += "    " + node.name + " = " + call(graph, id, name) + deletions(graph, id, last) + "\n";
    }
    if (!any) out += "    pass\n";
  }

  static std::string deletions(const Graph& graph, NodeId id, const std::vector<NodeId>& last) {
    const Node& node = graph.node(id);
    std::string out;
    std::set<NodeId> said;
    node.forEachInput([&](NodeId input) {
      if (last[input.value] == id && said.insert(input).second) out += graph.node(input).name + " = ";
    });
    if (graph.users(id).empty()) out += node.name + " = ";
    return out.empty() ? out : ";  " + out + "None";
  }

  static std::string footer() { return "\n\nif __name__ == \"__main__\":\n    print(__doc__)\n"; }

  Graph graph_;
  std::string source_;
  std::vector<ir::InputUse> uses_;                                      // of graph_
  std::map<std::string, std::string> attributes_;                       // target -> global's name
  std::vector<std::pair<std::string, std::string>> attributeNeeds_;     // in the order of their first use
  std::set<std::string> libraries_;                                     // of custom operators
  bool usesPrims_ = false, usesInductorPrims_ = false;
};

}  // namespace

std::string exportPython(const Graph& graph, const std::string& source) { return PythonWriter(graph, source).write(); }

}  // namespace rewrites
