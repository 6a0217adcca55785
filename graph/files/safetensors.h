// .safetensors files, read as mapped bytes and written to a temporary file that is renamed.
//
// Format: u64 little-endian header length, JSON header {name: {dtype, shape, data_offsets}, "__metadata__": {str: str}}, data.
// Everything is checked against the file's size before it is used: hostile headers give FileError, never a crash.
// Reading maps the file; the spans live as long as the Safetensors value.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "graph/ir/dtype.h"

namespace graph::files {

/// Message starts with the path.
struct FileError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct TensorBytes {
  ir::DType dtype = ir::DType::f32;
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;  // contiguous, row major
};

class Safetensors {
 public:
  /// Throws FileError: missing, truncated, header too long (limit 100 MB), overlapping or out-of-range offsets, unknown dtype,
  /// byte count that disagrees with shape x dtype.
  static Safetensors open(const std::string& path);
  const std::map<std::string, TensorBytes>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  std::shared_ptr<const void> mapping_;
  std::map<std::string, TensorBytes> tensors_;
  std::map<std::string, std::string> metadata_;
};

/// Writes PATH.tmp-<pid> and renames it. Complex tensors have no safetensors type: FileError naming the tensor.
void writeSafetensors(const std::string& path, const std::vector<std::pair<std::string, TensorBytes>>& tensors,
                      const std::map<std::string, std::string>& metadata);

/// Writes text to a temporary file beside `path`, then renames it over `path`; throws FileError and leaves what was there.
void writeFileAtomically(const std::string& path, std::string_view text);

}  // namespace graph::files
