// Applying a rewrite: what fx.apply does.
//
// Two phases. First `match` (or the pattern) is asked about every node of the unchanged graph; then `apply` runs for each
// match in execution order. A match of which a node has died meanwhile is skipped. The analysis stays that of the unchanged graph
// throughout, because it decided all chains together.
#include <algorithm>
#include <optional>

#include "graph/ir/schema.h"
#include "rewrites/lua/core.h"

namespace rewrites::lua {

namespace ir = graph::ir;

namespace {

// --- outcomes --------------------------------------------------------------------------------------------------------------------

class Applying {
 public:
  Applying(lua_State* L, std::string name) : L_(L), core_(core(L)), name_(std::move(name)) {}

  /// The refusal table at the top, about `node`.
  void refused(const std::string& node) {
    Refused out;
    out.rewrite = name_;
    out.node = node;
    if (lua_getfield(L_, -1, "node"); const NodeHandle* said = testNode(L_, -1)) out.node = said->name;
    lua_pop(L_, 1);
    out.rule = stringField(L_, -1, "rule");
    out.because = stringField(L_, -1, "because");
    if (lua_getfield(L_, -1, "blockers"); lua_istable(L_, -1)) out.blockers = toStrings(L_, -1, "a blocking node or its name");
    lua_pop(L_, 1);
    if (lua_getfield(L_, -1, "repair"); lua_istable(L_, -1)) {
      Refused::Repair repair{stringField(L_, -1, "text"), stringField(L_, -1, "rewrite"), std::nullopt, stringField(L_, -1, "bytes")};
      if (auto bytes = ir::Expr::parse(repair.bytesText)) repair.bytes = bytes->evaluate(binding());
      out.repair = std::move(repair);
    }
    lua_pop(L_, 1);
    core_.session.addRefused(std::move(out));
  }

  void refused(const std::string& node, const std::string& rule, const std::string& because, std::vector<std::string> blockers) {
    core_.session.addRefused({name_, node, rule, because, std::move(blockers), std::nullopt});
  }

  void taken(const std::string& node, const ChainHandle* decision) {
    Taken out;
    out.rewrite = name_;
    out.node = node;
    out.removed = core_.erased;
    if (decision) {
      const Chain* chain = decision->analysis->inPlace().chainOf(decision->head);
      if (!chain) throw std::logic_error("the chain of '" + node + "' is unknown to its analysis");
      const Graph& before = decision->analysis->graph();
      core_.session.recordChain(decision->head, decision->analysis.get());
      out.node = before.node(chain->head).name;
      out.writes = before.node(chain->owner).name;
      out.updates = static_cast<int>(chain->updates.size());
      out.bytesSaved = chain->bytesSaved.evaluate(binding());
      out.bytesSavedText = chain->bytesSaved.str();
      for (const auto& guard : chain->guards) out.guards.push_back(guard.str());
    }
    core_.session.addTaken(std::move(out));
  }

  /// Calls the function below its arguments; on failure the message says which rewrite was at which node.
  void call(int arguments, int results, const char* what, const std::string& node) {
    const int handler = lua_gettop(L_) - arguments;
    lua_pushcfunction(L_, traceback);
    lua_insert(L_, handler);
    if (lua_pcall(L_, arguments, results, handler) != LUA_OK) fail(what, node);
    lua_remove(L_, handler);
  }

  /// Raises the error on top of the stack, with the place.
  [[noreturn]] void fail(const char* what, const std::string& node) {
    const std::string message = lua_isstring(L_, -1) ? toString(L_, -1, "a message") : "error";
    if (!core_.abortReason.empty()) throw std::runtime_error(core_.abortReason);
    throw std::runtime_error("rewrite '" + name_ + "', " + what + " at node '" + node + "': " + message);
  }

