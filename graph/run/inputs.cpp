#include "graph/run/inputs.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "graph/run/device_map.h"
#include "graph/run/elements.h"
#include "graph/run/given.h"
#include "graph/run/index_uses.h"

namespace graph::run {
namespace {

std::vector<int64_t> evaluate(const ir::Node& node, const std::vector<ir::Expr>& expressions, const ir::Binding& binding) {
  std::vector<int64_t> result;
  for (auto& expression : expressions) {
    auto value = expression.evaluate(binding);
    if (!value || *value < 0) throw InputError("input " + node.name + ": " + expression.str() + (value ? " is negative" : " has no value"));
    result.push_back(*value);
  }
  return result;
}

class Maker {
 public:
  Maker(Backend& backend, const ir::Graph& graph, const InputRequest& request, int variant)
      : backend_(backend), graph_(graph), request_(request), given_(graph, request), devices_(graph, request.device) {
    result_.symbols = chooseSymbols(graph, given_, variant, propagationChecker(backend, graph, variant == 2));
  }

  Inputs make() {
    makeAliases();
    for (auto id : graph_) {
      auto& node = graph_.node(id);
      if (node.op == ir::Op::placeholder) result_.values.push_back(placeholder(id, node));
      if (node.op == ir::Op::get_attr && !graph_.subgraphs().count(node.target)) {
        auto& place = result_.attributes[node.target];
        if (!place) place = tensor(id, node);
      }
    }
    return std::move(result_);
  }

 private:
  Value placeholder(ir::NodeId id, const ir::Node& node) {
    if (auto* sym = node.sym()) {
      if (auto number = given_.number(id)) return {*number};
      auto value = sym->value.evaluate(result_.symbols);
      if (!value) throw InputError("input " + node.name + ": Sym(" + sym->value.str() + ") has no value");
      return {*value};
    }
    if (!node.tensor() && !given_.tensor(id)) {
      if (auto number = given_.number(id)) return {*number};
      if (graph_.users(id).empty()) return {};
    }
    return {tensor(id, node)};
  }

  Geometry geometryOf(ir::NodeId id, const ir::Node& node) const {
    Geometry geometry;
    auto* given = given_.tensor(id);
    auto* meta = node.tensor();
    if (!given && !meta)
      throw InputError((node.op == ir::Op::get_attr ? "attribute " : "input ") + node.name +
                       " has no annotation and no tensor was given for it ('" + sourceName(node) + "')");
    geometry.dtype = given ? given->dtype : meta->dtype;
    geometry.sizes = given ? given->shape : evaluate(node, meta->shape, result_.symbols);
    if (auto* strides = given_.strides(id)) {
      geometry.strides = *strides;
    } else if (meta && meta->stride && meta->stride->size() == geometry.sizes.size()) {
      geometry.strides = evaluate(node, *meta->stride, result_.symbols);
    } else {
      geometry.strides.assign(geometry.sizes.size(), 1);
      for (size_t i = geometry.sizes.size(); i-- > 1;)
        geometry.strides[i - 1] = geometry.strides[i] * std::max<int64_t>(geometry.sizes[i], 1);
    }
    if (geometry.strides.size() != geometry.sizes.size() ||
        std::any_of(geometry.strides.begin(), geometry.strides.end(), [](int64_t s) { return s < 0; }))
      throw InputError("input " + node.name + ": its strides do not fit its shape");
    geometry.device = devices_.place(meta ? meta->device : std::nullopt);
    return geometry;
  }

  TensorPtr tensor(ir::NodeId id, const ir::Node& node) {
    auto geometry = geometryOf(id, node);
    auto found = aliased_.find(id);
    auto result = found != aliased_.end() ? found->second : backend_.make(geometry, geometry.device);
    auto* given = given_.tensor(id);
    if (given && !concerns(request_.fill, geometry.dtype)) {
      backend_.fill(result, given->bytes);
      return result;
    }
    auto elements = given ? std::vector(given->bytes.begin(), given->bytes.end()) : random(id, node, geometry);
    bool ordered = request_.fill == Fill::duplicateReads && indexUse(graph_, id, result_.symbols).distinct;
    if (!ordered) {
      Random numbers(request_.seed + 1, sourceName(node));
      applyFill(request_.fill, geometry.dtype, geometry.sizes, numbers, elements);
    }
    backend_.fill(result, elements);
    return result;
  }

  // Inputs that share a storage: one flat tensor, and a view of it for each.
  void makeAliases() {
    for (auto& group : given_.aliases()) {
      if (group.empty()) continue;
      Geometry flat = geometryOf(group[0].node, graph_.node(group[0].node));
      int64_t length = 0;
      for (auto& member : group) {
        auto& node = graph_.node(member.node);
        auto geometry = geometryOf(member.node, node);
        if (geometry.dtype != flat.dtype)
          throw InputError("inputs " + graph_.node(group[0].node).name + " and " + node.name + " share storage but not their dtype");
        if (geometry.sizes != member.size) throw InputError("input " + node.name + ": its alias entry has another size");
        int64_t last = member.offset;
        for (size_t i = 0; i < member.size.size(); ++i) {
          if (member.stride[i] < 0 || member.offset < 0 || member.size[i] < 0)
            throw InputError("input " + node.name + ": its alias entry has a negative number");
          last += std::max<int64_t>(member.size[i] - 1, 0) * member.stride[i];
        }
        length = std::max(length, last + 1);
      }
      flat.sizes = {length};
      flat.strides = {1};
      auto base = backend_.make(flat, flat.device);
      for (auto& member : group) aliased_[member.node] = backend_.view(base, member.size, member.stride, member.offset);
    }
  }

