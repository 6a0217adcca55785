#!/usr/bin/env python3
"""Repairs of refused writes, then reinplacing: nothing that a caller observes may change.   repairs_test.py [COUNT [FIRST_SEED]]

First programs of which the repair is known: it is offered, its predicted bytes are those that it saves, and the exported Python computes what
the text computes (values, inputs, sharing, strides), also when it is called with inputs that share memory. Then random programs
(random_programs.py), each with all repairs that are offered.
"""
import collections
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import torch

import checks
import programs
import rewritten
from programs import Program
from random_programs import make

REPAIRS = ["hoist_readers", "split_factory", "clone_operand"]
LEAST = {"hoist_readers": 0.01, "clone_operand": 0.01}   # repairs a random program, for this to be a test

torch.manual_seed(0)
x, y, s, a, b = torch.randn(8, 3), torch.randn(8, 3), torch.randn(2, 3), torch.randn(2, 3), torch.randn(2, 3)
i = torch.tensor([1, 0])


def op(name, expression):
    return name, f"aten.{expression}"


def scatter(name, base, source, start, end):
    return op(name, f"slice_scatter.default({base}, {source}, 0, {start}, {end})")


def slice_(name, base, start, end):
    return op(name, f"slice.Tensor({base}, 0, {start}, {end})")


XS = {"x": x, "s": s}
CASES = {
    # name: (rewrite, the node that is refused, text, program)
    "reader_after_the_write": ("hoist_readers", "u", "move m before u", Program(XS, [
        scatter("u", "x", "s", 0, 2), slice_("v", "x", 0, 2), op("m", "mul.Tensor(v, 2)"), op("c", "copy_.default(x, u)")], ["m"])),
    "two_readers_and_what_they_need": ("hoist_readers", "u", "move m and n before u", Program(XS, [
        scatter("u", "x", "s", 0, 2), slice_("v", "x", 0, 2), op("m", "mul.Tensor(v, 2)"), op("e", "exp.default(s)"), op("n", "add.Tensor(v, e)"),
        op("c", "copy_.default(x, u)")], ["m", "n"])),
    "reader_between_the_updates_of_a_chain": ("hoist_readers", "u", "move m before p", Program({"x": torch.randn(8, 4, 2), "i": i, "k": torch.randn(3, 2, 2)}, [
        slice_("t", "x", 0, 3), op("p", "index_put.default(t, [None, i], k)"), scatter("u", "x", "p", 0, 3), op("m", "mul.Tensor(x, 2)"),
        op("c", "copy_.default(x, u)")], ["m"])),
    "reader_that_needs_the_new_value": ("clone_operand", "u", "clone v before u, for m", Program(XS, [
        scatter("u", "x", "s", 0, 2), op("t", "sum.default(u)"), slice_("v", "x", 0, 2), op("m", "mul.Tensor(v, t)"), op("c", "copy_.default(x, u)")], ["m"])),
    "source_that_overlaps_the_window": ("clone_operand", "u", "clone a before u, instead of x", Program({"x": x}, [
        slice_("a", "x", 0, 3), scatter("u", "x", "a", 1, 4), op("c", "copy_.default(x, u)")], [])),
    "values_that_overlap_the_base_156786": ("clone_operand", "u", "clone a before u, instead of x", Program({"x": x, "i": i}, [
        slice_("a", "x", 0, 2), op("u", "index_put.default(x, [i], a)"), op("c", "copy_.default(x, u)")], [])),
    "returned_and_copied_195451": ("clone_operand", "u", "return a clone of u", Program(XS, [
        scatter("u", "x", "s", 0, 2), op("c", "copy_.default(x, u)")], ["u"])),
    "returned_in_the_middle_of_a_chain": ("clone_operand", "u", "return a clone of u", Program({"x": x, "s": s, "b": b}, [
        scatter("u", "x", "s", 0, 2), scatter("w", "u", "b", 0, 2), op("c", "copy_.default(x, w)")], ["u"])),
    "reader_after_a_copy_of_something_else": ("hoist_readers", "u", "move m before c", Program(XS | {"y": y}, [
        scatter("u", "x", "s", 0, 2), op("c", "copy_.default(x, y)"), op("m", "mul.Tensor(u, 2)")], ["m"])),
    "one_factory_of_two_updates_132865": ("split_factory", "u", "give u a zeros of its own", Program({"a": a, "b": b}, [
        op("z", "zeros.default([8, 3])"), scatter("u", "z", "a", 0, 2), scatter("v", "z", "b", 2, 4)], ["u", "v"])),
    "one_full_through_a_view": ("split_factory", "u", "give u a full of its own", Program({"a": a, "i": i, "k": torch.randn(2, 3)}, [
        op("z", "full.default([8, 3], 2.0)"), slice_("t", "z", 0, 4), op("p", "index_put.default(t, [i], k)"), scatter("u", "z", "p", 0, 4),
        scatter("v", "z", "a", 2, 4)], ["u", "v"])),
}


