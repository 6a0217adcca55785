// Graph: find and walk nodes, insert and erase them.
//
// A handle means the graph that the running chunk edits, or a revision (then every edit is an error).
#include "graph/ir/schema.h"
#include "graph/text/printer.h"
#include "rewrites/lua/core.h"

namespace rewrites::lua {

namespace ir = graph::ir;

namespace {

/// `aten.slice*` and the like: '*' stands for anything.
bool wildcard(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool isOpName(const std::string& text) {
  for (auto op : {ir::Op::placeholder, ir::Op::get_attr, ir::Op::call_function, ir::Op::call_method, ir::Op::call_module, ir::Op::output})
    if (ir::opName(op) == text) return true;
  return false;
}

/// g:nodes's iterator. Upvalues: the list of handles made when the loop began, position.
int nextNode(lua_State* L) {
  for (;;) {
    const lua_Integer i = lua_tointeger(L, lua_upvalueindex(2)) + 1;
    lua_pushinteger(L, i);
    lua_replace(L, lua_upvalueindex(2));
    if (lua_rawgeti(L, lua_upvalueindex(1), i) == LUA_TNIL) return 1;
    const NodeHandle& handle = *testNode(L, -1);
    if (handle.pinned || (handle.epoch == core(L).epoch && core(L).session.view().contains(handle.id))) return 1;
    lua_pop(L, 1);   // erased meanwhile by the loop's body
  }
}

int nodes(lua_State* L) {
  const GraphHandle& handle = checkGraph(L, 1);
  const Graph& graph = graphOf(L, handle);
  std::string op, target, name;
  if (!lua_isnoneornil(L, 2)) {
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, 2)) {
      lua_pop(L, 1);
      const std::string key = toString(L, -1, "a filter's name");
      if (key != "op" && key != "target" && key != "name")
        throw std::runtime_error("g:nodes has no filter '" + key + "': it takes op, target and name");
    }
    op = stringField(L, 2, "op"), target = stringField(L, 2, "target"), name = stringField(L, 2, "name");
    if (!op.empty() && !isOpName(op)) {   // the usual meaning: the operator that it calls
      if (target.empty()) target = op;
      op.clear();
    }
  }
  std::vector<NodeId> found;
  for (NodeId id : graph) {
    const Node& node = graph.node(id);
    if (!op.empty() && ir::opName(node.op) != op) continue;
    if (!target.empty() && !wildcard(target, node.target)) continue;
    if (!name.empty() && !wildcard(name, node.name)) continue;
    found.push_back(id);
  }
  pushNodes(L, found, handle.pinned);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, guarded<nextNode>, 2);
  return 1;
}

int node(lua_State* L) {
  const GraphHandle& handle = checkGraph(L, 1);
  pushNode(L, nodeOrName(L, 2, handle), handle.pinned);
  return 1;
}

/// Upvalue: the methods, to which other families add theirs.
int index(lua_State* L) {
  // Methods first and without C++ objects: a rewrite comes here for every node.
  if (lua_type(L, 2) != LUA_TSTRING) throw std::runtime_error("expected a node's name, got a " + std::string(luaL_typename(L, 2)));
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
  const GraphHandle& handle = checkGraph(L, 1);
  const std::string key = toString(L, 2, "a node's name");
  pushNodeOrNil(L, graphOf(L, handle).find(key), handle.pinned);
  return 1;
}

int newIndex(lua_State* L) {
  throw std::runtime_error("nodes cannot be assigned to '" + show(L, 2) + "': use g:insert_before, g:insert_after and g:erase");
}

int length(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(graphOf(L, checkGraph(L, 1)).size()));
  return 1;
}

int toStringGraph(lua_State* L) {
  const GraphHandle& handle = checkGraph(L, 1);
  if (!handle.pinned && handle.epoch != core(L).epoch) {
    lua_pushliteral(L, "graph (no longer the current one)");
    return 1;
  }
  const Graph& graph = graphOf(L, handle);
  lua_pushfstring(L, "graph %s: %d nodes", graph.name().c_str(), static_cast<int>(graph.size()));
  return 1;
}

int equals(lua_State* L) {
  const auto* a = static_cast<GraphHandle*>(luaL_testudata(L, 1, kGraph));
  const auto* b = static_cast<GraphHandle*>(luaL_testudata(L, 2, kGraph));
  lua_pushboolean(L, a && b && a->pinned == b->pinned && a->epoch == b->epoch);
  return 1;
}

int collect(lua_State* L) {
  checkGraph(L, 1).~GraphHandle();
  return 0;
}

