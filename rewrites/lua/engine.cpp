// Runs chunks: one chunk is one transaction. It commits when the chunk ends well and is dropped when it fails.
#include "rewrites/lua/engine.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "graph/ir/declared_schemas.h"
#include "rewrites/lua/core.h"

namespace rewrites::lua {

struct Engine::State : Core {
  using Core::Core;
};

namespace {

/// Opens the libraries and binds everything; run protected, because it allocates.
int setUp(lua_State* L) {
  openLibraries(L);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_setglobal(L, "fx");
  bindValues(L);
  bindOperator(L);
  bindGraph(L);
  bindNode(L);
  bindStorage(L);
  bindEffects(L);
  bindSession(L);
  bindRewrite(L);
  bindRun(L);
  bindHelp(L);
  lua_pop(L, 1);
  return 0;
}

std::string firstWords(std::string_view chunk) {
  const size_t start = chunk.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return "empty";
  chunk = chunk.substr(start);
  std::string line(chunk.substr(0, chunk.find('\n')));
  while (!line.empty() && isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
  if (line.size() <= 60) return line;
  size_t cut = 57;
  while (cut > 0 && (static_cast<unsigned char>(line[cut]) & 0xC0) == 0x80) --cut;   // not inside a character
  return line.substr(0, cut) + "…";
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names)
    if (out.empty() || out.find(name) == std::string::npos) out += (out.empty() ? "" : ", ") + name;
  return out;
}

/// The message that is on top; Lua's own memory message says nothing of the limit.
std::string errorText(Core& c) {
  std::string message = lua_isstring(c.L, -1) ? toString(c.L, -1, "a message") : "error";
  lua_pop(c.L, 1);
  if (message == "not enough memory" || message.starts_with("not enough memory\n"))
    message = "the script needs more memory than its limit of " + std::to_string(c.limits.memoryBytes >> 20) + " MiB";
  return message;
}

/// Compiles a prompt line: as an expression if it is one, else as statements. The error is the statements' one.
bool compile(lua_State* L, std::string_view chunk, const std::string& name) {
  const std::string expression = "return " + std::string(chunk);
  const std::string chunkName = "=" + name;
  if (luaL_loadbufferx(L, expression.data(), expression.size(), chunkName.c_str(), "t") == LUA_OK) return true;
  lua_pop(L, 1);
  return luaL_loadbufferx(L, chunk.data(), chunk.size(), chunkName.c_str(), "t") == LUA_OK;
}

int showResults(lua_State* L) {
  std::string text;
  for (int i = 1; i <= lua_gettop(L); ++i) text += (i > 1 ? "\n" : "") + (lua_isnil(L, i) ? std::string("nil") : show(L, i));
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}

struct FileCall { std::string path; bool all; };
/// Upvalue-free: the call is a light userdata argument.
int loadFile(lua_State* L) {
  const auto& call = *static_cast<FileCall*>(lua_touserdata(L, 1));
  const FoundScript found = findScript(core(L), call.path);
  loadScript(L, found, call.all);
  return 0;
}

/// Forgets a stop that was asked for, in the backend too.
void clearStop(Core& c) {
  if (!c.stop.exchange(false)) return;
  if (auto* backend = c.backend.load()) backend->stop = false;
}

/// Calls the function that is below `arguments` with limits, and ends the transaction. `label` is asked after the call.
RunResult finish(Core& c, int arguments, int results, const std::function<std::string()>& label) {
  lua_State* L = c.L;
  RunResult result;
  const int handler = lua_gettop(L) - arguments;
  lua_pushcfunction(L, traceback);
  lua_insert(L, handler);
  clearStop(c);
  c.abortReason.clear();
  c.chunk.committed = false;
  using Clock = std::chrono::steady_clock;
  c.deadline = c.limits.seconds > 0 ? Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(c.limits.seconds))
                                    : Clock::time_point::max();
  installHook(L);
  bool ok = true;
  try {
    c.begin();
  } catch (const std::exception& error) {
    result.ok = false;
    result.error = error.what();
    lua_settop(L, handler - 1);
    return result;
  }
  ok = lua_pcall(L, arguments, results, handler) == LUA_OK;
  if (ok && results == LUA_MULTRET && lua_gettop(L) > handler) {
    const int count = lua_gettop(L) - handler;
    lua_pushcfunction(L, guarded<showResults>);
    lua_insert(L, handler + 1);
    ok = lua_pcall(L, count, 1, handler) == LUA_OK;
    if (ok) result.value = toString(L, -1, "text");
  }
  if (ok) {
    try {
      c.commit(label(), c.chunk.source);
    } catch (const std::exception& error) {
      result.ok = false;
      result.error = error.what();
    }
  } else {
    result.ok = false;
    result.error = errorText(c);
    result.stopped = c.abortReason == "stopped";
    c.session.abandon();
  }
  result.changed = c.chunk.committed;
  c.deadline = std::chrono::steady_clock::time_point::max();
  c.abortReason.clear();
  clearStop(c);
  installHook(L);   // the hook may have gone to every instruction
  lua_settop(L, handler - 1);
  return result;
}

}  // namespace

Engine::Engine(Session& session, std::function<void(const std::string&)> print, std::vector<std::string> scriptFolders, bool trusted)
    : state_(std::make_unique<State>(session, std::move(print), std::move(scriptFolders), trusted)) {
  lua_State* L = state_->L;
  installHook(L);
  lua_pushcfunction(L, guarded<setUp>);
  if (lua_pcall(L, 0, 0, 0) != LUA_OK) throw std::runtime_error("Lua cannot start: " + errorText(*state_));
  for (const auto& folder : state_->folders) {
    const auto path = std::filesystem::path(folder) / "prelude.lua";
    std::ifstream file(path);
    if (!file) continue;
    std::ostringstream text;
    text << file.rdbuf();
    const std::string source = text.str();
    if (luaL_loadbufferx(L, source.data(), source.size(), "@prelude.lua", "t") != LUA_OK || lua_pcall(L, 0, 0, 0) != LUA_OK)
      throw std::runtime_error("prelude.lua fails: " + errorText(*state_));
    break;
  }
}

