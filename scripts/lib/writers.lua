-- Who writes which storage of a graph, asked once for each: writers(g):between(value, a, b), :first(value), :refuse_unknown(value).
local writers = {}
writers.__index = writers

local function of(self, value)
  local owner = self.graph:storage(value)
  if not owner then return {} end
  if not self.lists[owner.id] then
    local list = self.graph:writers(owner)
    self.lists[owner.id] = list
    for _, writer in ipairs(list) do
      if writer:effect() == "unknown" then list.unknown = list.unknown or writer end
    end
  end
  return self.lists[owner.id]
end

-- The place in a list in execution order of the first entry behind a node; `node_of` gets the node of an entry.
local function first_behind(list, n, node_of)
  local low, high = 1, #list + 1
  while low < high do
    local middle = (low + high) // 2
    if n < node_of(list[middle]) then high = middle else low = middle + 1 end
  end
  return low
end

function writers:first(value) return of(self, value)[1] end

function writers:between(value, a, b)
  local list = of(self, value)
  local writer = list[first_behind(list, a, function(w) return w end)]
  return writer and writer < b and writer or nil
end

-- The refusal where an operator that nobody knows gets hold of this memory.
function writers:refuse_unknown(value)
  local writer = of(self, value).unknown
  return writer and fx.refuse("unknown-operator", writer.name .. " gets hold of this memory: nobody knows whether it changes sizes or strides", writer)
end

return {new = function(g) return setmetatable({graph = g, lists = {}}, writers) end, first_behind = first_behind}