 private:
  const ir::Binding& binding() {
    if (!binding_) binding_ = core_.session.binding();
    return *binding_;
  }
  lua_State* L_;
  Core& core_;
  std::string name_;
  std::optional<ir::Binding> binding_;
};

/// All handles among the fields of the table at `index` (and that node itself) are alive.
bool allAlive(lua_State* L, int index) {
  const Graph& graph = core(L).session.view();
  auto alive = [&](const NodeHandle* handle) { return !handle || handle->pinned || graph.contains(handle->id); };
  if (!lua_istable(L, index)) return alive(testNode(L, index));
  index = lua_absindex(L, index);
  bool all = true;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    all = all && alive(testNode(L, -1));
    lua_pop(L, 1);
  }
  return all;
}

struct Held {
  explicit Held(Session& s) : session(s) { session.holdAnalysis(true); }
  ~Held() { session.holdAnalysis(false); }
  Session& session;
};

// --- match and apply ---------------------------------------------------------------------------------------------------------------

void applyFunctions(lua_State* L, const RewriteDefinition& rewrite, Applying& applying) {
  Core& c = core(L);
  struct Found { NodeId node; std::string name; };
  std::vector<Found> found;
  std::vector<NodeId> ids;
  for (NodeId id : c.session.view()) ids.push_back(id);
  const uint64_t editsBefore = c.edits;

  lua_newtable(L);   // captures by match: a table, so that an error leaves nothing behind in the registry
  const int captures = lua_gettop(L);
  lua_pushcfunction(L, traceback);
  lua_rawgeti(L, LUA_REGISTRYINDEX, rewrite.match);
  pushGraph(L);
  const int handler = captures + 1, match = captures + 2, graph = captures + 3;
  for (NodeId id : ids) {
    lua_pushvalue(L, match);
    lua_pushvalue(L, graph);
    pushNode(L, id);
    const int status = lua_pcall(L, 2, 2, handler);
    const bool alive = c.session.view().contains(id);   // match may have edited, which is an error below
    const std::string name = alive ? c.session.view().node(id).name : "an erased node";
    if (status != LUA_OK) applying.fail("match", name);
    if (c.edits != editsBefore) throw std::runtime_error("rewrite '" + rewrite.name + "': match changed the graph at node '" + name + "'; only apply may");
    if (lua_toboolean(L, -2)) {
      found.push_back({id, name});
      lua_pop(L, 1);
      if (lua_isboolean(L, -1)) {   // `return true`: the node is all there is to know
        lua_pop(L, 1);
        lua_newtable(L);
      }
      if (lua_istable(L, -1)) {
        lua_getfield(L, -1, "node");
        const bool has = !lua_isnil(L, -1);
        lua_pop(L, 1);
        if (!has) {
          pushNode(L, id);
          lua_setfield(L, -2, "node");
        }
      }
      lua_rawseti(L, captures, static_cast<lua_Integer>(found.size()));
      continue;
    }
    if (lua_istable(L, -1)) applying.refused(name);
    else if (lua_isstring(L, -1)) applying.refused(name, "refused", toString(L, -1, "a reason"), {});
    lua_pop(L, 2);
  }
  lua_settop(L, captures);

  for (size_t i = 0; i < found.size(); ++i) {
    lua_rawgeti(L, captures, static_cast<lua_Integer>(i) + 1);
    const int at = lua_gettop(L);
    if (!c.session.view().contains(found[i].node) || !allAlive(L, at)) {
      lua_settop(L, captures);
      continue;
    }
    ChainHandle* decision = chainAt(L, at);
    if (!decision && lua_istable(L, at)) {   // a match may carry its chain in the field `chain`
      lua_getfield(L, at, "chain");
      decision = chainAt(L, -1);
    }
    c.erased.clear();
    const uint64_t before = c.edits;
    lua_rawgeti(L, LUA_REGISTRYINDEX, rewrite.apply);
    pushGraph(L);
    lua_pushvalue(L, at);
    applying.call(2, 2, "apply", found[i].name);
    if (lua_istable(L, -1)) applying.refused(found[i].name);
    else if (c.edits != before) applying.taken(found[i].name, decision);
    lua_settop(L, captures);
  }
  lua_pop(L, 1);
}

// --- pattern and replace ---------------------------------------------------------------------------------------------------------------

void pushCaptures(lua_State* L, const Match& match) {
  lua_newtable(L);
  for (const auto& [name, argument] : match.captures) {
    pushArgument(L, argument);
    lua_setfield(L, -2, name.c_str());
  }
  pushNode(L, match.root);
  lua_setfield(L, -2, "node");
}

bool anyWriter(const Graph& graph) {
  for (NodeId id : graph) {
    const Node& node = graph.node(id);
    if (node.op != ir::Op::call_function) continue;
    const auto* schema = ir::findSchema(node.target, node.args.size());
    if (schema ? schema->mutates() : node.target.find('.') == std::string::npos) return true;
  }
  return false;
}

void applyPattern(lua_State* L, const RewriteDefinition& rewrite, Applying& applying) {
  Core& c = core(L);
  std::vector<Match> matches;
  const Graph& unchanged = c.session.view();
  const bool writes = anyWriter(unchanged);
  for (NodeId id : unchanged) {
    const Node& node = unchanged.node(id);
    if (node.target != rewrite.pattern->target()) continue;
    auto match = rewrite.pattern->matchAt(unchanged, id);
    if (!match) continue;
    const std::string name = node.name;
    if (rewrite.where != LUA_NOREF) {
      lua_rawgeti(L, LUA_REGISTRYINDEX, rewrite.where);
      pushCaptures(L, *match);
      applying.call(1, 2, "where", name);
      const bool wanted = lua_toboolean(L, -2);
      if (!wanted && lua_istable(L, -1)) applying.refused(name);
      else if (!wanted && lua_isstring(L, -1)) applying.refused(name, "where", toString(L, -1, "a reason"), {});
      lua_pop(L, 2);
      if (!wanted) continue;
    }
    if (writes && match->nodes.size() > 1) {
      if (const NodeId writer = interferingWrite(c.session.analysis()->storage(), *match)) {
        const std::string& by = unchanged.node(writer).name;
        applying.refused(name, "old-value-read-later", by + " writes what the pattern reads, between its first node and " + name, {by});
        continue;
      }
    }
    matches.push_back(std::move(*match));
  }
  for (const Match& match : matches) {
    const Graph& now = c.session.view();
    if (!now.contains(match.root)) continue;
    const auto still = rewrite.pattern->matchAt(now, match.root);   // an earlier match may have taken or changed a part
    if (!still || still->captures != match.captures) continue;
    const std::string name = now.node(match.root).name;
    c.erased.clear();
    rewrite.replacement->apply(c.edit(), match, c.erased);
    applying.taken(name, nullptr);
  }
}

}  // namespace

