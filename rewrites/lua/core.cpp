// The state behind the bindings, and the handles by which Lua names graphs and nodes.
//
// A node handle is a NodeId with the name it had; handles to the current graph are interned, so that the same node is the same
// Lua value and works as a table key.
#include "rewrites/lua/core.h"

#include <algorithm>
#include <new>

namespace rewrites::lua {

namespace {
constexpr char kInterned = 0;   // its address is the registry's key: id -> handle, weak values

/// luaL_testudata without a look-up by name; `known` remembers which metatable has it. Scripts cannot replace one.
void* testHandle(lua_State* L, int index, const char* name, const void*& known) {
  void* handle = lua_touserdata(L, index);
  if (!handle || !lua_getmetatable(L, index)) return nullptr;
  if (!known) {
    luaL_getmetatable(L, name);
    known = lua_topointer(L, -1);
    lua_pop(L, 1);
  }
  const bool same = lua_topointer(L, -1) == known;
  lua_pop(L, 1);
  return same ? handle : nullptr;
}
}

Core::Core(Session& s, std::function<void(const std::string&)> p, std::vector<std::string> f, bool t)
    : session(s), print(std::move(p)), folders(std::move(f)), trusted(t) {
  L = lua_newstate(allocate, this);
  if (!L) throw std::bad_alloc();
  *static_cast<Core**>(lua_getextraspace(L)) = this;
  lua_newtable(L);
  lua_newtable(L);
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &kInterned);
}

Core::~Core() {
  lua_sethook(L, nullptr, 0, 0);
  lua_close(L);
}

Core& core(lua_State* L) { return **static_cast<Core**>(lua_getextraspace(L)); }

RewriteDefinition* Core::findRewrite(const std::string& name) {
  for (auto& rewrite : rewrites)
    if (rewrite.name == name) return &rewrite;
  return nullptr;
}

graph::run::Backend& Core::useBackend() {
  auto& made = session.backend();
  backend.store(&made);
  return made;
}

Graph& Core::edit() {
  if (!session.inTransaction()) begin();
  ++edits;
  return session.draft();
}

void Core::begin() {
  if (!session.inTransaction() && !session.graphNames().empty()) session.begin();
}

bool Core::commit(const std::string& label, const std::string& lua) {
  if (!session.inTransaction()) return false;
  std::string text;
  std::vector<ScriptText> texts;
  for (const auto& [target, declaration] : declared)   // by an earlier chunk: a journal has only those that made revisions
    if (!chunk.replaying && !chunk.declared.contains(target)) text += declaration + "\n";
  for (const auto& name : chunk.used)
    if (!chunk.replaying) text += "fx.define(\"" + name + "\")\n";
  std::vector<std::string> names = chunk.used;
  names.insert(names.end(), chunk.embeds.begin(), chunk.embeds.end());
  if (!names.empty()) names.insert(names.end(), modules.begin(), modules.end());
  for (size_t i = 0; i < names.size(); ++i)
    if (std::find(names.begin(), names.begin() + static_cast<ptrdiff_t>(i), names[i]) == names.begin() + static_cast<ptrdiff_t>(i))
      texts.push_back({names[i], scripts[names[i]]});
  const bool made = session.commit(label, text + lua, chunk.script, std::move(texts)) != nullptr;
  chunk.committed |= made;
  chunk.applied.clear();
  chunk.used.clear();
  chunk.embeds.clear();
  return made;
}

void Core::graphChanged() {
  ++epoch;
  selection.clear();
  lua_rawgetp(L, LUA_REGISTRYINDEX, &kInterned);
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    lua_pushnil(L);
    lua_settable(L, -4);
  }
  lua_pop(L, 1);
}

// --- metatables --------------------------------------------------------------------------------------------------------------

void setFunctions(lua_State* L, const std::vector<Function>& functions) {
  for (const auto& function : functions) {
    lua_pushcfunction(L, function.function);
    lua_setfield(L, -2, function.name);
  }
}

void makeMetatable(lua_State* L, const char* name, const std::vector<Function>& meta, const std::vector<Function>& methods) {
  luaL_newmetatable(L, name);
  setFunctions(L, meta);
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");   // scripts cannot reach or replace it
  lua_newtable(L);
  setFunctions(L, methods);
  lua_setfield(L, -2, "__methods");
  lua_pop(L, 1);
}

// --- graph handles -------------------------------------------------------------------------------------------------------------

