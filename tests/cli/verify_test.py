#!/usr/bin/env python3
"""Verification by running: wrong rewrites that one kind of round alone can catch, who is blamed, the first node that differs.

Every wrong rewrite here passes all rounds before the one that catches it (their status is `same`), so that each round is shown to be needed.
"""
import unittest

from program import ADD, CACHE, REINPLACE, ProgramTest, read_report

HEAD = "class GraphModule(torch.nn.Module):\n    def forward(self, "


def retarget(old, new):
    """A script that changes the target of every `old`."""
    return f'for n in fx.graph():nodes{{op = "{old}"}} do n:set_target("{new}") end\n'


def graph(parameters, *lines, returns):
    """A dump: parameters as printed, one statement a line."""
    return f"{HEAD}{parameters}):\n" + "".join(f"        {line}\n" for line in lines) + f"        return ({returns},)\n"


class Rounds(ProgramTest):
    def caught(self, text, script, by, aliasing="same"):
        """The round `by` is the one that differs, and those before it are the same."""
        self.file("dump.txt", text)
        self.file("wrong.lua", script)
        self.expect(1, "rewrite", "dump.txt", "wrong.lua", "-o", "out.txt", "--report", "r.json",
                    err=["same results: NO", f"round: {by},", "to blame: wrong.lua", "to see it again: fxloom rewrite dump.txt wrong.lua", "out.txt is not written"])
        self.assertFalse((self.folder / "out.txt").exists())
        verify = read_report(self, self.folder / "r.json")["verify"]
        rounds = [(r["name"], r["status"]) for r in verify["rounds"] if r["status"] != "nothing"]
        self.assertEqual((verify["status"], rounds[-1]), ("different", (by, "different")), verify["rounds"])
        self.assertEqual({status for _, status in rounds[:-1]}, {"same"} if rounds[:-1] else set(), verify["rounds"])
        self.assertEqual(verify["aliasing"], aliasing)
        self.assertEqual(verify["evidence"]["blamed"], "wrong.lua")
        # The command that is printed shows it again.
        self.expect(0, "rewrite", "dump.txt", "wrong.lua", "-o", "rejected.txt", "--no-verify", "--quiet")
        command = verify["evidence"]["command"].split(" && ")[1].split()
        self.assertEqual(command[:4], ["fxloom", "compare", "dump.txt", "rejected.txt"])
        self.expect(1, *command[1:], err="same results: NO")
        return verify

    def test_as_given(self):
        text = graph('x: "f32[s0, 2]", y: "f32[s0, 2]"', 'sub: "f32[s0, 2]" = torch.ops.aten.sub.Tensor(x, y)', returns="sub")
        swap = 'for n in fx.graph():nodes{op = "aten.sub.Tensor"} do local a, b = n.args[1], n.args[2]; n:set_arg("self", b); n:set_arg("other", a) end\n'
        verify = self.caught(text, swap, "as given")
        first = verify["evidence"]["first_difference"]
        self.assertEqual((first["node"], first["line"], first["differing"], first["elements"]), ("sub", 3, 6, 6))

    def test_duplicates(self):
        # Adding to zeros at equal indices: without `accumulate` the last one wins.
        text = graph('x: "f32[100000]", i: "i64[3]", v: "f32[3]"', 'zeros: "f32[100000]" = torch.ops.aten.zeros_like.default(x)',
                     'put: "f32[100000]" = torch.ops.aten.index_put.default(zeros, [i], v, True)', returns="put")
        self.caught(text, 'for n in fx.graph():nodes{op = "aten.index_put.default"} do n:set_arg("accumulate", false) end\n', "duplicates")

    def test_duplicates_of_what_is_written(self):
        # y[i] += y[i] (pytorch 138908): every write to one place writes the same, so that equal indices are legal; in place they are added twice.
        text = graph('y: "f32[100000]", i: "i64[3]"', 'old: "f32[3]" = torch.ops.aten.index.Tensor(y, [i])', 'new: "f32[3]" = torch.ops.aten.add.Tensor(old, old)',
                     'put: "f32[100000]" = torch.ops.aten.index_put.default(y, [i], new)', returns="put")
        script = '''local g = fx.graph()
local put, old = g.put, g.old
put:set_arg("values", old)
put:set_arg("accumulate", true)
'''
        self.caught(text, script, "duplicates")

    def test_order_of_equal_indices_is_nobodys_promise(self):
        # Different values to one place: only the index that is read by may have duplicates, and the report says so.
        text = graph('x: "f32[9]", t: "f32[9]", i: "i64[4]", j: "i64[4]", v: "f32[4]"', 'put: "f32[9]" = torch.ops.aten.index_put.default(x, [i], v)',
                     'take: "f32[4]" = torch.ops.aten.index.Tensor(t, [j])', 'add: "f32[4]" = torch.ops.aten.add.Tensor(take, 1)', returns="put, add")
        self.file("dump.txt", text)
        self.expect(0, "compare", "dump.txt", "dump.txt", "--report", "r.json")
        rounds = {r["name"]: r for r in read_report(self, self.folder / "r.json")["verify"]["rounds"]}
        self.assertEqual(rounds["duplicate-reads"]["fill"], "duplicate-reads")
        self.assertIn("put", rounds["duplicate-reads"]["note"])
        self.assertNotIn("duplicates", rounds)

    def test_special(self):
        # x * 0 is 0, but for NaN and infinities.
        text = graph('x: "f32[5]"', 'mul: "f32[5]" = torch.ops.aten.mul.Tensor(x, 0)', 'abs_1: "f32[5]" = torch.ops.aten.abs.default(mul)', returns="abs_1")
        self.caught(text, 'local g = fx.graph()\ng.abs_1:set_target("aten.zeros_like.default")\n', "special")

    def test_extreme(self):
        # What NaN drowns: values beyond a bound that random numbers do not reach.
        text = graph('x: "f32[9]"', 'clamp: "f32[9]" = torch.ops.aten.clamp.default(x, -500, 500)', 'amax: "f32[]" = torch.ops.aten.amax.default(clamp)', returns="amax")
        self.caught(text, 'local g = fx.graph()\ng.amax:set_arg("self", g.x)\n', "extreme")

    def test_masks(self):
        for choose, by in (("any", "all-false"), ("all", "all-true")):
            with self.subTest(by):
                text = graph('x: "f32[9]", y: "f32[9]", m: "b8[9]"', f'{choose}_1: "b8[]" = torch.ops.aten.{choose}.default(m)',
                             f'where: "f32[9]" = torch.ops.aten.where.self({choose}_1, x, y)', 'out: "f32[9]" = torch.ops.aten.add.Tensor(where, 1)', returns="out")
                self.caught(text, f'local g = fx.graph()\ng.out:set_arg("self", g.{"x" if choose == "any" else "y"})\n', by)

    def test_size_1(self):
        # contiguous of a transposed matrix copies, but for one row or column: there the result is the input's memory.
        text = graph('x: "f32[s0, s1]"', 't: "f32[s1, s0]" = torch.ops.aten.permute.default(x, [1, 0])',
                     'c: "f32[s1, s0]" = torch.ops.aten.contiguous.default(t)', returns="c")
        verify = self.caught(text, 'fx.graph().c:set_target("aten.clone.default")\n', "s0 = 1", "output.0 shares memory with input.x only before the rewrite")
        self.assertEqual(verify["rounds"][-1]["symbols"]["s0"], 1)

    def test_size_0(self):
        text = graph('x: "f32[s0]"', 'gt: "b8[s0]" = torch.ops.aten.gt.Scalar(x, -1000000.0)', 'any_1: "b8[]" = torch.ops.aten.any.default(gt)', 'not_1: "b8[]" = torch.ops.aten.logical_not.default(any_1)',
                     returns="not_1")
        self.caught(text, 'local g = fx.graph()\ng.not_1:set_target("aten.zeros_like.default")\n', "s0 = 0")

    def test_large(self):
        # bf16 counts to 256.
        text = graph('x: "f32[s0]"', 'ones: "f32[s0]" = torch.ops.aten.ones_like.default(x)', 'cumsum: "f32[s0]" = torch.ops.aten.cumsum.default(ones, 0)',
                     'to: "bf16[s0]" = torch.ops.aten._to_copy.default(cumsum, dtype = torch.bfloat16)', 'back: "f32[s0]" = torch.ops.aten._to_copy.default(to, dtype = torch.float32)',
                     'add: "f32[s0]" = torch.ops.aten.add.Tensor(cumsum, 1)', returns="add")
        verify = self.caught(text, 'local g = fx.graph()\ng.add:set_arg("self", g.back)\n', "large sizes")
        self.assertGreater(verify["rounds"][-1]["symbols"]["s0"], 4096)

    def test_ranges_forbid_sizes(self):
        text = graph('x: "f32[s0]", y: "f32[s1]"', "# symbol: s0 in VR[2, int_oo]", "# symbol: s1 in VR[0, 64]", 'add: "f32[s0]" = torch.ops.aten.add.Tensor(x, 1)', 'mul: "f32[s1]" = torch.ops.aten.mul.Tensor(y, 2)',
                     returns="add, mul")
        self.file("dump.txt", text)
        self.expect(0, "compare", "dump.txt", "dump.txt", "--report", "r.json")
        rounds = read_report(self, self.folder / "r.json")["verify"]["rounds"]
        self.assertEqual([r["name"] for r in rounds], ["as given", "special", "extreme", "s1 = 1", "s1 = 0", "large sizes"])
        self.assertLessEqual(max(r["symbols"]["s1"] for r in rounds), 64)

    def test_guards_of_the_rewrite(self):
        # What the rewritten graph does not take says nothing, and is noted; when it is what was asked for, there is no answer.
        text = graph('x: "f32[s0]"', 'add: "f32[s0]" = torch.ops.aten.add.Tensor(x, 1)', returns="add")
        self.file("a.txt", text)
        self.file("b.txt", text.replace("        add", "        # guard: s0 >= 2\n        add"))
        self.expect(0, "compare", "a.txt", "b.txt", "--report", "r.json")
        rounds = {r["name"]: r for r in read_report(self, self.folder / "r.json")["verify"]["rounds"]}
        self.assertEqual((rounds["s0 = 1"]["status"], rounds["large sizes"]["status"]), ("nothing", "same"))
        self.assertIn("the graph after the rewrite does not take these", rounds["s0 = 1"]["note"])
        self.expect(1, "compare", "a.txt", "b.txt", "--bind", "s0=1", err="same results: not checked")

    def test_an_output_that_is_an_input(self):
        text = graph('x: "f32[4]"', 'clone: "f32[4]" = torch.ops.aten.clone.default(x)', returns="clone")
        self.caught(text, 'local g = fx.graph()\ng.clone:set_target("aten.alias.default")\n', "as given", "output.0 shares memory with input.x only after the rewrite")

    def test_other_elements_of_the_same_memory(self):
        # Same values (the input holds equal numbers there), same storages: the leak probe alone sees which elements are shared.
        text = graph('x: "f32[8]"', 'fill_: "f32[8]" = torch.ops.aten.fill_.Scalar(x, 3)', 'slice_1: "f32[4]" = torch.ops.aten.slice.Tensor(x, 0, 0, 4)', returns="slice_1")
        self.caught(text, 'local g = fx.graph()\ng.slice_1:set_arg("start", 4)\ng.slice_1:set_arg("end", 8)\n', "as given", "writing to the outputs changes other elements of input.x")

    def test_random_numbers_are_the_same_in_every_run(self):
        text = graph('x: "f32[4]"', 'rand: "f32[4]" = torch.ops.aten.rand.default([4])', 'add: "f32[4]" = torch.ops.aten.add.Tensor(x, rand)', returns="add")
        self.file("dump.txt", text)
        self.expect(0, "compare", "dump.txt", "dump.txt", out="bit-identical")

    def test_a_graph_that_fails_in_one_round(self):
        # amax of nothing: with sizes that make the graph as printed fail, a round says nothing.
        text = graph('x: "f32[s0]"', 'amax: "f32[]" = torch.ops.aten.amax.default(x)', 'add: "f32[]" = torch.ops.aten.add.Tensor(amax, 1)', returns="add")
        self.file("dump.txt", text)
        self.expect(0, "compare", "dump.txt", "dump.txt", "--report", "r.json", out="same results: yes")
        rounds = {r["name"]: r for r in read_report(self, self.folder / "r.json")["verify"]["rounds"]}
        self.assertEqual(rounds["s0 = 1"]["status"], "same")
        self.assertEqual(rounds.get("s0 = 0", {"status": "nothing"})["status"], "nothing")   # meta propagation may see it first


