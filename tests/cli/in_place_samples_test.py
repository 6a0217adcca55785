#!/usr/bin/env python3
"""The table of the README: what reinplace takes that PyTorch's passes leave, what it refuses that they took, as the samples show it."""
import json
import pathlib
import re
import unittest

from program import ProgramTest

samples = pathlib.Path(__file__).resolve().parents[2] / "samples"
REFUSED = {
    "copy_writes_zeros_198094": "copy-writes-other-value", "returned_too_195451": "result-escapes", "live_view_195292": "old-value-read-later",
    "expanded_183986": "internal-overlap", "values_alias_156786": "overlapping-operand", "permuted_read_198270": "overlapping-operand",
    "mutated_before_use_198131": "old-value-read-later", "clone_reshape_114464": "input-must-keep-value",
}


def names(path):
    return re.findall(r"^class (\w+)\(", path.read_text(), re.MULTILINE)


class InPlaceSamples(ProgramTest):
    def outcome(self, path, name, *more):
        self.expect(0, "rewrite", path, "reinplace", "-o", self.folder / "out.txt", "--graph", name, "--report", self.folder / "r.json", *more)
        (rewrite,) = json.loads((self.folder / "r.json").read_text())["rewrites"]
        return rewrite["taken"], rewrite["refused"], (self.folder / "out.txt").read_text()

    def test_taken(self):
        found = names(samples / "in_place_taken.txt")
        self.assertGreater(len(found), 5)
        for name in found:
            taken, refused, text = self.outcome(samples / "in_place_taken.txt", name, "--require-taken", "1")
            self.assertEqual(refused, [], name)
            self.assertNotRegex(text, r"aten\.(\w+_scatter|index_put|copy)\.", name)

    def test_refused(self):
        self.assertEqual(names(samples / "in_place_refused.txt"), list(REFUSED))
        for name, rule in REFUSED.items():
            taken, refused, _ = self.outcome(samples / "in_place_refused.txt", name)
            self.assertEqual((taken, [r["rule"] for r in refused]), ([], [rule]), name)


if __name__ == "__main__":
    unittest.main()
