#!/usr/bin/env python3
"""fxloom run, compare, bench: results against numbers computed here, and the report."""
import unittest

from program import ADD, CACHE, REINPLACE, ProgramTest, read_report, read_safetensors, write_safetensors

PASSES = '''class GraphModule(torch.nn.Module):
    def forward(self, x: "f32[s0]", n: "Sym(s0)"):
        add: "f32[s0]" = torch.ops.aten.add.Tensor(x, n)
        return (add, n, None, x)
'''


class Run(ProgramTest):
    def inputs(self, name="i.safetensors"):
        write_safetensors(self.folder / name, {"cache": ("F32", [2, 8], [1.0] * 16), "x": ("F32", [2, 2], [5.0, 6.0, 7.0, 8.0])})
        return self.folder / name

    def expected(self, name="e.safetensors", total=15.0, cache=None):
        row0 = [1.0, 1.0, 5.0, 6.0, 1.0, 1.0, 1.0, 1.0]
        row1 = [1.0, 1.0, 7.0, 8.0, 1.0, 1.0, 1.0, 1.0]
        tensors = {"output.0": ("F32", [2], [17.0, 21.0 + total - 15.0]), "input.cache": ("F32", [2, 8], cache or row0 + row1)}
        write_safetensors(self.folder / name, tensors)
        return self.folder / name

    def test_saved_results(self):
        dump, saved = self.file("cache.txt", CACHE), self.folder / "o.safetensors"
        self.expect(0, "run", dump, "--inputs", self.inputs(), "--save", saved, out=["output.0  f32[2]", "s0=2", "saved"])
        tensors, _ = read_safetensors(saved)
        self.assertEqual(tensors, read_safetensors(self.expected())[0])

    def test_what_is_no_tensor(self):
        dump, saved = self.file("passes.txt", PASSES), self.folder / "o.safetensors"
        write_safetensors(self.folder / "i.safetensors", {"x": ("F32", [3], [1.0, 2.0, 3.0])})
        self.expect(0, "run", dump, "--inputs", self.folder / "i.safetensors", "--save", saved, out=["output.1  3", "output.2  None"])
        tensors, metadata = read_safetensors(saved)
        self.assertEqual(tensors["output.0"][2], [4.0, 5.0, 6.0])
        self.assertEqual((metadata["ints"], metadata["nones"]), ({"output.1": 3}, [2]))

    def test_expect(self):
        dump, given = self.file("cache.txt", CACHE), self.inputs()
        self.expect(0, "run", dump, "--inputs", given, "--expect", self.expected(), out="same results: yes")
        self.expect(0, "run", dump, "--inputs", given, "--expect", self.expected(), "--exact", out="bit-identical")
        self.expect(0, "run", dump, "--inputs", given, "--expect", self.expected(total=15.00001), out="within tolerance")
        self.expect(1, "run", dump, "--inputs", given, "--expect", self.expected(total=15.00001), "--exact", err=["same results: NO", "output.0"])
        self.expect(1, "run", dump, "--inputs", given, "--expect", self.expected(total=16.0), err=["is not what", "output.0", "by 1.0 at most"])
        self.expect(1, "run", dump, "--inputs", given, "--expect", self.expected(cache=[1.0] * 16), err="input.cache")

    def test_expected_file_that_misses_a_changed_input(self):
        write_safetensors(self.folder / "e.safetensors", {"output.0": ("F32", [2], [17.0, 21.0])})
        self.expect(1, "run", self.file("cache.txt", CACHE), "--inputs", self.inputs(), "--expect", self.folder / "e.safetensors", err="cache")

    def test_report(self):
        self.expect(0, "run", self.file("cache.txt", CACHE), "--inputs", self.inputs(), "--expect", self.expected(), "--report", self.folder / "r.json", "--threads", "1")
        report = read_report(self, self.folder / "r.json")
        self.assertRegex(report["torch"], r"^\d+\.\d+")
        self.assertEqual((report["device"], report["symbols"], report["verify"]["status"]), ("cpu", {"s0": 2}, "same"))
        self.assertEqual([item["name"] for item in report["verify"]["outputs"] + report["verify"]["mutated_inputs"]], ["output.0", "input.cache"])
        self.assertEqual(report["graph"]["copied_bytes"], {"update": 48, "copy_": 64, "clone": 0})

    def test_made_inputs_are_the_same_every_time(self):
        dump = self.file("cache.txt", CACHE)
        saved = []
        for seed in (1, 1, 2):
            self.expect(0, "run", dump, "--seed", seed, "--bind", "s0=3", "--save", self.folder / "o.safetensors")
            saved.append(read_safetensors(self.folder / "o.safetensors")[0])
        self.assertEqual(saved[0], saved[1])
        self.assertNotEqual(saved[0], saved[2])

    def test_profile(self):
        done = self.expect(0, "run", self.file("cache.txt", CACHE), "--profile", out=["slice_scatter", "aten.copy_.default", "in all"])
        rows = [line for line in done.stdout.splitlines() if "aten." in line]
        self.assertGreaterEqual(len(rows), 3)
        self.expect(0, "run", self.folder / "cache.txt", "--profile", "--top", "1", out="more (--top 0 shows all)")


