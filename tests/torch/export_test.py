#!/usr/bin/env python3
"""export_test.py [PATH/TO/fxloom, default $FXLOOM]: exported Python runs under torch, computes what the dump says, and refuses inputs that it must refuse.

Exports the small graphs of tests/golden/export and the key-value cache of tests/lua (rewritten in place) through `fxloom lua`, imports the modules
and calls them. Prints one line a failure; exit 1 when there is one.
"""
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import torch

tool = sys.argv[1] if len(sys.argv) > 1 else os.environ["FXLOOM"]
root = pathlib.Path(__file__).resolve().parents[2]
failures = []


def expect(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what)


def raises(kind, text, call):
    try:
        call()
    except kind as error:
        expect(text in str(error), f"expected '{text}', got '{error}'")
        return
    except Exception as error:  # noqa: BLE001
        expect(False, f"expected {kind.__name__} '{text}', got {type(error).__name__} '{error}'")
        return
    expect(False, f"expected {kind.__name__} '{text}', nothing was raised")


def export(dump, folder, rewrite=None):
    """Imports what fxloom exports of `dump`."""
    name = dump.stem + ("_rewritten" if rewrite else "")
    out = folder / f"{name}.py"
    script = folder / f"{name}.lua"
    script.write_text(f'fx.open([[{dump}]])\n' + (f'fx.apply("{rewrite}")\n' if rewrite else "") + f'fx.export([[{out}]])\n')
    done = subprocess.run([tool, "lua", str(script), "--trust"], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"fxloom lua failed for {dump}: {done.stderr or done.stdout}")
    return load(out)


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def check_cache(module):
    def inputs(s0=2, s1=4):
        return torch.arange(s1 * 8.0).reshape(s1, 8), s0, torch.tensor([3]), torch.full((s0, 1), -1.0), torch.ones(s1, 8)

    cache, n, pos, k, other = inputs()
    (out,) = module.forward(cache, n, pos, k, other)
    expect(cache[:2, 3].eq(-1).all() and cache[2, 3] == 19, "cache: the window was written, nothing else")
    expect(torch.equal(out, cache[:2]), "cache: result")
    cache, n, pos, k, other = inputs()
    raises(ValueError, "share memory", lambda: module.forward(cache, n, pos, k, cache))
    raises(ValueError, "share memory", lambda: module.forward(cache, n, pos, cache[:2, :1], other))
    both = torch.zeros(4, 2, 8)
    module.forward(both[:, 0], n, pos, k, both[:, 1])              # stacked halves: no common element
    raises(ValueError, "share memory", lambda: module.forward(both[:, 1], n, pos, k, both[:, 1]))
    shifted = torch.zeros(40)
    raises(ValueError, "share memory", lambda: module.forward(shifted[:32].view(4, 8), n, pos, k, shifted[8:].view(4, 8)))
    interleaved = torch.zeros(4, 8, 2)
    module.forward(interleaved[..., 0], n, pos, k, interleaved[..., 1])
    checkered = torch.zeros(200)
    a, b = checkered.as_strided((4, 8), (22, 2), 0), checkered.as_strided((4, 8), (22, 2), 5)
    module.forward(a, n, pos, k, b)                                # only the exact test can tell
    raises(ValueError, "share memory", lambda: module.forward(a, n, pos, k, checkered.as_strided((4, 8), (22, 2), 6)))
    raises(ValueError, "two elements of input 'cache' share one address", lambda: module.forward(torch.zeros(1, 8).expand(4, 8), n, pos, k, other))
    raises(ValueError, "two elements of input 'cache' share one address", lambda: module.forward(torch.zeros(40).as_strided((4, 8), (4, 1)), n, pos, k, other))
    raises(ValueError, "made for s0 >= 2", lambda: module.forward(cache, 1, pos, k[:1], other))
    raises(ValueError, "input 'cache' is torch.float64, expected torch.float32", lambda: module.forward(cache.double(), n, pos, k, other))
    raises(ValueError, "dimension 1 of input 'cache' is 7, expected 8", lambda: module.forward(cache[:, :7], n, pos, k, other))
    raises(ValueError, "dimension 0 of input 'other' is 3, expected s1 = 4", lambda: module.forward(cache, n, pos, k, other[:3]))
    raises(ValueError, "expected 2 dimensions: [s1, 8]", lambda: module.forward(cache[0], n, pos, k, other))
    raises(TypeError, "input 'n' is a str, expected a number (s0)", lambda: module.forward(cache, "2", pos, k, other))
    raises(TypeError, "input 'k' is a NoneType, expected a torch.float32 tensor", lambda: module.forward(cache, n, pos, None, other))
    module.CHECK_INPUTS = False
    module.forward(cache, n, pos, k, cache)
    module.CHECK_INPUTS = True


def check_names(module):
    x = torch.tensor([1.0, -2.0])
    out = module.forward(x, torch.tensor([-1.0, 4.0]), 5)
    expect(torch.equal(out[0], torch.tensor([1.0, 2.0])), "names: relu(math) + L_x_")
    expect(out[1] == 10 and out[2] == -10 and out[3] == 1, "names: numbers")
    expect(torch.isinf(out[4]).all() and (out[4] < 0).all(), "names: -inf")
    expect(out[5] is None and out[6] == "text" and list(out[7]) == [1.0, 1e-05], "names: constants")


def check_sizes(module):
    out = module.forward(torch.zeros(6, 2), torch.zeros(3), torch.tensor(1))
    expect(torch.equal(out[0], torch.arange(6.0)), "sizes: iota, convert_element_type")
    expect(tuple(out[3:]) == (2, 1, 1, 3), f"sizes: {out[3:]}")
    raises(ValueError, "dimension 0 of input 'x' is 5, expected 2*s0 = 6", lambda: module.forward(torch.zeros(5, 2), torch.zeros(3), torch.tensor(1)))