  std::vector<std::byte> random(ir::NodeId id, const ir::Node& node, const Geometry& geometry) const {
    auto count = geometry.numel();
    auto size = static_cast<size_t>(ir::itemSize(geometry.dtype));
    std::vector<std::byte> bytes(static_cast<size_t>(count) * size);
    Random random(request_.seed, sourceName(node));
    if (ir::isFloating(geometry.dtype) || ir::isComplex(geometry.dtype)) {
      auto part = ir::isComplex(geometry.dtype) ? size / 2 : size;
      bool positive = needsPositive(graph_, id);
      // A matrix is scaled as weights are initialised: otherwise a few layers of half-precision products overflow to infinity, and
      // infinities hide differences.
      double scale = geometry.sizes.size() < 2 ? 1 : 1 / std::sqrt(static_cast<double>(std::max<int64_t>(geometry.sizes.back(), 1)));
      auto type = geometry.dtype == ir::DType::c32    ? ir::DType::f16
                  : geometry.dtype == ir::DType::c64  ? ir::DType::f32
                  : geometry.dtype == ir::DType::c128 ? ir::DType::f64
                                                      : geometry.dtype;
      for (size_t at = 0; at < bytes.size(); at += part) {
        auto value = scale * random.normal();
        encode(type, positive ? std::fabs(value) : value, &bytes[at]);
      }
    } else if (geometry.dtype == ir::DType::b8) {
      for (auto& byte : bytes) byte = static_cast<std::byte>(random.next() >> 63);
    } else {
      integers(id, geometry, random, bytes);
    }
    return bytes;
  }

  void integers(ir::NodeId id, const Geometry& geometry, Random& random, std::vector<std::byte>& bytes) const {
    auto use = indexUse(graph_, id, result_.symbols);
    auto size = static_cast<size_t>(ir::itemSize(geometry.dtype));
    auto count = static_cast<uint64_t>(geometry.numel());
    auto put = [&](uint64_t i, int64_t value) { encode(geometry.dtype, static_cast<double>(value), &bytes[i * size]); };
    if (use.exact && count == 1) return put(0, *use.exact);
    int64_t low = use.used ? use.low : 0, high = use.used && use.high != INT64_MAX ? use.high : low + 8;
    if (high <= low) throw InputError("input " + graph_.node(id).name + ": no integer is a valid index in all of its uses");
    auto range = static_cast<uint64_t>(high - low);
    if (use.distinct && count <= range) {
      // Distinct: a random start and a step that is prime to the range visit no number twice.
      auto start = random.below(range), step = 1 + random.below(range);
      while (std::gcd(step, range) != 1) ++step;
      for (uint64_t i = 0; i < count; ++i) put(i, low + static_cast<int64_t>((start + i % range * (step % range)) % range));
      return;
    }
    for (uint64_t i = 0; i < count; ++i) put(i, low + static_cast<int64_t>(random.below(range)));
  }

  Backend& backend_;
  const ir::Graph& graph_;
  const InputRequest& request_;
  Given given_;
  DeviceMap devices_;
  std::map<ir::NodeId, TensorPtr> aliased_;
  Inputs result_;
};

}  // namespace

int64_t Geometry::numel() const {
  int64_t count = 1;
  for (auto size : sizes) count *= size;
  return count;
}

namespace {

// Bytes of the storages that a run makes, and of the inputs whose sizes depend on symbols.
int64_t bytesMade(const ir::Graph& graph, const Propagation& propagation) {
  std::map<uint64_t, int64_t> storages;
  auto each = [&](ir::NodeId id, auto&& visit) {
    if (id.value < propagation.nodes.size())
      for (auto& tensor : propagation.nodes[id.value].tensors) visit(tensor);
  };
  for (auto id : graph) each(id, [&](auto& tensor) { storages[tensor.storage] = tensor.storageBytes; });
  for (auto id : graph) {
    auto& node = graph.node(id);
    auto* meta = node.tensor();
    bool source = node.op == ir::Op::placeholder || node.op == ir::Op::get_attr;
    if (source && meta && std::all_of(meta->shape.begin(), meta->shape.end(), [](auto& size) { return size.asConstant().has_value(); }))
      each(id, [&](auto& tensor) { storages.erase(tensor.storage); });
  }
  int64_t total = 0;
  for (auto& [storage, bytes] : storages)
    if (__builtin_add_overflow(total, bytes, &total)) return INT64_MAX;
  return total;
}

}  // namespace

SymbolChecker propagationChecker(Backend& backend, const ir::Graph& graph, bool large) {
  return [&backend, &graph, large](const ir::Binding& binding) {
    auto propagation = backend.propagate(graph, binding, true);
    if (large && bytesMade(graph, propagation) > kLargeBytes)
      propagation.problems.push_back({graph.output(), "its tensors would be too large", Problem::Kind::tooLarge});
    return std::move(propagation.problems);
  };
}

Inputs makeInputs(Backend& backend, const ir::Graph& graph, const InputRequest& request, int variant) {
  if (graph.isCut()) throw InputError("lines of " + graph.name() + " are missing: it can be looked at, not run");
  return Maker(backend, graph, request, variant).make();
}

}  // namespace graph::run
