#!/usr/bin/env python3
"""Custom operators: auto_functionalized calls, written out and reinplaced, change nothing.   auto_functionalized_test.py [COUNT [FIRST_SEED]]

Functions that call the operators of custom_operators.py (listed below, then COUNT random ones) are traced by torch into graphs with
auto_functionalized v1 and v2, rewritten by scripts/decompose_auto_functionalized.lua alone and with scripts/reinplace.lua after it, exported,
and run under torch beside the graph that torch made: values, final inputs, who shares memory with whom.
"""
import collections
import pathlib
import random
import subprocess
import sys
import tempfile

import torch

import programs
from custom_operators import SPACE, both, bump, captured, declarations, fill_rows, many, parts, text_of

decompose = programs.root / "scripts" / "decompose_auto_functionalized.lua"
failures = []


def expect(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what, flush=True)


# --- functions of x, y (4 x 4) and c (4) ---------------------------------------------------------------------------------------------

def whole(x, y, c):
    bump(x, y)
    return x * 2


def rows(x, y, c):
    bump(x[1:3], y[:2], 0.5)
    return x.sum()


def columns(x, y, c):
    bump(x[:, 1:3], y[:, :2])
    return c + 1


def one_row_131192(x, y, c):
    bump(x[2], c)
    return x + y


def transposed(x, y, c):
    bump(x.t(), y)
    return y + x


def old_value_read_later(x, y, c):
    before = x + 1
    bump(x, y)
    return before, x.t() @ before


def view_taken_before(x, y, c):
    view = x[1:]
    bump(x, y)
    return view * 2


def two_results(x, y, c):
    old, total = parts(x)
    return old * total, x


def two_halves(x, y, c):
    return both(x[:2], c, x[2:])


def overlapping_views(x, y, c):
    return both(x[:3], c, x[1:])


def one_tensor_twice_132196(x, y, c):
    return both(x, c, x)


def a_tensor_and_its_row_196657(x, y, c):
    return both(x, c, x[0])


def operand_is_written(x, y, c):
    bump(x, x)
    return both(x, x[0], y)


def operand_overlaps(x, y, c):
    bump(x[1:], x[:3])
    return x.clone()


def lists(x, y, c):
    many([x, y[0]], None)
    many([y], c, 2.0)
    many([], c)
    return x + y


def list_of_views(x, y, c):
    many([x[0], x[1], x[2:]], x[3])
    return x.sum(0)


def keyword_only(x, y, c):
    fill_rows(x, 2, value=3.0)
    fill_rows(x.t(), 1, value=-1.0)
    return x + y


def fresh_buffer(x, y, c):
    buffer = torch.zeros(4, 4)
    for i in range(3):
        bump(buffer[i], x[i])
    return buffer, buffer @ y


def again_and_again(x, y, c):
    for i in range(3):
        bump(x[i:i + 2], y[:2])
        bump(y, x)
    return both(x, c, y)


def returned_and_written(x, y, c):
    z = x.view(16)
    bump(z, z)
    return z[:4] + c


def copy_of_an_input(x, y, c):
    z = x.clone()
    bump(z, y)
    return z, x


FUNCTIONS = (whole, rows, columns, one_row_131192, transposed, old_value_read_later, view_taken_before, two_results, two_halves, overlapping_views,
             one_tensor_twice_132196, a_tensor_and_its_row_196657, operand_is_written, operand_overlaps, lists, list_of_views, keyword_only, fresh_buffer, again_and_again,
             returned_and_written, copy_of_an_input)


def inputs(rows=4, columns=4):
    generator = torch.Generator().manual_seed(rows * 10 + columns)
    return [torch.randint(-4, 5, shape, generator=generator).float() for shape in ((rows, columns), (rows, columns), (columns,))]


# --- rewriting and comparing -------------------------------------------------------------------------------------------------------------

