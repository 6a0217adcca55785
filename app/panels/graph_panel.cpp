#include "app/panels/graph_panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace app {

using graph::layout::SceneBox;
using graph::layout::ViewItem;
using graph::layout::ViewSpec;

// --- following the session ----------------------------------------------------------------------------------------------------

void GraphPanel::update(Context& context) {
  follow(context);
  if (auto latest = layout_.result(); latest != scene_) {
    bool sameView = scene_ && latest->spec == drawn_ && latest->facts->graph->name() == scene_->facts->graph->name();
    if (latest->error.empty()) {
      look_ = look_ || !sameView;
      if (!look_) keepPlace(*scene_, *latest, context.selection.node);
    }
    message_ = latest->error;
    scene_ = latest;
    drawn_ = latest->spec;
  }
  if (context.selection.reveal && context.alive(context.selection.node)) reveal(context);
}

/// A new graph gets its first view; a new revision keeps the view where it can.
void GraphPanel::follow(Context& context) {
  const auto& facts = context.s.facts;
  if (!facts || facts == facts_) return;
  facts_ = facts;
  auto key = context.s.file + "\n" + context.s.graphName;
  bool valid = spec_.kind != ViewSpec::Kind::around || facts->graph->contains(spec_.node);
  if (spec_.kind == ViewSpec::Kind::layer)
    valid = spec_.layer < facts->folding.layers.size() && spec_.instance < facts->folding.layers[spec_.layer].instances.size();
  if (key != open_ || !valid) {
    auto asked = key != open_ ? ViewSpec::parse(wanted_, *facts->graph, facts->folding) : std::nullopt;
    spec_ = asked.value_or(ViewSpec::first(*facts->graph, facts->folding));
    open_ = key;
    look_ = true;
  }
  layout_.request(facts_, spec_);
}

void GraphPanel::show(Context& context, const ViewSpec& spec) {
  if (!context.s.facts) return;
  spec_ = spec;
  facts_ = context.s.facts;
  layout_.request(facts_, spec_);
}

void GraphPanel::showLayer(Context& context, int step) {
  if (!context.s.facts || context.s.facts->folding.layers.empty()) return;
  const auto& layers = context.s.facts->folding.layers;
  ViewSpec spec{.kind = ViewSpec::Kind::layer};
  if (spec_.kind == ViewSpec::Kind::layer && spec_.layer < layers.size()) {
    spec.layer = spec_.layer;
    auto last = static_cast<int>(layers[spec.layer].instances.size()) - 1;
    spec.instance = static_cast<size_t>(std::clamp(static_cast<int>(spec_.instance) + step, 0, last));
  } else if (auto place = context.s.facts->folding.find(context.selection.node)) {
    spec.layer = place->layer;
    spec.instance = place->instance;
  }
  show(context, spec);
}

void GraphPanel::showAround(Context& context, NodeId node) {
  if (context.alive(node)) show(context, {.kind = ViewSpec::Kind::around, .node = node, .depth = static_cast<int>(depth_)});
}

/// The selected node comes into view: in the scene on screen, else in its layer, else with its surroundings.
void GraphPanel::reveal(Context& context) {
  auto id = context.selection.node;
  if (layout_.busy() || !scene_ || scene_->facts != context.s.facts) {
    if (message_.empty()) return;   // wait for the scene that is being made
  }
  if (auto* box = scene_ ? scene_->scene.box(id) : nullptr; box && scene_->facts == context.s.facts) {
    if (!camera_.seesWhole(box->rect)) camera_.centre(box->rect);
    camera_.zoom = std::max(camera_.zoom, 0.7f * context.theme.scale);
    if (!camera_.seesWhole(box->rect)) camera_.centre(box->rect);
    context.selection.reveal = false;
    look_ = false;
    return;
  }
  auto place = context.s.facts->folding.find(id);
  bool alreadyThere = place && spec_.kind == ViewSpec::Kind::layer && spec_.layer == place->layer && spec_.instance == place->instance;
  bool alreadyAround = spec_.kind == ViewSpec::Kind::around && spec_.node == id;
  if (alreadyAround || !message_.empty()) context.selection.reveal = false;   // nothing more can be done
  else if (place && !alreadyThere) show(context, {.kind = ViewSpec::Kind::layer, .layer = place->layer, .instance = place->instance});
  else showAround(context, id);
}

