#include "graph/text/stated/load_args.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "graph/ir/spelling.h"
#include "graph/text/lexer.h"
#include "graph/text/literal.h"
#include "graph/text/stated/ranges.h"

namespace graph::text {
namespace {

constexpr size_t kLongestStatement = size_t{1} << 20;
constexpr std::string_view kExpected = "reader.storage(...), reader.tensor(...), reader.symint(...) or reader.const(...)";

/// `device(type='cuda', index=0)`, `torch.device('cuda:0')`, `'cpu'`
std::optional<ir::Device> readDevice(const Repr& repr) {
  if (repr.bracket == 0) return ir::Device::parse(quotedView(repr.text));
  if (!repr.isCall("device") && !repr.isCall("torch.device")) return std::nullopt;
  const Repr *type = repr.get("type") ? repr.get("type") : repr.at(0), *index = repr.get("index") ? repr.get("index") : repr.at(1);
  if (!type) return std::nullopt;
  auto device = ir::Device::parse(quotedView(type->text));
  if (device && index && !index->isNone()) {
    const auto number = readInteger(index->text);
    if (!number || *number < 0 || *number > 1023) return std::nullopt;
    device->index = static_cast<int>(*number);
  }
  return device;
}

/// The name in `# arg0_1` or `# arg0_1, filtered out during compilation`.
std::string commentName(std::string_view rest) {
  const size_t hash = rest.find_first_not_of(' ');
  if (hash == std::string_view::npos || rest[hash] != '#') return {};
  rest.remove_prefix(hash + 1);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  size_t end = 0;
  while (end < rest.size() && static_cast<unsigned char>(rest[end]) > ' ' && rest[end] != ',') ++end;
  return std::string(rest.substr(0, end));
}

bool isContiguous(const std::vector<ir::Expr>& shape, const std::vector<ir::Expr>& stride) {
  ir::Expr expected(1);
  try {
    for (size_t d = shape.size(); d-- > 0;) {
      if (!(stride[d] == expected)) return false;
      expected = expected * shape[d];
    }
  } catch (const std::length_error&) {   // an expression too large to multiply: the strides stay as they are written
    return false;
  }
  return true;
}

}  // namespace

bool readSymbolValues(std::string_view content, uint32_t offset, Declared& declared) {
  std::vector<std::string_view> names;
  for (std::string_view rest = content;;) {
    size_t end = 0;
    while (end < rest.size() && isNameChar(rest[end])) ++end;
    if (end == 0 || !isNameStart(rest[0]) || rest.substr(end, 3) != " = ") {
      const auto value = names.empty() ? std::nullopt : readInteger(rest.substr(0, rest.find_last_not_of(' ') + 1));
      if (!value) return false;
      for (auto name : names) {
        const uint32_t begin = offset + static_cast<uint32_t>(name.data() - content.data());
        declared.addSymbol(std::string(name), {{}, {}, *value}, {begin, begin + static_cast<uint32_t>(name.size())});
      }
      return true;
    }
    names.push_back(rest.substr(0, end));
    rest.remove_prefix(end + 3);
  }
}

LineStart LoadArgs::read(const Line& header, LineStart next, Declared& values) {
  place_ = rangeOf(header.content.substr(0, header.content.find('(')));
  bool inString = false;   // what an unsupported argument holds is written between triple quotes
  while (next.offset < text_.size()) {
    LineStart behind;
    const Line line = lineAt(text_, next, behind);
    const bool isComment = line.content.starts_with('#');
    if (!line.content.empty() && line.indent <= header.indent && !isComment) break;
    next = behind;
    if (line.content.starts_with("\"\"\"")) {
      inString = !inString && line.content.find("\"\"\"", 3) == std::string_view::npos;
    } else if (inString || line.content.empty()) {
      continue;
    } else if (isComment) {
      if (line.content.find(" was unsupported type for dumping: ") == std::string_view::npos) continue;
      LoadedInput input;
      input.name = commentName(line.content);
      input.where = rangeOf(line.content);
      inputs_.push_back(std::move(input));
    } else {
      statement(line.content, values);
      // A call over several lines: go on behind it.
      for (LineStart at = next; at.offset < end_; next = at) lineAt(text_, at, at);
    }
  }
  return next;
}

void LoadArgs::statement(std::string_view content, Declared& values) {
  if (content == "pass" || startsWithWord(content, "return") || readSymbolValues(content, offsetOf(content), values)) return;
  std::string_view name, value = content;
  if (const size_t assign = content.find(" = "); assign < content.find('(')) {
    name = content.substr(0, assign);
    value = content.substr(assign + 3);
  }
  std::string_view rest;
  // A call may go over several lines; behind one that never ends none does, so that the rest is not searched for each.
  const std::string_view reach = oneLine_ ? value : text_.substr(offsetOf(value), kLongestStatement);
  const Repr call = readRepr(reach, offsetOf(value), &rest);
  const std::string comment = commentName(rest.substr(0, rest.find('\n')));
  LoadedInput input;
  input.name = comment;
  input.where = call.range;
  if (!call.closed) {
    oneLine_ = true;
    // Whatever it was to make: those behind it keep their places.
    if (!name.empty()) storages_[std::string(name)] = std::nullopt;
    else input.name = commentName(content.substr(std::min(content.rfind('#'), content.size()))), input.where = rangeOf(content), inputs_.push_back(std::move(input));
    return warn(content, "the call has no closing bracket, it is left out");
  }
  end_ = call.range.end;
  if (call.isCall("reader.storage") && !name.empty()) return storage(name, call);
  if (call.isCall("reader.tensor")) return tensor(call, comment);
  if (call.isCall("reader.const")) {
    inputs_.push_back(std::move(input));
  } else if (call.isCall("reader.symint") && call.at(0)) {
    const Repr& number = *call.at(0);
    input.number = readInteger(number.text);
    input.kind = input.number || number.isNone() ? LoadedInput::Kind::number : LoadedInput::Kind::nothing;
    if (input.kind == LoadedInput::Kind::nothing) problems_.warning(number.range, fmt::format("'{}' is no integer: the input stays without annotation", number.text));
    inputs_.push_back(std::move(input));
  } else {
    static constexpr std::string_view kCalls[] = {"reader.storage", "reader.tensor", "reader.symint", "reader.const"};
    const auto closest = ir::closestOf(call.callee, kCalls);
    warn(content, fmt::format("this line of load_args cannot be read: expected {}{}", kExpected, ir::didYouMean(closest)));
    if (name.empty() && call.callee.starts_with("reader.")) inputs_.push_back(std::move(input));   // those behind it keep their places
  }
}

void LoadArgs::storage(std::string_view name, const Repr& call) {
  ir::Device cpu;
  std::optional<ir::Device> device = cpu;
  if (const Repr* given = call.get("device"); given && !given->isNone()) {
    device = readDevice(*given);
    if (!device) problems_.warning(given->range, fmt::format("'{}' is no device", given->text));
  }
  storages_[std::string(name)] = std::move(device);
}

bool LoadArgs::sizes(const Repr* list, std::vector<ir::Expr>& into) {
  if (!list || list->bracket == 0 || !list->callee.empty()) return false;
  for (const ReprItem& item : list->items) {
    ir::Expr::ParseError error{};
    auto size = ir::Expr::parse(item.value.text, &error);
    if (!size) {
      const auto begin = item.value.range.begin + static_cast<uint32_t>(std::min(error.offset, item.value.text.size()));
      problems_.warning({begin, std::max(begin, item.value.range.end)}, fmt::format("cannot read '{}': {}", item.value.text.substr(0, 80), error.message));
      return false;
    }
    into.push_back(std::move(*size));
  }
  return true;
}

void LoadArgs::tensor(const Repr& call, std::string_view comment) {
  LoadedInput input;
  input.name = comment;
  input.where = call.range;
  std::vector<ir::Expr> stride;
  const Repr *storage = call.at(0), *strides = call.get("stride") ? call.get("stride") : call.at(2);
  const bool isReadable = storage && sizes(call.get("shape") ? call.get("shape") : call.at(1), input.tensor.shape) &&
                          (!strides || strides->isNone() || sizes(strides, stride));
  if (!isReadable) {
    problems_.warning(call.range, "this tensor cannot be read: expected reader.tensor(buf0, (SIZES), (STRIDES), dtype=..., storage_offset=...)");
  } else if (strides && !strides->isNone() && stride.size() != input.tensor.shape.size()) {
    problems_.warning(strides->range, fmt::format("the stride has {} entries and the shape {}", stride.size(), input.tensor.shape.size()));
  } else {
    input.kind = LoadedInput::Kind::tensor;
    input.storage = std::string(storage->text);
    // Without strides the tensor is contiguous, and an annotation without them is read as that (run/inputs.cpp).
    if (strides && !strides->isNone() && !isContiguous(input.tensor.shape, stride)) input.tensor.stride = std::move(stride);
    tensorOptions(call, input);
  }
  inputs_.push_back(std::move(input));
}

void LoadArgs::tensorOptions(const Repr& call, LoadedInput& input) {
  const auto known = storages_.find(input.storage);
  if (known == storages_.end()) problems_.warning(call.at(0)->range, fmt::format("'{}' is no storage: expected the name of a reader.storage(...) above", input.storage));
  else input.tensor.device = known->second;
  for (const ReprItem& item : call.items) {
    const auto key = item.key.text;
    if (key.empty() || key == "shape" || key == "stride" || key == "requires_grad" || key == "is_leaf") continue;
    if (key == "dtype") {
      const auto dtype = ir::dtypeFromTorchName(item.value.text);
      if (dtype) input.tensor.dtype = *dtype;
      else problems_.warning(item.value.range, fmt::format("'{}' is no dtype: the input stays without annotation", item.value.text)), input.kind = LoadedInput::Kind::nothing;
    } else if (key == "storage_offset") {
      if (auto offset = ir::Expr::parse(item.value.text)) input.offset = std::move(*offset);
      else problems_.warning(item.value.range, fmt::format("cannot read '{}': expected an integer or a size", item.value.text.substr(0, 80)));
    } else {
      problems_.warning(item.key.range, fmt::format("'{}' of a tensor is not kept", key));
    }
  }
}

}  // namespace graph::text
