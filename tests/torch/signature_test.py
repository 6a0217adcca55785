#!/usr/bin/env python3
"""What fxloom reads of signatures, ranges and load_args, against torch's own objects: exported programs (parameters, buffers that are
mutated, constants, mutated inputs, dynamic shapes) in both forms that torch prints, and runnable files that torch writes; and they run."""
import importlib.util
import io
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import torch
from torch._dynamo.repro.after_aot import save_graph_repro
from torch._inductor import compile_fx

root = pathlib.Path(__file__).resolve().parents[2]
program = os.environ.get("FXLOOM", str(root / "build" / "fxloom"))
LARGEST = 2**62   # what stands for infinity in an int_oo


class Everything(torch.nn.Module):
    """Parameters, buffers of both kinds, a constant, a written input, results that are no tensors."""

    def __init__(self):
        super().__init__()
        self.lin = torch.nn.Linear(4, 4)
        self.register_buffer("cache", torch.zeros(16, 4))
        self.register_buffer("scratch", torch.zeros(4), persistent=False)
        self.k = torch.tensor([1.0, 2.0, 3.0, 4.0])

    def forward(self, x, y):
        z = self.lin(x) + self.k
        self.cache.add_(z.sum())
        self.scratch.mul_(2)
        y.mul_(2)
        return z + self.scratch, y.sum(), None, 7


class Unbacked(torch.nn.Module):
    def forward(self, x):
        n = x.item()
        torch._check(n >= 2)
        torch._check(n < 50)
        return torch.ones(n) * 2


class TwoSizes(torch.nn.Module):
    def forward(self, x, y):
        return torch.cat([x, y]) * 2, x.t() @ x


def programs():
    dim = torch.export.Dim
    yield "everything", torch.export.export(Everything(), (torch.randn(8, 4), torch.randn(3)), dynamic_shapes={"x": {0: dim("d", min=3, max=64)}, "y": None})
    yield "static", torch.export.export(Everything(), (torch.randn(8, 4), torch.randn(3)))
    yield "unbacked", torch.export.export(Unbacked(), (torch.tensor(5),), strict=False)
    yield "sizes", torch.export.export(TwoSizes(), (torch.randn(5, 4), torch.randn(6, 4)),
                                       dynamic_shapes={"x": {0: dim("a", min=4)}, "y": {0: dim("b", max=1000)}})


def old_form(ep):
    """As torch 2.2 to 2.6 print it: the signature's repr."""
    text = str(ep)
    begin, end = text.index("Graph signature:"), text.index("Range constraints:")
    return f"{text[:begin]}Graph signature: {ep.graph_signature!r}\n{text[end:]}"


def bounds(value_range):
    def bound(value):
        value = float(value)
        return None if abs(value) > LARGEST else int(value)
    return {"lower": bound(value_range.lower), "upper": bound(value_range.upper)}


def mutated(signature):
    buffers = {target: name for name, target in signature.inputs_to_buffers.items()}
    names = [buffers[t] for t in signature.buffers_to_mutate.values()] + list(signature.user_inputs_to_mutate.values())
    return sorted(names)


def runnables():
    """Files that torch writes for graphs that Dynamo and AOTAutograd make, with the graph and its inputs."""
    lin, cache = torch.nn.Linear(4, 4), torch.zeros(10, 4)

    def mixed(x, y, n):
        y.mul_(2)
        return lin(x) + y.t()[:4, :4].sum() + torch.tensor([1.0, 2.0, 3.0, 4.0]), x.view(-1)[:n]

    def pair(a, b):
        return a + 1, b * 2

    def typed(a, b, c):
        return a.to(torch.float32) + b, c.logical_not(), (a > 1).sum()

    base = torch.randn(40)
    calls = {
        "mixed": (mixed, (torch.randn(6, 4), torch.randn(5, 6).t(), 7)),
        "shared": (pair, (base[3:13], base[20:30].view(2, 5))),
        "typed": (typed, (torch.ones(3, 5, dtype=torch.bfloat16), torch.randn(5), torch.tensor([True, False]))),
        "equal_sizes": (pair, (torch.randn(6, 6), torch.randn(6, 3))),
    }
    for name, (function, arguments) in calls.items():
        for dynamic in (False, True):
            found = []

            def compiler(gm, inputs, **kwargs):
                text = io.StringIO()
                save_graph_repro(text, gm, inputs, "inductor")
                found.append((text.getvalue(), gm, inputs))
                return gm.forward

            torch._dynamo.reset()
            with torch.no_grad():
                torch.compile(function, backend=lambda gm, example: compile_fx.compile_fx(gm, example, inner_compile=compiler), dynamic=dynamic, fullgraph=True)(*arguments)
            for text, gm, inputs in found:
                yield f"{name}_{'dynamic' if dynamic else 'static'}", text, gm, inputs


