// Values as Python's repr writes them: floats, strings, containers, annotations.
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "graph/text/literal.h"
#include "graph/text/printer.h"

namespace graph::text {
namespace {

/// The digits that FX prints inside a complex number: no `.0`.
std::string complexPart(double value) {
  std::string text = pythonFloat(value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string complexText(std::complex<double> c) {
  std::string imag = complexPart(c.imag());
  if (c.real() == 0 && !std::signbit(c.real())) return imag + "j";
  if (!imag.starts_with('-')) imag = "+" + imag;
  return fmt::format("({}{}j)", complexPart(c.real()), imag);
}

std::string deviceText(const ir::Device& device) {
  if (device.index) return fmt::format("device(type={}, index={})", pythonString(device.type), *device.index);
  return fmt::format("device(type={})", pythonString(device.type));
}

struct ArgumentPrinter {
  const ir::Graph& graph;
  std::string& out;

  void operator()(const ir::None&) { out += "None"; }
  void operator()(bool value) { out += value ? "True" : "False"; }
  void operator()(int64_t value) { fmt::format_to(std::back_inserter(out), "{}", value); }
  void operator()(double value) { out += pythonFloat(value); }
  void operator()(const std::complex<double>& value) { out += complexText(value); }
  void operator()(const std::string& value) { out += pythonString(value); }
  void operator()(ir::NodeId id) { out += graph.node(id).name; }
  void operator()(ir::DType dtype) { out += ir::torchName(dtype); }
  void operator()(const ir::Device& device) { out += deviceText(device); }
  void operator()(const ir::Name& name) { out += name.text; }
  void operator()(const ir::Ellipsis&) { out += "Ellipsis"; }
  void operator()(const ir::List& list) { out += '['; items(list.items); out += ']'; }
  void operator()(const ir::Tuple& tuple) {
    out += '(';
    items(tuple.items);
    out += tuple.items.size() == 1 ? ",)" : ")";
  }
  void operator()(const ir::Slice& slice) { out += "slice("; items(slice.items); out += ')'; }
  void operator()(const ir::Dict& dict) {
    out += '{';
    bool first = true;
    for (auto& [key, value] : dict.items) {
      if (!first) out += ", ";
      first = false;
      print(key);
      out += ": ";
      print(value);
    }
    out += '}';
  }
  void print(const ir::Argument& argument) { std::visit(*this, argument.value()); }
  void items(const std::vector<ir::Argument>& all) {
    for (size_t i = 0; i < all.size(); ++i) {
      if (i) out += ", ";
      print(all[i]);
    }
  }
};

std::string dimensions(const std::vector<ir::Expr>& all) {
  std::string out = "[";
  for (size_t i = 0; i < all.size(); ++i) {
    if (i) out += ", ";
    out += all[i].str();
  }
  return out + "]";
}

struct MetaPrinter {
  std::string operator()(std::monostate) { return {}; }
  std::string operator()(const ir::SymMeta& sym) { return "Sym(" + sym.value.str() + ")"; }
  std::string operator()(const ir::OtherMeta& other) { return other.text; }
  std::string operator()(const ir::TensorMeta& tensor) {
    std::string core(ir::abbreviation(tensor.dtype));
    core += dimensions(tensor.shape);
    if (tensor.stride) core += dimensions(*tensor.stride);
    if (tensor.device) core += tensor.device->str();
    if (tensor.wrapper.empty()) return core;
    // `DTensor, S(0)R` is what stood around the tensor: DTensor(…, S(0)R).
    size_t comma = tensor.wrapper.find(", ");
    if (comma == std::string::npos) return fmt::format("{}({})", tensor.wrapper, core);
    return fmt::format("{}({}{})", tensor.wrapper.substr(0, comma), core, tensor.wrapper.substr(comma));
  }
};

}  // namespace

std::string pythonFloat(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[40];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  *end = '\0';
  // d.ddde±xx: Python writes it in full when -4 <= exponent < 16.
  int exponent = std::atoi(std::strchr(buffer, 'e') + 1);
  if (exponent < -4 || exponent >= 16) return {buffer, end};
  auto fixed = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr;
  std::string text(buffer, fixed);
  if (text.find('.') == std::string::npos) text += ".0";
  return text;
}

std::string printArgument(const ir::Graph& graph, const ir::Argument& argument) {
  std::string out;
  ArgumentPrinter{graph, out}.print(argument);
  return out;
}

std::string printMeta(const ir::Meta& meta) { return std::visit(MetaPrinter{}, meta); }

}  // namespace graph::text
