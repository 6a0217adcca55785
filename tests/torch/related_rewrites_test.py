#!/usr/bin/env python3
"""Random programs through the rewrites beside reinplacing: none of them may change anything.   related_rewrites_test.py [COUNT [FIRST_SEED]]

Programs of program_maker.py, with more of what these rewrites look for: calls made twice, views of everything, pairs of views that undo each
other, chains of one kind, copies of a thing to itself, writes through views, random numbers. Each goes through every script and combination
of WAYS, is not verified by running (--no-verify), and is run under torch as printed and as exported: values, strides and identity of
outputs, final inputs, who shares memory with whom, the state of the random numbers; also called with inputs that share memory.
"""
import collections
import pathlib
import random
import subprocess
import sys
import tempfile

import torch

import programs
from checks import rejected, sharing_arguments, unwritten
from observations import Observation, compare, fresh
from program_maker import END, Maker, annotations, inputs_at

WAYS = [["remove_noops"], ["merge_views"], ["cse"], ["dead_code"], ["functionalize"], ["functionalize", "reinplace"],
        ["cse", "remove_noops", "merge_views", "dead_code"], ["reinplace", "functionalize", "cse", "merge_views", "remove_noops", "dead_code", "reinplace"]]
LEAST = {"remove_noops": 0.5, "merge_views": 0.2, "cse": 0.5, "dead_code": 0.5, "functionalize": 0.3}   # taken a program, for this to be a test


