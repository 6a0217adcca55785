#include "graph/ir/signature.h"

#include <algorithm>
#include <array>

namespace graph::ir {
namespace {

constexpr std::array<std::string_view, 6> kInputKinds{"USER_INPUT", "PARAMETER", "BUFFER", "CONSTANT_TENSOR", "CUSTOM_OBJ", "TOKEN"};
constexpr std::array<std::string_view, 8> kOutputKinds{"USER_OUTPUT",           "LOSS_OUTPUT",            "BUFFER_MUTATION",     "PARAMETER_MUTATION",
                                                       "GRADIENT_TO_PARAMETER", "GRADIENT_TO_USER_INPUT", "USER_INPUT_MUTATION", "TOKEN"};

template <class Kind, size_t n>
std::optional<Kind> kindOf(const std::array<std::string_view, n>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Kind>(found - names.begin());
}

}  // namespace

std::string_view kindName(InputKind kind) { return kInputKinds[static_cast<size_t>(kind)]; }
std::string_view kindName(OutputKind kind) { return kOutputKinds[static_cast<size_t>(kind)]; }
std::optional<InputKind> inputKind(std::string_view name) { return kindOf<InputKind>(kInputKinds, name); }
std::optional<OutputKind> outputKind(std::string_view name) { return kindOf<OutputKind>(kOutputKinds, name); }

const InputSpec* Signature::input(std::string_view name) const {
  const auto found = std::find_if(inputs.begin(), inputs.end(), [&](const InputSpec& spec) { return spec.name == name; });
  return found == inputs.end() ? nullptr : &*found;
}

std::vector<std::string> Signature::mutated() const {
  std::map<std::pair<InputKind, std::string_view>, const InputSpec*> byTarget;
  for (const InputSpec& spec : inputs) byTarget.try_emplace({spec.kind, spec.target}, &spec);
  std::vector<std::string> names;
  const auto add = [&](InputKind kind, const std::string& target) {
    const auto found = byTarget.find({kind, target});
    if (found != byTarget.end()) names.push_back(found->second->name);
  };
  for (const OutputSpec& spec : outputs) {
    if (spec.kind == OutputKind::buffer_mutation) add(InputKind::buffer, spec.target);
    else if (spec.kind == OutputKind::parameter_mutation) add(InputKind::parameter, spec.target);
    else if (spec.kind == OutputKind::user_input_mutation) names.push_back(spec.target);
  }
  return names;
}

std::string SymbolFacts::range() const {
  return "VR[" + (lower ? std::to_string(*lower) : std::string("-int_oo")) + ", " + (upper ? std::to_string(*upper) : std::string("int_oo")) + "]";
}

}  // namespace graph::ir
