#include "app/snapshot.h"

namespace app {

const HistoryRow* Snapshot::current() const {
  for (const auto& row : history)
    if (row.number == revision) return &row;
  return nullptr;
}

}  // namespace app
