#!/usr/bin/env python3
"""fxloom info, diff and explain: what they say of small dumps and of the samples, and that none of them opens LibTorch."""
import json
import os
import re
import subprocess
import unittest

from program import ADD, CACHE, OLD_VALUE, PROGRAM, ROOT, SAMPLES, ProgramTest, breaches, each, null_or, read_report, values

KINDS = {"update": null_or(int), "copy_": null_or(int), "clone": null_or(int)}
INFO = {
    "graphs": each({"name": str, "nodes": int, "operators": values(int), "inputs": each({"name": str, "dtype": null_or(str), "shape": null_or(each((int, str)))}),
                    "symbols": each(str), "ranges": values({"lower": null_or(int), "upper": null_or(int)}), "hints": values(int),
                    "signature": null_or({"inputs": each({"name": str, "kind": str, "target": null_or(str), "persistent": null_or(bool)}),
                                          "outputs": each({"kind": str, "target": null_or(str)})}),
                    "mutates": each(str), "copied_bytes": KINDS}),
    "diagnostics": each({"severity": str, "line": int, "column": int, "message": str}),
}
NESTED = '''class GraphModule(torch.nn.Module):
    def forward(self, L_x_: "f32[4]", L_flag_: "b8[]"):
        l_x_ = L_x_
        l_flag_ = L_flag_
        cond_true_0 = self.cond_true_0
        cond_false_0 = self.cond_false_0
        cond = torch.ops.higher_order.cond(l_flag_, cond_true_0, cond_false_0, [l_x_]);  l_flag_ = cond_true_0 = cond_false_0 = l_x_ = None
        getitem: "f32[4]" = cond[0];  cond = None
        return (getitem,)

    class cond_true_0(torch.nn.Module):
        def forward(self, l_x_: "f32[4]"):
            sin: "f32[4]" = torch.ops.aten.sin.default(l_x_);  l_x_ = None
            return (sin,)

    class cond_false_0(torch.nn.Module):
        def forward(self, l_x_: "f32[4]"):
            cos: "f32[4]" = torch.ops.aten.cos.default(l_x_);  l_x_ = None
            return (cos,)
'''


# An ATEN export: nothing is written in the graph, and the signature says what is written back.
EXPORTED = '''ExportedProgram:
    class GraphModule(torch.nn.Module):
        def forward(self, p_w: "f32[4]", b_cache: "f32[s0, 4]", x: "f32[s0, 4]", y: "f32[4]"):
            add: "f32[s0, 4]" = torch.ops.aten.add.Tensor(b_cache, x);  b_cache = None
            mul: "f32[4]" = torch.ops.aten.mul.Tensor(y, p_w);  y = p_w = None
            return (add, mul, x)

Graph signature: 
    # inputs
    p_w: PARAMETER target='lin.weight'
    b_cache: BUFFER target='kv.cache' persistent=False
    x: USER_INPUT
    y: USER_INPUT

    # outputs
    add: BUFFER_MUTATION target='kv.cache'
    mul: USER_INPUT_MUTATION target='y'
    x: USER_OUTPUT

Range constraints: {s0: VR[2, 64]}
'''
RUNNABLE = '''s0 = 6
class Repro(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.score = <lambda>()

    def forward(self, arg0_1, arg1_1):
        add = torch.ops.aten.add.Tensor(arg1_1, arg0_1)
        return (add,)

def load_args(reader):
    reader.symint(6)  # arg0_1
    buf0 = reader.storage(None, 16*s0)
    reader.tensor(buf0, (s0, 4), (1, s0), is_leaf=True)  # arg1_1
load_args._version = 0
'''


