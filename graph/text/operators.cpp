#include "graph/text/operators.h"

#include <fmt/format.h>

#include <algorithm>

namespace graph::text {
namespace {

// In the order of torch.fx.graph's magic_methods and inplace_methods.
constexpr PythonOperator kBinary[] = {
    {"==", "_operator.eq"},       {"!=", "_operator.ne"},      {"<", "_operator.lt"},    {">", "_operator.gt"},
    {"<=", "_operator.le"},       {">=", "_operator.ge"},      {"+", "_operator.add"},   {"-", "_operator.sub"},
    {"*", "_operator.mul"},       {"//", "_operator.floordiv"}, {"/", "_operator.truediv"}, {"%", "_operator.mod"},
    {"**", "_operator.pow"},      {"<<", "_operator.lshift"},  {">>", "_operator.rshift"}, {"&", "_operator.and_"},
    {"|", "_operator.or_"},       {"^", "_operator.xor"},      {"@", "_operator.matmul"},
};
constexpr PythonOperator kUnary[] = {{"+", "_operator.pos"}, {"-", "_operator.neg"}, {"~", "_operator.invert"}};
constexpr PythonOperator kInPlace[] = {
    {"+=", "_operator.iadd"},     {"-=", "_operator.isub"},     {"*=", "_operator.imul"},     {"/=", "_operator.itruediv"},
    {"//=", "_operator.ifloordiv"}, {"%=", "_operator.imod"},   {"**=", "_operator.ipow"},    {"<<=", "_operator.ilshift"},
    {">>=", "_operator.irshift"}, {"&=", "_operator.iand"},     {"|=", "_operator.ior"},      {"^=", "_operator.ixor"},
    {"@=", "_operator.imatmul"},
};

template <size_t N> std::string_view functionOf(const PythonOperator (&table)[N], std::string_view symbol) {
  auto found = std::find_if(std::begin(table), std::end(table), [&](const PythonOperator& o) { return o.symbol == symbol; });
  return found == std::end(table) ? std::string_view{} : found->function;
}
template <size_t N> std::string_view symbolOf(const PythonOperator (&table)[N], std::string_view function) {
  auto found = std::find_if(std::begin(table), std::end(table), [&](const PythonOperator& o) { return o.function == function; });
  return found == std::end(table) ? std::string_view{} : found->symbol;
}

// Functions of Python's math module that symbolic shapes use; FX prints `math_trunc`, an identifier, for `math.trunc`.
constexpr std::string_view kMath[] = {"trunc", "floor", "ceil", "sqrt", "cos", "sin", "tan", "cosh", "sinh", "tanh", "acos",
                                      "asin",  "atan",  "exp",  "log",  "log2", "fabs", "isnan", "isinf", "pow"};
bool isMath(std::string_view name) { return std::find(std::begin(kMath), std::end(kMath), name) != std::end(kMath); }

bool isRoot(std::string_view root) {
  constexpr std::string_view kNoNamespace[] = {"torch", "_operator", "operator", "math", "builtins", "fx_pytree", "pytree", "self", "numpy", "np"};
  return std::find(std::begin(kNoNamespace), std::end(kNoNamespace), root) != std::end(kNoNamespace);
}

}  // namespace

std::string_view binaryFunction(std::string_view symbol) { return functionOf(kBinary, symbol); }
std::string_view unaryFunction(std::string_view symbol) { return functionOf(kUnary, symbol); }
std::string_view inPlaceFunction(std::string_view symbol) { return functionOf(kInPlace, symbol); }
std::string_view binarySymbol(std::string_view function) { return symbolOf(kBinary, function); }
std::string_view unarySymbol(std::string_view function) { return symbolOf(kUnary, function); }
std::string_view inPlaceSymbol(std::string_view function) { return symbolOf(kInPlace, function); }

std::string canonicalTarget(std::string_view printed) {
  constexpr std::string_view kBuiltins = "builtins.";  // print(graph) writes it, generated code does not
  if (printed.starts_with(kBuiltins) && printed.find('.', kBuiltins.size()) == std::string_view::npos) printed.remove_prefix(kBuiltins.size());
  if (printed.starts_with("torch.ops.") && printed.find('.', 10) != std::string_view::npos) return std::string(printed.substr(10));
  if (printed == "device") return "torch.device";
  if (printed.starts_with("operator.")) return fmt::format("_{}", printed);
  if (printed.starts_with("_operator_")) return fmt::format("_operator.{}", printed.substr(10));
  if (printed.starts_with("math_") && isMath(printed.substr(5))) return fmt::format("math.{}", printed.substr(5));
  return std::string(printed);
}

std::string printedTarget(std::string_view target) {
  size_t dot = target.find('.');
  if (dot == std::string_view::npos) return std::string(target);
  std::string_view root = target.substr(0, dot), rest = target.substr(dot + 1);
  if (root == "_operator") return fmt::format("_operator_{}", rest);
  if (root == "math" && isMath(rest)) return fmt::format("math_{}", rest);
  return isRoot(root) ? std::string(target) : fmt::format("torch.ops.{}", target);
}

}  // namespace graph::text
