// What a node costs in a Program, against the same calls made by a bare boxed loop written here, with none of graph/torch's code.
//
// The 22-layer decode step of samples/ (tiny widths: overhead shows). The bare loop has handles resolved, constants as IValues and values
// let go at their last use; it checks nothing and stops for nobody. One LibTorch thread.
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/scalar_tensor.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>

#include <optional>
#include <set>
#include <stdexcept>

#include "app/torch_module.h"
#include "graph/run/inputs.h"
#include "graph/run/workspace.h"
#include "graph/text/parser.h"

namespace {

using namespace graph;
using c10::IValue;

const ir::Graph& sample() {
  static const auto parsed = text::parseFile(std::string(FXLOOM_SOURCE_DIR) + "/samples/llama_22layers_torch2.1.txt");
  if (parsed.graphs.empty()) throw std::runtime_error("the sample cannot be read");
  return *parsed.graphs[0];
}

const run::Inputs& inputs() {
  static const auto made = run::makeInputs(app::torchBackend(), sample(), {});
  return made;
}

// --- the bare loop -----------------------------------------------------------------------------------------------------------
struct Source {
  bool constant;
  IValue value;
  int slot;
  bool last;
};
struct Argument {
  Source whole;
  bool isList = false;
  bool tensors = false, optionals = false;
  std::vector<Source> items;
};
struct Call {
  std::optional<c10::OperatorHandle> handle;
  std::vector<Argument> arguments;
  int result = -1;
  int64_t item = -1;
  bool product = false;
};

class BareLoop {
 public:
  explicit BareLoop(const ir::Graph& graph) {
    for (auto id : graph) {
      auto& node = graph.node(id);
      if (node.op == ir::Op::output) node.forEachInput([&](ir::NodeId used) { keep_.insert(used.value); });
      if (node.op == ir::Op::call_function) add(id, node);
    }
    markLast();
    slots_.resize(graph.idLimit());
  }

  void run(const std::vector<IValue>& values) {
    size_t at = 0;
    for (auto id : placeholders_) slots_[id] = values[at++];
    for (auto& call : calls_) {
      if (call.item >= 0) {
        slots_[call.result] = IValue(take(call.arguments[0].whole).toTensorList().get(static_cast<size_t>(call.item)));
        continue;
      }
      for (auto& argument : call.arguments) push(argument);
      if (call.product) {
        slots_[call.result] = stack_[0].toInt() * stack_[1].toInt();
        stack_.clear();
        continue;
      }
      call.handle->callBoxed(stack_);
      slots_[call.result] = std::move(stack_.back());
      stack_.clear();
    }
  }
  void setPlaceholders(const std::vector<ir::NodeId>& ids) {
    for (auto id : ids) placeholders_.push_back(static_cast<int>(id.value));
  }

 private:
  Source source(const ir::Argument& argument, const c10::Type& type) {
    if (auto id = argument.node()) return {false, {}, static_cast<int>(id.value), false};
    bool tensor = type.kind() == c10::TypeKind::TensorType;
    if (argument.isNone()) return {true, {}, -1, false};
    if (auto* v = argument.as<bool>()) return {true, *v, -1, false};
    if (auto* v = argument.as<double>()) return {true, tensor ? wrapped(*v) : IValue(*v), -1, false};
    if (auto* v = argument.as<int64_t>())
      return {true, tensor ? wrapped(*v) : type.kind() == c10::TypeKind::FloatType ? IValue(double(*v)) : IValue(*v), -1, false};
    if (argument.as<ir::Name>()) return {true, IValue(at::MemoryFormat::Contiguous), -1, false};
    if (auto* v = argument.as<ir::DType>())
      return {true, IValue(*v == ir::DType::i64 ? at::kLong : *v == ir::DType::b8 ? at::kBool : at::kFloat), -1, false};
    if (argument.as<ir::Device>()) return {true, IValue(c10::Device("cpu")), -1, false};
    throw std::runtime_error("an argument that this loop does not know");
  }
  template <class T>
  static IValue wrapped(T value) {
    auto tensor = at::scalar_tensor(value, at::TensorOptions().dtype(std::is_same_v<T, double> ? at::kDouble : at::kLong));
    tensor.unsafeGetTensorImpl()->set_wrapped_number(true);
    return tensor;
  }

  Argument convert(const ir::Argument& argument, const c10::TypePtr& given) {
    auto type = given->kind() == c10::TypeKind::OptionalType ? given->expectRef<c10::OptionalType>().getElementType() : given;
    auto* list = argument.as<ir::List>();
    if (!list) return {source(argument, *type)};
    auto element = type->expectRef<c10::ListType>().getElementType();
    Argument result;
    result.isList = true;
    result.optionals = element->kind() == c10::TypeKind::OptionalType;
    result.tensors = element->kind() == c10::TypeKind::TensorType;
    bool fixed = true;
    for (auto& item : list->items) {
      result.items.push_back(source(item, *element));
      fixed &= result.items.back().constant;
    }
    if (fixed) return {{true, build(result), -1, false}};
    return result;
  }

