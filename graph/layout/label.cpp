#include "graph/layout/label.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "graph/ir/schema.h"

namespace graph::layout {
namespace {

using ir::Argument;
using ir::Graph;
using ir::NodeId;

/// Functional updates: each returns a whole new buffer in which only a window differs.
constexpr std::array<std::string_view, 13> kUpdates = {
    "slice_scatter", "select_scatter", "diagonal_scatter", "as_strided_scatter", "index_put", "scatter",     "scatter_add",
    "scatter_reduce", "index_copy",     "index_add",        "index_fill",         "masked_scatter", "clone"};

std::string base(std::string_view target) {
  // aten.slice.Tensor -> slice
  auto first = target.find('.');
  if (first == std::string_view::npos) return std::string(target);
  auto rest = target.substr(first + 1);
  auto second = rest.find('.');
  return std::string(second == std::string_view::npos ? rest : rest.substr(0, second));
}

template <class Items, class Each>
std::string join(const Items& items, Each each) {
  std::string out;
  for (const auto& item : items) {
    if (!out.empty()) out += ", ";
    out += each(item);
  }
  return out;
}

std::string argumentText(const Graph& graph, const Argument& argument, int depth = 0) {
  if (depth > 6) return "…";
  auto sub = [&](const Argument& a) { return argumentText(graph, a, depth + 1); };
  struct Visitor {
    const Graph& graph;
    decltype(sub)& nested;
    std::string operator()(const ir::None&) const { return "None"; }
    std::string operator()(bool b) const { return b ? "True" : "False"; }
    std::string operator()(int64_t i) const { return i == INT64_MAX ? "end" : std::to_string(i); }
    std::string operator()(double d) const { return fmt::format("{:g}", d); }
    std::string operator()(const std::complex<double>& c) const { return fmt::format("({:g}{:+g}j)", c.real(), c.imag()); }
    std::string operator()(const std::string& s) const { return "'" + s + "'"; }
    std::string operator()(NodeId id) const { return graph.contains(id) ? graph.node(id).name : "?"; }
    std::string operator()(ir::DType d) const { return std::string(abbreviation(d)); }
    std::string operator()(const ir::Device& d) const { return d.str(); }
    std::string operator()(const ir::Name& n) const { return n.text; }
    std::string operator()(const ir::Ellipsis&) const { return "..."; }
    std::string operator()(const ir::List& l) const { return "[" + join(l.items, nested) + "]"; }
    std::string operator()(const ir::Tuple& t) const { return "(" + join(t.items, nested) + ")"; }
    std::string operator()(const ir::Slice& s) const { return "slice(" + join(s.items, nested) + ")"; }
    std::string operator()(const ir::Dict& d) const {
      return "{" + join(d.items, [&](const auto& pair) { return nested(pair.first) + ": " + nested(pair.second); }) + "}";
    }
  };
  return std::visit(Visitor{graph, sub}, argument.value());
}

bool writesInput(const Graph& graph, const ir::Node& node) {
  if (node.args.empty() || !node.args[0].node() || !graph.contains(node.args[0].node())) return false;
  auto op = graph.node(node.args[0].node()).op;
  return op == ir::Op::placeholder || op == ir::Op::get_attr;
}

}  // namespace

std::string_view kindName(Kind kind) {
  constexpr std::array<std::string_view, 7> names = {"input", "fresh", "view", "write", "copy", "number", "output"};
  return names[static_cast<size_t>(kind)];
}

Kind kindOf(const Graph& graph, NodeId id) {
  const auto& node = graph.node(id);
  if (node.op == ir::Op::output) return Kind::output;
  if (node.sym()) return Kind::number;
  if (node.op == ir::Op::placeholder || node.op == ir::Op::get_attr) return Kind::input;
  auto name = base(node.target);
  if (std::find(kUpdates.begin(), kUpdates.end(), name) != kUpdates.end()) return Kind::copy;
  if (name == "copy_") return writesInput(graph, node) ? Kind::copy : Kind::write;
  if (name == "getitem") return Kind::view;
  if (auto* schema = ir::findSchema(node.target, node.args.size() + node.kwargs.size())) {
    if (schema->mutates()) return Kind::write;
    for (const auto& result : schema->returns)
      if (!result.aliasSet.empty()) return Kind::view;
  }
  return Kind::fresh;
}

std::string shortTarget(std::string_view target) {
  if (target.starts_with("aten.") || target.starts_with("_operator.")) return base(target);
  if (auto dot = target.rfind('.'); dot != std::string_view::npos && target.substr(dot) == ".default") target = target.substr(0, dot);
  return std::string(target);
}

std::string shortCall(const Graph& graph, NodeId id, size_t limit) {
  const auto& node = graph.node(id);
  switch (node.op) {
    case ir::Op::placeholder: return "input";
    case ir::Op::output: return "return";
    case ir::Op::get_attr: return shorten("self." + node.target, limit);
    default: break;
  }
  auto text = join(node.args, [&](const Argument& a) { return argumentText(graph, a); });
  for (const auto& [key, value] : node.kwargs) text += (text.empty() ? "" : ", ") + key + "=" + argumentText(graph, value);
  return shorten(shortTarget(node.target) + "(" + text + ")", limit);
}

std::string shortMeta(const ir::Meta& meta, size_t limit) {
  std::string text;
  if (auto* tensor = std::get_if<ir::TensorMeta>(&meta))
    text = fmt::format("{}[{}]", abbreviation(tensor->dtype), join(tensor->shape, [](const ir::Expr& e) { return e.str(); }));
  else if (auto* sym = std::get_if<ir::SymMeta>(&meta))
    text = "Sym(" + sym->value.str() + ")";
  else if (auto* other = std::get_if<ir::OtherMeta>(&meta))
    text = other->text;
  return shorten(std::move(text), limit);
}

size_t characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string shorten(std::string text, size_t limit) {
  if (characters(text) <= limit) return text;
  size_t bytes = 0;
  for (size_t seen = 0; bytes < text.size(); ++bytes)
    if ((text[bytes] & 0xC0) != 0x80 && seen++ + 1 == limit) break;
  text.resize(bytes);
  return text + "…";
}

std::optional<int64_t> bytesOf(const ir::Meta& meta, const ir::Binding& binding) {
  auto* tensor = std::get_if<ir::TensorMeta>(&meta);
  if (!tensor) return std::nullopt;
  int64_t bytes = ir::itemSize(tensor->dtype);
  for (const auto& size : tensor->shape) {
    auto value = size.evaluate(binding);
    if (!value || __builtin_mul_overflow(bytes, *value, &bytes)) return std::nullopt;
  }
  return bytes;
}

}  // namespace graph::layout
