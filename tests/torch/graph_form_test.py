#!/usr/bin/env python3
"""print(graph) and print_tabular() of real graphs, made by the installed torch: what fxloom reads of them is compared with FX's own
nodes, and what it prints as print(graph) with torch's own text, character by character. Run by ctest; $FXLOOM is the program.
"""
import json
import math
import operator
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import types

import torch
from torch import fx
from torch.fx.experimental.proxy_tensor import make_fx

program = os.environ.get("FXLOOM", str(pathlib.Path(__file__).resolve().parents[2] / "build" / "fxloom"))
failures = []
passed = 0


def tabulate(rows, headers):
    """The table that the package tabulate makes of text ("simple" format), so that the test does not need it."""
    rows = [[str(cell) for cell in row] for row in [headers, *rows]]
    widths = [max(len(headers[i]) + 2, *(len(row[i]) for row in rows)) for i in range(len(headers))]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def table(graph):
    return tabulate([[n.op, n.name, n.target, n.args, n.kwargs] for n in graph.nodes], ["opcode", "name", "target", "args", "kwargs"]) + "\n"


# --- the graphs --------------------------------------------------------------------------------------------------------------------

class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.LayerNorm(4))
        self.scale = torch.nn.Parameter(torch.ones(4))

    def forward(self, x, y=None, mode="mean"):
        h = self.layers(x) * self.scale
        h = torch.nn.functional.gelu(h, approximate="tanh") + h[:, None, ..., 1:3].sum()
        h = torch.nn.functional.softmax(h, dim=-1).to(torch.device("cpu"), dtype=torch.float64)
        shape = h.shape[0]
        z = torch.einsum("ij,kj->ik", h, h).reshape(shape, -1)
        return {"z": z, "rest": (h, [x, 1.5, "text"])}


def cache_update(cache, value, pos):
    cache.index_copy_(1, pos, value)
    cache[:, 2:4] = 0
    return cache.sum() + torch.full([2], float("inf"), device="cpu", dtype=torch.bfloat16)


def branches(x):
    y = torch.cond(x.sum() > 0, lambda x: x.sin(), lambda x: x.cos(), (x,))
    return y.view(-1, x.shape[1]) + x.shape[0] // 2


class Exported(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(4, 4))
        self.register_buffer("cache", torch.zeros(8, 4))

    def forward(self, x, n):
        self.cache[: x.shape[0]] = x @ self.weight
        torch._assert(x.shape[0] > 1, "it's too small: (x")
        m = n.item()
        torch._check(m >= 0)
        return self.cache.clone(), torch.zeros(m), torch.ops.aten.index_reduce(x, 0, n.reshape(1), x[:1], "mean")


def by_hand():
    """Everything that a node may hold."""
    g = fx.Graph()
    x, y = g.placeholder("x"), g.placeholder("y", type_expr=torch.Tensor, default_value=3)
    g.placeholder("input", default_value="mean")
    g.placeholder("*args"), g.placeholder("**kwargs")
    w = g.get_attr("layers.0.weight")
    a = g.call_function(operator.getitem, (x, (slice(None, y, None), Ellipsis, None, -1)))
    b = g.call_method("to", (a, torch.bfloat16), {"memory_format": torch.channels_last})
    c = g.call_function(torch.ops.aten.empty.memory_format, ([2, y],), {"dtype": torch.float16, "layout": torch.strided, "device": torch.device("cuda:6")})
    d = g.call_function(torch.ops.aten._assert_async.msg, (c, "it's bad: 'x' (3 > 2, or worse"))
    e = g.call_function(torch.ops.higher_order.auto_functionalized, (torch.ops.aten.add_.Tensor,), {"other": x, "_all_bases": [w], "note": ""})
    f = g.call_function(max, (e, math.inf, -math.inf, math.nan, -1e-05, -0.0, 1 + 2j, 1j, True, None, 10**30, [], (), (x,), {"k": [x], 3: "v", "j": {}}))
    h = g.call_function(torch.einsum, ("bij,bjk->bik", f, b))
    i = g.call_function(torch.ops.higher_order.invoke_subgraph, (w, "", h, "subgraph_0", ""))
    j = g.call_function(operator.iadd, (i, 2))
    k = g.call_function(getattr, (j, "shape"))
    m = g.call_function(math.trunc, (k,))
    n = g.call_module("layers.0", (m,), {"flag": False})
    o = g.call_function(torch.sym_max, (n, d))
    g.output({"a": o, "b": [None, torch.float32, "s", torch.device("cuda", 0)], "c": (x,)})
    return g


