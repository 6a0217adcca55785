// The few widgets that several panels share.
#include "app/panels/context.h"

namespace app {

void heading(const Theme& theme, const char* text, const char* right) {
  ImGui::PushFont(theme.fonts.bold);
  ImGui::TextUnformatted(text);
  ImGui::PopFont();
  if (right) {
    ImGui::SameLine();
    ImGui::TextDisabled("%s", right);
  }
}

bool nodeLink(Context& context, NodeId id) {
  auto name = context.name(id);
  ImGui::PushID(static_cast<int>(id.value));
  ImGui::PushFont(context.theme.fonts.mono);
  ImGui::PushStyleColor(ImGuiCol_Text, vec(context.theme.accent));
  auto size = ImGui::CalcTextSize(name.c_str());
  bool clicked = ImGui::Selectable(name.c_str(), false, 0, size);
  ImGui::PopStyleColor();
  ImGui::PopFont();
  ImGui::PopID();
  if (clicked) context.selection.select(id, true);
  return clicked;
}

void wrapped(ImU32 colour, const std::string& text) {
  ImGui::PushStyleColor(ImGuiCol_Text, vec(colour));
  ImGui::PushTextWrapPos(0);
  ImGui::TextUnformatted(text.c_str(), text.c_str() + text.size());
  ImGui::PopTextWrapPos();
  ImGui::PopStyleColor();
}

bool actionButton(Context& context, Action action, const char* label) {
  const auto& a = info(action);
  bool possible = context.enabled(action);
  ImGui::BeginDisabled(!possible);
  bool clicked = ImGui::Button(label ? label : a.label);
  ImGui::EndDisabled();
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled)) ImGui::SetTooltip("%s  [%s]", a.tooltip, a.keys);
  if (clicked) context.perform(action);
  return clicked;
}

}  // namespace app
