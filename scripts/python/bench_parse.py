#!/usr/bin/env python3
"""Reading speed of fxloom's parser beside other readers of graphs, taken in turns in one run.

    bench_parse.py PROGRAM FOLDER FILE...     PROGRAM is build/bench_parse; FOLDER takes the texts that are made here

Peers: Python's own parser (`ast.parse`) and what a Python tool would do (`exec` the text, then torch.fx.symbolic_trace the function) on
the same text, and TorchScript's C++ parser (torch._C.parse_ir) on IR text of its own. Every figure is the best processor time of
the rounds; `fails` means that the reader refuses the text.
"""
import ast
import math
import pathlib
import subprocess
import sys
import time

import torch
import torch.fx
from bench_tables import table

ROUNDS = 3


def large(nodes):
    """A dump of `nodes` nodes, about 95 bytes each, as a long elementwise graph prints."""
    operators = ["aten.add.Tensor", "aten.mul.Tensor", "aten.sub.Tensor"]
    lines = ['def forward(self, arg0_1: "f32[s0, 64]", arg1_1: "f32[64]"):']
    last = "arg0_1"
    for i in range(1, nodes - 2):
        name = f"mul_{i}"
        deleted = f";  {last} = None" if i > 1 else ""
        lines.append(f'    {name}: "f32[s0, 64]" = torch.ops.{operators[i % 3]}({last}, arg1_1){deleted}')
        last = name
    return "\n".join([*lines, f"    return ({last},)", ""])


def torchscript(steps):
    """IR text of a traced function, with shapes, as TorchScript prints it."""
    def function(x, w):
        for _ in range(steps):
            x = torch.slice_copy(torch.relu(x @ w) + w, 0, 0, 4)
        return x
    text = str(torch.jit.trace(function, (torch.randn(4, 4), torch.randn(4, 4)), check_trace=False).inlined_graph)
    return "\n".join(line.split(" # ")[0] for line in text.splitlines()) + "\n"


def traced(text):
    """exec and symbolic_trace; annotations are not evaluated. A class is made and its forward traced."""
    names = {"torch": torch, "device": torch.device, "inf": math.inf, "nan": math.nan}
    exec("from __future__ import annotations\n" + text.replace("<lambda>", "Dump"), names)
    if "Dump" in names:
        torch.fx.symbolic_trace(names["Dump"]())
    else:
        module = type("Dump", (torch.nn.Module,), {"forward": names["forward"]})()
        torch.fx.symbolic_trace(module)


def seconds(work):
    """Processor seconds; nothing when the reader refuses the text."""
    start = time.process_time()
    try:
        work()
    except Exception:  # noqa: BLE001: whatever it is, this text it does not read
        return math.inf
    return time.process_time() - start


def main():
    program, folder, files = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
    made = folder / "large.txt"
    made.write_text(large(100_000))
    files.append(str(made))
    texts = {name: pathlib.Path(name).read_text() for name in files}
    script = torchscript(3000)
    best = {}
    for _ in range(ROUNDS):
        for line in subprocess.run([program, *files], check=True, capture_output=True, text=True).stdout.splitlines():
            name, taken, nodes, bytes_each = line.rsplit(" ", 3)
            best[name, "nodes"], best[name, "bytes"] = int(nodes), int(bytes_each)
            best[name, "fxloom"] = min(best.get((name, "fxloom"), math.inf), float(taken))
        for name, text in texts.items():
            for reader, work in {"ast": lambda text=text: ast.parse(text.replace("<lambda>", "Dump")), "trace": lambda text=text: traced(text)}.items():
                best[name, reader] = min(best.get((name, reader), math.inf), seconds(work))
        best["script"] = min(best.get("script", math.inf), seconds(lambda: torch._C.parse_ir(script)))

    def speed(name, reader):
        taken = best[name, reader]
        return "fails" if taken == math.inf else f"{len(texts[name]) / taken / 1e6:,.3g} MB/s"
    rows = [[pathlib.Path(name).name, f"{len(texts[name]) / 1e6:.2f} MB, {best[name, 'nodes']:,} nodes", f"{best[name, 'fxloom'] * 1000:,.1f} ms",
             speed(name, "fxloom"), f"{best[name, 'bytes']:,}", speed(name, "ast"), speed(name, "trace")] for name in files]
    table(["", "text", "fxloom", "", "bytes a node", "ast.parse", "exec and symbolic_trace"], rows)
    print(f"\nTorchScript's IR parser, {len(script) / 1e6:.2f} MB of its own text: {len(script) / best['script'] / 1e6:.3g} MB/s")


if __name__ == "__main__":
    main()