def graphs():
    yield "symbolic_trace", fx.symbolic_trace(Block()).graph
    t = torch.zeros
    yield "make_fx in place", make_fx(cache_update)(t(2, 8, 4), t(2, 1, 4), torch.tensor([1])).graph
    yield "make_fx functional", make_fx(torch.func.functionalize(cache_update))(t(2, 8, 4), t(2, 1, 4), torch.tensor([1])).graph
    yield "make_fx symbolic", make_fx(branches, tracing_mode="symbolic")(t(3, 4)).graph
    batch = torch.export.Dim("batch", min=2, max=8)
    exported = torch.export.export(Exported(), (t(3, 4), torch.tensor(1)), dynamic_shapes={"x": {0: batch}, "n": None})
    yield "export", exported.graph
    yield "export, decomposed", exported.run_decompositions({}).graph
    yield "by hand", by_hand()
    captured = []

    def backend(module, inputs):
        captured.append(module.graph)
        return module
    torch.compile(lambda x, y: torch.relu(x @ y).view(-1, 2)[1:] + x.shape[0], backend=backend, dynamic=True)(t(4, 4), t(4, 4))
    yield "dynamo", captured[0]


# --- what is compared --------------------------------------------------------------------------------------------------------------

def check(label, ok, why=""):
    global passed
    passed += bool(ok)
    if not ok:
        failures.append(label)
    print(f"{'ok  ' if ok else 'FAIL'} {label}{'' if ok else ': ' + why}", flush=True)


def target_of(node):
    """The target as fxloom spells it (graph/ir/node.h)."""
    if node.op != "call_function":
        return str(node.target)
    name = node._pretty_print_target(node.target)
    name = re.sub(r"^torch\.ops\.", "", name)
    return re.sub(r"^builtins\.", "", re.sub(r"^operator\.", "_operator.", name))


def fxloom(label, *arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    check(f"{label}: reads", done.returncode == 0, done.stderr)
    return done.stdout


def first_difference(a, b):
    for i, (left, right) in enumerate(zip(a.splitlines(), b.splitlines()), 1):
        if left != right:
            return f"line {i}:\n  torch  {left}\n  fxloom {right}"
    return f"{a.count(chr(10))} and {b.count(chr(10))} lines"


LIST = """
local g = fx.open(%s)
for n in g:nodes() do print(n.op, n.name, n.target, #n.args, #n.users) end
"""


def compare(name, graph, folder):
    text, rows = folder / "graph.txt", folder / "table.txt"
    text.write_text(str(graph) + "\n")
    rows.write_text(table(graph))
    nodes = list(graph.nodes)
    placeholders = [n for n in nodes if n.op == "placeholder"]
    ordered = placeholders + [n for n in nodes if n.op != "placeholder"]
    for form, path in (("print", text), ("table", rows)):
        label = f"{name}, {form}"
        info = json.loads(fxloom(label, "info", path, "--json") or '{"graphs": []}')
        check(f"{label}: one graph of all nodes", [g["nodes"] for g in info["graphs"]] == [len(nodes)], str(info)[:300])
        script = folder / "list.lua"
        script.write_text(LIST % json.dumps(str(path)))
        got = [line.split("\t") for line in fxloom(label, "lua", script).splitlines()]
        # print(graph) and the table show one of the functions of a name; a table does not say which.
        want = [[n.op, n.name, target_of(n), str(len(n.args)), str(len(n.users))] for n in ordered]
        for line, node in zip(got, ordered):
            if form == "table" and isinstance(node.target, types.FunctionType) and line[2] == node.target.__name__:
                line[2] = target_of(node)
        check(f"{label}: the same nodes", got == want, str([(g, w) for g, w in zip(got, want) if g != w][:3]))
    script = folder / "print.lua"
    script.write_text(f"print((fx.open({json.dumps(str(text))}):text('graph'):gsub('\\n$', '')))\n")
    printed = fxloom(f"{name}, printed again", "lua", script)
    check(f"{name}: printed as torch does", ordered != nodes or printed == text.read_text(), first_difference(text.read_text(), printed))


with tempfile.TemporaryDirectory() as scratch:
    for name, graph in graphs():
        compare(name, graph, pathlib.Path(scratch))
print(f"{passed} passed, {len(failures)} failed")
sys.exit(bool(failures))