bool GraphPanel::settled() const {
  if (!facts_) return true;
  return !layout_.busy() && scene_ == layout_.result() && scene_ && !look_ && !fit_;
}

namespace {

/// What people come for: a decision, else a write in place, else a copy; the second of a kind, which has others around it.
const SceneBox* mostTelling(const graph::layout::Scene& scene) {
  using graph::layout::Kind;
  auto pick = [&](auto wanted) -> const SceneBox* {
    const SceneBox* found = nullptr;
    int count = 0;
    for (const auto& box : scene.boxes)
      if (box.item == ViewItem::Kind::node && wanted(box) && ++count <= 2) found = &box;
    return found;
  };
  if (auto* box = pick([](const SceneBox& b) { return b.mark != graph::layout::Mark::none; })) return box;
  if (auto* box = pick([](const SceneBox& b) { return b.kind == Kind::write; })) return box;
  return pick([](const SceneBox& b) { return b.kind == Kind::copy; });
}

}  // namespace

void GraphPanel::showcase(Context& context) {
  if (!scene_) return;
  look_ = true;
  if (auto* box = mostTelling(scene_->scene)) context.selection.select(box->node);
}

/// After a change of the graph what lies in the middle of the panel stays where it is.
void GraphPanel::keepPlace(const SceneResult& before, const SceneResult& after, NodeId selected) {
  const SceneBox *was = nullptr, *is = nullptr;
  auto middle = camera_.toWorld({camera_.origin.x + camera_.size.x / 2, camera_.origin.y + camera_.size.y / 2});
  float best = 0;
  for (const auto& box : before.scene.boxes) {
    if (box.item != ViewItem::Kind::node) continue;
    auto* same = after.scene.box(box.node);
    if (!same) continue;
    float dx = box.rect.x + box.rect.width / 2 - middle.x, dy = box.rect.y + box.rect.height / 2 - middle.y, distance = dx * dx + dy * dy;
    if (box.node == selected && camera_.sees(box.rect)) distance = -1;
    if (!was || distance < best) was = &box, is = same, best = distance;
  }
  if (!was) return;
  camera_.pan.x += is->rect.x - was->rect.x;
  camera_.pan.y += is->rect.y - was->rect.y;
}

/// The first look at a view is readable: all of it when that is large enough, else the copies, which is what people look for.
void GraphPanel::firstLook(const Theme& theme) {
  const auto& scene = scene_->scene;
  camera_.fit(scene, theme.scale);
  constexpr float kReadable = 0.84f;
  if (camera_.zoom >= kReadable * theme.scale || scene.boxes.empty()) return;
  camera_.zoom = kReadable * theme.scale;
  const SceneBox* centre = nullptr;
  for (const auto& box : scene.boxes) {
    if (box.focus) centre = &box;
  }
  if (!centre) centre = mostTelling(scene);
  if (centre) camera_.centre(centre->rect);
  else camera_.pan = {scene.width / 2 - camera_.size.x / 2 / camera_.zoom, -20};
}

// --- drawing --------------------------------------------------------------------------------------------------------------------

void GraphPanel::draw(Context& context) {
  toolbar(context);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {0, 0});
  ImGui::BeginChild("canvas", {0, 0}, true, ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_NoMove);
  ImGui::PopStyleVar();
  canvas(context);
  ImGui::EndChild();
}

