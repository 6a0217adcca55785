// help(x): what api.lua says of a function, a class or everything.
#include <algorithm>

#include "rewrites/lua/core.h"

namespace rewrites::lua {
namespace {

/// The api.lua name of the function at `index`; empty when it is none of ours.
std::string nameOfFunction(lua_State* L, int index) {
  auto search = [&](const std::string& prefix) -> std::string {   // in the table at the top
    std::string found;
    lua_pushnil(L);
    while (lua_next(L, -2)) {
      if (found.empty() && lua_rawequal(L, -1, index)) found = prefix + toString(L, -2, "a name");
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return found;
  };
  lua_getglobal(L, "fx");
  std::string found = search("fx.");
  const std::pair<const char*, const char*> classes[] = {{kGraph, "Graph:"}, {kNode, "Node:"}, {kTensor, "Tensor:"}};
  for (const auto& [metatable, prefix] : classes) {
    if (!found.empty()) break;
    luaL_getmetatable(L, metatable);
    lua_getfield(L, -1, "__methods");
    lua_remove(L, -2);
    found = search(prefix);
  }
  return found;
}

std::string firstLine(const std::string& doc) { return doc.substr(0, doc.find('\n')); }

/// `fx.open`, `open`, `Graph:nodes`, `g:nodes` and `n.args` all mean an entry.
bool means(const std::string& asked, const std::string& name) {
  if (asked == name) return true;
  const size_t separator = name.find_first_of(".:");
  if (separator == std::string::npos) return false;
  const std::string last = name.substr(separator + 1);
  if (asked == last) return true;
  const char owner = static_cast<char>(tolower(static_cast<unsigned char>(name[0])));
  return asked == std::string(1, owner) + name[separator] + last;
}

int help(lua_State* L) {
  Core& c = core(L);
  const auto entries = readApi(c);
  if (entries.empty()) throw std::runtime_error("help: api.lua is not in the script folders");
  if (lua_isnoneornil(L, 1)) {
    c.print("help(\"name\") or help(function) says more. Rewrites that are there: fx.rewrites()");
    for (const auto& entry : entries)
      if (entry.name.find('.') == std::string::npos || entry.name.starts_with("fx.")) c.print("  " + entry.signature + "   " + firstLine(entry.doc));
    return 0;
  }
  std::string asked;
  if (lua_isfunction(L, 1)) asked = nameOfFunction(L, 1);
  else if (luaL_testudata(L, 1, kGraph)) asked = "Graph";
  else if (testNode(L, 1)) asked = "Node";
  else asked = toString(L, 1, "a name or a function");
  bool any = false;
  for (const auto& entry : entries) {
    const bool member = entry.name.starts_with(asked + ".") || entry.name.starts_with(asked + ":");
    if (member && !asked.empty()) {
      c.print("  " + entry.signature + "   " + firstLine(entry.doc));
      any = true;
    } else if (means(asked, entry.name)) {
      c.print(entry.signature);
      if (!entry.doc.empty()) c.print(entry.doc.substr(0, entry.doc.find_last_not_of('\n') + 1));
      any = true;
    }
  }
  if (const RewriteDefinition* rewrite = any ? nullptr : c.findRewrite(asked)) {
    c.print("rewrite " + rewrite->name + " (" + rewrite->script + "): " + rewrite->doc);
    any = true;
  }
  if (!any) throw std::runtime_error("help: nothing is known of '" + (asked.empty() ? "this function" : asked) + "'; help() lists everything");
  return 0;
}

}  // namespace

void bindHelp(lua_State* L) { lua_register(L, "help", guarded<help>); }

}  // namespace rewrites::lua
