// The module under test, opened once, and graphs from dump text.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "graph/run/backend.h"
#include "graph/run/inputs.h"
#include "graph/text/parser.h"

namespace graph::torch_test {

inline run::Backend& backend() {
  static const auto instance = [] {
    void* module = dlopen(FXLOOM_MODULE, RTLD_NOW | RTLD_LOCAL);
    if (!module) throw std::runtime_error(dlerror());
    auto make = reinterpret_cast<run::MakeBackend>(dlsym(module, run::kMakeBackend));
    if (!make) throw std::runtime_error(dlerror());
    return std::unique_ptr<run::Backend>(make());
  }();
  return *instance;
}

/// A graph from its signature and statements, one a line.
inline std::shared_ptr<const ir::Graph> graphOf(const std::string& parameters, const std::string& body) {
  std::string text = "class G(torch.nn.Module):\n    def forward(self, " + parameters + "):\n";
  for (size_t at = 0; at < body.size();) {
    auto end = body.find('\n', at);
    if (end == std::string::npos) end = body.size();
    text += "        " + body.substr(at, end - at) + "\n";
    at = end + 1;
  }
  auto parsed = text::parse(text);
  for (auto& diagnostic : parsed.diagnostics)
    if (diagnostic.severity == text::Severity::error) throw std::runtime_error(text::format(diagnostic, "test", text));
  return parsed.graphs.at(0);
}

inline run::TensorPtr tensorOf(ir::DType dtype, std::vector<int64_t> sizes, const std::string& device = "cpu") {
  run::Geometry geometry;
  geometry.dtype = dtype;
  geometry.sizes = std::move(sizes);
  geometry.strides.assign(geometry.sizes.size(), 1);
  for (size_t i = geometry.sizes.size(); i-- > 1;) geometry.strides[i - 1] = geometry.strides[i] * geometry.sizes[i];
  return backend().make(geometry, *ir::Device::parse(device));
}
inline run::TensorPtr floats(std::vector<int64_t> sizes, const std::vector<float>& values) {
  auto tensor = tensorOf(ir::DType::f32, std::move(sizes));
  backend().fill(tensor, std::as_bytes(std::span(values)));
  return tensor;
}
inline std::vector<float> floatsOf(const run::TensorPtr& tensor) {
  auto bytes = backend().bytes(tensor);
  std::vector<float> result(bytes.size() / sizeof(float));
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::byte*>(result.data()));
  return result;
}

/// The message of the exception of type E that `work` throws.
template <class E, class Work>
std::string messageOf(Work work) {
  try {
    work();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing thrown";
}
#define EXPECT_HAS(text, part) EXPECT_NE(std::string(text).find(part), std::string::npos) << "in: " << (text)

}  // namespace graph::torch_test
