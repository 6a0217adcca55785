// The door to LibTorch: everything that runs a graph goes through this interface.
//
// graph/torch implements it in a module that app/ opens on first use; tests use a fake. No LibTorch type appears here.
// A Backend and what it makes belong to one thread at a time (the engine thread). Values own their storage by reference
// counting, as tensors do in torch.
#pragma once

#include <atomic>
#include <complex>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "graph/ir/graph.h"

namespace graph::run {

/// Something failed at a node: the message has the node's name, its target and readable arguments.
struct NodeError : std::runtime_error {
  ir::NodeId node;
  NodeError(ir::NodeId where, const std::string& message) : std::runtime_error(message), node(where) {}
};
/// Inputs do not fit the graph (name, dtype, shape, device), a symbol is unbound, or a guard fails.
struct InputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// The stop flag was set.
struct Stopped : std::runtime_error {
  Stopped() : std::runtime_error("stopped") {}
};

/// Where and how a tensor lies. Sizes, strides and offset in elements.
struct Geometry {
  ir::DType dtype = ir::DType::f32;
  std::vector<int64_t> sizes, strides;
  int64_t offset = 0;
  ir::Device device;
  uint64_t storage = 0;  // equal iff the storage is the same
  int64_t storageBytes = 0;
  bool conj = false, neg = false;
  int64_t numel() const;
};

/// A tensor of the backend. Immutable handle; the elements may be written by programs.
class Tensor {
 public:
  virtual ~Tensor() = default;
  virtual Geometry geometry() const = 0;
};
using TensorPtr = std::shared_ptr<Tensor>;

/// What a placeholder takes and an output gives.
struct Value;
using ValueList = std::vector<Value>;
struct Value {
  std::variant<ir::None, bool, int64_t, double, std::complex<double>, std::string, TensorPtr, std::shared_ptr<ValueList>> data;
  const TensorPtr* tensor() const { return std::get_if<TensorPtr>(&data); }
};

/// Meta propagation of one node: one geometry per tensor result (several for multi-output nodes), or a number.
struct NodeInfo {
  std::vector<Geometry> tensors;
  std::optional<int64_t> integer;  // value of a Sym node
};
struct Problem {
  enum class Kind : uint8_t {
    mismatch,     // a result disagrees with its annotation
    failure,      // the operator refuses its arguments
    unsupported,  // it cannot run on meta tensors, and no annotation stands in
    tooLarge,     // these symbols make tensors larger than whoever chose them wants (said by a SymbolChecker)
  };
  ir::NodeId node;
  std::string message;  // names the node: "no Meta kernel for …", "shape f32[3] is not the annotated f32[4]"
  Kind kind = Kind::mismatch;
};
struct Propagation {
  std::vector<NodeInfo> nodes;  // by NodeId::value; empty entries where unknown
  std::vector<Problem> problems;
};

/// One node in a profile.
struct NodeTiming {
  ir::NodeId node;
  double microseconds = 0;  // of one run, or the median of several (profileMedian)
  int64_t bytesRead = 0, bytesWritten = 0, allocated = 0;
};

/// What a node gave, when it has given it: one value per result. It is looked at before the next node runs, which may write into it.
using NodeObserver = std::function<void(ir::NodeId node, const ValueList& results)>;

/// A graph made ready for one device: handles resolved, constants placed, lifetimes known.
class Program {
 public:
  virtual ~Program() = default;
  /// Runs once. `inputs` in placeholder order; `attributes` by get_attr target. Checks names, dtypes, shapes (with the
  /// symbols that the inputs themselves give) and the graph's guards first: InputError. A failing node: NodeError.
  /// Inputs that the graph mutates are mutated.
  virtual ValueList run(const ValueList& inputs, const std::map<std::string, TensorPtr>& attributes) = 0;
  /// The same with the time, bytes and allocations of every node.
  virtual ValueList profile(const ValueList& inputs, const std::map<std::string, TensorPtr>& attributes,
                            std::vector<NodeTiming>& timings) = 0;
  /// The same, calling `observer` after every node that runs (placeholders and getitem do not). What it throws comes out as it is.
  virtual ValueList trace(const ValueList& inputs, const std::map<std::string, TensorPtr>& attributes, const NodeObserver& observer) = 0;
  /// Peak bytes of the last profile() beyond what was allocated at its start; nothing when none was made or it cannot be measured. run()
  /// does not measure: watching every allocation would cost time.
  virtual std::optional<int64_t> peakBytes() const = 0;
};

struct DeviceInfo {
  std::string name;
  int64_t memoryBytes = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string torchVersion() const = 0;
  virtual bool hasDevice(const ir::Device& device) const = 0;
  virtual DeviceInfo deviceInfo(const ir::Device& device) const = 0;
  virtual void setThreads(int count) = 0;
  virtual int threads() const = 0;

  /// Shape, stride, offset, dtype, device and storage id of every node, by running the graph on meta tensors. Never throws
  /// for what the graph does: problems say it. `compareAnnotations` reports a result that disagrees with its annotation.
  virtual Propagation propagate(const ir::Graph& graph, const ir::Binding& binding, bool compareAnnotations = true) = 0;

  /// Throws NodeError for an operator that cannot run here; all of them are named in one message.
  virtual std::unique_ptr<Program> compile(const ir::Graph& graph, const ir::Device& device) = 0;

  // --- tensors -----------------------------------------------------------------------------------------------------------
  /// A new tensor with this geometry's sizes/strides/dtype on `device`, zero-filled; storage and offset are ignored.
  virtual TensorPtr make(const Geometry& geometry, const ir::Device& device) = 0;
  /// Fills from contiguous host bytes (row major).
  virtual void fill(const TensorPtr& tensor, std::span<const std::byte> contiguous) = 0;
  /// A view of the storage of `base`.
  virtual TensorPtr view(const TensorPtr& base, const std::vector<int64_t>& sizes, const std::vector<int64_t>& strides, int64_t offset) = 0;
  /// Row-major bytes on the host.
  virtual std::vector<std::byte> bytes(const TensorPtr& tensor) = 0;
  /// Deep copy; tensors of one call that share storage share the copy's storage (so aliasing inputs stay aliasing).
  virtual ValueList clone(const ValueList& values) = 0;
  /// Copies the elements of `from` into `to` (same geometry): restores an input before a run. Asynchronous on a device.
  virtual void copyInto(const TensorPtr& to, const TensorPtr& from) = 0;
  /// Bitwise equality, and max abs / max rel difference (NaN equals NaN; nothing for non-floating).
  struct Difference {
    bool identical = true;
    double maxAbs = 0, maxRel = 0;
    int64_t differing = 0;    // elements by bits (parts of complex ones)
    int64_t nanPayloads = 0;  // of these: NaN on both sides, with other bits
  };
  virtual Difference compare(const TensorPtr& a, const TensorPtr& b) = 0;
  /// Adds `value` to every element in place (leak probe).
  virtual void add(const TensorPtr& tensor, double value) = 0;
  virtual void synchronize(const ir::Device& device) = 0;
  virtual void seed(uint64_t seed) = 0;

  /// Elapsed microseconds of `work`, by device events on an accelerator and steady_clock on the CPU.
  virtual double time(const ir::Device& device, const std::function<void()>& work) = 0;

  /// Set from another thread or a signal handler; checked between nodes. Cleared by whoever set it.
  std::atomic<bool> stop{false};
};

/// The one exported function of libfxloom_torch.so, extern "C".
using MakeBackend = Backend* (*)();
inline constexpr const char* kMakeBackend = "fxloomMakeBackend";

}  // namespace graph::run
