#!/usr/bin/env python3
"""Everything that can be wrong with what is given: one clear message with place or node, the exit code, and nothing half written."""
import os
import re
import unittest

from program import ADD, CACHE, REINPLACE, ProgramTest, read_report, write_safetensors


class BadInput(ProgramTest):
    def bad(self, *arguments, code=3, err, errors=1):
        """The command fails with `code`, says `err` in `errors` messages, and leaves the folder as it was."""
        before = {path.name: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}
        done = self.expect(code, *arguments, err=err)
        after = {path.name: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}
        self.assertEqual(before, after, "something was written")
        self.assertEqual(len(re.findall(r"\berror: ", done.stderr)), errors, done.stderr)
        return done

    def everywhere(self, dump, err, errors=1):
        """A dump that no command can use."""
        out = self.folder / "out.py"
        self.bad("run", dump, err=err, errors=errors)
        self.bad("rewrite", dump, REINPLACE, "-o", out, err=err, errors=errors)
        self.bad("bench", dump, REINPLACE, err=err, errors=errors)
        self.bad("compare", dump, dump, err=err, errors=errors)

    def nowhere(self, dump, err):
        """A file that has no graph at all."""
        self.bad("info", dump, err=err)
        self.everywhere(dump, err)

    # --- the dump ----------------------------------------------------------------------------------------------------------

    def test_missing(self):
        self.nowhere(self.folder / "nosuch.txt", err=re.compile(r"nosuch\.txt: error: .*(no such file|No such file|does not exist)"))

    def test_folder(self):
        self.nowhere(self.folder, err=re.compile("error: .*(folder|directory)"))

    def test_empty(self):
        self.nowhere(self.file("bad_empty.txt", ""), err=re.compile(r"bad_empty\.txt: error: .*empty"))

    def test_binary(self):
        self.nowhere(self.file("bad_binary.txt", bytes(range(256)) * 16), err=re.compile(r"bad_binary\.txt: error: .*binary"))

    def test_no_graph(self):
        self.nowhere(self.file("bad_prose.txt", "Dear reader,\nthere is no graph here.\n"), err=re.compile(r"bad_prose\.txt: error: .*no graph"))

    def test_truncated(self):
        text = CACHE[:CACHE.index("copy_, ") if "copy_, " in CACHE else CACHE.index("copy_.default") + 20]
        dump = self.file("bad_truncated.txt", text)
        self.everywhere(dump, err=re.compile(r"bad_truncated\.txt:\d+:\d+: warning: the text ends inside(.|\n)*'forward' has no return(.|\n)*error: lines of GraphModule are missing: it can be looked at \(info, explain, render, diff\), not run or rewritten"))
        shown = self.expect(1, "explain", dump, "slice_scatter")   # the copy_ back is what is missing
        self.assertIn("as far as the text goes", shown.stdout)

    def test_unexpected_character(self):
        dump = self.file("bad_operand.txt", ADD.replace("(x, y)", "(x, @)"))
        done = self.bad("run", dump, err=["bad_operand.txt:3:58: error: unexpected '@'", "^"])
        self.assertIn("aten.add.Tensor(x, @)", done.stderr)   # the line is drawn
        self.everywhere(dump, err="bad_operand.txt:3:58: error: ")

    def test_used_before_definition(self):
        self.everywhere(self.file("bad_name.txt", ADD.replace("(x, y)", "(x, z)")), err=["bad_name.txt:3:58: error: name 'z' is not defined", "^"])

    def test_wrong_argument_count(self):
        self.everywhere(self.file("bad_count.txt", ADD.replace("add.Tensor(x, y)", "relu.default(x, y)")), err=["bad_count.txt:3:", "relu", "1", "2", "^"])

    def test_unknown_operator(self):
        dump = self.file("bad_operator.txt", ADD.replace("aten.add.Tensor", "aten.addd.Tensor"))
        self.bad("run", dump, err=["bad_operator.txt:3:", "aten.addd.Tensor"])
        self.bad("bench", dump, err=["bad_operator.txt:3:", "aten.addd.Tensor"])

    def test_all_unknown_operators_are_named(self):
        text = ADD.replace("aten.add.Tensor(x, y)", "mylib.first.default(x, y)").replace(
            "        return", '        b: "f32[s0, 2]" = torch.ops.mylib.second.default(add)\n        return')
        self.bad("run", self.file("bad_operators.txt", text), err=["mylib.first", "mylib.second"])

    # --- symbols and tensors -------------------------------------------------------------------------------------------------

    def test_unbound_symbol(self):
        dump = self.file("bad_unbound.txt", 'x = torch.ops.aten.relu.default(y)\n')
        self.bad("run", dump, err=["y"])

    def test_contradiction(self):
        dump = self.file("add.txt", ADD)
        self.tensors(x=[2, 2], y=[2, 2])
        self.bad("run", dump, "--inputs", self.folder / "i.safetensors", "--bind", "s0=3", err="s0")
        self.bad("run", dump, "--bind", "s9=3", err="s9")

    def tensors(self, **shapes):
        def numbers(shape):
            count = 1
            for size in shape:
                count *= size
            return [0.5] * count
        write_safetensors(self.folder / "i.safetensors", {name: ("F32", shape, numbers(shape)) for name, shape in shapes.items()})
        return self.folder / "i.safetensors"

    def test_wrong_shape(self):
        dump = self.file("add.txt", ADD)
        self.bad("run", dump, "--inputs", self.tensors(x=[2, 3], y=[2, 2]), err=["x", "3"])
        self.bad("run", dump, "--inputs", self.tensors(x=[2, 2], y=[3, 2]), err=["y", "s0"])
        self.bad("rewrite", dump, REINPLACE, "-o", self.folder / "o.py", "--inputs", self.tensors(x=[2], y=[2, 2]), err="x")

    def test_wrong_strides(self):
        # A guard that a rewrite left: the graph is right for these strides alone.
        dump = self.file("add.txt", ADD.replace('"):\n', '"):\n        # guard: strides(y, [2, 1], 0)\n', 1))
        values = {"x": ("F32", [2, 2], [1.0] * 4), "y": ("F32", [2, 2], [1.0] * 4)}
        given = self.folder / "i.safetensors"
        write_safetensors(given, values, {"strides": {"x": [1, 2]}})
        self.expect(0, "run", dump, "--inputs", given)
        write_safetensors(given, values, {"strides": {"y": [1, 2]}})
        self.bad("run", dump, "--inputs", given, err="input y has strides [1, 2], storage offset 0: this graph is right only for strides(y, [2, 1], 0)")

    def test_wrong_dtype(self):
        dump = self.file("add.txt", ADD)
        write_safetensors(self.folder / "i.safetensors", {"x": ("I64", [2, 2], [1, 2, 3, 4])})
        self.bad("run", dump, "--inputs", self.folder / "i.safetensors", err=["x", "i64", "f32"])

    def test_wrong_name(self):
        self.bad("run", self.file("add.txt", ADD), "--inputs", self.tensors(nosuch=[2, 2]), err="nosuch")

    def test_unreadable_tensors(self):
        dump = self.file("add.txt", ADD)
        self.bad("run", dump, "--inputs", self.folder / "nosuch.safetensors", err="nosuch.safetensors")
        self.bad("run", dump, "--inputs", self.file("bad_empty.safetensors", b""), err="bad_empty.safetensors")
        self.bad("run", dump, "--inputs", self.file("bad_header.safetensors", b"\xff" * 64), err="bad_header.safetensors")
        whole = self.tensors(x=[2, 2], y=[2, 2]).read_bytes()
        self.bad("run", dump, "--inputs", self.file("bad_truncated.safetensors", whole[:-8]), err="bad_truncated.safetensors")
        self.bad("run", dump, "--expect", self.folder / "nosuch.safetensors", err="nosuch.safetensors")

    def test_inputs_that_are_the_same_memory(self):
        # Two caches, one written in place, the other read after it: as printed they must not share memory.
        text = '''class GraphModule(torch.nn.Module):
    def forward(self, a: "f32[4]", b: "f32[4]", x: "f32[4]"):
        add: "f32[4]" = torch.ops.aten.add.Tensor(a, x);  x = None
        slice_scatter: "f32[4]" = torch.ops.aten.slice_scatter.default(a, add, 0, 0, 4);  add = None
        copy_: "f32[4]" = torch.ops.aten.copy_.default(a, slice_scatter);  a = slice_scatter = copy_ = None
        mul: "f32[4]" = torch.ops.aten.mul.Tensor(b, 2);  b = None
        return (mul,)
'''
        dump = self.file("two.txt", text)
        window = {"size": [4], "stride": [1], "storage_offset": 0}
        write_safetensors(self.folder / "same.safetensors", {"a": ("F32", [4], [1.0] * 4), "b": ("F32", [4], [1.0] * 4), "x": ("F32", [4], [1.0] * 4)},
                          {"aliases": [[{"name": "a", **window}, {"name": "b", **window}]]})
        out = self.folder / "rewritten.txt"
        self.expect(0, "rewrite", dump, REINPLACE, "-o", out)
        self.assertRegex(out.read_text(), r"guard: disjoint\(a(, b)?\)")
        self.expect(0, "run", out)
        self.expect(0, "run", dump, "--inputs", self.folder / "same.safetensors")     # as printed it is defined
        self.bad("run", out, "--inputs", self.folder / "same.safetensors", err="inputs a and b share memory")

    # --- scripts ---------------------------------------------------------------------------------------------------------------

    def test_lua(self):
        dump, out = self.file("add.txt", ADD), self.folder / "o.py"
        self.bad("rewrite", dump, "nosuch.lua", "-o", out, err="nosuch.lua: no such script")
        self.bad("rewrite", dump, self.file("bad_syntax.lua", "local x = = 1\n"), "-o", out, err=["bad_syntax.lua:1:", "unexpected symbol"])
        self.bad("rewrite", dump, self.file("bad_call.lua", "local x = nil\n\nx.y = 1\n"), "-o", out, err=["bad_call.lua:3:", "nil value"])
        self.bad("bench", dump, self.folder / "bad_call.lua", err="bad_call.lua:3:")
        self.bad("lua", self.folder / "bad_call.lua", err="bad_call.lua:3:")
        self.bad("lua", self.folder / "nosuch.lua", err="nosuch.lua: no such script")
        self.bad("lua", self.file("bad_sandbox.lua", "os.exit(0)\n"), err=["bad_sandbox.lua:1:", "os"])
        self.bad("lua", self.file("bad_open.lua", "fx.open('nosuch.txt')\n"), err=["bad_open.lua:1:", "nosuch.txt"])

    # --- what is written -------------------------------------------------------------------------------------------------------

    def test_unwritable(self):
        dump = self.file("add.txt", ADD)
        self.bad("rewrite", dump, REINPLACE, "-o", "/nosuch/folder/out.py", err=["/nosuch/folder/out.py: error: cannot be written", "/nosuch/folder does not exist"])
        self.bad("rewrite", dump, REINPLACE, "-o", dump / "out.py", err=["cannot be written", "add.txt is no folder"])
        os.mkdir(self.folder / "out.py")
        self.bad("rewrite", dump, REINPLACE, "-o", self.folder / "out.py", err="out.py: error: cannot be written: this is a folder")
        self.bad("run", dump, "--save", "/nosuch/o.safetensors", err="/nosuch/o.safetensors: error: cannot be written")
        self.bad("run", dump, "--report", "/nosuch/r.json", err="/nosuch/r.json: error: cannot be written")
        self.bad("info", dump, "--report", "/nosuch/r.json", err="/nosuch/r.json: error: cannot be written")
        self.bad("render", dump, "-o", "/nosuch/x.svg", err="/nosuch/x.svg: error: cannot be written")

    @unittest.skipIf(os.geteuid() == 0, "root may write anywhere")
    def test_read_only_folder(self):
        dump, locked = self.file("add.txt", ADD), self.folder / "locked"
        locked.mkdir(mode=0o500)
        self.bad("rewrite", dump, REINPLACE, "-o", locked / "out.py", err="no permission")

    def test_device(self):
        self.bad("run", self.file("add.txt", ADD), "--device", "cuda:77", err="--device cuda:77: LibTorch")

    def test_the_report_has_the_error(self):
        dump = self.file("bad_operand.txt", ADD.replace("(x, y)", "(x, @)"))
        self.expect(3, "run", dump, "--report", self.folder / "r.json")
        report = read_report(self, self.folder / "r.json")
        problem, = report["diagnostics"]
        self.assertEqual((problem["severity"], problem["line"], problem["column"]), ("error", 3, 58))
        self.expect(3, "run", self.file("add.txt", ADD), "--inputs", "nosuch.safetensors", "--report", self.folder / "r.json")
        self.assertIn("nosuch.safetensors", read_report(self, self.folder / "r.json")["diagnostics"][-1]["message"])


if __name__ == "__main__":
    unittest.main()
