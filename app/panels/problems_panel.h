// Everything that went wrong, with its place; a click goes there.
#pragma once

#include "app/panels/context.h"

namespace app {

class ProblemsPanel {
 public:
  void draw(Context& context);
};

}  // namespace app
