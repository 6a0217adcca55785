// On which device a value of a graph lies when the graph is run somewhere else than where it was captured.
//
// A dump names the devices of its capture. When it was captured on the CPU, everything follows the device asked for. When it was
// captured on an accelerator, its accelerator values follow and what it kept on the CPU (scalars, offsets) stays there.
#pragma once

#include <optional>

#include "graph/ir/graph.h"

namespace graph::run {

class DeviceMap {
 public:
  DeviceMap() = default;
  /// Everything goes to `target`, whatever was captured.
  explicit DeviceMap(ir::Device target) : target_(std::move(target)) {}
  DeviceMap(const ir::Graph& graph, ir::Device target);
  /// Where a value or factory annotated `captured` lies; nothing annotated = the target.
  ir::Device place(const std::optional<ir::Device>& captured) const;
  const ir::Device& target() const { return target_; }

 private:
  ir::Device target_;
  bool mixed_ = false;  // captured on an accelerator: what is on the CPU stays there
};

}  // namespace graph::run
