// The colours of kinds, after Okabe and Ito: told apart by people with any colour vision.
#pragma once

#include <string_view>

#include "graph/layout/label.h"

namespace graph::layout {

/// "#D55E00": the strong colour of a kind, for frames and stripes.
std::string_view colourOf(Kind kind);
/// A light tint of it, for a box on white.
std::string_view tintOf(Kind kind);

}  // namespace graph::layout
