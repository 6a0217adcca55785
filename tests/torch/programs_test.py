#!/usr/bin/env python3
"""Small programs whose right answer is known: what may be written in place, what must be refused, each compared under torch.

Every program: the exported Python computes what the text computes (values, inputs, sharing). `taken`: no functional update is left.
`refused`: nothing is taken, and every refusal names a rule and a reason. `any`: both are right as long as the results are.
"""
import pathlib
import sys
import tempfile
import unittest

import torch

import programs
from programs import Program

torch.manual_seed(0)
x = torch.randn(4, 3)
y = torch.randn(4, 3)
s = torch.randn(2, 3)
row = torch.randn(3)
index = torch.tensor([1])
square = torch.randn(3, 3)
flags = torch.tensor([True, False, True])


def slice_(name, base, start, end, dim=0):
    return name, f"aten.slice.Tensor({base}, {dim}, {start}, {end})"


def scatter(name, base, source, start, end, dim=0):
    return name, f"aten.slice_scatter.default({base}, {source}, {dim}, {start}, {end})"


def copy_(base, value, name="copy_"):
    return name, f"aten.copy_.default({base}, {value})"


def op(name, expression):
    return name, f"aten.{expression}"


XS = {"x": x, "s": s}
CASES = {
    # name: (what must come of it, program)
    "cache_write": ("taken", Program({"x": torch.randn(4, 8, 2), "i": index, "v": torch.randn(3, 1, 2)}, [
        slice_("a", "x", 0, 3), op("b", "index_put.default(a, [None, i], v)"), scatter("u", "x", "b", 0, 3), slice_("k", "u", 0, 3),
        op("m", "mul.Tensor(k, 2)"), copy_("x", "u")], ["m"])),
    "old_view_read_after_the_write": ("refused", Program(XS, [
        scatter("u", "x", "s", 0, 2), slice_("v", "x", 0, 2), op("m", "mul.Tensor(v, 2)"), copy_("x", "u")], ["m"])),
    "write_already_in_the_graph": ("refused", Program(XS, [
        scatter("u", "x", "s", 0, 2), op("w", "add_.Tensor(x, 1)"), op("m", "mul.Tensor(u, 2)")], ["m"])),
    "source_computed_from_another_part": ("any", Program({"x": x}, [
        slice_("t", "x", 0, 2), op("u", "add.Tensor(t, 1)"), scatter("u2", "x", "u", 2, 4), copy_("x", "u2")], [])),
    "fine_alone_wrong_together": ("any", Program({"x": square}, [
        op("u", "add.Tensor(x, 1)"), op("p", "permute.default(u, [1, 0])"), op("u2", "copy.default(x, p)"), copy_("x", "u2")], [])),
    "contiguous_of_a_view": ("any", Program({"x": square, "s": torch.randn(1, 3)}, [
        op("t", "transpose.int(x, 0, 1)"), op("c", "contiguous.default(t)"), scatter("u", "x", "s", 0, 1), op("m", "mul.Tensor(c, 2)"),
        copy_("x", "u")], ["m"])),
    "geometry_seen_by_as_strided": ("any", Program({"b": torch.randn(8)}, [
        slice_("v", "b", 2, 6), op("u", "add.Tensor(v, 1)"), op("w", "as_strided.default(u, [2], [1], 0)")], ["w"])),
    "conj_is_no_self_copy": ("any", Program({"x": torch.randn(3, dtype=torch.complex64)}, [op("c", "_conj.default(x)"), copy_("x", "c")], [])),
    "masked_scatter_of_itself": ("any", Program({"a": torch.arange(3.0), "m": flags}, [
        op("u", "masked_scatter.default(a, m, a)"), copy_("a", "u")], [])),
    "copy_writes_something_else": ("refused", Program({"x": x, "s": s, "z": y}, [
        scatter("u", "x", "s", 0, 2), copy_("x", "z")], ["u"])),
    "updated_value_is_returned": ("any", Program(XS, [scatter("u", "x", "s", 0, 2), copy_("x", "u")], ["u"])),
    "input_must_keep_its_value": ("refused", Program(XS, [scatter("u", "x", "s", 0, 2), op("m", "mul.Tensor(u, 2)")], ["m"])),
    "metadata_of_the_old_view": ("taken", Program(XS, [
        slice_("a", "x", 0, 2), scatter("u", "x", "s", 0, 2), op("n", "sym_size.int(a, 0)"), op("m", "mul.Tensor(u, 2)"), copy_("x", "u")],
        ["m", "n"])),
    "two_disjoint_windows": ("taken", Program({"x": x, "s": s, "q": torch.randn(2, 3)}, [
        scatter("u", "x", "s", 0, 2), scatter("w", "u", "q", 2, 4), slice_("a", "w", 0, 2), slice_("b", "w", 2, 4), op("m", "add.Tensor(a, b)"),
        copy_("x", "w")], ["m"])),
    "two_in_place_adds_too_many": ("any", Program({"x": x}, [
        slice_("t", "x", 3, 4), op("v", "add.Tensor(t, 1)"), op("m", "sum.default(v)"), slice_("t0", "x", 0, 2), op("t2", "add.Tensor(t0, 1)"),
        scatter("u", "x", "t2", 0, 2), copy_("x", "u")], ["m"])),
    "copy_of_the_old_content": ("any", Program({"x": x}, [
        op("k", "slice_copy.Tensor(x, 0, 0, 2)"), op("a", "add.Tensor(x, 1)"), copy_("x", "a"), op("m", "mul.Tensor(k, 2)")], ["m"])),
    "select_scatter_epilogue": ("taken", Program({"x": x, "r": row}, [op("u", "select_scatter.default(x, r, 0, 0)"), copy_("x", "u")], [])),
    "nested_windows": ("taken", Program({"x": torch.randn(4, 6), "s": torch.randn(2, 3)}, [
        slice_("a", "x", 0, 2), scatter("b", "a", "s", 1, 4, dim=1), scatter("u", "x", "b", 0, 2), copy_("x", "u")], [])),
    "no_op_slices": ("taken", Program({"x": torch.randn(4, 6), "s": torch.randn(2, 6)}, [
        slice_("a", "x", 0, 2), slice_("a1", "a", 0, 9223372036854775807, dim=1), op("p", "add.Tensor(a1, s)"),
        scatter("b", "a", "p", 0, 9223372036854775807, dim=1), scatter("u", "x", "b", 0, 2), copy_("x", "u")], [])),
    "negative_bounds": ("any", Program({"x": x, "s": s}, [scatter("u", "x", "s", -2, 9223372036854775807), copy_("x", "u")], [])),
    "expanded_base": ("any", Program({"x": row, "r": torch.randn(1, 3)}, [
        op("e", "expand.default(x, [2, 3])"), scatter("u", "e", "r", 0, 1)], ["u"])),
    "source_is_a_view_of_the_destination": ("any", Program({"x": x}, [
        slice_("a", "x", 0, 3), scatter("u", "x", "a", 1, 4), copy_("x", "u")], [])),
    "values_alias_the_base": ("any", Program({"x": torch.randn(4), "i": torch.tensor([1, 0])}, [
        slice_("a", "x", 0, 2), op("u", "index_put.default(x, [i], a)"), copy_("x", "u")], [])),
    "sibling_branch_reads_the_middle": ("any", Program({"x": x, "s": s, "q": torch.randn(1, 3)}, [
        scatter("u", "x", "s", 0, 2), scatter("w", "u", "q", 0, 1), op("m", "mul.Tensor(u, 2)"), copy_("x", "w")], ["m"])),
    "copied_into_another_input": ("any", Program({"x": x, "y": y, "s": s}, [scatter("u", "x", "s", 0, 2), copy_("y", "u")], [])),
}


