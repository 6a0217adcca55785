// Before against after: medians, quartiles, speed-up with its interval; and the bytes that each chain saves.
#pragma once

#include "app/panels/context.h"

namespace app {

class TimingPanel {
 public:
  void draw(Context& context);

 private:
  void table(Context& context);
  void chains(Context& context);
};

}  // namespace app