def check_attributes(module):
    x = torch.ones(2)
    raises(RuntimeError, "before calling forward: the graph reads it", lambda: module.forward(x))
    module._tensor_constant0 = torch.zeros(2)
    module.layers_weight = torch.full((2,), 3.0)
    expect(torch.equal(module.forward(x), torch.full((2,), 3.0)), "attributes: result")
    expect(torch.equal(module._tensor_constant0, torch.ones(2)), "attributes: the constant was written")
    module._tensor_constant0 = x
    raises(ValueError, "inputs '_tensor_constant0' and 'x' share memory", lambda: module.forward(x))


def check_strides(module):
    module.table = torch.ones(2)
    y, z = torch.zeros(2, 3), torch.zeros(2, 8)[:, :2]
    out = module.forward(torch.zeros(3, 4), y, z)
    expect(torch.equal(out[0], torch.ones(3, 4)), "strides: result")
    module.forward(torch.zeros(1, 4).as_strided((1, 4), (99, 1)), y, z)   # a size of 1: its stride is nobody's
    module.forward(torch.zeros(0, 4), y, z)
    module.forward(torch.zeros(3, 6)[:, :4], y, torch.zeros(24).as_strided((2, 2), (12, 1)))
    raises(ValueError, "input 'x' has strides [1, 3], and this graph is right only for strides [s9, 1]", lambda: module.forward(torch.zeros(4, 3).t(), y, z))
    raises(ValueError, "input 'y' has strides [1, 2] and storage offset 0, and this graph is right only for strides [3, 1] and storage offset 0",
           lambda: module.forward(torch.zeros(3, 4), torch.zeros(3, 2).t(), z))
    raises(ValueError, "input 'y' has strides [3, 1] and storage offset 3", lambda: module.forward(torch.zeros(3, 4), torch.zeros(3, 3)[1:], z))
    raises(ValueError, "input 'z' has strides [6, 1], and this graph is right only for strides [2*s9, 1]: 2*s9 is 8, not 6",
           lambda: module.forward(torch.zeros(3, 4), y, torch.zeros(2, 6)[:, :2]))
    raises(ValueError, "2*s9 is 8, not 7", lambda: module._check_strides({"x": torch.zeros(3, 4), "z": torch.zeros(2, 7)[:, :2]}, {}))
    module.table = torch.ones(4)[::2]
    raises(ValueError, "input 'table' has strides [2], and this graph is right only for strides [1]", lambda: module.forward(torch.zeros(3, 4), y, z))


def check_rewritten(before, after):
    cache = torch.arange(32.0).reshape(4, 8)
    results = []
    for module in (before, after):
        mine = cache.clone()
        (out,) = module.forward(mine, 2, torch.tensor([3]), torch.tensor([[5.0], [6.0]]))
        results.append((mine, out))
    expect(torch.equal(results[0][0], results[1][0]) and torch.equal(results[0][1], results[1][1]), "kv: same before and after")
    expect(not torch.equal(results[0][0], cache), "kv: the cache is written")


def check_cost(module, folder):
    """44 written inputs among 200: the check costs well under two milliseconds."""
    count, written = 200, 44
    text = (folder / "cache.py").read_text()
    start, end = text.index("_INPUTS = ("), text.index("_OTHERS = ")
    table = "_INPUTS = (\n" + "".join(f"    ('i{i}', torch.float32, (16, 8)),\n" for i in range(count)) + ")\n"
    names = "{" + ", ".join(f"'i{i}'" for i in range(count)) + "}"
    guards = f"_OTHERS = {names}\n_DISJOINT = {{f'i{{i}}': _OTHERS - {{f'i{{i}}'}} for i in range({written})}}\n"
    tail = text.index("_NO_SELF_OVERLAP")
    many = folder / "many.py"
    many.write_text(text[:start] + table + guards + "_NO_SELF_OVERLAP = frozenset(_DISJOINT)\n" + text[text.index("\n", tail) + 1:].replace('_CONDITIONS = (\'s0 >= 2\', )', "_CONDITIONS = ()"))
    big = load(many)
    values = tuple(torch.zeros(16, 8) for _ in range(count))
    best = 1.0
    for _ in range(50):
        begin = time.perf_counter()
        big._check_inputs(values)
        best = min(best, time.perf_counter() - begin)
    expect(best < 2e-3, f"checking 200 inputs took {best * 1e3:.2f} ms")
    raises(ValueError, "share memory", lambda: big._check_inputs(values[:-1] + (values[0],)))
    print(f"checks of {count} inputs, {written} written: {best * 1e3:.2f} ms")


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    golden = root / "tests/golden/export"
    cache = export(golden / "cache.txt", folder)
    check_cache(cache)
    check_names(export(golden / "names.txt", folder))
    check_sizes(export(golden / "sizes.txt", folder))
    check_attributes(export(golden / "attributes.txt", folder))
    check_strides(export(golden / "strides.txt", folder))
    check_rewritten(export(root / "tests/lua/kv.txt", folder), export(root / "tests/lua/kv.txt", folder, "reinplace"))
    check_cost(cache, folder)
    shown = subprocess.run([sys.executable, str(folder / "cache.py")], capture_output=True, text=True)
    expect(shown.returncode == 0 and "cache   torch.float32 [s1, 8]   written in place" in shown.stdout, f"python cache.py prints what it needs: {shown.stdout}")

print(f"export: {len(failures)} failures")
sys.exit(bool(failures))
