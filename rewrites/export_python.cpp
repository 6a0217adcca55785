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
#include "rewrites/python_runtime.h"

namespace rewrites {

namespace ir = graph::ir;
using ir::Graph;
using ir::Node;
using ir::NodeId;
using ir::Op;

namespace {

const std::set<std::string, std::less<>>& reservedNames() {
  static const std::set<std::string, std::less<>> names = {
      "torch", "math", "operator", "device", "inf", "nan", "forward", "slice", "Ellipsis", "globals", "zip", "True", "False", "None", "and", "as", "assert",
      "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in",
      "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield", "CHECK_INPUTS", "_check_inputs", "_check_shapes",
      "_check_memory", "_check_strides", "_check_conditions", "_attribute", "_value", "_expect", "_solve", "_steps", "_mark", "_share_element",
      "_overlaps_itself", "_INPUTS", "_FUNCTIONS", "_DISJOINT", "_NO_SELF_OVERLAP", "_STRIDES", "_CONDITIONS", "_OTHERS"};
  return names;
}

std::string identifier(const std::string& text) {
  std::string out;
  for (char c : text) out += isalnum(static_cast<unsigned char>(c)) || c == '_' ? c : '_';
  if (out.empty() || isdigit(static_cast<unsigned char>(out[0]))) out = "_" + out;
  if (reservedNames().count(out)) out += "_";
  return out;
}

std::string quoted(const std::string& text) { return graph::text::printArgument(Graph(), ir::Argument(text)); }

/// A copy in which no node hides a name that the module uses; guards follow.
Graph withSafeNames(Graph graph) {
  std::vector<NodeId> ids(graph.begin(), graph.end());
  auto guards = graph.guards();
  for (NodeId id : ids) {
    const Node& node = graph.node(id);
    if (!reservedNames().count(node.name) || node.op == Op::output) continue;
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

std::string parameterName(const Node& placeholder) {
  const size_t stars = placeholder.target.find_first_not_of('*');
  const std::string bare = stars == std::string::npos ? placeholder.name : placeholder.target.substr(stars);
  return identifier(bare);
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
    return header() + globals() + checks() + functions + footer();
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
      std::string name = identifier(node.target);
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
    const ir::InputUse* use = &graph == &graph_ ? useOf(id) : nullptr;
    return use && use->firstWrite != 0 ? "   written in place" : "";
  }

  const ir::InputUse* useOf(NodeId id) const {
    for (const auto& use : uses_)
      if (use.input == id) return &use;
    return nullptr;
  }

  std::string header() const {
    const std::string file = std::filesystem::path(source_).filename().string();
    std::string out = "\"\"\"" + identifier(graph_.name()) + ", exported by fxloom" + (file.empty() ? "" : " from " + file) + ".\n\n";
    const auto placeholders = graph_.placeholders();
    size_t width = 0;
    for (NodeId id : placeholders) width = std::max(width, parameterName(graph_.node(id)).size());
    out += placeholders.empty() ? "forward() takes no inputs.\n" : "Inputs of forward(), in this order:\n";
    for (NodeId id : placeholders) {
      const std::string name = parameterName(graph_.node(id));
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

  // --- checks --------------------------------------------------------------------------------------------------------------------

  static std::string dimension(const ir::Expr& expression) {
    if (auto constant = expression.asConstant()) return std::to_string(*constant);
    return quoted(expression.str());
  }

  std::string inputTable() const {
    std::string out = "\n_INPUTS = (\n";
    for (NodeId id : graph_.placeholders()) {
      const Node& node = graph_.node(id);
      out += "    (" + quoted(parameterName(node)) + ", ";
      if (const auto* tensor = node.tensor(); tensor && tensor->wrapper != "DTensor") {
        out += std::string(ir::torchName(tensor->dtype)) + ", (";
        for (const auto& size : tensor->shape) out += dimension(size) + ", ";
        if (!tensor->shape.empty()) out.erase(out.size() - (tensor->shape.size() == 1 ? 1 : 2));
        out += ")),\n";
      } else if (const auto* sym = node.sym()) {
        out += "int, " + dimension(sym->value) + "),\n";
      } else {
        out += "None, None),\n";
      }
    }
    return out + ")\n";
  }

  /// The pairs of `disjoint`, by written input; a set that all but a few others share is said once.
  std::string pairTable(const std::map<std::string, std::set<std::string>>& pairs) const {
    std::set<std::string> all;
    for (const auto& [written, others] : pairs) all.insert(others.begin(), others.end());
    auto set = [](const std::set<std::string>& names) {
      std::string out = "{";
      for (const auto& name : names) out += (out.size() > 1 ? ", " : "") + quoted(name);
      return names.empty() ? std::string("set()") : out + "}";
    };
    std::string out = "\n_OTHERS = " + set(all) + "\n_DISJOINT = {\n";
    for (const auto& [written, others] : pairs) {
      std::set<std::string> missing;
      for (const auto& name : all)
        if (!others.count(name)) missing.insert(name);
      out += "    " + quoted(written) + ": " + (missing.size() < others.size() ? missing.empty() ? "_OTHERS" : "_OTHERS - " + set(missing) : set(others)) + ",\n";
    }
    return out + "}\n";
  }

  /// How a guard's node is called in the module: the parameter, or the global of a get_attr.
  std::string guardName(const std::string& node) const {
    const NodeId id = graph_.find(node);
    if (!id) return node;
    const Node& found = graph_.node(id);
    if (found.op == Op::placeholder) return parameterName(found);
    const auto attribute = attributes_.find(found.target);
    return attribute == attributes_.end() ? node : attribute->second;
  }

  /// The names of the inputs that a disjoint guard keeps apart from its first.
  void addPairs(const ir::Guard& guard, std::set<std::string>& others) const {
    if (!guard.second.empty()) {
      others.insert(guardName(guard.second));
      return;
    }
    const ir::InputUse* written = useOf(graph_.find(guard.first));
    if (!written) return;
    for (const auto& other : uses_) {
      const std::string name = guardName(graph_.node(other.input).name);
      if (written->conflictsWith(other) && name != guardName(guard.first)) others.insert(name);
    }
  }

  /// Proofs rely on the ranges that the text states (storage.cpp), so the module checks those of symbols that an input's size shows.
  void addRanges(std::vector<std::string>& conditions) const {
    std::set<std::string> shown;
    const auto show = [&](const ir::Expr& e) { if (graph_.symbolTable().count(e.str())) shown.insert(e.str()); };
    for (NodeId id : graph_.placeholders()) {
      if (const auto* tensor = graph_.node(id).tensor(); tensor && tensor->wrapper != "DTensor") std::for_each(tensor->shape.begin(), tensor->shape.end(), show);
      if (const auto* sym = graph_.node(id).sym()) show(sym->value);
    }
    for (const auto& name : shown) {
      const auto& facts = graph_.symbolTable().at(name);
      if (facts.lower && *facts.lower > 0) conditions.push_back(name + " >= " + std::to_string(*facts.lower));
      if (facts.upper) conditions.push_back(name + " <= " + std::to_string(*facts.upper));
    }
  }

  /// `_STRIDES`: (input, strides, storage offset or None).
  std::string strideTable() const {
    std::string out;
    for (const auto& guard : graph_.guards()) {
      if (guard.kind != ir::Guard::Kind::strides) continue;
      std::string strides;
      for (const auto& stride : guard.strides) strides += (strides.empty() ? "" : ", ") + dimension(stride);
      if (guard.strides.size() == 1) strides += ",";
      out += "    (" + quoted(guardName(guard.first)) + ", (" + strides + "), " + (guard.offset ? dimension(*guard.offset) : "None") + "),\n";
    }
    return out.empty() ? out : "\n_STRIDES = (\n" + out + ")\n";
  }

  /// Names that the checks of memory and strides look at and that are attributes, not parameters.
  std::vector<std::string> checkedAttributes(const std::map<std::string, std::set<std::string>>& pairs) const {
    std::set<std::string> checked;
    for (const auto& [written, others] : pairs) {
      checked.insert(written);
      checked.insert(others.begin(), others.end());
    }
    for (const auto& guard : graph_.guards())
      if (guard.kind != ir::Guard::Kind::symbol) checked.insert(guardName(guard.first));
    std::set<std::string> found;
    for (const auto& [target, name] : attributes_)
      if (checked.count(name)) found.insert(name);
    return {found.begin(), found.end()};
  }

  std::string checks() const {
    std::map<std::string, std::set<std::string>> pairs;
    std::vector<std::string> alone, conditions;
    for (const auto& guard : graph_.guards()) {
      if (guard.kind == ir::Guard::Kind::disjoint) addPairs(guard, pairs[guardName(guard.first)]);
      else if (guard.kind == ir::Guard::Kind::no_self_overlap) alone.push_back(guardName(guard.first));
      else if (guard.kind == ir::Guard::Kind::symbol) conditions.push_back(guard.condition);
    }
    addRanges(conditions);
    const std::string strides = strideTable();
    const bool memory = !pairs.empty() || !alone.empty();
    std::string out = "\nCHECK_INPUTS = True\n" + inputTable();
    if (memory) {
      out += pairTable(pairs) + "_NO_SELF_OVERLAP = frozenset((";
      for (const auto& name : alone) out += quoted(name) + ", ";
      out += "))\n";
    }
    out += strides;
    if (!conditions.empty()) {
      out += "_CONDITIONS = (";
      for (const auto& condition : conditions) out += quoted(condition) + ", ";
      out += ")\n";
    }
    out += "\n";
    out += kPythonShapes;
    if (memory) out += std::string("\n") + std::string(kPythonMemory);
    if (!strides.empty()) out += std::string("\n") + std::string(kPythonStrides);
    if (!conditions.empty()) out += std::string("\n") + std::string(kPythonConditions);
    out += "\n\ndef _check_inputs(values):\n    \"\"\"Raises ValueError or TypeError naming the input that forward cannot take.\"\"\"\n";
    out += conditions.empty() && strides.empty() ? "    _check_shapes(values)\n" : "    symbols = _check_shapes(values)\n";
    if (memory || !strides.empty()) {
      out += "    tensors = {name: value for (name, _, _), value in zip(_INPUTS, values) if isinstance(value, torch.Tensor)}\n";
      for (const auto& name : checkedAttributes(pairs)) out += "    tensors[" + quoted(name) + "] = _attribute(" + quoted(name) + ")\n";
    }
    if (memory) out += "    _check_memory(tensors)\n";
    if (!strides.empty()) out += "    _check_strides(tensors, symbols)\n";
    if (!conditions.empty()) out += "    _check_conditions(symbols)\n";
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
    if (node.op == Op::get_attr && graph.subgraphs().count(node.target)) return prefix + "_" + identifier(node.target);
    if (node.op == Op::get_attr) return "_attribute(" + quoted(attributes_.at(node.target)) + ")";
    if (node.op == Op::call_module) return "_attribute(" + quoted(attributes_.at(node.target)) + ")(" + arguments(graph, node) + ")";
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
      writeFunction(safe, name + "_" + identifier(subName), false, out);
    }
    const auto placeholders = graph.placeholders();
    out += "\n\ndef " + name + "(";
    for (size_t i = 0; i < placeholders.size(); ++i) {
      const Node& node = graph.node(placeholders[i]);
      out += (i ? ", " : "") + std::string(node.target.starts_with("**") ? "**" : node.target.starts_with("*") ? "*" : "") + parameterName(node);
      if (!node.args.empty()) out += "=" + graph::text::printArgument(graph, node.args[0]);
    }
    out += "):\n";
    if (outermost) {
      out += "    if CHECK_INPUTS:\n        _check_inputs((";
      for (NodeId id : placeholders) out += parameterName(graph.node(id)) + ", ";
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
        if (parameterName(node) != node.name) out += "    " + node.name + " = " + parameterName(node) + "\n";
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
