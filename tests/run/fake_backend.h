// A backend without LibTorch: tensors over shared vectors of doubles, and a handful of operators interpreted node by node.
//
// Enough for input making, timing and equivalence to be tested under sanitizers. Programs have the real one's habits: views share
// storage, `add_` writes, `fail` throws NodeError, `rand` depends on the seed, the stop flag stops.
#pragma once

#include <map>
#include <memory>
#include <stdexcept>
#include <vector>

#include "graph/run/backend.h"
#include "graph/run/elements.h"

namespace graph::run_test {

struct FakeTensor final : run::Tensor {
  std::shared_ptr<std::vector<double>> storage;
  std::vector<int64_t> sizes, strides;
  int64_t offset = 0;
  ir::DType dtype = ir::DType::f32;

  run::Geometry geometry() const override {
    run::Geometry g;
    g.dtype = dtype;
    g.sizes = sizes;
    g.strides = strides;
    g.offset = offset;
    g.storage = reinterpret_cast<uint64_t>(storage.get());
    g.storageBytes = static_cast<int64_t>(storage->size()) * ir::itemSize(dtype);
    return g;
  }
  /// Positions in the storage, row major.
  std::vector<size_t> positions() const {
    std::vector<size_t> result{static_cast<size_t>(offset)};
    for (size_t dim = 0; dim < sizes.size(); ++dim) {
      std::vector<size_t> next;
      for (auto base : result)
        for (int64_t i = 0; i < sizes[dim]; ++i) next.push_back(base + static_cast<size_t>(i * strides[dim]));
      result = std::move(next);
    }
    return result;
  }
  std::vector<double> elements() const {
    std::vector<double> result;
    for (auto at : positions()) result.push_back(storage->at(at));
    return result;
  }
  void write(const std::vector<double>& values) {
    size_t i = 0;
    for (auto at : positions()) storage->at(at) = values.at(i++ % values.size());
  }
};

inline std::shared_ptr<FakeTensor> fake(const run::TensorPtr& tensor) { return std::dynamic_pointer_cast<FakeTensor>(tensor); }

inline std::shared_ptr<FakeTensor> makeFake(std::vector<int64_t> sizes, std::vector<double> values = {}, ir::DType dtype = ir::DType::f32) {
  auto result = std::make_shared<FakeTensor>();
  int64_t count = 1;
  result->strides.assign(sizes.size(), 1);
  for (size_t i = sizes.size(); i-- > 0;) {
    result->strides[i] = count;
    count *= sizes[i];
  }
  result->sizes = std::move(sizes);
  result->dtype = dtype;
  values.resize(static_cast<size_t>(count));
  result->storage = std::make_shared<std::vector<double>>(std::move(values));
  return result;
}

class FakeBackend;

class FakeProgram final : public run::Program {
 public:
  FakeProgram(FakeBackend& backend, const ir::Graph& graph) : backend_(backend), graph_(graph) {}
  run::ValueList run(const run::ValueList& inputs, const std::map<std::string, run::TensorPtr>& attributes) override;
  run::ValueList profile(const run::ValueList& inputs, const std::map<std::string, run::TensorPtr>& attributes,
                         std::vector<run::NodeTiming>& timings) override {
    auto result = run(inputs, attributes);
    timings.clear();
    for (auto id : graph_)
      if (graph_.node(id).op == ir::Op::call_function) timings.push_back({id, 1.0 + static_cast<double>(timings.size()), 8, 8, 8});
    return result;
  }
  run::ValueList trace(const run::ValueList& inputs, const std::map<std::string, run::TensorPtr>& attributes,
                       const run::NodeObserver& observer) override {
    observer_ = &observer;
    struct Off { const run::NodeObserver*& observer; ~Off() { observer = nullptr; } } off{observer_};
    return run(inputs, attributes);
  }
  std::optional<int64_t> peakBytes() const override { return 64; }
  int runs = 0;

