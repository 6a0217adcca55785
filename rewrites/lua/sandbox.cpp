// What a script may use and how much of it: libraries without doors to the machine, memory, time, and stop.
//
// Time and stop come through a count hook. It keeps raising once the chunk must end (from then on at every instruction), so that
// a pcall around an endless loop cannot swallow it. C functions that could run for long are bounded here and in strings.cpp.
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "rewrites/lua/core.h"

namespace rewrites::lua {
namespace {

constexpr int kHookCount = 1000;
constexpr lua_Integer kMaxMove = 10'000'000;

void hook(lua_State* L, lua_Debug*) {
  Core& c = core(L);
  if (c.abortReason.empty()) {
    if (c.stop.load(std::memory_order_relaxed)) c.abortReason = "stopped";
    else if (std::chrono::steady_clock::now() > c.deadline) {
      char text[96];
      snprintf(text, sizeof text, "the script ran longer than its limit of %g seconds", c.limits.seconds);
      c.abortReason = text;
    }
  }
  if (c.abortReason.empty()) return;
  lua_sethook(L, hook, LUA_MASKCOUNT, 1);
  const std::string reason = c.abortReason;
  luaL_error(L, "%s", reason.c_str());
}

int print(lua_State* L) {
  std::string line;
  for (int i = 1; i <= lua_gettop(L); ++i) {
    if (i > 1) line += '\t';
    line += show(L, i);
  }
  core(L).print(line);
  return 0;
}

/// load(text | function, name, mode, env): text only; bytecode can crash the interpreter.
int load(lua_State* L) {
  const std::string name = lua_isstring(L, 2) ? toString(L, 2, "a name") : "=(load)";
  std::string text;
  if (lua_isfunction(L, 1)) {
    for (;;) {
      lua_pushvalue(L, 1);
      lua_call(L, 0, 1);
      if (lua_isnil(L, -1)) break;
      const std::string piece = toString(L, -1, "text from the reader function");
      lua_pop(L, 1);
      if (piece.empty()) break;
      text += piece;
    }
  } else {
    text = toString(L, 1, "the text of a chunk");
  }
  const bool hasEnvironment = lua_gettop(L) >= 4;
  if (luaL_loadbufferx(L, text.data(), text.size(), name.c_str(), "t") != LUA_OK) {
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
  }
  if (hasEnvironment) {
    lua_pushvalue(L, 4);
    if (!lua_setupvalue(L, -2, 1)) lua_pop(L, 1);
  }
  return 1;
}

/// setmetatable without __gc: a finalizer would run where no limit holds.
int setMetatable(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_argexpected(L, lua_isnoneornil(L, 2) || lua_istable(L, 2), 2, "nil or table");
  if (lua_istable(L, 2)) {
    lua_pushliteral(L, "__gc");
    lua_rawget(L, 2);
    if (!lua_isnil(L, -1)) throw std::runtime_error("a sandboxed script cannot set __gc");
    lua_pop(L, 1);
  }
  if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) throw std::runtime_error("cannot change a protected metatable");
  lua_settop(L, 2);
  lua_setmetatable(L, 1);
  return 1;
}

int move(lua_State* L) {
  const lua_Integer from = luaL_checkinteger(L, 2), to = luaL_checkinteger(L, 3);
  if (to >= from && (to - from < 0 || to - from > kMaxMove)) throw std::runtime_error("table.move: more than 10000000 elements");
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

/// table.concat asks # and elements of what may be a table with metamethods: bound the range.
int concat(lua_State* L) {
  const lua_Integer from = luaL_optinteger(L, 3, 1);
  const lua_Integer to = lua_isnoneornil(L, 4) ? luaL_len(L, 1) : luaL_checkinteger(L, 4);
  if (to >= from && (to - from < 0 || to - from > kMaxMove)) throw std::runtime_error("table.concat: more than 10000000 elements");
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, 1);
  return 1;
}

int require(lua_State* L) {
  Core& c = core(L);
  const std::string name = toString(L, 1, "a module's name");
  for (char ch : name)
    if (!(isalnum(static_cast<unsigned char>(ch)) || ch == '_' || ch == '-' || ch == '.'))
      throw std::runtime_error("require: '" + name + "' is no module name: letters, digits, '_', '-', and '.' for folders");
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  if (lua_getfield(L, -1, name.c_str()) != LUA_TNIL) return 1;
  lua_pop(L, 1);
  std::string file = name;
  for (char& ch : file)
    if (ch == '.') ch = '/';
  const FoundScript found = findScript(c, file);
  file += ".lua";   // with its folder: a journal embeds it under the name that require looks for
  c.scripts[file] = found.source;
  c.modules.insert(file);
  if (luaL_loadbufferx(L, found.source.data(), found.source.size(), ("@" + file).c_str(), "t") != LUA_OK) lua_error(L);
  lua_pushstring(L, name.c_str());
  lua_call(L, 1, 1);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_pushboolean(L, 1);
  }
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, name.c_str());
  return 1;
}