class Blame(ProgramTest):
    def test_the_first_script_that_differs(self):
        text = graph('x: "f32[4]", y: "f32[4]"', 'add: "f32[4]" = torch.ops.aten.add.Tensor(x, y)', 'mul: "f32[4]" = torch.ops.aten.mul.Tensor(add, 2)', returns="mul")
        self.file("dump.txt", text)
        self.file("fine.lua", 'fx.graph().add:set_arg("alpha", 1)\n')
        self.file("wrong.lua", retarget("aten.add.Tensor", "aten.sub.Tensor"))
        self.file("later.lua", 'fx.graph().mul:set_arg("other", 2)\nfx.graph().mul:set_target("aten.mul.Scalar")\n')
        self.expect(1, "rewrite", "dump.txt", "fine.lua", "wrong.lua", "later.lua", "-o", "out.txt", err="to blame: wrong.lua\n")

    def test_a_rewrite_by_its_name(self):
        script = self.file("mine.lua", '''fx.rewrite{ name = "halve", pattern = "aten.add.Tensor(%x, %y)", replace = "aten.sub.Tensor(%x, %y)" }\n''')
        self.expect(1, "rewrite", self.file("add.txt", ADD), script, "-o", "out.txt", err="to blame: halve (")

    def test_who_overwrote_an_operand(self):
        # v is read after a write into its memory: the node that reads differs, and the one that wrote is named.
        text = graph('x: "f32[8]"', 'v: "f32[4]" = torch.ops.aten.slice.Tensor(x, 0, 0, 4)', 'one: "f32[4]" = torch.ops.aten.add.Tensor(v, 1)',
                     'm: "f32[4]" = torch.ops.aten.mul.Tensor(v, 2)', returns="one, m")
        self.expect(1, "rewrite", self.file("dump.txt", text), self.file("wrong.lua", retarget("aten.add.Tensor", "aten.add_.Tensor")), "-o", "out.txt", "--report", "r.json",
                    err=["first node that differs: m = ", "(line 5)", "it reads v, which one (line 4) has overwritten"])
        first = read_report(self, self.folder / "r.json")["verify"]["evidence"]["first_difference"]
        self.assertEqual(first["overwritten"], {"operand": "v", "by": "one"})

    def test_nothing_in_common(self):
        a = graph('x: "f32[4]"', 'a: "f32[4]" = torch.ops.aten.add.Tensor(x, 1)', returns="a")
        b = graph('x: "f32[4]"', 'b: "f32[4]" = torch.ops.aten.add.Tensor(x, 2)', returns="b")
        self.expect(1, "compare", self.file("a.txt", a), self.file("b.txt", b), err="no node of one has the name and shape of a node of the other")

    def test_differs_in_what_is_left_only(self):
        left = "".join(line for line in CACHE.splitlines(keepends=True) if "copy_" not in line)
        self.expect(1, "compare", self.file("a.txt", CACHE), self.file("b.txt", left), err=["input.cache: left although the graph as printed changes it", "nodes that both have give the same"])

    def test_a_graph_that_fails_after_the_rewrite(self):
        text = graph('x: "f32[6]"', 'view: "f32[6]" = torch.ops.aten.view.default(x, [6])', 'add: "f32[6]" = torch.ops.aten.add.Tensor(view, 1)', returns="add")
        self.expect(1, "rewrite", self.file("dump.txt", text), self.file("wrong.lua", 'fx.graph().view:set_arg("size", {5})\n'), "-o", "out.txt", "--report", "r.json",
                    err=["after the rewrite it fails where it ran before", "to blame: wrong.lua"])
        self.assertEqual(read_report(self, self.folder / "r.json")["verify"]["status"], "different")

    def test_one_round_alone(self):
        dump = self.file("cache.txt", CACHE)
        self.expect(0, "rewrite", dump, REINPLACE, "-o", "out.txt", "--quiet")
        self.expect(0, "compare", dump, "out.txt", "--fill", "special", "--bind", "s0=1", out="aliasing same) at s0=1")
        self.expect(2, "compare", dump, "out.txt", "--fill", "odd", err="the fills are random, duplicates, duplicate-reads, special, extreme, all-true, all-false")


if __name__ == "__main__":
    unittest.main()
