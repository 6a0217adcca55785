// Saves the framebuffer as a PNG file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace app {

/// RGBA pixels, `flip` when the first row is the bottom one (OpenGL's order). Throws std::runtime_error naming the path.
void savePng(const std::string& path, const std::vector<uint8_t>& rgba, int width, int height, bool flip);

}  // namespace app