class Signatures(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)

    def info(self, name, text):
        path = self.folder / name
        path.write_text(text)
        done = subprocess.run([program, "info", path, "--json"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        answer = json.loads(done.stdout)
        self.assertEqual([d for d in answer["diagnostics"] if d["severity"] != "note"], [], name)
        return answer["graphs"][0], answer["diagnostics"], path

    def run_program(self, *command):
        done = subprocess.run([program, *map(str, command)], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, f"{command}: {done.stderr}{done.stdout}")
        return done.stdout

    def check_program(self, name, ep, text):
        graph, _, path = self.info(f"{name}.txt", text)
        signature = ep.graph_signature
        self.assertEqual(graph["signature"]["inputs"], [{"name": s.arg.name, "kind": s.kind.name, "target": s.target, "persistent": s.persistent} for s in signature.input_specs])
        self.assertEqual(graph["signature"]["outputs"], [{"kind": s.kind.name, "target": s.target} for s in signature.output_specs])
        ranges = {str(symbol): bounds(r) for symbol, r in ep.range_constraints.items()}
        self.assertEqual(graph["ranges"], {symbol: r for symbol, r in ranges.items() if r != {"lower": None, "upper": None}})
        if ep.verifier.dialect == "ATEN":   # a TRAINING export writes in place, and torch's signature says nothing of that
            self.assertEqual(sorted(graph["mutates"]), mutated(signature))
        script = self.folder / "again.lua"
        script.write_text("")
        out = self.folder / f"{name}_again.txt"
        self.run_program("rewrite", path, script, "-o", out, "--no-verify")
        again, _, _ = self.info(out.name, out.read_text())
        for key in ("signature", "ranges", "hints", "mutates", "inputs"):
            self.assertEqual(again[key], graph[key], f"{name}: {key} after printing")

    def test_exported_programs(self):
        for name, ep in programs():
            for kind, one in (("training", ep), ("aten", ep.run_decompositions({}))):
                with self.subTest(name, kind=kind):
                    self.check_program(f"{name}_{kind}", one, str(one))
                    self.check_program(f"{name}_{kind}_old", one, old_form(one))

    def test_exported_python_checks_ranges(self):
        """Proofs rely on stated ranges, so the module that fxloom exports refuses sizes outside of them."""
        ep = dict(programs())["sizes"].run_decompositions({})
        _, _, path = self.info("sizes.txt", str(ep))
        script, out = self.folder / "nothing.lua", self.folder / "sizes.py"
        script.write_text("")
        self.run_program("rewrite", path, script, "-o", out, "--no-verify")
        spec = importlib.util.spec_from_file_location("exported_sizes", out)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        x, y = torch.randn(7, 4), torch.randn(3, 4)
        for ours, theirs in zip(module.forward(x, y), ep.module()(x, y)):
            self.assertTrue(torch.equal(ours, theirs))
        for bad, text in (((torch.randn(3, 4), y), ">= 4"), ((x, torch.randn(1001, 4)), "<= 1000")):
            with self.assertRaisesRegex(ValueError, text):
                module.forward(*bad)

    def test_training_export_changes_what_it_writes(self):
        ep = dict(programs())["static"]
        graph, _, _ = self.info("training.txt", str(ep))
        self.assertEqual(sorted(graph["mutates"]), ["b_cache", "b_scratch", "y"])

    def check_runnable(self, name, text, gm, inputs):
        graph, diagnostics, path = self.info(f"{name}.py", text)
        self.assertEqual(len(graph["inputs"]), len(inputs))
        hints = graph["hints"]
        for said, placeholder, value in zip(graph["inputs"], gm.graph.find_nodes(op="placeholder"), inputs):
            self.assertEqual(said["name"], placeholder.target)
            if isinstance(value, torch.Tensor):
                self.assertEqual(said["shape"], [d if isinstance(d, int) else str(d) for d in value.shape], f"{name}: {said['name']}")
                self.assertEqual(said["dtype"], torch.utils._dtype_abbrs.dtype_abbrs[value.dtype])
            elif isinstance(value, torch.SymInt):
                self.assertEqual(said["dtype"], f"Sym({value.node.expr})", f"{name}: {said['name']}")
                self.assertEqual(hints[str(value.node.expr)], value.node.hint)
        self.assertEqual(any("share the memory" in d["message"] for d in diagnostics), name.startswith("shared"), name)
        self.run_program("run", path)

    def test_runnable_files(self):
        for name, text, gm, inputs in runnables():
            with self.subTest(name):
                self.check_runnable(name, text, gm, inputs)

    def test_runnable_files_without_values_of_symbols(self):
        """torch 2.10 and older do not write them: the order of the inputs must do."""
        for name, text, gm, inputs in runnables():
            if "_dynamic" not in name or name.startswith("mixed"):   # which symbol an int argument is, no text says
                continue
            with self.subTest(name):
                start = text.index("class Repro")
                self.check_runnable(name, text[start:], gm, inputs)


if __name__ == "__main__":
    unittest.main()
