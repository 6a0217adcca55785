"""Small graph programs, their dump text, and what torch makes of them: the oracle of programs_test.py and random_programs_test.py.

A Program is a list of statements in the words of a dump (`u = aten.slice_scatter.default(x, s, 0, 0, 2)`); its text carries annotations
made by running it. `compare` runs the text as printed and the Python that fxloom exported after scripts/reinplace.lua, both under torch
alone, on the same inputs, and says what differs: outputs, final contents of the inputs, who shares memory with whom, leaks.
The rewrite is not verified by running it (--no-verify): the analysis must be right by itself.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

import torch

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "scripts" / "python"))
from check_export import load_module  # noqa: E402

program_path = os.environ.get("FXLOOM", str(root / "build" / "fxloom"))
script = root / "scripts" / "reinplace.lua"
SHORT = {torch.float32: "f32", torch.int64: "i64", torch.bool: "b8", torch.complex64: "c64", torch.float64: "f64"}
RULES = {"unknown-operator", "async-reader", "dtype-or-shape-changes", "internal-overlap", "overlapping-operand", "two-owners",
         "geometry-changes", "alias-depends-on-size", "old-value-read-later", "input-must-keep-value", "copy-writes-other-value",
         "result-escapes", "inputs-may-alias", "size-unproven", "not-profitable"}


class Program:
    """`inputs`: {name: tensor}, in order; `statements`: [(name, expression)]; `returns`: names."""

    def __init__(self, inputs, statements, returns):
        self.inputs, self.statements, self.returns = inputs, statements, returns

    def text(self, annotations=None):
        """As print_readable prints it. `annotations` {name: text} replaces those that running it gives (for symbolic sizes)."""
        shown = self.annotations() | (annotations or {})
        annotated = lambda name: f'{name}: "{shown[name]}"' if name in shown else name
        lines = ["class <lambda>(torch.nn.Module):", f"    def forward(self, {', '.join(map(annotated, self.inputs))}):"]
        lines += [f"        {annotated(name)} = torch.ops.{expression}" if expression.startswith("aten.") else f"        {annotated(name)} = {expression}"
                  for name, expression in self.statements]
        return "\n".join(lines + [f"        return ({''.join(r + ', ' for r in self.returns).rstrip(' ')})", ""])

    def annotations(self):
        values = self.run(*fresh(list(self.inputs.values())))[1]
        return {name: annotation(value) for name, value in values.items() if annotation(value)}

    def run(self, *arguments):
        """(the returned values, every value by name)."""
        values = dict(zip(self.inputs, arguments))
        names = {"aten": torch.ops.aten, "torch": torch}
        for name, expression in self.statements:
            values[name] = eval(expression, names, values)   # noqa: S307 - our own statements
        return tuple(values[name] for name in self.returns), values


def annotation(value):
    if isinstance(value, torch.Tensor):
        layout = f"[{', '.join(map(str, value.stride()))}]cpu"
        return f"{SHORT[value.dtype]}[{', '.join(map(str, value.shape))}]{layout}"
    return f"Sym({value})" if isinstance(value, int) else ""


def fresh(values):
    """Clones that keep strides; sizes that are numbers stay."""
    return [torch.empty_strided(v.shape, v.stride(), dtype=v.dtype).copy_(v) if isinstance(v, torch.Tensor) else v for v in values]


def rewrite(text, folder, name="program"):
    """(the exported module, the report): what fxloom makes of the text with reinplace.lua, without running anything."""
    dump, out, report = (pathlib.Path(folder, f"{name}{suffix}") for suffix in (".txt", ".py", ".json"))
    dump.write_text(text)
    done = subprocess.run([program_path, "rewrite", dump, script, "-o", out, "--no-verify", "--report", report],
                          capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise AssertionError(f"fxloom rewrite: exit {done.returncode}: {done.stderr.strip() or done.stdout.strip()}\n{text}")
    return load_module(out), json.loads(report.read_text())


def outcome(report):
    """(chains taken, updates refused)."""
    return ([t for r in report["rewrites"] for t in r["taken"]], [r for w in report["rewrites"] for r in w["refused"]])


def sharing(tensors):
    """Pairs (i, j) of which some element of memory is the same."""
    touched = []
    for tensor in tensors:
        offsets = torch.tensor([0])
        for size, stride in zip(tensor.shape, tensor.stride()):
            offsets = (offsets[:, None] + torch.arange(size)[None] * stride).reshape(-1)
        addresses = tensor.data_ptr() + offsets * tensor.element_size()
        touched.append(set(addresses.tolist()))
    return {(i, j) for i in range(len(tensors)) for j in range(i) if touched[i] & touched[j]}


def differences(before, after, inputs):
    """`before` and `after` are functions of the inputs; the words that say how they differ, none when they do not."""
    first, second = fresh(inputs), fresh(inputs)
    expected, found = before(*first), after(*second)
    found = found if isinstance(found, (tuple, list)) else (found,)
    if len(expected) != len(found):
        return [f"{len(found)} outputs, not {len(expected)}"]
    words = []
    for kind, olds, news in (("output", expected, found), ("input", first, second)):
        for i, (old, new) in enumerate(zip(olds, news)):
            if isinstance(old, torch.Tensor) and not (old.shape == new.shape and old.dtype == new.dtype and torch.equal(old, new)):
                words.append(f"{kind} {i}: {old.tolist()} became {new.tolist()}")
    tensors = lambda outputs, given: [v for v in [*outputs, *given] if isinstance(v, torch.Tensor)]
    old, new = sharing(tensors(expected, first)), sharing(tensors(found, second))
    if old != new:
        words.append(f"memory is shared by {sorted(new)}, not by {sorted(old)} (outputs, then inputs)")
    return words


def scatters_left(path):
    return len(re.findall(r"aten\.\w+_scatter\b|aten\.index_put\.", pathlib.Path(path).read_text()))
