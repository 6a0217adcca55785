// Numbers in words: bytes, times. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "graph/ir/symbol.h"

namespace app {

std::string bytesText(int64_t bytes);                       // "1.5 MiB", "640 B"
std::string bytesText(std::optional<int64_t> bytes);        // "?" when unknown
std::string timeText(double microseconds);                  // "12.3 us", "4.56 ms", "1.20 s"
std::string bindingText(const graph::ir::Binding& binding); // "s0=3, s1=4"

}  // namespace app
