#!/usr/bin/env python3
"""fxloom rewrite, lua and repl, and Ctrl-C."""
import re
import signal
import subprocess
import threading
import time
import unittest

from program import ADD, CACHE, OLD_VALUE, PROGRAM, REINPLACE, ProgramTest, read_report

WRONG = '''-- add -> sub: not the same results
for n in fx.graph():nodes{op = "aten.add.Tensor"} do n:set_target("aten.sub.Tensor") end
'''

LATE_READER = '''class GraphModule(torch.nn.Module):
    def forward(self, s0: "Sym(s0)", x: "f32[s0, 3][3, 1]cpu", s: "f32[2, 3][3, 1]cpu"):
        u: "f32[s0, 3][3, 1]cpu" = torch.ops.aten.slice_scatter.default(x, s, 0, 0, 2)
        m: "f32[s0, 3][3, 1]cpu" = torch.ops.aten.mul.Tensor(x, 2)
        copy_: "f32[s0, 3][3, 1]cpu" = torch.ops.aten.copy_.default(x, u)
        return (m,)
'''


class Rewrite(ProgramTest):
    def test_taken(self):
        out = self.folder / "out.txt"
        self.expect(0, "rewrite", self.file("cache.txt", CACHE), REINPLACE, "-o", out, "--report", self.folder / "r.json",
                    out=["reinplace: 1 of 1 taken (1 update), 0 refused", "copied bytes", "-> 0 B", "same results: yes (bit-identical; 1 output, 1 changed input", "wrote "])
        self.assertNotIn("slice_scatter", out.read_text())
        report = read_report(self, self.folder / "r.json")
        rewrite, = report["rewrites"]
        taken, = rewrite["taken"]
        self.assertEqual((rewrite["rewrite"], rewrite["refused"]), ("reinplace", []))
        self.assertEqual((taken["node"], taken["writes"], taken["updates"]), ("slice_scatter", "cache", 1))
        self.assertIn("copy_", taken["removed"])
        rows = report["symbols"]["s0"]
        self.assertEqual(report["graph"]["copied_bytes"], {"update": rows * 24, "copy_": rows * 32, "clone": 0})
        self.assertEqual(report["graph"]["copied_bytes_after"], {"update": 0, "copy_": rows * 8, "clone": 0})   # the window itself
        self.assertEqual(taken["bytes_saved"], rows * 48)   # under the binding that the report names
        verify = report["verify"]
        self.assertEqual((verify["status"], verify["bit_identical"], verify["aliasing"]), ("same", True, "same"))
        self.assertGreaterEqual(len(verify["bindings"]), 2)      # one of them large
        self.expect(0, "compare", self.folder / "cache.txt", out)
        self.expect(0, "run", out, "--bind", "s0=4")

    def test_refused(self):
        dump, out = self.file("old.txt", OLD_VALUE), self.folder / "out.txt"
        self.expect(0, "rewrite", dump, REINPLACE, "-o", out, "--report", self.folder / "r.json",
                    out=["0 of 1 taken", "refused slice_scatter: old-value-read-later", "blocked by add", "wrote"])
        refused, = read_report(self, self.folder / "r.json")["rewrites"][0]["refused"]
        self.assertEqual((refused["node"], refused["rule"], refused["blockers"]), ("slice_scatter", "old-value-read-later", ["add"]))
        self.expect(0, "diff", dump, out)

    def test_repaired(self):
        dump, out = self.file("late.txt", LATE_READER), self.folder / "out.txt"
        self.expect(0, "rewrite", dump, REINPLACE, "-o", out, "--bind", "s0=8", "--report", self.folder / "r.json",
                    out=["refused u: ", "blocked by m", "repair: move m before u (hoist_readers, saves 144 B)"])
        plain = read_report(self, self.folder / "r.json")
        refused, = plain["rewrites"][0]["refused"]
        self.assertEqual(refused["repair"], {"text": "move m before u", "rewrite": "hoist_readers", "bytes": 144})
        self.expect(0, "rewrite", dump, "hoist_readers", "reinplace", "-o", out, "--bind", "s0=8", "--report", self.folder / "r.json",
                    out=["hoist_readers: 1 of 1 taken", "reinplace: 1 of 1 taken", "same results: yes (bit-identical"])
        repaired = read_report(self, self.folder / "r.json")
        self.assertEqual(sum(plain["graph"]["copied_bytes_after"].values()) - sum(repaired["graph"]["copied_bytes_after"].values()), 144)
        self.expect(1, "explain", dump, "u", out="repair: move m before u (hoist_readers, saves 24*s0 - 48 bytes)")

    def test_nothing_matched(self):
        self.expect(0, "rewrite", self.file("add.txt", ADD), REINPLACE, "-o", self.folder / "out.txt", out=["nothing changed", "wrote"])
        self.expect(0, "diff", self.folder / "add.txt", self.folder / "out.txt")

    def test_require_taken(self):
        dump, out = self.file("cache.txt", CACHE), self.folder / "out.py"
        self.expect(1, "rewrite", dump, REINPLACE, "-o", out, "--require-taken", "2", "--report", self.folder / "r.json", err=["1 taken", "out.py is not written"])
        self.assertFalse(out.exists())
        read_report(self, self.folder / "r.json")
        self.expect(0, "rewrite", dump, REINPLACE, "-o", out, "--require-taken", "1", "--quiet")
        self.assertTrue(out.exists())

    def test_different_results_are_not_written(self):
        dump, script, out = self.file("add.txt", ADD), self.file("wrong.lua", WRONG), self.folder / "out.txt"
        out.write_text("what was there")
        self.expect(1, "rewrite", dump, script, "-o", out, "--report", self.folder / "r.json", err=["same results: NO", "output.0", "out.txt is not written"])
        self.assertEqual(out.read_text(), "what was there")
        self.assertEqual(read_report(self, self.folder / "r.json")["verify"]["status"], "different")
        self.expect(1, "bench", dump, script, err=["same results: NO", "not timed"])
        self.expect(0, "rewrite", dump, script, "-o", out, "--no-verify", out="--no-verify")
        self.assertIn("aten.sub.Tensor", out.read_text())

    def test_what_cannot_be_verified_is_not_written(self):
        text = CACHE.replace("        return", '        custom: "f32[s0]" = torch.ops.mylib.custom.default(sum_1)\n        return')
        dump, out = self.file("custom.txt", text), self.folder / "out.txt"
        self.expect(1, "rewrite", dump, REINPLACE, "-o", out, err=["not checked", "mylib.custom", "out.txt is not written"])
        self.assertFalse(out.exists())
        self.expect(0, "rewrite", dump, REINPLACE, "-o", out, "--no-verify")
        self.assertNotIn("slice_scatter", out.read_text())

    def test_scripts_in_order(self):
        double = self.file("double.lua", 'for n in fx.graph():nodes{op = "aten.add.Tensor"} do n:set_target("aten.sub.Tensor") end\n')
        back = self.file("back.lua", 'for n in fx.graph():nodes{op = "aten.sub.Tensor"} do n:set_target("aten.add.Tensor") end\n')
        self.expect(0, "rewrite", self.file("add.txt", ADD), double, back, "-o", self.folder / "out.txt")
        self.expect(0, "diff", self.folder / "add.txt", self.folder / "out.txt")

    def test_a_script_by_its_name(self):
        self.expect(0, "rewrite", self.file("cache.txt", CACHE), "reinplace", "-o", self.folder / "out.txt", "--require-taken", "1", "--quiet")

    def test_exported_python_stands_alone(self):
        out = self.folder / "out.py"
        self.expect(0, "rewrite", self.file("cache.txt", CACHE), REINPLACE, "-o", out, "--quiet")
        compile(out.read_text(), "out.py", "exec")
        self.assertRegex(out.read_text(), r"(?m)^def forward\(cache")


