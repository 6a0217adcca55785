// The revisions of one graph. Commits lint; undo and redo move a pointer; script() writes the Lua that replays the current path.
//
// Belongs to the thread that owns the Session.
#include "rewrites/journal.h"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "graph/ir/lint.h"

namespace rewrites {
namespace {

/// A Lua long string with enough equal signs that `text` cannot close it.
std::string longString(const std::string& text) {
  std::string level;
  while (text.find("]" + level + "]") != std::string::npos || (!text.empty() && text.ends_with("]" + level))) level += '=';
  return "[" + level + "[\n" + text + "]" + level + "]";  // Lua drops the first newline
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') out += "\\n";
    else if (c == '\r') out += "\\r";
    else out += c;
  }
  return out + "\"";
}

}  // namespace

Journal::Journal(std::shared_ptr<const graph::ir::Graph> original, std::string label) {
  Revision first;
  first.graph = std::move(original);
  first.label = std::move(label);
  first.verified = Verified::same;
  first.verifiedBecause = "nothing was changed";
  revisions_.push_back(std::move(first));
  redo_.push_back(-1);
}

void Journal::appendRead(std::shared_ptr<const graph::ir::Graph> graph, std::string label) {
  Revision next;
  next.number = static_cast<int>(revisions_.size());
  next.parent = current_;
  next.graph = std::move(graph);
  next.label = std::move(label);
  revisions_.push_back(std::move(next));
  redo_.push_back(-1);
  current_ = revisions_.back().number;
  readCount_ = current_ + 1;
}

int Journal::readOrigin() const {
  int number = current_;
  while (number >= readCount_) number = at(number).parent;
  return number;
}

std::vector<const Revision*> Journal::path() const {
  std::vector<const Revision*> path;
  for (int number = current_; number >= readCount_; number = at(number).parent) path.push_back(&at(number));
  path.push_back(&at(path.empty() ? current_ : readOrigin()));
  if (path.size() == 1 && current_ != 0) path.push_back(&at(0));
  std::reverse(path.begin(), path.end());
  return path;
}

const Revision& Journal::current() const { return revisions_[static_cast<size_t>(current_)]; }

const Revision& Journal::at(int number) const {
  if (number < 0 || static_cast<size_t>(number) >= revisions_.size())
    throw std::out_of_range("there is no revision " + std::to_string(number) + ": the revisions are 0 to " + std::to_string(revisions_.size() - 1));
  return revisions_[static_cast<size_t>(number)];
}

const std::vector<Revision>& Journal::revisions() const { return revisions_; }

const Revision& Journal::commit(graph::ir::Graph graph, std::string label, std::string lua, std::vector<Outcome> outcomes,
                                std::vector<ScriptText> scripts) {
  if (auto problems = graph::ir::lint(graph); !problems.empty()) {
    std::string message = label + ": the changed graph is not valid, nothing was kept: " + problems.front().message;
    if (problems.size() > 1) message += " (and " + std::to_string(problems.size() - 1) + " more)";
    throw std::runtime_error(message);
  }
  Revision next;
  next.number = static_cast<int>(revisions_.size());
  next.parent = current_;
  next.graph = std::make_shared<const graph::ir::Graph>(std::move(graph));
  next.label = std::move(label);
  next.lua = std::move(lua);
  next.scripts = std::move(scripts);
  next.outcomes = std::move(outcomes);
  revisions_.push_back(std::move(next));
  redo_.push_back(-1);
  redo_[static_cast<size_t>(current_)] = -1;  // a change after undo starts a branch: there is nothing to redo from here
  current_ = revisions_.back().number;
  return revisions_.back();
}

bool Journal::canUndo() const { return current().parent >= 0; }
bool Journal::canRedo() const { return redo_[static_cast<size_t>(current_)] >= 0; }

const Revision& Journal::undo() {
  if (!canUndo()) throw std::runtime_error("nothing to undo: this is revision 0, the graph as it was read");
  const int child = current_;
  current_ = current().parent;
  redo_[static_cast<size_t>(current_)] = child;
  return current();
}

const Revision& Journal::redo() {
  if (!canRedo()) throw std::runtime_error("nothing to redo after revision " + std::to_string(current_));
  current_ = redo_[static_cast<size_t>(current_)];
  return current();
}

const Revision& Journal::go(int number) {
  const int target = at(number).number;
  // Redo leads back: first along the way that is left, then along the way to where we go.
  for (int end : {current_, target})
    for (int child = end, parent = at(child).parent; parent >= 0; child = parent, parent = at(child).parent)
      redo_[static_cast<size_t>(parent)] = child;
  current_ = target;
  return current();
}

void Journal::setVerified(int number, Verified state, std::string because) {
  at(number);
  auto& revision = revisions_[static_cast<size_t>(number)];
  revision.verified = state;
  revision.verifiedBecause = std::move(because);
}

std::string Journal::script(const std::string& file, const std::string& graph) const {
  auto made = path();
  std::erase_if(made, [&](const Revision* revision) { return revision->number < readCount_; });

  std::string out = "-- Journal of an fxloom session: `fxloom lua` replays it, one revision for each fx.replay.\nfx.open(" + quoted(file) + ")\n";
  if (!graph.empty()) out += "fx.use(" + quoted(graph) + ")\n";
  if (readCount_ > 1) out += "fx.at(" + std::to_string(readOrigin()) + ")\n";
  std::map<std::string, std::string> embedded;  // by name: the text that the replay knows at this point
  for (const Revision* revision : made) {
    for (const ScriptText& script : revision->scripts) {
      if (auto known = embedded.find(script.name); known != embedded.end() && known->second == script.source) continue;
      embedded[script.name] = script.source;
      out += "\nfx.embed(" + quoted(script.name) + ", " + longString(script.source) + ")\n";
    }
    out += "\n-- revision " + std::to_string(revision->number) + "\nfx.replay(" + quoted(revision->label) + ", " + longString(revision->lua) + ")\n";
  }
  return out;
}

}  // namespace rewrites
