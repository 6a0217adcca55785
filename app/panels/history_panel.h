// The revisions: click goes there; branches stay in the list.
#pragma once

#include "app/panels/context.h"

namespace app {

class HistoryPanel {
 public:
  void draw(Context& context);
};

}  // namespace app
