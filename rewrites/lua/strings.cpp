// string.find, match, gmatch, gsub and rep for the sandbox: Lua's patterns with a limit on steps.
//
// Lua's own matcher backtracks inside C, where neither the time limit nor stop reaches it; ("a"):rep(30) against ten `.-` runs for years.
// This one counts its steps, looks at stop and the deadline as it goes, and gives up with an error. Same syntax and results.
#include <cstring>
#include <optional>

#include "rewrites/lua/core.h"

namespace rewrites::lua {
namespace {

constexpr uint64_t kMaxSteps = 50'000'000;
constexpr size_t kMaxRep = size_t{64} << 20;
constexpr int kMaxCaptures = 32, kMaxDepth = 200;
constexpr ptrdiff_t kUnclosed = -1, kPosition = -2;

class Matcher {
 public:
  Matcher(lua_State* L, std::string_view subject, std::string_view pattern) : L_(L), s_(subject), p_(pattern) {}

  struct Capture { size_t start; ptrdiff_t length; };

  /// The end of a match of the pattern (from `p`) at `s`; nothing when it does not match there.
  std::optional<size_t> at(size_t s, size_t p) {
    captures_.clear();
    depth_ = 0;
    return match(s, p);
  }
  size_t captureCount() const { return captures_.size(); }

  /// Pushes capture `i`, or the whole match when the pattern has none.
  void pushCapture(size_t i, size_t start, size_t end) const {
    if (i >= captures_.size()) {
      if (i > 0) throw std::runtime_error("invalid capture index %" + std::to_string(i + 1));
      lua_pushlstring(L_, s_.data() + start, end - start);
      return;
    }
    const Capture& c = captures_[i];
    if (c.length == kUnclosed) throw std::runtime_error("malformed pattern: unfinished capture");
    if (c.length == kPosition) lua_pushinteger(L_, static_cast<lua_Integer>(c.start) + 1);
    else lua_pushlstring(L_, s_.data() + c.start, static_cast<size_t>(c.length));
  }
  int pushCaptures(size_t start, size_t end, bool whole) const {
    const size_t count = captures_.empty() && whole ? 1 : captures_.size();
    luaL_checkstack(L_, static_cast<int>(count) + 2, "too many captures");
    for (size_t i = 0; i < count; ++i) pushCapture(i, start, end);
    return static_cast<int>(count);
  }

 private:
  void step() {
    if (++steps_ % 4096) return;
    const Core& c = core(L_);
    if (c.stop.load(std::memory_order_relaxed) || std::chrono::steady_clock::now() > c.deadline || steps_ > kMaxSteps)
      throw std::runtime_error("the pattern '" + std::string(p_.substr(0, 60)) + "' takes too many steps on this text");
  }

  size_t classEnd(size_t p) const {
    if (p >= p_.size()) throw std::runtime_error("malformed pattern");
    const char c = p_[p++];
    if (c == '%') {
      if (p >= p_.size()) throw std::runtime_error("malformed pattern (ends with '%')");
      return p + 1;
    }
    if (c != '[') return p;
    if (p < p_.size() && p_[p] == '^') ++p;
    do {  // a ']' that comes first is a member
      if (p >= p_.size()) throw std::runtime_error("malformed pattern (missing ']')");
      if (p_[p++] == '%') ++p;
    } while (p >= p_.size() || p_[p] != ']');
    return p + 1;
  }

  static bool inClass(int c, int kind) {
    bool result;
    switch (tolower(kind)) {
      case 'a': result = isalpha(c); break;
      case 'c': result = iscntrl(c); break;
      case 'd': result = isdigit(c); break;
      case 'g': result = isgraph(c); break;
      case 'l': result = islower(c); break;
      case 'p': result = ispunct(c); break;
      case 's': result = isspace(c); break;
      case 'u': result = isupper(c); break;
      case 'w': result = isalnum(c); break;
      case 'x': result = isxdigit(c); break;
      default: return kind == c;
    }
    return isupper(kind) ? !result : result;
  }

