#include "app/panels/canvas.h"

#include <algorithm>
#include <cmath>

namespace app {

using graph::layout::Kind;
using graph::layout::Mark;
using graph::layout::Point;
using graph::layout::Rect;
using graph::layout::Scene;
using graph::layout::SceneBox;
using graph::layout::SceneEdge;
using graph::layout::ViewItem;

void Camera::zoomAbout(ImVec2 cursor, float factor, float scale) {
  auto fixed = toWorld(cursor);
  zoom = std::clamp(zoom * factor, 0.02f * scale, 4.f * scale);
  pan = {fixed.x - (cursor.x - origin.x) / zoom, fixed.y - (cursor.y - origin.y) / zoom};
}

void Camera::fit(const Scene& scene, float scale) {
  constexpr float margin = 24;
  zoom = std::min({(size.x - 2 * margin) / std::max(scene.width, 1.f), (size.y - 2 * margin) / std::max(scene.height, 1.f), 1.15f * scale});
  zoom = std::max(zoom, 0.02f);
  pan = {scene.width / 2 - size.x / 2 / zoom, scene.height / 2 - size.y / 2 / zoom};
}

void Camera::centre(const Rect& rect) {
  pan = {rect.x + rect.width / 2 - size.x / 2 / zoom, rect.y + rect.height / 2 - size.y / 2 / zoom};
}

bool Camera::sees(const Rect& r) const {
  return r.x < pan.x + size.x / zoom && r.x + r.width > pan.x && r.y < pan.y + size.y / zoom && r.y + r.height > pan.y;
}

bool Camera::seesWhole(const Rect& r) const {
  return r.x >= pan.x && r.y >= pan.y && r.x + r.width <= pan.x + size.x / zoom && r.y + r.height <= pan.y + size.y / zoom;
}

const SceneBox* hit(const Scene& scene, const Camera& camera, ImVec2 point) {
  auto p = camera.toWorld(point);
  for (const auto& box : scene.boxes)
    if (p.x >= box.rect.x && p.x <= box.rect.x + box.rect.width && p.y >= box.rect.y && p.y <= box.rect.y + box.rect.height) return &box;
  return nullptr;
}

namespace {

class Painter {
 public:
  Painter(ImDrawList& list, const Camera& camera, const Theme& theme, const Highlights& highlights)
      : list_(list), camera_(camera), theme_(theme), highlights_(highlights), z_(camera.zoom) {}

  void frame(const graph::layout::SceneFrame& frame) {
    auto a = camera_.toScreen({frame.rect.x, frame.rect.y});
    auto b = camera_.toScreen({frame.rect.x + frame.rect.width, frame.rect.y + frame.rect.height});
    list_.AddRectFilled(a, b, (theme_.frame & 0x00FFFFFF) | 0x18000000, 8 * z_);
    list_.AddRect(a, b, theme_.frame, 8 * z_, 0, std::max(1.f, 1.2f * z_));
  }

  /// The title stays readable at every zoom and stays in view while its frame does.
  void frameTitle(const graph::layout::SceneFrame& frame) {
    auto a = camera_.toScreen({frame.rect.x, frame.rect.y});
    auto b = camera_.toScreen({frame.rect.x + frame.rect.width, frame.rect.y + frame.rect.height});
    auto* font = theme_.fonts.bold;
    auto size = font->CalcTextSizeA(font->FontSize, FLT_MAX, 0, frame.title.c_str());
    float pad = 6 * theme_.scale;
    ImVec2 at{std::max(a.x, camera_.origin.x) + pad, std::max(a.y, camera_.origin.y) + pad};
    if (at.x + size.x > b.x || at.y + size.y > b.y) return;
    list_.AddRectFilled({at.x - pad / 2, at.y - pad / 3}, {at.x + size.x + pad / 2, at.y + size.y + pad / 3}, (theme_.canvas & 0x00FFFFFF) | 0xD0000000, 4);
    list_.AddText(font, font->FontSize, at, theme_.dim, frame.title.c_str());
  }

