// The hash of node names: eight bytes at a time, mixed by multiplication. Names are short, and a graph of 100,000 nodes hashes
// each of them several times (definition, operands, deletions).
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace graph::ir {

inline uint64_t hashName(std::string_view name) {
  constexpr uint64_t kMix = 0x9E3779B97F4A7C15;
  uint64_t code = name.size() * kMix;
  const char* at = name.data();
  size_t left = name.size();
  for (; left >= 8; left -= 8, at += 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    code = (code ^ word) * kMix;
    code ^= code >> 32;
  }
  uint64_t rest = 0;
  for (; left; --left, ++at) rest = rest << 8 | static_cast<unsigned char>(*at);
  code = (code ^ rest) * kMix;
  return code ^ code >> 29;
}

}  // namespace graph::ir
