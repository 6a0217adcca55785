"""For the tests of the command line: runs the program ($FXLOOM), makes small dumps and tensors, compares golden files.

Plain Python: no torch, no numpy. A test runs in a folder of its own that is removed afterwards.
"""
import json
import os
import pathlib
import re
import struct
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("FXLOOM", str(ROOT / "build" / "fxloom"))
SAMPLES = ROOT / "samples"
REINPLACE = ROOT / "scripts" / "reinplace.lua"
GOLDEN = ROOT / "tests" / "golden" / "cli"
SIZES = {"F64": "d", "F32": "f", "I64": "q", "I32": "i", "U8": "B", "BOOL": "?"}

# A cache that is written and copied back: what the whole program is about, at its smallest.
CACHE = '''class GraphModule(torch.nn.Module):
    def forward(self, cache: "f32[s0, 8]", x: "f32[s0, 2]"):
        slice_scatter: "f32[s0, 8]" = torch.ops.aten.slice_scatter.default(cache, x, 1, 2, 4);  x = None
        sum_1: "f32[s0]" = torch.ops.aten.sum.dim_IntList(slice_scatter, [1])
        copy_: "f32[s0, 8]" = torch.ops.aten.copy_.default(cache, slice_scatter);  cache = slice_scatter = copy_ = None
        return (sum_1,)
'''
# The same, but the old content is read after the write: must be refused.
OLD_VALUE = '''class GraphModule(torch.nn.Module):
    def forward(self, cache: "f32[4, 8]", x: "f32[4, 2]"):
        slice_scatter: "f32[4, 8]" = torch.ops.aten.slice_scatter.default(cache, x, 1, 2, 4);  x = None
        add: "f32[4, 8]" = torch.ops.aten.add.Tensor(cache, slice_scatter)
        copy_: "f32[4, 8]" = torch.ops.aten.copy_.default(cache, slice_scatter);  cache = slice_scatter = copy_ = None
        return (add,)
'''
ADD = '''class GraphModule(torch.nn.Module):
    def forward(self, x: "f32[s0, 2]", y: "f32[s0, 2]"):
        add: "f32[s0, 2]" = torch.ops.aten.add.Tensor(x, y);  x = y = None
        return (add,)
'''


def write_safetensors(path, tensors, metadata=None):
    """tensors: {name: (dtype, shape, flat list)}; metadata: {name: anything that JSON holds}, as the program reads it."""
    header, data = {}, b""
    for name, (dtype, shape, values) in tensors.items():
        raw = struct.pack(f"<{len(values)}{SIZES[dtype]}", *values)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    if metadata:
        header["__metadata__"] = {key: json.dumps(value) for key, value in metadata.items()}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + data)


def read_safetensors(path):
    raw = pathlib.Path(path).read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + length])
    metadata = {key: json.loads(value) for key, value in header.pop("__metadata__", {}).items()}
    tensors = {}
    for name, entry in header.items():
        low, high = entry["data_offsets"]
        code = SIZES[entry["dtype"]]
        part = raw[8 + length + low:8 + length + high]
        tensors[name] = (entry["dtype"], entry["shape"], list(struct.unpack(f"<{len(part) // struct.calcsize(code)}{code}", part)))
    return tensors, metadata


class ProgramTest(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def run_program(self, *arguments, stdin=None, timeout=120):
        done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=timeout, cwd=self.folder, input=stdin,
                              errors="replace")
        self.assertNotIn("terminate called", done.stderr)
        return done

    def expect(self, code, *arguments, out=(), err=(), stdin=None):
        """Runs; checks the exit code and that stdout and stderr hold the fragments (strings or compiled patterns)."""
        done = self.run_program(*arguments, stdin=stdin)
        shown = f"\n$ fxloom {' '.join(map(str, arguments))}\nexit {done.returncode}\n{done.stdout}{done.stderr}"
        self.assertEqual(done.returncode, code, shown)
        for stream, fragments in ((done.stdout, out), (done.stderr, err)):
            for fragment in [fragments] if isinstance(fragments, (str, re.Pattern)) else fragments:
                found = fragment.search(stream) if isinstance(fragment, re.Pattern) else fragment in stream
                self.assertTrue(found, f"{fragment!r} is missing{shown}")
        return done

    def names(self):
        return sorted(path.name for path in self.folder.iterdir())

    def golden(self, name, text):
        """Compares with tests/golden/cli/NAME; UPDATE_GOLDEN=1 writes it."""
        text = text.replace(str(self.folder) + "/", "")
        path = GOLDEN / name
        if os.environ.get("UPDATE_GOLDEN") == "1":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.assertEqual(text, path.read_text() if path.exists() else "", f"{name} differs (UPDATE_GOLDEN=1 accepts)")


