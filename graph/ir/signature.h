// What a dump says about a graph beside its nodes: what each input and output is for, and where its symbols may lie.
//
// The kinds are those of torch.export.graph_signature (InputKind, OutputKind). An ATEN export returns the new content of a buffer or an
// input as an extra output and writes it back afterwards: which one, only the signature tells. Plain data; pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace graph::ir {

enum class InputKind : uint8_t { user_input, parameter, buffer, constant_tensor, custom_obj, token };
enum class OutputKind : uint8_t {
  user_output,
  loss_output,
  buffer_mutation,
  parameter_mutation,
  gradient_to_parameter,
  gradient_to_user_input,
  user_input_mutation,
  token,
};
/// As torch prints the kind: `USER_INPUT`, `BUFFER_MUTATION`.
std::string_view kindName(InputKind kind);
std::string_view kindName(OutputKind kind);
std::optional<InputKind> inputKind(std::string_view name);
std::optional<OutputKind> outputKind(std::string_view name);

struct InputSpec {
  InputKind kind = InputKind::user_input;
  std::string name;                 // the placeholder's target
  std::string target;               // the parameter's, buffer's or constant's path in the module (`lin.weight`); else empty
  std::optional<bool> persistent;   // of a buffer: is it part of the state dict?
  bool operator==(const InputSpec&) const = default;
};
struct OutputSpec {
  OutputKind kind = OutputKind::user_output;
  std::string target;               // what is written or differentiated: a path, or for user inputs the placeholder's target
  bool operator==(const OutputSpec&) const = default;
};

/// Empty for a graph whose text has none. An input or output without a spec is the user's own.
struct Signature {
  std::vector<InputSpec> inputs;    // found by name; in the order of the text
  std::vector<OutputSpec> outputs;  // by position among the results
  bool empty() const { return inputs.empty() && outputs.empty(); }
  const InputSpec* input(std::string_view name) const;
  /// Names (placeholder targets) of the inputs whose new content the outputs declare: mutated buffers, parameters and user inputs.
  std::vector<std::string> mutated() const;
  bool operator==(const Signature&) const = default;
};

/// Where a symbol may lie, and the value it had when the graph was made.
struct SymbolFacts {
  std::optional<int64_t> lower, upper;   // inclusive; nothing where the range is open
  std::optional<int64_t> hint;
  bool empty() const { return !lower && !upper && !hint; }
  bool hasRange() const { return lower || upper; }
  bool contains(int64_t value) const { return (!lower || *lower <= value) && (!upper || value <= *upper); }
  /// `VR[2, int_oo]`, as torch prints a range.
  std::string range() const;
  bool operator==(const SymbolFacts&) const = default;
};
using SymbolTable = std::map<std::string, SymbolFacts>;

}  // namespace graph::ir
