---@meta
-- Everything that fxloom's Lua has, with one example each. help(x) and completion read this file; a test fails when it and the program differ.
-- A node *is* its value, as in torch.fx. One prompt line or script is one transaction: it becomes one revision, or none when it fails.

--- Opens a dump, a structured trace or a folder of dumps; the first graph is current. Dumps of one graph after each pass
--- (pass_0_x.txt, pass_1_y.txt ...) are revisions 0, 1 ... of it, and the last one is current.
--- Example: local g = fx.open("samples/llama_decode.txt")
---@param path string
---@return Graph
function fx.open(path) end

--- The path of the open file.
--- Example: print(fx.file())
---@return string
function fx.file() end

--- Names of the graphs in the file, nested ones after their outer one.
--- Example: for i, name in ipairs(fx.graphs()) do print(i - 1, name) end
---@return string[]
function fx.graphs() end

--- Makes another graph of the file the current one, by name or by number (from 0); of a folder also by its file. A step of a
--- series is that revision of its graph.
--- Example: local g = fx.use("true_graph_0")
---@param name string|integer
---@return Graph
function fx.use(name) end

--- The current graph, or with a number that revision of it (to read only).
--- Example: local g, original = fx.graph(), fx.graph(0)
---@param revision? integer
---@return Graph
function fx.graph(revision) end

--- Back to the parent of the current revision; returns its number.
--- Example: fx.undo()
---@return integer
function fx.undo() end

--- Forward again after fx.undo; returns the revision's number.
--- Example: fx.redo()
---@return integer
function fx.redo() end

--- Makes revision n the current one.
--- Example: fx.at(2)
---@param n integer
---@return integer
function fx.at(n) end

--- All revisions: number, parent, label, nodes, verified, current.
--- Example: for _, r in ipairs(fx.revisions()) do print(r.number, r.label, r.current) end
---@return table[]
function fx.revisions() end

--- What changed from revision a to b (default: the graph as it is now): names in removed, added, changed.
--- Example: print(fx.diff(0, 1))
---@param a? integer|Graph
---@param b? integer|Graph
---@return table
function fx.diff(a, b) end

--- The Lua that replays the current revision from the file, with the scripts it used; also written to `path` (.lua) when given.
--- Example: fx.journal("session.lua")
---@param path? string
---@return string
function fx.journal(path) end

--- In a journal: the text of a script, found before any file of that name.
--- Example: fx.embed("mine.lua", "fx.rewrite{…}")
---@param name string
---@param text string
function fx.embed(name, text) end

--- In a journal: runs Lua as one revision with this label.
--- Example: fx.replay("reinplace", [[fx.apply("reinplace")]])
---@param label string
---@param lua string
function fx.replay(label, lua) end

--- Runs a script for its definitions; its edits are dropped.
--- Example: fx.define("reinplace.lua")
---@param script string
function fx.define(script) end

--- Runs a script as a part of this transaction; {apply = true} then applies every rewrite that it defines, {args = {…}} sets fx.args.
--- Example: fx.load("reinplace.lua", {apply = true})
---@param script string
---@param options? table
function fx.load(script, options) end

--- Writes the current graph: .py is Python that runs on its own, .txt is dump text that reads back.
--- Example: fx.export("out.py")
---@param path string
---@return string
function fx.export(path) end

--- Binds symbols, by their name or that of a placeholder; false unbinds. Returns what is bound.
--- Example: fx.bind{s0 = 8, s1 = 2048}
---@param values? table<string, integer|false>
---@return table<string, integer>
function fx.bind(values) end

--- Where inputs come from: a safetensors file (false for none), the seed of what is made, the device. Returns what holds now.
--- Example: fx.inputs{file = "inputs.safetensors", seed = 1, device = "cuda:0"}
---@param options? table
---@return table
function fx.inputs(options) end

--- Runs the graph as it is now (or a revision): outputs, names of changed inputs, values of the symbols.
--- Example: local t = fx.run().outputs[1]; print(t, t:values(4))
---@param revision? integer|Graph
---@return table
function fx.run(revision) end

--- Times revision `before` (0) against `after` (now), interleaved, in microseconds: before, after, speedup, ci95, significant.
--- Example: print(fx.time{before = 0, seconds = 1}.speedup)
---@param options? table
---@return table
function fx.time(options) end

--- Same inputs through a (0) and b (now): status "same", "different" or "skipped", outputs, mutated_inputs, aliasing.
--- Example: assert(fx.compare(0, 1).status == "same")
---@param a? integer|Graph
---@param b? integer|Graph
---@return table
function fx.compare(a, b) end