# --- the report ---------------------------------------------------------------------------------------------------------------

NUMBER, TEXT, INTEGER = (int, float), str, int


def null_or(shape):
    return ("null or", shape)


def each(shape):
    return ("each", shape)


def values(shape):
    return ("values", shape)


KINDS = {"update": null_or(INTEGER), "copy_": null_or(INTEGER), "clone": null_or(INTEGER)}
QUARTILES = {"median": NUMBER, "p25": NUMBER, "p75": NUMBER, "runs": INTEGER}
ITEM = {"name": TEXT, "same": bool, "bit_identical": bool, "max_abs": NUMBER, "max_rel": NUMBER, "problem": null_or(TEXT)}
REPORT = {
    "fxloom": TEXT, "schema": INTEGER, "command": TEXT, "file": null_or(TEXT), "torch": null_or(TEXT), "device": null_or(TEXT),
    "symbols": values(INTEGER),
    "graph": {"name": null_or(TEXT), "nodes": null_or(INTEGER), "nodes_after": null_or(INTEGER), "copied_bytes": KINDS, "copied_bytes_after": KINDS},
    "rewrites": each({
        "script": TEXT, "rewrite": TEXT,
        "taken": each({"node": TEXT, "writes": null_or(TEXT), "updates": INTEGER, "removed": each(TEXT), "bytes_saved": null_or(INTEGER),
                       "guards": each(TEXT)}),
        "refused": each({"node": TEXT, "rule": TEXT, "because": TEXT, "blockers": each(TEXT),
                         "repair": null_or({"text": TEXT, "rewrite": TEXT, "bytes": null_or(INTEGER)})})}),
    "verify": {"status": TEXT, "bit_identical": null_or(bool), "max_abs": null_or(NUMBER), "outputs": each(ITEM), "mutated_inputs": each(ITEM),
               "aliasing": null_or(TEXT), "bindings": each(values(INTEGER)),
               "rounds": each({"name": TEXT, "symbols": values(INTEGER), "fill": TEXT, "status": TEXT, "note": null_or(TEXT)}),
               "reason": null_or(TEXT),
               "evidence": null_or({
                   "blamed": null_or(TEXT), "nodes_compared": INTEGER, "command": null_or(TEXT),
                   "first_difference": null_or({"node": TEXT, "target": TEXT, "line": INTEGER, "call": TEXT, "max_abs": null_or(NUMBER),
                                                "differing": INTEGER, "elements": INTEGER,
                                                "overwritten": null_or({"operand": TEXT, "by": null_or(TEXT)})})})},
    "time": {"unit": TEXT, "before": null_or(QUARTILES), "after": null_or(QUARTILES), "speedup": null_or(NUMBER), "ci95": null_or(each(NUMBER)),
             "significant": null_or(bool),
             "sweep": each({"symbols": values(INTEGER), "before": QUARTILES, "after": null_or(QUARTILES), "speedup": null_or(NUMBER),
                            "ci95": null_or(each(NUMBER))})},
    "memory": {"peak_before": null_or(INTEGER), "peak_after": null_or(INTEGER)},
    "diagnostics": each({"severity": TEXT, "line": INTEGER, "column": INTEGER, "message": TEXT}),
}


def breaches(value, shape, where="report"):
    """What of `value` is not as `shape` says: missing and surplus fields, wrong types."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{where} is no object"]
        found = [f"{where}.{key} is missing" for key in shape if key not in value] + [f"{where}.{key} is surplus" for key in value if key not in shape]
        return found + [b for key in shape if key in value for b in breaches(value[key], shape[key], f"{where}.{key}")]
    if isinstance(shape, tuple) and shape and isinstance(shape[0], str):
        kind, inner = shape
        if kind == "null or":
            return [] if value is None else breaches(value, inner, where)
        if not isinstance(value, list if kind == "each" else dict):
            return [f"{where} is no {'list' if kind == 'each' else 'object'}"]
        items = enumerate(value) if kind == "each" else value.items()
        return [b for key, item in items for b in breaches(item, inner, f"{where}[{key}]")]
    wrong_bool = isinstance(value, bool) and shape is not bool
    return [f"{where} is {value!r}"] if wrong_bool or not isinstance(value, shape) else []


def read_report(test, path):
    report = json.loads(pathlib.Path(path).read_text())
    test.assertEqual(breaches(report, REPORT), [])
    test.assertEqual(report["schema"], 1)
    test.assertEqual(report["time"]["unit"], "us")
    return report
