// Bytes that an operator reads and writes, from the tensors that go in and come out.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/torch/code.h"

namespace graph::torch {

/// Looks at the stack before and after a call. Views move nothing. A tensor counts what it touches (an expanded one its distinct
/// elements); operators that pick rows of a table (index, embedding, gather) count the rows; those that write rows in place, the rows.
class Traffic {
 public:
  void before(const Operator& what, const Stack& stack);
  void after(const Operator& what, const Stack& stack);
  int64_t read() const { return read_; }
  int64_t written() const { return written_; }

 private:
  struct Seen {
    uint64_t storage;
    int64_t bytes;
    bool written;
    bool table;
  };
  std::vector<Seen> seen_;
  int64_t read_ = 0, written_ = 0;
};

}  // namespace graph::torch
