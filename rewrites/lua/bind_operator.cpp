// fx: what an operator's schema says, and declaring the schema of a custom one.
#include <algorithm>

#include "graph/ir/declared_schemas.h"
#include "graph/ir/lint.h"
#include "rewrites/lua/core.h"

namespace rewrites::lua {

namespace ir = graph::ir;

namespace {

/// The only option: {pointwise = true}.
bool pointwiseOption(lua_State* L, int index) {
  bool pointwise = false;
  if (lua_isnoneornil(L, index)) return pointwise;
  luaL_checktype(L, index, LUA_TTABLE);
  lua_pushnil(L);
  while (lua_next(L, index)) {
    lua_pushvalue(L, -2);
    const std::string key = toString(L, -1, "an option's name");
    lua_pop(L, 1);
    if (key != "pointwise") throw std::runtime_error("fx.operator has no option '" + key + "': it takes pointwise");
    if (!lua_isboolean(L, -1)) throw std::runtime_error("fx.operator: pointwise is true or false");
    pointwise = lua_toboolean(L, -1);
    lua_pop(L, 1);
  }
  return pointwise;
}

std::vector<std::string> lintOf(const Core& c) {
  std::vector<std::string> messages;
  if (c.session.graphNames().empty()) return messages;
  for (auto& problem : ir::lint(c.session.view())) messages.push_back(std::move(problem.message));
  return messages;
}

/// Declares, unless the open graph calls the operator in a way that the schema does not allow: one of them is wrong then.
const ir::Schema& declareFitting(const Core& c, const std::string& text, bool pointwise) {
  const auto problems = lintOf(c);
  const auto earlier = ir::declaredSchemas();
  const ir::Schema& schema = ir::declareSchema(text, pointwise);
  for (const std::string& now : lintOf(c)) {
    if (std::find(problems.begin(), problems.end(), now) != problems.end()) continue;
    ir::withdrawSchema(schema);
    for (const ir::Schema* old : earlier)
      if (old->target == schema.target) ir::declareSchema(old->text, old->pointwise);
    throw std::runtime_error("fx.operator: the open graph does not call " + schema.target + " like that: " + now);
  }
  return schema;
}

/// fx.operator(schema, {pointwise =}) -> target
int declareOperator(lua_State* L) {
  Core& c = core(L);
  const std::string text = toString(L, 1, "an operator's schema such as \"mylib::rope_(Tensor(a!) x, Tensor cos) -> Tensor(a!)\"");
  const bool pointwise = pointwiseOption(L, 2);
  if (c.session.holdsAnalysis())
    throw std::runtime_error("fx.operator: declare operators before a rewrite is applied, not in its match or apply");
  const ir::Schema& schema = declareFitting(c, text, pointwise);
  if (ir::declaredSchema(schema.target) == &schema) {   // else torch has it
    c.declared[schema.target] = "fx.operator(" + quoted(schema.text) + (schema.pointwise ? ", {pointwise = true})" : ")");
    c.chunk.declared.insert(schema.target);
  }
  lua_pushstring(L, schema.target.c_str());
  return 1;
}

void setFlag(lua_State* L, const char* key, bool value) {
  lua_pushboolean(L, value);
  lua_setfield(L, -2, key);
}

void pushSchema(lua_State* L, const ir::Schema& schema) {
  lua_newtable(L);
  setField(L, "target", schema.target);
  setField(L, "text", schema.text);
  setFlag(L, "pointwise", schema.pointwise);
  setFlag(L, "random", schema.random);
  setFlag(L, "declared", ir::declaredSchema(schema.target) == &schema);
  lua_createtable(L, static_cast<int>(schema.arguments.size()), 0);
  lua_Integer n = 0;
  for (const auto& argument : schema.arguments) {
    lua_newtable(L);
    setField(L, "name", argument.name);
    setField(L, "type", argument.type);
    setFlag(L, "keyword", argument.keywordOnly);
    setFlag(L, "written", argument.written);
    if (!argument.aliasSet.empty()) setField(L, "alias", argument.aliasSet);
    if (argument.defaultValue) {
      pushArgument(L, *argument.defaultValue);
      lua_setfield(L, -2, "default");
    }
    lua_rawseti(L, -2, ++n);
  }
  lua_setfield(L, -2, "arguments");
  lua_createtable(L, static_cast<int>(schema.returns.size()), 0);
  n = 0;
  for (const auto& result : schema.returns) {
    lua_newtable(L);
    setField(L, "type", result.type);
    setFlag(L, "written", result.written);
    if (!result.aliasSet.empty()) setField(L, "alias", result.aliasSet);
    lua_rawseti(L, -2, ++n);
  }
  lua_setfield(L, -2, "returns");
}

/// fx.schema(target or node) -> table or nil. A target may be written as Python has it, `torch.ops.mylib.op.default`.
int schema(lua_State* L) {
  const ir::Schema* found = nullptr;
  if (const NodeHandle* handle = testNode(L, 1)) {
    const Node& node = nodeOf(L, *handle);
    if (node.op == ir::Op::call_function) found = ir::findSchema(node.target, node.args.size());
  } else {
    std::string target = lua_isuserdata(L, 1) ? show(L, 1) : toString(L, 1, "an operator or a node");
    if (constexpr std::string_view python = "torch.ops."; target.starts_with(python)) target.erase(0, python.size());
    found = ir::findSchema(target);
  }
  if (found) pushSchema(L, *found);
  else lua_pushnil(L);
  return 1;
}

}  // namespace

void bindOperator(lua_State* L) { setFunctions(L, {{"operator", guarded<declareOperator>}, {"schema", guarded<schema>}}); }

}  // namespace rewrites::lua
