// Everything about the selected node: arguments by the schema's names, annotation, stack, users, who shares its memory.
#pragma once

#include "app/panels/context.h"

namespace app {

class InspectorPanel {
 public:
  void draw(Context& context);

 private:
  void arguments(Context& context);
  void connections(Context& context);
  void storage(Context& context);
};

}  // namespace app
