#include "graph/text/graph_form/described_target.h"

#include <fmt/format.h>

#include <algorithm>

#include "graph/text/lexer.h"
#include "graph/text/operators.h"

namespace graph::text {
namespace {

// Functions of the module _operator that FX graphs hold. `pow` and `abs` of builtins look the same: FX traces operators to these.
constexpr std::string_view kOperator[] = {"getitem", "setitem", "abs", "index", "contains", "truth", "not_", "is_", "is_not", "concat", "delitem", "countOf"};
// Of builtins.
constexpr std::string_view kBuiltins[] = {"getattr", "setattr", "hasattr", "max", "min", "len", "sum", "round", "divmod", "all", "any", "isinstance", "iter", "next", "sorted"};
constexpr std::string_view kMath[] = {"trunc", "floor", "ceil", "sqrt"};
// Functions written in C that FX graphs call by a name of torch.
constexpr std::string_view kNative[] = {"linear", "gelu", "scaled_dot_product_attention", "softplus", "softshrink", "avg_pool2d", "avg_pool3d", "one_hot", "log_sigmoid"};

// What a qualified name that is kept begins with: torch's functions, Python's, and operators without their `torch.ops.`, as people write them.
constexpr std::string_view kRoots[] = {"torch", "operator", "_operator", "math", "builtins", "aten", "prims", "higher_order"};

template <size_t N> bool isIn(const std::string_view (&list)[N], std::string_view name) { return std::find(std::begin(list), std::end(list), name) != std::end(list); }

bool isOperator(std::string_view name) {
  std::string target = fmt::format("_operator.{}", name);
  return isIn(kOperator, name) || !binarySymbol(target).empty() || !unarySymbol(target).empty() || !inPlaceSymbol(target).empty();
}

/// Every run of other characters becomes `_`, as FX makes identifiers of such names.
std::string identifier(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (isNameChar(text[i])) out += text[i];
    else if (i == 0 || isNameChar(text[i - 1])) out += '_';
  }
  if (out.empty() || isDigit(out[0])) out.insert(0, "_");
  return out;
}

/// `add` in `<built-in function add>`
DescribedTarget builtIn(std::string_view name) {
  if (isIn(kMath, name)) return {fmt::format("math.{}", name)};
  if (isOperator(name)) return {fmt::format("_operator.{}", name)};
  if (isIn(kBuiltins, name)) return {std::string(name)};
  if (isIn(kNative, name)) return {fmt::format("torch._C._nn.{}", name)};
  if (name == "_set_grad_enabled") return {"torch._C._set_grad_enabled"};
  return {identifier(name), false};
}

bool isDottedName(std::string_view text) {
  bool begins = true;
  for (char c : text) {
    if (begins ? !isNameStart(c) : !isNameChar(c) && c != '.') return false;
    begins = c == '.';
  }
  return !begins;
}

std::string_view untilBlank(std::string_view text) { return text.substr(0, text.find(' ')); }

/// `<… at 0x7f>`: what the words before the address say.
DescribedTarget repr(std::string_view text) {
  text.remove_prefix(1);
  if (text.ends_with('>')) text.remove_suffix(1);
  auto after = [&](std::string_view words) {
    if (!text.starts_with(words)) return false;
    text.remove_prefix(words.size());
    return true;
  };
  if (after("built-in function ")) return builtIn(text);
  if (after("built-in method ")) {  // of the type that holds torch's own functions
    auto name = untilBlank(text);
    bool isTorch = text.substr(name.size()).starts_with(" of type object") && isDottedName(name);
    return isTorch ? DescribedTarget{fmt::format("torch.{}", name)} : DescribedTarget{identifier(name), false};
  }
  if (after("function ")) {
    auto name = untilBlank(text);
    if (name.starts_with("sym_") && isDottedName(name)) return {fmt::format("torch.{}", name)};
    return {identifier(name), false};
  }
  if (after("method '") || after("slot wrapper '")) {
    auto name = text.substr(0, text.find('\''));
    if (text.find("'torch._C.Tensor") != text.npos && isDottedName(name)) return {fmt::format("torch.Tensor.{}", name)};
    return {identifier(name), false};
  }
  if (after("class '") && text.ends_with('\'')) {
    auto name = text.substr(0, text.size() - 1);
    if (isDottedName(name)) return {std::string(name)};
  }
  return {identifier(text), false};
}

}  // namespace

bool isBuiltin(std::string_view name) { return isIn(kBuiltins, name) || name == "abs" || name == "pow" || name == "slice" || name == "int" || name == "float" || name == "bool"; }

DescribedTarget describedTarget(std::string_view printed, bool isStr) {
  if (printed.starts_with('<')) return repr(printed);
  if (!isDottedName(printed)) return {identifier(printed), false};
  if (isStr && printed.find('.') == printed.npos) return {fmt::format("torch.ops.higher_order.{}", printed)};
  if (printed.find('.') == printed.npos || isStr) return {std::string(printed)};
  auto root = printed.substr(0, printed.find('.'));
  if (isIn(kRoots, root)) return {std::string(printed)};
  return {identifier(printed)};  // a user's function, which generated code calls by such a name
}

}  // namespace graph::text
