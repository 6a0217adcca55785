// The rewrites that scripts defined, what the selected one would take and refuse, and the button that applies it.
#pragma once

#include "app/panels/context.h"

namespace app {

class RewritesPanel {
 public:
  void draw(Context& context);

 private:
  void list(Context& context);
  void takenRows(Context& context);
  void refusedRows(Context& context);
};

}  // namespace app
