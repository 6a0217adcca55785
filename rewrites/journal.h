// The revisions of one graph: numbered from 0, never reused; undo moves a pointer; a change after undo starts a branch that stays.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/ir/graph.h"
#include "rewrites/outcome.h"

namespace rewrites {

/// The text of a script as it was when a revision used it, so that a journal replays without the file.
struct ScriptText {
  std::string name, source;
  bool operator==(const ScriptText&) const = default;
};

enum class Verified : uint8_t { notYet, same, different, skipped };

struct Revision {
  int number = 0;
  int parent = -1;
  std::shared_ptr<const graph::ir::Graph> graph;
  std::string label;                 // "reinplace", "x:set_arg(…)" …
  std::string lua;                   // the Lua that reproduces it from its parent
  std::vector<ScriptText> scripts;   // what `lua` refers to by name
  std::vector<Outcome> outcomes;
  Verified verified = Verified::notYet;
  std::string verifiedBecause;
};

class Journal {
 public:
  explicit Journal(std::shared_ptr<const graph::ir::Graph> original, std::string label = "as read");
  /// The graph as the next dump of a series shows it: a revision that was read, not made; it becomes the current one.
  void appendRead(std::shared_ptr<const graph::ir::Graph> graph, std::string label);
  /// The revisions that were read: 0, and those of appendRead().
  int readCount() const { return readCount_; }
  /// The revision that was read from which the current one was made, itself when it was read.
  int readOrigin() const;

  /// The revisions that lead to the current one: from readOrigin() on, itself the last. When it was read itself: revision 0 and it.
  std::vector<const Revision*> path() const;

  const Revision& current() const;
  const Revision& at(int number) const;            // throws std::out_of_range with a message
  const std::vector<Revision>& revisions() const;
  /// Lints `graph` and makes it the current revision. Throws std::runtime_error naming `label` and the first breach, and changes nothing.
  const Revision& commit(graph::ir::Graph graph, std::string label, std::string lua, std::vector<Outcome> outcomes = {},
                         std::vector<ScriptText> scripts = {});
  bool canUndo() const;
  bool canRedo() const;
  const Revision& undo();                          // to the parent
  const Revision& redo();                          // to the child that was left last
  const Revision& go(int number);
  void setVerified(int number, Verified state, std::string because);
  /// A Lua script that replays the path from what was read to the current revision; embeds the scripts that were used. `graph` is the
  /// graph's name in the file when the file has several.
  std::string script(const std::string& file, const std::string& graph = "") const;

 private:
  std::vector<Revision> revisions_;
  int current_ = 0;
  int readCount_ = 1;
  std::vector<int> redo_;   // by revision: the child that undo left, -1 for none
};

}  // namespace rewrites
