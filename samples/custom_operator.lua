-- A custom operator is declared by the schema that torch prints: print(torch.ops.mylib.store.default._schema). Without this nobody knows what
-- mylib.store reads and writes, and everything that it can reach is refused under the rule unknown-operator.
fx.operator("mylib::store(Tensor(a!) cache, Tensor rows, Tensor at) -> ()")

-- A rule of one's own for it. Its kernel takes rows with any strides, so that a clone made for it alone may go, unless somebody writes the
-- original in between, or the clone.
fx.rewrite{
  name = "store_without_clone",
  doc = "mylib.store reads its rows where they are",

  match = function(g, n)
    if n.target ~= "mylib.store.default" then return end
    local clone = n:arg("rows")
    if clone.target ~= "aten.clone.default" then return end
    for _, value in ipairs{clone, clone:arg("self")} do
      for _, writer in ipairs(g:writers(value)) do
        if clone < writer and not (n < writer) then
          return nil, fx.refuse("old-value-read-later", writer.name .. " writes the rows before " .. n.name .. " has read them", {writer})
        end
      end
    end
    return {node = n, rows = clone:arg("self"), clone = clone}
  end,

  apply = function(g, m)
    m.node:set_arg("rows", m.rows)
    if #m.clone.users == 0 then g:erase(m.clone) end
  end,
}
