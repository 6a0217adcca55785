// A graph as straight-line code over value slots: what Program runs and meta propagation walks.
//
// Everything that can be known before the run is known: handles, constants as IValues, lists whose fixed items are in place and whose
// other items are overwritten each time, which load is a value's last. Running a step looks nothing up and allocates nothing itself.
// A Code belongs to one thread at a time: its lists are scratch space.
#pragma once

#include <ATen/core/ivalue.h>

#include <cstdint>
#include <string>
#include <vector>

#include "graph/ir/graph.h"
#include "graph/run/device_map.h"
#include "graph/torch/operators.h"

namespace graph::torch {

using Slot = uint32_t;
inline constexpr Slot kNoSlot = UINT32_MAX;

/// Puts one argument on the stack.
struct Load {
  enum class Kind : uint8_t {
    constant,  // constants[index]
    copy,
    move,     // slots[index]; move when this is its last use
    tensor,   // slots[index], a number becomes a wrapped number
    real,     // slots[index], an int becomes a float
    tensors,  // slots[index] holds several tensors: as a Tensor[] list
    list,     // lists[index], filled from slots
  };
  Kind kind = Kind::constant;
  bool last = false;  // of the slot: tensor, real, tensors
  uint32_t index = 0;
};

/// A list argument with items that come from slots.
struct ListTemplate {
  struct Item {
    uint32_t position;
    Slot slot;
    bool last = false;
  };
  enum class Element : uint8_t { integer, real, tensor, optionalTensor, any };
  Element element = Element::any;
  c10::IValue value;            // the list itself; handed to the operator, which reads it
  c10::impl::GenericList list;  // the same list, to write items
  std::vector<Item> items;
};

struct Step {
  ir::NodeId node;
  Operator what;
  bool known = true;                        // false: cannot run here (propagation only)
  uint32_t loadBegin = 0, loadEnd = 0;      // in Code::loads
  uint32_t listBegin = 0, listEnd = 0;      // lists that hold tensors: emptied after the call
  uint32_t resultBegin = 0, resultEnd = 0;  // in Code::results: the slot of each result, kNoSlot = dropped
  Slot whole = kNoSlot;                     // all results together, as a tuple, when someone wants them so
};

/// What the graph returns: a tree over slots and constants.
struct Output {
  enum class Kind : uint8_t { slot, constant, list };
  Kind kind = Kind::constant;
  Slot slot = kNoSlot;
  c10::IValue constant;
  std::vector<Output> items;
};

struct Code {
  std::vector<Step> steps;
  std::vector<Load> loads;
  std::vector<c10::IValue> constants;
  std::vector<ListTemplate> lists;
  std::vector<Slot> results;
  uint32_t slotCount = 0;
  std::vector<Slot> slotOfNode;  // by NodeId::value
  std::vector<ir::NodeId> placeholders;
  std::vector<std::pair<std::string, Slot>> attributes;  // get_attr target -> slot
  Output output;
};

/// Why a node cannot become a step.
struct Obstacle {
  ir::NodeId node;
  std::string message;
};

/// Never throws for what the graph holds: obstacles say it, and their steps are not `known`.
/// `release`: values are let go at their last use (a Program); otherwise every slot keeps its value (propagation).
Code assemble(const ir::Graph& graph, const run::DeviceMap& devices, bool release, std::vector<Obstacle>& obstacles);

/// Puts the step's arguments on the (empty) stack.
void loadArguments(Code& code, const Step& step, std::vector<c10::IValue>& slots, Stack& stack);
/// Takes the results off the stack into their slots and leaves it empty; lists let go of their tensors.
void storeResults(Code& code, const Step& step, std::vector<c10::IValue>& slots, Stack& stack);

/// `f32[3, 4] cpu`, `[None, i64[1] cpu]`, `2`, `'mean'`: an argument for a message.
std::string describe(const c10::IValue& value);
/// `self = f32[3, 4] cpu, dim = 2, …` by the operator's schema.
std::string describeArguments(const Operator& what, const Stack& stack);

}  // namespace graph::torch
