#include "graph/layout/view.h"

#include <algorithm>
#include <deque>
#include <map>
#include <unordered_map>

#include "graph/layout/label.h"

namespace graph::layout {
namespace {

using ir::Graph;
using ir::NodeId;

constexpr size_t kManyUses = 5;        // in one view: a value used more often than this goes through portals
constexpr size_t kFar = 90;            // items in between: a longer edge goes through portals
constexpr size_t kSmall = 200;         // nodes: in a whole graph this small inputs are boxes too
constexpr size_t kTextLimit = 40;      // characters of a line

class Viewer {
 public:
  Viewer(const Graph& graph, const Folding& folding, const ViewSpec& spec) : graph_(graph), folding_(folding), spec_(spec) {
    itemOf_.assign(graph.idLimit(), -1);
    substitute_.assign(graph.idLimit(), NodeId{});
  }

  GraphView run() {
    view_.title = spec_.str(graph_, folding_);
    switch (spec_.kind) {
      case ViewSpec::Kind::folded: chooseFolded(); break;
      case ViewSpec::Kind::layer: chooseLayer(); break;
      case ViewSpec::Kind::around: chooseAround(); break;
      case ViewSpec::Kind::whole: chooseWhole(); break;
    }
    connect();
    return std::move(view_);
  }

 private:
  void addNode(NodeId id, int frame = -1) {
    if (itemOf_[id.value] >= 0) return;
    itemOf_[id.value] = static_cast<int>(view_.items.size());
    const auto& node = graph_.node(id);
    ViewItem item{.kind = ViewItem::Kind::node, .node = id, .lines = {shorten(node.name, kTextLimit)}, .frame = frame};
    if (node.op != ir::Op::placeholder) item.lines.push_back(shortCall(graph_, id, kTextLimit));
    if (auto meta = shortMeta(node.meta, kTextLimit); !meta.empty()) item.lines.push_back(meta);
    view_.items.push_back(std::move(item));
  }

  /// The straight parts as they are; of every repeated layer one instance of each shape, which stands for the others too.
  void chooseFolded() {
    for (const auto& part : folding_.parts) {
      for (auto id : part.nodes) addNode(id);
      if (part.layer < 0) continue;
      const auto& layer = folding_.layers[static_cast<size_t>(part.layer)];
      for (size_t shape = 0; shape < layer.shapes.size(); ++shape) {
        auto frame = static_cast<int>(view_.frames.size());
        view_.frames.push_back({layer.name + "  ×" + std::to_string(layer.count(shape))});
        const auto& shown = layer.instances[layer.shapes[shape]].nodes;
        for (auto id : shown) addNode(id, frame);
        for (const auto& instance : layer.instances)
          if (instance.shape == shape)
            for (size_t i = 0; i < instance.nodes.size() && i < shown.size(); ++i) substitute_[instance.nodes[i].value] = shown[i];
      }
    }
    if (auto output = graph_.output()) addNode(output);
  }

  void chooseLayer() {
    if (spec_.layer >= folding_.layers.size()) return chooseWhole();
    const auto& layer = folding_.layers[spec_.layer];
    const auto& instance = layer.instances[std::min(spec_.instance, layer.instances.size() - 1)];
    view_.frames.push_back({layer.name + " " + std::to_string(spec_.instance) + " of " + std::to_string(layer.instances.size()) +
                            "   (" + std::to_string(layer.count(instance.shape)) + " like this)"});
    for (auto id : instance.nodes) addNode(id, 0);
  }

  void chooseAround() {
    if (!graph_.contains(spec_.node)) return;
    std::map<NodeId, int> depth{{spec_.node, 0}};
    std::deque<NodeId> queue{spec_.node};
    auto visit = [&](NodeId id, int d) {
      if (d <= spec_.depth && graph_.node(id).op != ir::Op::output && depth.try_emplace(id, d).second) queue.push_back(id);
    };
    while (!queue.empty() && depth.size() < 400) {
      auto id = queue.front();
      queue.pop_front();
      auto d = depth[id];
      // Through a value that everything uses (a symbol, a position table) the neighbourhood would become the graph.
      if (id != spec_.node && graph_.users(id).size() > 8) continue;
      graph_.node(id).forEachInput([&](NodeId input) { visit(input, d + 1); });
      for (auto user : graph_.users(id)) visit(user, d + 1);
    }
    std::vector<NodeId> chosen;
    for (const auto& [id, d] : depth) chosen.push_back(id);
    std::sort(chosen.begin(), chosen.end(), [&](NodeId a, NodeId b) { return graph_.before(a, b); });
    for (auto id : chosen) addNode(id);
  }

  void chooseWhole() {
    std::vector<int> frameOf(graph_.idLimit(), -1);
    for (const auto& layer : folding_.layers)
      for (size_t k = 0; k < layer.instances.size(); ++k) {
        for (auto id : layer.instances[k].nodes) frameOf[id.value] = static_cast<int>(view_.frames.size());
        view_.frames.push_back({layer.name + " " + std::to_string(k)});
      }
    for (auto id : graph_)
      if (graph_.node(id).op != ir::Op::placeholder) addNode(id, frameOf[id.value]);
  }

  // --- edges and portals ---------------------------------------------------------------------------------------------------
  void connect() {
    auto shown = view_.items.size();
    std::vector<size_t> uses(graph_.idLimit(), 0);
    for (size_t i = 0; i < shown; ++i)
      forInputsOnce(view_.items[i].node, [&](NodeId input) { ++uses[input.value]; });
    for (size_t i = 0; i < shown; ++i) {
      auto user = view_.items[i].node;
      if (graph_.node(user).op == ir::Op::output) {
        connectOutput(i);
        continue;
      }
      forInputsOnce(user, [&](NodeId input) { connectInput(input, i, uses); });
    }
    if (spec_.kind == ViewSpec::Kind::layer || spec_.kind == ViewSpec::Kind::around)
      for (size_t i = 0; i < shown; ++i) leave(i);
  }