void wrap(lua_State* L, const char* library, const char* name, lua_CFunction function) {
  lua_getglobal(L, library);
  lua_getfield(L, -1, name);
  lua_pushcclosure(L, function, 1);
  lua_setfield(L, -2, name);
  lua_pop(L, 1);
}

}  // namespace

void* allocate(void* user, void* block, size_t oldSize, size_t newSize) {
  Core& c = *static_cast<Core*>(user);
  if (!block) oldSize = 0;   // then oldSize is a type tag
  if (newSize == 0) {
    c.memoryUsed -= oldSize;
    std::free(block);
    return nullptr;
  }
  // Shrinking must never fail.
  if (newSize > oldSize && c.limits.memoryBytes > 0 && c.memoryUsed - oldSize + newSize > c.limits.memoryBytes) return nullptr;
  void* moved = std::realloc(block, newSize);
  if (moved) c.memoryUsed += newSize - oldSize;
  return moved;
}

void installHook(lua_State* L) { lua_sethook(L, hook, LUA_MASKCOUNT, kHookCount); }

void openLibraries(lua_State* L) {
  if (core(L).trusted) {
    luaL_openlibs(L);
  } else {
    for (const luaL_Reg& library : std::initializer_list<luaL_Reg>{{LUA_GNAME, luaopen_base}, {LUA_TABLIBNAME, luaopen_table},
                                                                    {LUA_STRLIBNAME, luaopen_string}, {LUA_MATHLIBNAME, luaopen_math},
                                                                    {LUA_UTF8LIBNAME, luaopen_utf8}, {LUA_COLIBNAME, luaopen_coroutine}}) {
      luaL_requiref(L, library.name, library.func, 1);
      lua_pop(L, 1);
    }
    for (const char* door : {"dofile", "loadfile", "collectgarbage", "load", "setmetatable"}) {
      lua_pushnil(L);
      lua_setglobal(L, door);
    }
    lua_register(L, "load", guarded<load>);
    lua_register(L, "setmetatable", guarded<setMetatable>);
    wrap(L, LUA_TABLIBNAME, "move", guarded<move>);
    wrap(L, LUA_TABLIBNAME, "concat", guarded<concat>);
    bindStrings(L);
  }
  lua_register(L, "print", guarded<print>);
  lua_register(L, "require", guarded<require>);
}

Paused::~Paused() {
  if (core_.deadline != std::chrono::steady_clock::time_point::max()) core_.deadline += std::chrono::steady_clock::now() - start_;
}

void checkWritable(const Core& c, const std::string& path) {
  if (c.trusted || c.chunk.typed) return;
  const std::filesystem::path file(path);
  bool outside = file.is_absolute();
  for (const auto& part : file) outside |= part == "..";
  if (outside) throw std::runtime_error("a sandboxed script may write only below the current folder, not '" + path + "' (--trust lifts this)");
  std::ifstream old(path);
  if (!old) return;
  std::string head(400, '\0');
  old.read(head.data(), static_cast<std::streamsize>(head.size()));
  const std::string first = head.substr(0, head.find('\n'));
  if (first.find("xported by fxloom") == std::string::npos && first.find("Journal of an fxloom session") == std::string::npos)
    throw std::runtime_error("a sandboxed script may not replace '" + path + "', which fxloom did not write (--trust lifts this)");
}

}  // namespace rewrites::lua
