#include "graph/layout/palette.h"

#include <array>

namespace graph::layout {

std::string_view colourOf(Kind kind) {
  constexpr std::array<std::string_view, 7> colours = {"#B8860B", "#7A8794", "#56B4E9", "#009E73", "#D55E00", "#9AA0A6", "#CC79A7"};
  return colours[static_cast<size_t>(kind)];
}

std::string_view tintOf(Kind kind) {
  constexpr std::array<std::string_view, 7> tints = {"#FBF3DC", "#F1F3F5", "#E3F2FC", "#D9F2EA", "#FBDCC7", "#F4F4F5", "#F8E7F0"};
  return tints[static_cast<size_t>(kind)];
}

}  // namespace graph::layout