void pushGraph(lua_State* L, std::shared_ptr<const Graph> pinned) {
  auto* handle = new (lua_newuserdatauv(L, sizeof(GraphHandle), 0)) GraphHandle;
  handle->epoch = core(L).epoch;
  handle->pinned = std::move(pinned);
  luaL_setmetatable(L, kGraph);
}

GraphHandle& checkGraph(lua_State* L, int index) {
  void* handle = testHandle(L, index, kGraph, core(L).graphTable);
  return *static_cast<GraphHandle*>(handle ? handle : luaL_checkudata(L, index, kGraph));   // which raises
}

const Graph& graphOf(lua_State* L, const GraphHandle& handle) {
  if (handle.pinned) return *handle.pinned;
  if (handle.epoch != core(L).epoch) throw std::runtime_error("this graph is no longer the current one: take fx.graph() again");
  return core(L).session.view();
}

void checkEditable(lua_State* L, const GraphHandle& handle) {
  graphOf(L, handle);
  if (handle.pinned) throw std::runtime_error("this is an old revision: only the current graph can be changed");
}

// --- node handles ----------------------------------------------------------------------------------------------------------------

void pushNode(lua_State* L, NodeId id, const std::shared_ptr<const Graph>& pinned) {
  Core& c = core(L);
  const Graph& graph = pinned ? *pinned : c.session.view();
  const std::string& name = graph.node(id).name;
  if (!pinned) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &kInterned);
    if (lua_rawgeti(L, -1, id.value) == LUA_TUSERDATA) {
      const auto* known = static_cast<NodeHandle*>(lua_touserdata(L, -1));
      if (known->epoch == c.epoch && known->name == name) {
        lua_remove(L, -2);
        return;
      }
    }
    lua_pop(L, 1);
  }
  auto* handle = new (lua_newuserdatauv(L, sizeof(NodeHandle), 0)) NodeHandle;
  handle->id = id;
  handle->epoch = c.epoch;
  handle->pinned = pinned;
  luaL_setmetatable(L, kNode);   // from here on __gc owns the strings
  handle->name = name;
  if (!pinned) {
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, id.value);
    lua_remove(L, -2);
  }
}

void pushNodeOrNil(lua_State* L, NodeId id, const std::shared_ptr<const Graph>& pinned) {
  if (id) pushNode(L, id, pinned);
  else lua_pushnil(L);
}

void pushNodes(lua_State* L, const std::vector<NodeId>& ids, const std::shared_ptr<const Graph>& pinned) {
  lua_createtable(L, static_cast<int>(ids.size()), 0);
  lua_Integer n = 0;
  for (NodeId id : ids) {
    pushNode(L, id, pinned);
    lua_rawseti(L, -2, ++n);
  }
}

NodeHandle* testNode(lua_State* L, int index) { return static_cast<NodeHandle*>(testHandle(L, index, kNode, core(L).nodeTable)); }
NodeHandle& checkNode(lua_State* L, int index) {
  NodeHandle* handle = testNode(L, index);
  return handle ? *handle : *static_cast<NodeHandle*>(luaL_checkudata(L, index, kNode));   // which raises
}

const Graph& graphOf(lua_State* L, const NodeHandle& handle) {
  if (handle.pinned) return *handle.pinned;
  if (handle.epoch != core(L).epoch) throw graph::ir::DeadNode("node '" + handle.name + "' belongs to a graph that is no longer the current one");
  const Graph& graph = core(L).session.view();
  if (!graph.contains(handle.id)) throw graph::ir::DeadNode("node '" + handle.name + "' was erased");
  if (graph.node(handle.id).name != handle.name)
    throw graph::ir::DeadNode("node '" + handle.name + "' is not in this revision");   // another branch gave its id away
  return graph;
}

const Node& nodeOf(lua_State* L, const NodeHandle& handle) { return graphOf(L, handle).node(handle.id); }

NodeId editableNode(lua_State* L, int index) {
  const NodeHandle& handle = checkNode(L, index);
  graphOf(L, handle);
  if (handle.pinned) throw std::runtime_error("node '" + handle.name + "' is of an old revision: only the current graph can be changed");
  return handle.id;
}

NodeId nodeOrName(lua_State* L, int index, const GraphHandle& graph) {
  if (const NodeHandle* handle = testNode(L, index)) {
    graphOf(L, *handle);
    if (handle->pinned != graph.pinned) throw std::runtime_error("node '" + handle->name + "' is of another revision");
    return handle->id;
  }
  const std::string name = toString(L, index, "a node or its name");
  const NodeId id = graphOf(L, graph).find(name);
  if (!id) throw graph::ir::DeadNode("no node is called '" + name + "'");
  return id;
}

}  // namespace rewrites::lua
