// Guards, annotations and stated ranges as the tables of a module.
#include "rewrites/python_checks.h"

#include <algorithm>

#include "graph/text/printer.h"
#include "rewrites/python_runtime.h"

namespace rewrites {

namespace ir = graph::ir;
using ir::Graph;
using ir::Node;
using ir::NodeId;
using ir::Op;

const std::set<std::string, std::less<>>& pythonReservedNames() {
  static const std::set<std::string, std::less<>> names = {
      "torch", "math", "operator", "device", "inf", "nan", "forward", "slice", "Ellipsis", "globals", "zip", "True", "False", "None", "and", "as", "assert",
      "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in",
      "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield", "CHECK_INPUTS", "_check_inputs", "_check_shapes",
      "_check_memory", "_check_strides", "_check_conditions", "_attribute", "_value", "_expect", "_solve", "_steps", "_mark", "_share_element",
      "_overlaps_itself", "_INPUTS", "_FUNCTIONS", "_DISJOINT", "_NO_SELF_OVERLAP", "_STRIDES", "_CONDITIONS", "_OTHERS"};
  return names;
}

std::string pythonIdentifier(const std::string& text) {
  std::string out;
  for (char c : text) out += isalnum(static_cast<unsigned char>(c)) || c == '_' ? c : '_';
  if (out.empty() || isdigit(static_cast<unsigned char>(out[0]))) out = "_" + out;
  if (pythonReservedNames().count(out)) out += "_";
  return out;
}

std::string pythonString(const std::string& text) { return graph::text::printArgument(Graph(), ir::Argument(text)); }

std::string pythonParameter(const Node& placeholder) {
  const size_t stars = placeholder.target.find_first_not_of('*');
  const std::string bare = stars == std::string::npos ? placeholder.name : placeholder.target.substr(stars);
  return pythonIdentifier(bare);
}

namespace {

class Checks {
 public:
  Checks(const Graph& graph, const std::vector<ir::InputUse>& uses, const std::map<std::string, std::string>& attributes)
      : graph_(graph), uses_(uses), attributes_(attributes) {}

  std::string text() const {
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
      for (const auto& name : alone) out += pythonString(name) + ", ";
      out += "))\n";
    }
    out += strides;
    if (!conditions.empty()) {
      out += "_CONDITIONS = (";
      for (const auto& condition : conditions) out += pythonString(condition) + ", ";
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
      for (const auto& name : checkedAttributes(pairs)) out += "    tensors[" + pythonString(name) + "] = _attribute(" + pythonString(name) + ")\n";
    }
    if (memory) out += "    _check_memory(tensors)\n";
    if (!strides.empty()) out += "    _check_strides(tensors, symbols)\n";
    if (!conditions.empty()) out += "    _check_conditions(symbols)\n";
    return out;
  }

 private:
  const ir::InputUse* useOf(NodeId id) const {
    for (const auto& use : uses_)
      if (use.input == id) return &use;
    return nullptr;
  }

  static std::string dimension(const ir::Expr& expression) {
    if (auto constant = expression.asConstant()) return std::to_string(*constant);
    return pythonString(expression.str());
  }

  std::string inputTable() const {
    std::string out = "\n_INPUTS = (\n";
    for (NodeId id : graph_.placeholders()) {
      const Node& node = graph_.node(id);
      out += "    (" + pythonString(pythonParameter(node)) + ", ";
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
      for (const auto& name : names) out += (out.size() > 1 ? ", " : "") + pythonString(name);
      return names.empty() ? std::string("set()") : out + "}";
    };
    std::string out = "\n_OTHERS = " + set(all) + "\n_DISJOINT = {\n";
    for (const auto& [written, others] : pairs) {
      std::set<std::string> missing;
      for (const auto& name : all)
        if (!others.count(name)) missing.insert(name);
      out += "    " + pythonString(written) + ": " + (missing.size() < others.size() ? missing.empty() ? "_OTHERS" : "_OTHERS - " + set(missing) : set(others)) + ",\n";
    }
    return out + "}\n";
  }

  /// How a guard's node is called in the module: the parameter, or the global of a get_attr.
  std::string guardName(const std::string& node) const {
    const NodeId id = graph_.find(node);
    if (!id) return node;
    const Node& found = graph_.node(id);
    if (found.op == Op::placeholder) return pythonParameter(found);
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
      out += "    (" + pythonString(guardName(guard.first)) + ", (" + strides + "), " + (guard.offset ? dimension(*guard.offset) : "None") + "),\n";
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

  const Graph& graph_;
  const std::vector<ir::InputUse>& uses_;
  const std::map<std::string, std::string>& attributes_;
};

}  // namespace

std::string pythonChecks(const Graph& graph, const std::vector<ir::InputUse>& uses, const std::map<std::string, std::string>& attributes) {
  return Checks(graph, uses, attributes).text();
}

}  // namespace rewrites