class Info(ProgramTest):
    def info(self, path, *more):
        done = self.expect(0, "info", path, "--json", *more)
        answer = json.loads(done.stdout)
        self.assertEqual(breaches(answer, INFO, "info"), [])
        return answer

    def test_human(self):
        done = self.expect(0, "info", self.file("cache.txt", CACHE))
        self.golden("info_cache.txt", done.stdout + done.stderr)
        done = self.expect(0, "info", self.file("cache.txt", CACHE), "--bind", "s0=1000")
        self.golden("info_cache_bound.txt", done.stdout + done.stderr)
        self.assertEqual(self.expect(0, "info", self.file("cache.txt", CACHE), "--quiet").stdout, "")

    def test_json(self):
        graph, = self.info(self.file("cache.txt", CACHE))["graphs"]
        self.assertEqual(graph["nodes"], 6)
        self.assertEqual(graph["operators"], {"aten.copy_.default": 1, "aten.slice_scatter.default": 1, "aten.sum.dim_IntList": 1})
        self.assertEqual(graph["inputs"], [{"name": "cache", "dtype": "f32", "shape": ["s0", 8]}, {"name": "x", "dtype": "f32", "shape": ["s0", 2]}])
        self.assertEqual((graph["symbols"], graph["mutates"]), (["s0"], ["cache"]))
        self.assertEqual(graph["copied_bytes"], {"update": None, "copy_": None, "clone": 0})

    def test_signature(self):
        path = self.file("exported.txt", EXPORTED)
        done = self.expect(0, "info", path)
        self.golden("info_exported.txt", done.stdout + done.stderr)
        answer = self.info(path)
        self.assertEqual(answer["diagnostics"], [])
        graph, = answer["graphs"]
        self.assertEqual(graph["mutates"], ["b_cache", "y"])
        self.assertEqual(graph["ranges"], {"s0": {"lower": 2, "upper": 64}})
        self.assertEqual(graph["signature"]["inputs"][1], {"name": "b_cache", "kind": "BUFFER", "target": "kv.cache", "persistent": False})
        self.assertEqual(graph["signature"]["outputs"], [{"kind": "BUFFER_MUTATION", "target": "kv.cache"}, {"kind": "USER_INPUT_MUTATION", "target": "y"},
                                                         {"kind": "USER_OUTPUT", "target": None}])
        for command in (["info", path], ["run", path]):
            self.expect(3, *command, "--bind", "s0=65", err="s0 = 65 is outside of its range: the graph states s0 in VR[2, 64]")

    def test_runnable(self):
        path = self.file("fx_graph_runnable.py", RUNNABLE)
        done = self.expect(0, "info", path)
        self.golden("info_runnable.txt", done.stdout + done.stderr)
        graph, = self.info(path)["graphs"]
        self.assertEqual(graph["inputs"], [{"name": "arg0_1", "dtype": "Sym(s0)", "shape": None}, {"name": "arg1_1", "dtype": "f32", "shape": ["s0", 4]}])
        self.assertEqual((graph["hints"], graph["ranges"], graph["signature"]), ({"s0": 6}, {}, None))
        self.expect(0, "run", path)

    def test_copied_bytes_once_bound(self):
        graph, = self.info(self.file("cache.txt", CACHE), "--bind", "s0=10")["graphs"]
        # slice_scatter copies 6 of 8 columns of 10 rows, copy_ all 8; 4 bytes each.
        self.assertEqual(graph["copied_bytes"], {"update": 240, "copy_": 320, "clone": 0})

    def test_nested_graphs_and_dynamo_names(self):
        answer = self.info(self.file("nested.txt", NESTED))
        self.assertEqual([(g["name"], g["nodes"]) for g in answer["graphs"]], [("GraphModule", 7), ("GraphModule.cond_true_0", 3), ("GraphModule.cond_false_0", 3)])
        self.assertEqual(answer["diagnostics"], [])
        self.assertEqual([i["name"] for i in answer["graphs"][0]["inputs"]], ["L_x_", "L_flag_"])
        for chosen in ("1", "GraphModule.cond_true_0"):
            self.assertEqual([g["name"] for g in self.info(self.file("nested.txt", NESTED), "--graph", chosen)["graphs"]], ["GraphModule.cond_true_0"])

    def test_problems_do_not_hide_the_rest(self):
        broken = CACHE.replace("[1])", "[1]")
        done = self.expect(0, "info", self.file("bad_bracket.txt", broken), err=["bad_bracket.txt:4:", "error: ", "^"])
        self.assertIn("aten.copy_.default", done.stdout)
        answer = self.info(self.file("bad_bracket.txt", broken))
        problem, = [d for d in answer["diagnostics"] if d["severity"] == "error"]
        self.assertEqual(problem["line"], 4)
        self.assertGreater(problem["column"], 1)

    def test_bad_goldens(self):
        """Exit 3 only when nothing was read, and the JSON says what is drawn."""
        golden = ROOT / "tests" / "golden" / "text"
        nothing = {"bad_prose", "bad_trace_without_graphs"}
        for path in sorted(golden.glob("bad_*.txt")):
            with self.subTest(path.name):
                done = self.run_program("info", path, "--json")
                found = json.loads(done.stdout)
                self.assertEqual(done.returncode, 3 if path.stem in nothing else 0)
                self.assertEqual(done.returncode == 3, not any(graph["nodes"] for graph in found["graphs"]))
                expected = re.findall(rf"^{re.escape(path.name)}(?::(\d+):(\d+))?: (error|warning|note): (.*)$", path.with_suffix(".expected").read_text(), re.M)
                told = [(str(d["line"] or ""), str(d["column"] or "") if d["line"] else "", d["severity"], d["message"].split("\n")[0]) for d in found["diagnostics"]]
                self.assertEqual([one for one in told if one in expected], expected)
                drawn = self.run_program("info", path).stderr
                for line, column, severity, message in expected[:20]:
                    place = f":{line}:{column}" if line else ""
                    self.assertIn(f"{path.name}{place}: {severity}: {message}", drawn)

    def test_samples(self):
        graph, = self.info(SAMPLES / "llama_22layers_torch2.1.txt", "--bind", "s0=3,s1=4")["graphs"]
        self.assertEqual((graph["nodes"], len(graph["mutates"])), (3617, 44))
        self.assertEqual(graph["operators"]["aten.slice_scatter.default"], 132)
        for kind in ("update", "copy_", "clone"):
            self.assertGreater(graph["copied_bytes"][kind], 0)

    def test_report(self):
        report = read_report(self, self.report("info", self.file("cache.txt", CACHE), "--bind", "s0=10"))
        self.assertEqual((report["command"], report["graph"]["nodes"], report["graph"]["nodes_after"]), ("info", 6, None))
        self.assertEqual((report["symbols"], report["graph"]["copied_bytes"]["update"]), ({"s0": 10}, 240))
        self.assertEqual((report["torch"], report["verify"]["status"], report["time"]["sweep"]), (None, "skipped", []))

    def report(self, *arguments, code=0):
        path = self.folder / "report.json"
        self.expect(code, *arguments, "--report", path, "--quiet")
        return path

    def test_libtorch_stays_closed(self):
        for arguments in (["info", self.file("cache.txt", CACHE)], ["--version"], ["explain", self.folder / "cache.txt", "slice_scatter"],
                          ["diff", self.folder / "cache.txt", self.folder / "cache.txt"]):
            done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, env={**os.environ, "LD_DEBUG": "files"})
            self.assertEqual(done.returncode, 0)
            self.assertIn("libc.so", done.stderr)      # LD_DEBUG works here
            self.assertNotIn("libtorch", done.stderr)
            self.assertNotIn("libc10", done.stderr)


