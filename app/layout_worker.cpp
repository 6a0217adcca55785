#include "app/layout_worker.h"

#include "graph/layout/layout.h"

namespace app {

int layoutWorkerMain() { return graph::layout::workerMain(); }

}  // namespace app
