#!/usr/bin/env python3
"""What is wrong usage, and that it says so: exit 2, one message, nothing written. Needs no LibTorch."""
import unittest

from program import ADD, CACHE, ProgramTest


class Usage(ProgramTest):
    def setUp(self):
        super().setUp()
        self.dump = self.file("add.txt", ADD)
        self.before = self.names()

    def wrong(self, *arguments, err):
        done = self.expect(2, *arguments, err=err)
        self.assertEqual(done.stdout, "")
        self.assertEqual(self.names(), self.before, "something was written")

    def test_version_and_help(self):
        self.assertRegex(self.expect(0, "--version").stdout, r"^fxloom \d+\.\d+\.\d+\n$")
        self.expect(0, "--help", out=["Look", "Run", "Change", "rewrite", "bench", "Examples", "fxloom rewrite dump.txt reinplace.lua -o out.py", "130 stopped"])
        for command in ("info", "run", "rewrite", "bench", "compare", "diff", "explain", "render", "lua", "repl"):
            self.expect(0, command, "--help", out=[command, "--report", "--quiet"])

    def test_missing_and_surplus(self):
        self.wrong("info", err="error: FILE is required")
        self.wrong("rewrite", self.dump, err="SCRIPT is required")
        self.wrong("rewrite", self.dump, "reinplace.lua", err="-o is required")
        self.wrong("info", self.dump, "--nonsense", err="--nonsense")
        self.wrong("compare", self.dump, err="B is required")
        self.wrong("run", self.dump, "--threads", "0", err="--threads")
        self.wrong("run", self.dump, "--exact", err="--expect")

    def test_values(self):
        self.wrong("run", self.dump, "--bind", "s0", err="--bind: 's0' is no NAME=INTEGER")
        self.wrong("run", self.dump, "--bind", "s0=two", err="--bind: 's0=two' is no NAME=INTEGER")
        self.wrong("run", self.dump, "--bind", "s0=2,s0=3", err="--bind: s0 is given as 2 and as 3")
        self.wrong("info", self.dump, "--bind", "s9=2", err="--bind: 's9' is no symbol of")
        self.wrong("run", self.dump, "--device", "cuda:x", err="--device: 'cuda:x' is no device")
        self.wrong("bench", self.dump, "--sweep", "s0", err="--sweep: 's0' is no NAME=INTEGER,...")
        self.wrong("bench", self.dump, "--sweep", "s0=1,x", err="--sweep: 'x' in 's0=1,x' is no integer")
        self.wrong("bench", self.dump, "--sweep", "s0=1,2", "--sweep", "s0=3", err="--sweep: s0 is swept twice")
        self.wrong("bench", self.dump, "--sweep", "s0=1,2", "--bind", "s0=3", err="s0 is both bound and swept")

    def test_graph(self):
        self.wrong("run", self.dump, "--graph", "7", err=["has no graph '7'", "0 "])
        self.wrong("info", self.dump, "--graph", "nosuch", err="has no graph 'nosuch'")

    def test_extensions(self):
        self.wrong("rewrite", self.dump, "reinplace.lua", "-o", "out.doc", err=["-o out.doc", ".py", ".txt"])
        self.wrong("render", self.dump, "-o", "out.doc", err=["-o out.doc", ".svg", ".png", ".dot"])

    def test_not_in_this_version(self):
        self.wrong("extract", self.dump, "add", "--depth", "2", "-o", "r.py", err="extract is not in this version")
        for engine in ("cudagraph", "inductor"):
            self.wrong("bench", self.dump, "--engine", engine, err=f"--engine {engine} comes in a later version")
        self.wrong("bench", self.dump, "--engine", "steam", err="the engines are aten, cudagraph and inductor")

    def test_explain_names_a_node(self):
        self.wrong("explain", self.dump, "slice_scatter", err=["has no node 'slice_scatter'", "no update"])
        self.wrong("explain", self.dump, "add", err="add (aten.add.Tensor) is no functional update")
        cache = self.file("cache.txt", CACHE)
        self.before = self.names()
        self.wrong("explain", cache, "nosuch", err="updates of this graph: slice_scatter")


if __name__ == "__main__":
    unittest.main()
