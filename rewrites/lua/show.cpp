// Lua values in words: nodes as dump lines, tables as one would write them.
#include "graph/text/printer.h"
#include "rewrites/lua/core.h"

namespace rewrites::lua {
namespace {

constexpr int kMaxDepth = 5;
constexpr size_t kMaxItems = 200;

bool isWord(const std::string& key) {
  if (key.empty() || (key[0] >= '0' && key[0] <= '9')) return false;
  for (char c : key)
    if (!(isalnum(static_cast<unsigned char>(c)) || c == '_')) return false;
  return true;
}

std::string showTable(lua_State* L, int index, int depth);

std::string showInner(lua_State* L, int index, int depth) {
  luaL_checkstack(L, 6, "value nests too deep");
  if (const NodeHandle* node = testNode(L, index)) {
    if (depth > 0) return node->name;
    const Graph& graph = graphOf(L, *node);
    return graph::text::printNode(graph, node->id);
  }
  if (lua_type(L, index) == LUA_TSTRING) {
    std::string text = toString(L, index, "text");
    if (depth == 0) return text;
    std::string out = "\"";
    for (char c : text) out += c == '\n' ? std::string("\\n") : c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    return out + "\"";
  }
  if (lua_type(L, index) == LUA_TTABLE) {
    // A table with its own __tostring (a refusal, a result) says itself what it is; tuples are ours to print.
    if (luaL_getmetafield(L, index, "__tostring") != LUA_TNIL) {
      lua_pop(L, 1);
      lua_getmetatable(L, index);
      luaL_getmetatable(L, kTuple);
      const bool isTuple = lua_rawequal(L, -1, -2);
      lua_pop(L, 2);
      if (!isTuple) {
        luaL_tolstring(L, index, nullptr);
        std::string text = toString(L, -1, "text");
        lua_pop(L, 1);
        return text;
      }
      std::string inner = showTable(L, index, depth);
      inner.front() = '(';
      inner.back() = ')';
      return inner;
    }
    return showTable(L, index, depth);
  }
  luaL_tolstring(L, index, nullptr);
  std::string text = toString(L, -1, "text");
  lua_pop(L, 1);
  return text;
}

std::string showTable(lua_State* L, int index, int depth) {
  if (depth >= kMaxDepth) return "{…}";
  index = lua_absindex(L, index);
  const auto size = static_cast<lua_Integer>(lua_rawlen(L, index));
  // A list of nodes at the top: one dump line each.
  if (depth == 0 && size > 0) {
    lua_rawgeti(L, index, 1);
    const bool nodes = testNode(L, -1) != nullptr;
    lua_pop(L, 1);
    if (nodes) {
      std::string lines;
      for (lua_Integer i = 1; i <= size; ++i) {
        if (static_cast<size_t>(i) > kMaxItems) return lines + "\n… " + std::to_string(size - i + 1) + " more";
        lua_rawgeti(L, index, i);
        lines += (i > 1 ? "\n" : "") + showInner(L, -1, 0);
        lua_pop(L, 1);
      }
      return lines;
    }
  }
  std::string out = "{";
  size_t items = 0;
  for (lua_Integer i = 1; i <= size; ++i) {
    if (++items > kMaxItems) return out + ", …}";
    lua_rawgeti(L, index, i);
    out += (out.size() > 1 ? ", " : "") + showInner(L, -1, depth + 1);
    lua_pop(L, 1);
  }
  std::map<std::string, std::string> named;   // sorted: the same table prints the same way
  lua_pushnil(L);
  while (lua_next(L, index)) {
    const bool inSequence = lua_isinteger(L, -2) && lua_tointeger(L, -2) >= 1 && lua_tointeger(L, -2) <= size;
    if (!inSequence && named.size() < kMaxItems) {
      std::string key = showInner(L, -2, 1);
      if (lua_type(L, -2) == LUA_TSTRING && isWord(toString(L, -2, ""))) key = toString(L, -2, "");
      else key = "[" + key + "]";
      named[key] = showInner(L, -1, depth + 1);
    }
    lua_pop(L, 1);
  }
  for (const auto& [key, text] : named) out += (out.size() > 1 ? ", " : "") + key + " = " + text;
  return out + "}";
}

}  // namespace

std::string show(lua_State* L, int index) { return showInner(L, lua_absindex(L, index), 0); }

}  // namespace rewrites::lua
