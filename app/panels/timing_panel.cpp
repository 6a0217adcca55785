#include "app/panels/timing_panel.h"

#include <fmt/format.h>

#include "app/numbers.h"

namespace app {

void TimingPanel::draw(Context& context) {
  heading(context.theme, "Timing");
  ImGui::SameLine(ImGui::GetWindowContentRegionMax().x - ImGui::CalcTextSize("Time  F5").x - 2 * ImGui::GetStyle().FramePadding.x);
  actionButton(context, Action::time, "Time  F5");
  ImGui::BeginChild("timing");
  table(context);
  chains(context);
  ImGui::EndChild();
}

void TimingPanel::table(Context& context) {
  if (!context.s.timing) return ImGui::TextDisabled("Not measured: F5 runs before and after, interleaved.");
  const auto& t = *context.s.timing;
  if (ImGui::BeginTable("times", 6, ImGuiTableFlags_RowBg | ImGuiTableFlags_BordersInnerH | ImGuiTableFlags_SizingStretchProp)) {
    for (const char* column : {"", "median", "p25", "p75", "runs", "peak"}) ImGui::TableSetupColumn(column);
    ImGui::TableHeadersRow();
    auto line = [](const std::string& label, const graph::run::Quartiles& q, const std::optional<int64_t>& peak) {
      ImGui::TableNextRow();
      for (const auto& cell : {label, timeText(q.median), timeText(q.p25), timeText(q.p75), std::to_string(q.runs), peak ? bytesText(*peak) : std::string("–")}) {
        ImGui::TableNextColumn();
        ImGui::TextUnformatted(cell.c_str());
      }
    };
    line(fmt::format("{} before", t.before), t.result.before, t.result.peakBefore);
    line(fmt::format("{} after", t.after), t.result.after, t.result.peakAfter);
    ImGui::EndTable();
  }
  const auto& gain = t.result.gain;
  auto colour = !gain.significant ? context.theme.dim : gain.ratio > 1 ? context.theme.good : context.theme.error;
  wrapped(colour, fmt::format("speed-up {:.3g}×  (95 % interval {:.3g} to {:.3g}){}", gain.ratio, gain.low, gain.high, gain.significant ? "" : ", not significant"));
  ImGui::TextDisabled("%s%s%s", t.device.c_str(), t.symbols.empty() ? "" : ", ", t.symbols.c_str());
}

void TimingPanel::chains(Context& context) {
  const auto& chains = context.s.chains;
  if (chains.empty()) return;
  ImGui::Spacing();
  ImGui::TextDisabled("%zu chains taken by this revision", chains.size());
  if (!ImGui::BeginTable("chains", 3, ImGuiTableFlags_RowBg | ImGuiTableFlags_BordersInnerH | ImGuiTableFlags_SizingStretchProp)) return;
  for (const char* column : {"chain", "writes", "saves"}) ImGui::TableSetupColumn(column);
  ImGui::TableHeadersRow();
  for (const auto& chain : chains) {
    ImGui::TableNextRow();
    ImGui::TableNextColumn();
    ImGui::TextUnformatted(chain.node.c_str());
    ImGui::TableNextColumn();
    auto owner = context.graph() ? context.graph()->find(chain.writes) : NodeId{};
    if (owner) nodeLink(context, owner);
    else ImGui::TextUnformatted(chain.writes.c_str());
    ImGui::TableNextColumn();
    ImGui::TextUnformatted(chain.saved.c_str());
  }
  ImGui::EndTable();
}

}  // namespace app
