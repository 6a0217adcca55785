// One sitting: the graphs of a file, their journals, and the transaction that turns edits into one revision.
//
// Belongs to one thread (the engine thread, or main on the command line). What it hands out for other threads is
// shared_ptr<const Graph>.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/run/backend.h"
#include "graph/run/inputs.h"
#include "graph/text/dumps/dump_set.h"
#include "rewrites/analysis.h"
#include "rewrites/inplace.h"
#include "rewrites/journal.h"

namespace rewrites {

/// Something the user gave cannot be read; the message is drawn with file, place and caret where there is one.
struct OpenError : std::runtime_error { using std::runtime_error::runtime_error; };

class Session {
 public:
  /// The backend is asked for on first use: opening LibTorch takes half a second.
  using BackendSource = std::function<graph::run::Backend&()>;
  explicit Session(BackendSource backend);

  /// Replaces everything by the graphs of a file or a folder. Throws OpenError when no graph can be read; otherwise diagnostics()
  /// has what was wrong. A series of dumps is one graph with a revision for each dump, and is opened at the last.
  void open(const std::string& path);
  void open(std::shared_ptr<const graph::text::DumpSet> set);
  void openText(std::string text, std::string name);
  /// The graph that open() and openText() choose: its name or number; "" is the first. They throw OpenError when the file has no such graph.
  void preferGraph(std::string nameOrNumber);
  const std::string& file() const;
  /// The text that the lines of the current graph's nodes count in, for the source panel.
  std::shared_ptr<const std::string> source() const;
  /// The line of source() where a diagnostic of the file stands, 0 when it is in another file or has no place.
  uint32_t sourceLine(const graph::text::Diagnostic& diagnostic) const;
  const std::vector<graph::text::Diagnostic>& diagnostics() const;

  std::vector<std::string> graphNames() const;
  /// As DumpSet::matching() reads it. Throws OpenError listing the names when there is none or more than one. A step of a series is
  /// that revision of its graph.
  void use(const std::string& nameOrNumber);
  const std::string& currentName() const;
  Journal& journal();
  std::shared_ptr<const graph::ir::Graph> graph() const;               // of the current revision

  // --- transactions ---------------------------------------------------------------------------------------------------------
  /// Opens a draft of the current revision; nested calls throw. The draft is dropped by abandon().
  graph::ir::Graph& begin();
  bool inTransaction() const;
  /// The draft, to be edited (each call counts as an edit: read through view()). Throws outside a transaction.
  graph::ir::Graph& draft();
  /// What is looked at now: the draft in a transaction, else the current revision's graph.
  const graph::ir::Graph& view() const;
  /// True when the draft differs from the revision it started from.
  bool changed() const;
  /// Records that this chain of the plan was carried out in the draft: all recorded ones are re-checked together at commit.
  /// `decidedBy` is the analysis that gave the chain (default: the newest); throws when the graph was analysed again since then.
  void recordChain(graph::ir::NodeId head, const Analysis* decidedBy = nullptr);
  /// An outcome entry for this rewrite, even if it takes and refuses nothing.
  void startRewrite(const std::string& rewrite);
  void addTaken(Taken taken);
  void addRefused(Refused refused);
  /// Outcomes of the open transaction, or of the last one.
  const std::vector<Outcome>& outcomes() const;
  /// Commits when the draft differs; returns the revision, nothing when nothing changed. Lint breach or failed re-check: throws and abandons.
  const Revision* commit(const std::string& label, const std::string& lua, const std::string& script = "", std::vector<ScriptText> scripts = {});
  void abandon();
  /// Outcomes of the last commit attempt, kept also when nothing changed (everything refused).
  const std::vector<Outcome>& lastOutcomes() const;

  /// A point inside a transaction to which restore() returns: for previews and definitions without their edits.
  class Checkpoint;
  std::shared_ptr<const Checkpoint> mark() const;
  void restore(const std::shared_ptr<const Checkpoint>& checkpoint);

  /// The analysis of the graph as it is now: kept until an edit or a declaration of an operator. A new one first re-checks the chains that were recorded with the
  /// old one, and throws when they do not stand together.
  std::shared_ptr<Analysis> analysis();
  /// While held, analysis() goes on giving the one of the graph as it was when hold began, whatever is edited: a rewrite decides
  /// on the unchanged graph and then applies its matches.
  void holdAnalysis(bool hold);
  bool holdsAnalysis() const;
  /// analysis()->inPlace().
  const InPlace& inPlace();

  // --- running -------------------------------------------------------------------------------------------------------------
  graph::run::Backend& backend();
  bool hasBackend() const;                                             // it was asked for already
  graph::run::InputRequest& inputRequest();                            // bind, seed, device, inputs file
  graph::ir::Binding binding() const;                                  // what is bound now

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace rewrites
