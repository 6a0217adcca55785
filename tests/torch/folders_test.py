#!/usr/bin/env python3
"""What the installed torch writes, read as a whole: a structured trace (TORCH_TRACE), a torch_compile_debug folder, and a series of
dumps, one after each pass, whose revisions must have torch's nodes."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import torch
from torch.fx.experimental.proxy_tensor import make_fx

root = pathlib.Path(__file__).resolve().parents[2]
program = os.environ.get("FXLOOM", str(root / "build" / "fxloom"))
MODEL = '''
import torch
def f(x, cache):
    cache[:2] = x * 2
    return (x @ cache.t()).relu().sum(0)
with torch.no_grad():
    torch.compile(f)(torch.randn(2, 4), torch.zeros(3, 4))
'''


def info(path):
    done = subprocess.run([program, "info", str(path), "--json"], capture_output=True, text=True, timeout=120)
    return done.returncode, json.loads(done.stdout)


class Written(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.holder.name)
        (cls.folder / "model.py").write_text(MODEL)
        environment = dict(os.environ, TORCH_TRACE=str(cls.folder / "trace"), TORCH_COMPILE_DEBUG="1", TORCHINDUCTOR_FORCE_DISABLE_CACHES="1")
        subprocess.run([sys.executable, "model.py"], cwd=cls.folder, env=environment, check=True, capture_output=True, timeout=800)

    @classmethod
    def tearDownClass(cls):
        cls.holder.cleanup()

    def test_trace(self):
        log, = (self.folder / "trace").glob("*.log")
        code, report = info(log)
        self.assertEqual((code, [d for d in report["diagnostics"] if d["severity"] == "error"]), (0, []))
        # An independent reading: the payloads with a class, by the JSON before them.
        expected, text = [], log.read_text().split("\n")
        for i, line in enumerate(text):
            event = re.match(r"^V\d{4} \S+ \d+ \S+\] (\{.*\"has_payload\".*)", line)
            if not event:
                continue
            payload = []
            for following in text[i + 1:]:
                if not following.startswith("\t") and following:
                    break
                payload.append(following[1:])
            if any(re.match(r"class .*Module\):$", one) for one in payload):
                keys = json.loads(event[1])
                name = keys["artifact"]["name"] if "artifact" in keys else next(iter(keys))
                expected.append(f"{name} {keys['frame_id']}/{keys['frame_compile_id']}")
        self.assertIn("aot_inference_graph 0/0", expected)
        self.assertEqual([graph["name"] for graph in report["graphs"]], expected)

    def test_debug_folder(self):
        code, report = info(self.folder / "torch_compile_debug")
        self.assertEqual((code, [d for d in report["diagnostics"] if d["severity"] == "error"]), (0, []))
        files = [pathlib.Path(graph["file"]).name for graph in report["graphs"]]
        self.assertEqual(sorted(files), ["fx_graph_readable.py", "fx_graph_runnable.py", "fx_graph_transformed.py"])
        self.assertEqual([graph["series"] for graph in report["graphs"]], [None] * 3)


class Passes(unittest.TestCase):
    def test_series(self):
        def f(x, w):
            y = torch.relu(x @ w) * 1
            z = torch.sigmoid(x @ w)
            return y + z + 0 * y

        gm = make_fx(f)(torch.randn(3, 3), torch.randn(3, 3))

        def drop_times_one(graph):
            for node in list(graph.nodes):
                if node.target is torch.ops.aten.mul.Tensor and node.args[1] == 1:
                    node.replace_all_uses_with(node.args[0])
                    graph.erase_node(node)

        def common_products(graph):
            first = {}
            for node in list(graph.nodes):
                if node.target is not torch.ops.aten.mm.default:
                    continue
                if node.args in first:
                    node.replace_all_uses_with(first[node.args])
                    graph.erase_node(node)
                else:
                    first[node.args] = node

        def silly_negation(graph):
            output = next(iter(reversed(graph.nodes)))
            with graph.inserting_before(output):
                value = graph.call_function(torch.ops.aten.neg.default, (output.args[0],))
            output.args = (value,)

        passes = [None, drop_times_one, common_products, silly_negation]
        counts, names = [], []
        with tempfile.TemporaryDirectory() as folder:
            for number, step in enumerate(passes):
                if step:
                    step(gm.graph)
                    gm.recompile()
                label = step.__name__ if step else "import"
                pathlib.Path(folder, f"pass_{number}_{label}.txt").write_text(gm.print_readable(print_output=False))
                counts.append(len(gm.graph.nodes))
                names.append({node.name for node in gm.graph.nodes} - {"output"})
            code, report = info(folder)
            self.assertEqual((code, report["diagnostics"]), (0, []))
            self.assertEqual([graph["nodes"] for graph in report["graphs"]], counts)
            self.assertEqual([graph["series"]["label"] for graph in report["graphs"]], ["import"] + [step.__name__ for step in passes[1:]])
            script = pathlib.Path(folder, "diffs.lua")
            script.write_text('fx.open(fx.args[1])\nfor i = 1, #fx.revisions() - 1 do local d = fx.diff(i - 1, i)\n'
                              'print("+" .. table.concat(d.added, ","), "-" .. table.concat(d.removed, ",")) end')
            done = subprocess.run([program, "lua", script, folder], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        for line, before, after in zip(done.stdout.splitlines(), names[:-1], names[1:], strict=True):
            added, removed = (set(filter(None, part[1:].split(","))) for part in line.split("\t"))
            self.assertEqual((added, removed), (after - before, before - after))


if __name__ == "__main__":
    unittest.main()