class Diff(ProgramTest):
    def test_nothing(self):
        a, b = self.file("a.txt", CACHE), self.file("b.txt", CACHE)
        self.expect(0, "diff", a, b, out="0 removed, 0 changed, 0 added")

    def test_something(self):
        changed = ADD.replace("        return (add,)", '        neg: "f32[s0, 2]" = torch.ops.aten.neg.default(add);  add = None\n        return (neg,)').replace(
            "add.Tensor(x, y)", "add.Tensor(y, x)")
        done = self.expect(1, "diff", self.file("a.txt", ADD), self.file("b.txt", changed))
        self.golden("diff.txt", done.stdout + done.stderr)
        self.expect(1, "diff", self.folder / "a.txt", self.folder / "b.txt", "--quiet", "--report", self.folder / "r.json")
        self.assertEqual(read_report(self, self.folder / "r.json")["graph"]["nodes_after"], 5)


class Explain(ProgramTest):
    def test_yes(self):
        cache = self.file("cache.txt", CACHE)
        self.expect(0, "explain", cache, "slice_scatter", out=["slice_scatter: yes", "into cache", "copy_ goes"])
        self.expect(0, "explain", cache, "copy_", out="copy_: yes")

    def test_no(self):
        self.expect(1, "explain", self.file("old.txt", OLD_VALUE), "slice_scatter", out=["slice_scatter: no: old-value-read-later", "blocked by add:"])

    def test_explain_with_declared_operators(self):
        add = "torch.ops.aten.add.Tensor(cache"
        self.assertIn(add, OLD_VALUE)
        dump = self.file("custom.txt", OLD_VALUE.replace(add, "torch.ops.cli_test.peek.default(cache"))
        self.expect(1, "explain", dump, "slice_scatter", out="slice_scatter: no: unknown-operator")
        declare = self.file("declare.lua", 'fx.operator("cli_test::peek(Tensor cache, Any other) -> Tensor")\n')
        self.expect(1, "explain", dump, "slice_scatter", declare, out="slice_scatter: no: old-value-read-later")
        wrong = self.file("wrong.lua", 'fx.operator("cli_test::peek(Tensro cache) -> Tensor")\n')
        self.expect(3, "explain", dump, "slice_scatter", wrong, err=["unknown type 'Tensro', did you mean 'Tensor'? (column 16)", "                 ^"])


if __name__ == "__main__":
    unittest.main()
