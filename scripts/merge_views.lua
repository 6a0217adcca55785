-- Merges chains of views of one kind into one view of their base.
--
--   before   a = aten.view(x, [2, 12])                             after   b = aten.view(x, [4, 6])
--            b = aten.view(a, [4, 6])
--            c = aten.transpose(b, 0, 1)                                   d = aten.permute(b, [0, 1])
--            d = aten.transpose(c, 0, 1)
--            e = aten.slice(x, 0, 2, 8)                                    f = aten.slice(x, 0, 3, 5)
--            f = aten.slice(e, 0, 1, 3)
--
-- Merged are view of view, slice of slice (one dimension, bounds that Python's rules settle), permute/transpose/t, expand of expand. A pair that gives
-- back its base is left as one view of it, for remove_noops. Chains of select stay: nothing is shorter.
--
-- view(view(x, A), B) is view(x, B) for every stride of x: a view keeps the order of the elements, so whether B's dimensions fit into the
-- stretches of memory that have one step depends on these stretches alone, which A does not change; so do the strides of the result. Two exceptions,
-- which are refused: A without dimensions forgets x's step, and an empty tensor has strides of its own when its sizes change, but not when they are x's.

local END = math.maxinteger

local function base_of(n) return n.args[1] or n:arg("self") end

-- A size or a bound as text that g:proves reads; nil when it has no value that is known.
local function text(x)
  if math.type(x) == "integer" then return tostring(x) end
  local sym = type(x) == "userdata" and x.meta and x.meta.sym
  return sym and "(" .. sym .. ")"
end

local function shape(n) return n.meta and n.meta.shape end

-- --- view of view --------------------------------------------------------------------------------------------------------------------

local function certainly_other(g, a, b)
  if #a ~= #b then return true end
  for d = 1, #a do
    if g:proves(a[d] .. " != " .. b[d]) then return true end
  end
end

local function never_empty(g, sizes)
  for _, size in ipairs(sizes) do
    if not g:proves(size .. " >= 1") then return false end
  end
  return true
end

local function merge_view(g, n, inner, base)
  local ours, middle, first = shape(n), shape(inner), shape(base)
  if not ours or not middle or not first then return nil, fx.refuse("size-unproven", "the text does not state the sizes of the chain", inner) end
  if #middle == 0 then return nil, fx.refuse("geometry-changes", inner.name .. " has no dimensions: it forgets the step of " .. base.name, inner) end
  if not certainly_other(g, ours, first) and not never_empty(g, first) then
    return nil, fx.refuse("size-unproven", "where " .. base.name .. " is empty, the strides of " .. n.name .. " may become those of " .. base.name, base)
  end
  return {}
end

-- --- permute, transpose, t -----------------------------------------------------------------------------------------------------------

-- For each dimension of the result (from 0) the one of the operand; nil when the arguments are no constants.
local function order_of(n)
  local rank, order = #shape(n), {}
  for d = 0, rank - 1 do order[d] = d end
  local function at(dim) return math.type(dim) == "integer" and (dim < 0 and dim + rank or dim) end
  if n.target == "aten.permute.default" then
    for i, dim in ipairs(n:arg("dims")) do
      if not at(dim) then return nil end
      order[i - 1] = at(dim)
    end
  elseif rank == 2 and n.target == "aten.t.default" then
    order[0], order[1] = 1, 0
  elseif n.target == "aten.transpose.int" and rank > 0 then
    local a, b = at(n:arg("dim0")), at(n:arg("dim1"))
    if not a or not b then return nil end
    order[a], order[b] = b, a
  end
  return order
end

local function merge_permute(_, n, _, _, before)
  local second = shape(n) and order_of(n)
  local first = before.order
  if not first or not second then return nil, fx.refuse("size-unproven", "the text does not state the sizes of the chain", n) end
  local dims = {}
  for d = 0, #shape(n) - 1 do dims[d + 1] = first[second[d]] end
  return {target = "aten.permute.default", dims = dims, order = table.move(dims, 1, #dims, 0, {})}
end

-- --- slice of slice ------------------------------------------------------------------------------------------------------------------

-- A slice of a dimension of `size` elements as Python reads it: where it begins, and how many elements it has. Constants only.
local function read_slice(start, stop, step, size)
  local function clamp(bound) return math.max(0, math.min(bound < 0 and bound + size or bound, size)) end
  local first, last = clamp(start), clamp(stop)
  return first, math.max(0, (last - first + step - 1) // step)
end

local function slice_of(n)
  local size = shape(base_of(n))
  local dim = n:arg("dim")
  if not size or not shape(n) or math.type(dim) ~= "integer" then return nil end
  local at = (dim < 0 and dim + #size or dim) + 1
  local start, stop = n:arg("start"), n:arg("end")
  return {dim = at, start = start == nil and 0 or start, stop = stop == nil and END or stop, step = n:arg("step"), size = size[at], length = shape(n)[at]}
end

local function constant(...)
  for _, x in ipairs{...} do
    if math.type(x) ~= "integer" then return false end
  end
  return true
end

-- The bounds of the merged slice, or nil and what is not proved. `a` is the first, `b` the second slice.
local function merged_bounds(g, a, b)
  if not constant(a.step, b.step) then return nil, "a step is no constant" end
  if constant(a.start, a.stop, a.size, b.start, b.stop) then
    local from, length = read_slice(a.start, a.stop, a.step, a.size)
    local inside, count = read_slice(b.start, b.stop, b.step, length)
    if count == 0 then return nil, "the second slice is empty: where it begins would change" end
    local first = from + inside * a.step
    return first, first + (count - 1) * a.step * b.step + 1, a.step * b.step
  end
  if a.step ~= 1 or b.step ~= 1 then return nil, "a size is symbolic and a step is not 1" end
  -- A symbolic bound can be kept, not computed: one of two starts is 0, and the end is an end that is there.
  local function inside(bound, size) return text(bound) and g:proves("0 <= " .. text(bound)) and g:proves(text(bound) .. " <= " .. size) end
  if not inside(a.start, a.size) or not inside(b.start, a.length) then return nil, "a start is not provably inside" end
  local start
  if a.start == 0 then start = b.start
  elseif b.start == 0 then start = a.start
  elseif constant(a.start, b.start) then start = a.start + b.start
  else return nil, "the sum of two starts is no argument" end
  local from, length = text(a.start), b.length
  if b.stop == END or g:proves(text(b.start) .. " + " .. length .. " == " .. a.length) then return start, a.stop, 1 end   -- up to a's end
  if not inside(b.stop, a.length) then return nil, "the end is not provably inside the first slice" end
  if a.start == 0 then return start, b.stop, 1 end
  if constant(a.start, b.stop) then return start, a.start + b.stop, 1 end
  return nil, from .. " + " .. text(b.stop) .. " is no argument"
end

local function merge_slice(g, n, inner, _, before)
  local b = slice_of(n)
  local a = before.slice
  if not a or not b then return nil, fx.refuse("size-unproven", "the text does not state the sizes of the chain", inner) end
  if a.dim ~= b.dim then return nil end
  local start, stop, step = merged_bounds(g, a, b)
  if not start then return nil, fx.refuse("size-unproven", stop, inner) end
  return {bounds = {start, stop, step}, slice = {dim = a.dim, start = start, stop = stop, step = step, size = a.size, length = b.length}}
end

-- --- expand of expand ----------------------------------------------------------------------------------------------------------------

local function merge_expand(_, n, inner, base, before)
  local first, middle, sizes = shape(base), before.sizes, n:arg("size")
  if not first or not middle then return nil, fx.refuse("size-unproven", "the text does not state the sizes of the chain", inner) end
  local merged, added = {}, #sizes - #middle
  for d, size in ipairs(sizes) do
    local between = middle[d - added]
    merged[d] = size == -1 and between or size
    -- A new dimension of size 1 steps over what stands right of it, which the second expand may have changed.
    if between and d <= #sizes - #first and not (math.type(merged[d]) == "integer" and merged[d] > 1) then
      return nil, fx.refuse("geometry-changes", inner.name .. " adds a dimension that may have size 1: its stride would change", inner)
    end
  end
  return {size = merged, sizes = merged}
end

local kinds = {
  ["aten.view.default"] = {"view", merge_view}, ["aten._unsafe_view.default"] = {"view", merge_view},
  ["aten.permute.default"] = {"permute", merge_permute}, ["aten.transpose.int"] = {"permute", merge_permute}, ["aten.t.default"] = {"permute", merge_permute},
  ["aten.slice.Tensor"] = {"slice", merge_slice}, ["aten.expand.default"] = {"expand", merge_expand},
}

local written = require('lib.writers')

local writers        -- of this graph
local decided = {}   -- by id of a merged view: its new base and arguments, for the views of it

-- What a view shows of its base before anything is merged into it.
local function as_printed(n)
  local known = decided[n.id]
  if known then return known end
  local kind = kinds[n.target][1]
  return {base = base_of(n), order = kind == "permute" and shape(n) and order_of(n) or nil, slice = kind == "slice" and slice_of(n) or nil,
          sizes = kind == "expand" and n:arg("size") or nil}
end

fx.rewrite{
  name = "merge_views",
  doc = "merges chains of views of one kind into one view of their base",

  match = function(g, n)
    if not n.prev then decided, writers = {}, written.new(g) end
    local kind = kinds[n.target]
    local inner = kind and base_of(n)
    if not inner or not kinds[inner.target] or kinds[inner.target][1] ~= kind[1] then return nil end
    local before = as_printed(inner)
    local merged, why = kind[2](g, n, inner, before.base, before)
    if not merged then return nil, why end
    why = writers:refuse_unknown(n)
    if why then return nil, why end
    merged.base = before.base
    decided[n.id] = merged
    return {merged = merged, base = merged.base}
  end,

  apply = function(g, m)
    local n, merged = m.node, m.merged
    local inner = base_of(n)
    if merged.target then   -- transposes become a permute
      local made = g:insert_before(n, merged.target, {merged.base, merged.dims}, nil, {meta = n})
      n:replace_all_uses_with(made)
      g:erase(n)
    else
      n:set_arg("self", merged.base)
      if merged.bounds then
        n:set_arg("start", merged.bounds[1])
        n:set_arg("end", merged.bounds[2])
        if n:arg("step") ~= merged.bounds[3] then n:set_arg("step", merged.bounds[3]) end
      end
      if merged.size then n:set_arg("size", merged.size) end
    end
    g:erase_dead(inner)
  end,
}
