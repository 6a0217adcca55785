#include "graph/torch/devices.h"

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "graph/torch/tensors.h"

namespace graph::torch {
namespace {

struct Opened {
  bool done = false;
  std::string problem;  // what dlopen said
};

Opened& openCuda() {
  static Opened state;
  if (state.done) return state;
  state.done = true;
  // Before the first use of hooks, which are cached: at::hasCUDA() asked too early stays false.
  for (auto* library : {"libc10_cuda.so", "libtorch_cuda.so"})
    if (!dlopen(library, RTLD_NOW | RTLD_GLOBAL)) {
      auto* message = dlerror();
      state.problem = message ? message : std::string("cannot open ") + library;
      break;
    }
  return state;
}

int64_t now() { return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

c10::Stream currentStream(const c10::Device& device) {
  c10::impl::VirtualGuardImpl guard(device.type());
  return guard.getStream(device.has_index() ? device : guard.getDevice());
}

c10::Event timedEvent(const c10::Device& device) { return c10::Event(device.type(), c10::EventFlag::BACKEND_DEFAULT); }

std::string processorName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("model name", 0) == 0)
      if (auto colon = line.find(": "); colon != std::string::npos) return line.substr(colon + 2);
  return "CPU";
}

// cudaDeviceProp begins with the name; asking by symbol keeps CUDA's headers out of this module.
std::string cudaName(c10::DeviceIndex index) {
  using GetProperties = const char* (*)(c10::DeviceIndex);
  auto* function = reinterpret_cast<GetProperties>(dlsym(RTLD_DEFAULT, "_ZN2at4cuda19getDevicePropertiesEa"));
  return function ? std::string(function(index)) : "CUDA device";
}

}  // namespace

bool openDevice(const c10::Device& device) {
  if (device.is_cpu() || device.is_meta()) return true;
  if (device.is_cuda() && (!openCuda().problem.empty() || !at::globalContext().hasCUDA())) return false;
  if (!c10::impl::hasDeviceGuardImpl(device.type())) return false;
  c10::impl::VirtualGuardImpl guard(device.type());
  return device.has_index() ? device.index() < guard.deviceCount() : guard.deviceCount() > 0;
}

c10::Device requireDevice(const ir::Device& device) {
  auto wanted = torchDevice(device);
  if (openDevice(wanted)) {
    if (!wanted.is_cpu() && !wanted.is_meta() && !wanted.has_index()) wanted.set_index(0);  // tensors always say their index
    return wanted;
  }
  std::string why = wanted.is_cuda() && !openCuda().problem.empty() ? openCuda().problem : "this machine has none";
  throw run::InputError("device " + device.str() + " cannot be used: " + why);
}

run::DeviceInfo infoOf(const c10::Device& device) {
  if (device.is_cpu()) return {processorName(), static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE)};
  if (!openDevice(device)) return {};
  auto index = device.has_index() ? device.index() : c10::DeviceIndex{0};
  run::DeviceInfo result;
  result.name = device.is_cuda() ? cudaName(index) : c10::DeviceTypeName(device.type());
  result.memoryBytes = static_cast<int64_t>(at::accelerator::getMemoryInfo(index).second);
  return result;
}

void waitFor(const c10::Device& device) {
  if (device.is_cpu() || device.is_meta() || !openDevice(device)) return;
  c10::impl::VirtualGuardImpl guard(device.type());
  guard.synchronizeDevice(device.has_index() ? device.index() : guard.getDevice().index());
}

double timeOf(const c10::Device& device, const std::function<void()>& work) {
  Laps laps(device, 2);
  laps.mark();
  work();
  laps.mark();
  return laps.microseconds().at(0);
}

Laps::Laps(const c10::Device& device, size_t count) : device_(device) {
  if (device.is_cpu() || device.is_meta()) {
    nanoseconds_.reserve(count);
    return;
  }
  if (!openDevice(device)) throw run::InputError("device " + device.str() + " cannot be used");
  events_.reserve(count);
}

void Laps::mark() {
  if (device_.is_cpu() || device_.is_meta()) {
    nanoseconds_.push_back(now());
    return;
  }
  events_.push_back(timedEvent(device_));
  events_.back().record(currentStream(device_));
}

std::vector<double> Laps::microseconds() {
  std::vector<double> result;
  for (size_t i = 1; i < nanoseconds_.size(); ++i) result.push_back(static_cast<double>(nanoseconds_[i] - nanoseconds_[i - 1]) / 1e3);
  if (!events_.empty()) events_.back().synchronize();
  for (size_t i = 1; i < events_.size(); ++i) result.push_back(events_[i - 1].elapsedTime(events_[i]) * 1e3);
  return result;
}

}  // namespace graph::torch
