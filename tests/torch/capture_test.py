#!/usr/bin/env python3
"""From the model to the rewritten graph: scripts/python/capture.py prints a decode step in several forms, fxloom reads as many nodes as
FX had, runs it to torch's results, and takes every chain (two caches a layer)."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

root = pathlib.Path(__file__).resolve().parents[2]
program = os.environ.get("FXLOOM", str(root / "build" / "fxloom"))
FORMS = {
    "static": ["--dynamic", ""],
    "dynamic_with_layout": ["--dynamic", "batch,cache-batch,cache-length", "--layout"],
    "decomposed_repeated_heads": ["--decompositions", "inductor", "--kv-heads", "2"],
}


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stderr}{done.stdout}")
    return done.stdout


class Capture(unittest.TestCase):
    def check(self, options):
        with tempfile.TemporaryDirectory() as folder:
            name = pathlib.Path(folder, "step")
            said = run(sys.executable, root / "scripts/python/capture.py", name, "--layers", 1, "--tensors", *options)
            tensors = ["--inputs", f"{name}.inputs.safetensors"]
            info = json.loads(run(program, "info", f"{name}.txt", "--json"))
            self.assertEqual(info["diagnostics"], [])
            self.assertEqual(info["graphs"][0]["nodes"], int(re.search(r"(\d+) nodes", said).group(1)))
            self.assertEqual(len(info["graphs"][0]["mutates"]), 2)
            run(program, "run", f"{name}.txt", *tensors, "--expect", f"{name}.expected.safetensors")
            run(program, "rewrite", f"{name}.txt", root / "scripts/reinplace.lua", "-o", f"{name}.new.txt", *tensors, "--require-taken", 2)
            run(program, "run", f"{name}.new.txt", *tensors, "--expect", f"{name}.expected.safetensors")
            left = re.findall(r"aten\.(?:slice_scatter|copy_)\b", pathlib.Path(f"{name}.new.txt").read_text())
            self.assertEqual(left, [])


for form, form_options in FORMS.items():
    setattr(Capture, f"test_{form}", lambda self, options=form_options: self.check(options))

if __name__ == "__main__":
    unittest.main()