class RelatedMaker(Maker):
    def again(self):
        """A statement that is there already, now."""
        made = [e for _, e in self.statements if not any(op in e for op in ("_.", "sym_size"))]
        if made:
            expression = self.random.choice(made)
            self.add(expression, next(self.root[n] for n, e in self.statements if e == expression))

    def whole(self):
        """A view of everything."""
        base = self.pick(self.tensors())
        shape = list(self.values[base].shape)
        rank = len(shape)
        if not rank:
            return
        d = self.random.randrange(-rank, rank)
        symbolic = ["s0" if self.kind == "rows" and n == self.values["s0"] and i == 0 else n for i, n in enumerate(shape)]
        sizes = f"[{', '.join(map(str, symbolic))}]"
        self.add("aten." + self.random.choice([
            f"slice.Tensor({base}, {d}, 0, {END})", f"slice.Tensor({base}, {d})", f"slice.Tensor({base}, {d}, 0, {shape[d] + 2 if self.kind == 'constant' else END})",
            f"slice.Tensor({base}, {d}, 0, {END}, 1)", f"alias.default({base})", f"expand.default({base}, {[-1] * rank})", f"expand.default({base}, {sizes})",
            f"permute.default({base}, {list(range(rank))})", f"view.default({base}, {sizes})", f"_unsafe_view.default({base}, {sizes})",
            f"reshape.default({base}, {sizes})", f"transpose.int({base}, {d}, {d})", f"detach.default({base})"]), self.root[base])

    def pair(self):
        """Two views that undo each other, or nearly."""
        base = self.pick(self.tensors())
        rank = self.values[base].dim()
        if not rank:
            return
        a, b, c = (self.random.randrange(rank) for _ in range(3))
        first, second = self.random.choice([
            (f"unsqueeze.default(B, {a})", f"squeeze.dim(B, {self.random.choice([a, a, b])})"), (f"transpose.int(B, {a}, {b})", f"transpose.int(B, {a}, {b})"),
            (f"transpose.int(B, {a}, {b})", f"transpose.int(B, {b}, {c})"), ("t.default(B)", "t.default(B)"), (f"unsqueeze.default(B, {a})", "squeeze.default(B)"),
            (f"slice.Tensor(B, {a}, 0, 1)", f"squeeze.dim(B, {a})"), (f"permute.default(B, {list(reversed(range(rank)))})", f"permute.default(B, {list(reversed(range(rank)))})")])
        middle = self.add("aten." + first.replace("B", base), self.root[base])
        middle and self.add("aten." + second.replace("B", middle), self.root[base])

    def chain(self):
        """Views of one kind, one of another."""
        r, base = self.random, self.pick(self.tensors())
        shape = list(self.values[base].shape)
        rank = len(shape)
        if not rank:
            return
        kind = r.choice(["view", "slice", "slice", "permute", "expand", "select"])
        for _ in range(r.randrange(2, 4)):
            shape = list(self.values[base].shape)
            rank = len(shape)
            if not rank:
                return
            d = r.randrange(-rank, rank)
            start, end = self.bounds(shape[d]) if shape[d] else (0, END)
            numel = self.values[base].numel()
            call = {
                "view": lambda: f"{r.choice(['view', 'view', '_unsafe_view'])}.default({base}, {r.choice([[-1], [numel], [1, *shape], [*shape, 1], [1, numel], [2, -1], shape])})",
                "slice": lambda: f"slice.Tensor({base}, {r.choice([0, 0, d])}, {start}, {end}{r.choice(['', '', ', 2', ', 3'])})",
                "permute": lambda: r.choice([f"permute.default({base}, {r.sample(range(rank), rank)})", f"transpose.int({base}, {d}, 0)", f"t.default({base})"]),
                "expand": lambda: f"expand.default({base}, {r.choice([[2, *[-1] * rank], [1, *[-1] * rank], [n if n > 1 else r.choice([1, 3, -1]) for n in shape], [-1] * rank])})",
                "select": lambda: f"select.int({base}, {d}, {r.randrange(shape[d] or 1)})",
            }[kind]()
            name = self.add("aten." + call, self.root[base])
            if not name:
                return
            base = name

    def self_copy(self):
        base = self.pick(self.tensors())
        other = self.pick([n for n in self.tensors(self.values[base].shape) if self.root[n] == self.root[base]])
        self.add(f"aten.copy_.default({base}, {other})", self.root[base])

    def draw(self):
        base = self.pick(self.tensors())
        name = self.add("aten." + self.random.choice([f"rand_like.default({base})", f"bernoulli.p({base}, 0.5)", f"native_dropout.default({base}, 0.5, True)",
                                                      f"uniform_.default({base})", f"max.dim({base}, 0)"]))
        if name and isinstance(self.values[name], tuple):
            self.add(f"{name}[{self.random.randrange(2)}]")

    def write_in_place(self):
        """A write into a view, or into what a view shows, read afterwards."""
        r, base = self.random, self.base()
        for _ in range(r.randrange(3)):
            name, _ = self.show(base)
            if not name or not self.values[name].dim():
                break
            base = name
        shape = self.values[base].shape
        source = self.source(shape) or base
        made = self.add("aten." + r.choice([
            f"copy_.default({base}, {source})", f"add_.Tensor({base}, {source})", f"mul_.Tensor({base}, 2)", f"zero_.default({base})", f"fill_.Scalar({base}, 3)",
            f"sub_.Tensor({base}, {source}, alpha=2)", f"index_put_.default({base}, [i], {self.source((2, *shape[1:])) or source})", f"ge_.Scalar({base}, 0)",
            f"masked_fill_.Scalar({base}, b, 5)", f"cumsum_.default({base}, 0)", f"clamp_.default({base}, -1, 1)", f"copy_.default({base}, i)"]), self.root[base])
        if made and r.random() < 0.4:
            self.add(f"aten.mul.Tensor({r.choice([made, base, self.root[base]])}, 3)")

    def fresh_buffer(self):
        like = self.pick(self.tensors())
        self.add("aten." + self.random.choice([f"zeros_like.default({like})", f"clone.default({like})", f"ones_like.default({like})", f"full_like.default({like}, 2)"]))

    def make(self):
        steps = [self.view, self.compute, self.compute, self.write_through_views, self.update, self.pieces, self.again, self.again, self.again, self.whole, self.whole,
                 self.pair, self.chain, self.chain, self.self_copy, self.draw, self.fresh_buffer] + [self.write_in_place] * 3
        steps += [self.number] if self.ints else []
        for _ in range(self.random.randrange(3, 12)):
            self.random.choice(steps)()
        if self.random.random() < 0.4:
            self.epilogue()
        names = [n for n, _ in self.statements if isinstance(self.values[n], torch.Tensor)] or ["x"]
        returns = [self.pick(names) for _ in range(self.random.randrange(1, 4))]
        return programs.Program(self.inputs, self.statements, list(dict.fromkeys(returns)))


class Seeded:
    """A program or module that starts with the same random numbers and returns some more of them."""

    def __init__(self, call):
        self.call = call

    def forward(self, *inputs):
        torch.manual_seed(7)
        found = self.call(*inputs)
        return (*(found if isinstance(found, (tuple, list)) else (found,)), torch.rand(2))

    def run(self, *inputs):
        return self.forward(*inputs), None


