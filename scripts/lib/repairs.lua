-- The repairs of one kind: what the scripts that carry them out have in common.
--
-- Each was found for the graph as it is; two that move one node, or put something in place of one operand, need not be right together. The
-- first is taken then; applying the script again takes the other where it still helps.
local repairs = {}

local touched = {}   -- of the repairs taken in this pass: ids of nodes that move or that others move before, and operands that are replaced

local function keys(repair)
  local all = {}
  for _, n in ipairs(repair.move) do all[#all + 1] = {node = n, key = n.id} end
  all[#all + 1] = {node = repair.before, key = repair.before.id, is_place = true}
  for _, n in ipairs(repair.users) do all[#all + 1] = {node = n, key = n.id .. " of " .. repair.value.id} end
  return all
end

-- A node that an earlier repair changes as well; two may put something before the same one.
local function meet(repair)
  for _, k in ipairs(keys(repair)) do
    local how = touched[k.key]
    if how and not (k.is_place and how == "place") then return k.node end
  end
end

-- The repair of the refusal of `n`, when this rewrite is the one that does it; nil and why not.
function repairs.match(g, n, rewrite)
  if not n.prev then touched = {} end
  local chain, why = g:can_write_in_place(n)
  local repair = not chain and why and why.repair
  if not repair or repair.rewrite ~= rewrite then return nil end
  local other = meet(repair)
  if other then
    return nil, fx.refuse("repairs-meet", "another repair moves or changes " .. other.name .. " too: apply " .. rewrite .. " again", other, repair)
  end
  for _, k in ipairs(keys(repair)) do touched[k.key] = touched[k.key] or (k.is_place and "place" or "changed") end
  return repair
end

return repairs
