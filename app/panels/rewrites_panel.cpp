#include "app/panels/rewrites_panel.h"

#include <fmt/format.h>

namespace app {

void RewritesPanel::draw(Context& context) {
  heading(context.theme, "Rewrites");
  list(context);
  actionButton(context, Action::apply, "Apply  F6");
  ImGui::SameLine();
  actionButton(context, Action::verify, "Verify");
  ImGui::SameLine();
  actionButton(context, Action::time, "Time");
  ImGui::Spacing();
  if (!context.s.facts) return;
  ImGui::BeginChild("decisions");
  if (context.selection.rewrite.empty() || context.selection.rewrite == "reinplace") {
    takenRows(context);
    refusedRows(context);
  } else {
    ImGui::TextDisabled("No preview for this rewrite: apply it, undo gives it back.");
  }
  ImGui::EndChild();
}

void RewritesPanel::list(Context& context) {
  const auto& rewrites = context.s.rewrites;
  if (rewrites.empty()) {
    wrapped(context.theme.dim, context.s.facts ? "No script defines a rewrite. fx.rewrite{…} in the console makes one." : "Open a graph to see what can be done with it.");
    return;
  }
  auto& chosen = context.selection.rewrite;
  bool known = false;
  for (const auto& [name, doc] : rewrites) known = known || name == chosen;
  if (!known) {
    chosen = rewrites[0].first;
    for (const auto& [name, doc] : rewrites)
      if (name == "reinplace") chosen = name;
  }
  float row = ImGui::GetTextLineHeightWithSpacing();
  auto shown = static_cast<float>(std::min<size_t>(rewrites.size(), 5));
  ImGui::BeginChild("rewrites", {0, row * shown + 18 * context.theme.scale}, true);
  for (const auto& [name, doc] : rewrites) {
    if (ImGui::Selectable(name.c_str(), name == chosen)) chosen = name;
    if (ImGui::IsItemHovered() && !doc.empty()) ImGui::SetTooltip("%s", doc.c_str());
  }
  ImGui::EndChild();
  for (const auto& [name, doc] : rewrites)
    if (name == chosen && !doc.empty()) wrapped(context.theme.dim, doc);
}

void RewritesPanel::takenRows(Context& context) {
  const auto& rows = context.s.facts->taken;
  ImGui::PushStyleColor(ImGuiCol_Text, vec(context.theme.taken));
  auto label = fmt::format("✓ {} can be taken###taken", rows.size());
  bool open = ImGui::TreeNodeEx(label.c_str(), ImGuiTreeNodeFlags_DefaultOpen);
  ImGui::PopStyleColor();
  if (!open) return;
  if (rows.empty())
    wrapped(context.theme.dim, context.s.facts->refused.empty() && context.s.revision == 0 ? "Nothing to take: this graph makes no functional updates." : "Nothing is left to take.");
  for (const auto& row : rows) {
    ImGui::PushID(static_cast<int>(row.node.value));
    ImGui::PushFont(context.theme.fonts.mono);
    if (ImGui::Selectable(row.name.c_str(), context.selection.node == row.node)) context.selection.select(row.node, true);
    ImGui::PopFont();
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("%d updates written in place into %s, %s saved", row.updates, row.writes.c_str(), row.saved.c_str());
    ImGui::SameLine();
    ImGui::TextDisabled("→ %s", row.writes.c_str());
    float width = ImGui::CalcTextSize(row.saved.c_str()).x, right = ImGui::GetWindowContentRegionMax().x;
    if (ImGui::GetItemRectMax().x - ImGui::GetWindowPos().x + width + 8 < right) {
      ImGui::SameLine(right - width);
      ImGui::TextDisabled("%s", row.saved.c_str());
    }
    ImGui::PopID();
  }
  ImGui::TreePop();
}

void RewritesPanel::refusedRows(Context& context) {
  const auto& rows = context.s.facts->refused;
  ImGui::PushStyleColor(ImGuiCol_Text, vec(rows.empty() ? context.theme.dim : context.theme.refused));
  auto label = fmt::format("▲ {} refused###refused", rows.size());
  bool open = ImGui::TreeNodeEx(label.c_str(), ImGuiTreeNodeFlags_DefaultOpen);
  ImGui::PopStyleColor();
  if (!open) return;
  for (const auto& row : rows) {
    ImGui::PushID(static_cast<int>(row.node.value));
    ImGui::PushFont(context.theme.fonts.mono);
    if (ImGui::Selectable(row.name.c_str(), context.selection.node == row.node)) context.selection.select(row.node, true);
    ImGui::PopFont();
    ImGui::Indent();
    wrapped(context.theme.refused, row.rule);
    wrapped(context.theme.text, row.because);
    for (auto blocker : row.blockers) nodeLink(context, blocker);
    if (!row.repair.empty()) wrapped(context.theme.dim, "could be done: " + row.repair);
    ImGui::Unindent();
    ImGui::PopID();
  }
  ImGui::TreePop();
}

}  // namespace app
