// One walk over the graph; every check reads a node, its inputs and its operator's schema.
#include "graph/ir/lint.h"

#include <algorithm>

#include "graph/ir/schema.h"
#include "graph/ir/words.h"

namespace graph::ir {
namespace {

constexpr int maxSubgraphDepth = 64;

class Linter {
 public:
  Linter(const Graph& graph, std::string prefix, int depth) : graph_(graph), prefix_(std::move(prefix)), depth_(depth) {}

  std::vector<LintProblem> run() {
    for (NodeId id : graph_) {
      const Node& node = graph_.node(id);
      checkName(id, node);
      checkPlace(id, node);
      checkInputs(id, node);
      checkMeta(id, node);
      if (node.op == Op::call_function) {
        if (node.target == "_operator.getitem") checkGetitem(id, node);
        else checkCall(id, node);
      }
      if (node.op == Op::get_attr) checkSubgraph(id, node);
    }
    return std::move(problems_);
  }

 private:
  void report(NodeId id, const Node& node, const std::string& what) { problems_.push_back({id, prefix_ + "'" + node.name + "' " + what}); }

  void checkName(NodeId id, const Node& node) {
    if (!isPythonIdentifier(node.name)) report(id, node, "is not a name that Python accepts");
    if (graph_.find(node.name) != id) report(id, node, "has the name of another node");
  }

  void checkPlace(NodeId id, const Node& node) {
    if (node.op == Op::placeholder) {
      if (firstCall_) report(id, node, "is a placeholder after '" + graph_.node(firstCall_).name + "': placeholders come first");
    } else if (node.op != Op::get_attr && node.op != Op::output && !firstCall_) {
      firstCall_ = id;
    }
    if (node.op != Op::output) {
      if (output_ && !afterOutput_) {
        afterOutput_ = true;
        report(id, node, "comes after the output '" + graph_.node(output_).name + "': the output is last");
      }
      return;
    }
    if (output_) report(id, node, "is a second output; the first is '" + graph_.node(output_).name + "'");
    else output_ = id;
    if (node.args.size() != 1)
      report(id, node, "is an output with " + std::to_string(node.args.size()) + " arguments: it has one, what is returned");
  }

  void checkInputs(NodeId id, const Node& node) {
    node.forEachInput([&](NodeId input) {
      if (!graph_.contains(input)) {
        report(id, node, "uses a node that the graph does not have (id " + std::to_string(input.value) + ")");
      } else if (!graph_.before(input, id)) {
        report(id, node, "uses '" + graph_.node(input).name + "' before it is defined");
      } else if (graph_.node(input).op == Op::output) {
        report(id, node, "uses the output '" + graph_.node(input).name + "'");
      }
    });
  }

  void checkSizes(NodeId id, const Node& node, const std::vector<Expr>& sizes, const char* what) {
    for (size_t i = 0; i < sizes.size(); ++i) {
      if (const auto size = sizes[i].asConstant(); size && *size < 0) {
        report(id, node, "has a negative " + std::string(what) + ": " + std::to_string(*size) + " in dimension " + std::to_string(i));
      }
    }
  }
  void checkMeta(NodeId id, const Node& node) {
    const TensorMeta* tensor = node.tensor();
    if (!tensor) return;
    checkSizes(id, node, tensor->shape, "size");
    if (!tensor->stride) return;
    checkSizes(id, node, *tensor->stride, "stride");
    if (tensor->stride->size() != tensor->shape.size()) {
      report(id, node,
             "has " + std::to_string(tensor->shape.size()) + " dimensions but " + std::to_string(tensor->stride->size()) + " strides");
    }
  }

  void checkCall(NodeId id, const Node& node) {
    const Schema* schema = findSchema(node.target, node.args.size());
    if (!schema || schema->variadic) return;
    size_t positional = 0;
    for (const SchemaArgument& argument : schema->arguments) positional += argument.keywordOnly ? 0 : 1;
    const std::string call = "calls " + node.target;
    if (node.args.size() > positional) {
      report(id, node, call + " with " + std::to_string(node.args.size()) + " positional arguments: it takes at most " +
                           std::to_string(positional) + "\n  " + schema->text);
      return;
    }
    for (size_t i = 0; i < node.kwargs.size(); ++i) {
      const std::string& key = node.kwargs[i].first;
      const auto index = schema->indexOf(key);
      if (!index) {
        report(id, node, call + " with an argument '" + key + "' that it does not have\n  " + schema->text);
      } else if (*index < node.args.size() && !schema->arguments[*index].keywordOnly) {
        report(id, node, call + " with the argument '" + key + "' given twice");
      }
      for (size_t j = 0; j < i; ++j) {
        if (node.kwargs[j].first == key) report(id, node, call + " with the keyword '" + key + "' twice");
      }
    }
    for (size_t i = 0; i < schema->arguments.size(); ++i) {
      const SchemaArgument& argument = schema->arguments[i];
      const bool given = (!argument.keywordOnly && i < node.args.size()) || node.kwarg(argument.name) || argument.defaultValue;
      if (!given) report(id, node, call + " without its argument '" + argument.name + "'\n  " + schema->text);
    }
  }

  void checkGetitem(NodeId id, const Node& node) {
    if (node.args.size() != 2) {
      report(id, node, "is a getitem with " + std::to_string(node.args.size()) + " arguments: it has two");
      return;
    }
    const NodeId from = node.args[0].node();
    const auto* index = node.args[1].as<int64_t>();
    if (!from || !index || !graph_.contains(from)) return;
    const Node& producer = graph_.node(from);
    if (producer.op != Op::call_function) return;
    const Schema* schema = findSchema(producer.target, producer.args.size());
    // One result may be a list, and an operator without results (_foreach_add_) is indexed for its first argument: nothing to count.
    if (!schema || schema->variadic || schema->returns.size() < 2) return;
    const auto count = static_cast<int64_t>(schema->returns.size());
    if (*index < -count || *index >= count) {
      report(
          id, node,
          "takes result " + std::to_string(*index) + " of '" + producer.name + "': " + producer.target + " has " + std::to_string(count));
    }
  }

  void checkSubgraph(NodeId id, const Node& node) {
    const auto found = graph_.subgraphs().find(node.target);
    if (found == graph_.subgraphs().end()) return;
    if (depth_ >= maxSubgraphDepth) {
      report(id, node, "nests graphs more than " + std::to_string(maxSubgraphDepth) + " deep");
      return;
    }
    for (LintProblem& problem : Linter(*found->second, prefix_ + "in " + node.target + ": ", depth_ + 1).run()) {
      problems_.push_back({id, std::move(problem.message)});
    }
  }

  const Graph& graph_;
  const std::string prefix_;
  const int depth_;
  std::vector<LintProblem> problems_;
  NodeId firstCall_, output_;
  bool afterOutput_ = false;
};

}  // namespace

std::vector<LintProblem> lint(const Graph& graph) { return Linter(graph, {}, 0).run(); }

}  // namespace graph::ir