class Lua(ProgramTest):
    def test_script(self):
        dump = self.file("cache.txt", CACHE)
        script = self.file("count.lua", 'local g = fx.open(fx.args[1])\nlocal c = 0\nfor n in g:nodes{} do c = c + 1 end\nprint(c, fx.args[2], fx.args[3])\n')
        self.assertEqual(self.expect(0, "lua", script, dump, "two", "--three").stdout.split(), ["6", "two", "--three"])

    def test_the_graph_that_is_meant(self):
        self.file("two.txt", ADD.replace("GraphModule", "First") + "\n" + CACHE.replace("GraphModule", "Second"))
        script = self.file("name.lua", 'local count = 0\nfor n in fx.open("two.txt"):nodes{} do count = count + 1 end\nprint(count)\n')
        for chosen, nodes in (("0", "4"), ("1", "6"), ("Second", "6")):
            self.assertEqual(self.expect(0, "lua", script, "--graph", chosen).stdout.split(), [nodes])
        self.expect(3, "lua", script, "--graph", "Third", err=["name.lua:2:", "Third", "First"])

    def test_sandbox(self):
        script = self.file("trusted.lua", "print(type(os.getenv('HOME')))\n")
        self.expect(3, "lua", script, err="trusted.lua:1:")
        self.assertEqual(self.expect(0, "lua", script, "--trust").stdout, "string\n")

    def test_repl_reads_lines(self):
        done = self.expect(0, "repl", self.file("cache.txt", CACHE), stdin='print(1 + 1)\n\nfx.apply("reinplace")\nfx.undo()\n')
        self.assertIn("2", done.stdout.split())
        self.expect(3, "repl", self.folder / "cache.txt", stdin="nonsense(\n", err="prompt:1: unexpected symbol")


