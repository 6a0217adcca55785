#include "graph/run/repeated_writes.h"

#include <algorithm>

#include "graph/ir/schema.h"
#include "graph/run/outcome.h"

namespace graph::run {
namespace {

using ir::Argument;

// The call that reads what `write` has written; its target is empty when equal indices do no harm or it is no such write.
struct ReadBack {
  std::string target;
  std::vector<Argument> args;  // behind the tensor that is read
  const Argument* values = nullptr;
};

ReadBack readBack(const ir::Node& write) {
  auto is = [&](std::string_view name) {
    std::string_view target = write.target;
    if (!target.starts_with("aten.")) return false;
    target.remove_prefix(5);
    if (!target.starts_with(name)) return false;
    target.remove_prefix(name.size());
    return target.starts_with('.') || target.starts_with("_.");
  };
  auto argument = [&](std::string_view name) { return ir::argumentByName(write, name); };
  auto adds = [&] {
    auto* accumulate = argument("accumulate");
    return accumulate && accumulate->as<bool>() && *accumulate->as<bool>();
  };
  ReadBack result;
  if (is("index_put") || is("_unsafe_index_put") || is("_index_put_impl")) {
    auto* indices = argument("indices");
    result.values = argument("values");
    if (adds() || !indices || !result.values) return {};
    result.target = "aten.index.Tensor";
    result.args = {*indices};
  } else if (is("scatter") && argument("src") && !argument("reduce")) {
    result.target = "aten.gather.default";
    result.args = {*argument("dim"), *argument("index")};
    result.values = argument("src");
  } else if (is("index_copy") && argument("source")) {
    result.target = "aten.index_select.default";
    result.args = {*argument("dim"), *argument("index")};
    result.values = argument("source");
  }
  return result;
}

// The graph with every write read back, returning for each whether it holds something else; `writes` get their names.
ir::Graph probe(const ir::Graph& graph, std::vector<std::string>& writes) {
  ir::Graph result = graph;
  std::vector<Argument> answers;
  auto call = [&](ir::NodeId after, const char* target, std::vector<Argument> args) {
    ir::Node node;
    node.name = result.uniqueName("probe");
    node.target = target;
    node.args = std::move(args);
    return result.insertAfter(after, std::move(node));
  };
  for (auto id : graph) {
    auto& write = graph.node(id);
    if (write.op != ir::Op::call_function) continue;
    auto back = readBack(write);
    if (back.target.empty()) continue;
    back.args.insert(back.args.begin(), Argument(id));
    auto read = call(id, back.target.c_str(), std::move(back.args));
    auto unequal = call(read, "aten.ne.Tensor", {Argument(read), *back.values});
    answers.push_back(Argument(call(unequal, "aten.any.default", {Argument(unequal)})));
    writes.push_back(write.name);
  }
  auto output = result.node(result.output());
  output.args = {ir::Tuple{std::move(answers)}};
  result.setSignature({});
  result.replace(result.output(), std::move(output));
  return result;
}

}  // namespace

std::string orderedWrite(Backend& backend, const ir::Graph& graph, const InputRequest& request) {
  std::vector<std::string> writes;
  auto asking = probe(graph, writes);
  if (writes.empty()) return {};
  try {
    auto program = backend.compile(asking, request.device);
    auto outcome = runOnce(backend, *program, makeInputs(backend, graph, request), request.seed);
    for (size_t i = 0; i < writes.size() && i < outcome.outputs.size(); ++i) {
      auto* answer = outcome.outputs[i].tensor();
      auto bytes = answer && *answer ? backend.bytes(*answer) : std::vector<std::byte>(1, std::byte{1});
      if (std::any_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte != std::byte{}; })) return writes[i];
    }
    return {};
  } catch (const Stopped&) {
    throw;
  } catch (const std::runtime_error&) {
    return writes.front();  // it cannot be asked: assume that order matters
  }
}

}  // namespace graph::run
