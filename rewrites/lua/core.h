// What the bindings share: the Lua state's C++ side, handles, and the wrapper that turns C++ exceptions into Lua errors.
//
// One Core for each lua_State, found through its extra space. Every function here belongs to the engine thread; only `stop` is
// set from others. Included by rewrites/lua/*.cpp only.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <lua.hpp>

#include "rewrites/lua/engine.h"
#include "rewrites/pattern.h"
#include "rewrites/session.h"

namespace rewrites::lua {

using graph::ir::Argument;
using graph::ir::Graph;
using graph::ir::Node;
using graph::ir::NodeId;

/// A rewrite that a script defined with fx.rewrite.
struct RewriteDefinition {
  std::string name, doc;
  std::string script;                 // where it was defined: a name in Core::scripts
  int match = LUA_NOREF, apply = LUA_NOREF, where = LUA_NOREF;  // functions in the registry
  std::shared_ptr<const Pattern> pattern;                       // instead of match and apply
  std::shared_ptr<const Replacement> replacement;
};

/// The chunk that runs, and what it did so far.
struct ChunkState {
  std::string name;                   // what messages say: "prompt", "reinplace.lua"
  std::string script;                 // path of the script file, empty for a prompt line
  std::string source;                 // what the journal keeps: replays the revision
  bool typed = false;                 // by the user at the prompt: may write and read any path
  bool replaying = false;             // a revision of a journal: its text says already what it uses
  std::vector<std::string> applied;   // rewrites
  std::vector<std::string> used;      // scripts whose definitions the journal needs before it, in order
  std::vector<std::string> embeds;    // scripts that `source` itself loads by name
  std::set<std::string> declared;     // operators that `source` declares
  bool committed = false;             // a revision was made
};

struct Core {
  Core(Session& session, std::function<void(const std::string&)> print, std::vector<std::string> folders, bool trusted);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  Session& session;
  std::function<void(const std::string&)> print;
  std::vector<std::string> folders;
  bool trusted;
  lua_State* L = nullptr;

  // --- limits (sandbox.cpp) ---
  Limits limits;
  std::atomic<bool> stop{false};
  std::atomic<graph::run::Backend*> backend{nullptr};
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::string abortReason;            // set once the chunk must end: raised again and again
  size_t memoryUsed = 0;

  // --- scripts and rewrites ---
  std::vector<RewriteDefinition> rewrites;
  std::map<std::string, std::string> scripts;   // text by name, as it was run
  std::map<std::string, std::string> embedded;  // from a journal: found before any file
  std::set<std::string> modules;                // names of scripts that require loaded
  std::map<std::string, std::string> declared;  // operators by target: the Lua that declares each
  ChunkState chunk;
  int prompts = 0;

  // --- graph ---
  const void *graphTable = nullptr, *nodeTable = nullptr;   // their metatables, once looked up: every call of a binding checks a handle
  uint32_t epoch = 1;                 // changes when another graph becomes the current one: older handles are refused
  std::vector<std::string> erased;    // names of nodes that bindings erased since the list was cleared
  std::vector<NodeId> selection;
  uint64_t edits = 0;

