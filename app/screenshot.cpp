#include "app/screenshot.h"

#include <stb/stb_image_write.h>

#include <stdexcept>

#include "graph/files/safetensors.h"

namespace app {

void savePng(const std::string& path, const std::vector<uint8_t>& rgba, int width, int height, bool flip) {
  std::string png;
  auto append = [](void* to, void* bytes, int count) { static_cast<std::string*>(to)->append(static_cast<char*>(bytes), static_cast<size_t>(count)); };
  stbi_flip_vertically_on_write(flip);
  if (!stbi_write_png_to_func(append, &png, width, height, 4, rgba.data(), width * 4)) throw std::runtime_error(path + ": the picture cannot be made");
  graph::files::writeFileAtomically(path, png);
}

}  // namespace app
