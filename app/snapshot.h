// What the window draws: an immutable picture of the session, made by the engine thread after every job.
//
// Panels read it without locks. Nothing in it refers to the session, Lua or the backend.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "graph/ir/graph.h"
#include "graph/layout/fold.h"
#include "graph/layout/scene.h"
#include "graph/run/timing.h"
#include "graph/text/diagnostic.h"
#include "rewrites/journal.h"
#include "rewrites/storage.h"

namespace app {

using graph::ir::NodeId;

/// One chain that a rewrite would take.
struct TakenRow {
  NodeId node;
  std::string name, writes, saved;   // saved: "8 KiB", or an expression while a symbol is unbound
  int updates = 1;
};
struct RefusedRow {
  NodeId node;
  std::string name, rule, because, repair;
  std::vector<NodeId> blockers;
};

/// Everything computed from one revision's graph; shared by all snapshots of that revision.
struct GraphFacts {
  std::shared_ptr<const graph::ir::Graph> graph;
  graph::layout::Folding folding;
  graph::layout::Marks marks;
  std::vector<TakenRow> taken;
  std::vector<RefusedRow> refused;
  std::vector<NodeId> owner;                                // by NodeId::value: whose storage a value lives in
  std::unordered_map<NodeId, std::vector<NodeId>> aliases;  // by owner: all values in its storage, in order
  std::unordered_map<uint32_t, NodeId> byLine;              // source line -> first node
  rewrites::CopiedBytes copied;
  uint64_t schemas = 0;                                     // of which generation of declared operators it is
  std::string problem;                                      // the analysis failed: why
};

struct HistoryRow {
  int number = 0, parent = -1;
  std::string label, lua;
  rewrites::Verified verified = rewrites::Verified::notYet;
  std::string because;
  size_t taken = 0, refused = 0;
};

struct Problem {
  graph::text::Severity severity = graph::text::Severity::error;
  std::string message;               // may have several lines
  uint32_t line = 0, column = 0;     // of the source, 0 when it has no place
  NodeId node;
  bool isOfFile = false;             // said when the file was read
};

struct ConsoleLine {
  enum class Kind : uint8_t { input, output, error, note };
  Kind kind = Kind::output;
  std::string text;
};

struct TimingTable {
  graph::run::TimingResult result;
  int before = 0, after = 0;         // revisions
  std::string device, symbols;
};

/// One chain that the current revision's transaction took.
struct ChainBytes {
  std::string node, writes, saved;
};

struct Snapshot {
  uint64_t serial = 0;
  std::string file;
  std::shared_ptr<const std::string> source;
  std::vector<std::string> graphNames;
  std::string graphName;

  std::shared_ptr<const GraphFacts> facts;                  // null while no graph is open
  std::optional<rewrites::CopiedBytes> copiedBefore;        // of revision 0
  graph::ir::Binding binding;                               // under which bytes are counted
  int revision = 0;
  std::vector<HistoryRow> history;
  bool canUndo = false, canRedo = false;
  std::vector<std::pair<std::string, std::string>> rewrites;   // name, doc
  std::vector<ChainBytes> chains;
  std::optional<TimingTable> timing;
  std::vector<Problem> problems;
  std::shared_ptr<const std::vector<ConsoleLine>> console;

  struct Completion { std::string line; std::vector<std::string> words; uint64_t serial = 0; };
  Completion completion;                                    // answer to the last request for one

  const HistoryRow* current() const;
  const graph::ir::Graph* graph() const { return facts ? facts->graph.get() : nullptr; }
};

}  // namespace app
