-- Removes views that show all of their base as it is, and copies of a thing onto itself.
--
--   before   s = aten.slice(x, 0, 0, 9223372036854775807)          after   m = aten.mul(x, 2)
--            u = aten.unsqueeze(s, 1)
--            q = aten.squeeze(u, 1)
--            m = aten.mul(q, 2)
--            aten.copy_(x, x)
--
-- A view is removed when it is provably the same tensor as a value that it comes from (g:same_tensor), strides included. Arithmetic stays:
-- x + 0 turns -0.0 into 0.0, x * 1 may change the bits of a NaN, and both give memory of their own. So does _to_copy.

-- Whatever the strides of their operand are, these keep them when they keep its sizes.
local keeps_strides = {
  ["aten.slice.Tensor"] = true, ["aten.expand.default"] = true, ["aten.alias.default"] = true, ["aten.permute.default"] = true,
  ["aten.transpose.int"] = true, ["aten.t.default"] = true,
}

local function base_of(n) return n.args[1] or n:arg("self") end

local function wrapped(n, rank)
  local dim = n:arg("dim")
  return math.type(dim) == "integer" and (dim < 0 and dim + rank or dim)
end

-- Do the views on the way from a value to one of its shape keep the strides? `path` begins beside the value.
local function path_keeps_strides(path)
  local open = {}   -- unsqueezes that no squeeze has undone yet
  for _, n in ipairs(path) do
    local top = open[#open]
    if n.target == "aten.unsqueeze.default" and n.meta then
      open[#open + 1] = wrapped(n, #n.meta.shape)
    elseif n.target == "aten.squeeze.dim" and n.meta and top and wrapped(n, #n.meta.shape + 1) == top then
      open[#open] = nil
    elseif not keeps_strides[n.target] or top or n.target == "aten.slice.Tensor" and n:arg("step") ~= 1 then
      return false
    end
  end
  return #open == 0
end

local function all_at_least_two(g, shape)
  for _, size in ipairs(shape) do
    if not g:proves(size .. " >= 2") then return false end
  end
  return true
end

-- Nil, or why the strides of n may differ from those of `base`. `view` gives dimensions of size 1 new strides, and those of an empty tensor.
local function other_strides(g, n, base, path)
  local ours, theirs = n.meta.stride, base.meta.stride
  if ours and theirs then
    for d = 1, #ours do
      if ours[d] ~= theirs[d] and not g:proves(ours[d] .. " == " .. theirs[d]) then return "has other strides than " .. base.name end
    end
    return nil
  end
  if path_keeps_strides(path) or all_at_least_two(g, n.meta.shape) then return nil end
  return "may have other strides than " .. base.name .. " where a size is 1 or 0, and the text states neither's"
end

local identity, written = require('lib.identity'), require('lib.writers')

local writers         -- of this graph
local removed = {}    -- id of a view that goes -> what stands for it
local returned = {}   -- ids of the tensors that the caller gets, as they will be

local function begin(g)
  writers, removed, returned = written.new(g), {}, identity.returned(g)
end

-- The outermost value that n is the same tensor as, and the views from there to n; nil when there is none.
local function same_as(g, n)
  local found, path, on_path = nil, {}, {}
  local at = n
  while at:effect() == "view" do
    local base = base_of(at)
    if type(base) ~= "userdata" or not base.meta or not base.meta.shape then break end
    table.insert(on_path, 1, at)
    if g:same_tensor(n, base) then found, path = base, {table.unpack(on_path)} end
    at = base
  end
  return found, path
end

-- reshape copies at some strides, but never when it keeps the sizes.
local function is_whole_reshape(g, n)
  local base = n.target == "aten.reshape.default" and base_of(n)
  local ours, theirs = n.meta and n.meta.shape, base and base.meta and base.meta.shape
  if not ours or not theirs or #ours ~= #theirs then return nil end
  for d = 1, #ours do
    if ours[d] ~= theirs[d] and not g:proves(ours[d] .. " == " .. theirs[d]) then return nil end
  end
  return base, {n}
end

local function match_copy(g, n)
  local to, from = n:arg("self"), n:arg("src")
  if g:same_tensor(to, from) then
    local why = writers:refuse_unknown(to)
    if why then return nil, why end
    return {with = to}
  end
  if g:may_overlap(to, from) then
    return nil, fx.refuse("not-a-self-copy", from.name .. " shows memory of " .. to.name .. ", but is not provably the same tensor", from)
  end
end

fx.rewrite{
  name = "remove_noops",
  doc = "removes views that show all of their base as it is, and copies of a thing onto itself",

  match = function(g, n)
    if not n.prev then begin(g) end
    if n.op ~= "call_function" then return nil end
    if n.target == "aten.copy_.default" then return match_copy(g, n) end
    local base, path = is_whole_reshape(g, n)
    if not base and n:effect() == "view" then base, path = same_as(g, n) end
    if not base then return nil end
    for _, view in ipairs(path) do
      if view.target:find("^aten.detach") then return nil, fx.refuse("cuts-gradients", view.name .. " keeps gradients from flowing back", view) end
    end
    local why = writers:refuse_unknown(base)
    if why then return nil, why end
    local strides = other_strides(g, n, base, path)
    if strides then return nil, fx.refuse("geometry-changes", n.name .. " " .. strides, base) end
    if returned[n.id] then
      local whose = identity.of(base, removed)
      local kind = whose:effect()
      if kind == "input" or kind == "constant" then
        return nil, fx.refuse("result-escapes", "the output " .. n.name .. " would become the very tensor of " .. whose.name .. " (pytorch 197893)", whose)
      end
      if returned[whose.id] then
        return nil, fx.refuse("result-escapes", "two outputs, " .. n.name .. " and " .. whose.name .. ", would become one tensor", whose)
      end
      returned[whose.id] = true
    end
    while removed[base.id] do base = removed[base.id] end
    removed[n.id] = base
    return {with = base}
  end,

  apply = function(g, m)
    m.node:replace_all_uses_with(m.with)
    local inputs = m.node.inputs
    g:erase(m.node)
    g:erase_dead(inputs)
  end,
}
