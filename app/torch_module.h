// Opens libfxloom_torch.so on first use.
#pragma once

#include "graph/run/backend.h"

namespace app {

/// The one backend of the process; throws std::runtime_error with what is missing (module not beside the program, torch moved …).
graph::run::Backend& torchBackend();
/// The backend if it has been opened, else null: for stop requests.
graph::run::Backend* openedBackend();

}  // namespace app
