// Exit codes of the command line, and the exception that carries one with a finished message.
#pragma once

#include <stdexcept>
#include <string>

namespace app {

enum class Exit : int {
  yes = 0,        // yes, or done
  no = 1,         // the answer is no: results differ, verification failed or could not be made, fewer taken than required
  usage = 2,      // wrong usage
  unusable = 3,   // something given cannot be read, run or written
  stopped = 130,  // Ctrl-C
};

/// The message is complete: it is printed as it is, on stderr.
class Failure : public std::runtime_error {
 public:
  Failure(Exit code, const std::string& message) : std::runtime_error(message), code_(code) {}
  Exit code() const { return code_; }

 private:
  Exit code_;
};

}  // namespace app
