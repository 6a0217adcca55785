#!/usr/bin/env python3
"""How many copies does fxloom's reinplace.lua take out, and how many do PyTorch's passes, on the same graphs and in one run?

    bench_reinplace.py [--models] [--programs N [FIRST_SEED]] [--program FXLOOM] [--times N]

--models: decode steps, of which three are the samples, traced again: functional updates and copy_ that are left, bytes copied (counted by
`fxloom info` for all), the pass alone in milliseconds, best of --times (3). --programs: random programs of tests/torch, small enough for its
exhaustive search: wrong values, memory shared anew, and what was taken of what could be. Without either, both (300 programs).
"""
import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import types
import warnings

import torch

import capture
import retrace
import torch_passes

root = pathlib.Path(__file__).resolve().parents[2]
UPDATES = re.compile(r"= torch\.ops\.aten\.((?:slice|select|diagonal|as_strided)_scatter|index_put|_unsafe_index_put|index_copy|index_add|scatter\w*|masked_\w+)\.")
MODELS = {   # name: options of capture.py beside its defaults
    "22 layers, static": {"layers": 22, "dynamic": ""},
    "22 layers, dynamic": {"layers": 22},
}
SAMPLES = {   # file in samples: what its symbols are; retraced with these sizes, so that torch has a graph of it too
    "llama_22layers_torch2.1.txt": {"s0": 3, "s1": 4}, "decode_4layers.txt": {"s23": 8, "s70": 16, "s95": 2048},
    "tinyllama_22layers_bf16_torch2.11.txt": {"s23": 8, "s42": 16, "s0": 2048},
}
TIMED = '''fx.open(fx.args[1])
local best, taken = math.huge
for _ = 1, tonumber(fx.args[2]) do
  local start = os.clock()
  local done = fx.preview("reinplace")
  best, taken = math.min(best, os.clock() - start), #done.taken
end
print(best, taken)
'''


def options_of(changes):
    defaults = {"layers": 2, "width": 64, "heads": 4, "kv_heads": 0, "feed_forward": 0, "vocabulary": 100, "positions": 0, "batch": 3, "cache_batch": 4, "cache_length": 16,
                "dtype": "float32", "dynamic": "batch,cache-batch", "decompositions": "none", "layout": False, "seed": 0}
    options = types.SimpleNamespace(**(defaults | changes))
    options.kv_heads = options.kv_heads or options.heads
    options.feed_forward = options.feed_forward or 2 * options.width
    options.positions = options.positions or options.cache_length
    return options


