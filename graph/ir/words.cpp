// Sorted word lists, looked up by binary search.
#include "graph/ir/words.h"

#include <algorithm>
#include <array>

namespace graph::ir {
namespace {

constexpr std::array<std::string_view, 35> keywords = {
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
    "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise",
    "return", "try", "while", "with", "yield"};
static_assert(std::is_sorted(keywords.begin(), keywords.end()));

// Builtins that a node's name would hide, and the globals of FX's generated code.
constexpr std::array<std::string_view, 84> reserved = {
    "Ellipsis", "NoneType", "NotImplemented", "abs", "aiter", "all", "anext", "any", "ascii", "bin", "bool", "breakpoint", "bytearray",
    "bytes", "callable", "chr", "classmethod", "compile", "complex", "copyright", "credits", "delattr", "device", "dict", "dir",
    "divmod", "enumerate", "eval", "exec", "exit", "filter", "float", "format", "frozenset", "fx_pytree", "getattr", "globals",
    "hasattr", "hash", "help", "hex", "id", "inf", "input", "int", "isinstance", "issubclass", "iter", "len", "license", "list",
    "locals", "map", "max", "memoryview", "min", "nan", "next", "object", "oct", "open", "ord", "pow", "print", "property", "pytree",
    "quit", "range", "repr", "reversed", "round", "set", "setattr", "slice", "sorted", "staticmethod", "str", "sum", "super", "torch",
    "tuple", "type", "vars", "zip"};
static_assert(std::is_sorted(reserved.begin(), reserved.end()));

bool isLetter(unsigned char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80; }
bool isDigit(unsigned char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool isPythonIdentifier(std::string_view text) {
  if (text.empty() || !isLetter(static_cast<unsigned char>(text[0]))) return false;
  for (char c : text) {
    if (!isLetter(static_cast<unsigned char>(c)) && !isDigit(static_cast<unsigned char>(c))) return false;
  }
  return !std::binary_search(keywords.begin(), keywords.end(), text);
}

bool isReservedName(std::string_view text) {
  return std::binary_search(keywords.begin(), keywords.end(), text) || std::binary_search(reserved.begin(), reserved.end(), text);
}

}  // namespace graph::ir
