-- Which nodes may give one and the same tensor object: what a rewrite must know that puts one node for another and may not merge outputs.
local identity = {}

-- The node whose very tensor n may be, one step back: an in-place operator returns what it writes, `contiguous` and others their operand where
-- there is nothing to do, two items of one list are one. Nil when n makes an object of its own.
local function source(n)
  local effect = n:effect()
  if effect == "may_view" then return n.args[1] or n:arg("self") end
  if effect ~= "item" then return n:writes()[1] end
  for _, other in ipairs(n.args[1].users) do
    if other < n and other.target == n.target and other.args[1] == n.args[1] and other.args[2] == n.args[2] then return other end
  end
end

-- Where that ends. `merged` has, by id, what stands for a node that goes.
function identity.of(n, merged)
  local before = merged[n.id] or source(n)
  while before do
    n = before
    before = merged[n.id] or source(n)
  end
  return n
end

-- Ids of the nodes whose very tensor the output may return.
function identity.returned(g)
  local ids = {}
  for _, n in ipairs(g:output() and g:output().inputs or {}) do
    while n do
      ids[n.id] = true
      n = source(n)
    end
  end
  return ids
end

return identity