Engine::~Engine() = default;

RunResult Engine::run(std::string_view chunk, const std::string& name) {
  Core& c = *state_;
  c.chunk = ChunkState{};
  c.chunk.typed = name == "prompt";
  c.chunk.name = name + " " + std::to_string(++c.prompts);   // a rewrite that it defines is found again by this
  c.chunk.source = chunk;
  c.scripts[c.chunk.name] = c.chunk.source;
  if (!compile(c.L, chunk, name)) {
    RunResult result;
    result.ok = false;
    result.error = errorText(c);
    return result;
  }
  return finish(c, 0, LUA_MULTRET, [&] { return c.chunk.applied.empty() ? firstWords(chunk) : joined(c.chunk.applied); });
}

RunResult Engine::runFile(const std::string& path, bool applyAll, const std::vector<std::string>& arguments) {
  Core& c = *state_;
  c.chunk = ChunkState{};
  c.chunk.typed = true;   // the path is the user's; the script itself runs without that right
  c.chunk.script = path;
  const std::string name = std::filesystem::path(path).filename().string();
  c.chunk.name = name;
  std::string args;
  for (const auto& argument : arguments) args += (args.empty() ? "" : ", ") + quoted(argument);
  c.chunk.source = "fx.load(" + quoted(name) + ", {apply = " + (applyAll ? "true" : "false") + ", args = {" + args + "}})";
  lua_State* L = c.L;
  lua_getglobal(L, "fx");
  lua_newtable(L);
  for (size_t i = 0; i < arguments.size(); ++i) {
    lua_pushlstring(L, arguments[i].data(), arguments[i].size());
    lua_rawseti(L, -2, static_cast<lua_Integer>(i) + 1);
  }
  lua_setfield(L, -2, "args");
  lua_pop(L, 1);
  FileCall call{path, applyAll};
  lua_pushcfunction(L, guarded<loadFile>);
  lua_pushlightuserdata(L, &call);
  return finish(c, 1, 0, [&] { return c.chunk.applied.empty() ? name : joined(c.chunk.applied); });
}

std::vector<std::pair<std::string, std::string>> Engine::rewrites() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& rewrite : state_->rewrites) out.emplace_back(rewrite.name, rewrite.doc);
  for (const auto& [name, doc] : shippedScripts(*state_))
    if (!state_->findRewrite(name)) out.emplace_back(name, doc);
  return out;
}

std::vector<std::string> Engine::api() const { return boundNames(state_->L); }
std::vector<graph::ir::NodeId> Engine::selection() const { return state_->selection; }
void Engine::setSelection(std::vector<graph::ir::NodeId> nodes) { state_->selection = std::move(nodes); }
void Engine::setLimits(Limits limits) { state_->limits = limits; }

void Engine::stop() {
  if (auto* backend = state_->backend.load()) backend->stop = true;
  state_->stop = true;   // last: who sees it may clear both
}

// --- completion ----------------------------------------------------------------------------------------------------------------

std::vector<std::string> Engine::complete(std::string_view line) const {
  Core& c = *state_;
  lua_State* L = c.L;
  auto isWord = [](char ch) { return isalnum(static_cast<unsigned char>(ch)) || ch == '_' || ch == '.' || ch == ':'; };
  size_t start = line.size();
  while (start > 0 && isWord(line[start - 1])) --start;
  const std::string word(line.substr(start));
  std::vector<std::string> out;
  auto add = [&](const std::string& candidate) {
    if (candidate.starts_with(word) && candidate != word) out.push_back(candidate);
  };
  const bool inString = std::count(line.begin(), line.end(), '"') % 2 == 1;
  const bool open = !c.session.graphNames().empty();
  if (inString) {
    if (open)
      for (graph::ir::NodeId id : c.session.view()) add(c.session.view().node(id).name);
    for (auto target : graph::ir::allTargets()) add(std::string(target));
    for (auto* schema : graph::ir::declaredSchemas()) add(schema->target);
    for (const auto& [name, doc] : rewrites()) add(name);
  } else if (const size_t separator = word.find_last_of(".:"); separator != std::string::npos) {
    const std::string base = word.substr(0, separator + 1), owner = word.substr(0, separator);
    if (owner == "fx") {
      for (const auto& name : api()) add(name);
    } else {
      lua_getglobal(L, owner.find_first_of(".:") == std::string::npos ? owner.c_str() : "");
      const bool isGraph = luaL_testudata(L, -1, kGraph), isNode = testNode(L, -1);
      lua_pop(L, 1);
      for (const auto& name : api()) {
        if (isGraph && word[separator] == ':' && name.starts_with("Graph:")) add(base + name.substr(6));
        if (isNode && name.starts_with(std::string("Node") + word[separator])) add(base + name.substr(5));
      }
      if (isGraph && word[separator] == '.' && open)
        for (graph::ir::NodeId id : c.session.view()) add(base + c.session.view().node(id).name);
    }
  } else if (!word.empty()) {
    lua_pushglobaltable(L);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
      lua_pop(L, 1);
      if (lua_type(L, -1) == LUA_TSTRING) add(lua_tostring(L, -1));
    }
    lua_pop(L, 1);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace rewrites::lua