class Compare(ProgramTest):
    def test_same(self):
        self.expect(0, "compare", self.file("a.txt", ADD), self.file("b.txt", ADD.replace("(x, y)", "(y, x)")), out="same results: yes (bit-identical")

    def test_different(self):
        self.expect(1, "compare", self.file("a.txt", ADD), self.file("b.txt", ADD.replace("aten.add.", "aten.sub.")), "--report", self.folder / "r.json",
                    err=["same results: NO", "output.0"])
        report = read_report(self, self.folder / "r.json")
        self.assertEqual((report["verify"]["status"], report["verify"]["bit_identical"]), ("different", False))

    def test_a_changed_input_counts(self):
        without = CACHE.replace('        copy_: "f32[s0, 8]" = torch.ops.aten.copy_.default(cache, slice_scatter);  cache = slice_scatter = copy_ = None\n', "")
        self.expect(1, "compare", self.file("a.txt", CACHE), self.file("b.txt", without), err="cache")

    def test_aliasing_counts(self):
        view = 'class G(torch.nn.Module):\n    def forward(self, x: "f32[4]"):\n        r: "f32[4]" = torch.ops.aten.%s(x)\n        return (r,)\n'
        a, b = self.file("a.txt", view % "alias.default"), self.file("b.txt", view % "clone.default")
        self.expect(1, "compare", a, b, err=["aliasing", "output.0"])


class Bench(ProgramTest):
    QUICK = ("--seconds", "0.05", "--min-runs", "5", "--threads", "1")

    def test_before_and_after(self):
        self.expect(0, "bench", self.file("cache.txt", CACHE), REINPLACE, "--bind", "s0=2000", *self.QUICK, "--report", self.folder / "r.json",
                    out=["1 of 1 taken; same results: yes", "torch ", "1 thread, engine aten", "before: median [quartiles]", "s0=2000", "x ["])
        report = read_report(self, self.folder / "r.json")
        time = report["time"]
        for key in ("before", "after"):
            self.assertLessEqual(time[key]["p25"], time[key]["median"])
            self.assertLessEqual(time[key]["median"], time[key]["p75"])
            self.assertGreaterEqual(time[key]["runs"], 5)
        self.assertAlmostEqual(time["speedup"], time["before"]["median"] / time["after"]["median"], delta=0.02 * time["speedup"])
        self.assertLessEqual(time["ci95"][0], time["speedup"])
        self.assertEqual(time["significant"], not time["ci95"][0] <= 1 <= time["ci95"][1])
        self.assertEqual((report["verify"]["status"], report["symbols"], time["sweep"]), ("same", {"s0": 2000}, []))
        self.assertEqual(report["graph"]["copied_bytes_after"], {"update": 0, "copy_": 2000 * 8, "clone": 0})   # the window itself

    def test_sweep(self):
        dump = self.file("two.txt", CACHE.replace("s0, 8", "s0, s1"))
        done = self.expect(0, "bench", dump, REINPLACE, "--sweep", "s0=1,3", "--sweep", "s1=8,16,32", *self.QUICK, "--report", self.folder / "r.json")
        report = read_report(self, self.folder / "r.json")
        want = [{"s0": a, "s1": b} for a in (1, 3) for b in (8, 16, 32)]
        self.assertEqual([point["symbols"] for point in report["time"]["sweep"]], want)
        self.assertIsNone(report["time"]["before"])
        self.assertEqual(sum("s0=" in line and "[" in line and "torch" not in line and "same" not in line for line in done.stdout.splitlines()), 6)

    def test_one_version(self):
        self.expect(0, "bench", self.file("add.txt", ADD), *self.QUICK, "--report", self.folder / "r.json")
        time = read_report(self, self.folder / "r.json")["time"]
        self.assertGreater(time["before"]["median"], 0)
        self.assertEqual((time["after"], time["speedup"], time["significant"]), (None, None, None))
        self.expect(0, "bench", self.folder / "add.txt", REINPLACE, *self.QUICK, out="the scripts changed nothing")


if __name__ == "__main__":
    unittest.main()
