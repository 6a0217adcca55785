// Which elements a node reads and writes, as printed.
//
// A view reads nothing; metadata reads nothing; an update reads its base outside its window; the output reads what it returns.
#pragma once

#include <functional>

#include "rewrites/operators.h"
#include "rewrites/storage.h"

namespace rewrites {

struct Read {
  graph::ir::NodeId value;
  bool outsideWindow = false;   // of the base of a scatter: only what its window leaves
  bool storage = false;         // of as_strided_copy and its like: all that lies in the value's storage
  bool base = false;            // operand 0 of an update or mutation, read element by element where it is written
};
struct Write {
  graph::ir::NodeId value;      // the operand that is written
  bool covers = false;          // every element of it
};

void forEachRead(const Storage& storage, graph::ir::NodeId id, const std::function<void(const Read&)>& visit);
void forEachWrite(const Storage& storage, graph::ir::NodeId id, const std::function<void(const Write&)>& visit);

}  // namespace rewrites