  void edge(const SceneEdge& edge) {
    const auto& s = edge.spline;
    if (s.size() < 2 || !visible(s)) return;
    bool touches = highlights_.selected && (edge.from == highlights_.selected || edge.to == highlights_.selected);
    auto colour = touches ? theme_.selection : edge.kind == Kind::copy ? theme_.of(Kind::copy) : theme_.edge;
    auto width = std::max(1.f, (touches ? edge.width + 1 : edge.width) * std::min(1.3f * theme_.scale, z_) * 0.9f);
    if (z_ < 0.12f || s.size() < 4) list_.AddLine(camera_.toScreen(s.front()), camera_.toScreen(s.back()), colour, width);
    else
      for (size_t i = 0; i + 3 < s.size(); i += 3)
        list_.AddBezierCubic(camera_.toScreen(s[i]), camera_.toScreen(s[i + 1]), camera_.toScreen(s[i + 2]), camera_.toScreen(s[i + 3]), colour, width);
    if (z_ > 0.25f) arrow(s, colour, width);
  }

  void box(const SceneBox& box) {
    if (!camera_.sees(box.rect)) return;
    auto a = camera_.toScreen({box.rect.x, box.rect.y});
    ImVec2 b{a.x + box.rect.width * z_, a.y + box.rect.height * z_};
    if (box.item != ViewItem::Kind::node) return portal(box, a, b);
    float round = 5 * z_;
    list_.AddRectFilled(a, b, theme_.tintOf(box.kind), round);
    list_.AddRectFilled(a, {a.x + 5 * z_, b.y}, theme_.of(box.kind), round, ImDrawFlags_RoundCornersLeft);
    list_.AddRect(a, b, (theme_.of(box.kind) & 0x00FFFFFF) | 0xB0000000, round, 0, std::max(1.f, z_));
    texts(box, a, b);
    if (box.mark != Mark::none) mark(box.mark, {b.x, a.y});
    outline(box, a, b, round);
  }

 private:
  bool visible(const std::vector<Point>& s) const {
    Rect r{s[0].x, s[0].y, 0, 0};
    float right = r.x, bottom = r.y;
    for (auto p : s) {
      r.x = std::min(r.x, p.x), r.y = std::min(r.y, p.y);
      right = std::max(right, p.x), bottom = std::max(bottom, p.y);
    }
    r.width = right - r.x + 1, r.height = bottom - r.y + 1;
    return camera_.sees(r);
  }

  void arrow(const std::vector<Point>& s, ImU32 colour, float width) {
    auto tip = camera_.toScreen(s.back());
    auto before = camera_.toScreen(s[s.size() >= 4 ? s.size() - 4 : 0]);
    float dx = tip.x - before.x, dy = tip.y - before.y, length = std::sqrt(dx * dx + dy * dy);
    if (length < 0.5f) return;
    dx /= length, dy /= length;
    float size = 5 * z_ + width * 0.7f;
    ImVec2 back{tip.x - dx * size * 1.5f, tip.y - dy * size * 1.5f};
    list_.AddTriangleFilled(tip, {back.x - dy * size * 0.6f, back.y + dx * size * 0.6f}, {back.x + dy * size * 0.6f, back.y - dx * size * 0.6f}, colour);
  }

  void text(ImVec2 at, float size, ImU32 colour, const std::string& line) {
    if (auto* font = theme_.fonts.fitting(size)) list_.AddText(font, font->FontSize, {std::round(at.x), std::round(at.y)}, colour, line.c_str());
  }

  void texts(const SceneBox& box, ImVec2 a, ImVec2 b) {
    constexpr float kSize = 12.04f;   // points, what the layout's fixed advance stands for
    if (z_ * kSize >= 6.5f) {
      for (size_t i = 0; i < box.lines.size(); ++i)
        text({a.x + (graph::layout::kPadX) * z_, a.y + (graph::layout::kPadY + static_cast<float>(i) * graph::layout::kLineHeight) * z_}, kSize * z_,
             i == 0 ? theme_.text : theme_.dim, box.lines[i]);
      return;
    }
    // Far out only the name is shown, as large as the box allows.
    auto length = static_cast<float>(graph::layout::characters(box.lines[0]));
    float size = std::min({(b.y - a.y) * 0.8f, (b.x - a.x - 6 * z_) / (length * 0.61f), 11 * theme_.scale});
    if (size < 5) return;
    text({a.x + 7 * z_, (a.y + b.y - size) / 2}, size, theme_.text, box.lines[0]);
  }

