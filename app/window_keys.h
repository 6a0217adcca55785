// Key events, at most one press or release of a key in a frame.
//
// Dear ImGui before 1.87 looks at the state of the keys once a frame: a press and a release that arrive together (a slow frame, a
// quick typist, a remote desktop) would both be missed. They wait here for the next frame instead. UI thread.
#pragma once

struct GLFWwindow;

namespace app {

/// Takes over the window's key callback, which must be Dear ImGui's already; `window` lives as long as the process needs keys.
void queueKeys(GLFWwindow* window);
/// Before each frame: hands over what this frame may see. True when some events still wait.
bool pumpKeys();

}  // namespace app
