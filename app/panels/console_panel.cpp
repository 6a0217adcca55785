#include "app/panels/console_panel.h"

#include <imgui_stdlib.h>

#include <algorithm>
#include <cctype>

namespace app {
namespace {

/// The longest text that all words begin with.
std::string commonPrefix(const std::vector<std::string>& words) {
  auto prefix = words.front();
  for (const auto& word : words)
    prefix.resize(static_cast<size_t>(std::mismatch(prefix.begin(), prefix.end(), word.begin(), word.end()).first - prefix.begin()));
  return prefix;
}

/// How much of `word` the end of `line` has already.
size_t overlap(const std::string& line, const std::string& word) {
  for (size_t n = std::min(line.size(), word.size()); n > 0; --n)
    if (line.compare(line.size() - n, n, word, 0, n) == 0) {
      // "abc" must not count as the beginning of a word that starts in the middle of a name.
      auto before = line.size() - n;
      if (before == 0 || !(std::isalnum(static_cast<unsigned char>(line[before - 1])) || line[before - 1] == '_')) return n;
    }
  return 0;
}

}  // namespace

void ConsolePanel::draw(Context& context) {
  context_ = &context;
  auto lines = 1 + std::min<std::ptrdiff_t>(std::count(text_.begin(), text_.end(), '\n'), 7);
  float promptHeight = static_cast<float>(lines) * ImGui::GetTextLineHeight() + ImGui::GetStyle().FramePadding.y * 2;
  float extra = candidates_.empty() ? 0 : ImGui::GetTextLineHeightWithSpacing();
  ImGui::BeginChild("output", {0, -(promptHeight + extra + ImGui::GetStyle().ItemSpacing.y)});
  output(context);
  ImGui::EndChild();
  candidates(context);
  prompt(context);
  context_ = nullptr;
}

void ConsolePanel::output(Context& context) {
  if (!context.s.console) return;
  ImGui::PushFont(context.theme.fonts.mono);
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {0, 2});
  if (context.s.console->empty()) wrapped(context.theme.dim, "Lua. Try: fx.graph()   help(fx)   fx.apply(\"reinplace\")");
  for (const auto& line : *context.s.console) {
    using Kind = ConsoleLine::Kind;
    auto colour = line.kind == Kind::error ? context.theme.error : line.kind == Kind::input ? context.theme.accent : line.kind == Kind::note ? context.theme.dim : context.theme.text;
    wrapped(colour, line.kind == Kind::input ? "> " + line.text : line.text);
  }
  if (shown_ != context.s.console) {
    shown_ = context.s.console;
    ImGui::SetScrollHereY(1);
  }
  ImGui::PopStyleVar();
  ImGui::PopFont();
}

void ConsolePanel::candidates(Context& context) {
  const auto& completion = context.s.completion;
  if (completion.serial != answered_ && completion.line == asked_ && !asked_.empty()) {
    answered_ = completion.serial;
    candidates_.clear();
    if (!completion.words.empty()) {
      auto prefix = commonPrefix(completion.words);
      auto have = overlap(asked_, prefix);
      if (prefix.size() > have) pending_ = prefix.substr(have);
      if (completion.words.size() > 1) candidates_ = completion.words;
    }
    asked_.clear();
    focus_ = focus_ || !pending_.empty();
  }
  if (candidates_.empty()) return;
  std::string line;
  for (const auto& word : candidates_) line += word + "   ";
  ImGui::PushFont(context.theme.fonts.mono);
  ImGui::TextDisabled("%s", line.substr(0, 300).c_str());
  ImGui::PopFont();
}

void ConsolePanel::prompt(Context& context) {
  ImGui::PushFont(context.theme.fonts.mono);
  ImGui::TextColored(vec(context.theme.accent), ">");
  ImGui::SameLine();
  auto lines = 1 + std::min<std::ptrdiff_t>(std::count(text_.begin(), text_.end(), '\n'), 7);
  float height = static_cast<float>(lines) * ImGui::GetTextLineHeight() + ImGui::GetStyle().FramePadding.y * 2;
  constexpr auto flags = ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_CtrlEnterForNewLine | ImGuiInputTextFlags_CallbackCompletion |
                         ImGuiInputTextFlags_CallbackAlways;
  if (focus_) ImGui::SetKeyboardFocusHere();
  focus_ = false;
  ImGui::PushID(generation_);
  bool entered = ImGui::InputTextMultiline("##lua", &text_, {-1, height}, flags, onEdit, this);
  active_ = ImGui::IsItemActive() || entered;
  ImGui::PopID();
  if (entered) {
    submit(context);
    ++generation_;
    focus_ = true;
  }
  ImGui::PopFont();
}

void ConsolePanel::submit(Context& context) {
  while (!text_.empty() && std::isspace(static_cast<unsigned char>(text_.back()))) text_.pop_back();
  if (!text_.empty()) {
    context.requests.runLua(text_);
    if (history_.empty() || history_.back() != text_) history_.push_back(text_);
  }
  text_.clear();
  draft_.clear();
  candidates_.clear();
  at_ = -1;
}

int ConsolePanel::onEdit(ImGuiInputTextCallbackData* data) {
  auto* self = static_cast<ConsolePanel*>(data->UserData);
  if (data->EventFlag == ImGuiInputTextFlags_CallbackCompletion) {
    self->asked_.assign(data->Buf, static_cast<size_t>(data->CursorPos));
    self->context_->requests.complete(self->asked_);
    return 0;
  }
  self->insertCompletion(data);
  // Up on the first line and down on the last one walk through history; inside the text they move the cursor.
  std::string_view text(data->Buf, static_cast<size_t>(data->BufTextLen));
  auto cursor = static_cast<size_t>(data->CursorPos);
  if (ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_UpArrow)) && text.substr(0, cursor).find('\n') == std::string_view::npos) self->browse(data, -1);
  else if (ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_DownArrow)) && text.substr(cursor).find('\n') == std::string_view::npos) self->browse(data, 1);
  return 0;
}

void ConsolePanel::browse(ImGuiInputTextCallbackData* data, int step) {
  if (history_.empty()) return;
  auto count = static_cast<int>(history_.size());
  if (at_ < 0) {
    if (step > 0) return;
    draft_.assign(data->Buf, static_cast<size_t>(data->BufTextLen));
    at_ = count - 1;
  } else {
    at_ += step;
    if (at_ < 0) at_ = 0;
  }
  const auto& line = at_ >= count ? draft_ : history_[static_cast<size_t>(at_)];
  if (at_ >= count) at_ = -1;
  data->DeleteChars(0, data->BufTextLen);
  data->InsertChars(0, line.c_str());
}

void ConsolePanel::insertCompletion(ImGuiInputTextCallbackData* data) {
  if (pending_.empty()) return;
  data->InsertChars(data->CursorPos, pending_.c_str());
  data->ClearSelection();
  pending_.clear();
}

}  // namespace app