  void portal(const SceneBox& box, ImVec2 a, ImVec2 b) {
    bool incoming = box.item == ViewItem::Kind::from;
    float middle = (a.y + b.y) / 2, point = 7 * z_;
    // A tag that points to where the value goes.
    ImVec2 shape[5] = {a, {b.x - point, a.y}, {b.x, middle}, {b.x - point, b.y}, {a.x, b.y}};
    bool hovered = highlights_.hovered == &box;
    auto colour = incoming ? theme_.of(box.kind) : theme_.accent;
    list_.AddConvexPolyFilled(shape, 5, theme_.canvas);
    list_.AddPolyline(shape, 5, (colour & 0x00FFFFFF) | (hovered ? 0xFF000000 : 0xB8000000), ImDrawFlags_Closed, std::max(1.f, z_));
    if (z_ * 11 >= 6) text({a.x + 8 * z_, a.y + 4 * z_}, 11 * z_, hovered ? theme_.text : theme_.dim, (incoming ? "" : "→ ") + box.lines[0]);
  }

  /// Taken: a disc with a check mark. Refused: a triangle with an exclamation mark. Shape and colour say the same.
  void mark(Mark mark, ImVec2 corner) {
    float r = std::max(4.f, 8 * z_);
    if (mark == Mark::taken) {
      list_.AddCircleFilled(corner, r, theme_.taken);
      ImVec2 tick[3] = {{corner.x - r * 0.5f, corner.y}, {corner.x - r * 0.1f, corner.y + r * 0.4f}, {corner.x + r * 0.5f, corner.y - r * 0.4f}};
      list_.AddPolyline(tick, 3, theme_.canvas, 0, std::max(1.f, r * 0.25f));
    } else {
      list_.AddTriangleFilled({corner.x, corner.y - r * 1.2f}, {corner.x - r * 1.15f, corner.y + r * 0.8f}, {corner.x + r * 1.15f, corner.y + r * 0.8f}, theme_.refused);
      list_.AddLine({corner.x, corner.y - r * 0.5f}, {corner.x, corner.y + r * 0.15f}, theme_.canvas, std::max(1.f, r * 0.25f));
      list_.AddCircleFilled({corner.x, corner.y + r * 0.5f}, r * 0.15f, theme_.canvas);
    }
  }

  void outline(const SceneBox& box, ImVec2 a, ImVec2 b, float round) {
    auto ring = [&](ImU32 colour, float distance, float width) {
      list_.AddRect({a.x - distance, a.y - distance}, {b.x + distance, b.y + distance}, colour, round + distance, 0, width);
    };
    if (box.node == highlights_.selected) ring(theme_.selection, 3, 2.5f * theme_.scale);
    else if (highlights_.storage.contains(box.node)) ring(theme_.storage, 2, 2 * theme_.scale);
    else if (highlights_.hovered == &box) ring(theme_.text, 1, 1);
  }

  ImDrawList& list_;
  const Camera& camera_;
  const Theme& theme_;
  const Highlights& highlights_;
  float z_;
};

void paintGrid(ImDrawList& list, const Camera& camera, const Theme& theme) {
  float step = 48;
  while (step * camera.zoom < 24) step *= 4;
  for (float x = std::floor(camera.pan.x / step) * step; (x - camera.pan.x) * camera.zoom < camera.size.x; x += step)
    for (float y = std::floor(camera.pan.y / step) * step; (y - camera.pan.y) * camera.zoom < camera.size.y; y += step) {
      auto p = camera.toScreen({x, y});
      list.AddRectFilled({p.x, p.y}, {p.x + 1.5f * theme.scale, p.y + 1.5f * theme.scale}, theme.frame & 0x60FFFFFF);
    }
}

}  // namespace

void paint(ImDrawList& list, const Scene& scene, const Camera& camera, const Theme& theme, const Highlights& highlights) {
  paintGrid(list, camera, theme);
  Painter painter(list, camera, theme, highlights);
  for (const auto& frame : scene.frames) painter.frame(frame);
  for (const auto& edge : scene.edges) painter.edge(edge);
  for (const auto& box : scene.boxes) painter.box(box);
  for (const auto& frame : scene.frames) painter.frameTitle(frame);
}

}  // namespace app
