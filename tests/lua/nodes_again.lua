-- A script with an edit of its own and a rewrite, for the journal.
local g = fx.graph()
g:insert_before(g:output(), "aten.relu.default", {g.sum_1}, nil, {meta = g.sum_1, name = "last"})
g:output():set_arg(1, fx.tuple{g.last})
