-- Gives two updates that start from one zeros, full or empty a buffer each (pytorch 132865: common subexpressions were merged).
--
--   before   z = aten.zeros([4, 3])                                after   z = aten.zeros([4, 3])
--            u = aten.slice_scatter(z, a, 0, 0, 2)                         zeros = aten.zeros([4, 3])
--            v = aten.slice_scatter(z, b, 0, 2, 4)                         u = aten.slice_scatter(zeros, a, 0, 0, 2)
--                                                                          v = aten.slice_scatter(z, b, 0, 2, 4)
--
-- Where that lets `reinplace` take both says g:can_write_in_place: the repair of its refusal.

local repairs = require('lib.repairs')

fx.rewrite{
  name = "split_factory",
  doc = "gives two updates of one zeros, full or empty a buffer each, so that reinplace takes both",

  match = function(g, n) return repairs.match(g, n, "split_factory") end,

  apply = function(g, m)
    local own = g:insert_before(m.before, m.value.target, m.value.args, m.value.kwargs, {meta = m.value})
    for _, user in ipairs(m.users) do user:replace_input_with(m.value, own) end
  end,
}
