// Options that commands share, registered with CLI11, and the little languages of their values.
#include "app/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>

#include "app/failure.h"

namespace app {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::optional<int64_t> integer(std::string_view text) {
  text = trimmed(text);
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

graph::ir::Binding parseBinding(const std::vector<std::string>& texts) {
  graph::ir::Binding binding;
  for (const auto& text : texts)
    for (auto part : split(text, ',')) {
      auto equals = part.find('=');
      auto name = trimmed(part.substr(0, equals));
      auto value = equals == std::string_view::npos ? std::nullopt : integer(part.substr(equals + 1));
      if (name.empty() || !value)
        throw Failure(Exit::usage, fmt::format("--bind: '{}' is no NAME=INTEGER (write --bind s0=8,s1=2048)", part));
      auto [existing, added] = binding.emplace(name, *value);
      if (!added && existing->second != *value)
        throw Failure(Exit::usage, fmt::format("--bind: {} is given as {} and as {}", name, existing->second, *value));
    }
  return binding;
}

Sweep parseSweep(std::string_view text) {
  auto equals = text.find('=');
  Sweep sweep{std::string(trimmed(text.substr(0, equals))), {}};
  if (equals != std::string_view::npos)
    for (auto part : split(text.substr(equals + 1), ',')) {
      auto value = integer(part);
      if (!value) throw Failure(Exit::usage, fmt::format("--sweep: '{}' in '{}' is no integer (write --sweep s0=1,2,4,8)", part, text));
      sweep.values.push_back(*value);
    }
  if (sweep.symbol.empty() || sweep.values.empty())
    throw Failure(Exit::usage, fmt::format("--sweep: '{}' is no NAME=INTEGER,... (write --sweep s0=1,2,4,8)", text));
  return sweep;
}

std::vector<graph::ir::Binding> sweepPoints(const std::vector<Sweep>& sweeps) {
  std::vector<graph::ir::Binding> points(1);
  for (const auto& sweep : sweeps) {
    std::vector<graph::ir::Binding> longer;
    for (const auto& point : points)
      for (auto value : sweep.values) {
        auto next = point;
        if (!next.emplace(sweep.symbol, value).second) throw Failure(Exit::usage, fmt::format("--sweep: {} is swept twice", sweep.symbol));
        longer.push_back(std::move(next));
      }
    points = std::move(longer);
  }
  return points;
}

graph::run::InputRequest InputOptions::request() const {
  graph::run::InputRequest request;
  if (!inputs.empty()) request.tensorsFile = inputs;
  request.bind = parseBinding(bind);
  request.seed = seed;
  auto parsed = graph::ir::Device::parse(device);
  if (!parsed) throw Failure(Exit::usage, fmt::format("--device: '{}' is no device (write cpu, cuda or cuda:0)", device));
  request.device = *parsed;
  return request;
}

void addCommon(CLI::App& command, CommonOptions& options) {
  command.add_option("--graph", options.graph, "Which graph of the file: its number from 0, or its name")
      ->type_name("N|NAME")
      ->group("Common");
  command.add_option("--report", options.report, "Write what was found as JSON")->type_name("R.json")->group("Common");
  command.add_flag("--quiet,-q", options.quiet, "Say nothing on standard output")->group("Common");
  command.add_option("--threads", options.threads, "Threads of LibTorch")->type_name("N")->check(CLI::Range(1, 4096))->group("Common");
}

void addInputs(CLI::App& command, InputOptions& options) {
  const char* group = "Inputs (what is not given is made)";
  command.add_option("--inputs", options.inputs, "Tensors by placeholder name")->type_name("I.safetensors")->group(group);
  command.add_option("--bind", options.bind, "Symbols by name, or by placeholder")
      ->type_name("s0=8,s1=2048")
      ->group(group)
      ->allow_extra_args(false);
  command.add_option("--device", options.device, "Where to run")->type_name("cpu|cuda[:n]")->group(group);
  command.add_option("--seed", options.seed, "Seed of the tensors that are made and of random operators")->type_name("N")->group(group);
}

}  // namespace app
