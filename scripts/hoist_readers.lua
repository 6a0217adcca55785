-- Moves the readers that keep a write from happening in place before it.
--
--   before   u = aten.slice_scatter(x, s, 0, 0, 2)                 after   v = aten.slice(x, 0, 0, 2)
--            v = aten.slice(x, 0, 0, 2)                                    m = aten.mul(v, 2)
--            m = aten.mul(v, 2)                                            u = aten.slice_scatter(x, s, 0, 0, 2)
--            aten.copy_(x, u)                                              aten.copy_(x, u)
--
-- Which readers, and whether they may move and how many bytes `reinplace` then saves, says g:can_write_in_place: the repair of its refusal.

local repairs = require('lib.repairs')

fx.rewrite{
  name = "hoist_readers",
  doc = "moves readers of the old content before the write, so that reinplace takes it",

  match = function(g, n) return repairs.match(g, n, "hoist_readers") end,

  apply = function(g, m)
    for _, reader in ipairs(m.move) do reader:move_before(m.before) end
  end,
}
