#include "app/panels/history_panel.h"

#include <fmt/format.h>

namespace app {
namespace {

const char* verifiedText(rewrites::Verified state) {
  switch (state) {
    case rewrites::Verified::same: return "same results";
    case rewrites::Verified::different: return "DIFFERENT";
    case rewrites::Verified::skipped: return "could not be verified";
    case rewrites::Verified::notYet: break;
  }
  return "not yet verified";
}

void tooltip(const HistoryRow& row) {
  ImGui::BeginTooltip();
  ImGui::PushTextWrapPos(ImGui::GetFontSize() * 36);
  if (row.number) ImGui::Text("%s: %s", verifiedText(row.verified), row.because.c_str());
  if (!row.lua.empty()) ImGui::TextUnformatted(row.lua.c_str());
  ImGui::PopTextWrapPos();
  ImGui::EndTooltip();
}

}  // namespace

void HistoryPanel::draw(Context& context) {
  heading(context.theme, "History");
  auto& style = ImGui::GetStyle();
  float buttons = ImGui::CalcTextSize("UndoRedo").x + 4 * style.FramePadding.x + style.ItemSpacing.x;
  ImGui::SameLine(ImGui::GetWindowContentRegionMax().x - buttons);
  actionButton(context, Action::undo, "Undo");
  ImGui::SameLine();
  actionButton(context, Action::redo, "Redo");
  ImGui::BeginChild("revisions");
  for (const auto& row : context.s.history) {
    ImGui::PushID(row.number);
    bool current = row.number == context.s.revision;
    auto label = fmt::format("{}  {}###revision", row.number, row.label);
    if (ImGui::Selectable(label.c_str(), current) && !current) context.requests.go(row.number);
    if (ImGui::IsItemHovered() && (row.number || !row.lua.empty())) tooltip(row);
    if (row.number) {
      ImGui::SameLine();
      auto colour = row.verified == rewrites::Verified::same        ? context.theme.good
                    : row.verified == rewrites::Verified::different ? context.theme.error
                                                                    : context.theme.dim;
      auto mark = row.verified == rewrites::Verified::same ? "✓" : row.verified == rewrites::Verified::different ? "✗" : "·";
      auto text = fmt::format("{}{}{}", mark, row.taken ? fmt::format("  {} taken", row.taken) : "", row.refused ? fmt::format(", {} refused", row.refused) : "");
      if (row.parent != row.number - 1) text += fmt::format("  from {}", row.parent);
      ImGui::TextColored(vec(colour), "%s", text.c_str());
    }
    ImGui::PopID();
  }
  ImGui::EndChild();
}

}  // namespace app