void GraphPanel::toolbar(Context& context) {
  auto tab = [&](const char* label, Action action, bool active) {
    if (active) ImGui::PushStyleColor(ImGuiCol_Button, ImGui::GetStyleColorVec4(ImGuiCol_HeaderActive));
    actionButton(context, action, label);
    if (active) ImGui::PopStyleColor();
    ImGui::SameLine(0, 4);
  };
  using Kind = ViewSpec::Kind;
  tab("Layer", Action::viewLayer, spec_.kind == Kind::layer);
  layerMenu(context);
  tab("Folded", Action::viewFolded, spec_.kind == Kind::folded);
  tab("Whole", Action::viewWhole, spec_.kind == Kind::whole);
  tab("Around", Action::viewAround, spec_.kind == Kind::around);
  if (spec_.kind == Kind::around) {
    ImGui::SetNextItemWidth(90 * context.theme.scale);
    int depth = static_cast<int>(depth_);
    if (ImGui::SliderInt("##depth", &depth, 1, 8, "depth %d")) {
      depth_ = static_cast<float>(depth);
      showAround(context, spec_.node);
    }
    ImGui::SameLine(0, 4);
  }
  tab("Fit", Action::fit, false);
  ImGui::SameLine(0, 12);
  if (context.s.graphNames.size() > 1) {
    ImGui::SetNextItemWidth(200 * context.theme.scale);
    if (ImGui::BeginCombo("##graph", context.s.graphName.c_str())) {
      for (const auto& name : context.s.graphNames)
        if (ImGui::Selectable(name.c_str(), name == context.s.graphName)) context.requests.useGraph(name);
      ImGui::EndCombo();
    }
    ImGui::SameLine();
  }
  if (!message_.empty()) ImGui::TextColored(vec(context.theme.error), "%s", message_.c_str());
  else if (layout_.busy()) ImGui::TextDisabled("laying out…");
  else if (scene_) ImGui::TextDisabled("%zu boxes", scene_->scene.boxes.size());
  else ImGui::TextUnformatted("");
}

void GraphPanel::layerMenu(Context& context) {
  if (spec_.kind != ViewSpec::Kind::layer || !context.s.facts || spec_.layer >= context.s.facts->folding.layers.size()) return;
  const auto& layers = context.s.facts->folding.layers;
  ImGui::SetNextItemWidth(120 * context.theme.scale);
  auto current = fmt::format("{} of {}", spec_.instance, layers[spec_.layer].instances.size());
  if (ImGui::BeginCombo("##layer", current.c_str())) {
    for (size_t l = 0; l < layers.size(); ++l)
      for (size_t k = 0; k < layers[l].instances.size(); ++k) {
        auto label = fmt::format("{} {}", layers[l].name, k);
        if (layers[l].shapes.size() > 1) label += fmt::format("  (form {})", layers[l].instances[k].shape + 1);
        if (ImGui::Selectable(label.c_str(), l == spec_.layer && k == spec_.instance)) show(context, {.kind = ViewSpec::Kind::layer, .layer = l, .instance = k});
      }
    ImGui::EndCombo();
  }
  ImGui::SameLine(0, 4);
}

void GraphPanel::canvas(Context& context) {
  auto& style = ImGui::GetStyle();
  auto window = ImGui::GetWindowPos();
  auto size = ImGui::GetWindowSize();
  camera_.origin = window;
  camera_.size = size;
  ImGui::SetCursorScreenPos(window);
  ImGui::InvisibleButton("graph", size, ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight | ImGuiButtonFlags_MouseButtonMiddle);
  bool hovered = ImGui::IsItemHovered();
  auto& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(window, {window.x + size.x, window.y + size.y}, context.theme.canvas, style.ChildRounding);
  if (!scene_ || !context.s.facts) {
    const char* text = context.s.facts ? "laying out…" : "Drop a dump here, or File > Open";
    auto extent = ImGui::CalcTextSize(text);
    list.AddText({window.x + (size.x - extent.x) / 2, window.y + (size.y - extent.y) / 2}, context.theme.dim, text);
    return;
  }
  if (look_ && scene_->error.empty()) firstLook(context.theme), look_ = false;
  if (fit_) camera_.fit(scene_->scene, context.theme.scale), fit_ = false;
  mouse(context, hovered);
  Highlights highlights{.selected = context.selection.node};
  const auto& facts = *context.s.facts;
  if (context.selection.node.value < facts.owner.size())
    if (auto it = facts.aliases.find(facts.owner[context.selection.node.value]); it != facts.aliases.end() && it->second.size() > 1)
      highlights.storage.insert(it->second.begin(), it->second.end());
  auto* under = hovered && !dragging_ ? hit(scene_->scene, camera_, ImGui::GetIO().MousePos) : nullptr;
  highlights.hovered = under;
  list.PushClipRect(window, {window.x + size.x, window.y + size.y}, true);
  paint(list, scene_->scene, camera_, context.theme, highlights);
  legend(context, {window.x + size.x, window.y + size.y});
  list.PopClipRect();
  if (under) hover(context, *under);
}

