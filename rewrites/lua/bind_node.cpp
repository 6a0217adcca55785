// Node: what a dump line says of it, its users and inputs, and the edits of one node.
#include "graph/ir/schema.h"
#include "graph/text/printer.h"
#include "rewrites/lua/core.h"

namespace rewrites::lua {

namespace ir = graph::ir;

namespace {

// --- fields ----------------------------------------------------------------------------------------------------------------------

void fieldName(lua_State* L, const NodeHandle&, const Graph&, const Node& node) { lua_pushstring(L, node.name.c_str()); }
void fieldOp(lua_State* L, const NodeHandle&, const Graph&, const Node& node) {
  const auto name = ir::opName(node.op);
  lua_pushlstring(L, name.data(), name.size());
}
void fieldTarget(lua_State* L, const NodeHandle&, const Graph&, const Node& node) { lua_pushstring(L, node.target.c_str()); }
void fieldArgs(lua_State* L, const NodeHandle& handle, const Graph&, const Node& node) {
  pushArgument(L, ir::List{node.args}, handle.pinned);
}
void fieldKwargs(lua_State* L, const NodeHandle& handle, const Graph&, const Node& node) {
  lua_newtable(L);
  for (const auto& [key, argument] : node.kwargs) {
    pushArgument(L, argument, handle.pinned);
    lua_setfield(L, -2, key.c_str());
  }
}
void fieldUsers(lua_State* L, const NodeHandle& handle, const Graph& graph, const Node&) {
  std::vector<NodeId> users = graph.users(handle.id);
  std::sort(users.begin(), users.end(), [&](NodeId a, NodeId b) { return graph.before(a, b); });
  pushNodes(L, users, handle.pinned);
}
void fieldInputs(lua_State* L, const NodeHandle& handle, const Graph&, const Node& node) {
  std::vector<NodeId> inputs;
  node.forEachInput([&](NodeId id) {
    if (std::find(inputs.begin(), inputs.end(), id) == inputs.end()) inputs.push_back(id);
  });
  pushNodes(L, inputs, handle.pinned);
}
void fieldMeta(lua_State* L, const NodeHandle&, const Graph&, const Node& node) { pushMeta(L, node.meta); }
void fieldStack(lua_State* L, const NodeHandle&, const Graph&, const Node& node) {
  if (node.stack) lua_pushstring(L, node.stack->c_str());
  else lua_pushnil(L);
}
void fieldLine(lua_State* L, const NodeHandle&, const Graph&, const Node& node) {
  if (node.line) lua_pushinteger(L, node.line);
  else lua_pushnil(L);
}
/// `llama.py:20 in forward` out of `File: llama.py:20 in forward, code: …`; the module's path for call_module.
void fieldModule(lua_State* L, const NodeHandle&, const Graph&, const Node& node) {
  if (node.op == ir::Op::call_module) {
    lua_pushstring(L, node.target.c_str());
    return;
  }
  const size_t at = node.stack ? node.stack->find("File: ") : std::string::npos;
  if (at == std::string::npos) {
    lua_pushnil(L);
    return;
  }
  const size_t start = at + 6;
  const size_t end = std::min(node.stack->find(", code:", start), node.stack->find('\n', start));
  const std::string place = node.stack->substr(start, end == std::string::npos ? end : end - start);
  lua_pushstring(L, place.c_str());
}
void fieldId(lua_State* L, const NodeHandle& handle, const Graph&, const Node&) { lua_pushinteger(L, handle.id.value); }
void fieldNext(lua_State* L, const NodeHandle& handle, const Graph& graph, const Node&) { pushNodeOrNil(L, graph.next(handle.id), handle.pinned); }
void fieldPrev(lua_State* L, const NodeHandle& handle, const Graph& graph, const Node&) { pushNodeOrNil(L, graph.prev(handle.id), handle.pinned); }

using Field = void (*)(lua_State*, const NodeHandle&, const Graph&, const Node&);
const std::map<std::string, Field, std::less<>>& fields() {
  static const std::map<std::string, Field, std::less<>> table = {
      {"name", fieldName},     {"op", fieldOp},       {"target", fieldTarget}, {"args", fieldArgs}, {"kwargs", fieldKwargs},
      {"users", fieldUsers},   {"inputs", fieldInputs}, {"meta", fieldMeta},   {"stack", fieldStack}, {"line", fieldLine},
      {"module", fieldModule}, {"id", fieldId},       {"next", fieldNext},     {"prev", fieldPrev},
  };
  return table;
}

int index(lua_State* L) {
  const NodeHandle& handle = checkNode(L, 1);
  size_t size = 0;
  const char* key = luaL_checklstring(L, 2, &size);
  const auto found = fields().find(std::string_view(key, size));
  if (found != fields().end()) {
    const Graph& graph = graphOf(L, handle);
    found->second(L, handle, graph, graph.node(handle.id));
    return 1;
  }
  luaL_getmetafield(L, 1, "__methods");
  if (lua_getfield(L, -1, key) != LUA_TNIL) return 1;
  std::string known;
  for (const auto& [name, field] : fields()) known += (known.empty() ? "" : ", ") + name;
  throw std::runtime_error("a node has no field '" + std::string(key) + "': it has " + known + " (and methods: help(\"Node\"))");
}

int newIndex(lua_State* L) {
  const std::string key = show(L, 2);
  const std::string instead = key == "target" ? "n:set_target(t)" : key == "args" || key == "kwargs" ? "n:set_arg(name, value)" : key == "meta" ? "n:set_meta(other)" : "";
  throw std::runtime_error("a node's '" + key + "' cannot be assigned" + (instead.empty() ? "" : ": use " + instead));
}

int nodeToString(lua_State* L) {
  const NodeHandle& handle = checkNode(L, 1);
  const std::string line = graph::text::printNode(graphOf(L, handle), handle.id);
  lua_pushlstring(L, line.data(), line.size());
  return 1;
}

int equals(lua_State* L) {
  const NodeHandle *a = testNode(L, 1), *b = testNode(L, 2);
  lua_pushboolean(L, a && b && a->id == b->id && a->epoch == b->epoch && a->name == b->name);
  return 1;
}

int before(lua_State* L) {
  const NodeHandle &a = checkNode(L, 1), &b = checkNode(L, 2);
  const Graph& graph = graphOf(L, a);
  if (&graph != &graphOf(L, b)) throw std::runtime_error("nodes of different revisions have no order");
  lua_pushboolean(L, graph.before(a.id, b.id));
  return 1;
}

int collect(lua_State* L) {
  checkNode(L, 1).~NodeHandle();
  return 0;
}

// --- arguments by name --------------------------------------------------------------------------------------------------------------

[[noreturn]] void noSuchArgument(const Node& node, const std::string& name) {
  std::string message = node.name + " (" + node.target + ") has no argument '" + name + "'";
  if (const auto* schema = ir::findSchema(node.target, node.args.size())) {
    message += ": it has";
    for (size_t i = 0; i < schema->arguments.size(); ++i) message += (i ? ", " : " ") + schema->arguments[i].name;
  } else {
    message += ": its schema is not known, use a position (1 is the first) or the name of a keyword argument that it has";
  }
  throw std::runtime_error(message);
}

int arg(lua_State* L) {
  const NodeHandle& handle = checkNode(L, 1);
  const Node& node = nodeOf(L, handle);
  const Argument* found = nullptr;
  if (lua_isinteger(L, 2)) {
    const lua_Integer i = lua_tointeger(L, 2);
    if (i >= 1 && static_cast<size_t>(i) <= node.args.size()) found = &node.args[static_cast<size_t>(i) - 1];
  } else {
    const std::string name = toString(L, 2, "an argument's name");
    found = ir::argumentByName(node, name);
    if (!found) found = node.kwarg(name);
    const auto* schema = ir::findSchema(node.target, node.args.size());
    if (!found && !(schema && schema->indexOf(name))) noSuchArgument(node, name);
  }
  if (!found || found->isNone()) lua_pushnil(L);
  else pushArgument(L, *found, handle.pinned);
  return 1;
}

/// Puts `value` where argument `name` of `node` belongs.
void place(Node& node, const std::string& name, Argument value) {
  for (auto& [key, old] : node.kwargs)
    if (key == name) {
      old = std::move(value);
      return;
    }
  const auto* schema = ir::findSchema(node.target, node.args.size());
  const auto position = schema ? schema->indexOf(name) : std::nullopt;
  if (!position) noSuchArgument(node, name);
  if (*position < node.args.size()) node.args[*position] = std::move(value);
  else if (*position == node.args.size() && !schema->arguments[*position].keywordOnly) node.args.push_back(std::move(value));
  else node.kwargs.emplace_back(name, std::move(value));
}

int setArg(lua_State* L) {
  const NodeId id = editableNode(L, 1);
  Node changed = core(L).session.view().node(id);
  Argument value = toArgument(L, 3);
  if (lua_isinteger(L, 2)) {
    const lua_Integer i = lua_tointeger(L, 2);
    if (i < 1 || static_cast<size_t>(i) > changed.args.size())
      throw std::runtime_error(changed.name + " has " + std::to_string(changed.args.size()) + " positional arguments, not " + std::to_string(i));
    changed.args[static_cast<size_t>(i) - 1] = std::move(value);
  } else {
    place(changed, toString(L, 2, "an argument's name or position"), std::move(value));
  }
  core(L).edit().replace(id, std::move(changed));
  return 0;
}

int setTarget(lua_State* L) {
  const NodeId id = editableNode(L, 1);
  Node changed = core(L).session.view().node(id);
  changed.target = toString(L, 2, "an operator");
  if (changed.op == ir::Op::call_function) requireKnownOperator(changed.target);
  core(L).edit().replace(id, std::move(changed));
  return 0;
}

int setMeta(lua_State* L) {
  const NodeId id = editableNode(L, 1);
  Node changed = core(L).session.view().node(id);
  if (lua_isnoneornil(L, 2)) changed.meta = std::monostate{};
  else changed.meta = toMeta(L, 2);
  core(L).edit().replace(id, std::move(changed));
  return 0;
}

int replaceAllUses(lua_State* L) {
  const NodeId old = editableNode(L, 1), with = editableNode(L, 2);
  if (old == with) throw std::runtime_error("node '" + core(L).session.view().node(old).name + "' cannot replace itself");
  core(L).edit().replaceAllUses(old, with);
  return 0;
}

int replaceInput(lua_State* L) {
  const NodeId id = editableNode(L, 1), old = editableNode(L, 2), with = editableNode(L, 3);
  Node changed = core(L).session.view().node(id);
  const auto map = [&](NodeId input) { return input == old ? with : input; };
  for (auto& argument : changed.args) argument = argument.mapNodes(map);
  for (auto& [key, argument] : changed.kwargs) argument = argument.mapNodes(map);
  core(L).edit().replace(id, std::move(changed));
  return 0;
}

int moveBefore(lua_State* L) {
  const NodeId id = editableNode(L, 1), where = editableNode(L, 2);
  core(L).edit().moveBefore(id, where);
  return 0;
}

}  // namespace

void bindNode(lua_State* L) {
  makeMetatable(L, kNode,
                {{"__index", guarded<index>}, {"__newindex", guarded<newIndex>}, {"__tostring", guarded<nodeToString>}, {"__eq", guarded<equals>},
                 {"__lt", guarded<before>}, {"__gc", collect}},
                {{"arg", guarded<arg>}, {"set_arg", guarded<setArg>}, {"set_target", guarded<setTarget>}, {"set_meta", guarded<setMeta>},
                 {"replace_all_uses_with", guarded<replaceAllUses>}, {"replace_input_with", guarded<replaceInput>},
                 {"move_before", guarded<moveBefore>}});
}

std::vector<std::string> nodeFields() {
  std::vector<std::string> names;
  for (const auto& [name, field] : fields()) names.push_back(name);
  return names;
}

}  // namespace rewrites::lua
