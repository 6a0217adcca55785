// Mapping and comparing arguments. Recursion follows the nesting of containers, which the parser bounds.
#include "graph/ir/argument.h"

#include <cmath>

namespace graph::ir {
namespace {

bool sameNumber(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b && std::signbit(a) == std::signbit(b);
}

std::vector<Argument> mapItems(const std::vector<Argument>& items, const std::function<NodeId(NodeId)>& map) {
  std::vector<Argument> mapped;
  mapped.reserve(items.size());
  for (const Argument& item : items) mapped.push_back(item.mapNodes(map));
  return mapped;
}

}  // namespace

bool List::operator==(const List& other) const { return items == other.items; }
bool Tuple::operator==(const Tuple& other) const { return items == other.items; }
bool Slice::operator==(const Slice& other) const { return items == other.items; }
bool Dict::operator==(const Dict& other) const { return items == other.items; }

Argument Argument::mapNodes(const std::function<NodeId(NodeId)>& map) const {
  if (const auto* id = as<NodeId>()) return *id ? map(*id) : *id;
  if (const auto* list = as<List>()) return List{mapItems(list->items, map)};
  if (const auto* tuple = as<Tuple>()) return Tuple{mapItems(tuple->items, map)};
  if (const auto* slice = as<Slice>()) return Slice{mapItems(slice->items, map)};
  if (const auto* dict = as<Dict>()) {
    Dict mapped;
    mapped.items.reserve(dict->items.size());
    for (const auto& [key, value] : dict->items) mapped.items.emplace_back(key.mapNodes(map), value.mapNodes(map));
    return mapped;
  }
  return *this;
}

bool Argument::operator==(const Argument& other) const {
  if (value_.index() != other.value_.index()) return false;
  if (const auto* number = as<double>()) return sameNumber(*number, *other.as<double>());
  if (const auto* number = as<std::complex<double>>()) {
    const auto* second = other.as<std::complex<double>>();
    return sameNumber(number->real(), second->real()) && sameNumber(number->imag(), second->imag());
  }
  return value_ == other.value_;
}

}  // namespace graph::ir
