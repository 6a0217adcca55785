#include "app/panels/source_panel.h"

#include <algorithm>
#include <cstdio>

namespace app {

void SourcePanel::index(const Snapshot& s) {
  if (source_ == s.source) return;
  source_ = s.source;
  lines_.clear();
  widest_ = 0;
  std::string_view rest = source_ ? std::string_view(*source_) : std::string_view();
  while (!rest.empty()) {
    auto end = std::min(rest.find('\n'), rest.size());
    lines_.push_back(rest.substr(0, end));
    widest_ = std::max(widest_, std::min<size_t>(end, 400));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

void SourcePanel::draw(Context& context) {
  index(context.s);
  if (lines_.empty()) return ImGui::TextDisabled("The text of the dump appears here.");
  uint32_t selected = context.alive(context.selection.node) ? context.graph()->node(context.selection.node).line : 0;
  ImGui::PushFont(context.theme.fonts.mono);
  ImGui::BeginChild("text", {0, 0}, false, ImGuiWindowFlags_HorizontalScrollbar);
  float height = ImGui::GetTextLineHeightWithSpacing();
  if (seen_ != context.selection.changes) {
    seen_ = context.selection.changes;
    float top = static_cast<float>(selected ? selected - 1 : 0) * height;
    if (selected && (top < ImGui::GetScrollY() || top > ImGui::GetScrollY() + ImGui::GetWindowHeight() - 3 * height))
      ImGui::SetScrollY(top - ImGui::GetWindowHeight() / 3);
  }
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(lines_.size()), height);
  while (clipper.Step())
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) line(context, static_cast<size_t>(i), selected);
  ImGui::EndChild();
  ImGui::PopFont();
}

void SourcePanel::line(Context& context, size_t i, uint32_t selected) {
  auto number = static_cast<uint32_t>(i + 1);
  auto node = NodeId{};
  if (auto it = context.s.facts->byLine.find(number); it != context.s.facts->byLine.end()) node = it->second;
  auto at = ImGui::GetCursorScreenPos();
  auto width = std::max(ImGui::GetContentRegionAvail().x, static_cast<float>(widest_ + 8) * ImGui::CalcTextSize("M").x);
  auto height = ImGui::GetTextLineHeightWithSpacing();
  ImGui::PushID(static_cast<int>(i));
  if (ImGui::InvisibleButton("line", {width, ImGui::GetTextLineHeight()}) && node) context.selection.select(node, true);
  bool hovered = ImGui::IsItemHovered() && node;
  ImGui::PopID();
  auto* list = ImGui::GetWindowDrawList();
  if (number == selected) list->AddRectFilled({at.x, at.y - 2}, {at.x + width, at.y + height - 2}, context.theme.line);
  else if (hovered) list->AddRectFilled({at.x, at.y - 2}, {at.x + width, at.y + height - 2}, context.theme.grid);
  char text[16];
  std::snprintf(text, sizeof text, "%5u", number);
  list->AddText(at, number == selected ? context.theme.text : context.theme.frame, text);
  auto shown = lines_[i].substr(0, 4000);
  auto first = shown.find_first_not_of(' ');
  bool comment = first != std::string_view::npos && shown[first] == '#';
  bool erased = !comment && node == NodeId{} && shown.find(" = ") != std::string_view::npos;
  auto colour = comment || erased ? context.theme.dim : context.theme.text;
  list->AddText({at.x + 7 * ImGui::CalcTextSize("M").x, at.y}, colour, shown.data(), shown.data() + shown.size());
}

}  // namespace app
