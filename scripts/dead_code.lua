-- Erases what nobody uses and that has no effect.
--
--   before   a = aten.mul(x, 2)                                    after   aten.copy_(x, y)
--            b = aten.add(a, 1)                                            return y
--            aten.copy_(x, y)
--            return y
--
-- A write stays, and a copy_ into an input most of all; so do assertions, what states something of a symbol, collectives and operators that
-- nobody knows. A random operator stays even when its numbers are not used: without it all that are drawn later, by the caller too, would be others.

local erasable = {constant = true, size = true, geometry = true, view = true, may_view = true, item = true, update = true, fresh = true}
local rules = {random = "random-state", check = "assertion", collective = "collective", unknown = "unknown-operator"}
local sentences = {
  random = "draws random numbers: without it those that are drawn later would be others",
  check = "is there to fail or to state something of a symbol",
  collective = "is waited for by other processes",
  unknown = "is an operator of which nobody knows what it does",
}

local dead = {}   -- by id

-- From the end: a node is dead when all that use it are.
local function begin(g)
  dead = {}
  local nodes = {}
  for n in g:nodes() do nodes[#nodes + 1] = n end
  for i = #nodes, 1, -1 do
    local n, used = nodes[i], false
    for _, user in ipairs(n.users) do used = used or not dead[user.id] end
    if not used and erasable[n:effect()] then dead[n.id] = true end
  end
end

fx.rewrite{
  name = "dead_code",
  doc = "erases what nobody uses and that has no effect",

  match = function(g, n)
    if not n.prev then begin(g) end
    if #n.users > 0 then return nil end
    if dead[n.id] then return true end   -- with all that only it needs
    local effect = n:effect()
    if rules[effect] then return nil, fx.refuse(rules[effect], n.name .. " " .. sentences[effect]) end
  end,

  apply = function(g, m)
    local work = {m.node}
    while #work > 0 do
      local n = table.remove(work)
      local inputs = n.inputs
      g:erase(n)
      for _, input in ipairs(inputs) do
        if dead[input.id] and #input.users == 0 then work[#work + 1] = input end
      end
    end
  end,
}