class Programs(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def check(self, what, program):
        module, report = programs.rewrite(program.text(), self.folder.name)
        taken, refused = programs.outcome(report)
        left = programs.scatters_left(pathlib.Path(self.folder.name, "program.py"))
        words = programs.differences(lambda *a: program.run(*a)[0], module.forward, list(program.inputs.values()))
        context = f"\n{program.text()}\ntaken {taken}\nrefused {refused}\n{pathlib.Path(self.folder.name, 'program.py').read_text()}"
        self.assertEqual(words, [], context)
        for refusal in refused:
            self.assertIn(refusal["rule"], programs.RULES, context)
            self.assertTrue(refusal["because"], context)
        if what == "taken":
            self.assertEqual((bool(taken), left, refused), (True, 0, []), context)
        if what == "refused":
            self.assertEqual((taken, bool(refused)), ([], True), context)


for name, (what, program) in CASES.items():
    setattr(Programs, f"test_{name}", lambda self, what=what, program=program: self.check(what, program))


class SymbolicSizes(unittest.TestCase):
    def test_a_window_that_a_symbol_may_empty(self):
        """k = s0 - 6 is negative for s0 < 6, and a negative bound wraps: right at every size or refused."""
        text = """class <lambda>(torch.nn.Module):
    def forward(self, s0: "Sym(s0)", x: "f32[s0]", s: "f32[s0 - 6]"):
        k: "Sym(s0 - 6)" = s0 - 6
        u: "f32[s0]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, k)
        lo: "Sym(s0 - 2)" = k + 4
        hi: "Sym(s0 + 2)" = k + 8
        v: "f32[2]" = torch.ops.aten.slice.Tensor(x, 0, lo, hi)
        r: "f32[2]" = torch.ops.aten.mul.Tensor(v, 2)
        copy_: "f32[s0]" = torch.ops.aten.copy_.default(x, u)
        return (r,)
"""
        with tempfile.TemporaryDirectory() as folder:
            module, _ = programs.rewrite(text, folder)
        for size in (7, 8, 9, 12):
            x, s = torch.randn(size), torch.randn(size - 6)

            def printed(s0, x, s):
                u = torch.slice_scatter(x, s, 0, 0, s0 - 6)
                r = x[s0 - 2:s0 + 2] * 2
                x.copy_(u)
                return (r,)

            self.assertEqual(programs.differences(printed, module.forward, [size, x, s]), [], f"size {size}")


class SharedInputs(unittest.TestCase):
    """A rewrite that relies on two inputs being different memory says so when the exported function is called."""

    TEXT = """class <lambda>(torch.nn.Module):
    def forward(self, x: "f32[4, 3]", y: "f32[4, 3]", s: "f32[2, 3]"):
        u: "f32[4, 3]" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
        m: "f32[4, 3]" = torch.ops.aten.mul.Tensor(y, 2)
        copy_: "f32[4, 3]" = torch.ops.aten.copy_.default(x, u)
        return (m,)
"""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.module, report = programs.rewrite(self.TEXT, self.folder.name)
        self.taken, _ = programs.outcome(report)

    def printed(self, x, y, s):
        u = torch.slice_scatter(x, s, 0, 0, 2)
        m = y * 2
        x.copy_(u)
        return m

    def test_separate_inputs(self):
        self.assertEqual(len(self.taken), 1)
        self.assertEqual(programs.differences(lambda *a: (self.printed(*a),), self.module.forward, [x, y, s]), [])

    def test_two_halves_of_one_buffer(self):
        buffer = torch.randn(8, 3)
        expected = self.printed(*[t.clone() for t in (buffer[:4], buffer[4:], s)])
        (found,) = self.module.forward(buffer[:4], buffer[4:], s)
        self.assertTrue(torch.equal(found, expected))

    def test_one_tensor_twice(self):
        """Refused at call time, or right: never a silently different result."""
        both = x.clone()
        other = x.clone()
        expected = self.printed(other, other, s)
        try:
            (found,) = self.module.forward(both, both, s)
        except Exception as error:   # noqa: BLE001 - which exception is the exported file's choice; it must name both inputs
            self.assertRegex(str(error), r"\bx\b.*\by\b|\by\b.*\bx\b")
            self.assertTrue(torch.equal(both, x), "the check comes before the first write")
        else:
            self.assertTrue(torch.equal(found, expected))


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