  template <class Visit>
  void forInputsOnce(NodeId id, Visit visit) const {
    std::vector<NodeId> seen;
    graph_.node(id).forEachInput([&](NodeId input) {
      if (std::find(seen.begin(), seen.end(), input) != seen.end()) return;
      seen.push_back(input);
      visit(input);
    });
  }

  bool isNumber(NodeId id) const { return graph_.node(id).sym() != nullptr; }

  void connectInput(NodeId input, size_t user, const std::vector<size_t>& uses) {
    int from = itemOf_[input.value];
    if (from < 0 && substitute_[input.value]) from = itemOf_[substitute_[input.value].value];
    if (from >= 0 && from != static_cast<int>(user)) {
      auto distance = static_cast<size_t>(std::abs(from - static_cast<int>(user)));
      bool wide = uses[input.value] > kManyUses;
      if (!(distance > kFar || (wide && distance > 12)) && from < static_cast<int>(user))
        return addEdge(from, static_cast<int>(user), input);
    }
    if (isNumber(input)) return;   // symbols are read in the call's text
    const auto& node = graph_.node(input);
    // An input that few use is one box; one that many use is named at each of them.
    if (node.op == ir::Op::placeholder && uses[input.value] <= kManyUses && (spec_.kind != ViewSpec::Kind::whole || graph_.size() <= kSmall)) {
      addNode(input, -1);
      return addEdge(itemOf_[input.value], static_cast<int>(user), input);
    }
    addPortal(ViewItem::Kind::from, input, portalName(input), user, input);
  }

  std::string portalName(NodeId input) const {
    auto name = graph_.node(input).name;
    auto place = folding_.find(input);
    auto own = [&]() -> std::optional<size_t> {
      if (spec_.kind == ViewSpec::Kind::layer) return spec_.instance;
      return std::nullopt;
    }();
    if (place && own && place->layer == spec_.layer && place->instance != *own) return name + " · layer " + std::to_string(place->instance);
    return name;
  }

  void connectOutput(size_t output) {
    // The output may return hundreds of values: only those that are shown, and the others as a number.
    size_t hidden = 0;
    forInputsOnce(view_.items[output].node, [&](NodeId input) {
      auto from = itemOf_[input.value];
      if (from < 0 && substitute_[input.value]) from = itemOf_[substitute_[input.value].value];
      if (from >= 0 && static_cast<size_t>(std::abs(from - static_cast<int>(output))) <= kFar)
        addEdge(from, static_cast<int>(output), input);
      else
        ++hidden;
    });
    view_.items[output].lines = {"output"};
    if (hidden) view_.items[output].lines.push_back("and " + std::to_string(hidden) + " more values");
  }

  /// Says where a value goes that is used outside of this view.
  void leave(size_t item) {
    auto id = view_.items[item].node;
    if (isNumber(id) || graph_.node(id).op == ir::Op::placeholder) return;
    std::vector<NodeId> outside;
    for (auto user : graph_.users(id))
      if (itemOf_[user.value] < 0) outside.push_back(user);
    if (outside.empty()) return;
    auto nearest = *std::min_element(outside.begin(), outside.end(), [&](NodeId a, NodeId b) { return graph_.before(a, b); });
    std::string name;
    auto place = folding_.find(nearest);
    if (graph_.node(nearest).op == ir::Op::output) name = "output";
    else {
      name = graph_.node(nearest).name;
      if (spec_.kind == ViewSpec::Kind::layer && place && place->layer == spec_.layer && place->instance != spec_.instance)
        name += " · layer " + std::to_string(place->instance);
    }
    if (outside.size() > 1) name += " +" + std::to_string(outside.size() - 1);
    addPortal(ViewItem::Kind::to, nearest, name, item, id);
  }

  void addPortal(ViewItem::Kind kind, NodeId other, std::string name, size_t beside, NodeId value) {
    auto portal = static_cast<int>(view_.items.size());
    view_.items.push_back({.kind = kind, .node = other, .lines = {shorten(std::move(name), kTextLimit)}, .frame = view_.items[beside].frame});
    auto at = static_cast<int>(beside);
    kind == ViewItem::Kind::from ? addEdge(portal, at, value) : addEdge(at, portal, value);
  }

  void addEdge(int from, int to, NodeId value) { view_.edges.push_back({from, to, value}); }

  const Graph& graph_;
  const Folding& folding_;
  const ViewSpec& spec_;
  GraphView view_;
  std::vector<int> itemOf_;            // by NodeId::value: the item that shows it
  std::vector<NodeId> substitute_;     // by NodeId::value: the shown node that stands for it
};

}  // namespace

GraphView makeView(const Graph& graph, const Folding& folding, const ViewSpec& spec) { return Viewer(graph, folding, spec).run(); }

BoxSize boxSize(const ViewItem& item) {
  size_t widest = 0;
  for (const auto& line : item.lines) widest = std::max(widest, characters(line));
  if (item.kind != ViewItem::Kind::node)
    return {static_cast<float>(widest) * kCharWidth + 2 * kPadX + 10, kLineHeight + 6};
  return {std::max(70.f, static_cast<float>(widest) * kCharWidth + 2 * kPadX), static_cast<float>(item.lines.size()) * kLineHeight + 2 * kPadY};
}

}  // namespace graph::layout
