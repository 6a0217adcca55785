// Arguments of nodes as Lua values and back; shapes and annotations; results of a run.
//
// Numbers, strings, booleans and nodes are themselves; a list is a table, a tuple a table marked by fx.tuple; everything else (None inside
// a list, dtypes, devices, slices, enums …) is an opaque value that prints as the dump has it and compares by content.
#include <cmath>
#include <new>

#include "graph/ir/density.h"
#include "graph/text/parser.h"
#include "graph/text/printer.h"
#include "rewrites/lua/core.h"

namespace rewrites::lua {

namespace ir = graph::ir;

void pushValue(lua_State* L, Argument argument) {
  new (lua_newuserdatauv(L, sizeof(Argument), 0)) Argument(std::move(argument));
  luaL_setmetatable(L, kValue);
}

namespace {

void pushItems(lua_State* L, const std::vector<Argument>& items, const std::shared_ptr<const Graph>& pinned) {
  lua_createtable(L, static_cast<int>(items.size()), 0);
  lua_Integer n = 0;
  for (const Argument& item : items) {
    pushArgument(L, item, pinned);
    lua_rawseti(L, -2, ++n);
  }
}

const Argument& checkValue(lua_State* L, int index) { return *static_cast<Argument*>(luaL_checkudata(L, index, kValue)); }

std::vector<Argument> toItems(lua_State* L, int index, int depth) {
  index = lua_absindex(L, index);
  const auto size = static_cast<lua_Integer>(lua_rawlen(L, index));
  lua_Integer keys = 0;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    lua_pop(L, 1);
    if (!lua_isinteger(L, -1)) throw std::runtime_error("a table with the key '" + show(L, -1) + "' is no list of arguments (fx.value(\"{…}\") makes a dict)");
    ++keys;
  }
  if (keys != size) throw std::runtime_error("a list of arguments has holes: write fx.none for None");
  std::vector<Argument> items;
  items.reserve(static_cast<size_t>(size));
  for (lua_Integer i = 1; i <= size; ++i) {
    lua_rawgeti(L, index, i);
    items.push_back(toArgument(L, -1, depth + 1));
    lua_pop(L, 1);
  }
  return items;
}

bool isTuple(lua_State* L, int index) {
  if (!lua_getmetatable(L, index)) return false;
  luaL_getmetatable(L, kTuple);
  const bool same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return same;
}

}  // namespace

void pushArgument(lua_State* L, const Argument& argument, const std::shared_ptr<const Graph>& pinned) {
  luaL_checkstack(L, 4, "arguments nest too deep");
  if (const auto* flag = argument.as<bool>()) lua_pushboolean(L, *flag);
  else if (const auto* integer = argument.as<int64_t>()) lua_pushinteger(L, *integer);
  else if (const auto* number = argument.as<double>()) lua_pushnumber(L, *number);
  else if (const auto* text = argument.as<std::string>()) lua_pushlstring(L, text->data(), text->size());
  else if (const auto* node = argument.as<NodeId>()) pushNode(L, *node, pinned);
  else if (const auto* list = argument.as<ir::List>()) pushItems(L, list->items, pinned);
  else if (const auto* tuple = argument.as<ir::Tuple>()) {
    pushItems(L, tuple->items, pinned);
    luaL_setmetatable(L, kTuple);
  } else pushValue(L, argument);
}

Argument toArgument(lua_State* L, int index, int depth) {
  if (depth > 100) throw std::runtime_error("arguments nest too deep");
  luaL_checkstack(L, 4, "arguments nest too deep");
  switch (lua_type(L, index)) {
    case LUA_TNONE:
    case LUA_TNIL: return ir::None{};
    case LUA_TBOOLEAN: return static_cast<bool>(lua_toboolean(L, index));
    case LUA_TNUMBER:
      if (lua_isinteger(L, index)) return static_cast<int64_t>(lua_tointeger(L, index));
      return static_cast<double>(lua_tonumber(L, index));
    case LUA_TSTRING: return toString(L, index, "text");
    case LUA_TTABLE:
      if (isTuple(L, index)) return ir::Tuple{toItems(L, index, depth)};
      return ir::List{toItems(L, index, depth)};
    case LUA_TUSERDATA:
      if (testNode(L, index)) return editableNode(L, index);
      if (auto* value = static_cast<Argument*>(luaL_testudata(L, index, kValue))) return *value;
      [[fallthrough]];
    default: throw std::runtime_error(std::string("a ") + luaL_typename(L, index) + " cannot be an argument of a node");
  }
}

void pushExpr(lua_State* L, const ir::Expr& expression) {
  if (auto constant = expression.asConstant()) {
    lua_pushinteger(L, *constant);
    return;
  }
  const std::string text = expression.str();
  lua_pushlstring(L, text.data(), text.size());
}

void pushMeta(lua_State* L, const ir::Meta& meta) {
  if (std::holds_alternative<std::monostate>(meta)) {
    lua_pushnil(L);
    return;
  }
  lua_newtable(L);
  setField(L, "text", graph::text::printMeta(meta));
  auto pushExprs = [&](const std::vector<ir::Expr>& all) {
    lua_createtable(L, static_cast<int>(all.size()), 0);
    lua_Integer n = 0;
    for (const auto& one : all) {
      pushExpr(L, one);
      lua_rawseti(L, -2, ++n);
    }
  };
  if (const auto* tensor = std::get_if<ir::TensorMeta>(&meta)) {
    setField(L, "dtype", std::string(ir::abbreviation(tensor->dtype)));
    pushExprs(tensor->shape);
    lua_setfield(L, -2, "shape");
    if (tensor->stride) {
      pushExprs(*tensor->stride);
      lua_setfield(L, -2, "stride");
      setField(L, "density", std::string(ir::densityName(ir::densityOf(tensor->shape, *tensor->stride))));
    }
    if (tensor->device) setField(L, "device", tensor->device->str());
  } else if (const auto* sym = std::get_if<ir::SymMeta>(&meta)) {
    pushExpr(L, sym->value);
    lua_setfield(L, -2, "sym");
  }
}

