-- The analysis as scripts see it.
local g = fx.graph()
assert(g:storage(g.slice_1) == g.cache and g:storage("cache") == g.cache and g:storage(g.n) == nil)
local aliases = {}
for _, n in ipairs(g:aliases("cache")) do aliases[#aliases + 1] = n.name end
assert(table.concat(aliases, " "):find("^cache slice_1"), table.concat(aliases, " "))
assert(g:may_overlap("cache", "slice_1") and not g:may_overlap("cache", "k"))
assert(#g:writers("cache") == 1 and g:writers(g.cache)[1] == g.copy_)
assert(g:is_update("slice_scatter") and not g:is_update("mul"))
assert(g:window("slice_scatter"):find("s0"), g:window("slice_scatter"))
assert(g:window("mul") == nil)
local found = false
for _, n in ipairs(g:readers_after("slice_1", "cache")) do found = found or n == g.slice_scatter end
assert(found)

local chain = g:can_write_in_place("slice_scatter", "self")
assert(chain.head == g.slice_scatter and chain.owner == g.cache and #chain.updates == 2 and chain.copies[1] == g.copy_)
assert(chain.updates[1].node == g.index_put and chain.updates[1].writes and chain.updates[1].twin == "aten.index_put_.default")
assert(not chain.updates[2].writes)
assert(g:can_write_in_place(g.index_put).head == chain.head)
assert(tostring(chain):find("^chain slice_scatter written into cache: 2 updates"), tostring(chain))
local nothing, why = g:can_write_in_place("mul")
assert(nothing == nil)

assert(g:copied_bytes().update == nil)
fx.bind{s0 = 2, s1 = 4}
local bytes = g:copied_bytes()
assert(bytes.update > 0 and bytes.copy_ == 4 * 8 * 4 and bytes.clone == 0, bytes)
local one, kind = g:copied_bytes("copy_")
assert(one == 128 and kind == "copy_" and g:copied_bytes("mul") == nil)
fx.bind{s0 = false, s1 = false}
assert(next(fx.bind()) == nil)

-- Navigation.
local near = fx.near("mul", 1)
assert(#near == 3 and near[1] == g.slice_2 and near[3] == g.sum_1)
local path = fx.paths("cache", "mul")
assert(path[1] == g.cache and path[#path] == g.mul)
assert(#fx.paths("mul", "cache") == 0)
fx.select{"mul", g.cache}
assert(#fx.select() == 2)
fx.select(nil)
assert(#fx.select() == 0)
