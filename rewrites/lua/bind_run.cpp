// fx: run, time and compare through the backend, which is opened on first use.
//
// The work here has its own limits and its own stop flag; it does not count against the script's time.
#include <cstring>

#include "graph/ir/dtype.h"
#include "graph/run/equivalence.h"
#include "graph/run/timing.h"
#include "rewrites/lua/core.h"

namespace rewrites::lua {

namespace ir = graph::ir;
namespace run = graph::run;

namespace {

struct TensorHandle { run::TensorPtr tensor; };
TensorHandle& checkTensor(lua_State* L, int index) { return *static_cast<TensorHandle*>(luaL_checkudata(L, index, kTensor)); }

void pushInts(lua_State* L, const std::vector<int64_t>& all) {
  lua_createtable(L, static_cast<int>(all.size()), 0);
  lua_Integer n = 0;
  for (int64_t one : all) {
    lua_pushinteger(L, one);
    lua_rawseti(L, -2, ++n);
  }
}

int tensorIndex(lua_State* L) {
  const auto geometry = checkTensor(L, 1).tensor->geometry();
  const std::string key = toString(L, 2, "a field's name");
  if (key == "dtype") lua_pushstring(L, std::string(ir::abbreviation(geometry.dtype)).c_str());
  else if (key == "shape") pushInts(L, geometry.sizes);
  else if (key == "stride") pushInts(L, geometry.strides);
  else if (key == "device") lua_pushstring(L, geometry.device.str().c_str());
  else {
    luaL_getmetafield(L, 1, "__methods");
    if (lua_getfield(L, -1, key.c_str()) == LUA_TNIL)
      throw std::runtime_error("a tensor has no field '" + key + "': it has dtype, shape, stride, device and values(n)");
  }
  return 1;
}

int tensorToString(lua_State* L) {
  const auto geometry = checkTensor(L, 1).tensor->geometry();
  std::string text = std::string(ir::abbreviation(geometry.dtype)) + "[";
  for (size_t i = 0; i < geometry.sizes.size(); ++i) text += (i ? ", " : "") + std::to_string(geometry.sizes[i]);
  text += "]" + geometry.device.str();
  lua_pushstring(L, text.c_str());
  return 1;
}

template <class T> T read(const std::byte* at) {
  T out;
  std::memcpy(&out, at, sizeof out);
  return out;
}
double half(uint16_t bits, int mantissaBits, int exponentBias) {
  const int mantissa = bits & ((1 << mantissaBits) - 1);
  const int exponentBits = 15 - mantissaBits;
  const int exponent = (bits >> mantissaBits) & ((1 << exponentBits) - 1);
  const double sign = bits >> 15 ? -1 : 1;
  if (exponent == (1 << exponentBits) - 1) return mantissa ? std::nan("") : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(mantissa, 1 - exponentBias - mantissaBits);
  return sign * std::ldexp(mantissa + (1 << mantissaBits), exponent - exponentBias - mantissaBits);
}

/// t:values(n): the first n elements (16), row major.
int tensorValues(lua_State* L) {
  const auto& tensor = checkTensor(L, 1).tensor;
  const auto geometry = tensor->geometry();
  const int64_t count = std::min<int64_t>(luaL_optinteger(L, 2, 16), geometry.numel());
  const auto bytes = core(L).useBackend().bytes(tensor);
  const auto size = static_cast<size_t>(ir::itemSize(geometry.dtype));
  lua_newtable(L);
  for (int64_t i = 0; i < count; ++i) {
    const std::byte* at = bytes.data() + static_cast<size_t>(i) * size;
    switch (geometry.dtype) {
      case ir::DType::f64: lua_pushnumber(L, read<double>(at)); break;
      case ir::DType::f32: lua_pushnumber(L, read<float>(at)); break;
      case ir::DType::f16: lua_pushnumber(L, half(read<uint16_t>(at), 10, 15)); break;
      case ir::DType::bf16: lua_pushnumber(L, half(read<uint16_t>(at), 7, 127)); break;
      case ir::DType::i64: case ir::DType::u64: lua_pushinteger(L, read<int64_t>(at)); break;
      case ir::DType::i32: lua_pushinteger(L, read<int32_t>(at)); break;
      case ir::DType::u32: lua_pushinteger(L, read<uint32_t>(at)); break;
      case ir::DType::i16: lua_pushinteger(L, read<int16_t>(at)); break;
      case ir::DType::u16: lua_pushinteger(L, read<uint16_t>(at)); break;
      case ir::DType::i8: lua_pushinteger(L, read<int8_t>(at)); break;
      case ir::DType::u8: lua_pushinteger(L, read<uint8_t>(at)); break;
      case ir::DType::b8: lua_pushboolean(L, read<uint8_t>(at) != 0); break;
      default: throw std::runtime_error("t:values: " + std::string(ir::abbreviation(geometry.dtype)) + " has no Lua number");
    }
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

int collect(lua_State* L) {
  checkTensor(L, 1).~TensorHandle();
  return 0;
}

std::shared_ptr<const Graph> graphArgument(lua_State* L, int index) {
  Core& c = core(L);
  if (lua_isnoneornil(L, index)) return std::make_shared<const Graph>(c.session.view());
  if (auto* handle = static_cast<GraphHandle*>(luaL_testudata(L, index, kGraph))) {
    if (handle->pinned) return handle->pinned;
    return std::make_shared<const Graph>(graphOf(L, *handle));
  }
  return c.session.journal().at(static_cast<int>(luaL_checkinteger(L, index))).graph;
}

std::string placeholderName(const Graph& graph, NodeId id) { return graph.node(id).name; }

/// fx.run(revision): {outputs = {...}, changed = {names of inputs that the run wrote}, symbols = {...}}
int runGraph(lua_State* L) {
  Core& c = core(L);
  const auto graph = graphArgument(L, 1);
  Paused paused(c);
  run::Backend& backend = c.useBackend();
  const auto& request = c.session.inputRequest();
  auto program = backend.compile(*graph, request.device);
  const run::Inputs inputs = run::makeInputs(backend, *graph, request);
  const run::ValueList before = backend.clone(inputs.values);
  backend.seed(request.seed);
  const run::ValueList outputs = program->run(inputs.values, inputs.attributes);
  backend.synchronize(request.device);
  lua_newtable(L);
  lua_createtable(L, static_cast<int>(outputs.size()), 0);
  lua_Integer n = 0;
  for (const auto& output : outputs) {
    pushRunValue(L, output);
    lua_rawseti(L, -2, ++n);
  }
  lua_setfield(L, -2, "outputs");
  lua_newtable(L);
  n = 0;
  const auto placeholders = graph->placeholders();
  for (size_t i = 0; i < placeholders.size() && i < before.size(); ++i) {
    const auto *was = before[i].tensor(), *is = inputs.values[i].tensor();
    if (!was || !is || backend.compare(*was, *is).identical) continue;
    lua_pushstring(L, placeholderName(*graph, placeholders[i]).c_str());
    lua_rawseti(L, -2, ++n);
  }
  lua_setfield(L, -2, "changed");
  lua_newtable(L);
  for (const auto& [name, number] : inputs.symbols) setField(L, name.c_str(), number);
  lua_setfield(L, -2, "symbols");
  return 1;
}

void pushQuartiles(lua_State* L, const run::Quartiles& q) {
  lua_newtable(L);
  lua_pushnumber(L, q.median);
  lua_setfield(L, -2, "median");
  lua_pushnumber(L, q.p25);
  lua_setfield(L, -2, "p25");
  lua_pushnumber(L, q.p75);
  lua_setfield(L, -2, "p75");
  setField(L, "runs", static_cast<int64_t>(q.runs));
}

/// fx.time{before = 0, after = current, seconds = 2}: microseconds, interleaved.
int time(lua_State* L) {
  Core& c = core(L);
  run::TimingRequest timing;
  std::shared_ptr<const Graph> before, after;
  if (lua_istable(L, 1)) {
    lua_getfield(L, 1, "before");
    if (!lua_isnil(L, -1)) before = graphArgument(L, lua_gettop(L));
    lua_getfield(L, 1, "after");
    if (!lua_isnil(L, -1)) after = graphArgument(L, lua_gettop(L));
    lua_getfield(L, 1, "seconds");
    if (!lua_isnil(L, -1)) timing.seconds = luaL_checknumber(L, -1);
    lua_settop(L, 1);
  }
  if (!before) before = c.session.journal().at(0).graph;
  if (!after) after = std::make_shared<const Graph>(c.session.view());
  Paused paused(c);
  run::Backend& backend = c.useBackend();
  const auto& request = c.session.inputRequest();
  auto first = backend.compile(*before, request.device), second = backend.compile(*after, request.device);
  const run::Inputs inputs = run::makeInputs(backend, *before, request);
  const auto result = run::timePair(backend, request.device, *first, *second, inputs, timing);
  lua_newtable(L);
  setField(L, "unit", std::string("us"));
  pushQuartiles(L, result.before);
  lua_setfield(L, -2, "before");
  pushQuartiles(L, result.after);
  lua_setfield(L, -2, "after");
  lua_pushnumber(L, result.gain.ratio);
  lua_setfield(L, -2, "speedup");
  lua_newtable(L);
  lua_pushnumber(L, result.gain.low);
  lua_rawseti(L, -2, 1);
  lua_pushnumber(L, result.gain.high);
  lua_rawseti(L, -2, 2);
  lua_setfield(L, -2, "ci95");
  lua_pushboolean(L, result.gain.significant);
  lua_setfield(L, -2, "significant");
  if (result.peakBefore) setField(L, "peak_before", *result.peakBefore);
  if (result.peakAfter) setField(L, "peak_after", *result.peakAfter);
  return 1;
}

/// fx.compare(a, b): default revision 0 against the graph as it is now.
int compare(lua_State* L) {
  Core& c = core(L);
  const auto a = lua_isnoneornil(L, 1) ? c.session.journal().at(0).graph : graphArgument(L, 1);
  const auto b = graphArgument(L, 2);
  Paused paused(c);
  run::EquivalenceRequest request;
  request.inputs = c.session.inputRequest();
  const auto result = run::compareGraphs(c.useBackend(), *a, *b, request);
  static const char* names[] = {"same", "different", "skipped"};
  const char* status = names[static_cast<int>(result.status)];
  // Against the original: that is what "verified" means for a revision.
  Journal& journal = c.session.journal();
  if (a == journal.at(0).graph && lua_isinteger(L, 2))
    journal.setVerified(static_cast<int>(lua_tointeger(L, 2)),
                        result.status == run::Equivalence::Status::same ? Verified::same
                        : result.status == run::Equivalence::Status::different ? Verified::different : Verified::skipped,
                        result.reason);
  lua_newtable(L);
  setField(L, "status", std::string(status));
  lua_pushboolean(L, result.bitIdentical);
  lua_setfield(L, -2, "bit_identical");
  lua_pushnumber(L, result.maxAbs);
  lua_setfield(L, -2, "max_abs");
  setField(L, "aliasing", result.aliasing);
  if (!result.reason.empty()) setField(L, "reason", result.reason);
  auto items = [&](const char* key, const std::vector<run::ItemComparison>& all) {
    lua_newtable(L);
    lua_Integer n = 0;
    for (const auto& item : all) {
      lua_newtable(L);
      setField(L, "name", item.name);
      lua_pushboolean(L, item.same);
      lua_setfield(L, -2, "same");
      if (!item.problem.empty()) setField(L, "problem", item.problem);
      lua_rawseti(L, -2, ++n);
    }
    lua_setfield(L, -2, key);
  };
  items("outputs", result.outputs);
  items("mutated_inputs", result.mutatedInputs);
  setField(L, "bindings", static_cast<int64_t>(result.bindings.size()));
  return 1;
}

}  // namespace

void pushRunValue(lua_State* L, const run::Value& value) {
  if (const auto* tensor = value.tensor()) {
    new (lua_newuserdatauv(L, sizeof(TensorHandle), 0)) TensorHandle{*tensor};
    luaL_setmetatable(L, kTensor);
  } else if (const auto* list = std::get_if<std::shared_ptr<run::ValueList>>(&value.data)) {
    lua_newtable(L);
    lua_Integer n = 0;
    for (const auto& item : **list) {
      pushRunValue(L, item);
      lua_rawseti(L, -2, ++n);
    }
  } else if (const auto* flag = std::get_if<bool>(&value.data)) {
    lua_pushboolean(L, *flag);
  } else if (const auto* integer = std::get_if<int64_t>(&value.data)) {
    lua_pushinteger(L, *integer);
  } else if (const auto* number = std::get_if<double>(&value.data)) {
    lua_pushnumber(L, *number);
  } else if (const auto* text = std::get_if<std::string>(&value.data)) {
    lua_pushstring(L, text->c_str());
  } else if (const auto* complex = std::get_if<std::complex<double>>(&value.data)) {
    pushValue(L, *complex);
  } else {
    pushValue(L, ir::None{});
  }
}

void bindRun(lua_State* L) {
  setFunctions(L, {{"run", guarded<runGraph>}, {"time", guarded<time>}, {"compare", guarded<compare>}});
  makeMetatable(L, kTensor, {{"__index", guarded<tensorIndex>}, {"__tostring", guarded<tensorToString>}, {"__gc", collect}}, {{"values", guarded<tensorValues>}});
}

}  // namespace rewrites::lua
