#include "app/actions.h"

namespace app {
namespace {

// GLFW's codes: printable keys are their ASCII upper case.
constexpr int kSpace = 32, kComma = 44, kPeriod = 46, kEnter = 257, kEscape = 256, kF4 = 293, kF5 = 294, kF6 = 295, kF7 = 296;

constexpr ActionInfo kActions[] = {
    {Action::open, "File", "Open…", "Ctrl+O", "Open a dump (or drop a file on the window)", {{{'O', true, true}}}},
    {Action::quit, "File", "Quit", "Ctrl+Q", "Close the window", {{{'Q', true, true}}}},
    {Action::undo, "Edit", "Undo", "Ctrl+Z", "Back to the revision before", {{{'Z', true, false}}}},
    {Action::redo, "Edit", "Redo", "Ctrl+Y", "Forward to the revision that undo left", {{{'Y', true, false}}}},
    {Action::apply, "Run", "Apply rewrite", "F6", "Apply the selected rewrite as one revision (also Ctrl+Return)", {{{kF6, false, true}, {kEnter, true, false}}}},
    {Action::verify, "Run", "Verify", "F7", "Run revision 0 and this one on the same inputs and compare everything", {{{kF7, false, true}}}},
    {Action::time, "Run", "Time", "F5", "Measure revision 0 against this one, interleaved", {{{kF5, false, true}}}},
    {Action::stop, "Run", "Stop", "Esc", "Stop the running script, program or layout", {{{kEscape, false, true}}}},
    {Action::fit, "View", "Fit", "Space", "Show the whole picture", {{{kSpace, false, false}}}},
    {Action::viewLayer, "View", "One layer", "1", "Show one of the repeated layers", {{{'1', false, false}}}},
    {Action::previousLayer, "View", "Previous layer", ",", "The layer before", {{{kComma, false, false}}}},
    {Action::nextLayer, "View", "Next layer", ".", "The layer after", {{{kPeriod, false, false}}}},
    {Action::viewFolded, "View", "Folded model", "2", "The whole model, every repeated layer once", {{{'2', false, false}}}},
    {Action::viewWhole, "View", "Whole graph", "3", "Every node (large graphs take a while)", {{{'3', false, false}}}},
    {Action::viewAround, "View", "Around selection", "4", "The neighbourhood of the selected node (also double click)", {{{'4', false, false}}}},
    {Action::focusConsole, "View", "Lua console", "F4", "Put the cursor into the Lua console", {{{kF4, false, true}}}},
    {Action::theme, "View", "Dark / light", "Ctrl+T", "Change between the dark and the light colours", {{{'T', true, true}}}},
};

}  // namespace

std::span<const ActionInfo> actions() { return kActions; }

const ActionInfo& info(Action action) {
  for (const auto& entry : kActions)
    if (entry.action == action) return entry;
  return kActions[0];
}

}  // namespace app
