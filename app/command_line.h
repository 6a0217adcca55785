// The command line: what can be typed, which command it calls, and what an exception means as message and exit code.
#pragma once

namespace app {

/// Returns the exit code: 0 yes or done, 1 the answer is no, 2 wrong usage, 3 something given is unusable, 130 stopped.
int commandLine(int argc, char** argv);

}  // namespace app
