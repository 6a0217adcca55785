// Graph and Node: what a node does to memory, what it calls, which operator is its twin, and what the annotations prove.
//
// The questions that rewrites beside reinplacing ask (scripts/cse.lua, functionalize.lua …). Answers come from the analysis that
// bind_storage.cpp describes; g:proves takes the ranges and sizes that the dump states and nothing else.
#include <array>

#include "graph/ir/schema.h"
#include "graph/text/printer.h"
#include "rewrites/lua/core.h"

namespace rewrites::lua {

namespace ir = graph::ir;

namespace {

/// A node's analysis and its id in it.
struct Analysed {
  std::shared_ptr<Analysis> analysis;
  NodeId id;
  GraphHandle graph;
};
Analysed analysed(lua_State* L) {
  const NodeHandle& handle = checkNode(L, 1);
  const GraphHandle graph{handle.epoch, handle.pinned};
  auto analysis = analysisOf(L, graph);
  const NodeId id = analysedNode(L, 1, graph, *analysis);
  return {std::move(analysis), id, graph};
}

int effect(lua_State* L) {
  const Analysed node = analysed(L);
  const auto word = node.analysis->effects().of(node.id);
  lua_pushlstring(L, word.data(), word.size());
  return 1;
}

int writes(lua_State* L) {
  const Analysed node = analysed(L);
  pushLive(L, node.graph, node.analysis->effects().written(node.id));
  return 1;
}

/// n:twin(): of a functional operator the in-place one, of an in-place one the functional one; nil when there is none.
int twin(lua_State* L) {
  const Node& node = nodeOf(L, checkNode(L, 1));
  const auto* schema = node.op == ir::Op::call_function ? ir::findSchema(node.target, node.args.size()) : nullptr;
  const std::string found = !schema ? "" : schema->mutates() ? ir::functionalTwin(schema->target) : ir::inPlaceTwin(schema->target);
  if (found.empty()) lua_pushnil(L);
  else lua_pushstring(L, found.c_str());
  return 1;
}

/// The id that stands for a node: what the table at `index` has for it, else its own.
NodeId standsFor(lua_State* L, int index, NodeId id) {
  if (!lua_istable(L, index)) return id;
  lua_rawgeti(L, index, id.value);
  const NodeId other{lua_isinteger(L, -1) ? static_cast<uint32_t>(lua_tointeger(L, -1)) : id.value};
  lua_pop(L, 1);
  return other;
}

/// n:call(ids): target and arguments in the schema's order, defaults filled in; 1, 1.0 and True read differently.
int call(lua_State* L) {
  const NodeHandle& handle = checkNode(L, 1);
  const Graph& graph = graphOf(L, handle);
  const Node& node = nodeOf(L, handle);
  const auto* schema = node.op == ir::Op::call_function ? ir::findSchema(node.target, node.args.size()) : nullptr;
  std::string text = std::string(ir::opName(node.op)) + " " + (schema ? schema->target : node.target) + "(";
  auto add = [&](const Argument& argument) {
    const Argument standing = argument.mapNodes([&](NodeId id) { return graph.contains(standsFor(L, 2, id)) ? standsFor(L, 2, id) : id; });
    text += graph::text::printArgument(graph, standing) + ", ";
  };
  if (schema && !schema->variadic) {
    for (const auto& argument : schema->arguments) {
      const Argument* value = ir::argumentByName(node, argument.name);
      add(value ? *value : Argument());
    }
  } else {
    for (const auto& argument : node.args) add(argument);
    for (const auto& [key, argument] : node.kwargs) {
      text += key + "=";
      add(argument);
    }
  }
  text += ")";
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}

int sameTensor(lua_State* L) {
  const GraphHandle& handle = checkGraph(L, 1);
  auto analysis = analysisOf(L, handle);
  const Storage& storage = analysis->storage();
  const auto* a = storage.location(analysedNode(L, 2, handle, *analysis));
  const auto* b = storage.location(analysedNode(L, 3, handle, *analysis));
  lua_pushboolean(L, a && b && storage.sameTensor(*a, *b) && !a->assumed && !b->assumed);   // not where that takes certain strides
  return 1;
}

/// Does `left OP right` follow from what is known?
bool follows(const ir::Facts& facts, const ir::Expr& left, std::string_view op, const ir::Expr& right) {
  const ir::Expr one(1);
  if (op == "==") return facts.provesEqual(left, right);
  if (op == "!=") return facts.provesLessEqual(left + one, right) || facts.provesLessEqual(right + one, left);
  if (op == "<=") return facts.provesLessEqual(left, right);
  if (op == ">=") return facts.provesLessEqual(right, left);
  return op == "<" ? facts.provesLessEqual(left + one, right) : facts.provesLessEqual(right + one, left);
}

int proves(lua_State* L) {
  const GraphHandle& handle = checkGraph(L, 1);
  const std::string text = toString(L, 2, "a condition such as \"s0 >= 2\"");
  for (const std::string_view op : std::array<std::string_view, 6>{"==", "!=", "<=", ">=", "<", ">"}) {
    const size_t at = text.find(op);
    if (at == std::string::npos) continue;
    const auto left = ir::Expr::parse(std::string_view(text).substr(0, at)), right = ir::Expr::parse(std::string_view(text).substr(at + op.size()));
    if (!left || !right) break;
    lua_pushboolean(L, follows(analysisOf(L, handle)->storage().facts(), *left, op, *right));
    return 1;
  }
  throw std::runtime_error("'" + text + "' is no condition: write two sizes with ==, !=, <=, >=, < or > between them, as s0 >= 2");
}

}  // namespace

void bindEffects(lua_State* L) {
  const auto add = [&](const char* metatable, const std::vector<Function>& methods) {
    luaL_getmetatable(L, metatable);
    lua_getfield(L, -1, "__methods");
    setFunctions(L, methods);
    lua_pop(L, 2);
  };
  add(kGraph, {{"same_tensor", guarded<sameTensor>}, {"proves", guarded<proves>}});
  add(kNode, {{"effect", guarded<effect>}, {"writes", guarded<writes>}, {"twin", guarded<twin>}, {"call", guarded<call>}});
}

}  // namespace rewrites::lua
