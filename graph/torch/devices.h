// Devices: LibTorch's CUDA half opened on demand, waiting, and clocks.
//
// The module links the CPU libraries only. The first question about `cuda` opens libtorch_cuda.so beside them, whose initialisers
// register kernels, guards and allocators; a machine without a GPU answers "no" to everything then.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/Event.h>

#include <functional>
#include <vector>

#include "graph/run/backend.h"

namespace graph::torch {

/// Opens what `device` needs. True when the device is there. Cheap after the first call.
bool openDevice(const c10::Device& device);
/// Throws run::InputError saying why when the device is not there.
c10::Device requireDevice(const ir::Device& device);
run::DeviceInfo infoOf(const c10::Device& device);
void waitFor(const c10::Device& device);

/// Microseconds that `work` takes: on an accelerator between two events of its current stream.
double timeOf(const c10::Device& device, const std::function<void()>& work);

/// Marks on a time line: the CPU's clock, or events on an accelerator's stream.
class Laps {
 public:
  Laps(const c10::Device& device, size_t count);
  void mark();
  /// Microseconds between consecutive marks; waits for the device.
  std::vector<double> microseconds();

 private:
  c10::Device device_;
  std::vector<int64_t> nanoseconds_;  // CPU
  std::vector<c10::Event> events_;    // accelerator
};

}  // namespace graph::torch