def rewrite(text, folder, scripts, name):
    """(the exported module, the report): without running anything."""
    dump, out, report = (pathlib.Path(folder, f"{name}{suffix}") for suffix in (".txt", ".py", ".json"))
    dump.write_text(text)
    done = subprocess.run([programs.program_path, "rewrite", dump, *scripts, "-o", out, "--no-verify", "--report", report], capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise AssertionError(f"fxloom rewrite: exit {done.returncode}: {done.stderr.strip() or done.stdout.strip()}\n{text}")
    return programs.load_module(out), json.loads(report.read_text())


def copied(report):
    return sum(report["graph"]["copied_bytes_after"].values())


class Known(unittest.TestCase):
    def check(self, kind, node, text, program):
        with tempfile.TemporaryDirectory() as folder:
            _, plain = rewrite(program.text(), folder, ["reinplace"], "plain")
            module, report = rewrite(program.text(), folder, [kind, "reinplace"], "repaired")
            context = f"\n{program.text()}\n{pathlib.Path(folder, 'repaired.py').read_text()}"
        refusal, = [r for r in plain["rewrites"][0]["refused"] if r["node"] == node]
        self.assertEqual((refusal["repair"]["rewrite"], refusal["repair"]["text"]), (kind, text), context)
        self.assertEqual(refusal["repair"]["bytes"], copied(plain) - copied(report), context)
        self.assertIn(node, [t["node"] for t in report["rewrites"][1]["taken"]], context)
        self.assertEqual(programs.differences(program.outputs, module.forward, list(program.inputs.values())), [], context)
        for how, arguments in checks.sharing_arguments(program, list(program.inputs.values())):
            old, new = (checks.Observation(call, arguments) for call in (program.outputs, module.forward))
            if not checks.rejected(new, ["share memory"]):
                self.assertEqual([line for line in checks.compare(old, new) if not line.startswith("layout")], [], how + context)


for name, case in CASES.items():
    setattr(Known, f"test_{name}", lambda self, case=case: self.check(*case))


def random_programs(count, first):
    """Is every one of them, with all that is offered, the same as printed?"""
    rewritten.rewrites = [*REPAIRS, "reinplace"]
    counts, failed = collections.Counter(), 0
    made = [(seed, program) for seed in range(first, first + count) if (program := make(seed, False))]
    for at in range(0, len(made), 40):
        some = made[at:at + 40]
        with tempfile.TemporaryDirectory() as folder:
            answers = rewritten.rewrite_all([program.text() for _, program in some], folder)
            for (seed, program), answer in zip(some, answers):
                counts.update(rewrite for _, rewrite in answer.repaired)
                lines = checks.wrong(program, answer, counts) if answer.repaired or answer.error else []
                if lines:
                    failed += 1
                    print(f"seed {seed}: {answer.repaired}\n{program.text()}\n{answer.text}\n" + "\n".join(lines), flush=True)
    print(f"{len(made)} random programs, repairs taken: {dict(counts)}, {failed} wrong", flush=True)
    few = [name for name, least in LEAST.items() if counts[name] < least * len(made)]
    if few:
        print(f"too few for this to be a test: {', '.join(few)}")
    return not failed and not few


if __name__ == "__main__":
    torch.set_num_threads(1)
    numbers = [int(n) for n in sys.argv[1:]]
    known = unittest.main(argv=sys.argv[:1], exit=False).result.wasSuccessful()
    sys.exit(not (random_programs(numbers[0] if numbers else 400, numbers[1] if len(numbers) > 1 else 0) and known))
