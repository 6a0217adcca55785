-- Custom operators: unknown until they are declared, known to everything from then on.
local g = fx.graph()
local rope = g:insert_before(g.mul, "luatest.rope_.default", {g.slice_2, g.k}, nil, {meta = g.slice_2})
assert(fx.schema(rope) == nil and fx.schema("luatest.rope_.default") == nil)
assert(not pcall(rope.arg, rope, "cos"))
local _, why = g:can_write_in_place("slice_scatter")
assert(why.rule == "unknown-operator", why)

assert(fx.operator("luatest::rope_(Tensor(a!) x, Tensor cos, *, float scale=2.) -> Tensor(a!)") == "luatest.rope_.default")
assert(rope:arg("cos") == g.k and rope:arg("scale") == 2.0)
local writers = g:writers("cache")
local writes = false
for _, n in ipairs(g:aliases(rope)) do writes = writes or n == g.slice_2 end
assert(writes, "rope_'s result is its first argument")

local schema = fx.schema(rope)
assert(schema.target == "luatest.rope_.default" and schema.declared and not schema.pointwise and not schema.random)
assert(schema.text == "luatest::rope_(Tensor(a!) x, Tensor cos, *, float scale=2.) -> Tensor(a!)")
assert(#schema.arguments == 3 and schema.arguments[1].written and schema.arguments[1].alias == "a" and schema.arguments[1].type == "Tensor")
assert(schema.arguments[3].keyword and schema.arguments[3].default == 2.0 and not schema.arguments[2].written)
assert(#schema.returns == 1 and schema.returns[1].written and schema.returns[1].alias == "a")
assert(fx.schema("torch.ops.luatest.rope_.default").target == fx.schema("luatest.rope_").target)
assert(fx.schema("aten.add.Tensor").pointwise and not fx.schema("aten.add.Tensor").declared and fx.schema("aten.rand.default").random)
assert(fx.schema(fx.value("torch.ops.aten.relu.default")).target == "aten.relu.default")

-- An analysis that was made before is dropped: the write is no mystery any more.
fx.operator("luatest::peek(Tensor x) -> Tensor")
_, why = g:can_write_in_place("slice_scatter")
assert(not why or why.rule ~= "unknown-operator", why)

-- Declared again it is another one, also pointwise.
fx.operator("luatest::peek(Tensor x) -> Tensor", {pointwise = true})
assert(fx.schema("luatest.peek.default").pointwise)