  bool inSet(int c, size_t p, size_t close) const {   // p at '[', close at ']'
    bool wanted = true;
    if (p_[p + 1] == '^') {
      wanted = false;
      ++p;
    }
    while (++p < close) {
      if (p_[p] == '%') {
        ++p;
        if (inClass(c, static_cast<unsigned char>(p_[p]))) return wanted;
      } else if (p + 2 < close && p_[p + 1] == '-') {
        if (static_cast<unsigned char>(p_[p]) <= c && c <= static_cast<unsigned char>(p_[p + 2])) return wanted;
        p += 2;
      } else if (static_cast<unsigned char>(p_[p]) == c) {
        return wanted;
      }
    }
    return !wanted;
  }

  bool single(size_t s, size_t p, size_t end) {
    step();
    if (s >= s_.size()) return false;
    const int c = static_cast<unsigned char>(s_[s]);
    switch (p_[p]) {
      case '.': return true;
      case '%': return inClass(c, static_cast<unsigned char>(p_[p + 1]));
      case '[': return inSet(c, p, end - 1);
      default: return static_cast<unsigned char>(p_[p]) == c;
    }
  }

  std::optional<size_t> balance(size_t s, size_t p) {
    if (p + 1 >= p_.size()) throw std::runtime_error("malformed pattern (missing arguments to '%b')");
    if (s >= s_.size() || s_[s] != p_[p]) return std::nullopt;
    const char open = p_[p], close = p_[p + 1];
    int level = 1;
    while (++s < s_.size()) {
      step();
      if (s_[s] == close) {
        if (--level == 0) return s + 1;
      } else if (s_[s] == open) {
        ++level;
      }
    }
    return std::nullopt;
  }

  std::optional<size_t> greedy(size_t s, size_t p, size_t end) {
    size_t count = 0;
    while (single(s + count, p, end)) ++count;
    for (;; --count) {
      if (auto result = match(s + count, end + 1)) return result;
      if (count == 0) return std::nullopt;
    }
  }
  std::optional<size_t> lazy(size_t s, size_t p, size_t end) {
    for (;; ++s) {
      if (auto result = match(s, end + 1)) return result;
      if (!single(s, p, end)) return std::nullopt;
    }
  }

  std::optional<size_t> openCapture(size_t s, size_t p, ptrdiff_t what) {
    if (captures_.size() >= kMaxCaptures) throw std::runtime_error("too many captures");
    captures_.push_back({s, what});
    auto result = match(s, p);
    if (!result) captures_.pop_back();
    return result;
  }
  std::optional<size_t> closeCapture(size_t s, size_t p) {
    for (size_t i = captures_.size(); i-- > 0;) {
      if (captures_[i].length != kUnclosed) continue;
      captures_[i].length = static_cast<ptrdiff_t>(s - captures_[i].start);
      auto result = match(s, p);
      if (!result) captures_[i].length = kUnclosed;
      return result;
    }
    throw std::runtime_error("invalid pattern capture");
  }
  std::optional<size_t> backReference(size_t s, char digit) {
    const size_t i = static_cast<size_t>(digit - '1');
    if (digit == '0' || i >= captures_.size() || captures_[i].length == kUnclosed)
      throw std::runtime_error(std::string("invalid capture index %") + digit);
    const auto length = static_cast<size_t>(std::max<ptrdiff_t>(captures_[i].length, 0));
    if (s_.size() - s < length || std::memcmp(s_.data() + captures_[i].start, s_.data() + s, length) != 0) return std::nullopt;
    return s + length;
  }
  bool frontier(size_t s, size_t p, size_t end) const {
    const int before = s == 0 ? 0 : static_cast<unsigned char>(s_[s - 1]);
    const int now = s < s_.size() ? static_cast<unsigned char>(s_[s]) : 0;
    return !inSet(before, p, end - 1) && inSet(now, p, end - 1);
  }

  std::optional<size_t> match(size_t s, size_t p) {
    if (++depth_ > kMaxDepth) throw std::runtime_error("pattern too complex");
    auto result = matchHere(s, p);
    --depth_;
    return result;
  }

