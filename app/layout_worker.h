// The hidden sub-command of the layout worker: main calls this first when argv[1] is "--layout-worker".
#pragma once

namespace app {

inline constexpr const char* kLayoutWorker = "--layout-worker";

/// Reads dot text on stdin, writes positions as JSON on stdout; returns the exit code.
int layoutWorkerMain();

}  // namespace app
