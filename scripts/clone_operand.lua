-- Clones something small instead of copying a large buffer: an operand that overlaps the write, what is read of it later, or what is returned.
--
--   before   a = aten.slice(x, 0, 0, 3)                            after   a = aten.slice(x, 0, 0, 3)
--            u = aten.slice_scatter(x, a, 0, 1, 4)                         clone = aten.clone(a)
--            aten.copy_(x, u)                                              u = aten.slice_scatter(x, clone, 0, 1, 4)
--                                                                          aten.copy_(x, u)
--
-- Where that lets `reinplace` take the write and saves more than the clone costs says g:can_write_in_place: the repair of its refusal.

local repairs = require('lib.repairs')

-- An update goes on writing into `value` where that is its base.
local function read_instead(user, value, clone)
  local is_base = user:effect() == "update" and user:arg(1) == value
  user:replace_input_with(value, clone)
  if is_base then user:set_arg(1, value) end
end

fx.rewrite{
  name = "clone_operand",
  doc = "clones a small operand or a returned value, so that reinplace need not copy the buffer",

  match = function(g, n) return repairs.match(g, n, "clone_operand") end,

  apply = function(g, m)
    for _, view in ipairs(m.move) do view:move_before(m.before) end
    local density = m.value.meta and m.value.meta.density
    local same = density == "contiguous" or density == "dense"   -- a clone of anything else has other strides
    local clone = g:insert_before(m.before, "aten.clone.default", {m.value}, nil, {meta = m.value, strides = same})
    for _, user in ipairs(m.users) do read_instead(user, m.value, clone) end
    for _, guard in ipairs(m.guards) do g:add_guard(guard) end
  end,
}
