#include "graph/torch/memory.h"

#include <algorithm>

namespace graph::torch {

void MemoryReporter::reportMemoryUsage(void*, int64_t size, size_t, size_t, c10::Device) {
  current += size;
  peak = std::max(peak, current);
  if (size > 0) allocated += size;
}

}  // namespace graph::torch