  std::optional<size_t> matchHere(size_t s, size_t p) {
    for (;;) {
      step();
      if (p >= p_.size()) return s;
      if (p_[p] == '(') {
        return p + 1 < p_.size() && p_[p + 1] == ')' ? openCapture(s, p + 2, kPosition) : openCapture(s, p + 1, kUnclosed);
      }
      if (p_[p] == ')') return closeCapture(s, p + 1);
      if (p_[p] == '$' && p + 1 == p_.size()) return s == s_.size() ? std::optional(s) : std::nullopt;
      if (p_[p] == '%' && p + 1 < p_.size()) {
        const char kind = p_[p + 1];
        std::optional<size_t> next;
        if (kind == 'b') {
          if (!(next = balance(s, p + 2))) return std::nullopt;
          s = *next, p += 4;
          continue;
        }
        if (kind == 'f') {
          p += 2;
          if (p >= p_.size() || p_[p] != '[') throw std::runtime_error("missing '[' after '%f' in pattern");
          const size_t end = classEnd(p);
          if (!frontier(s, p, end)) return std::nullopt;
          p = end;
          continue;
        }
        if (isdigit(static_cast<unsigned char>(kind))) {
          if (!(next = backReference(s, kind))) return std::nullopt;
          s = *next, p += 2;
          continue;
        }
      }
      const size_t end = classEnd(p);
      const char suffix = end < p_.size() ? p_[end] : '\0';
      if (suffix == '*') return greedy(s, p, end);
      if (suffix == '-') return lazy(s, p, end);
      const bool one = single(s, p, end);
      if (suffix == '+') return one ? greedy(s + 1, p, end) : std::nullopt;
      if (suffix == '?') {
        if (one)
          if (auto result = match(s + 1, end + 1)) return result;
        p = end + 1;
        continue;
      }
      if (!one) return std::nullopt;
      ++s, p = end;
    }
  }

