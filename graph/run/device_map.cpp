#include "graph/run/device_map.h"

namespace graph::run {
namespace {

bool isAccelerator(const ir::Device& device) { return device.type != "cpu" && device.type != "meta"; }

bool namesAccelerator(const ir::Argument& argument) {
  if (auto* device = argument.as<ir::Device>()) return isAccelerator(*device);
  if (auto* list = argument.as<ir::List>())
    for (auto& item : list->items)
      if (namesAccelerator(item)) return true;
  return false;
}

bool namesAccelerator(const ir::Node& node) {
  if (auto* tensor = node.tensor(); tensor && tensor->device && isAccelerator(*tensor->device)) return true;
  for (auto& argument : node.args)
    if (namesAccelerator(argument)) return true;
  for (auto& [key, argument] : node.kwargs)
    if (namesAccelerator(argument)) return true;
  return false;
}

}  // namespace

DeviceMap::DeviceMap(const ir::Graph& graph, ir::Device target) : target_(std::move(target)) {
  for (auto id : graph)
    if (namesAccelerator(graph.node(id))) {
      mixed_ = true;
      return;
    }
}

ir::Device DeviceMap::place(const std::optional<ir::Device>& captured) const {
  if (!captured || captured->type == "meta") return captured ? *captured : target_;
  if (captured->type == "cpu" && mixed_) return *captured;
  return target_;
}

}  // namespace graph::run