--- fx.time for every combination of symbol values; rows with the field symbols.
--- Example: for _, row in ipairs(fx.sweep{s0 = {1, 8, 64}}) do print(row.symbols.s0, row.speedup) end
---@param values table<string, integer[]>
---@param options? table
---@return table[]
function fx.sweep(values, options) end

--- Defines a rewrite: either match and apply, or pattern and replace (dump text with %captures) and where.
--- fx.apply asks match(g, n) about every node of the unchanged graph, then calls apply(g, m) for each match in execution order; a match
--- of which a node died meanwhile is skipped. match returns captures (a table, a node, a chain or true), or nil and fx.refuse(…).
--- Example: fx.rewrite{name = "silu", pattern = "aten.mul.Tensor(%x, aten.sigmoid.default(%x))", replace = "aten.silu.default(%x)",
---   where = function(m) return m.x.meta.dtype == "bf16", "only bf16" end}
---@param definition table
function fx.rewrite(definition) end

--- Declares a custom operator by its schema, as print(torch.ops.mylib.rope_.default._schema) shows it: (a!) marks what it writes, (a)
--- what a result shows. From then on it is known: to the checks, n:arg, g:writers, the safety analysis. A functional operator f and
--- an f_ that writes its first argument in place are taken for twins, as in torch. {pointwise = true} promises that each element of
--- the results depends on the elements at its own place alone. Returns the target. Operators that torch has cannot be declared otherwise.
--- Example: fx.operator("mylib::rope_(Tensor(a!) x, Tensor cos, Tensor sin) -> Tensor(a!)")
---@param schema string
---@param options? table
---@return string
function fx.operator(schema, options) end

--- What is known of an operator or a node's operator: target, text, declared, pointwise, random, arguments {name, type, default, keyword,
--- written, alias} and returns {type, written, alias}; nil when nothing is known.
--- Example: for _, a in ipairs(fx.schema("aten.index_put_.default").arguments) do print(a.name, a.written) end
---@param operator string|Node
---@return table?
function fx.schema(operator) end

--- What match returns after nil: the rule, the reason, the nodes that block, and a repair {text=, rewrite=, bytes=}.
--- Example: return nil, fx.refuse("two-users", n.name .. " has two users", n.users)
---@param rule string
---@param because string
---@param blockers? Node|Node[]|string[]
---@param repair? table
---@return table
function fx.refuse(rule, because, blockers, repair) end

