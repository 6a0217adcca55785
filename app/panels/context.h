// What a panel gets: the snapshot to draw, what the user has selected, whom to ask for work.
#pragma once

#include <functional>
#include <string>

#include "app/actions.h"
#include "app/panels/theme.h"
#include "app/requests.h"
#include "app/snapshot.h"

namespace app {

/// What the user looks at. UI thread only; survives snapshots because it holds ids and names.
struct Selection {
  NodeId node;
  uint64_t changes = 0;          // counts up with every selection: panels that scroll compare it
  bool reveal = false;           // bring the node into view, changing the view when it must
  std::string rewrite;           // selected in the list

  void select(NodeId id, bool show = false) {
    node = id;
    ++changes;
    reveal = reveal || (show && id);
  }
};

struct Context {
  const Snapshot& s;
  Selection& selection;
  Requests& requests;
  const Theme& theme;
  std::function<void(Action)> perform;
  std::function<bool(Action)> enabled;

  const graph::ir::Graph* graph() const { return s.graph(); }
  bool alive(NodeId id) const { return id && graph() && graph()->contains(id); }
  std::string name(NodeId id) const { return alive(id) ? graph()->node(id).name : std::string("?"); }
};

/// A small heading in the panel's own font.
void heading(const Theme& theme, const char* text, const char* right = nullptr);
/// A node's name that can be clicked; true when it was.
bool nodeLink(Context& context, NodeId id);
/// Text that wraps, in a colour.
void wrapped(ImU32 colour, const std::string& text);
/// A button for an action: label, tooltip and whether it is possible come from the table.
bool actionButton(Context& context, Action action, const char* label = nullptr);

}  // namespace app
