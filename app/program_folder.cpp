// Found through /proc/self/exe: the build folder, an installed tree and a moved one all work.
#include "app/program_folder.h"

#include <algorithm>
#include <cstdlib>

#include "app/failure.h"

namespace app {
namespace fs = std::filesystem;

fs::path programFolder() { return fs::read_symlink("/proc/self/exe").parent_path(); }

std::vector<std::string> scriptFolders() {
  std::vector<fs::path> candidates;
  if (const char* given = std::getenv("FXLOOM_SCRIPTS")) candidates.emplace_back(given);
  auto program = programFolder();
  candidates.push_back(program / "scripts");
  candidates.push_back(program.parent_path() / "scripts");
  candidates.push_back(program.parent_path() / "share/fxloom/scripts");
  candidates.emplace_back(FXLOOM_SCRIPTS);
  std::vector<std::string> found;
  std::error_code ignored;
  for (const auto& folder : candidates)
    if (fs::is_directory(folder, ignored)) {
      auto clean = fs::weakly_canonical(folder, ignored).string();
      if (std::find(found.begin(), found.end(), clean) == found.end()) found.push_back(clean);
    }
  return found;
}

std::string findScript(const std::string& given) {
  std::error_code ignored;
  auto isFile = [&](const fs::path& path) { return fs::exists(path, ignored) && !fs::is_directory(path, ignored); };
  if (isFile(given)) return given;
  for (const char* extension : {"", ".lua"})
    for (const auto& folder : scriptFolders()) {
      auto path = fs::path(folder) / (given + extension);
      if (isFile(path)) return path.string();
    }
  if (fs::is_directory(given, ignored)) throw Failure(Exit::unusable, given + ": this is a folder, not a Lua script");
  throw Failure(Exit::unusable, given + ": no such script");
}

}  // namespace app