class Interrupt(ProgramTest):
    def interrupted(self, *arguments, ready):
        """Starts the program, sends SIGINT when stdout shows `ready` (a moment later), returns exit code, stderr and how long it took to end."""
        process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.folder)
        watchdog = threading.Timer(60, process.kill)   # so that a program that never gets ready fails the test
        watchdog.start()
        self.addCleanup(watchdog.cancel)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        seen = ""
        while not re.search(ready, seen):
            line = process.stdout.readline()
            self.assertTrue(line, f"ended early: {seen}{process.stderr.read() if process.poll() is not None else ''}")
            seen += line
        time.sleep(0.2)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        return process.returncode, err, time.monotonic() - sent

    def test_lua(self):
        script = self.file("loop.lua", "print('ready')\nwhile true do end\n")
        code, err, seconds = self.interrupted("lua", script, ready="ready")
        self.assertEqual((code, err.strip()), (130, "stopped"))
        self.assertLess(seconds, 5)

    def test_pcall_does_not_hold_it(self):
        script = self.file("loop.lua", "print('ready')\nwhile true do pcall(function() while true do end end) end\n")
        self.assertEqual(self.interrupted("lua", script, ready="ready")[0], 130)

    def test_rewrite_writes_nothing(self):
        script = self.file("loop.lua", "print('ready')\nwhile true do end\n")
        code, _, _ = self.interrupted("rewrite", self.file("add.txt", ADD), script, "-o", "out.txt", "--report", "r.json", ready="ready")
        self.assertEqual((code, self.names()), (130, ["add.txt", "loop.lua"]))

    def test_bench(self):
        code, err, seconds = self.interrupted("bench", self.file("add.txt", ADD), "--seconds", "600", "--max-runs", "1000000", "--threads", "1", "--report", "r.json",
                                              "--bind", "s0=200000", ready="engine aten")
        self.assertEqual((code, err.strip()), (130, "stopped"))
        self.assertLess(seconds, 10)
        self.assertEqual(self.names(), ["add.txt"])


if __name__ == "__main__":
    unittest.main()
