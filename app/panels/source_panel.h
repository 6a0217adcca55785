// The dump's text beside the console: the selected node's line is highlighted, a click on a line selects its node.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/panels/context.h"

namespace app {

class SourcePanel {
 public:
  void draw(Context& context);

 private:
  void index(const Snapshot& s);
  void line(Context& context, size_t i, uint32_t selected);

  std::shared_ptr<const std::string> source_;
  std::vector<std::string_view> lines_;
  size_t widest_ = 0;
  uint64_t seen_ = 0;    // the selection that was scrolled to
};

}  // namespace app
