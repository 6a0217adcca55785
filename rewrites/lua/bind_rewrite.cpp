// fx: rewrites are defined by scripts, listed, previewed and applied by name.
#include <algorithm>

#include "graph/ir/diff.h"
#include "rewrites/lua/core.h"

namespace rewrites::lua {

namespace ir = graph::ir;

namespace {

int functionField(lua_State* L, int index, const char* key) {
  if (lua_getfield(L, index, key) == LUA_TNIL) {
    lua_pop(L, 1);
    return LUA_NOREF;
  }
  if (!lua_isfunction(L, -1)) throw std::runtime_error(std::string("fx.rewrite: '") + key + "' is no function");
  return luaL_ref(L, LUA_REGISTRYINDEX);
}

void release(lua_State* L, RewriteDefinition& rewrite) {
  for (int ref : {rewrite.match, rewrite.apply, rewrite.where}) luaL_unref(L, LUA_REGISTRYINDEX, ref);
}

/// fx.rewrite{name=, doc=, match=, apply=} or {name=, doc=, pattern=, replace=, where=}
int define(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  static const std::vector<std::string> known = {"name", "doc", "match", "apply", "pattern", "replace", "where"};
  lua_pushnil(L);
  while (lua_next(L, 1)) {
    lua_pop(L, 1);
    const std::string key = toString(L, -1, "a field's name");
    if (std::find(known.begin(), known.end(), key) == known.end())
      throw std::runtime_error("fx.rewrite has no field '" + key + "': it takes name, doc, and match and apply, or pattern, replace and where");
  }
  RewriteDefinition made;
  made.name = stringField(L, 1, "name");
  if (made.name.empty()) throw std::runtime_error("fx.rewrite: the rewrite has no name");
  made.doc = stringField(L, 1, "doc");
  const std::string pattern = stringField(L, 1, "pattern"), replace = stringField(L, 1, "replace");
  made.match = functionField(L, 1, "match");
  made.apply = functionField(L, 1, "apply");
  made.where = functionField(L, 1, "where");
  const bool byFunction = made.match != LUA_NOREF && made.apply != LUA_NOREF && pattern.empty() && replace.empty();
  const bool byPattern = !pattern.empty() && !replace.empty() && made.match == LUA_NOREF && made.apply == LUA_NOREF;
  if (!byFunction && !byPattern)
    throw std::runtime_error("fx.rewrite '" + made.name + "' needs either match and apply, or pattern and replace");
  if (byPattern) {
    made.pattern = std::make_shared<const Pattern>(pattern);
    made.replacement = std::make_shared<const Replacement>(replace, *made.pattern);
  }
  Core& c = core(L);
  made.script = c.chunk.name;
  if (RewriteDefinition* old = c.findRewrite(made.name)) {
    release(L, *old);
    *old = std::move(made);
  } else {
    c.rewrites.push_back(std::move(made));
  }
  return 0;
}

/// fx.refuse(rule, because, blockers, repair): what `match` returns after nil.
int refuse(lua_State* L) {
  lua_settop(L, 4);
  const std::string rule = toString(L, 1, "a rule's name"), because = toString(L, 2, "a sentence that says why");
  lua_newtable(L);
  setField(L, "rule", rule);
  setField(L, "because", because);
  if (lua_istable(L, 3)) {
    lua_pushvalue(L, 3);
  } else {
    lua_newtable(L);
    if (!lua_isnil(L, 3)) {
      lua_pushvalue(L, 3);
      lua_rawseti(L, -2, 1);
    }
  }
  lua_setfield(L, -2, "blockers");
  if (lua_istable(L, 4)) {
    lua_pushvalue(L, 4);
    lua_setfield(L, -2, "repair");
  }
  luaL_setmetatable(L, kRefusal);
  return 1;
}

std::vector<std::string> namesAt(lua_State* L, int index) { return toStrings(L, index, "the name of a rewrite"); }

void pushOutcomes(lua_State* L, const std::vector<Outcome>& outcomes, const std::vector<std::string>& names) {
  lua_newtable(L);
  lua_newtable(L);
  lua_newtable(L);
  lua_Integer takenCount = 0, refusedCount = 0;
  auto list = [&](const char* key, const std::vector<std::string>& items) {
    lua_newtable(L);
    lua_Integer n = 0;
    for (const auto& item : items) {
      lua_pushstring(L, item.c_str());
      lua_rawseti(L, -2, ++n);
    }
    lua_setfield(L, -2, key);
  };
  for (const auto& outcome : outcomes) {
    if (std::find(names.begin(), names.end(), outcome.rewrite) == names.end()) continue;
    for (const auto& taken : outcome.taken) {
      lua_newtable(L);
      setField(L, "rewrite", taken.rewrite);
      setField(L, "node", taken.node);
      setField(L, "writes", taken.writes);
      setField(L, "updates", static_cast<int64_t>(taken.updates));
      if (taken.bytesSaved) setField(L, "bytes_saved", *taken.bytesSaved);
      else if (!taken.bytesSavedText.empty()) setField(L, "bytes_saved", taken.bytesSavedText);
      list("removed", taken.removed);
      list("guards", taken.guards);
      lua_rawseti(L, -3, ++takenCount);
    }
    for (const auto& refused : outcome.refused) {
      lua_newtable(L);
      setField(L, "rewrite", refused.rewrite);
      setField(L, "node", refused.node);
      setField(L, "rule", refused.rule);
      setField(L, "because", refused.because);
      list("blockers", refused.blockers);
      lua_rawseti(L, -2, ++refusedCount);
    }
  }
  lua_setfield(L, -3, "refused");
  lua_setfield(L, -2, "taken");
}

/// fx.apply(name or list): the outcomes so far of these rewrites in this transaction.
int apply(lua_State* L) {
  const auto names = namesAt(L, 1);
  for (const auto& name : names) applyRewrite(L, name);
  pushOutcomes(L, core(L).session.outcomes(), names);
  return 1;
}

/// fx.preview(name or list): applies, says what would happen, and takes it back.
int preview(lua_State* L) {
  Core& c = core(L);
  const auto names = namesAt(L, 1);
  c.begin();
  if (!c.session.inTransaction()) throw std::runtime_error("fx.preview: no graph is open");
  const ChunkState outer = c.chunk;
  const auto mark = c.session.mark();
  const Graph before = c.session.view();
  struct Restore {
    Core& core;
    const ChunkState& chunk;
    const std::shared_ptr<const Session::Checkpoint>& mark;
    ~Restore() {
      core.chunk = chunk;
      core.session.restore(mark);
    }
  } restore{c, outer, mark};
  for (const auto& name : names) applyRewrite(L, name);
  pushOutcomes(L, c.session.outcomes(), names);
  const Graph& after = c.session.view();
  const auto diff = ir::diffRevisions(before, after);
  auto list = [&](const char* key, const Graph& graph, const std::vector<NodeId>& ids) {
    lua_newtable(L);
    lua_Integer n = 0;
    for (NodeId id : ids) {
      lua_pushstring(L, graph.node(id).name.c_str());
      lua_rawseti(L, -2, ++n);
    }
    lua_setfield(L, -2, key);
  };
  list("removed", before, diff.removed);
  list("added", after, diff.added);
  return 1;
}

int list(lua_State* L) {
  Core& c = core(L);
  lua_newtable(L);
  lua_Integer n = 0;
  auto add = [&](const std::string& name, const std::string& doc, bool defined) {
    lua_newtable(L);
    setField(L, "name", name);
    setField(L, "doc", doc);
    lua_pushboolean(L, defined);
    lua_setfield(L, -2, "defined");
    lua_rawseti(L, -2, ++n);
  };
  for (const auto& rewrite : c.rewrites) add(rewrite.name, rewrite.doc, true);
  for (const auto& [name, doc] : shippedScripts(c))
    if (!c.findRewrite(name)) add(name, doc, false);
  return 1;
}

int define_(lua_State* L) {
  defineOnly(L, toString(L, 1, "a script's name"));
  return 0;
}

/// fx.load(script, {apply = true, args = {...}}): runs it in this transaction.
int load(lua_State* L) {
  Core& c = core(L);
  const FoundScript found = findScript(c, toString(L, 1, "a script's name"));
  const bool hasOptions = lua_istable(L, 2);
  bool all = false;
  if (hasOptions) {
    lua_getfield(L, 2, "apply");
    all = lua_toboolean(L, -1);
    lua_getglobal(L, "fx");
    if (lua_getfield(L, 2, "args") == LUA_TTABLE) lua_setfield(L, -2, "args");
    lua_settop(L, 2);
  }
  loadScript(L, found, all);
  return 0;
}

}  // namespace

void bindRewrite(lua_State* L) {
  setFunctions(L, {{"rewrite", guarded<define>}, {"refuse", guarded<refuse>}, {"apply", guarded<apply>}, {"preview", guarded<preview>},
                   {"rewrites", guarded<list>}, {"define", guarded<define_>}, {"load", guarded<load>}});
}

}  // namespace rewrites::lua
