#!/usr/bin/env python3
"""The rewrites beside reinplacing, by name from the command line, on the samples: results verified, and there and back again."""
import unittest

from program import SAMPLES, ProgramTest, read_report


class Related(ProgramTest):
    def rewrite(self, file, *scripts, name, options=()):
        """The rewritten graph, as text, and what was taken of each rewrite."""
        out, report = self.folder / f"{name}.txt", self.folder / f"{name}.json"
        self.expect(0, "rewrite", file, *scripts, "-o", out, "--report", report, "--quiet", *options)
        return out, {r["rewrite"]: len(r["taken"]) for r in read_report(self, report)["rewrites"]}

    def test_samples_keep_their_results(self):
        out, taken = self.rewrite(SAMPLES / "llama_2layers_torch2.1.txt", "cse", "merge_views", "remove_noops", "dead_code", name="all")
        self.assertGreater(taken["cse"], 20)
        self.assertGreater(taken["merge_views"], 5)
        self.assertGreater(taken["remove_noops"], 10)
        self.assertNotRegex(out.read_text(), r"slice\.Tensor\(\w+, \d, 0, 9223372036854775807\)")

    def there_and_back(self, sample, chains):
        quick = ("--no-verify",)
        first, taken = self.rewrite(SAMPLES / sample, "reinplace", name="in_place", options=quick)
        self.assertEqual(taken, {"reinplace": chains})
        self.assertNotIn("_scatter", first.read_text())
        functional, taken = self.rewrite(first, "functionalize", name="functional", options=quick)
        self.assertEqual(taken, {"functionalize": chains})
        self.assertNotRegex(functional.read_text(), r"index_put_\b")
        self.expect(0, "compare", SAMPLES / sample, functional, out="same results: yes (bit-identical")
        again, taken = self.rewrite(functional, "reinplace", name="again", options=quick)
        self.assertEqual(taken, {"reinplace": chains})
        self.assertNotIn("_scatter", again.read_text())

    def test_there_and_back_4_layers(self):
        self.there_and_back("decode_4layers.txt", 8)

    def test_there_and_back_2_layers(self):
        self.there_and_back("llama_2layers_torch2.1.txt", 4)

    def test_there_and_back_22_layers(self):
        self.there_and_back("llama_22layers_torch2.1.txt", 44)


if __name__ == "__main__":
    unittest.main()
