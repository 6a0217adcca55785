// Scripts: where they are found, running their text, and api.lua, the reference that help and the completion read.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "rewrites/lua/core.h"

namespace rewrites::lua {

namespace fs = std::filesystem;

namespace {

constexpr uintmax_t kMaxScriptBytes = 16 << 20;

std::optional<std::string> readText(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return std::nullopt;
  if (fs::file_size(path, error) > kMaxScriptBytes) throw std::runtime_error(path.string() + ": larger than 16 MiB, this is no script");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path.string() + ": cannot be read");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

FoundScript findScript(Core& c, const std::string& name) {
  for (const std::string& key : {name, name + ".lua"})
    if (auto found = c.embedded.find(key); found != c.embedded.end()) return {key, found->second, ""};
  const fs::path asked(name);
  bool escapes = asked.is_absolute();
  for (const auto& part : asked) escapes |= part == "..";
  if (escapes && !c.trusted && !c.chunk.typed)
    throw std::runtime_error("a sandboxed script may load only scripts beside it, not '" + name + "'");
  std::vector<fs::path> folders;
  if (!c.chunk.script.empty()) folders.push_back(fs::path(c.chunk.script).parent_path());
  if (c.chunk.typed || c.trusted) folders.emplace_back("");
  for (const auto& folder : c.folders) folders.emplace_back(folder);
  std::string looked;
  for (const auto& folder : folders) {
    for (const std::string& file : {name, name + ".lua"}) {
      if (!file.ends_with(".lua")) continue;
      const fs::path path = asked.is_absolute() ? fs::path(file) : folder / file;
      if (auto text = readText(path)) return {path.filename().string(), std::move(*text), path.string()};
    }
    looked += (looked.empty() ? "" : ", ") + (folder.empty() ? std::string("the current folder") : folder.string());
  }
  throw std::runtime_error("no script '" + name + "' in " + (looked.empty() ? "any folder" : looked));
}

int traceback(lua_State* L) {
  if (lua_isstring(L, 1)) {
    const std::string message = toString(L, 1, "a message");
    if (message.find("stack traceback:") != std::string::npos) return 1;   // an inner call made it already
    luaL_traceback(L, L, message.c_str(), 1);
    return 1;
  }
  if (luaL_callmeta(L, 1, "__tostring") && lua_isstring(L, -1)) return 1;
  const std::string message = "error with a value that is no text: " + show(L, 1);
  luaL_traceback(L, L, message.c_str(), 1);
  return 1;
}

void runSource(lua_State* L, const std::string& name, const std::string& source) {
  if (luaL_loadbufferx(L, source.data(), source.size(), ("@" + name).c_str(), "t") != LUA_OK) lua_error(L);
  lua_call(L, 0, 0);
}

void loadScript(lua_State* L, const FoundScript& found, bool all) {
  Core& c = core(L);
  c.scripts[found.name] = found.source;
  c.chunk.embeds.push_back(found.name);
  struct Restore {   // what it applied and used stays; whose text it is does not
    ChunkState& chunk;
    std::string name, script;
    bool typed;
    ~Restore() { chunk.name = name, chunk.script = script, chunk.typed = typed; }
  } restore{c.chunk, c.chunk.name, c.chunk.script, c.chunk.typed};
  c.chunk.name = found.name;
  c.chunk.script = found.path;
  c.chunk.typed = false;
  runSource(L, found.name, found.source);
  if (all) applyAllOf(L, found.name);
}

void defineOnly(lua_State* L, const std::string& name) {
  Core& c = core(L);
  const FoundScript found = findScript(c, name);
  c.scripts[found.name] = found.source;
  const ChunkState outer = c.chunk;
  c.chunk.name = found.name;
  c.chunk.script = found.path;
  c.chunk.typed = false;
  c.begin();
  const auto before = c.session.inTransaction() ? c.session.mark() : nullptr;
  struct Restore {   // also when the script fails: its edits never stay
    Core& core;
    const ChunkState& chunk;
    const std::shared_ptr<const Session::Checkpoint>& mark;
    ~Restore() {
      core.chunk = chunk;
      if (mark && core.session.inTransaction()) core.session.restore(mark);
    }
  } restore{c, outer, before};
  runSource(L, found.name, found.source);
}

std::vector<std::pair<std::string, std::string>> shippedScripts(const Core& c) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& folder : c.folders) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      const fs::path& path = entry.path();
      const std::string name = path.stem().string();
      if (path.extension() != ".lua" || name == "prelude" || name == "api") continue;
      if (std::any_of(out.begin(), out.end(), [&](const auto& one) { return one.first == name; })) continue;
      std::ifstream file(path);
      std::string first;
      std::getline(file, first);
      const size_t start = first.find_first_not_of("- ");
      out.emplace_back(name, first.starts_with("--") && start != std::string::npos ? first.substr(start) : "");
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

// --- api.lua ---------------------------------------------------------------------------------------------------------------------

std::vector<ApiEntry> readApi(const Core& c) {
  std::vector<ApiEntry> entries;
  for (const auto& folder : c.folders) {
    std::ifstream file(fs::path(folder) / "api.lua");
    if (!file) continue;
    std::string line, doc, owner;
    while (std::getline(file, line)) {
      if (line.starts_with("---@class ")) {
        owner = line.substr(10, line.find_first_of(" :", 10) - 10);
        entries.push_back({owner, owner, doc});
        doc.clear();
      } else if (line.starts_with("---@field ") && !owner.empty()) {
        std::istringstream words(line.substr(10));
        std::string name;
        words >> name;
        entries.push_back({owner + "." + name, owner + "." + line.substr(10), doc});
        doc.clear();
      } else if (line.starts_with("---")) {
        doc += line.substr(line.size() > 3 && line[3] == ' ' ? 4 : 3) + "\n";
      } else if (line.starts_with("function ")) {
        const size_t end = line.find('(');
        const size_t close = line.find(')', end);
        entries.push_back({line.substr(9, end - 9), line.substr(9, close == std::string::npos ? close : close - 8), doc});
        doc.clear();
      } else if (const size_t equals = line.find(" = "); line.starts_with("fx.") && equals != std::string::npos) {
        entries.push_back({line.substr(0, equals), line.substr(0, equals), doc});
        doc.clear();
      } else {
        if (line.empty()) doc.clear();
        if (!line.starts_with("---")) owner.clear();
      }
    }
    break;
  }
  return entries;
}

std::vector<std::string> boundNames(lua_State* L) {
  std::vector<std::string> names;
  auto collect = [&](const std::string& prefix) {   // keys of the table at the top
    lua_pushnil(L);
    while (lua_next(L, -2)) {
      lua_pop(L, 1);
      names.push_back(prefix + toString(L, -1, "a name"));
    }
    lua_pop(L, 1);
  };
  lua_getglobal(L, "fx");
  collect("fx.");
  const std::pair<const char*, const char*> classes[] = {{kGraph, "Graph:"}, {kNode, "Node:"}, {kTensor, "Tensor:"}};
  for (const auto& [metatable, prefix] : classes) {
    luaL_getmetatable(L, metatable);
    lua_getfield(L, -1, "__methods");
    lua_remove(L, -2);
    collect(prefix);
  }
  for (const auto& field : nodeFields()) names.push_back("Node." + field);
  names.push_back("help");
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace rewrites::lua
