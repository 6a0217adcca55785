-- Computes what is computed twice only once.
--
--   before   a = aten.mul(x, 2)                                    after   a = aten.mul(x, 2)
--            b = aten.mul(x, 2)                                            c = aten.add(a, a)
--            c = aten.add(a, b)
--
-- Two calls are equal when target and arguments are (n:call), those merged before counted as one. The second goes unless it could have another
-- value, or somebody could tell that there is one tensor now: a write between the two into what they read, a write into either, both
-- returned. Buffers that an update is made of (zeros, full …) stay two, so that both updates may happen in place (pytorch 132865).

local identity, written = require('lib.identity'), require('lib.writers')

local writers         -- of this graph
local numbers = {}    -- id of a merged node -> id of the one that stands for it
local first = {}      -- text of a call -> the first node that makes it
local returned = {}   -- ids of the nodes that the output returns
local shown = {}      -- ids of the owners of their storages
local escaping = {}   -- ids of calls of which a result, or one of a call merged into them, is returned
local shared = {}     -- writes into inputs and constants, in execution order: {node, owner}

local function begin(g)
  writers = written.new(g)
  numbers, first, returned, shown, escaping, shared = {}, {}, identity.returned(g), {}, {}, {}
  for _, n in ipairs(g:output() and g:output().inputs or {}) do
    local owner = g:storage(n)
    if owner then shown[owner.id] = true end
  end
  for n in g:nodes() do
    local effect = n:effect()
    if (effect == "input" or effect == "constant") and g:storage(n) == n then
      for _, writer in ipairs(g:writers(n)) do shared[#shared + 1] = {node = writer, owner = n} end
    end
  end
  table.sort(shared, function(a, b) return a.node < b.node end)
end

-- The tensors that a call gives: itself, or the items of its several results.
local function results(g, n) return g:storage(n) and {n} or n.users end

local function is_updated(g, n)
  for _, alias in ipairs(g:aliases(n)) do
    for _, user in ipairs(alias.users) do
      if user:effect() == "update" and (user.args[1] or user:arg("self")) == alias then return user end
    end
  end
end

-- Makes memory from numbers alone, or from a tensor's sizes.
local function is_factory(n)
  if n.target:find("_like%.") or n.target:find("%.new_") then return true end
  for _, input in ipairs(n.inputs) do
    if not (input.meta and input.meta.sym) then return false end
  end
  return true
end

-- What is written between two equal calls may change what the second one reads. Other inputs may be the same memory: `guards` says which must not.
local function written_between(g, n, other, guards)
  for _, input in ipairs(n.inputs) do
    local writer = writers:between(input, other, n)
    if writer then return fx.refuse("old-value-read-later", writer.name .. " writes " .. input.name .. " between " .. other.name .. " and " .. n.name, writer) end
    local owner = g:storage(input)
    local effect = owner and owner:effect()
    if effect == "input" or effect == "constant" then
      local i = written.first_behind(shared, other, function(write) return write.node end)
      while i <= #shared and shared[i].node < n do
        if shared[i].owner ~= owner then guards["disjoint(" .. shared[i].owner.name .. ", " .. owner.name .. ")"] = true end
        i = i + 1
      end
    end
  end
end

-- Results that are memory of their own: what forbids that one stands for both.
local function refuse_fresh(g, n, other, guards)
  if n.target:find("empty") then return fx.refuse("not-a-function", n.target .. " gives whatever the memory holds", other) end
  local why = written_between(g, n, other, guards)
  if why then return why end
  for _, call in ipairs{other, n} do
    for _, result in ipairs(results(g, call)) do
      local writer = writers:first(result)
      if writer then return fx.refuse("result-is-written", writer.name .. " writes " .. result.name .. ": each needs its own memory", writer) end
      local owner = g:storage(result)
      if owner and shown[owner.id] then escaping[call.id] = true end
    end
  end
  if escaping[n.id] and escaping[other.id] then
    return fx.refuse("result-escapes", n.name .. " and " .. other.name .. " are both returned: the outputs would share memory", other)
  end
  local user = is_factory(n) and (is_updated(g, n) or is_updated(g, other))
  if user then
    return fx.refuse("factory-is-updated", user.name .. " may be done in place, and then needs memory of its own (pytorch 132865)", user)
  end
end

-- Views of one tensor are the same memory already, and read nothing.
local function refuse_view(g, n, other)
  for _, value in ipairs{n, other, table.unpack(n.inputs)} do
    local why = writers:refuse_unknown(value)
    if why then return why end
  end
  if returned[n.id] and returned[other.id] then
    return fx.refuse("result-escapes", n.name .. " and " .. other.name .. " are both returned: they would become one tensor", other)
  end
end

-- Sizes that only the values decide (nonzero) have a symbol for each call.
local function refuse_sizes(n, other)
  local ours, theirs = n.meta and n.meta.shape, other.meta and other.meta.shape
  for d = 1, ours and theirs and #ours or 0 do
    if ours[d] ~= theirs[d] then
      return fx.refuse("size-unproven", "the text says " .. ours[d] .. " of " .. n.name .. " where it says " .. theirs[d] .. " of " .. other.name, other)
    end
  end
end

local function refuse_both(g, n, other, guards) return refuse_fresh(g, n, other, guards) or refuse_view(g, n, other) end

local check = {fresh = refuse_fresh, update = refuse_fresh, may_view = refuse_both, view = refuse_view, item = refuse_view, constant = refuse_view,
               size = refuse_view, geometry = refuse_view}
local rules = {random = "random-state", check = "assertion", collective = "collective", unknown = "unknown-operator"}

fx.rewrite{
  name = "cse",
  doc = "computes what is computed twice only once",

  match = function(g, n)
    if not n.prev then begin(g) end
    local effect = n:effect()
    if not check[effect] and not rules[effect] then return nil end
    local call = n:call(numbers)
    local other = first[call]
    if not other then
      first[call] = n
      return nil
    end
    if rules[effect] then return nil, fx.refuse(rules[effect], n.name .. " is called again for what it does, not only for its result", other) end
    local guards = {}
    local why = refuse_sizes(n, other) or check[effect](g, n, other, guards)
    if why then return nil, why end
    numbers[n.id] = other.id
    returned[other.id] = returned[other.id] or returned[n.id]
    escaping[other.id] = escaping[other.id] or escaping[n.id]
    return {with = other, guards = guards}
  end,

  apply = function(g, m)
    m.node:replace_all_uses_with(m.with)
    g:erase(m.node)
    for guard in pairs(m.guards) do g:add_guard(guard) end
  end,
}