void GraphPanel::mouse(Context& context, bool hovered) {
  auto& io = ImGui::GetIO();
  if (hovered && io.MouseWheel != 0) camera_.zoomAbout(io.MousePos, std::pow(1.18f, io.MouseWheel), context.theme.scale);
  bool active = ImGui::IsItemActive();
  for (int button : {ImGuiMouseButton_Left, ImGuiMouseButton_Right, ImGuiMouseButton_Middle})
    if (active && ImGui::IsMouseDragging(button, 4)) {
      dragging_ = true;
      camera_.pan.x -= io.MouseDelta.x / camera_.zoom;
      camera_.pan.y -= io.MouseDelta.y / camera_.zoom;
      break;
    }
  if (hovered && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) {
    if (auto* box = hit(scene_->scene, camera_, io.MousePos)) showAround(context, box->node);
  } else if (hovered && ImGui::IsMouseReleased(ImGuiMouseButton_Left) && !dragging_) {
    auto* box = hit(scene_->scene, camera_, io.MousePos);
    if (!box) context.selection.select({});
    else context.selection.select(box->node, box->item != ViewItem::Kind::node);   // a portal goes where it leads
  }
  if (!ImGui::IsMouseDown(ImGuiMouseButton_Left) && !ImGui::IsMouseDown(ImGuiMouseButton_Right) && !ImGui::IsMouseDown(ImGuiMouseButton_Middle)) dragging_ = false;
}

void GraphPanel::hover(Context& context, const SceneBox& box) {
  if (!scene_->facts->graph->contains(box.node)) return;
  const auto& graph = *scene_->facts->graph;
  ImGui::BeginTooltip();
  ImGui::PushTextWrapPos(ImGui::GetFontSize() * 34);
  ImGui::PushFont(context.theme.fonts.mono);
  ImGui::TextUnformatted(graph.node(box.node).name.c_str());
  ImGui::TextUnformatted(graph::layout::shortCall(graph, box.node, 400).c_str());
  auto meta = graph::layout::shortMeta(graph.node(box.node).meta, 200);
  if (!meta.empty()) ImGui::TextUnformatted(meta.c_str());
  ImGui::PopFont();
  if (box.item != ViewItem::Kind::node) ImGui::TextDisabled("outside of this view: click to go there");
  if (!box.hint.empty()) wrapped(box.mark == graph::layout::Mark::refused ? context.theme.refused : box.mark == graph::layout::Mark::taken ? context.theme.taken : context.theme.dim, box.hint);
  ImGui::PopTextWrapPos();
  ImGui::EndTooltip();
}

void GraphPanel::legend(Context& context, ImVec2 corner) {
  using graph::layout::Kind;
  constexpr std::pair<Kind, const char*> entries[] = {{Kind::copy, "copies a buffer"}, {Kind::write, "writes in place"}, {Kind::view, "view"}, {Kind::fresh, "computes"}, {Kind::input, "input"}};
  auto& list = *ImGui::GetWindowDrawList();
  auto& theme = context.theme;
  float x = corner.x - 12 * theme.scale, height = ImGui::GetTextLineHeight(), y = corner.y - height - 12 * theme.scale;
  float width = 0;
  for (const auto& [kind, text] : entries) width += ImGui::CalcTextSize(text).x + 34 * theme.scale;
  x -= width;
  list.AddRectFilled({x - 8 * theme.scale, y - 6 * theme.scale}, {corner.x - 8 * theme.scale, corner.y - 6 * theme.scale}, (theme.canvas & 0x00FFFFFF) | 0xE0000000, 6);
  for (const auto& [kind, text] : entries) {
    list.AddRectFilled({x, y + 3}, {x + 12 * theme.scale, y + height - 2}, theme.of(kind), 3);
    x += 18 * theme.scale;
    list.AddText({x, y}, theme.dim, text);
    x += ImGui::CalcTextSize(text).x + 16 * theme.scale;
  }
}

}  // namespace app
