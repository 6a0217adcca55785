#include "graph/text/stated/export_signature.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "graph/ir/spelling.h"
#include "graph/text/lexer.h"
#include "graph/text/literal.h"
#include "graph/text/stated/ranges.h"

namespace graph::text {
namespace {

constexpr std::string_view kSignature = "Graph signature:", kObject = "ExportGraphSignature(", kRanges = "Range constraints:";
constexpr size_t kLongestParagraph = size_t{64} << 20;

std::string_view shortened(std::string_view text) { return text.substr(0, std::min<size_t>(text.find('\n'), 60)); }

/// A string without its quotes; empty for None and for what is missing.
std::string stringOf(const Repr* repr) {
  if (!repr || repr->text.size() < 2 || (repr->text[0] != '\'' && repr->text[0] != '"')) return {};
  return unquote(repr->text);
}

/// `<InputKind.BUFFER: 3>` -> BUFFER
std::string_view enumName(const Repr* repr) {
  if (!repr || !repr->text.starts_with('<')) return {};
  const size_t dot = repr->text.find('.'), colon = repr->text.find(':');
  return dot < colon && colon != std::string_view::npos ? repr->text.substr(dot + 1, colon - dot - 1) : std::string_view{};
}

/// The kind that a misspelled one in `NAME: KIND ...` was meant to be.
std::string_view closestKind(std::string_view content, bool isOutput) {
  static constexpr std::string_view kInputs[] = {"USER_INPUT", "PARAMETER", "BUFFER", "CONSTANT_TENSOR", "CUSTOM_OBJ", "TOKEN"};
  static constexpr std::string_view kOutputs[] = {"USER_OUTPUT", "LOSS_OUTPUT", "BUFFER_MUTATION", "PARAMETER_MUTATION", "GRADIENT_TO_PARAMETER",
                                                  "GRADIENT_TO_USER_INPUT", "USER_INPUT_MUTATION", "TOKEN"};
  std::string_view kind = content.substr(std::min(content.find(':'), content.size()));
  kind.remove_prefix(std::min(kind.find_first_not_of(": "), kind.size()));
  kind = kind.substr(0, kind.find(' '));
  return isOutput ? ir::closestOf(kind, kOutputs) : ir::closestOf(kind, kInputs);
}

std::optional<bool> boolOf(std::string_view text) {
  if (text == "True") return true;
  if (text == "False") return false;
  return std::nullopt;
}

}  // namespace

bool ExportSignature::read(const Line& line, LineStart& next) {
  std::string_view content = line.content;
  const Range heading = rangeOf(content.substr(0, std::min<size_t>(content.size(), kSignature.size())));
  if (content.starts_with(kRanges)) {
    ranges(paragraph(content.substr(kRanges.size()), next));
    return true;
  }
  const bool isObject = content.starts_with(kObject);
  if (!isObject && !content.starts_with(kSignature)) return false;
  declared_.setPlace(heading);
  if (!isObject) content.remove_prefix(kSignature.size());
  const size_t first = content.find_first_not_of(' ');
  if (first == std::string_view::npos) lists(next);
  else object(paragraph(content.substr(first), next));
  return true;
}

/// The object that begins at `from`; a hard line wrap may have spread it over lines, up to an empty one.
Repr ExportSignature::paragraph(std::string_view from, LineStart& next) {
  Repr repr = readRepr(from, offsetOf(from));
  if (!repr.closed && !oneLine_) {
    std::string_view all = text_.substr(offsetOf(from), kLongestParagraph);
    repr = readRepr(all.substr(0, all.find("\n\n")), offsetOf(from));
  }
  if (!repr.closed) {
    oneLine_ = true;   // so that a text with many of them is not searched to its end for each
    problems_.warning(rangeOf(shortened(repr.text)), "the text ends before the closing bracket: what stands before that is read");
    return repr;
  }
  for (LineStart at = next; at.offset < repr.range.end; next = at) lineAt(text_, at, at);
  return repr;
}

/// The lines below `# inputs` and `# outputs`, up to a line that is neither empty nor one of them.
void ExportSignature::lists(LineStart& next) {
  bool isOutput = false;
  size_t position = 0;   // of the next output: one that cannot be read has a place too
  while (next.offset < text_.size()) {
    LineStart behind;
    const Line line = lineAt(text_, next, behind);
    if (line.content == "# inputs") isOutput = false;
    else if (line.content == "# outputs") isOutput = true;
    else if (!line.content.empty() && !listed(line.content, isOutput, position)) {
      const bool isElse = line.content.starts_with(kRanges) || startsWithWord(line.content, "class") || startsWithWord(line.content, "def");
      if (line.indent == 0 || isElse) return;
      problems_.warning(rangeOf(line.content), fmt::format("unexpected '{}', expected {}{}", shortened(line.content),
                                                           isOutput ? "NAME: OUTPUT_KIND target='...'" : "NAME: INPUT_KIND target='...'",
                                                           ir::didYouMean(closestKind(line.content, isOutput))));
    }
    position += isOutput && !line.content.empty() && line.content != "# outputs";
    next = behind;
  }
}

/// `b_cache: BUFFER target='cache' persistent=True`, `add_7: BUFFER_MUTATION target='cache'`, `: USER_OUTPUT` for a constant.
bool ExportSignature::listed(std::string_view content, bool isOutput, size_t position) {
  const size_t colon = content.find(':');
  if (colon == std::string_view::npos || content.substr(0, colon).find(' ') != std::string_view::npos) return false;
  std::string_view rest = content.substr(colon + 1);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  size_t end = std::min(rest.find(' '), rest.size());
  const auto kind = rest.substr(0, end);
  rest.remove_prefix(end);
  std::optional<bool> persistent;
  if (const size_t at = rest.rfind(" persistent="); at != std::string_view::npos) {
    persistent = boolOf(rest.substr(at + 12));
    if (!persistent) return false;
    rest = rest.substr(0, at);
  }
  constexpr std::string_view kTarget = " target='";   // written without escapes: the last quote ends it
  std::string target;
  if (rest.starts_with(kTarget) && rest.size() > kTarget.size() && rest.ends_with('\'')) target = rest.substr(kTarget.size(), rest.size() - kTarget.size() - 1);
  else if (!rest.empty()) return false;
  std::string name(content.substr(0, colon));
  if (isOutput) {
    const auto known = ir::outputKind(kind);
    if (known) declared_.addOutput({*known, std::move(target)}, rangeOf(content), std::move(name), position);
    return known.has_value();
  }
  const auto known = ir::inputKind(kind);
  if (known) declared_.addInput({*known, std::move(name), std::move(target), persistent}, rangeOf(content));
  return known.has_value();
}

void ExportSignature::object(const Repr& signature) {
  if (!signature.isCall("ExportGraphSignature")) return cannotRead(signature, "ExportGraphSignature(...) or the lists '# inputs' and '# outputs'");
  const Repr *inputs = signature.get("input_specs"), *outputs = signature.get("output_specs");
  if (!inputs && !outputs) return oldObject(signature);
  if (inputs)
    for (const ReprItem& item : inputs->items) inputSpec(item.value);
  if (outputs)
    for (const ReprItem& item : outputs->items) outputSpec(item.value);
}

void ExportSignature::inputSpec(const Repr& spec) {
  const Repr* argument = spec.get("arg");
  const auto kind = ir::inputKind(enumName(spec.get("kind")));
  if (!spec.isCall("InputSpec") || !kind || !argument) return cannotRead(spec, "InputSpec(kind=<InputKind...>, arg=..., target=...)");
  const Repr* persistent = spec.get("persistent");
  declared_.addInput({*kind, stringOf(argument->get("name")), stringOf(spec.get("target")), persistent ? boolOf(persistent->text) : std::nullopt}, spec.range);
}

void ExportSignature::outputSpec(const Repr& spec) {
  const Repr* argument = spec.get("arg");
  const auto kind = ir::outputKind(enumName(spec.get("kind")));
  if (!spec.isCall("OutputSpec") || !kind || !argument) return cannotRead(spec, "OutputSpec(kind=<OutputKind...>, arg=..., target=...)");
  // A constant has no name, or that of nothing in the graph.
  declared_.addOutput({*kind, stringOf(spec.get("target"))}, spec.range, argument->callee == "ConstantArgument" ? std::string() : stringOf(argument->get("name")));
}

/// torch 2.1: names in lists, what they mean in dictionaries; mutated buffers are returned before the user's results.
void ExportSignature::oldObject(const Repr& signature) {
  const auto inputs = [&](std::string_view dict, ir::InputKind kind) {
    if (const Repr* of = signature.get(dict))
      for (const ReprItem& item : of->items) declared_.addInput({kind, stringOf(&item.key), stringOf(&item.value), {}}, item.key.range);
  };
  std::map<std::string, std::string> gradients, inputGradients;
  const auto fill = [](const Repr* dict, std::map<std::string, std::string>& into) {
    if (!dict) return;
    for (const ReprItem& item : dict->items) into.emplace(stringOf(&item.key), stringOf(&item.value));
  };
  const Repr *users = signature.get("user_inputs"), *results = signature.get("user_outputs"), *mutated = signature.get("buffers_to_mutate");
  if (!users || !results) return cannotRead(signature, "input_specs and output_specs, or user_inputs and user_outputs");
  inputs("inputs_to_parameters", ir::InputKind::parameter);
  inputs("inputs_to_buffers", ir::InputKind::buffer);
  for (const ReprItem& item : users->items) declared_.addInput({ir::InputKind::user_input, stringOf(&item.value), {}, {}}, item.value.range);
  if (mutated)
    for (const ReprItem& item : mutated->items)
      declared_.addOutput({ir::OutputKind::buffer_mutation, stringOf(&item.value)}, item.key.range, stringOf(&item.key));
  const Repr* backward = signature.get("backward_signature");
  std::string loss;
  if (backward && backward->bracket == '(') {
    fill(backward->get("gradients_to_parameters"), gradients);
    fill(backward->get("gradients_to_user_inputs"), inputGradients);
    loss = stringOf(backward->get("loss_output"));
  }
  for (const ReprItem& item : results->items) {
    const std::string name = stringOf(&item.value);
    ir::OutputSpec spec;
    if (gradients.count(name)) spec = {ir::OutputKind::gradient_to_parameter, gradients[name]};
    else if (inputGradients.count(name)) spec = {ir::OutputKind::gradient_to_user_input, inputGradients[name]};
    else if (!loss.empty() && name == loss) spec = {ir::OutputKind::loss_output, {}};
    declared_.addOutput(spec, item.value.range, name);
  }
}

/// `{u0: VR[-int_oo, 15], s0: VR[2, int_oo]}`
void ExportSignature::ranges(const Repr& repr) {
  if (repr.bracket != '{') return cannotRead(repr, "{s0: VR[2, int_oo], ...}");
  for (const ReprItem& item : repr.items) {
    if (const auto range = readRange(item.value)) declared_.addSymbol(std::string(item.key.text), *range, item.key.range);
    else if (repr.closed || &item != &repr.items.back()) cannotRead(item.value, "a range of integers, VR[2, int_oo]");
  }
}

void ExportSignature::cannotRead(const Repr& repr, std::string_view expected) {
  problems_.warning(rangeOf(shortened(repr.text)), fmt::format("unexpected '{}', expected {}", shortened(repr.text), expected));
}

}  // namespace graph::text