def copied(fxloom, text, symbols, folder):
    """Copied bytes by kind, as `fxloom info` counts them."""
    path = pathlib.Path(folder, "counted.txt")
    path.write_text(text)
    bind = ["--bind", ",".join(f"{name}={value}" for name, value in symbols.items())] if symbols else []
    done = subprocess.run([fxloom, "info", path, "--json", *bind], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["graphs"][0]["copied_bytes"]


def row(name, text, seconds, fxloom, symbols, folder):
    scatters = collections.Counter("scatter" if "scatter" in op else op for op in UPDATES.findall(text))
    bytes_ = copied(fxloom, text, symbols, folder)
    total = None if None in bytes_.values() else sum(bytes_.values())
    return [name, str(scatters["scatter"]), str(sum(scatters.values()) - scatters["scatter"]), str(len(re.findall(r"aten\.copy_\.", text))),
            "-" if total is None else f"{total / 1024:,.0f}", "" if seconds is None else f"{1000 * seconds:,.1f}"]


def run_fxloom(fxloom, text, times, folder):
    """(the rewritten text, seconds of analysis and rewriting)."""
    dump, out, script = (pathlib.Path(folder, name) for name in ("graph.txt", "out.txt", "timed.lua"))
    dump.write_text(text)
    script.write_text(TIMED)
    out.unlink(missing_ok=True)
    timed = subprocess.run([fxloom, "lua", script, "--trust", dump, str(times)], capture_output=True, text=True, check=True).stdout.split()
    subprocess.run([fxloom, "rewrite", dump, root / "scripts" / "reinplace.lua", "-o", out, "--no-verify", "-q"], check=True)
    return out.read_text(), float(timed[0])


def table(rows):
    widths = [max(len(r[k]) for r in rows) for k in range(len(rows[0]))]
    for r in rows:
        print("  " + "  ".join(value.ljust(w) if k == 0 else value.rjust(w) for k, (value, w) in enumerate(zip(r, widths))))


def symbols_of(graph_module, arguments):
    """{symbol: its value}, from the sizes of the placeholders."""
    found = {}
    placeholders = [n for n in graph_module.graph.nodes if n.op == "placeholder"]
    for node, value in zip(placeholders, arguments):
        stated, real = node.meta.get("val"), value
        pairs = zip(stated.shape, real.shape) if isinstance(stated, torch.Tensor) else [(stated, real)]
        found |= {str(s): int(v) for s, v in pairs if isinstance(s, torch.SymInt) and str(s).isidentifier()}
    return found


def compare(name, graph_module, arguments, symbols, layout, options):
    """Prints the table of one graph."""
    shown = types.SimpleNamespace(layout=layout)
    text = capture.text(graph_module, shown)
    with tempfile.TemporaryDirectory() as folder:
        rows = [["", "scatters left", "other updates", "copy_", "KiB copied", "ms"], row("as printed", text, None, options.program, symbols, folder)]
        rewritten, seconds = run_fxloom(options.program, text, options.times, folder)
        rows.append(row("fxloom reinplace.lua", rewritten, seconds, options.program, symbols, folder))
        for label, one in torch_passes.PASSES.items():
            try:
                results = [one(graph_module, arguments) for _ in range(options.times)]
            except Exception as error:   # noqa: BLE001 - said in the table
                rows.append([label, f"{type(error).__name__}: {str(error).splitlines()[0][:60]}", "", "", "", ""])
                continue
            rows.append(row(label, capture.text(results[0][0], shown), min(s for _, s in results), options.program, symbols, folder))
    print(f"\n{name}: {len(graph_module.graph.nodes)} nodes{''.join(f', {s}={v}' for s, v in symbols.items())}")
    table(rows)
    sys.stdout.flush()


def models(options):
    for name, symbols in SAMPLES.items():
        graph_module, arguments = retrace.retrace((root / "samples" / name).read_text(), symbols)
        compare(f"{name} with sizes {', '.join(f'{s}={v}' for s, v in symbols.items())}", graph_module, arguments, {}, True, options)
    for name, changes in MODELS.items():
        torch._dynamo.reset()
        graph_module, arguments = capture.capture(options_of(changes))
        compare(name, graph_module, arguments, symbols_of(graph_module, arguments), False, options)


def random_programs(options):
    sys.path.insert(0, str(root / "tests" / "torch"))
    import checks
    import oracle
    import programs
    import random_programs as makers
    import rewritten
    from observations import Observation, compare, fresh
    torch.set_num_threads(1)
    programs.program_path = options.program
    count, first = options.programs[0], (options.programs + [0])[1]
    tallies = collections.defaultdict(collections.Counter)
    made = []
    seed = first
    while len(made) < count:
        program = makers.functional_graph(seed, True)
        best = program and program.samples and oracle.best(program)
        if best:
            made.append((program, best))
        seed += 1
    with tempfile.TemporaryDirectory() as folder:
        answers = rewritten.rewrite_all([program.text() for program, _ in made], folder)
        for (program, best), answer in zip(made, answers):
            names = {"fxloom reinplace.lua": lambda program=program, answer=answer: (answer.text, program.exported(answer.module))}
            names |= {label: lambda program=program, one=one: through_torch(program, one, fresh) for label, one in torch_passes.PASSES.items()}
            for label, rewrite in names.items():
                tally = tallies[label]
                try:
                    text, function = rewrite()
                    left = oracle.copied_bytes(checks.reread(program, text))[0]
                except Exception:   # noqa: BLE001 - counted
                    tally["failed"] += 1
                    continue
                kinds = {line.split(":")[0].split()[0] for sample in program.samples
                         for line in compare(Observation(program.outputs, sample), Observation(function, sample))}
                tally.update({"wrong values": bool(kinds & {"output", "input", "error"}), "new aliases": bool(kinds & {"alias", "storage"}),
                              "removable": best.before - best.after,
                              "taken": 0 if kinds & {"output", "input", "error", "alias"} else best.before - left,
                              "all": left <= best.after < best.before, "some": best.after < best.before})
    print(f"\n{count} random programs that torch made graphs of (seeds {first} to {seed - 1}), {tallies['fxloom reinplace.lua']['some']} with something removable")
    rows = [["", "wrong values", "memory shared anew", "failed", "bytes taken of what is removable", "programs with all taken"]]
    for label, t in tallies.items():
        rows.append([label, str(t["wrong values"]), str(t["new aliases"]), str(t["failed"]), f"{t['taken']:,} of {t['removable']:,} ({100 * t['taken'] / max(t['removable'], 1):.1f} %)",
                     f"{t['all']} of {t['some']}"])
    table(rows)


def through_torch(program, one, fresh):
    """(text, function) of the program after one of torch's passes."""
    def arguments_of(values):
        return [v for name, v in zip(program.inputs, values) if name not in program.buffers]

    result, _ = one(program.graph_module, arguments_of(fresh(program.samples[0])))

    def function(*values):
        for name, attribute in program.buffers.items():
            setattr(result, attribute, dict(zip(program.inputs, values))[name])
        return result(*arguments_of(values))

    text = result.print_readable(print_output=False, include_stride=True, include_device=True)
    return re.sub(r"\x1b\[\d+m", "", text), function


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", action="store_true")
    parser.add_argument("--programs", nargs="+", type=int, metavar="N")
    parser.add_argument("--program", default=os.environ.get("FXLOOM", str(root / "build" / "fxloom")))
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    everything = not options.models and not options.programs
    if options.models or everything:
        models(options)
    if options.programs or everything:
        options.programs = options.programs or [300]
        random_programs(options)


if __name__ == "__main__":
    main()