def layout(call, inputs):
    """Strides of the outputs, and which outputs and inputs are one object."""
    given = fresh(inputs)
    found = call(*given)
    tensors = [v for v in [*found, *given] if isinstance(v, torch.Tensor)]
    strides = [(v.stride(), v.storage_offset()) for v in found if isinstance(v, torch.Tensor)]
    return strides, {(i, j) for i, a in enumerate(tensors) for j, b in enumerate(tensors[:i]) if a is b}


def differences(before, after, inputs):
    """What differs on these inputs, strides aside (layout() has them); nothing where the program as printed fails: other sizes than annotated."""
    old = Observation(before.forward, inputs)
    return [] if old.error else [line for line in compare(old, Observation(after.forward, inputs), exact=True) if not line.startswith(("layout", "storage"))]


def shared_differences(before, after, inputs, counts):
    """The same with inputs that share memory: as printed, or rejected before anything is written; halves of one buffer are never rejected."""
    words = []
    for how, arguments in sharing_arguments(before, inputs):
        new = Observation(after.forward, arguments)
        if rejected(new, ["share memory"]) and how != "halves" and unwritten(new, arguments):
            counts["rejected calls"] += 1
            continue
        words += [f"called with {how}: {line}" for line in differences(before, after, arguments)]
    return words


def rewrite(text, folder, scripts):
    dump, out, report = (pathlib.Path(folder, f"program{suffix}") for suffix in (".txt", ".py", ".json"))
    dump.write_text(text)
    done = subprocess.run([programs.program_path, "rewrite", dump, *scripts, "-o", out, "--no-verify", "--report", report], capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise AssertionError(f"exit {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return programs.load_module(out), programs.json.loads(report.read_text())


def check(seed, folder, counts):
    """[(way, what is wrong)], and the program's text."""
    maker = RelatedMaker(seed)
    program = maker.make()
    shown, numbers = ({}, [None]) if maker.kind == "constant" else annotations(maker.kind, program)
    if shown is None:
        counts["without annotations"] += 1
        return [], ""
    text = program.text(shown)
    if random.Random(seed).random() < 0.3:
        text = printed_without_strides(text)
    before = Seeded(lambda *a: program.run(*a)[0])
    before.inputs = program.inputs
    sets = [list(program.inputs.values()) if n is None else inputs_at(maker.kind, program.inputs, n) for n in numbers]
    compare = lambda after: [w for inputs in sets for w in differences(before, after, inputs)] + shared_differences(before, after, sets[0], counts)
    if compare(before):
        counts["not equal to itself"] += 1   # NaN
        return [], ""
    wrong = []
    for way in WAYS:
        try:
            module, report = rewrite(text, folder, way)
            counts.update(f"{r['rewrite']}: taken" for r in report["rewrites"] for _ in r["taken"])
            counts.update(f"{r['rewrite']}: refused: {e['rule']}" for r in report["rewrites"] for e in r["refused"])
            after = Seeded(module.forward)
            words = compare(after)
            if not words and not any("reinplace" in script for script in way):
                for inputs in sets:
                    old, new = (layout(one.forward, inputs) for one in (before, after))
                    if old != new:
                        words.append(f"strides and identity {old} became {new}")
        except Exception as error:   # noqa: BLE001 - a program that cannot be rewritten or run is a failure of the test
            words = [f"{type(error).__name__}: {error}"]
        wrong += [(" ".join(way), word) for word in words]
    return wrong, text


def printed_without_strides(text):
    return programs.re.sub(r"(\[[^\[\]\"]*\])\[[^\[\]\"]*\]cpu", r"\1", text)


def main():
    torch.set_num_threads(1)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    counts, failed = collections.Counter(), 0
    for seed in range(first, first + count):
        with tempfile.TemporaryDirectory() as folder:
            wrong, text = check(seed, folder, counts)
        if wrong:
            failed += 1
            print(f"seed {seed}:\n{text}" + "".join(f"  {way}: {word}\n" for way, word in wrong), flush=True)
    for name, n in sorted(counts.items()):
        print(f"{n:7} {name}")
    for rewrite_name, least in LEAST.items():
        if counts[f"{rewrite_name}: taken"] < least * count:
            print(f"{rewrite_name} took too little for this to be a test")
            failed += 1
    print(f"{count - failed} passed, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
