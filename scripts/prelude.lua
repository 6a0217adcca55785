-- Loaded before every session: the parts of `fx` that are easier said in Lua. Documented in api.lua like the rest.

-- Nodes within `depth` steps of `start` (a node or its name), along arguments and users, in execution order.
function fx.near(start, depth)
  local g = fx.graph()
  local first = type(start) == "string" and g:node(start) or start
  local seen, layer = {[first] = true}, {first}
  for _ = 1, depth or 1 do
    local next_layer = {}
    for _, n in ipairs(layer) do
      for _, list in ipairs{n.inputs, n.users} do
        for _, other in ipairs(list) do
          if not seen[other] then
            seen[other] = true
            next_layer[#next_layer + 1] = other
          end
        end
      end
    end
    layer = next_layer
  end
  local found = {}
  for n in pairs(seen) do found[#found + 1] = n end
  table.sort(found, function(a, b) return a < b end)
  return found
end

local function reach(start, field)
  local seen, stack = {[start] = true}, {start}
  while #stack > 0 do
    local n = table.remove(stack)
    for _, other in ipairs(n[field]) do
      if not seen[other] then
        seen[other] = true
        stack[#stack + 1] = other
      end
    end
  end
  return seen
end

-- Nodes on any path of uses from `a` to `b`, both included, in execution order; empty when b does not depend on a.
function fx.paths(a, b)
  local g = fx.graph()
  if type(a) == "string" then a = g:node(a) end
  if type(b) == "string" then b = g:node(b) end
  local below, above = reach(a, "users"), reach(b, "inputs")
  local found = {}
  for n in pairs(below) do
    if above[n] then found[#found + 1] = n end
  end
  table.sort(found, function(x, y) return x < y end)
  return found
end

-- fx.time for every combination of symbol values: fx.sweep{s0 = {1, 8, 64}}. The bindings are as before afterwards.
function fx.sweep(values, options)
  local names, rows, old = {}, {}, fx.bind()
  for name in pairs(values) do names[#names + 1] = name end
  table.sort(names)
  local function try(i, binding)
    if i <= #names then
      for _, value in ipairs(values[names[i]]) do
        binding[names[i]] = value
        try(i + 1, binding)
      end
      return
    end
    fx.bind(binding)
    local row = fx.time(options)
    row.symbols = {}
    for name, value in pairs(binding) do row.symbols[name] = value end
    rows[#rows + 1] = row
  end
  local ok, why = pcall(try, 1, {})
  local restore = {}
  for _, name in ipairs(names) do restore[name] = old[name] or false end
  fx.bind(restore)
  if not ok then error(why, 0) end
  return rows
end
