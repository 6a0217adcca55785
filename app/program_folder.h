// Where the program lies, and what lies beside it: LibTorch's module and the scripts.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace app {

/// The folder of the running program.
std::filesystem::path programFolder();
/// Existing folders with the shipped Lua scripts, the most specific first: $FXLOOM_SCRIPTS, beside the program, the source tree.
std::vector<std::string> scriptFolders();
/// `given` as it is, else in the script folders, with `.lua` added when that helps. Throws Failure when there is no such script.
std::string findScript(const std::string& given);

}  // namespace app
