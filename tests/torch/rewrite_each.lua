-- Applies the rewrites that are named to the graph that was just opened and prints, in lines that rewritten.py reads, what was taken and refused.
local done = fx.apply(fx.args)
for _, t in ipairs(done.taken) do print(table.concat({"@taken", t.node, t.updates, table.concat(t.removed, ","), t.rewrite}, "\t")) end
for _, r in ipairs(done.refused) do print(table.concat({"@refused", r.node, r.rule, r.because}, "\t")) end