int text(lua_State* L) {
  const std::string form = lua_isnoneornil(L, 2) ? "code" : toString(L, 2, "a form of text");
  if (form != "code" && form != "graph") throw std::runtime_error("'" + form + "' is no form of text: \"code\" (the default) or \"graph\"");
  const auto graph = graphOf(L, checkGraph(L, 1));
  const std::string printed = form == "graph" ? graph::text::printGraphForm(graph) : graph::text::print(graph);
  lua_pushlstring(L, printed.data(), printed.size());
  return 1;
}

// --- edits ---------------------------------------------------------------------------------------------------------------------

/// What FX would call the node: the operator's name without namespace and overload.
std::string baseName(const std::string& target) {
  std::string name = target;
  if (const size_t first = name.find('.'); first != std::string::npos) {
    const size_t second = name.find('.', first + 1);
    const bool infix = name.starts_with("_operator.") || second == std::string::npos;
    name = infix ? name.substr(name.rfind('.') + 1) : name.substr(first + 1, second - first - 1);
  }
  for (char& c : name)
    if (!(isalnum(static_cast<unsigned char>(c)) || c == '_')) c = '_';
  if (name.empty() || isdigit(static_cast<unsigned char>(name[0]))) name = "_" + name;
  return name;
}

ir::Op toOp(const std::string& text) {
  for (auto op : {ir::Op::placeholder, ir::Op::get_attr, ir::Op::call_function, ir::Op::call_method, ir::Op::call_module})
    if (ir::opName(op) == text) return op;
  throw std::runtime_error("'" + text + "' is no kind of node that can be inserted: call_function, call_method, call_module, get_attr, placeholder");
}

int insert(lua_State* L, bool before) {
  checkEditable(L, checkGraph(L, 1));
  const NodeId where = editableNode(L, 2);
  Node made;
  made.target = toString(L, 3, "an operator such as \"aten.add.Tensor\"");
  if (!lua_isnoneornil(L, 4)) {
    Argument args = toArgument(L, 4);
    if (const auto* list = args.as<ir::List>()) made.args = list->items;
    else if (const auto* tuple = args.as<ir::Tuple>()) made.args = tuple->items;
    else throw std::runtime_error("the arguments of '" + made.target + "' are not a list");
  }
  if (!lua_isnoneornil(L, 5)) {
    luaL_checktype(L, 5, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, 5)) {
      if (lua_type(L, -2) != LUA_TSTRING) throw std::runtime_error("keyword arguments have names: {dim = 0}");
      made.kwargs.emplace_back(toString(L, -2, "a name"), toArgument(L, -1));
      lua_pop(L, 1);
    }
    std::sort(made.kwargs.begin(), made.kwargs.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  }
  const Graph& view = core(L).session.view();
  const Node* model = nullptr;
  std::string name;
  bool strides = true;
  if (!lua_isnoneornil(L, 6)) {
    luaL_checktype(L, 6, LUA_TTABLE);
    name = stringField(L, 6, "name");
    if (const std::string op = stringField(L, 6, "op"); !op.empty()) made.op = toOp(op);
    if (lua_getfield(L, 6, "meta") != LUA_TNIL) {
      if (testNode(L, -1)) model = &nodeOf(L, checkNode(L, -1));
      made.meta = toMeta(L, -1);
    }
    if (lua_getfield(L, 6, "strides") == LUA_TBOOLEAN) strides = lua_toboolean(L, -1);
    lua_pop(L, 2);
  }
  if (made.op == ir::Op::call_function) requireKnownOperator(made.target);
  if (auto* tensor = std::get_if<ir::TensorMeta>(&made.meta); tensor && !strides) tensor->stride.reset();
  made.stack = (model ? *model : view.node(where)).stack;
  if (!name.empty() && view.find(name)) throw std::runtime_error("a node is called '" + name + "' already");
  made.name = name.empty() ? view.uniqueName(baseName(made.target)) : name;
  Graph& draft = core(L).edit();
  pushNode(L, before ? draft.insertBefore(where, std::move(made)) : draft.insertAfter(where, std::move(made)));
  return 1;
}
int insertBefore(lua_State* L) { return insert(L, true); }
int insertAfter(lua_State* L) { return insert(L, false); }

int erase(lua_State* L) {
  checkEditable(L, checkGraph(L, 1));
  const NodeId id = editableNode(L, 2);
  Core& c = core(L);
  const std::string name = c.session.view().node(id).name;
  c.edit().erase(id);
  c.erased.push_back(name);
  return 0;
}

