#include "app/panels/problems_panel.h"

#include <filesystem>

#include <fmt/format.h>

namespace app {

void ProblemsPanel::draw(Context& context) {
  if (context.s.problems.empty()) return ImGui::TextDisabled("No problems.");
  ImGui::BeginChild("problems");
  auto file = std::filesystem::path(context.s.file).filename().string();
  int index = 0;
  for (const auto& problem : context.s.problems) {
    using graph::text::Severity;
    ImGui::PushID(index++);
    auto colour = problem.severity == Severity::error ? context.theme.error : problem.severity == Severity::warning ? context.theme.warning : context.theme.dim;
    NodeId node = problem.node;
    if (!node && problem.line && context.s.facts)
      if (auto it = context.s.facts->byLine.find(problem.line); it != context.s.facts->byLine.end()) node = it->second;
    std::string place = problem.line ? fmt::format("{}:{}:{}", file, problem.line, problem.column) : context.alive(node) ? context.name(node) : "";
    if (!place.empty() && ImGui::Selectable(place.c_str(), false, 0, ImGui::CalcTextSize(place.c_str())) && node) context.selection.select(node, true);
    if (!place.empty()) ImGui::SameLine();
    wrapped(colour, problem.message);
    ImGui::PopID();
  }
  ImGui::EndChild();
}

}  // namespace app
