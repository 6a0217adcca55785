// The status line: verified or not, copied bytes before and after, what runs now and the button that stops it.
#include <fmt/format.h>

#include "app/numbers.h"
#include "app/panels/ui.h"

namespace app {
namespace {

std::optional<int64_t> total(const rewrites::CopiedBytes& c) {
  if (!c.update || !c.copy_ || !c.clone) return std::nullopt;
  return *c.update + *c.copy_ + *c.clone;
}

std::string byKind(const rewrites::CopiedBytes& c) {
  return fmt::format("functional updates {}, copy_ {}, clone {}", bytesText(c.update), bytesText(c.copy_), bytesText(c.clone));
}

struct VerificationText {
  std::string text;
  ImU32 colour;
};

VerificationText verification(const Snapshot& s, const Theme& theme) {
  auto* row = s.current();
  if (!s.facts || !row) return {"no graph open", theme.dim};
  if (row->number == 0) return {"as read", theme.dim};
  switch (row->verified) {
    case rewrites::Verified::same: return {"✓ same results", theme.good};
    case rewrites::Verified::different: return {"✗ DIFFERENT results", theme.error};
    case rewrites::Verified::skipped: return {"▲ could not be verified", theme.warning};
    case rewrites::Verified::notYet: break;
  }
  return {"· not yet verified", theme.warning};
}

}  // namespace

void Ui::statusLine(float height) {
  auto size = ImGui::GetIO().DisplaySize;
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {12 * theme_.scale, 3 * theme_.scale});
  bool visible = begin("Status", 0, size.y - height, size.x, height);
  ImGui::PopStyleVar();
  if (visible) {
    auto state = verification(*snapshot_, theme_);
    ImGui::AlignTextToFramePadding();
    ImGui::TextColored(vec(state.colour), "%s", state.text.c_str());
    auto* row = snapshot_->current();
    if (row && !row->because.empty()) {
      if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s", row->because.c_str());
      ImGui::SameLine();
      ImGui::TextDisabled("%s", graph::layout::shorten(row->because.substr(0, row->because.find('\n')), 90).c_str());
    }
    if (snapshot_->facts && snapshot_->copiedBefore) {
      const auto& now = snapshot_->facts->copied;
      ImGui::SameLine(0, 28 * theme_.scale);
      ImGui::Text("copied bytes %s → %s", bytesText(total(*snapshot_->copiedBefore)).c_str(), bytesText(total(now)).c_str());
      if (ImGui::IsItemHovered())
        ImGui::SetTooltip("before: %s\nnow: %s\n%s", byKind(*snapshot_->copiedBefore).c_str(), byKind(now).c_str(),
                          snapshot_->binding.empty() ? "" : ("at " + bindingText(snapshot_->binding)).c_str());
      if (!snapshot_->binding.empty()) {
        ImGui::SameLine();
        ImGui::TextDisabled("at %s", bindingText(snapshot_->binding).c_str());
      }
    }
    auto status = engine_.status();
    bool busy = !status.idle();
    if (busy) {
      auto text = fmt::format("{}  {:.1f} s{}", status.job.empty() ? "starting" : status.job, status.seconds, status.queued ? fmt::format("  (+{} queued)", status.queued) : "");
      float width = ImGui::CalcTextSize(text.c_str()).x + ImGui::CalcTextSize("Stop").x + 60 * theme_.scale;
      ImGui::SameLine(std::max(ImGui::GetCursorPosX(), size.x - width));
      ImGui::TextColored(vec(theme_.accent), "%s", text.c_str());
      ImGui::SameLine();
      if (ImGui::SmallButton("Stop")) perform(Action::stop);
    }
  }
  ImGui::End();
}

}  // namespace app
