#include "graph/layout/fold.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "graph/layout/label.h"

namespace graph::layout {
namespace {

using ir::Graph;
using ir::NodeId;

constexpr size_t kShortestLayer = 4;   // nodes; anything shorter is not worth a frame
constexpr size_t kWindow = 6;          // tokens that must agree in a row to count as evidence

uint64_t mix(uint64_t seed, uint64_t value) {
  seed ^= value + 0x9E3779B97F4A7C15ull + (seed << 6) + (seed >> 2);
  return seed * 0xFF51AFD7ED558CCDull;
}
uint64_t hashText(std::string_view text) { return std::hash<std::string_view>{}(text); }

/// Of an argument's constants; of nodes only that they are some (the first layer's come from elsewhere than the others').
uint64_t hashArgument(const Graph& graph, const ir::Argument& argument) {
  uint64_t h = argument.value().index();
  if (auto id = argument.node()) {
    return mix(h, graph.node(id).sym() != nullptr);
  }
  auto items = [&](const std::vector<ir::Argument>& list) {
    for (const auto& item : list) h = mix(h, hashArgument(graph, item));
  };
  if (auto* list = argument.as<ir::List>()) items(list->items);
  if (auto* tuple = argument.as<ir::Tuple>()) items(tuple->items);
  if (auto* slice = argument.as<ir::Slice>()) items(slice->items);
  if (auto* number = argument.as<int64_t>()) h = mix(h, static_cast<uint64_t>(*number));
  if (auto* number = argument.as<double>()) h = mix(h, std::hash<double>{}(*number));
  if (auto* flag = argument.as<bool>()) h = mix(h, *flag);
  if (auto* text = argument.as<std::string>()) h = mix(h, hashText(*text));
  if (auto* dtype = argument.as<ir::DType>()) h = mix(h, static_cast<uint64_t>(*dtype));
  return h;
}

uint64_t token(const Graph& graph, NodeId id) {
  const auto& node = graph.node(id);
  uint64_t h = mix(static_cast<uint64_t>(node.op), node.op == ir::Op::get_attr ? 0 : hashText(node.target));
  for (const auto& argument : node.args) h = mix(h, hashArgument(graph, argument));
  for (const auto& [key, value] : node.kwargs) h = mix(mix(h, hashText(key)), hashArgument(graph, value));
  return mix(h, hashText(shortMeta(node.meta, 200)));
}

/// A repeated run in the sequence: instance k is [starts[k], starts[k + 1]), the last one ends at `end`.
struct Run {
  std::vector<size_t> starts;
  size_t end = 0;
  size_t covered() const { return starts.empty() ? 0 : end - starts.front(); }
};

class Folder {
 public:
  explicit Folder(const Graph& graph) : graph_(graph) {
    for (auto id : graph) {
      auto op = graph.node(id).op;
      if (op == ir::Op::placeholder || op == ir::Op::output) continue;
      nodes_.push_back(id);
      tokens_.push_back(token(graph, id));
    }
    position_.assign(graph.idLimit(), SIZE_MAX);
    for (size_t i = 0; i < nodes_.size(); ++i) position_[nodes_[i].value] = i;
  }

  Folding run() {
    split(0, nodes_.size());
    attachStragglers();
    finish();
    return std::move(folding_);
  }

 private:
  void split(size_t begin, size_t end) {
    auto found = longestRun(begin, end);
    if (found.starts.size() < 2) {
      if (begin < end) addStraight(begin, end);
      return;
    }
    split(begin, found.starts.front());
    addLayer(found);
    split(found.end, end);
  }

  void addStraight(size_t begin, size_t end) {
    Part part;
    part.nodes.assign(nodes_.begin() + static_cast<ptrdiff_t>(begin), nodes_.begin() + static_cast<ptrdiff_t>(end));
    folding_.parts.push_back(std::move(part));
  }