--- Applies a rewrite, or several in order: what was taken and refused. A shipped script is found by its name.
--- Example: print(#fx.apply("reinplace").taken)
---@param name string|string[]
---@return table
function fx.apply(name) end

--- What fx.apply would do: taken, refused, and the names of removed and added nodes. Nothing is changed.
--- Example: print(fx.preview("reinplace"))
---@param name string|string[]
---@return table
function fx.preview(name) end

--- The rewrites that are defined, and the shipped scripts: name, doc, defined.
--- Example: for _, r in ipairs(fx.rewrites()) do print(r.name, r.doc) end
---@return table[]
function fx.rewrites() end

--- Marks nodes in the window; without argument, the nodes that are marked.
--- Example: fx.select(fx.near("slice_scatter_1", 2))
---@param nodes? Node|string|table
---@return Node[]
function fx.select(nodes) end

--- Nodes within `depth` (1) steps along arguments and users, in execution order.
--- Example: print(fx.near("slice_scatter_1", 2))
---@param start Node|string
---@param depth? integer
---@return Node[]
function fx.near(start, depth) end

--- Nodes on any path of uses from a to b, both included; empty when b does not depend on a.
--- Example: print(fx.paths("arg27_1", "copy_"))
---@param a Node|string
---@param b Node|string
---@return Node[]
function fx.paths(a, b) end

--- Prints a line, formatted as by string.format.
--- Example: fx.log("%d of %d", 3, 4)
---@param format any
function fx.log(format, ...) end

--- What the command line gave after the script's name.
--- Example: local limit = tonumber(fx.args[1])
fx.args = {}

--- None as an argument, and inside lists of arguments.
--- Example: n:set_arg("end", fx.none)
fx.none = nil

--- A tuple of arguments; a plain table is a list.
--- Example: n:set_arg(1, fx.tuple{1, 2})
---@param items table
---@return table
function fx.tuple(items) end

--- Any argument in dump text.
--- Example: fx.value("torch.contiguous_format")
---@param text string
---@return any
function fx.value(text) end

--- A dtype as an argument.
--- Example: n:set_arg("dtype", fx.dtype("bf16"))
---@param name string
---@return any
function fx.dtype(name) end

--- A device as an argument.
--- Example: n:set_arg("device", fx.device("cuda:0"))
---@param name string
---@return any
function fx.device(name) end

--- Prints what this reference says of a function, a class, a rewrite, or everything.
--- Example: help(g.nodes)
---@param x? any
function help(x) end

--- A graph: the current one, or a revision that is only read. g.NAME is the node of that name or nil; #g counts nodes.
---@class Graph

--- Nodes in execution order, optionally of one operator, kind or name ('*' stands for anything). Erasing in the loop is safe.
--- Example: for n in g:nodes{op = "aten.slice_scatter.*"} do print(n) end
---@param filter? table
---@return fun(): Node
function Graph:nodes(filter) end

--- The node of that name; an error when there is none (g[name] gives nil).
--- Example: local n = g:node("slice_scatter_1")
---@param name string
---@return Node
function Graph:node(name) end

--- The graph's name.
--- Example: print(g:name())
---@return string
function Graph:name() end

--- The graph as dump text: as generated code with annotations, or with "graph" as print(graph) shows it in Python.
--- Example: print(g:text()) print(g:text("graph"))
---@param form string? "code" or "graph"
---@return string
function Graph:text(form) end

--- The placeholders.
--- Example: print(#g:inputs())
---@return Node[]
function Graph:inputs() end

--- The output node.
--- Example: print(g:output().args[1])
---@return Node
function Graph:output() end

--- A new node before n. Options: name, meta (a node to copy the annotation and source place from, or an annotation as text), strides
--- (false: all of the annotation but these), op.
--- Example: g:insert_before(n, "aten.copy_.default", {a, b}, nil, {meta = n})
---@param n Node
---@param target string
---@param args? any[]
---@param kwargs? table
---@param options? table
---@return Node
function Graph:insert_before(n, target, args, kwargs, options) end

--- A new node after n, as insert_before.
--- Example: local relu = g:insert_after(n, "aten.relu.default", {n}, nil, {meta = n})
---@param n Node
---@param target string
---@param args? any[]
---@param kwargs? table
---@param options? table
---@return Node
function Graph:insert_after(n, target, args, kwargs, options) end

--- Erases a node without users.
--- Example: g:erase(n)
---@param n Node
function Graph:erase(n) end

--- Erases nodes that nobody uses and that only compute, then their inputs: all, or beginning at these. Returns their names.
--- Example: g:erase_dead(n.inputs)
---@param from? Node|Node[]
---@return string[]
function Graph:erase_dead(from) end

--- What running the graph must check: "disjoint(a, b)", "disjoint(a)", "no_self_overlap(a)", "strides(a, [4, 1])",
--- "strides(a, [4, 1], 0)" (with the storage offset), or a condition on symbols.
--- Example: g:add_guard("s0 >= 2")
---@param guard string
function Graph:add_guard(guard) end

--- The graph's guards.
--- Example: print(g:guards())
---@return string[]
function Graph:guards() end

--- The node whose storage n lives in: n itself when it is fresh, nil when it is no tensor.
--- Example: print(g:storage(n).name)
---@param n Node|string
---@return Node?
function Graph:storage(n) end

--- Every value that shares n's storage, in execution order.
--- Example: print(g:aliases("arg27_1"))
---@param n Node|string
---@return Node[]
function Graph:aliases(n) end

--- May two values share an element? False is proved.
--- Example: if g:may_overlap(a, b) then … end
---@param a Node|string
---@param b Node|string
---@return boolean
function Graph:may_overlap(a, b) end

--- Nodes after n that read elements of a storage (of n's own when not given).
--- Example: print(g:readers_after(n, g:storage(n)))
---@param n Node|string
---@param storage? Node|string
---@return Node[]
function Graph:readers_after(n, storage) end

--- Are two values provably the same tensor: same storage, elements, order, dtype and bits? (Strides of sizes 1 may differ.)
--- Example: if g:same_tensor(copy:arg("self"), copy:arg("src")) then … end
---@param a Node|string
---@param b Node|string
---@return boolean
function Graph:same_tensor(a, b) end

--- Does a condition on sizes follow from the ranges and sizes that the dump states? False means: not proved.
--- Example: if g:proves("s0 >= 2") then … end
---@param condition string
---@return boolean
function Graph:proves(condition) end

--- Nodes that write into n's storage, unknown operators that get hold of it included.
--- Example: print(g:writers("arg27_1"))
---@param n Node|string
---@return Node[]
function Graph:writers(n) end

--- The part of its owner that an update writes, as text; nil for other nodes.
--- Example: print(g:window("slice_scatter_1"))   -- [0:s0, :, :, :]
---@param n Node|string
---@return string?
function Graph:window(n) end

--- Is this node a functional update, or a copy back into an input?
--- Example: for n in g:nodes() do if g:is_update(n) then print(n) end end
---@param n Node|string
---@return boolean
function Graph:is_update(n) end

--- May this update write into its base, or need this copy (clone, slice_copy ...) not be made? The chain {head, owner, updates = {{node, base,
--- operand, writes, twin, forward, view}, …}, copies, guards, bytes_saved}: `operand` names the argument that the result becomes; `forward` is a copy
--- that goes, or becomes the operator `view`. Or nil and the refusal {rule, because, blockers, repair}; nil alone for a node that is no update. The repair, where one is known to help:
--- {text, rewrite, bytes, move, before, value, users, guards}; hoist_readers puts `move` before `before`; there clone_operand puts a clone
--- of `value`, split_factory another call of it, for `users`.
--- Example: local chain, why = g:can_write_in_place(n, "self")
---@param n Node|string
---@param operand? string
---@return table?, table?
function Graph:can_write_in_place(n, operand) end

--- Bytes that only move existing elements: {update, copy_, clone}, nil while a symbol is unbound; of one node: bytes and kind.
--- Example: print(g:copied_bytes().update)
---@param n? Node|string
---@return table|integer|string|nil, string?
function Graph:copied_bytes(n) end

--- A node, which is its value. Prints as its dump line; a < b is execution order. A handle to an erased node gives an error that names it.
---@class Node
---@field name string
---@field op string placeholder, get_attr, call_function, call_method, call_module or output
---@field target string the operator: "aten.add.Tensor"
---@field args any[] as printed
---@field kwargs table<string, any> as printed
---@field users Node[] in execution order
---@field inputs Node[] each once
---@field meta table? text, and dtype, shape, device of a tensor, with its stride also density (contiguous, dense, gaps, overlapping, unknown); or sym
---@field stack string? the comment above it in the dump
---@field line integer? of the source text
---@field module string? where in the model's source it comes from
---@field id integer names it through all revisions
---@field next Node? the node after it
---@field prev Node? the node before it

--- An argument by the schema's name or by position, default filled in; nil for None.
--- Example: print(n:arg("dim"))
---@param name string|integer
---@return any
function Node:arg(name) end

--- What the node does: "input", "constant" (get_attr), "output", "size" (integers, metadata), "geometry" (sym_stride …), "view", "may_view"
--- (at some sizes a copy), "item" (getitem), "update" (a functional one), "fresh", "mutation", "random", "check" (assertions), "collective"
--- or "unknown" (it may read and write whatever it gets hold of).
--- Example: if n:effect() == "view" then … end
---@return string
function Node:effect() end

--- The operands that the node writes, by its schema.
--- Example: for _, written in ipairs(n:writes()) do print(written) end
---@return Node[]
function Node:writes() end

--- The in-place twin of a functional operator, the functional one of an in-place one; nil when there is none. Each computes in its own dtype.
--- Example: print(g.add_1:twin())   -- aten.add_.Tensor
---@return string?
function Node:twin() end

--- Target and arguments as one text, in the schema's order with defaults filled in: equal texts call the same. `ids` gives ids of nodes that
--- stand for others.
--- Example: if a:call() == b:call() then … end
---@param ids? table<integer, integer>
---@return string
function Node:call(ids) end

--- Changes an argument, by the schema's name or by position.
--- Example: n:set_arg("dim", 2)
---@param name string|integer
---@param value any
function Node:set_arg(name, value) end

--- Changes the operator.
--- Example: n:set_target("aten.relu_.default")
---@param target string
function Node:set_target(target) end

--- Takes the annotation of another node, or the one that text says; nil removes it.
--- Example: n:set_meta(other) n:set_meta("f32[2, s0][s0, 1]cpu")
---@param other? Node|string
function Node:set_meta(other) end

--- Every user of this node, except x itself, uses x instead.
--- Example: n:replace_all_uses_with(n.args[1])
---@param x Node
function Node:replace_all_uses_with(x) end

--- In this node's arguments, x takes the place of `old`.
--- Example: n:replace_input_with(n.args[1], x)
---@param old Node
---@param x Node
function Node:replace_input_with(old, x) end

--- Moves the node before another.
--- Example: reader:move_before(write)
---@param other Node
function Node:move_before(other) end

--- A tensor that fx.run gave: dtype, shape, stride, device.
---@class Tensor

--- The first n (16) elements, row major.
--- Example: print(fx.run().outputs[1]:values(4))
---@param n? integer
---@return number[]
function Tensor:values(n) end