void applyRewrite(lua_State* L, const std::string& name) {
  Core& c = core(L);
  if (!c.findRewrite(name)) {
    // A script of the catalog that is called like the rewrite.
    bool shipped = c.embedded.count(name + ".lua") > 0;
    for (const auto& [script, doc] : shippedScripts(c)) shipped |= script == name;
    if (shipped) defineOnly(L, name);
  }
  if (!c.findRewrite(name)) {
    std::string known;
    for (const auto& rewrite : c.rewrites) known += (known.empty() ? "" : ", ") + rewrite.name;
    for (const auto& [script, doc] : shippedScripts(c))
      if (!c.findRewrite(script)) known += (known.empty() ? "" : ", ") + script;
    throw std::runtime_error("no rewrite is called '" + name + "'" + (known.empty() ? "" : ": there are " + known));
  }
  const RewriteDefinition rewrite = *c.findRewrite(name);   // a copy: a script may define others while it runs
  if (!c.session.inTransaction()) c.begin();
  if (!c.session.inTransaction()) throw std::runtime_error("fx.apply: no graph is open");
  if (rewrite.script != c.chunk.name && std::find(c.chunk.used.begin(), c.chunk.used.end(), rewrite.script) == c.chunk.used.end())
    c.chunk.used.push_back(rewrite.script);
  c.chunk.applied.push_back(name);
  c.session.startRewrite(name);
  Applying applying(L, name);
  Held held(c.session);
  if (rewrite.pattern) applyPattern(L, rewrite, applying);
  else applyFunctions(L, rewrite, applying);
}

void applyAllOf(lua_State* L, const std::string& script) {
  std::vector<std::string> names;
  for (const auto& rewrite : core(L).rewrites)
    if (rewrite.script == script) names.push_back(rewrite.name);
  if (names.empty()) return;
  for (const auto& name : names) applyRewrite(L, name);
}

}  // namespace rewrites::lua