ir::Meta toMeta(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TSTRING) return nodeOf(L, checkNode(L, index)).meta;
  const std::string text = toString(L, index, "an annotation");
  std::string problem;
  ir::Meta meta = graph::text::parseMeta(text, &problem);
  if (!problem.empty() || std::holds_alternative<ir::OtherMeta>(meta))
    throw std::runtime_error("'" + text + "' is no annotation" + (problem.empty() ? "" : ": " + problem) + " (write \"f32[2, s0][s0, 1]cpu\" or \"Sym(s0)\")");
  return meta;
}

// --- small helpers -------------------------------------------------------------------------------------------------------------

std::string toString(lua_State* L, int index, const char* what) {
  if (lua_type(L, index) != LUA_TSTRING && lua_type(L, index) != LUA_TNUMBER)
    throw std::runtime_error(std::string("expected ") + what + ", got " + (lua_isnoneornil(L, index) ? "nothing" : luaL_typename(L, index)));
  lua_pushvalue(L, index);   // lua_tolstring would change a number in place
  size_t size = 0;
  const char* text = lua_tolstring(L, -1, &size);
  std::string out(text, size);
  lua_pop(L, 1);
  return out;
}

std::vector<std::string> toStrings(lua_State* L, int index, const char* what) {
  if (lua_type(L, index) != LUA_TTABLE) return {toString(L, index, what)};
  std::vector<std::string> out;
  const auto size = static_cast<lua_Integer>(lua_rawlen(L, index));
  for (lua_Integer i = 1; i <= size; ++i) {
    lua_rawgeti(L, index, i);
    if (const NodeHandle* node = testNode(L, -1)) out.push_back(node->name);
    else out.push_back(toString(L, -1, what));
    lua_pop(L, 1);
  }
  return out;
}

std::string stringField(lua_State* L, int index, const char* key) {
  lua_getfield(L, index, key);
  std::string out = lua_isnil(L, -1) ? "" : toString(L, -1, (std::string("text for '") + key + "'").c_str());
  lua_pop(L, 1);
  return out;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    char escaped[8];
    if (c == '"' || c == '\\') out += std::string("\\") + c;
    else if (static_cast<unsigned char>(c) < 32) out += (snprintf(escaped, sizeof escaped, "\\%03d", c), escaped);
    else out += c;
  }
  return out + "\"";
}

void setField(lua_State* L, const char* key, const std::string& text) {
  lua_pushlstring(L, text.data(), text.size());
  lua_setfield(L, -2, key);
}
void setField(lua_State* L, const char* key, int64_t number) {
  lua_pushinteger(L, number);
  lua_setfield(L, -2, key);
}

// --- functions -------------------------------------------------------------------------------------------------------------------

namespace {

/// Numbers for printing: constants only; a value that refers to nodes prints through the graph it came from.
int valueToString(lua_State* L) {
  const std::string text = graph::text::printArgument(core(L).session.view(), checkValue(L, 1));
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}
int valueEquals(lua_State* L) {
  const auto* a = static_cast<Argument*>(luaL_testudata(L, 1, kValue));
  const auto* b = static_cast<Argument*>(luaL_testudata(L, 2, kValue));
  lua_pushboolean(L, a && b && *a == *b);
  return 1;
}
int valueCollect(lua_State* L) {
  checkValue(L, 1).~Argument();
  return 0;
}

int tuple(lua_State* L) {
  if (lua_type(L, 1) != LUA_TTABLE) throw std::runtime_error("fx.tuple takes a table: fx.tuple{1, 2}");
  lua_settop(L, 1);
  luaL_setmetatable(L, kTuple);
  return 1;
}
int tupleToString(lua_State* L) {
  const std::string text = show(L, 1);
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}
int value(lua_State* L) {
  pushArgument(L, graph::text::parseArgument(toString(L, 1, "an argument in dump text"), core(L).session.view()));
  return 1;
}
int dtype(lua_State* L) {
  const std::string text = toString(L, 1, "a dtype");
  auto found = ir::dtypeFromAbbreviation(text);
  if (!found) found = ir::dtypeFromTorchName(text);
  if (!found) throw std::runtime_error("'" + text + "' is no dtype: write f32, bf16, i64 or torch.float32");
  pushValue(L, *found);
  return 1;
}
int device(lua_State* L) {
  const std::string text = toString(L, 1, "a device");
  auto found = ir::Device::parse(text);
  if (!found) throw std::runtime_error("'" + text + "' is no device: write cpu or cuda:0");
  pushValue(L, *found);
  return 1;
}

}  // namespace

void bindValues(lua_State* L) {
  setFunctions(L, {{"tuple", guarded<tuple>}, {"value", guarded<value>}, {"dtype", guarded<dtype>}, {"device", guarded<device>}});
  makeMetatable(L, kValue, {{"__tostring", guarded<valueToString>}, {"__eq", guarded<valueEquals>}, {"__gc", valueCollect}}, {});
  makeMetatable(L, kTuple, {{"__tostring", guarded<tupleToString>}}, {});
  pushValue(L, ir::None{});
  lua_setfield(L, -2, "none");
}

}  // namespace rewrites::lua
