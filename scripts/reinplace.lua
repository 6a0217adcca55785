-- Writes into buffers in place, where that changes no result, instead of copying them.
--
--   before   slice_1 = aten.slice(cache, 0, 0, s0)                  after   slice_1 = aten.slice(cache, 0, 0, s0)
--            put = aten.index_put(slice_1, [None, pos], k)                  aten.index_put_(slice_1, [None, pos], k)
--            new = aten.slice_scatter(cache, put, 0, 0, s0)
--            keys = aten.slice(new, 0, 0, s0)                               keys = aten.slice(cache, 0, 0, s0)
--            aten.copy_(cache, new)
--
-- Whether that is safe is decided by g:can_write_in_place (help(g.can_write_in_place)); this script carries it out. A chain is all
-- updates that end in one in-place write: here `put` and `new`, of which only `put` writes. A copy that need not be made
-- (clone, slice_copy, copy) is a chain of its own: its result becomes what it copied.

-- A scatter that really writes copies its source into the view that its arguments describe.
local view_of = {
  ["aten.slice_scatter.default"] = "aten.slice.Tensor",
  ["aten.select_scatter.default"] = "aten.select.int",
  ["aten.diagonal_scatter.default"] = "aten.diagonal.default",
  ["aten.as_strided_scatter.default"] = "aten.as_strided.default",
}

local function write(g, n, base, twin)
  local view, kwargs = view_of[n.target], n.kwargs
  kwargs.self = nil   -- base, which comes first
  if not view then   -- index_put(base, …) becomes index_put_(base, …)
    return g:insert_before(n, twin, {base, table.unpack(n.args, 2)}, kwargs, {meta = n})
  end
  local source = n:arg("src")
  kwargs.src = nil
  local window = g:insert_before(n, view, {base, table.unpack(n.args, 3)}, kwargs, {meta = source})
  return g:insert_before(n, "aten.copy_.default", {window, source}, nil, {meta = source})
end

local function replace(g, n, with)
  local inputs = n.inputs
  n:replace_all_uses_with(with)
  g:erase(n)
  g:erase_dead(inputs)   -- views that only the copy needed
end

-- A copy that is not made: slice_copy becomes slice, clone(x) becomes x, copy(d, s) becomes s.
local function forward(g, n, update)
  if update.view then return n:set_target(update.view) end
  replace(g, n, n:arg(update.operand))
end

-- What writes nothing goes with its last user, which may have been an update of another chain.
local function is_gone(update) return not update.writes and not pcall(function() return update.node.target end) end

fx.rewrite{
  name = "reinplace",
  doc = "writes into buffers in place instead of copying them",

  match = function(g, n)
    local chain, why = g:can_write_in_place(n)
    if not chain then return nil, why end
    return chain.head == n and chain   -- a chain is one match, at its outermost update
  end,

  apply = function(g, chain)
    local owner = chain.owner.name
    for _, guard in ipairs(chain.guards) do   -- two inputs that must be apart: the check needs both, so a buffer of the two stays
      if guard:find("^disjoint%(.*, ") then g:add_guard(guard) end
    end
    for _, update in ipairs(chain.updates) do   -- innermost first
      local n = update.node
      if is_gone(update) then   -- nothing to do
      elseif update.forward then
        forward(g, n, update)
      else
        local base = n:arg(update.operand)   -- not update.base: an update before this one may have been replaced since
        if update.writes then write(g, n, base, update.twin) end
        replace(g, n, base)
      end
    end
    for _, copy in ipairs(chain.copies) do   -- by now they copy a buffer onto itself
      replace(g, copy, copy:arg("self"))
    end
    if g[owner] then   -- else nobody reads or writes it any more
      for _, guard in ipairs(chain.guards) do
        local subject = guard:match("^[%w_]+%(([^,)]+)")
        if not subject or g[subject] then g:add_guard(guard) end   -- what is gone is not read
      end
    end
  end,
}
