-- The way back from a graph that writes in place: every write becomes its functional twin, and what is read later is read from the new value.
--
--   before   window = aten.slice(cache, 0, 0, s0)                  after   window = aten.slice(cache, 0, 0, s0)
--            aten.index_put_(window, [None, pos], k)                       put = aten.index_put(window, [None, pos], k)
--            keys = aten.slice(cache, 1, 0, 8)                             new = aten.slice_scatter(cache, put, 0, 0, s0)
--            m = aten.mul(keys, 2)                                         keys = aten.slice(new, 1, 0, 8)
--                                                                          m = aten.mul(keys, 2)
--                                                                          aten.copy_(cache, new)
--
-- One storage at a time, whole or not at all: its writes in execution order, each brought back through the views to a new value of the
-- owner; views are made anew from the newest value where they are read. An input or constant gets its last value by a copy_ at the end, and
-- outputs that show it go on showing it. `scripts/reinplace.lua` takes it back.

local function set(words)
  local members = {}
  for word in words:gmatch("%S+") do members[word] = true end
  return members
end

-- Results of these have dtype and sizes of what they update.
local updates = set[[index_put_ index_copy_ index_add_ index_fill_ scatter_ scatter_add_ scatter_reduce_ masked_fill_ masked_scatter_ put_ copy_
  zero_ fill_]]
-- Element by element, with the dtype of the operands when they all have the same.
local pointwise = set[[add_ sub_ mul_ div_ neg_ abs_ exp_ log_ sqrt_ rsqrt_ square_ reciprocal_ sin_ cos_ tanh_ sigmoid_ relu_ clamp_ clamp_min_
  clamp_max_ lerp_ addcmul_ addcdiv_ floor_ ceil_ round_ trunc_ sign_ bitwise_and_ bitwise_or_ bitwise_xor_ pow_]]
local scatters = {
  ["aten.slice.Tensor"] = "aten.slice_scatter.default", ["aten.select.int"] = "aten.select_scatter.default",
  ["aten.diagonal.default"] = "aten.diagonal_scatter.default",
}
local reads_nothing = set[[view item size geometry]]

local function name_of(n) return n.target:match("^aten%.([^.]+)") or n.target end
local function base_of(n) return n.args[1] or n:arg("self") end
local function shape_of(n) return n.meta and n.meta.shape end

-- A view's arguments without its base.
local function view_arguments(view)
  local kwargs = view.kwargs
  kwargs.self = nil
  return {table.unpack(view.args, 2)}, kwargs
end

local function row_major(g, n)
  local shape, stride = shape_of(n), n.meta and n.meta.stride
  local expected = "1"
  for d = stride and #shape or 0, 1, -1 do
    if not g:proves(stride[d] .. " == " .. expected) then return false end
    expected = "(" .. expected .. ")*(" .. shape[d] .. ")"
  end
  return stride ~= nil
end

-- The annotation of a new value that is like n; its strides only where they are certain to be n's.
local function like(g, n) return {meta = n, strides = row_major(g, n)} end

-- --- may it be done? -------------------------------------------------------------------------------------------------------------------

local sizes, accesses, decided = {}, {}, {}   -- size text -> the first node that has it; last use of each input; what was decided, by owner

