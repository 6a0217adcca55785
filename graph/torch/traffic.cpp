#include "graph/torch/traffic.h"

#include <algorithm>
#include <set>
#include <string>

#include "graph/torch/tensors.h"

namespace graph::torch {
namespace {

int64_t touchedBytes(const at::Tensor& tensor) {
  if (!tensor.defined() || tensor.numel() == 0) return 0;
  auto count = static_cast<int64_t>(tensor.itemsize());
  for (int64_t i = 0; i < tensor.dim(); ++i)
    if (tensor.layout() != at::kStrided || tensor.stride(i) != 0) count *= tensor.size(i);
  return count;
}

template <class Visit>
void forEachTensor(const c10::IValue& value, Visit visit) {
  if (value.isTensor()) {
    if (value.toTensor().defined()) visit(value.toTensor());
  } else if (value.isList()) {
    for (const c10::IValue& item : value.toListRef()) forEachTensor(item, visit);
  } else if (value.isTuple()) {
    for (auto& item : value.toTupleRef().elements()) forEachTensor(item, visit);
  }
}

bool isOneOf(const Operator& what, const std::set<std::string>& names) { return what.schema && names.count(what.schema->name()); }

// The first tensor is a table of which the result's rows are read.
const std::set<std::string> kReadsRows{"aten::index",         "aten::embedding",     "aten::gather", "aten::index_select",
                                       "aten::_unsafe_index", "aten::masked_select", "aten::take",   "aten::take_along_dim"};
// The first tensor is written where the indices say: as many bytes as the last tensor has.
const std::set<std::string> kWritesRows{"aten::index_put_",   "aten::_index_put_impl_", "aten::scatter_",
                                        "aten::scatter_add_", "aten::index_copy_",      "aten::index_add_"};
// The first tensor's old elements are not read.
const std::set<std::string> kOverwrites{"aten::copy_",    "aten::fill_",       "aten::zero_",   "aten::index_put_",
                                        "aten::scatter_", "aten::index_copy_", "prims::copy_to"};

}  // namespace

void Traffic::before(const Operator& what, const Stack& stack) {
  seen_.clear();
  read_ = written_ = 0;
  for (size_t i = 0; i < stack.size(); ++i) {
    bool written = false;
    if (what.schema && i < what.schema->arguments().size())
      if (auto* alias = what.schema->arguments()[i].alias_info()) written = alias->isWrite();
    bool table = i == 0 && isOneOf(what, kReadsRows);
    forEachTensor(stack[i], [&](const at::Tensor& tensor) { seen_.push_back({storageId(tensor), touchedBytes(tensor), written, table}); });
  }
  if (seen_.size() > 1 && isOneOf(what, kWritesRows)) seen_[0].bytes = std::min(seen_[0].bytes, seen_.back().bytes);
}

void Traffic::after(const Operator& what, const Stack& stack) {
  int64_t produced = 0;
  for (auto& value : stack)
    forEachTensor(value, [&](const at::Tensor& tensor) {
      auto storage = storageId(tensor);
      bool shares = std::any_of(seen_.begin(), seen_.end(), [&](const Seen& seen) { return seen.storage == storage; });
      if (!shares) produced += touchedBytes(tensor);
    });
  bool overwrites = isOneOf(what, kOverwrites);
  written_ = produced;
  for (auto& seen : seen_)
    if (seen.written) written_ += seen.bytes;
  if (written_ == 0) return;  // a view, or a number about a tensor
  for (auto& seen : seen_)
    if (!seen.written || !overwrites) read_ += seen.table ? std::min(seen.bytes, produced) : seen.bytes;
}

}  // namespace graph::torch