  RewriteDefinition* findRewrite(const std::string& name);
  graph::run::Backend& useBackend();
  /// The draft of the current transaction, for an edit; opens one when a graph is open.
  Graph& edit();
  void begin();
  /// Ends the transaction as a revision; `lua` gets the definitions of rewrites from elsewhere in front.
  bool commit(const std::string& label, const std::string& lua);
  /// The current graph becomes another one (open, use): handles to the old one die.
  void graphChanged();
};

Core& core(lua_State* L);

/// Runs F and turns what C++ throws into a Lua error with script and line. Lua's own errors pass.
template <int (*F)(lua_State*)>
int guarded(lua_State* L) {
  std::string message;
  try {
    return F(L);
  } catch (const graph::run::Stopped&) {
    core(L).abortReason = "stopped";
    message = "stopped";
  } catch (const std::exception& error) {
    message = error.what();
  }
  return luaL_error(L, "%s", message.c_str());
}

struct Function {
  const char* name;
  lua_CFunction function;
};
/// Puts functions into the table at the top of the stack.
void setFunctions(lua_State* L, const std::vector<Function>& functions);
/// Makes the metatable `name` with these entries; `fields` go into a table at `__methods`, which api() lists.
void makeMetatable(lua_State* L, const char* name, const std::vector<Function>& meta, const std::vector<Function>& methods);

// --- handles -----------------------------------------------------------------------------------------------------------------
inline constexpr const char* kGraph = "fx.Graph";
inline constexpr const char* kNode = "fx.Node";
inline constexpr const char* kValue = "fx.Value";
inline constexpr const char* kTensor = "fx.Tensor";
inline constexpr const char* kTuple = "fx.Tuple";
inline constexpr const char* kChain = "fx.Chain";
inline constexpr const char* kRefusal = "fx.Refusal";

/// A graph as Lua sees it: the current draft (nothing pinned), or a revision that cannot be edited.
struct GraphHandle {
  uint32_t epoch = 0;
  std::shared_ptr<const Graph> pinned;
};
struct NodeHandle {
  NodeId id;
  uint32_t epoch = 0;
  std::shared_ptr<const Graph> pinned;
  std::string name;   // at the time the handle was made: for messages, and to notice another branch's node with the same id
};

void pushGraph(lua_State* L, std::shared_ptr<const Graph> pinned = nullptr);
void pushNode(lua_State* L, NodeId id, const std::shared_ptr<const Graph>& pinned = nullptr);
/// Pushes nil for no node.
void pushNodeOrNil(lua_State* L, NodeId id, const std::shared_ptr<const Graph>& pinned = nullptr);
void pushNodes(lua_State* L, const std::vector<NodeId>& ids, const std::shared_ptr<const Graph>& pinned = nullptr);

GraphHandle& checkGraph(lua_State* L, int index);
/// The graph that a handle means. Throws when the handle is of another graph.
const Graph& graphOf(lua_State* L, const GraphHandle& handle);
NodeHandle& checkNode(lua_State* L, int index);
NodeHandle* testNode(lua_State* L, int index);
/// The graph that a node handle lives in, after checking that the node is alive there: else DeadNode naming it.
const Graph& graphOf(lua_State* L, const NodeHandle& handle);
const Node& nodeOf(lua_State* L, const NodeHandle& handle);
/// The id of a live node of the graph that is edited, from a handle or a name.
NodeId editableNode(lua_State* L, int index);
NodeId nodeOrName(lua_State* L, int index, const GraphHandle& graph);
void checkEditable(lua_State* L, const GraphHandle& handle);
/// Throws for an aten or prims operator that torch does not have, with the closest name.
void requireKnownOperator(const std::string& target);

// --- values (values.cpp) ------------------------------------------------------------------------------------------------------
void pushArgument(lua_State* L, const Argument& argument, const std::shared_ptr<const Graph>& pinned = nullptr);
Argument toArgument(lua_State* L, int index, int depth = 0);
void pushValue(lua_State* L, Argument argument);
void pushExpr(lua_State* L, const graph::ir::Expr& expression);
void pushMeta(lua_State* L, const graph::ir::Meta& meta);
/// The annotation of the node at `index`, or the one that the text there says. Throws for text that is none.
graph::ir::Meta toMeta(lua_State* L, int index);
void pushRunValue(lua_State* L, const graph::run::Value& value);
std::string toString(lua_State* L, int index, const char* what);
std::vector<std::string> toStrings(lua_State* L, int index, const char* what);
/// A field of the table at `index` as text; empty when absent.
std::string stringField(lua_State* L, int index, const char* key);
void setField(lua_State* L, const char* key, const std::string& text);
void setField(lua_State* L, const char* key, int64_t number);

/// Text as a Lua literal.
std::string quoted(const std::string& text);
/// Any Lua value as a reader of dumps expects it (show.cpp).
std::string show(lua_State* L, int index);

/// The analysis that answers for a graph handle: of the graph as it is now (inside fx.apply: as it was before the rewrite began), or of the
/// revision that the handle pins, then made for this call.
std::shared_ptr<Analysis> analysisOf(lua_State* L, const GraphHandle& handle);
/// A node that the analysis knows, from a handle or a name: one that was inserted after it was made is an error, not a wrong answer.
NodeId analysedNode(lua_State* L, int index, const GraphHandle& handle, const Analysis& analysis);
/// Nodes of an analysis that are still alive, as a list.
void pushLive(lua_State* L, const GraphHandle& handle, const std::vector<NodeId>& ids);

/// The decision behind a chain table: what fx.apply records when the chain was carried out.
struct ChainHandle {
  std::shared_ptr<Analysis> analysis;
  NodeId head;
};
/// The decision of the chain table at `index`; null for anything else.
ChainHandle* chainAt(lua_State* L, int index);
std::vector<std::string> nodeFields();

// --- families: each adds to the fx table at the top of the stack and makes its metatables --------------------------------------
void bindGraph(lua_State* L);
void bindNode(lua_State* L);
void bindValues(lua_State* L);
void bindOperator(lua_State* L);
void bindSession(lua_State* L);
void bindStorage(lua_State* L);
void bindEffects(lua_State* L);
void bindRewrite(lua_State* L);
void bindRun(lua_State* L);
void bindHelp(lua_State* L);

// --- sandbox.cpp ------------------------------------------------------------------------------------------------------------
void* allocate(void* user, void* block, size_t oldSize, size_t newSize);
void openLibraries(lua_State* L);
void installHook(lua_State* L);
void bindStrings(lua_State* L);   // strings.cpp: string.find and friends with a step limit
/// Extends the deadline by the time it lived: work in C++ that has its own limits does not count as the script's.
class Paused {
 public:
  explicit Paused(Core& core) : core_(core), start_(std::chrono::steady_clock::now()) {}
  ~Paused();
  Paused(const Paused&) = delete;
  Paused& operator=(const Paused&) = delete;
 private:
  Core& core_;
  std::chrono::steady_clock::time_point start_;
};
/// Throws when a sandboxed script names a path that it must not write.
void checkWritable(const Core& core, const std::string& path);

// --- scripts.cpp ---------------------------------------------------------------------------------------------------------------
/// Finds a script by path or by name in the embedded ones, beside the running script, and in the folders. Throws naming where it looked.
struct FoundScript { std::string name, source, path; };
FoundScript findScript(Core& core, const std::string& name);
/// Loads `source` as text and calls it (in the running transaction).
void runSource(lua_State* L, const std::string& name, const std::string& source);
/// Runs a script as a part of the current chunk; with `all`, then applies every rewrite that it defined.
void loadScript(lua_State* L, const FoundScript& found, bool all);
/// Runs a script for its definitions: its edits are dropped.
void defineOnly(lua_State* L, const std::string& name);
void applyRewrite(lua_State* L, const std::string& name);
/// Applies every rewrite that this script defined, in the order of their definitions.
void applyAllOf(lua_State* L, const std::string& script);
std::vector<std::pair<std::string, std::string>> shippedScripts(const Core& core);
int traceback(lua_State* L);

/// One documented thing of api.lua: "fx.open", "Graph:nodes", "Node.name".
struct ApiEntry { std::string name, signature, doc; };
std::vector<ApiEntry> readApi(const Core& core);
/// Names of everything that is bound, in api.lua's spelling.
std::vector<std::string> boundNames(lua_State* L);

}  // namespace rewrites::lua
