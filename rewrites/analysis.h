// The analyses of one immutable graph, each made on first use and kept with it: storage, effects, and what may be
// written in place.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "graph/ir/declared_schemas.h"
#include "rewrites/effects.h"
#include "rewrites/inplace.h"
#include "rewrites/storage.h"

namespace rewrites {

class Analysis {
 public:
  explicit Analysis(std::shared_ptr<const graph::ir::Graph> graph) : graph_(std::move(graph)) {}
  Analysis(const Analysis&) = delete;
  Analysis& operator=(const Analysis&) = delete;

  /// False once operators were declared after it was made: it may have decided otherwise.
  bool isCurrent() const { return schemas_ == graph::ir::schemaGeneration(); }
  const graph::ir::Graph& graph() const { return *graph_; }
  const std::shared_ptr<const graph::ir::Graph>& shareGraph() const { return graph_; }
  const InPlace& inPlace() {
    if (!inPlace_) inPlace_.emplace(*graph_);
    return *inPlace_;
  }
  /// Cheaper than inPlace() when only the question "who shares memory" is asked.
  const Storage& storage() {
    if (inPlace_) return inPlace_->storage();
    if (!storage_) storage_.emplace(*graph_);
    return *storage_;
  }
  const Effects& effects() {
    if (!effects_) effects_.emplace(storage());
    return *effects_;
  }

 private:
  std::shared_ptr<const graph::ir::Graph> graph_;
  const uint64_t schemas_ = graph::ir::schemaGeneration();
  std::optional<InPlace> inPlace_;
  std::optional<Storage> storage_;
  std::optional<Effects> effects_;   // of whichever storage() was first: both live as long as this object
};

}  // namespace rewrites