class Rewriter:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.declare = self.folder / "declare.lua"
        self.declare.write_text(declarations())
        self.counts = collections.Counter()

    def rewrite(self, text, *scripts, out="out.py"):
        dump = self.folder / "dump.txt"
        dump.write_text(text)
        done = subprocess.run([programs.program_path, "rewrite", dump, *scripts, "-o", self.folder / out, "--no-verify"],
                              capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise AssertionError(f"exit {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def check(self, name, module, given, more=()):
        """Compares at the inputs it was traced with, and at `more`."""
        text = text_of(module)
        for scripts in ((self.declare,), (self.declare, decompose), (self.declare, decompose, programs.script)):
            what = f"{name} ({' '.join(script.stem for script in scripts)})"
            try:
                said = self.rewrite(text, *scripts)
                exported = (self.folder / "out.py").read_text()
                after = programs.load_module(self.folder / "out.py").forward
                words = [word for one in (given, *more) for word in programs.differences(module, after, one)]
            except Exception as error:   # noqa: BLE001 - whatever goes wrong is a failure of the test
                words, said, exported = [f"{type(error).__name__}: {error}"], "", ""
            expect(not words, f"{what}: {'; '.join(words)}\n{text}\n{said}")
            self.counts[f"calls after {scripts[-1].stem}"] += exported.count("higher_order.auto_functionalized")
            self.counts[f"clones after {scripts[-1].stem}"] += exported.count("aten.clone.default")
        self.counts["graphs"] += 1
        return text


def check_listed(rewriter):
    for function in FUNCTIONS:
        for version in (1, 2):
            rewriter.check(f"{function.__name__} v{version}", captured(function, inputs(), version), inputs())
    for function in (whole, rows, columns, one_row_131192, transposed, overlapping_views, again_and_again):
        traced, other = ((5, 5), (7, 7)) if function is transposed else ((5, 6), (7, 8))
        for version in (1, 2):
            rewriter.check(f"{function.__name__} dynamic v{version}", captured(function, inputs(*traced), version, dynamic=True), inputs(*traced),
                           [inputs(*other)])
    strided = [torch.arange(24.0).view(4, 6)[:, :4], *inputs()[1:]]
    for version in (1, 2):
        rewriter.check(f"whole, strided v{version}", captured(whole, strided, version), strided)
        rewriter.check(f"columns, strided v{version}", captured(columns, strided, version), strided)


# --- random functions ------------------------------------------------------------------------------------------------------------------

def random_function(seed):
    """Calls of all operators on views of the inputs and of buffers."""
    chooser = random.Random(seed)
    steps = [chooser.randrange(9) for _ in range(chooser.randint(1, 6))]
    picks = [[chooser.randrange(100) for _ in range(8)] for _ in steps]
    returned = chooser.randrange(4)

    def run(x, y, c):
        buffer = torch.zeros(4, 4) if returned % 2 else y * 1
        matrices = [x, y, buffer]
        results = []
        for step, pick in zip(steps, picks):
            at = iter(pick)
            base, other = matrices[next(at) % 3], matrices[next(at) % 3]

            def square(m):
                return (m, m.t(), m.view(16).view(4, 4))[next(at) % 3]

            def row(m):
                k = next(at)
                return (m[k % 4], m.t()[k % 4], m.view(16)[k % 12:k % 12 + 4])[k % 3]

            if step == 0:
                bump(square(base), square(other), 0.5)
            elif step == 1:
                bump(row(base), row(other))
            elif step == 2:
                results.append(both(row(base), c, row(other)))
            elif step == 3:
                results.append(both(square(base)[:3], c, square(other)[1:]))
            elif step == 4:
                results.extend(parts(square(base)))
            elif step == 5:
                many([row(base), square(other)], row(matrices[next(at) % 3]) if pick[7] % 2 else None)
            elif step == 6:
                fill_rows(square(base), pick[6] % 4, value=2.0)
            elif step == 7:
                base.add_(square(other)) if pick[7] % 2 else base[1:3].copy_(other[:2])
            else:
                results.append(square(base) + 1)
        return tuple(results) + ((buffer,), (x,), (x + y,), ())[returned]

    return run


def check_random(rewriter, count, first):
    for seed in range(first, first + count):
        for version in (1, 2):
            given = inputs()
            try:
                module = captured(random_function(seed), given, version)
            except RuntimeError:   # torch cannot functionalise this one
                rewriter.counts["not traced"] += 1
                continue
            rewriter.check(f"seed {seed} v{version}", module, inputs())


# --- calls by hand: what no tracing gives ------------------------------------------------------------------------------------------------

HANDMADE = """class <lambda>(torch.nn.Module):
    def forward(self, x: "f32[4, 4][4, 1]cpu", y: "f32[4, 4][4, 1]cpu", c: "f32[4][1]cpu"):
        {}
        return ({})
"""
V1, V2, OP = "torch.ops.higher_order.auto_functionalized", "torch.ops.higher_order.auto_functionalized_v2", f"torch.ops.{SPACE}"
BY_HAND = {
    "one tensor twice, 132196": (f"""af = {V1}({OP}.both.default, a = x, scale = c, b = x)
        total: "f32[]" = af[0];  a: "f32[4, 4][4, 1]cpu" = af[1];  b: "f32[4, 4][4, 1]cpu" = af[2]""", "total, a, b"),
    "a base twice": (f"""af = {V2}({OP}.both.default, scale = c, _a_base_index = 0, _b_base_index = 1, _all_bases = [x, x])
        a: "f32[4, 4][4, 1]cpu" = af[1];  b: "f32[4, 4][4, 1]cpu" = af[2]""", "a, b"),
    "an alias": (f"""af = {V2}({OP}.bump.default, y = y, by = 1.0, _x_base_index = 0, _x_alias = True, _all_bases = [x])
        a: "f32[4, 4][4, 1]cpu" = af[1]
        copy_: "f32[4, 4][4, 1]cpu" = torch.ops.aten.copy_.default(x, a)""", "x"),
    "None is used": (f"""af = {V1}({OP}.bump.default, x = x, y = y, by = 1.0)
        nothing = af[0];  a: "f32[4, 4][4, 1]cpu" = af[1]""", "nothing, [a, nothing]"),
    "a list is used": (f"""af = {V1}({OP}.many.default, xs = [x, y], m = None, k = 1.0)
        xs = af[1];  m = af[2]
        first: "f32[4, 4][4, 1]cpu" = xs[0]
        cat: "f32[8, 4][4, 1]cpu" = torch.ops.aten.cat.default(xs)""", "cat, first, m"),
    "one clone is left out": (f"""z: "f32[4, 4][4, 1]cpu" = torch.ops.aten.add.Tensor(x, 1)
        af = {V1}({OP}.both.default, a = z, scale = c, b = y, _only_clone_these_tensors = ['b'])
        a: "f32[4, 4][4, 1]cpu" = af[1];  b: "f32[4, 4][4, 1]cpu" = af[2]""", "z, a, b"),
    "one base is left out": (f"""z: "f32[4, 4][4, 1]cpu" = torch.ops.aten.add.Tensor(x, 1)
        af = {V2}({OP}.both.default, scale = c, _a_base_index = 0, _b_base_index = 1, _all_bases = [y, z], _only_clone_these_bases = (0,))
        a: "f32[4, 4][4, 1]cpu" = af[1];  b: "f32[4, 4][4, 1]cpu" = af[2]""", "z, a, b"),
}


def by_hand(name):
    statements, returned = BY_HAND[name]
    return HANDMADE.format("\n        ".join(part.strip() for line in statements.splitlines() for part in line.split(";  ")), returned)


def check_by_hand(rewriter):
    """The call itself, exported as it stands, is the oracle: torch runs it."""
    for name in BY_HAND:
        for scripts in ((decompose,), (decompose, programs.script)):
            modules = []
            for given in ((), scripts):
                said = rewriter.rewrite(by_hand(name), rewriter.declare, *given)
                modules.append(programs.load_module(rewriter.folder / "out.py").forward)
            flat = [lambda *a, forward=forward: tuple(torch.utils._pytree.tree_leaves(forward(*a))) for forward in modules]
            words = programs.differences(*flat, inputs())
            expect(not words, f"{name}: {'; '.join(words)}\n{said}")
            expect("higher_order" not in (rewriter.folder / "out.py").read_text(), f"{name} is decomposed: {said}")
    # The base is a view of an input: where it lies in the storage is not known.
    text = HANDMADE.format(f"""part: "f32[3, 4][4, 1]cpu" = torch.ops.aten.slice.Tensor(x, 0, 1, 4)
        af = {V2}({OP}.bump.default, y = c, by = 1.0, _x_base_index = 0, _x_size = (4,), _x_stride = (1,), _x_storage_offset = 8, _all_bases = [part])
        a: "f32[3, 4][4, 1]cpu" = af[1]""", "a,")
    said = rewriter.rewrite(text, rewriter.declare, decompose)
    expect("geometry-changes: af views part from the beginning of its storage, and where part lies in it is not known" in said, said)


# --- what is refused, and what the exported module refuses ----------------------------------------------------------------------------------

def check_refusals(rewriter):
    for version, suffix in ((1, ""), (2, "_v2")):
        said = rewriter.rewrite(text_of(captured(whole, inputs(), version)), decompose)
        expect(f"refused auto_functionalized{suffix}: unknown-operator: nobody knows what {SPACE}.bump.default writes: declare it before with "
               f'fx.operator("{SPACE}::bump(...) -> ..."), as print(torch.ops.{SPACE}.bump.default._schema) shows it' in said, f"undeclared v{version}: {said}")
        expect("higher_order.auto_functionalized" in (rewriter.folder / "out.py").read_text(), "an undeclared call stays")
    overlapping = [torch.zeros(4).as_strided((4, 4), (0, 1)), *inputs()[1:]]
    text = text_of(captured(whole, inputs(), 1)).replace('arg0_1: "f32[4, 4][4, 1]cpu"', 'arg0_1: "f32[4, 4][0, 1]cpu"')
    expect("internal-overlap" in rewriter.rewrite(text, rewriter.declare, decompose), f"an expanded input is not cloned: {overlapping[0].stride()}")
    whole_tuple = text_of(captured(whole, inputs(), 1)).replace("return (mul,)", "return (mul, auto_functionalized)").replace(";  auto_functionalized = None", "")
    expect("uses the tuple of auto_functionalized as a whole" in rewriter.rewrite(whole_tuple, rewriter.declare, decompose), "the tuple is returned")
    # A view that counts from the beginning of the storage: the export checks that the input lies there.
    module = captured(one_row_131192, inputs(), 2)
    rewriter.rewrite(text_of(module), rewriter.declare, decompose)
    forward = programs.load_module(rewriter.folder / "out.py").forward
    try:
        forward(torch.zeros(6, 4)[2:], *inputs()[1:])
        expect(False, "an input behind the beginning of its storage is taken")
    except ValueError as error:
        expect("storage offset 8" in str(error), str(error))
    # Without strides in the text the same is checked of the strides.
    rewriter.rewrite(text_of(module, strides=False), rewriter.declare, decompose)
    forward = programs.load_module(rewriter.folder / "out.py").forward
    expect(not programs.differences(module, forward, inputs()), "one_row_131192, printed without strides")
    try:
        forward(torch.zeros(4, 4).t(), *inputs()[1:])
        expect(False, "an input with other strides is taken")
    except ValueError as error:
        expect("has strides [1, 4]" in str(error), str(error))


def check_text(rewriter):
    """What is written as text reads back and says the same."""
    module = captured(again_and_again, inputs(), 2)
    rewriter.rewrite(text_of(module), rewriter.declare, decompose, out="out.txt")
    once = (rewriter.folder / "out.txt").read_text()
    rewriter.rewrite(once, rewriter.declare, out="out.py")
    expect(not programs.differences(module, programs.load_module(rewriter.folder / "out.py").forward, inputs()), "text read back")
    graph_form = str(module.graph)   # as print(gm.graph) has it
    rewriter.rewrite(graph_form, rewriter.declare, decompose)
    expect("higher_order" not in (rewriter.folder / "out.py").read_text(), "print(graph) is decomposed too")


def main():
    torch.set_num_threads(1)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as folder:
        rewriter = Rewriter(folder)
        check_listed(rewriter)
        check_by_hand(rewriter)
        check_random(rewriter, count, first)
        expect(rewriter.counts["calls after decompose_auto_functionalized"] == 0, "every call is decomposed")
        check_refusals(rewriter)
        check_text(rewriter)
    print(", ".join(f"{name} {n}" for name, n in sorted(rewriter.counts.items())))
    print(f"{len(failures)} failures")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
