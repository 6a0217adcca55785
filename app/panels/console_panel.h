// The Lua console: output above, a prompt below with history (up, down), several lines (Ctrl+Enter) and completion (Tab).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/panels/context.h"

namespace app {

class ConsolePanel {
 public:
  void draw(Context& context);
  void focus() { focus_ = true; }
  /// Has the keyboard but nothing typed: Ctrl+Z means the session then.
  bool idle() const { return active_ && text_.empty(); }
  const std::vector<std::string>& history() const { return history_; }

 private:
  static int onEdit(ImGuiInputTextCallbackData* data);
  void output(Context& context);
  void prompt(Context& context);
  void candidates(Context& context);
  void submit(Context& context);
  void browse(ImGuiInputTextCallbackData* data, int step);
  void insertCompletion(ImGuiInputTextCallbackData* data);

  std::string text_;
  std::string draft_;                        // what was typed before history was browsed
  std::vector<std::string> history_;
  int at_ = -1;                              // index into history while browsing, -1 for the draft
  bool focus_ = false, active_ = false;
  int generation_ = 0;                       // a submitted field is a new one: its undo records are of a text that is gone
  std::string asked_;                        // the line that a completion was asked for
  uint64_t answered_ = 0;                    // serial of the last completion that was used
  std::vector<std::string> candidates_;
  std::string pending_;                      // text to insert at the cursor when the field calls back
  std::shared_ptr<const std::vector<ConsoleLine>> shown_;
  Context* context_ = nullptr;               // during draw only, for the callback
};

}  // namespace app
