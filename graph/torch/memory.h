// What tensors allocate while something runs: LibTorch's allocators report every allocation and free to the profiler's slot of the thread.
//
// Works on every device, the CPU included. Watching costs a lock and a table entry an allocation, so only profiles are watched.
#pragma once

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <cstdint>
#include <memory>

namespace graph::torch {

class MemoryReporter final : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void* ptr, int64_t size, size_t totalAllocated, size_t totalReserved, c10::Device device) override;
  bool memoryProfilingEnabled() const override { return true; }

  int64_t current = 0;  // bytes beyond what was allocated when watching began
  int64_t peak = 0;
  int64_t allocated = 0;  // sum of all allocations
};

/// Watches this thread for as long as it lives.
class MemoryWatch {
 public:
  MemoryWatch() : reporter_(std::make_shared<MemoryReporter>()), guard_(c10::DebugInfoKind::PROFILER_STATE, reporter_) {}
  const MemoryReporter& usage() const { return *reporter_; }

 private:
  std::shared_ptr<MemoryReporter> reporter_;
  c10::DebugInfoGuard guard_;
};

}  // namespace graph::torch