  lua_State* L_;
  std::string_view s_, p_;
  std::vector<Capture> captures_;
  uint64_t steps_ = 0;
  int depth_ = 0;
};

std::string_view checkText(lua_State* L, int index) {
  size_t size = 0;
  const char* text = luaL_checklstring(L, index, &size);
  return {text, size};
}

int findOrMatch(lua_State* L, bool find) {
  const auto s = checkText(L, 1), p = checkText(L, 2);
  lua_Integer init = luaL_optinteger(L, 3, 1);
  if (init < 0) init = std::max<lua_Integer>(static_cast<lua_Integer>(s.size()) + init + 1, 1);
  if (init == 0) init = 1;
  if (static_cast<uint64_t>(init) > s.size() + 1) {
    lua_pushnil(L);
    return 1;
  }
  size_t start = static_cast<size_t>(init) - 1;
  if (find && (lua_toboolean(L, 4) || p.find_first_of("^$*+?.([%-") == std::string_view::npos)) {
    const size_t found = s.find(p, start);
    if (found == std::string_view::npos) {
      lua_pushnil(L);
      return 1;
    }
    lua_pushinteger(L, static_cast<lua_Integer>(found) + 1);
    lua_pushinteger(L, static_cast<lua_Integer>(found + p.size()));
    return 2;
  }
  const bool anchored = !p.empty() && p[0] == '^';
  Matcher matcher(L, s, p);
  do {
    if (auto end = matcher.at(start, anchored ? 1 : 0)) {
      if (!find) return matcher.pushCaptures(start, *end, true);
      lua_pushinteger(L, static_cast<lua_Integer>(start) + 1);
      lua_pushinteger(L, static_cast<lua_Integer>(*end));
      return matcher.pushCaptures(start, *end, false) + 2;
    }
  } while (++start <= s.size() && !anchored);
  lua_pushnil(L);
  return 1;
}
int find(lua_State* L) { return findOrMatch(L, true); }
int match(lua_State* L) { return findOrMatch(L, false); }

/// Upvalues: subject, pattern, where to go on, end of the last match (-1 for none).
int gmatchNext(lua_State* L) {
  const auto s = checkText(L, lua_upvalueindex(1)), p = checkText(L, lua_upvalueindex(2));
  const lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
  Matcher matcher(L, s, p);
  for (auto start = static_cast<size_t>(lua_tointeger(L, lua_upvalueindex(3))); start <= s.size(); ++start) {
    auto end = matcher.at(start, 0);
    if (!end || static_cast<lua_Integer>(*end) == last) continue;
    lua_pushinteger(L, static_cast<lua_Integer>(*end));
    lua_pushvalue(L, -1);
    lua_replace(L, lua_upvalueindex(3));
    lua_replace(L, lua_upvalueindex(4));
    return matcher.pushCaptures(start, *end, true);
  }
  return 0;
}
int gmatch(lua_State* L) {
  checkText(L, 1);
  checkText(L, 2);
  lua_settop(L, 2);
  lua_pushinteger(L, 0);
  lua_pushinteger(L, -1);
  lua_pushcclosure(L, guarded<gmatchNext>, 4);
  return 1;
}

/// What replaces one match, appended to `out`.
void addReplacement(lua_State* L, const Matcher& matcher, std::string_view s, size_t start, size_t end, std::string& out) {
  if (lua_type(L, 3) == LUA_TFUNCTION) {
    lua_pushvalue(L, 3);
    const int count = matcher.pushCaptures(start, end, true);
    lua_call(L, count, 1);
  } else if (lua_type(L, 3) == LUA_TTABLE) {
    matcher.pushCapture(0, start, end);
    lua_gettable(L, 3);
  } else {
    const auto r = checkText(L, 3);
    for (size_t i = 0; i < r.size(); ++i) {
      if (r[i] != '%') {
        out += r[i];
        continue;
      }
      if (++i >= r.size() || (r[i] != '%' && !isdigit(static_cast<unsigned char>(r[i]))))
        throw std::runtime_error("invalid use of '%' in replacement string");
      if (r[i] == '%') out += '%';
      else if (r[i] == '0') out += s.substr(start, end - start);
      else {
        matcher.pushCapture(static_cast<size_t>(r[i] - '1'), start, end);
        out += toString(L, -1, "text");
        lua_pop(L, 1);
      }
    }
    return;
  }
  if (!lua_toboolean(L, -1)) out += s.substr(start, end - start);
  else if (lua_isstring(L, -1)) out += toString(L, -1, "text");
  else throw std::runtime_error(std::string("invalid replacement value (a ") + luaL_typename(L, -1) + ")");
  lua_pop(L, 1);
}

int gsub(lua_State* L) {
  const auto s = checkText(L, 1);
  auto p = checkText(L, 2);
  const int kind = lua_type(L, 3);
  luaL_argexpected(L, kind == LUA_TNUMBER || kind == LUA_TSTRING || kind == LUA_TFUNCTION || kind == LUA_TTABLE, 3, "string/function/table");
  const lua_Integer limit = luaL_optinteger(L, 4, static_cast<lua_Integer>(s.size()) + 1);
  const bool anchored = !p.empty() && p[0] == '^';
  Matcher matcher(L, s, p);
  std::string out;
  lua_Integer count = 0;
  std::optional<size_t> last;
  size_t at = 0;
  while (count < limit) {
    auto end = matcher.at(at, anchored ? 1 : 0);
    if (end && end != last) {
      ++count;
      addReplacement(L, matcher, s, at, *end, out);
      at = *end;
      last = end;
    } else if (at < s.size()) {
      out += s[at++];
    } else {
      break;
    }
    if (anchored) break;
    if (out.size() > kMaxRep) throw std::runtime_error("string.gsub: the result is longer than 64 MiB");
  }
  if (at < s.size()) out += s.substr(at);
  lua_pushlstring(L, out.data(), out.size());
  lua_pushinteger(L, count);
  return 2;
}

int rep(lua_State* L) {
  const auto s = checkText(L, 1);
  const lua_Integer n = luaL_checkinteger(L, 2);
  const std::string_view separator = lua_isnoneornil(L, 3) ? std::string_view() : checkText(L, 3);
  std::string out;
  if (n > 0 && s.size() + separator.size() > 0) {
    if (static_cast<uint64_t>(n) > kMaxRep / (s.size() + separator.size())) throw std::runtime_error("string.rep: the result is longer than 64 MiB");
    out.reserve((s.size() + separator.size()) * static_cast<size_t>(n));
    for (lua_Integer i = 0; i < n; ++i) {
      if (i) out += separator;
      out += s;
    }
  }
  lua_pushlstring(L, out.data(), out.size());
  return 1;
}

}  // namespace

void bindStrings(lua_State* L) {
  lua_getglobal(L, LUA_STRLIBNAME);
  setFunctions(L, {{"find", guarded<find>}, {"match", guarded<match>}, {"gmatch", guarded<gmatch>}, {"gsub", guarded<gsub>}, {"rep", guarded<rep>}});
  lua_pushnil(L);
  lua_setfield(L, -2, "dump");
  lua_pop(L, 1);
}

}  // namespace rewrites::lua