 private:
  run::TensorPtr call(ir::NodeId id, const ir::Node& node, const std::map<uint32_t, run::Value>& values);
  FakeBackend& backend_;
  ir::Graph graph_;
  const run::NodeObserver* observer_ = nullptr;
};

class FakeBackend final : public run::Backend {
 public:
  std::string torchVersion() const override { return "fake"; }
  bool hasDevice(const ir::Device& device) const override { return device.type == "cpu"; }
  run::DeviceInfo deviceInfo(const ir::Device&) const override { return {"fake", 1}; }
  void setThreads(int) override {}
  int threads() const override { return 1; }
  run::Propagation propagate(const ir::Graph& graph, const ir::Binding& binding, bool) override {
    run::Propagation result;
    ++propagations;
    if (problemFor) result.problems = problemFor(graph, binding);
    return result;
  }
  std::unique_ptr<run::Program> compile(const ir::Graph& graph, const ir::Device&) override {
    return std::make_unique<FakeProgram>(*this, graph);
  }

  run::TensorPtr make(const run::Geometry& geometry, const ir::Device&) override {
    auto tensor = makeFake(geometry.sizes, {}, geometry.dtype);
    if (geometry.strides.size() == geometry.sizes.size()) tensor->strides = geometry.strides;
    size_t last = 0;
    for (auto at : tensor->positions()) last = std::max(last, at + 1);
    tensor->storage->resize(last);
    return tensor;
  }
  void fill(const run::TensorPtr& tensor, std::span<const std::byte> bytes) override {
    auto size = static_cast<size_t>(ir::itemSize(fake(tensor)->dtype));
    std::vector<double> values;
    for (size_t at = 0; at < bytes.size(); at += size) values.push_back(run::decode(fake(tensor)->dtype, &bytes[at]));
    if (!values.empty()) fake(tensor)->write(values);
  }
  run::TensorPtr view(const run::TensorPtr& base, const std::vector<int64_t>& sizes, const std::vector<int64_t>& strides,
                      int64_t offset) override {
    auto result = std::make_shared<FakeTensor>(*fake(base));
    result->sizes = sizes;
    result->strides = strides;
    result->offset = offset;
    return result;
  }
  std::vector<std::byte> bytes(const run::TensorPtr& tensor) override {
    auto size = static_cast<size_t>(ir::itemSize(fake(tensor)->dtype));
    auto elements = fake(tensor)->elements();
    std::vector<std::byte> result(elements.size() * size);
    for (size_t i = 0; i < elements.size(); ++i) run::encode(fake(tensor)->dtype, elements[i], &result[i * size]);
    return result;
  }
  run::ValueList clone(const run::ValueList& values) override {
    std::map<const void*, std::shared_ptr<std::vector<double>>> cloned;
    run::ValueList result;
    for (auto& value : values) {
      auto* tensor = value.tensor();
      if (!tensor || !*tensor) {
        result.push_back(value);
        continue;
      }
      auto copy = std::make_shared<FakeTensor>(*fake(*tensor));
      auto& storage = cloned[copy->storage.get()];
      if (!storage) storage = std::make_shared<std::vector<double>>(*copy->storage);
      copy->storage = storage;
      result.push_back({run::TensorPtr(copy)});
      ++clones;
    }
    return result;
  }
  void copyInto(const run::TensorPtr& to, const run::TensorPtr& from) override {
    ++copies;
    fake(to)->write(fake(from)->elements());
  }
  Difference compare(const run::TensorPtr& a, const run::TensorPtr& b) override {
    auto x = bytes(a), y = bytes(b);
    auto difference = run::compareElements(fake(a)->dtype, x, y, {});
    return {difference.identical, difference.maxAbs, difference.maxRel, difference.differing};
  }
  void add(const run::TensorPtr& tensor, double value) override {
    auto elements = fake(tensor)->elements();
    for (auto& element : elements) element += value;
    fake(tensor)->write(elements);
  }
  void synchronize(const ir::Device&) override {}
  void seed(uint64_t value) override { random = run::Random(value); }
  double time(const ir::Device&, const std::function<void()>& work) override {
    work();
    return ++clock;
  }