int eraseDeadNodes(lua_State* L) {
  checkEditable(L, checkGraph(L, 1));
  std::vector<NodeId> from;
  if (lua_istable(L, 2)) {
    const auto size = static_cast<lua_Integer>(lua_rawlen(L, 2));
    for (lua_Integer i = 1; i <= size; ++i) {
      lua_rawgeti(L, 2, i);
      const NodeHandle& handle = checkNode(L, -1);
      // A node of the list may have gone with another of the list.
      if (handle.epoch == core(L).epoch && !handle.pinned && core(L).session.view().contains(handle.id)) from.push_back(handle.id);
      lua_pop(L, 1);
    }
    if (from.empty()) {
      lua_newtable(L);
      return 1;
    }
  } else if (!lua_isnoneornil(L, 2)) {
    from.push_back(editableNode(L, 2));
  }
  std::vector<std::string> removed;
  Core& c = core(L);
  eraseDead(c.edit(), from, removed);
  lua_createtable(L, static_cast<int>(removed.size()), 0);
  lua_Integer n = 0;
  for (const auto& name : removed) {
    lua_pushstring(L, name.c_str());
    lua_rawseti(L, -2, ++n);
    c.erased.push_back(name);
  }
  return 1;
}

int addGuard(lua_State* L) {
  checkEditable(L, checkGraph(L, 1));
  const std::string text = toString(L, 2, "a guard");
  auto guard = ir::Guard::parse(text);
  if (!guard) throw std::runtime_error("'" + text + "' is no guard: write " + std::string(ir::Guard::forms()));
  const Graph& view = core(L).session.view();
  for (const std::string& name : {guard->first, guard->second}) {
    if (name.empty() || guard->kind == ir::Guard::Kind::symbol) continue;
    const NodeId id = view.find(name);
    if (!id) throw ir::DeadNode("the guard '" + text + "' names '" + name + "', which is no node");
    const auto op = view.node(id).op;
    if (op != ir::Op::placeholder && op != ir::Op::get_attr)
      throw std::runtime_error("the guard '" + text + "' names '" + name + "', which is no input: only placeholders and get_attr nodes can be checked before a run");
    const auto* tensor = view.node(id).tensor();
    if (guard->kind == ir::Guard::Kind::strides && tensor && tensor->shape.size() != guard->strides.size())
      throw std::runtime_error("the guard '" + text + "' gives " + std::to_string(guard->strides.size()) + " strides: '" + name + "' has " +
                               std::to_string(tensor->shape.size()) + " dimensions");
  }
  core(L).edit().addGuard(*guard);
  return 0;
}

int guards(lua_State* L) {
  lua_newtable(L);
  lua_Integer n = 0;
  for (const auto& guard : graphOf(L, checkGraph(L, 1)).guards()) {
    lua_pushstring(L, guard.str().c_str());
    lua_rawseti(L, -2, ++n);
  }
  return 1;
}

int inputs(lua_State* L) {
  const GraphHandle& handle = checkGraph(L, 1);
  pushNodes(L, graphOf(L, handle).placeholders(), handle.pinned);
  return 1;
}
int output(lua_State* L) {
  const GraphHandle& handle = checkGraph(L, 1);
  pushNodeOrNil(L, graphOf(L, handle).output(), handle.pinned);
  return 1;
}
int name(lua_State* L) {
  lua_pushstring(L, graphOf(L, checkGraph(L, 1)).name().c_str());
  return 1;
}

}  // namespace

void requireKnownOperator(const std::string& target) {
  if (!target.starts_with("aten.") && !target.starts_with("prims.")) return;   // custom operators are not ours to know
  if (ir::findSchema(target)) return;
  const auto close = ir::closestTarget(target);
  throw std::runtime_error("unknown operator '" + target + "'" + (close.empty() ? "" : ", did you mean '" + std::string(close) + "'?"));
}

void bindGraph(lua_State* L) {
  makeMetatable(L, kGraph,
                {{"__newindex", guarded<newIndex>}, {"__len", guarded<length>}, {"__tostring", guarded<toStringGraph>},
                 {"__eq", guarded<equals>}, {"__gc", collect}},
                {{"nodes", guarded<nodes>}, {"node", guarded<node>}, {"insert_before", guarded<insertBefore>}, {"insert_after", guarded<insertAfter>},
                 {"erase", guarded<erase>}, {"erase_dead", guarded<eraseDeadNodes>}, {"add_guard", guarded<addGuard>}, {"guards", guarded<guards>},
                 {"inputs", guarded<inputs>}, {"output", guarded<output>}, {"name", guarded<name>}, {"text", guarded<text>}});
  luaL_getmetatable(L, kGraph);
  lua_getfield(L, -1, "__methods");
  lua_pushcclosure(L, guarded<index>, 1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}

}  // namespace rewrites::lua
