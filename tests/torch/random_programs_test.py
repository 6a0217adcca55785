#!/usr/bin/env python3
"""Random programs that write through views: whatever scripts/reinplace.lua takes must leave every result as it was.

    random_programs_test.py [COUNT] [FIRST-SEED]

Each program has two or three inputs, a handful of views, arithmetic, functional updates (slice_scatter, select_scatter, index_put ...), some
in-place operators and copies into the inputs, then returns some of its values. It is run as printed and as exported, under torch
(programs.py). Prints the program that fails; also fails when hardly anything was taken, for then nothing was tested.
"""
import random
import sys
import tempfile

import torch

import programs
from programs import Program


class Maker:
    """Grows one program statement by statement, running it as it goes so that shapes are known."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        torch.manual_seed(seed)
        rows, columns = self.random.choice([(4, 3), (6, 2), (5, 4)])
        self.inputs = {"x": torch.randn(rows, columns), "y": torch.randn(rows, columns)}
        if self.random.random() < 0.5:
            self.inputs["i"] = torch.randperm(rows)[:2].clone()
        self.values = dict(zip(self.inputs, programs.fresh(list(self.inputs.values()))))
        self.statements = []
        self.updated = []            # (update, the root that it stands for)
        self.root = {name: name for name in self.inputs}

    def tensors(self, shape=None, dtype=torch.float32):
        return [n for n, v in self.values.items() if v.dtype == dtype and (shape is None or v.shape == shape)]

    def add(self, expression, root=None):
        """Appends `name = expression` when torch accepts it; the name, or None."""
        name = f"v{len(self.statements)}"
        try:
            value = eval(expression, {"aten": torch.ops.aten}, self.values)   # noqa: S307 - our own statements
        except (RuntimeError, IndexError):
            return None
        if not isinstance(value, torch.Tensor) or value.numel() == 0:
            return None
        self.values[name] = value
        self.statements.append((name, expression))
        self.root[name] = root or name
        return name

    def pick(self, names):
        """Later values are likelier: chains grow."""
        weights = [1 + 2 * i for i in range(len(names))]
        return self.random.choices(names, weights)[0]

    def window(self, base):
        shape = self.values[base].shape
        dim = self.random.randrange(len(shape))
        start = self.random.randrange(shape[dim])
        end = self.random.choice([start + 1, start + 2, shape[dim], 9223372036854775807])
        return dim, (start if self.random.random() < 0.9 else start - shape[dim]), end

    def view(self):
        base = self.pick([n for n in self.tensors() if self.values[n].dim()] or ["x"])
        dims = self.values[base].dim()
        if not dims:
            return
        choice = self.random.random()
        dim, start, end = self.window(base)
        if choice < 0.55:
            self.add(f"aten.slice.Tensor({base}, {dim}, {start}, {end})", self.root[base])
        elif choice < 0.7:
            self.add(f"aten.select.int({base}, {dim}, {start})", self.root[base])
        elif choice < 0.8 and dims == 2:
            self.add(f"aten.transpose.int({base}, 0, 1)", self.root[base])
        elif choice < 0.85:
            self.add(f"aten.unsqueeze.default({base}, 0)", self.root[base])
        elif choice < 0.9 and dims == 2:
            self.add(f"aten.view.default({base}, [{self.values[base].numel()}])", self.root[base])
        elif choice < 0.95:
            self.add(f"aten.alias.default({base})", self.root[base])
        else:
            self.add(f"aten.reshape.default({base}, [-1])", self.root[base])

    def compute(self):
        a = self.pick(self.tensors())
        b = self.pick(self.tensors(self.values[a].shape))
        self.add(self.random.choice([f"aten.add.Tensor({a}, 1)", f"aten.mul.Tensor({a}, {b})", f"aten.sub.Tensor({a}, {b})", f"aten.neg.default({a})",
                                     f"aten.clone.default({a})", f"aten.sin.default({a})"]))

    def source(self, shape):
        names = self.tensors(shape)
        if names and self.random.random() < 0.8:
            return self.pick(names)
        return self.add(f"aten.full.default({list(shape)}, {self.random.randrange(9)}.0)")

    def update(self):
        base = self.pick([n for n in self.tensors() if self.values[n].dim()] or ["x"])
        if self.updated and self.random.random() < 0.5:
            base = self.updated[-1]
        dim, start, end = self.window(base)
        kind = self.random.random()
        if kind < 0.5:
            before = len(self.statements)
            piece = self.add(f"aten.slice.Tensor({base}, {dim}, {start}, {end})", self.root[base])
            if piece is None:
                return
            shape = self.values[piece].shape
            if self.random.random() < 0.5:
                source = self.add(f"aten.mul.Tensor({piece}, 2)")
            else:
                if self.random.random() < 0.5:
                    self.statements.pop(before), self.values.pop(piece), self.root.pop(piece)
                source = self.source(shape)
            made = source and self.add(f"aten.slice_scatter.default({base}, {source}, {dim}, {start}, {end})", self.root[base])
        elif kind < 0.7:
            source = self.source(self.values[base].select(dim, 0).shape)
            made = source and self.add(f"aten.select_scatter.default({base}, {source}, {dim}, {start})", self.root[base])
        elif kind < 0.9 and "i" in self.inputs and self.values[base].shape[0] >= 6:
            source = self.source((2, *self.values[base].shape[1:]))
            made = source and self.add(f"aten.index_put.default({base}, [i], {source})", self.root[base])
        else:
            source = self.source(self.values[base].shape)
            made = source and self.add(f"aten.copy.default({base}, {source})", self.root[base])
        if made:
            self.updated.append(made)

    def mutate(self):
        base = self.pick(self.tensors())
        self.add(self.random.choice([f"aten.add_.Tensor({base}, 1)", f"aten.mul_.Tensor({base}, 2)", f"aten.zero_.default({base})"]), self.root[base])

    def epilogue(self):
        for name in ("x", "y"):
            fitting = [u for u in self.updated if self.values[u].shape == self.inputs[name].shape]
            mine = [u for u in fitting if self.root[u] == name]
            if mine and self.random.random() < 0.85:
                self.add(f"aten.copy_.default({name}, {mine[-1]})", name)
            elif fitting and self.random.random() < 0.2:
                self.add(f"aten.copy_.default({name}, {self.pick(fitting)})", name)

    def make(self):
        steps = [self.view] * 4 + [self.compute] * 3 + [self.update] * 5 + [self.mutate]
        for _ in range(self.random.randrange(4, 11)):
            self.random.choice(steps)()
        if not self.updated:
            self.update()
        if self.random.random() < 0.15:
            self.epilogue()
            self.compute()
        self.epilogue()
        names = [n for n, _ in self.statements if self.random.random() < 0.2 and not n.startswith("copy_")]
        return Program(self.inputs, self.statements, names[:3])


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 250
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    taken = refused = failed = 0
    rules = {}
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + count):
            program = Maker(seed).make()
            text = program.text()
            try:
                module, report = programs.rewrite(text, folder, f"p{seed}")
                takes, refusals = programs.outcome(report)
                words = programs.differences(lambda *a: program.run(*a)[0], module.forward, list(program.inputs.values()))
            except Exception as error:   # noqa: BLE001 - a program that cannot be rewritten or run is a failure of the test
                words, takes, refusals = [f"{type(error).__name__}: {error}"], [], []
            taken, refused = taken + len(takes), refused + len(refusals)
            for refusal in refusals:
                rules[refusal["rule"]] = rules.get(refusal["rule"], 0) + 1
            if words:
                failed += 1
                print(f"seed {seed}: {'; '.join(words)}\n{text}taken: {[t['node'] for t in takes]}\n", flush=True)
    print(f"{count} programs: {taken} chains taken, {refused} updates refused ({', '.join(f'{r} {n}' for r, n in sorted(rules.items()))})")
    if taken < count // 5:
        print("too few chains were taken for this to be a test")
        failed += 1
    print(f"{count - failed} passed, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
