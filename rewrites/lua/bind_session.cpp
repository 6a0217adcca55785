// fx: files and graphs, revisions, export, inputs, the selection.
#include <algorithm>

#include "graph/files/safetensors.h"
#include "graph/ir/diff.h"
#include "graph/run/constraints.h"
#include "rewrites/export.h"
#include "rewrites/lua/core.h"

namespace rewrites::lua {

namespace ir = graph::ir;

namespace {

/// Before the graph or revision changes under a chunk: it must not have edits, which would belong to the old one.
void settle(Core& c, const char* what) {
  if (c.session.changed())
    throw std::runtime_error(std::string(what) + ": this chunk has changed the graph already: put it on a line of its own");
  c.session.abandon();
}

int open(lua_State* L) {
  Core& c = core(L);
  const std::string path = toString(L, 1, "the path of a file");
  if (c.chunk.replaying) {   // the journal did that already
    pushGraph(L);
    return 1;
  }
  settle(c, "fx.open");
  struct Begin { Core& core; ~Begin() { core.begin(); } } begin{c};   // also when it cannot be read: the old graph stays open
  c.session.open(path);
  c.graphChanged();
  pushGraph(L);
  return 1;
}

int use(lua_State* L) {
  Core& c = core(L);
  const std::string name = toString(L, 1, "the name or number of a graph");
  if (c.chunk.replaying) {   // the journal did that already
    pushGraph(L);
    return 1;
  }
  settle(c, "fx.use");
  struct Begin { Core& core; ~Begin() { core.begin(); } } begin{c};
  c.session.use(name);
  c.graphChanged();
  pushGraph(L);
  return 1;
}

int graphs(lua_State* L) {
  lua_newtable(L);
  lua_Integer n = 0;
  for (const auto& name : core(L).session.graphNames()) {
    lua_pushstring(L, name.c_str());
    lua_rawseti(L, -2, ++n);
  }
  return 1;
}

int graph(lua_State* L) {
  Core& c = core(L);
  if (c.session.graphNames().empty()) throw std::runtime_error("no graph is open: fx.open(\"FILE\")");
  if (lua_isnoneornil(L, 1)) pushGraph(L);
  else pushGraph(L, c.session.journal().at(static_cast<int>(luaL_checkinteger(L, 1))).graph);
  return 1;
}

int file(lua_State* L) {
  lua_pushstring(L, core(L).session.file().c_str());
  return 1;
}

// --- revisions ---------------------------------------------------------------------------------------------------------------------

template <class Move> int moveRevision(lua_State* L, const char* what, Move move) {
  Core& c = core(L);
  c.session.journal();   // throws when nothing is open
  if (c.chunk.replaying) {   // a replayed revision begins where it began
    lua_pushinteger(L, c.session.journal().current().number);
    return 1;
  }
  settle(c, what);
  struct Begin { Core& core; ~Begin() { core.begin(); } } begin{c};
  lua_pushinteger(L, move(c.session.journal()).number);
  return 1;
}
int undo(lua_State* L) {
  return moveRevision(L, "fx.undo", [](Journal& journal) -> const Revision& { return journal.undo(); });
}
int redo(lua_State* L) {
  return moveRevision(L, "fx.redo", [](Journal& journal) -> const Revision& { return journal.redo(); });
}
int at(lua_State* L) {
  const int number = static_cast<int>(luaL_checkinteger(L, 1));
  return moveRevision(L, "fx.at", [number](Journal& journal) -> const Revision& { return journal.go(number); });
}

const char* verifiedName(Verified state) {
  switch (state) {
    case Verified::same: return "same";
    case Verified::different: return "different";
    case Verified::skipped: return "skipped";
    case Verified::notYet: break;
  }
  return "not yet verified";
}

int revisions(lua_State* L) {
  Journal& journal = core(L).session.journal();
  lua_newtable(L);
  lua_Integer n = 0;
  for (const auto& revision : journal.revisions()) {
    lua_newtable(L);
    setField(L, "number", static_cast<int64_t>(revision.number));
    if (revision.parent >= 0) setField(L, "parent", static_cast<int64_t>(revision.parent));
    setField(L, "label", revision.label);
    setField(L, "nodes", static_cast<int64_t>(revision.graph->size()));
    setField(L, "verified", std::string(verifiedName(revision.verified)));
    lua_pushboolean(L, revision.number == journal.current().number);
    lua_setfield(L, -2, "current");
    lua_rawseti(L, -2, ++n);
  }
  return 1;
}

int embed(lua_State* L) {
  Core& c = core(L);
  const std::string name = toString(L, 1, "a script's name");
  c.embedded[name] = toString(L, 2, "a script's text");
  c.scripts[name] = c.embedded[name];
  return 0;
}

/// fx.replay(label, lua): one revision of a journal.
int replay(lua_State* L) {
  Core& c = core(L);
  const std::string label = toString(L, 1, "a label"), source = toString(L, 2, "the revision's Lua");
  settle(c, "fx.replay");
  c.begin();
  if (!c.session.inTransaction()) throw std::runtime_error("fx.replay: no graph is open");
  const ChunkState outer = c.chunk;
  c.chunk = ChunkState{};
  c.chunk.name = label;
  c.chunk.source = source;
  c.chunk.replaying = true;
  runSource(L, label, source);
  c.commit(label, source);
  const bool made = c.chunk.committed;
  c.chunk = outer;
  c.chunk.committed |= made;
  c.begin();
  return 0;
}

int journal(lua_State* L) {
  Core& c = core(L);
  const auto names = c.session.graphNames();
  const std::string script = c.session.journal().script(c.session.file(), names.size() > 1 ? c.session.currentName() : "");
  if (!lua_isnoneornil(L, 1)) {
    const std::string path = toString(L, 1, "a path");
    if (!path.ends_with(".lua")) throw std::runtime_error("fx.journal: '" + path + "' does not end in .lua");
    checkWritable(c, path);
    graph::files::writeFileAtomically(path, script);
  }
  lua_pushlstring(L, script.data(), script.size());
  return 1;
}

std::shared_ptr<const Graph> revisionGraph(lua_State* L, int index) {
  Core& c = core(L);
  if (auto* handle = static_cast<GraphHandle*>(luaL_testudata(L, index, kGraph))) {
    if (handle->pinned) return handle->pinned;
    return std::make_shared<const Graph>(graphOf(L, *handle));
  }
  if (lua_isnoneornil(L, index)) return std::make_shared<const Graph>(c.session.view());
  return c.session.journal().at(static_cast<int>(luaL_checkinteger(L, index))).graph;
}

int diff(lua_State* L) {
  const auto a = revisionGraph(L, 1), b = revisionGraph(L, 2);
  const auto found = ir::diffRevisions(*a, *b);
  lua_newtable(L);
  auto list = [&](const char* key, const Graph& of, const auto& ids, auto id) {
    lua_newtable(L);
    lua_Integer n = 0;
    for (const auto& one : ids) {
      lua_pushstring(L, of.node(id(one)).name.c_str());
      lua_rawseti(L, -2, ++n);
    }
    lua_setfield(L, -2, key);
  };
  list("removed", *a, found.removed, [](NodeId id) { return id; });
  list("added", *b, found.added, [](NodeId id) { return id; });
  list("changed", *b, found.changed, [](const std::pair<NodeId, NodeId>& pair) { return pair.second; });
  return 1;
}

int exportTo(lua_State* L) {
  Core& c = core(L);
  const std::string path = toString(L, 1, "a path that ends in .py or .txt");
  checkWritable(c, path);
  exportGraph(c.session.view(), path, c.session.file());
  lua_pushstring(L, path.c_str());
  return 1;
}

// --- inputs --------------------------------------------------------------------------------------------------------------------------

int bind(lua_State* L) {
  Core& c = core(L);
  auto& request = c.session.inputRequest();
  if (!lua_isnoneornil(L, 1)) {
    luaL_checktype(L, 1, LUA_TTABLE);
    const Graph& graph = c.session.view();
    const auto symbols = graph.symbols();
    auto changed = request.bind;
    lua_pushnil(L);
    while (lua_next(L, 1)) {
      lua_pushvalue(L, -2);
      const std::string name = toString(L, -1, "a symbol's name");
      lua_pop(L, 1);
      const NodeId id = graph.find(name);
      if (std::find(symbols.begin(), symbols.end(), name) == symbols.end() && !(id && graph.node(id).sym())) {
        std::string known;
        for (const auto& symbol : symbols) known += (known.empty() ? "" : ", ") + symbol;
        throw std::runtime_error("fx.bind: the graph has no symbol '" + name + "'" + (known.empty() ? ": it has none" : ": it has " + known));
      }
      if (lua_isboolean(L, -1) && !lua_toboolean(L, -1)) changed.erase(name);
      else if (lua_isinteger(L, -1) && lua_tointeger(L, -1) >= 0) changed[name] = lua_tointeger(L, -1);
      else throw std::runtime_error("fx.bind: " + name + " takes an integer that is not negative, or false to unbind it");
      lua_pop(L, 1);
    }
    std::swap(request.bind, changed);
    if (!request.tensorsFile) {   // sizes of given tensors are looked at when the graph runs
      if (auto problem = graph::run::outsideRange(graph, c.session.binding())) {
        std::swap(request.bind, changed);
        throw std::runtime_error("fx.bind: " + *problem);
      }
    }
  }
  lua_newtable(L);
  for (const auto& [name, number] : request.bind) setField(L, name.c_str(), number);
  return 1;
}

int inputs(lua_State* L) {
  auto& request = core(L).session.inputRequest();
  if (!lua_isnoneornil(L, 1)) {
    luaL_checktype(L, 1, LUA_TTABLE);
    auto changed = request;
    lua_pushnil(L);
    while (lua_next(L, 1)) {
      lua_pushvalue(L, -2);
      const std::string key = toString(L, -1, "a field's name");
      lua_pop(L, 1);
      if (key == "file") {
        if (lua_isboolean(L, -1) && !lua_toboolean(L, -1)) changed.tensorsFile.reset();
        else changed.tensorsFile = toString(L, -1, "a safetensors file");
      } else if (key == "seed") {
        changed.seed = static_cast<uint64_t>(luaL_checkinteger(L, -1));
      } else if (key == "device") {
        const std::string text = toString(L, -1, "a device");
        const auto device = ir::Device::parse(text);
        if (!device) throw std::runtime_error("fx.inputs: '" + text + "' is no device: write cpu or cuda:0");
        changed.device = *device;
      } else {
        throw std::runtime_error("fx.inputs has no field '" + key + "': it takes file, seed and device");
      }
      lua_pop(L, 1);
    }
    request = std::move(changed);
  }
  lua_newtable(L);
  if (request.tensorsFile) setField(L, "file", *request.tensorsFile);
  setField(L, "seed", static_cast<int64_t>(request.seed));
  setField(L, "device", request.device.str());
  return 1;
}

// --- the rest ------------------------------------------------------------------------------------------------------------------------

int log(lua_State* L) {
  const int count = lua_gettop(L);
  luaL_checkany(L, 1);
  if (count > 1) {   // a format and its values
    lua_getglobal(L, "string");
    lua_getfield(L, -1, "format");
    lua_remove(L, -2);
    lua_insert(L, 1);
    for (int i = 3; i <= count + 1; ++i) {
      if (lua_type(L, i) == LUA_TNUMBER || lua_type(L, i) == LUA_TSTRING) continue;
      const std::string text = show(L, i);
      lua_pushlstring(L, text.data(), text.size());
      lua_replace(L, i);
    }
    lua_call(L, count, 1);
  }
  core(L).print(show(L, -1));
  return 0;
}

int select(lua_State* L) {
  Core& c = core(L);
  if (lua_gettop(L) > 0) {
    std::vector<NodeId> ids;
    pushGraph(L);
    const int graphIndex = lua_gettop(L);
    auto add = [&](int index) {
      const NodeId id = nodeOrName(L, index, checkGraph(L, graphIndex));
      if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
    };
    if (lua_istable(L, 1)) {
      const auto size = static_cast<lua_Integer>(lua_rawlen(L, 1));
      for (lua_Integer i = 1; i <= size; ++i) {
        lua_rawgeti(L, 1, i);
        add(lua_gettop(L));
        lua_pop(L, 1);
      }
    } else if (!lua_isnil(L, 1)) {
      add(1);
    }
    c.selection = std::move(ids);
  }
  std::erase_if(c.selection, [&](NodeId id) { return !c.session.view().contains(id); });
  pushNodes(L, c.selection);
  return 1;
}

}  // namespace

void bindSession(lua_State* L) {
  setFunctions(L, {{"open", guarded<open>}, {"use", guarded<use>}, {"graphs", guarded<graphs>}, {"graph", guarded<graph>}, {"file", guarded<file>},
                   {"undo", guarded<undo>}, {"redo", guarded<redo>}, {"at", guarded<at>}, {"revisions", guarded<revisions>},
                   {"embed", guarded<embed>}, {"replay", guarded<replay>}, {"journal", guarded<journal>}, {"diff", guarded<diff>},
                   {"export", guarded<exportTo>}, {"bind", guarded<bind>}, {"inputs", guarded<inputs>}, {"log", guarded<log>}, {"select", guarded<select>}});
  lua_newtable(L);
  lua_setfield(L, -2, "args");
}

}  // namespace rewrites::lua
