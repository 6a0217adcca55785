-- Finding, reading and editing nodes. Run by scripts_test.cpp on kv.txt; what it edits is looked at here, not kept.
local g = fx.graph()
assert(#g == 12 and g:name() ~= "")
assert(#g:inputs() == 4 and g:inputs()[1].name == "cache")

local names = {}
for n in g:nodes{op = "aten.slice*"} do names[#names + 1] = n.name end
assert(table.concat(names, " ") == "slice_1 slice_scatter slice_2", table.concat(names, " "))
for n in g:nodes{op = "placeholder", name = "c*"} do assert(n == g.cache) end

local put = g:node("index_put")
assert(put == g["index_put"] and rawequal(put, g.index_put) and g.nothing == nil)
assert(put.op == "call_function" and put.target == "aten.index_put.default" and put.line == 5)
assert(put.args[1] == g.slice_1 and put.args[2][1] == fx.none and put.args[2][2] == g.pos and put.args[3] == g.k)
assert(put:arg("values") == g.k and put:arg("accumulate") == false and put:arg(1) == g.slice_1)
assert(put.meta.dtype == "f32" and put.meta.shape[1] == "s0" and put.meta.shape[2] == 8 and put.meta.text == "f32[s0, 8]")
assert(g.n.meta.sym == "s0" and g:output().meta == nil)
assert(#put.users == 1 and put.users[1] == g.slice_scatter and #put.inputs == 3)
assert(put.module == "kv.py:3 in forward" and put.stack:find("code: cache", 1, true))
assert(put.next == g.slice_scatter and put.prev == g.slice_1 and put.prev < put and not (put < put.prev))
assert(tostring(put) == 'index_put: "f32[s0, 8]" = torch.ops.aten.index_put.default(slice_1, [None, pos], k)', tostring(put))

-- Values of arguments.
assert(tostring(fx.dtype("bf16")) == "torch.bfloat16" and fx.dtype("bf16") == fx.value("torch.bfloat16"))
assert(tostring(fx.device("cuda:0")) == "device(type='cuda', index=0)")
assert(fx.value("1e-05") == 1e-05 and fx.value("'a'") == "a" and fx.value("[1, 2]")[2] == 2)
assert(tostring(fx.tuple{1, 2}) == "(1, 2)")

-- Edits.
local relu = g:insert_after(g.mul, "aten.relu.default", {g.mul}, nil, {meta = g.mul})
assert(relu.name == "relu" and relu.meta.text == "f32[s0, 8]" and relu.module == "kv.py:4 in forward")
g.mul:replace_all_uses_with(relu)
assert(relu:arg("self") == g.mul)     -- every user but the replacement itself
assert(g.sum_1.args[1] == relu and #g.mul.users == 1)
g.sum_1:set_arg("keepdim", true)
assert(g.sum_1.args[3] == true and g.sum_1:arg("dtype") == nil)
g.sum_1:set_arg("dtype", fx.dtype("f64"))
assert(g.sum_1.kwargs.dtype == fx.dtype("f64"))
relu:set_target("aten.neg.default")
relu:set_meta(g.sum_1)
assert(relu.meta.text == "f32[s0]")
local second = g:insert_before(relu, "aten.relu.default", {g.mul}, nil, {name = "my_relu"})
assert(second.name == "my_relu" and second < relu and second.meta == nil)
second:move_before(g.mul)
assert(second < g.mul)
second:move_before(relu)
g:erase(second)
assert(not pcall(function() return second.name end))

-- Erasing inside the loop.
local sum = g.sum_1
g:output():set_arg(1, {g.cache})
assert(table.concat(g:erase_dead(sum), " ") == "sum_1 relu mul slice_2")
local count = 0
for n in g:nodes() do count = count + 1 end
assert(count == #g and #g == 9, count)

local n = g.slice_scatter
n:set_meta("f32[s0, 8][8, 1]cpu")
assert(n.meta.text == "f32[s0, 8][8, 1]cpu" and n.meta.density == "contiguous")
n:set_meta(g.slice_1)
assert(n.meta.text == "f32[s0, 8]" and n.meta.density == nil)

g:add_guard("s0 >= 2")
g:add_guard("disjoint(cache, k)")
g:add_guard("no_self_overlap(cache)")
assert(#g:guards() == 3 and g:guards()[2] == "disjoint(cache, k)")
assert(g:text():find("# guard: disjoint(cache, k)", 1, true))
assert(g:text("graph"):find("^graph%(%):\n    # guard: s0 >= 2\n    # guard: disjoint%(cache, k%)\n"))
assert(g:text("code") == g:text() and not pcall(g.text, g, "table"))