  std::function<std::vector<run::Problem>(const ir::Graph&, const ir::Binding&)> problemFor;
  run::Random random{0};
  int clones = 0, copies = 0, propagations = 0;
  double clock = 0;
  double drift = 0;  // `unstable` adds it and it grows: two runs differ
};

inline run::TensorPtr FakeProgram::call(ir::NodeId id, const ir::Node& node, const std::map<uint32_t, run::Value>& values) {
  auto tensor = [&](size_t i) { return fake(std::get<run::TensorPtr>(values.at(node.args.at(i).node().value).data)); };
  auto number = [&](size_t i) {
    return node.args.at(i).as<int64_t>() ? *node.args[i].as<int64_t>() : std::get<int64_t>(values.at(node.args[i].node().value).data);
  };
  auto fresh = [&](auto function) -> run::TensorPtr {
    auto result = makeFake(tensor(0)->sizes, {}, tensor(0)->dtype);
    auto x = tensor(0)->elements();
    for (size_t i = 0; i < x.size(); ++i) (*result->storage)[i] = function(x[i], i);
    return result;
  };
  std::vector<double> second;
  if (node.args.size() > 1 && node.args[1].node() && values.at(node.args[1].node().value).tensor()) second = tensor(1)->elements();
  auto other = [&](size_t i) { return second.empty() ? static_cast<double>(number(1)) : second.at(i % second.size()); };
  if (node.target == "aten.add.Tensor") return fresh([&](double x, size_t i) { return x + other(i); });
  if (node.target == "aten.mul.Tensor") return fresh([&](double x, size_t i) { return x * other(i); });
  if (node.target == "aten.clone.default") return fresh([](double x, size_t) { return x; });
  if (node.target == "aten.rand_like.default")
    return fresh([&](double, size_t) { return static_cast<double>(backend_.random.below(1000)); });
  if (node.target == "test.unstable.default") return fresh([&](double x, size_t) { return x + (backend_.drift += 1e-9); });
  if (node.target == "test.needs_two.default") {
    if (tensor(0)->elements().size() < 2) throw run::NodeError(id, node.name + " (test.needs_two.default): too small");
    return fresh([](double x, size_t) { return x; });
  }
  if (node.target == "test.fail.default") throw run::NodeError(id, node.name + " (test.fail.default): fails");
  if (node.target == "aten.add_.Tensor" || node.target == "aten.copy_.default") {
    auto target = tensor(0);
    auto x = target->elements();
    for (size_t i = 0; i < x.size(); ++i) x[i] = node.target == "aten.copy_.default" ? other(i) : x[i] + other(i);
    target->write(x);
    return target;
  }
  if (node.target == "aten.slice.Tensor") {
    auto result = std::make_shared<FakeTensor>(*tensor(0));
    auto dim = static_cast<size_t>(number(1));
    auto end = std::min(number(3), result->sizes[dim]);
    result->offset += number(2) * result->strides[dim];
    result->sizes[dim] = end - number(2);
    return result;
  }
  throw run::NodeError(id, "no operator here for " + node.target);
}

inline run::ValueList FakeProgram::run(const run::ValueList& inputs, const std::map<std::string, run::TensorPtr>& attributes) {
  ++runs;
  std::map<uint32_t, run::Value> values;
  size_t at = 0;
  run::ValueList results;
  std::function<run::Value(const ir::Argument&)> evaluate = [&](const ir::Argument& argument) -> run::Value {
    if (auto id = argument.node()) return values.at(id.value);
    if (auto* v = argument.as<int64_t>()) return {*v};
    auto* list = argument.as<ir::List>();
    auto* tuple = argument.as<ir::Tuple>();
    if (!list && !tuple) return {};
    auto items = std::make_shared<run::ValueList>();
    for (auto& item : list ? list->items : tuple->items) items->push_back(evaluate(item));
    return {items};
  };
  for (auto id : graph_) {
    auto& node = graph_.node(id);
    if (backend_.stop) throw run::Stopped();
    if (node.op == ir::Op::placeholder) {
      if (at >= inputs.size()) throw run::InputError("too few inputs");
      values[id.value] = inputs[at++];
    } else if (node.op == ir::Op::get_attr) {
      auto found = attributes.find(node.target);
      if (found == attributes.end()) throw run::InputError("attribute '" + node.target + "' has no tensor");
      values[id.value] = {found->second};
    } else if (node.op == ir::Op::output) {
      auto value = evaluate(node.args.at(0));
      if (auto* list = std::get_if<std::shared_ptr<run::ValueList>>(&value.data)) return **list;
      return {value};
    } else {
      values[id.value] = {call(id, node, values)};
      if (observer_) (*observer_)(id, {values[id.value]});
    }
  }
  return results;
}

}  // namespace graph::run_test