  void addLayer(const Run& run) {
    Layer layer;
    for (size_t k = 0; k < run.starts.size(); ++k) {
      auto stop = k + 1 < run.starts.size() ? run.starts[k + 1] : run.end;
      layer.instances.push_back(
          {{nodes_.begin() + static_cast<ptrdiff_t>(run.starts[k]), nodes_.begin() + static_cast<ptrdiff_t>(stop)}, 0});
    }
    folding_.parts.push_back({{}, static_cast<int>(folding_.layers.size())});
    folding_.layers.push_back(std::move(layer));
  }

  /// The repetition that covers most of [begin, end); no starts when there is none.
  Run longestRun(size_t begin, size_t end) const {
    Run best;
    if (end - begin < 2 * kShortestLayer) return best;
    // Where does each window of tokens come back? The distance that most windows agree on is the layer's length.
    std::unordered_map<uint64_t, std::vector<size_t>> places;
    auto windowAt = [&](size_t i) {
      uint64_t h = 0;
      for (size_t k = 0; k < kWindow; ++k) h = mix(h, i + k < end ? tokens_[i + k] : k);
      return h;
    };
    std::vector<uint64_t> windows(end - begin);
    for (size_t i = begin; i < end; ++i) places[windows[i - begin] = windowAt(i)].push_back(i);
    std::unordered_map<size_t, size_t> votes;
    for (const auto& [hash, list] : places)
      for (size_t k = 1; k < list.size(); ++k) ++votes[list[k] - list[k - 1]];
    std::vector<std::pair<size_t, size_t>> ranked(votes.begin(), votes.end());
    std::sort(ranked.begin(), ranked.end(), [](auto a, auto b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
    for (size_t k = 0; k < ranked.size() && k < 4; ++k) {
      auto [period, support] = ranked[k];
      if (period < kShortestLayer || support * 2 < period) continue;
      auto run = runWithPeriod(period, begin, end, windows, places);
      if (run.starts.size() >= 2 && run.covered() > best.covered()) best = std::move(run);
    }
    return best;
  }

  /// Occurrences of the earliest window that comes back about every `period` tokens, as the starts of the instances.
  Run runWithPeriod(size_t period, size_t begin, size_t end, const std::vector<uint64_t>& windows,
                    const std::unordered_map<uint64_t, std::vector<size_t>>& places) const {
    const size_t slack = std::max<size_t>(1, period / 6);
    Run best;
    for (size_t i = begin; i < end; ++i) {
      const auto& list = places.at(windows[i - begin]);
      if (list.size() < 2 || list.size() <= best.starts.size()) continue;
      std::vector<size_t> chain{i};
      while (extend(chain, list, period, slack)) {}
      if (chain.size() > std::max<size_t>(best.starts.size(), 1)) best.starts = std::move(chain);
    }
    if (best.starts.size() < 2) return {};
    // The last instance is as long as it agrees with the one before it.
    auto last = best.starts.back(), previous = best.starts[best.starts.size() - 2];
    auto length = last - previous;
    size_t agreed = 0;
    while (agreed < length && last + agreed < end && tokens_[last + agreed] == tokens_[previous + agreed]) ++agreed;
    best.end = last + agreed;
    // Cut short by a difference in the middle: it still ends where a layer's length says, if that much is there.
    if (agreed * 2 >= length && agreed < length && last + length <= end && tokens_[last + length - 1] == tokens_[last - 1])
      best.end = last + length;
    if (agreed * 2 < length) {
      best.starts.pop_back();
      best.end = last;
    }
    if (best.starts.size() < 2) return {};
    return rotate(std::move(best), end);
  }

  /// The place that lies closest to one period after `from`; nothing when none is within `slack` of it.
  static std::optional<size_t> nextStart(const std::vector<size_t>& places, size_t from, size_t period, size_t slack) {
    std::optional<size_t> best;
    auto distance = [&](size_t at) { return at > from + period ? at - from - period : from + period - at; };
    for (auto it = std::lower_bound(places.begin(), places.end(), from + period - slack); it != places.end() && *it <= from + period + slack; ++it)
      if (!best || distance(*it) < distance(*best)) best = *it;
    return best;
  }

  /// Adds the next start. One instance in between may differ just there (a rewrite was taken in it only): then its start is where the
  /// period says.
  static bool extend(std::vector<size_t>& chain, const std::vector<size_t>& places, size_t period, size_t slack) {
    for (size_t skip = 0; skip < 4; ++skip) {
      auto from = chain.back() + skip * period;
      auto next = nextStart(places, from, period, slack);
      if (!next) continue;
      for (size_t k = 1; k <= skip; ++k) chain.push_back(chain.back() + period);
      chain.push_back(*next);
      return true;
    }
    return false;
  }

  /// A run that starts later and reaches further covers as much: begin where the source line changes and fewest values cross.
  Run rotate(Run run, size_t end) const {
    auto length = run.end - run.starts.back();
    size_t room = 0;   // how far the whole run can move forward and still agree
    while (room < std::min<size_t>(length / 2, 256) && run.end + room < end && tokens_[run.end + room] == tokens_[run.starts.back() + room]) ++room;
    size_t bestShift = 0, bestCost = SIZE_MAX;
    for (size_t shift = 0; shift <= room; ++shift) {
      auto at = run.starts[1] + shift;
      auto cost = 4 * crossing(at, run.starts.front()) + (stackChanges(at) ? 0 : 6) + (shift ? 1 : 0);
      if (cost < bestCost) bestCost = cost, bestShift = shift;
    }
    for (auto& start : run.starts) start += bestShift;
    run.end += bestShift;
    return run;
  }

  bool stackChanges(size_t at) const {
    if (at == 0) return true;
    const auto& a = graph_.node(nodes_[at - 1]).stack;
    const auto& b = graph_.node(nodes_[at]).stack;
    return (a ? *a : std::string()) != (b ? *b : std::string());
  }

  /// Values made in [from, at) and used at or after `at`.
  size_t crossing(size_t at, size_t from) const {
    size_t count = 0;
    for (size_t i = from; i < at; ++i) {
      const auto& users = graph_.users(nodes_[i]);
      count += std::any_of(users.begin(), users.end(), [&](NodeId u) { return position_[u.value] != SIZE_MAX && position_[u.value] >= at; });
    }
    return count;
  }

  /// Gives a node outside the layers to the one instance that it serves: copy_ of a cache at the end, a weight transposed in front.
  /// Only what most instances have: the model's embedding serves the first layer alone and stays outside.
  void attachStragglers() {
    index();
    for (bool backwards : {false, true}) {   // preparations are found from their users backwards
      std::unordered_map<NodeId, Folding::Place> homes;
      std::vector<NodeId> found;
      for (const auto& part : folding_.parts)
        for (size_t i = 0; i < part.nodes.size(); ++i) {
          auto id = part.nodes[backwards ? part.nodes.size() - 1 - i : i];
          auto home = onlyHome(id);
          if (!home) continue;
          folding_.places[id.value] = home;   // what leads to it may follow
          homes[id] = *home;
          found.push_back(id);
        }
      keepCommon(found, homes);
      for (auto id : found) insert(id, homes.at(id));
      for (auto& part : folding_.parts) std::erase_if(part.nodes, [&](NodeId id) { return folding_.find(id).has_value(); });
    }
    std::erase_if(folding_.parts, [](const Part& part) { return part.layer < 0 && part.nodes.empty(); });
  }

  void keepCommon(std::vector<NodeId>& found, const std::unordered_map<NodeId, Folding::Place>& homes) {
    std::map<std::pair<size_t, uint64_t>, std::set<size_t>> instances;   // layer and token -> where it is
    auto key = [&](NodeId id) { return std::pair(homes.at(id).layer, tokens_[position_[id.value]]); };
    for (auto id : found) instances[key(id)].insert(homes.at(id).instance);
    std::erase_if(found, [&](NodeId id) {
      bool rare = instances[key(id)].size() * 2 < folding_.layers[homes.at(id).layer].instances.size() + 1;
      if (rare) folding_.places[id.value].reset();
      return rare;
    });
  }

  void insert(NodeId id, const Folding::Place& home) {
    auto& instance = folding_.layers[home.layer].instances[home.instance].nodes;
    auto at = std::lower_bound(instance.begin(), instance.end(), id, [&](NodeId a, NodeId b) { return position_[a.value] < position_[b.value]; });
    instance.insert(at, id);
  }

  std::optional<Folding::Place> onlyHome(NodeId id) const {
    std::optional<Folding::Place> home;
    bool single = true, outside = false;
    auto look = [&](NodeId other) {
      auto op = graph_.node(other).op;
      if (op == ir::Op::placeholder || op == ir::Op::output) return;
      auto place = folding_.find(other);
      if (!place) {
        outside = true;
        return;
      }
      if (home && (home->layer != place->layer || home->instance != place->instance)) single = false;
      home = place;
    };
    // An epilogue node: all it reads comes from one instance, and nothing else needs it.
    // A preparation: it reads inputs only, and one instance needs it.
    const auto& users = graph_.users(id);
    graph_.node(id).forEachInput([&](NodeId input) { look(input); });
    bool readsLayer = home.has_value();
    for (auto user : users) look(user);
    if (outside || !single || !home) return std::nullopt;
    bool usersInside = std::any_of(users.begin(), users.end(), [&](NodeId u) { return graph_.node(u).op != ir::Op::output; });
    // The model's result comes from the last layer too; only what nothing computes with any more, or what feeds one layer, moves.
    if (readsLayer && !usersInside && !users.empty()) return isEpilogue(id) ? home : std::nullopt;
    return home;
  }

  bool isEpilogue(NodeId id) const { return kindOf(graph_, id) == Kind::copy || kindOf(graph_, id) == Kind::write; }

  void index() {
    folding_.places.assign(graph_.idLimit(), std::nullopt);
    for (size_t l = 0; l < folding_.layers.size(); ++l)
      for (size_t k = 0; k < folding_.layers[l].instances.size(); ++k) {
        const auto& nodes = folding_.layers[l].instances[k].nodes;
        for (size_t i = 0; i < nodes.size(); ++i) folding_.places[nodes[i].value] = Folding::Place{l, k, i};
      }
  }

  void finish() {
    index();
    for (size_t l = 0; l < folding_.layers.size(); ++l) {
      auto& layer = folding_.layers[l];
      layer.name = folding_.layers.size() == 1 ? "layer" : "layer " + std::string(1, static_cast<char>('A' + l % 26));
      std::unordered_map<uint64_t, size_t> shapes;
      for (size_t k = 0; k < layer.instances.size(); ++k) {
        auto [it, fresh] = shapes.try_emplace(shapeHash(layer.instances[k]), layer.shapes.size());
        if (fresh) layer.shapes.push_back(k);
        layer.instances[k].shape = it->second;
      }
    }
  }

  /// Tokens, and how the nodes inside refer to each other.
  uint64_t shapeHash(const Instance& instance) const {
    uint64_t h = instance.nodes.size();
    for (auto id : instance.nodes) {
      h = mix(h, tokens_[position_[id.value]]);
      auto home = folding_.find(id);
      graph_.node(id).forEachInput([&](NodeId input) {
        auto place = folding_.find(input);
        if (place && place->layer == home->layer && place->instance == home->instance) h = mix(h, place->position);
      });
    }
    return h;
  }

  const Graph& graph_;
  std::vector<NodeId> nodes_;
  std::vector<uint64_t> tokens_;
  std::vector<size_t> position_;   // by NodeId::value
  Folding folding_;
};

}  // namespace

size_t Layer::count(size_t shape) const {
  return static_cast<size_t>(std::count_if(instances.begin(), instances.end(), [&](const Instance& i) { return i.shape == shape; }));
}

std::optional<Folding::Place> Folding::find(NodeId id) const {
  return id.value < places.size() ? places[id.value] : std::nullopt;
}

Folding fold(const Graph& graph) { return Folder(graph).run(); }

}  // namespace graph::layout
