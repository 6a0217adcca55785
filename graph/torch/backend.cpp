// The module's door: a run::Backend over LibTorch, made by the one exported function.
//
// Every entry sets InferenceMode, so that all tensors of a session are inference tensors.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <torch/version.h>

#include "graph/torch/devices.h"
#include "graph/torch/meta.h"
#include "graph/torch/program.h"
#include "graph/torch/tensors.h"

namespace graph::torch {
namespace {

class TorchBackend final : public run::Backend {
 public:
  std::string torchVersion() const override { return TORCH_VERSION; }
  bool hasDevice(const ir::Device& device) const override {
    try {
      return openDevice(torchDevice(device));
    } catch (const run::InputError&) {
      return false;  // a device type that torch does not know
    }
  }
  run::DeviceInfo deviceInfo(const ir::Device& device) const override { return infoOf(torchDevice(device)); }
  void setThreads(int count) override { at::set_num_threads(count); }
  int threads() const override { return at::get_num_threads(); }

  run::Propagation propagate(const ir::Graph& graph, const ir::Binding& binding, bool compareAnnotations) override {
    c10::InferenceMode mode;
    return propagateOnMeta(graph, binding, compareAnnotations);
  }
  std::unique_ptr<run::Program> compile(const ir::Graph& graph, const ir::Device& device) override {
    return std::make_unique<GraphProgram>(graph, device, stop);
  }

  run::TensorPtr make(const run::Geometry& geometry, const ir::Device& device) override {
    c10::InferenceMode mode;
    return wrap(makeTensor(geometry, requireDevice(device)));
  }
  void fill(const run::TensorPtr& tensor, std::span<const std::byte> contiguous) override {
    c10::InferenceMode mode;
    fillTensor(tensorOf(tensor), contiguous);
  }
  run::TensorPtr view(const run::TensorPtr& base, const std::vector<int64_t>& sizes, const std::vector<int64_t>& strides,
                      int64_t offset) override {
    c10::InferenceMode mode;
    try {
      return wrap(tensorOf(base).as_strided(sizes, strides, offset));
    } catch (const c10::Error&) {
      throw run::InputError("a view does not fit its storage: " + currentReason());
    }
  }
  std::vector<std::byte> bytes(const run::TensorPtr& tensor) override {
    c10::InferenceMode mode;
    return tensorBytes(tensorOf(tensor));
  }
  run::ValueList clone(const run::ValueList& values) override {
    c10::InferenceMode mode;
    return cloneValues(values);
  }
  void copyInto(const run::TensorPtr& to, const run::TensorPtr& from) override {
    c10::InferenceMode mode;
    tensorOf(to).copy_(tensorOf(from), /*non_blocking=*/true);
  }
  Difference compare(const run::TensorPtr& a, const run::TensorPtr& b) override {
    c10::InferenceMode mode;
    return compareTensors(tensorOf(a), tensorOf(b));
  }
  void add(const run::TensorPtr& tensor, double value) override {
    c10::InferenceMode mode;
    auto& t = tensorOf(tensor);
    if (t.scalar_type() == at::kBool)
      t.logical_not_();
    else
      t.add_(value);
  }
  void synchronize(const ir::Device& device) override { waitFor(torchDevice(device)); }
  void seed(uint64_t seed) override { at::manual_seed(seed); }
  double time(const ir::Device& device, const std::function<void()>& work) override { return timeOf(torchDevice(device), work); }
};

}  // namespace
}  // namespace graph::torch

extern "C" __attribute__((visibility("default"))) graph::run::Backend* fxloomMakeBackend() { return new graph::torch::TorchBackend; }
