-- What must be caught: every functional update is written in place, and every copy back goes, without asking whether that is safe.
-- differential_test.py rewrites with this instead of reinplace.lua to see that it notices.
local view_of = {
  ["aten.slice_scatter.default"] = "aten.slice.Tensor",
  ["aten.select_scatter.default"] = "aten.select.int",
  ["aten.diagonal_scatter.default"] = "aten.diagonal.default",
}

fx.rewrite{
  name = "reinplace",
  doc = "writes in place without asking",
  match = function(g, n) return (view_of[n.target] or n.target == "aten.index_put.default") and n or nil end,
  apply = function(g, n)
    local base = n:arg("self")
    if view_of[n.target] then
      local window = g:insert_before(n, view_of[n.target], {base, table.unpack(n.args, 3)})
      g:insert_before(n, "aten.copy_.default", {window, n:arg("src")})
    else
      g:insert_before(n, "aten.index_put_.default", {base, table.unpack(n.args, 2)})
    end
    n:replace_all_uses_with(base)
    g:erase(n)
  end,
}
