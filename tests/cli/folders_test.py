#!/usr/bin/env python3
"""Folders where a FILE is expected: tlparse's, depyf's, torch_compile_debug's layouts, a series of passes, a structured trace."""
import json
import unittest

from program import ADD, CACHE, OLD_VALUE, REINPLACE, SAMPLES, ProgramTest

NEG = '''class GraphModule(torch.nn.Module):
    def forward(self, x: "f32[4]"):
        neg: "f32[4]" = torch.ops.aten.neg.default(x);  x = None
        return (neg,)
'''
ABS = NEG.replace("neg: ", "abs_1: ").replace("aten.neg.default(x);  x = None", "aten.abs.default(x);  x = None\n        neg: \"f32[4]\" = torch.ops.aten.neg.default(abs_1);  abs_1 = None")
RELU = ABS.replace("aten.abs", "aten.relu")
BROKEN = NEG.replace("(neg,)", "(nothing,)")


class Folders(ProgramTest):
    def put(self, files):
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def info(self, path, *more):
        return json.loads(self.expect(0, "info", path, "--json", *more).stdout)

    def names(self, path):
        return [graph["name"] for graph in self.info(path)["graphs"]]

    def test_tlparse(self):
        self.put({"out/index.html": "<html>", "out/compile_directory.json": "{}", "out/-_0_0_0/dynamo_output_graph_1.txt": NEG,
                  "out/-_0_0_0/aot_forward_graph_4.txt": CACHE, "out/-_0_0_0/inductor_output_code_x_12.txt": "def call(args):\n    return args\n",
                  "out/-_1_0_0/aot_forward_graph_20.txt": OLD_VALUE})
        self.assertEqual(self.names("out"), ["-_0_0_0/dynamo_output_graph_1.txt: GraphModule", "-_0_0_0/aot_forward_graph_4.txt: GraphModule",
                                             "-_1_0_0/aot_forward_graph_20.txt: GraphModule"])
        self.expect(0, "info", "out", "--graph", "aot_forward_graph_4.txt", out="changes   cache")
        self.expect(1, "explain", "out", "slice_scatter", "--graph", "-_1_0_0/aot_forward_graph_20.txt: GraphModule", out="old-value-read-later")
        self.expect(0, "rewrite", "out", REINPLACE, "-o", "new.txt", "--graph", "1", "--no-verify", "--require-taken", 1)
        self.expect(2, "info", "out", "--graph", "GraphModule", err=["may mean several graphs of out; give a number or a whole name", "\n  2 -_1_0_0/aot_forward_graph_20.txt: GraphModule"])

    def test_depyf_and_debug_folders_say_what_is_twice(self):
        self.put({"d/full_code_for_f_0.py": "def transformed(x):\n    return __compiled_fn_1(x)\n", "d/__compiled_fn_1.Forward_graph.0.py": NEG,
                  "d/__compiled_fn_1.AFTER_POST_GRAD.0.py": NEG, "d/__compiled_fn_1.Joint_graph.0.py": ADD})
        graphs = {graph["file"]: graph for graph in self.info("d")["graphs"]}
        self.assertEqual(sorted(graphs), ["__compiled_fn_1.AFTER_POST_GRAD.0.py", "__compiled_fn_1.Forward_graph.0.py", "__compiled_fn_1.Joint_graph.0.py"])
        self.assertEqual(graphs["__compiled_fn_1.Forward_graph.0.py"]["same_as"], "__compiled_fn_1.AFTER_POST_GRAD.0.py: GraphModule")
        self.assertIsNone(graphs["__compiled_fn_1.Joint_graph.0.py"]["same_as"])
        self.expect(0, "info", "d", out="  same as   __compiled_fn_1.AFTER_POST_GRAD.0.py: GraphModule")

    def test_one_bad_file_does_not_spoil_the_others(self):
        self.put({"d/a.txt": NEG, "d/b.txt": BROKEN})
        report = self.info("d")
        self.assertEqual([(d["file"], d["line"], d["severity"]) for d in report["diagnostics"] if d["severity"] == "error"], [("b.txt", 4, "error")])
        self.expect(0, "diff", "d", "d", "--graph", "a.txt", "--quiet")
        self.expect(0, "rewrite", "d", REINPLACE, "-o", "o.txt", "--no-verify", "--graph", "a.txt")
        self.expect(3, "rewrite", "d", REINPLACE, "-o", "o.txt", "--no-verify", "--graph", "b.txt", err="d/b.txt:4:")
        self.expect(3, "info", self.folder / "absent", err="no such file")
        (self.folder / "empty").mkdir()
        self.expect(3, "info", "empty", err="empty: error: no graph is in this folder")

    def series(self):
        self.put({"p/pass_0_import.txt": NEG, "p/pass_2_split.txt": ABS, "p/pass_10_fuse.txt": RELU})

    def test_series(self):
        self.series()
        self.assertEqual([graph["series"] for graph in self.info("p")["graphs"]],
                         [{"name": "pass_*", "revision": i, "label": label} for i, label in enumerate(("import", "split", "fuse"))])
        script = self.file("look.lua", '''
            fx.open(fx.args[1])
            local r = fx.revisions()
            assert(#r == 3 and r[1].label == "import" and r[3].label == "fuse" and r[3].current)
            local d = fx.diff(0, 2)
            assert(#d.added == 1 and d.added[1] == "abs_1" and #d.removed == 0 and #d.changed == 1 and d.changed[1] == "neg")
            d = fx.diff(1, 2)
            assert(#d.added == 0 and #d.changed == 1 and d.changed[1] == "abs_1")
            fx.undo()
            assert(fx.graph():node("abs_1").target == "aten.abs.default")
            fx.use("pass_0_import.txt")
            assert(#fx.graphs() == 3 and not pcall(function() return fx.graph():node("abs_1") end))
            fx.at(2)
            print("fine")''')
        self.expect(0, "lua", script, "p", out="fine")
        self.expect(0, "info", "p", "--graph", "pass_10_fuse.txt", out="series    pass_*, revision 2: fuse")

    def test_sample_of_passes(self):
        """What Inductor's reinplacing leaves of the copies, and what is left after ours."""
        script = self.file("passes.lua", '''
            fx.open(fx.args[1])
            local d = fx.diff(1, 2)
            assert(#d.removed == 4 and #d.added == 4, "Inductor's reinplacing")
            fx.bind{s23 = 3, s70 = 4}
            local bytes = {}
            for i = 0, 2 do
              local g = fx.at(i)
              local copied = fx.graph():copied_bytes()
              bytes[i] = copied.update + copied.copy_
            end
            assert(bytes[0] == bytes[1] and bytes[1] > bytes[2] and bytes[2] > 0)
            print("fine")''')
        self.expect(0, "lua", script, SAMPLES / "decode_1layer.passes", out="fine")
        self.expect(0, "rewrite", SAMPLES / "decode_1layer.passes", REINPLACE, "-o", "out.txt", "--no-verify", "--require-taken", "2", out="2 of 2 taken")

    def test_journal_of_a_series_replays(self):
        self.series()
        edit = 'fx.at(1)\n'
        done = self.expect(0, "repl", "p", stdin=edit + 'fx.graph():node("abs_1"):set_target("aten.sin.default")\nprint(fx.journal())\n')
        journal = done.stdout[done.stdout.index("-- Journal"):]
        self.assertIn('fx.open("p")\nfx.use("pass_2_split.txt: GraphModule")\nfx.at(1)\n', journal)
        replayed = self.file("again.lua", journal[:journal.rindex("]]") + 3] + '\nprint(fx.graph():node("abs_1").target, #fx.revisions())')
        self.expect(0, "lua", replayed, out="aten.sin.default\t4")

    def test_nested_graphs_in_lua(self):
        nested = NEG.replace("        return", "        body_0 = self.body_0\n        return") + "\n    class body_0(torch.nn.Module):\n        def forward(self, y):\n            return (y,)\n"
        self.put({"d/n.txt": nested})
        script = self.file("n.lua", 'fx.open("d")\nassert(#fx.graphs() == 2)\nfx.use("n.txt: GraphModule.body_0")\nassert(fx.graph():node("y"))\nprint("fine")')
        self.expect(0, "lua", script, out="fine")

    def test_trace(self):
        def event(json_text, payload):
            return f"V1124 10:05:59.179000 9592 torch/x.py:2423] {json_text}\n" + "".join("\t" + line + "\n" for line in payload.splitlines())
        at = '"frame_id": 0, "frame_compile_id": 0, "attempt": 0, "has_payload": "e9"}'
        text = (event('{"chromium_event": {}, ' + at, "{}") + event('{"aot_forward_graph": {}, ' + at, NEG)
                + event('{"artifact": {"name": "fx_graph_runnable", "encoding": "string"}, ' + at, NEG)
                + event('{"artifact": {"name": "fx_graph_runnable", "encoding": "string"}, ' + at, BROKEN))
        self.put({"t/trace.log": text})
        log = self.folder / "t/trace.log"
        self.assertEqual(self.names(log), ["aot_forward_graph 0/0", "fx_graph_runnable 0/0#1", "fx_graph_runnable 0/0#2"])
        self.expect(0, "info", log, "--graph", "aot_forward_graph 0/0", out="aot_forward_graph 0/0: 3 nodes", err=":17:18: error: name 'nothing'")
        self.expect(0, "info", "t", "--graph", "aot_forward_graph 0/0", out="trace.log: aot_forward_graph 0/0: 3 nodes")


if __name__ == "__main__":
    unittest.main()