local function begin(g)
  sizes, accesses, decided = {}, {}, {}
  local last = {}
  for n in g:nodes() do
    local effect, size = n:effect(), n.meta and n.meta.sym
    if size and not sizes[size] then sizes[size] = n end
    if not reads_nothing[effect] and effect ~= "output" then
      for _, input in ipairs(n.inputs) do
        local owner = g:storage(input)
        if owner and owner.op ~= "call_function" then last[owner.id] = {owner = owner, node = n} end
      end
    end
  end
  for _, access in pairs(last) do accesses[#accesses + 1] = access end
  table.sort(accesses, function(a, b) return a.owner < b.owner end)
end

local function mentions(arguments, n)
  if type(arguments) ~= "table" then return arguments == n end
  for _, argument in pairs(arguments) do
    if mentions(argument, n) then return true end
  end
  return false
end

local function refuse_write(g, n)
  local effect, to = n:effect(), n:writes()[1]
  if effect == "unknown" then return fx.refuse("unknown-operator", n.name .. " may write and keep whatever it gets hold of", n) end
  if effect == "random" then return fx.refuse("random-operator", n.name .. " draws its numbers in the order of the memory that it writes", n) end
  if effect ~= "mutation" or #n:writes() ~= 1 or to ~= base_of(n) or not n:twin() then
    return fx.refuse("no-functional-twin", "no functional operator gives what " .. n.name .. " (" .. n.target .. ") writes", n)
  end
  if not to.meta or not to.meta.dtype then return fx.refuse("size-unproven", "the text does not state the sizes of " .. to.name, to) end
  local by_element = pointwise[name_of(n)] or name_of(n) == "copy_"
  for _, input in ipairs(n.inputs) do
    local again = input == to and mentions({{table.unpack(n.args, 2)}, n.kwargs}, to) or input ~= to and g:may_overlap(input, to)
    if again and not (by_element and (input == to or g:same_tensor(input, to))) then
      return fx.refuse("overlapping-operand", n.name .. " reads " .. input.name .. " while it writes the same memory", input)
    end
  end
end

-- The sizes of a value as arguments of a node there; nil when no node has one of them.
local function size_arguments(value, before)
  local arguments = {}
  for d, size in ipairs(shape_of(value) or {}) do
    arguments[d] = math.type(size) == "integer" and size or sizes[size]
    if not arguments[d] or type(arguments[d]) == "userdata" and not (arguments[d] < before) then return nil end
  end
  return shape_of(value) and arguments
end

-- What squeeze.dim sees: the size of its dimension.
local function squeezed(view)
  local shape, dim = shape_of(base_of(view)), view:arg("dim")
  return shape and math.type(dim) == "integer" and shape[(dim < 0 and dim + #shape or dim) + 1]
end

-- How the new value of one of several pieces goes into their base: scatter and arguments; nil when that is not certain.
local function piece(item)
  if item.target ~= "_operator.getitem" then return nil end
  local pieces, i = item.args[1], item.args[2]
  local dim, from = pieces:arg("dim"), 0
  if math.type(i) ~= "integer" or i < 0 or math.type(dim) ~= "integer" then return nil end
  if pieces.target == "aten.unbind.int" then return "aten.select_scatter.default", {dim, i} end
  if pieces.target == "aten.split.Tensor" and math.type(pieces:arg("split_size")) == "integer" then
    return "aten.slice_scatter.default", {dim, i * pieces:arg("split_size"), (i + 1) * pieces:arg("split_size")}
  end
  for k, size in ipairs(pieces.target == "aten.split_with_sizes.default" and pieces:arg("split_sizes") or {}) do
    if math.type(size) ~= "integer" then return nil end
    if k == i + 1 then return "aten.slice_scatter.default", {dim, from, from + size} end
    from = from + size
  end
end

-- How the new value of a view becomes that of its base: an operator on the new value and its arguments, "" for nothing to do; nil when there is no way.
local function inverse(view, before)
  local target = view.target
  if target == "aten.alias.default" or target == "aten.detach.default" then return "" end
  if target == "aten.transpose.int" then return target, {view:arg("dim0"), view:arg("dim1")} end
  if target == "aten.t.default" then return target, {} end
  if target == "aten.unsqueeze.default" then return "aten.squeeze.dim", {view:arg("dim")} end
  if target == "aten.squeeze.dim" and math.type(squeezed(view)) == "integer" then
    return squeezed(view) == 1 and "aten.unsqueeze.default" or "", {view:arg("dim")}
  end
  if target == "aten.permute.default" then
    local dims, inverse = view:arg("dims"), {}
    for i, dim in ipairs(dims) do inverse[(dim < 0 and dim + #dims or dim) + 1] = i - 1 end
    return target, {inverse}
  end
  if target == "aten.view.default" or target == "aten._unsafe_view.default" or target:find("^aten%.squeeze%.") then
    local shape = size_arguments(base_of(view), before)
    return shape and "aten.view.default", {shape}
  end
end

local function refuse_way_back(g, view, write)
  if scatters[view.target] or inverse(view, write) then return nil end
  if piece(view) then return nil end
  if view:effect() == "may_view" then
    return fx.refuse("alias-depends-on-size", view.name .. " shows the memory of " .. base_of(view).name .. " at some sizes only", view)
  end
  if view.target:find("^aten%.expand") then return fx.refuse("internal-overlap", view.name .. " shows elements several times", view) end
  return fx.refuse("no-inverse", "a write through " .. view.name .. " (" .. view.target .. ") cannot be brought back", view)
end

-- A value that cannot be made anew for a later read, when something was written since it was made; an output that shows an input must not be.
local function refuse_read(value, writers, event, owner)
  local strided = value.target:find("as_strided")
  if not strided and value:effect() ~= "may_view" then return nil end
  for _, writer in ipairs(writers) do
    if writer < event and (strided or value < writer or event.op == "output" and owner.op ~= "call_function") then
      if strided then return fx.refuse("geometry-changes", value.name .. " counts in the memory of its base, which a new value need not have", value) end
      return fx.refuse("alias-depends-on-size", value.name .. " shows memory that " .. writer.name .. " writes, at some sizes only", {value, writer})
    end
  end
end

-- All nodes that use one of these values, in execution order.
local function users_of(values)
  local users, seen = {}, {}
  for _, value in ipairs(values) do
    for _, user in ipairs(value.users) do
      if not seen[user.id] then seen[user.id], users[#users + 1] = true, user end
    end
  end
  table.sort(users, function(a, b) return a < b end)
  return users
end

-- The copy_ that ends a functional graph: of a whole input, which only the output shows afterwards.
local function is_epilogue(g, n, owner, users)
  if n.target ~= "aten.copy_.default" or owner.op == "call_function" or not g:same_tensor(n:writes()[1], owner) then return false end
  if g:storage(n:arg("src")) == owner then return false end
  for _, user in ipairs(users) do
    if n < user and user.op ~= "output" and user:effect() ~= "size" then return false end
  end
  return true
end

-- What is to be done for one storage; nil and a refusal, or nil alone when nothing is written but by its last copy_.
local function decide(g, owner)
  local plan = {owner = owner, values = g:aliases(owner), links = {}, kinds = {}, writes = {}, guards = {}}
  local function link(value)   -- what a value is a view of; what an in-place operator returns is what it writes
    local written = value:writes()[1]
    plan.links[value.id] = {base = written or base_of(value), written = written ~= nil}
  end
  for _, value in ipairs(plan.values) do
    local pieces = value.target == "_operator.getitem" and value.args[1]
    local again = value.op ~= "call_function" or pieces and pieces:effect() ~= "view" and pieces:effect() ~= "may_view"   -- the owner, fetched again
    if value ~= owner and not again then
      link(value)
      if pieces then link(pieces) end
    end
  end
  local users, writers = users_of(plan.values), {table.unpack(g:writers(owner))}
  if is_epilogue(g, writers[#writers], owner, users) then plan.epilogue = table.remove(writers) end
  if #writers == 0 then return nil end
  plan.first = writers[1]
  for _, writer in ipairs(writers) do
    local why = refuse_write(g, writer)
    local value = writer:writes()[1]
    while not why and plan.links[value.id] do
      local at = plan.links[value.id]
      if not at.written then
        why = refuse_way_back(g, value, writer)
        if value.target == "_operator.getitem" then at = plan.links[at.base.id] end
      end
      value = at.base
    end
    if why then return nil, why end
    plan.writes[writer.id] = true
  end
  for _, user in ipairs(users) do
    plan.kinds[user.id] = user:effect()
    for _, input in ipairs(reads_nothing[user:effect()] and {} or user.inputs) do
      local value = g:storage(input) == owner and input
      while value and plan.links[value.id] do
        local why = refuse_read(value, writers, user, owner)
        if why then return nil, why end
        value = plan.links[value.id].base
      end
    end
  end
  if owner.op ~= "call_function" then
    if not g:output() then return nil, fx.refuse("no-output", "the graph has no end at which " .. owner.name .. " could get its last value", owner) end
    for _, access in ipairs(accesses) do   -- another input in the same memory would be used before that
      if access.owner ~= owner and not (access.node < plan.first) then
        plan.guards[#plan.guards + 1] = "disjoint(" .. owner.name .. ", " .. access.owner.name .. ")"
      end
    end
    plan.guards[#plan.guards + 1] = "no_self_overlap(" .. owner.name .. ")"
  end
  return plan
end

-- --- doing it --------------------------------------------------------------------------------------------------------------------------

-- One storage while it is done: `now` is the newest value of the owner, nil before the first write; `made` has the views made from that, by id
-- of the printed view.
local Doing = {}
Doing.__index = Doing

-- What a printed value is at this place.
function Doing:current(value, before)
  local link = self.links[value.id]
  if not self.now then return value end
  if not link then return self.now end
  if link.written then return self:current(link.base, before) end
  if not self.made[value.id] then
    local arguments, kwargs = view_arguments(value)
    local base = self:current(link.base, before)
    self.made[value.id] = self.graph:insert_before(before, value.target, {base, table.unpack(arguments)}, kwargs, like(self.graph, value))
  end
  return self.made[value.id]
end

-- A base and its new value, from the new value of its view.
function Doing:bring_back(view, new, before)
  local g, base = self.graph, self.links[view.id].base
  local target, arguments, kwargs = scatters[view.target]
  if target then
    arguments, kwargs = view_arguments(view)
  elseif view.target == "_operator.getitem" then
    target, arguments = piece(view)
    base = self.links[base.id].base
  else
    target, arguments = inverse(view, before)
    if target == "" then return base, new end
    return base, g:insert_before(before, target, {new, table.unpack(arguments)}, nil, like(g, base))
  end
  return base, g:insert_before(before, target, {self:current(base, before), new, table.unpack(arguments)}, kwargs, {meta = base})
end

local function same_dtype(n, to)
  for _, input in ipairs(pointwise[name_of(n)] and n.inputs or {}) do
    local dtype = input.meta and input.meta.dtype
    if dtype and dtype ~= to.meta.dtype then return false end
  end
  return pointwise[name_of(n)] or updates[name_of(n)]
end

-- Does a scatter stand on the way from a value to the owner? It keeps the strides of its base.
function Doing:is_scattered(value)
  while self.links[value.id] do
    if scatters[value.target] or piece(value) then return true end
    value = self.links[value.id].base
  end
  return false
end

local function replace_inputs(n, pairs)
  for _, pair in ipairs(pairs) do
    if pair[1] ~= pair[2] then n:replace_input_with(pair[1], pair[2]) end
  end
end

-- The functional twin of n, brought back to the owner; `inputs` are its operands in this storage, and what they are now. A result whose dtype
-- or strides are not certain to be those of what it stands for is copied into that.
function Doing:write(n, inputs)
  local g, to = self.graph, n:writes()[1]
  local function copy(value, new) return g:insert_before(n, "aten.copy.default", {self:current(value, n), new}, nil, like(g, value)) end
  local scattered, fits = self:is_scattered(to), same_dtype(n, to)
  local exact = scattered or not self.links[to.id] and (n.target == "aten.copy_.default" or not fits) or row_major(g, to) and row_major(g, self.owner)
  local new = g:insert_before(n, n:twin(), n.args, n.kwargs, like(g, to))
  replace_inputs(new, inputs)
  if not fits then
    new:set_meta(nil)
    new = copy(to, new)
  end
  while self.links[to.id] do
    if self.links[to.id].written then to = self.links[to.id].base
    else to, new = self:bring_back(to, new, n) end
  end
  if not exact then new = copy(self.owner, new) end
  self.now, self.made = new, {}
end

-- The operands of n in this storage, each with what takes its place. The output goes on showing an input, sizes and strides are those of the
-- printed value, and the last copy_ writes where it wrote.
function Doing:inputs_of(n)
  local stays = reads_nothing[self.kinds[n.id]] or n.op == "output" and self.owner.op ~= "call_function"
  local inputs = {}
  for _, input in ipairs(n.inputs) do
    local as = self.mine[input.id]
    if as and (stays or n == self.epilogue) then
      while self.links[as.id] and self.links[as.id].written do as = self.links[as.id].base end
    elseif as then
      as = self:current(as, n)
    end
    if as then inputs[#inputs + 1] = {input, as} end
  end
  return inputs
end

local function carry_out(g, plan)
  local doing = setmetatable({graph = g, owner = plan.owner, links = plan.links, kinds = plan.kinds, epilogue = plan.epilogue, made = {}, mine = {}}, Doing)
  local written = {}
  for _, value in ipairs(plan.values) do doing.mine[value.id] = value end
  for _, n in ipairs(users_of(plan.values)) do   -- as they are by now: other storages may have been done before
    local inputs = doing:inputs_of(n)
    if plan.writes[n.id] then
      doing:write(n, inputs)
      written[#written + 1] = n
    else
      replace_inputs(n, inputs)
    end
  end
  if plan.owner.op ~= "call_function" and not plan.epilogue then
    g:insert_before(g:output(), "aten.copy_.default", {plan.owner, doing.now}, nil, {meta = plan.owner})
  end
  for i = #written, 1, -1 do g:erase(written[i]) end
  g:erase_dead(plan.values)
  for _, guard in ipairs(plan.guards) do g:add_guard(guard) end
end

fx.rewrite{
  name = "functionalize",
  doc = "makes writes in place functional, with a copy_ back into inputs at the end",

  match = function(g, n)
    if not n.prev then begin(g) end
    local to = n:writes()[1]
    local owner = to and g:storage(to)
    if not owner then return nil end
    if not decided[owner.id] then decided[owner.id] = {decide(g, owner)} end
    local plan, why = table.unpack(decided[owner.id], 1, 2)
    if why then return nil, why end
    return plan and plan.first == n and plan
  end,

  apply = carry_out,
}
