// The module lies beside the program. It is never closed: LibTorch does not survive that, and the process ends soon after.
#include "app/torch_module.h"

#include <dlfcn.h>

#include <atomic>
#include <filesystem>
#include <stdexcept>

#include "app/program_folder.h"

namespace app {
namespace {

std::atomic<graph::run::Backend*> opened{nullptr};

[[noreturn]] void fail(const std::string& why) {
  throw std::runtime_error("LibTorch cannot be opened: " + why +
                           "\nscripts/setup.sh builds its module, libfxloom_torch.so, for the torch of your Python");
}

graph::run::Backend* open() {
  auto path = programFolder() / "libfxloom_torch.so";
  if (!std::filesystem::exists(path)) fail(path.string() + " is not there");
  void* module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!module) fail(dlerror());
  auto make = reinterpret_cast<graph::run::MakeBackend>(dlsym(module, graph::run::kMakeBackend));
  if (!make) fail(dlerror());
  auto* backend = make();
  if (!backend) fail(path.string() + " made no backend");
  return backend;
}

}  // namespace

graph::run::Backend& torchBackend() {
  static graph::run::Backend* backend = [] {
    auto* made = open();
    opened = made;
    return made;
  }();
  return *backend;
}

graph::run::Backend* openedBackend() { return opened; }

}  // namespace app