  void add(ir::NodeId id, const ir::Node& node) {
    Call call;
    call.result = static_cast<int>(id.value);
    if (node.target.ends_with("getitem")) {
      call.item = *node.args[1].as<int64_t>();
      call.arguments.push_back({source(node.args[0], *c10::AnyType::get())});
      calls_.push_back(std::move(call));
      return;
    }
    if (node.target == "_operator.mul") {
      call.product = true;
      for (auto& argument : node.args) call.arguments.push_back({source(argument, *c10::AnyType::get())});
      calls_.push_back(std::move(call));
      return;
    }
    std::string target = node.target == "aten.sym_size" ? "aten.sym_size.int" : node.target;
    ir::Node renamed = node;
    if (target == "prims.iota.default") {  // as arange.start_step(0, n, 1, dtype, layout, device, pin_memory)
      target = "aten.arange.start_step";
      renamed.args = {0, node.args[0], 1};
      renamed.kwargs = {{"dtype", ir::DType::i64}};
    }
    if (target == "prims.convert_element_type.default") {
      target = "aten.to.dtype";
    }
    auto first = target.find('.'), last = target.rfind('.');
    auto overload = target.substr(last + 1);
    call.handle = c10::Dispatcher::singleton().findSchemaOrThrow(("aten::" + target.substr(first + 1, last - first - 1)).c_str(),
                                                                 overload == "default" ? "" : overload.c_str());
    auto& arguments = call.handle->schema().arguments();
    for (size_t i = 0; i < arguments.size(); ++i) {
      auto* value = i < renamed.args.size() ? &renamed.args[i] : renamed.kwarg(arguments[i].name());
      if (value)
        call.arguments.push_back(convert(*value, arguments[i].real_type()));
      else
        call.arguments.push_back({{true, *arguments[i].default_value(), -1, false}});
    }
    calls_.push_back(std::move(call));
  }

  void markLast() {
    std::set<int> seen(keep_.begin(), keep_.end());
    auto mark = [&](Source& source) {
      if (!source.constant) source.last = seen.insert(source.slot).second;
    };
    for (auto call = calls_.rbegin(); call != calls_.rend(); ++call)
      for (auto argument = call->arguments.rbegin(); argument != call->arguments.rend(); ++argument) {
        if (!argument->isList) mark(argument->whole);
        for (auto item = argument->items.rbegin(); item != argument->items.rend(); ++item) mark(*item);
      }
  }

  IValue take(const Source& source) {
    if (source.constant) return source.value;
    return source.last ? std::move(slots_[source.slot]) : slots_[source.slot];
  }
  IValue build(const Argument& argument) {
    if (argument.optionals) {
      c10::List<std::optional<at::Tensor>> list;
      for (auto& item : argument.items) {
        auto value = take(item);
        list.push_back(value.isNone() ? std::nullopt : std::optional(value.toTensor()));
      }
      return list;
    }
    if (argument.tensors) {
      c10::List<at::Tensor> list;
      for (auto& item : argument.items) list.push_back(take(item).toTensor());
      return list;
    }
    c10::List<int64_t> list;
    for (auto& item : argument.items) list.push_back(take(item).toInt());
    return list;
  }
  void push(const Argument& argument) { stack_.push_back(argument.isList ? build(argument) : take(argument.whole)); }

  std::vector<Call> calls_;
  std::vector<int> placeholders_;
  std::set<int> keep_;
  std::vector<IValue> slots_, stack_;
};

// The inputs as tensors of this executable: same elements, own memory.
std::vector<IValue> ownInputs() {
  std::vector<IValue> result;
  auto& backend = app::torchBackend();
  for (auto& value : inputs().values) {
    if (auto* number = std::get_if<int64_t>(&value.data)) {
      result.emplace_back(*number);
      continue;
    }
    auto geometry = (*value.tensor())->geometry();
    auto bytes = backend.bytes(*value.tensor());
    result.emplace_back(
        at::from_blob(bytes.data(), geometry.sizes, at::TensorOptions().dtype(geometry.dtype == ir::DType::i64 ? at::kLong : at::kFloat))
            .clone());
  }
  return result;
}

void count(benchmark::State& state) {
  size_t calls = 0;
  for (auto id : sample()) calls += sample().node(id).op == ir::Op::call_function;
  state.counters["calls"] = static_cast<double>(calls);
  state.counters["per_call"] = benchmark::Counter(static_cast<double>(calls) * static_cast<double>(state.iterations()),
                                                  benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void bareLoop(benchmark::State& state) {
  at::set_num_threads(1);
  c10::InferenceMode mode;
  BareLoop loop(sample());
  loop.setPlaceholders(sample().placeholders());
  auto values = ownInputs();
  for (auto _ : state) loop.run(values);
  count(state);
}

void program(benchmark::State& state) {
  at::set_num_threads(1);
  auto& backend = app::torchBackend();
  auto compiled = backend.compile(sample(), {});
  auto own = run::cloneInputs(backend, inputs());
  for (auto _ : state) benchmark::DoNotOptimize(compiled->run(own.values, own.attributes));
  count(state);
}

BENCHMARK(bareLoop)->Unit(benchmark::kMicrosecond)->MinTime(1);
BENCHMARK(program)->Unit(benchmark::kMicrosecond)->MinTime(1);

}  // namespace

BENCHMARK_MAIN();
