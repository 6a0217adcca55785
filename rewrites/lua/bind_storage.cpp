// Graph: who shares memory with whom, what may be written in place, how many bytes are copied.
//
// The questions go to the analysis of the graph as it is now (inside fx.apply: as it was before the rewrite began); an old revision
// gets an analysis of its own for the call.
#include "graph/ir/schema.h"
#include "rewrites/lua/core.h"
#include "rewrites/operators.h"
#include "rewrites/repair.h"

namespace rewrites::lua {

namespace ir = graph::ir;

std::shared_ptr<Analysis> analysisOf(lua_State* L, const GraphHandle& handle) {
  graphOf(L, handle);
  if (handle.pinned) return std::make_shared<Analysis>(handle.pinned);
  return core(L).session.analysis();
}

NodeId analysedNode(lua_State* L, int index, const GraphHandle& handle, const Analysis& analysis) {
  const NodeId id = nodeOrName(L, index, handle);
  if (!analysis.graph().contains(id))
    throw std::runtime_error("node '" + graphOf(L, handle).node(id).name + "' was inserted after the graph was analysed: ask before editing");
  return id;
}

void pushLive(lua_State* L, const GraphHandle& handle, const std::vector<NodeId>& ids) {
  const Graph& graph = graphOf(L, handle);
  std::vector<NodeId> live;
  for (NodeId id : ids)
    if (graph.contains(id)) live.push_back(id);
  pushNodes(L, live, handle.pinned);
}

namespace {

int storage(lua_State* L) {
  const GraphHandle& handle = checkGraph(L, 1);
  auto analysis = analysisOf(L, handle);
  pushNodeOrNil(L, analysis->storage().owner(analysedNode(L, 2, handle, *analysis)), handle.pinned);
  return 1;
}

int aliases(lua_State* L) {
  const GraphHandle& handle = checkGraph(L, 1);
  auto analysis = analysisOf(L, handle);
  const NodeId owner = analysis->storage().owner(analysedNode(L, 2, handle, *analysis));
  pushLive(L, handle, owner ? analysis->storage().aliases(owner) : std::vector<NodeId>{});
  return 1;
}

int mayOverlap(lua_State* L) {
  const GraphHandle& handle = checkGraph(L, 1);
  auto analysis = analysisOf(L, handle);
  lua_pushboolean(L, analysis->storage().mayOverlap(analysedNode(L, 2, handle, *analysis), analysedNode(L, 3, handle, *analysis)));
  return 1;
}

int readersAfter(lua_State* L) {
  const GraphHandle& handle = checkGraph(L, 1);
  auto analysis = analysisOf(L, handle);
  const NodeId position = analysedNode(L, 2, handle, *analysis);
  const NodeId owner = analysis->storage().owner(lua_isnoneornil(L, 3) ? position : analysedNode(L, 3, handle, *analysis));
  pushLive(L, handle, owner ? analysis->storage().readersAfter(position, owner) : std::vector<NodeId>{});
  return 1;
}

int writers(lua_State* L) {
  const GraphHandle& handle = checkGraph(L, 1);
  auto analysis = analysisOf(L, handle);
  const NodeId owner = analysis->storage().owner(analysedNode(L, 2, handle, *analysis));
  pushLive(L, handle, owner ? analysis->effects().writers(owner) : std::vector<NodeId>{});
  return 1;
}

int window(lua_State* L) {
  const GraphHandle& handle = checkGraph(L, 1);
  auto analysis = analysisOf(L, handle);
  const NodeId id = analysedNode(L, 2, handle, *analysis);
  const auto region = analysis->storage().window(id);
  if (!region) {
    lua_pushnil(L);
    return 1;
  }
  // The window lies in the owner of the base, which is the first tensor argument.
  const Node& node = analysis->graph().node(id);
  const NodeId base = node.args.empty() ? NodeId{} : node.args[0].node();
  const Location* owner = base ? analysis->storage().location(analysis->storage().owner(base)) : nullptr;
  lua_pushstring(L, Storage::str(*region, owner ? owner->shape : std::vector<ir::Expr>{}).c_str());
  return 1;
}

// --- in place ----------------------------------------------------------------------------------------------------------------------

/// The name of the argument that a decided node's result takes over.
std::string operandName(const Node& node, const ChainUpdate& update) {
  const auto* schema = ir::findSchema(node.target, node.args.size());
  const size_t index = update.how == How::forward && node.target.starts_with("aten.copy.") ? 1 : 0;   // copy(d, s) is s
  return schema && index < schema->arguments.size() ? schema->arguments[index].name : "self";
}

/// The field `guards` of the table at the top.
void setGuards(lua_State* L, const std::vector<ir::Guard>& guards) {
  lua_createtable(L, static_cast<int>(guards.size()), 0);
  lua_Integer n = 0;
  for (const auto& guard : guards) {
    const std::string text = guard.str();
    lua_pushlstring(L, text.data(), text.size());
    lua_rawseti(L, -2, ++n);
  }
  lua_setfield(L, -2, "guards");
}

void pushChain(lua_State* L, const Chain& chain, const std::shared_ptr<Analysis>& analysis, const GraphHandle& handle) {
  const Graph& now = graphOf(L, handle);
  const Graph& before = analysis->graph();
  auto live = [&](NodeId id) { return now.contains(id) ? id : NodeId{}; };
  lua_createtable(L, 0, 7);
  pushNodeOrNil(L, live(chain.head), handle.pinned);
  lua_setfield(L, -2, "head");
  pushNodeOrNil(L, live(chain.owner), handle.pinned);
  lua_setfield(L, -2, "owner");
  lua_createtable(L, static_cast<int>(chain.updates.size()), 0);
  lua_Integer n = 0;
  for (const ChainUpdate& update : chain.updates) {
    lua_createtable(L, 0, 6);
    pushNodeOrNil(L, live(update.node), handle.pinned);
    lua_setfield(L, -2, "node");
    pushNodeOrNil(L, live(update.base), handle.pinned);
    lua_setfield(L, -2, "base");
    lua_pushboolean(L, update.writes);
    lua_setfield(L, -2, "writes");
    setField(L, "operand", operandName(before.node(update.node), update));
    lua_pushboolean(L, update.how == How::forward);
    lua_setfield(L, -2, "forward");
    if (update.how == How::forward && !update.view.empty()) setField(L, "view", update.view);
    if (update.how == How::inPlace) setField(L, "twin", update.twin);
    lua_rawseti(L, -2, ++n);
  }
  lua_setfield(L, -2, "updates");
  pushLive(L, handle, chain.copies);
  lua_setfield(L, -2, "copies");
  setGuards(L, chain.guards);
  pushExpr(L, chain.bytesSaved);
  lua_setfield(L, -2, "bytes_saved");
  // fx.apply finds the chain again by this, to record it with the analysis that decided it.
  new (lua_newuserdatauv(L, sizeof(ChainHandle), 0)) ChainHandle{analysis, chain.head};
  luaL_setmetatable(L, "fx.ChainHandle");
  lua_setfield(L, -2, "decision");
  luaL_setmetatable(L, kChain);
}

void pushRepair(lua_State* L, const Repair& repair, const GraphHandle& handle) {
  const Graph& graph = graphOf(L, handle);
  const auto node = [&](const char* key, NodeId id) {
    if (!id || !graph.contains(id)) return;
    pushNode(L, id, handle.pinned);
    lua_setfield(L, -2, key);
  };
  lua_newtable(L);
  setField(L, "text", repair.text);
  setField(L, "rewrite", repair.rewrite);
  if (repair.bytes) {
    pushExpr(L, *repair.bytes);
    lua_setfield(L, -2, "bytes");
  }
  pushLive(L, handle, repair.move);
  lua_setfield(L, -2, "move");
  pushLive(L, handle, repair.users);
  lua_setfield(L, -2, "users");
  node("before", repair.before);
  node("value", repair.value);
  setGuards(L, repair.guards);
}

void pushRefusal(lua_State* L, const Refusal& refusal, const Repair* repair, const GraphHandle& handle) {
  lua_createtable(L, 0, 5);
  setField(L, "rule", std::string(ruleName(refusal.rule)));
  setField(L, "because", refusal.because);
  pushLive(L, handle, refusal.blockers);
  lua_setfield(L, -2, "blockers");
  const Graph& graph = graphOf(L, handle);
  if (graph.contains(refusal.node)) {
    pushNode(L, refusal.node, handle.pinned);
    lua_setfield(L, -2, "node");
  }
  if (repair) {
    pushRepair(L, *repair, handle);
    lua_setfield(L, -2, "repair");
  }
  luaL_setmetatable(L, kRefusal);
}

/// g:can_write_in_place(n [, "self"]): the chain, or nil and the refusal; nil alone for a node that is no update.
int canWriteInPlace(lua_State* L) {
  const GraphHandle& handle = checkGraph(L, 1);
  auto analysis = analysisOf(L, handle);
  const NodeId id = analysedNode(L, 2, handle, *analysis);
  if (!lua_isnoneornil(L, 3)) {
    const std::string operand = toString(L, 3, "an operand's name");
    const Node& node = analysis->graph().node(id);
    const auto* schema = ir::findSchema(node.target, node.args.size());
    if (operand != "self" && !(schema && !schema->arguments.empty() && schema->arguments[0].name == operand))
      throw std::runtime_error("can_write_in_place: a result takes over its first operand ('self'), not '" + operand + "'");
  }
  const InPlace& decisions = analysis->inPlace();
  if (const Chain* chain = decisions.chainOf(id)) {
    pushChain(L, *chain, analysis, handle);
    return 1;
  }
  lua_pushnil(L);
  if (const Refusal* refusal = decisions.refusalOf(id)) {
    pushRefusal(L, *refusal, decisions.repairOf(id), handle);
    return 2;
  }
  return 1;
}

int isUpdate(lua_State* L) {
  const GraphHandle& handle = checkGraph(L, 1);
  auto analysis = analysisOf(L, handle);
  lua_pushboolean(L, analysis->inPlace().isUpdate(analysedNode(L, 2, handle, *analysis)));
  return 1;
}

int chainToString(lua_State* L) {
  std::string text = "chain";
  if (lua_getfield(L, 1, "head"); const NodeHandle* head = testNode(L, -1)) text += " " + head->name;
  if (lua_getfield(L, 1, "owner"); const NodeHandle* owner = testNode(L, -1)) text += " written into " + owner->name;
  lua_getfield(L, 1, "updates");
  const auto updates = lua_rawlen(L, -1);
  lua_getfield(L, 1, "copies");
  text += ": " + std::to_string(updates) + (updates == 1 ? " update, " : " updates, ") + std::to_string(lua_rawlen(L, -1)) + " copies to erase, saves ";
  lua_getfield(L, 1, "bytes_saved");
  text += show(L, -1) + " bytes";
  lua_getfield(L, 1, "guards");
  for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; ++i) {
    text += (i == 1 ? ", if " : " and ") + show(L, -1);
    lua_pop(L, 1);
  }
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}

int refusalToString(lua_State* L) {
  std::string text = stringField(L, 1, "rule") + ": " + stringField(L, 1, "because");
  lua_getfield(L, 1, "blockers");
  if (lua_istable(L, -1) && lua_rawlen(L, -1) > 0) {
    std::string names;
    for (const auto& name : toStrings(L, -1, "a blocker")) names += (names.empty() ? "" : ", ") + name;
    text += " (blocked by " + names + ")";
  }
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}

int collectChain(lua_State* L) {
  static_cast<ChainHandle*>(luaL_checkudata(L, 1, "fx.ChainHandle"))->~ChainHandle();
  return 0;
}

// --- bytes ---------------------------------------------------------------------------------------------------------------------------

int copied(lua_State* L) {
  const GraphHandle& handle = checkGraph(L, 1);
  const Graph& graph = graphOf(L, handle);
  const auto binding = core(L).session.binding();
  if (!lua_isnoneornil(L, 2)) {
    std::string kind;
    Operators operators;
    const NodeId id = nodeOrName(L, 2, handle);
    const auto bytes = copiedBytes(graph, id, operators.of(graph.node(id)), &kind);
    if (!bytes) {
      lua_pushnil(L);
      return 1;
    }
    if (auto number = bytes->evaluate(binding)) lua_pushinteger(L, *number);
    else pushExpr(L, *bytes);
    lua_pushstring(L, kind.c_str());
    return 2;
  }
  const CopiedBytes total = copiedBytes(graph, binding);
  lua_newtable(L);
  if (total.update) setField(L, "update", *total.update);
  if (total.copy_) setField(L, "copy_", *total.copy_);
  if (total.clone) setField(L, "clone", *total.clone);
  return 1;
}

}  // namespace

ChainHandle* chainAt(lua_State* L, int index) {
  if (!lua_istable(L, index)) return nullptr;
  lua_getfield(L, index, "decision");
  auto* handle = static_cast<ChainHandle*>(luaL_testudata(L, -1, "fx.ChainHandle"));
  lua_pop(L, 1);   // the table keeps it alive
  return handle;
}

void bindStorage(lua_State* L) {
  luaL_getmetatable(L, kGraph);
  lua_getfield(L, -1, "__methods");
  setFunctions(L, {{"storage", guarded<storage>}, {"aliases", guarded<aliases>}, {"may_overlap", guarded<mayOverlap>}, {"readers_after", guarded<readersAfter>},
                   {"writers", guarded<writers>}, {"window", guarded<window>}, {"can_write_in_place", guarded<canWriteInPlace>},
                   {"is_update", guarded<isUpdate>}, {"copied_bytes", guarded<copied>}});
  lua_pop(L, 2);
  makeMetatable(L, kChain, {{"__tostring", guarded<chainToString>}}, {});
  makeMetatable(L, kRefusal, {{"__tostring", guarded<refusalToString>}}, {});
  makeMetatable(L, "fx.ChainHandle", {{"__gc", collectChain}}, {});
}

}  // namespace rewrites::lua
