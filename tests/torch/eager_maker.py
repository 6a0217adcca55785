"""Grows random Python programs that write in place through views, running every statement as it is added so that torch accepts it.

    def program(x, y, i, m, r):        x, y, z: data; i: two row numbers, maybe equal; m: a mask of x's shape; r: a row
        v0 = x[1:].t()
        v0.add_(y[:3].t())
        ...

The hazards are what the choice of operands makes likely: views that were made before a write and are read after it, operands that alias
the target, two results of one storage, results that are inputs, buffers. Inputs are described by Spec, so that other contents and other
sizes of the same program can be made. functionalized.py has torch turn a program into a graph.
"""
import random
import warnings

import torch

warnings.filterwarnings("ignore", "Use of .* on expanded tensors is deprecated")
SIZES = ((7, 4), (1, 4), (2, 4), (9, 4), (7, 1), (12, 6), (3, 3), (5, 8), (900, 6))
FILLS = ("random", "special", "whole")


class Spec:
    """An input: `shape` of numbers and the names of sizes ("n", "m"), `kind`: data, index or mask, `layout`: dense, transposed or part."""

    def __init__(self, shape, kind="data", dtype=torch.float32, layout="dense"):
        self.shape, self.kind, self.dtype, self.layout = shape, kind, dtype, layout

    def build(self, sizes, fill, generator):
        shape = [sizes.get(n, n) for n in self.shape]
        if self.kind == "index":
            return torch.randint(0, 2, shape, generator=generator)
        if self.kind == "mask":
            return torch.rand(shape, generator=generator) < 0.5
        if self.layout == "transposed":
            return self.data(shape[::-1], fill, generator).permute(*reversed(range(len(shape))))
        if self.layout == "part":
            return self.data([*shape[:-1], shape[-1] + 1], fill, generator)[..., 1:]
        return self.data(shape, fill, generator)

    def data(self, shape, fill, generator):
        values = torch.randn(shape, generator=generator) if fill != "whole" else torch.randint(-2, 3, shape, generator=generator).float()
        if fill == "special":
            chosen = torch.randint(0, 12, shape, generator=generator)
            for number, value in enumerate((float("nan"), float("inf"), float("-inf"), -0.0)):
                values[chosen == number] = value
        if self.dtype == torch.complex64:
            return torch.complex(values, values.flip(0))
        return (values.nan_to_num(0, 3, -3) * 4).to(self.dtype) if not self.dtype.is_floating_point else values.to(self.dtype)


class EagerProgram:
    """`specs`: {name: Spec}; `lines` of Python; `returns`: names; `sizes`: what n and m are; `buffer`: the input that is an attribute, or None."""

    def __init__(self, specs, lines, returns, sizes, symbolic, buffer=None, fills=FILLS):
        self.specs, self.lines, self.returns, self.sizes, self.symbolic, self.buffer, self.fills = specs, lines, returns, sizes, symbolic, buffer, fills

    def source(self):
        body = [*self.lines, f"return ({''.join(r + ', ' for r in self.returns)})"]
        return "\n".join([f"def program({', '.join(self.specs)}):", *("    " + line for line in body), ""])

    def function(self):
        names = {"torch": torch}
        exec(self.source(), names)   # noqa: S102 - our own statements
        return names["program"]

    def inputs(self, sizes, fill, seed):
        generator = torch.Generator().manual_seed(seed)
        return [spec.build(sizes, fill, generator) for spec in self.specs.values()]

    def samples(self):
        """Argument lists: every kind of content at the size that the program was made with, then other sizes."""
        made = [self.inputs(self.sizes, fill, seed) for seed, fill in enumerate(self.fills)]
        if self.symbolic:
            made += [self.inputs({"n": n, "m": m}, FILLS[k % 3], 10 + k) for k, (n, m) in enumerate(SIZES)]
        return made


class EagerMaker:
    def __init__(self, seed, small=False):
        """`small`: few statements, for what is tried exhaustively."""
        self.random = r = random.Random(seed)
        self.small = small
        self.symbolic = r.random() < 0.2
        self.sizes = {"n": r.choice([4, 5, 6, 7]), "m": r.choice([2, 3, 4, 6])}
        if self.symbolic:
            self.sizes = {"n": 7, "m": 4}
        shape = ["n", "m"] if r.random() < 0.8 else ["n", 2, "m"] if r.random() < 0.7 else ["n"]
        dtype = r.choices([torch.float32, torch.float64, torch.int64, torch.complex64], [84, 4, 6, 6])[0]
        layouts = r.choices(["dense", "transposed", "part"], [8, 1, 1], k=3)
        self.specs = {"x": Spec(shape, dtype=dtype, layout=layouts[0]), "y": Spec(shape, dtype=dtype, layout=layouts[1]),
                      "z": Spec(r.choice([["m", "n"], ["n", "n"], [2, "m"], ["n"], [4, 4]]), dtype=dtype, layout=layouts[2]),
                      "i": Spec([2], "index"), "m": Spec(shape, "mask"), "r": Spec(shape[1:] or ["n"], dtype=dtype)}
        self.values = dict(zip(self.specs, EagerProgram(self.specs, [], [], self.sizes, False).inputs(self.sizes, "random", seed)))
        self.lines = []
        if self.symbolic:
            self.add("n", "x.shape[0]")

    # --- statements --------------------------------------------------------------------------------------------------------------------

    def add(self, name, expression):
        """Appends `name = expression`, or only the expression; the name, or None when torch refuses it."""
        line = f"{name} = {expression}" if name else expression
        names = dict(self.values)
        try:
            exec(line, {"torch": torch}, names)   # noqa: S102 - our own statements
        except (RuntimeError, IndexError, TypeError, ValueError, NotImplementedError):
            return None
        if name and isinstance(names[name], torch.Tensor) and not 0 < names[name].numel() <= 300:
            return None
        self.values = names
        self.lines.append(line)
        return name or "done"

    def new(self, expression):
        return self.add(f"v{len(self.lines)}", expression)

    def data(self, shape=None, dtype=None):
        dtype = dtype or self.specs["x"].dtype
        return [n for n, v in self.values.items() if isinstance(v, torch.Tensor) and v.dtype == dtype and n not in "im" and (shape is None or v.shape == shape)]

    def pick(self, names):
        """Later values are likelier: chains grow."""
        return self.random.choices(names, [2 + i for i in range(len(names))])[0]

    def bound(self, size):
        choices = [self.random.randrange(-size, size + 1), self.random.randrange(size + 1), size + 3, -1, ""]
        if "n" in self.values:
            choices += ["n - 1", "n // 2", "n - 3"]
        return self.random.choice(choices)

    def subscript(self, shape):
        """Basic indexing: slices with negative, clamped and missing bounds and steps, numbers, None, `...`."""
        r, parts = self.random, []
        for size in shape[:r.randrange(1, len(shape) + 1)]:
            parts.append(r.choices([f"{self.bound(size)}:{self.bound(size)}", f"{self.bound(size)}:{self.bound(size)}:2", ":", str(r.randrange(-size, size)),
                                    f"{r.randrange(size)}:", f":{r.randrange(size) + 1}", "None, :"], [4, 1, 2, 2, 3, 3, 0.3])[0])
        return "..., " + parts[0] if r.random() < 0.1 and len(shape) > 1 else ", ".join(parts)

    def view_of(self, b):
        r, value = self.random, self.values[b]
        shape, rank, count = list(value.shape), value.dim(), value.numel()
        if not rank:
            return f"{b}.unsqueeze(0)"
        d, e = r.randrange(-rank, rank), r.randrange(-rank, rank)
        size = shape[d]
        start = r.randrange(size)
        halves = [[2, count // 2]] if count % 2 == 0 else []
        back = [list(self.values[n].shape) for n in "xyz" if self.values[n].numel() == count]
        to = r.choice([[-1], [1, *shape], [*shape, 1], *halves, *back])
        if "n" in self.values and r.random() < 0.6:
            to = r.choice(["-1", "n, -1", "-1, n"])
        to = to if isinstance(to, str) else ", ".join(map(str, to))
        names = {
            "index": (14, f"{b}[{self.subscript(shape)}]"),
            "narrow": (2, f"{b}.narrow({d}, {start}, {r.randrange(1, size - start + 1)})"),
            "select": (3, f"{b}.select({d}, {r.randrange(-size, size)})"),
            "transpose": (3, f"{b}.transpose({d}, {e})"),
            "permute": (1, f"{b}.permute({r.sample(range(rank), rank)})"),
            "movedim": (0.5, f"{b}.movedim({d}, {e})"),
            "t": (1.5 if rank <= 2 else 0, f"{b}.t()"),
            "unsqueeze": (1, f"{b}.unsqueeze({d})"),
            "squeeze": (1 if 1 in shape else 0.2, f"{b}.squeeze({r.choice([d, ''])})"),
            "expand": (0.8, f"{b}.expand({[2, *[-1] * rank]})"),
            "view": (3, f"{b}.view({to})"),
            "reshape": (2, f"{b}.reshape({to})"),
            "flatten": (1, f"{b}.flatten()"),
            "diagonal": (2 if rank > 1 else 0, f"{b}.diagonal({r.choice([0, 0, 1, -1])})"),
            "unfold": (0.8 if size > 1 else 0, f"{b}.unfold({d}, {r.choice([1, 2, 2])}, {r.choice([1, 2])})"),
            "as_strided": (0.7, f"{b}.as_strided([2, 2], {r.choice([[2, 1], [1, 2], [1, 1]])}, {r.randrange(3)})"),
            "dtype": (0.8 if value.dtype == torch.float32 else 0, f"{b}.view(torch.int32)"),
            "split": (1.5, f"{b}.{r.choice(['split', 'tensor_split'])}(2, {d})[{r.choice([0, -1])}]"),
            "chunk": (1, f"{b}.chunk(2, {d})[{r.choice([0, -1])}]"),
            "unbind": (1, f"{b}.unbind({d})[{r.choice([0, -1])}]"),
            "alias": (1, r.choice([f"torch.ops.aten.alias({b})", f"{b}.detach()"])),
            "real": (3 if value.is_complex() else 0, f"torch.{r.choice(['real', 'imag', 'view_as_real', 'conj'])}({b})"),
        }
        return self.random.choices([e for _, e in names.values()], [w for w, _ in names.values()])[0]

    def shaped(self, shape):
        """A value of that shape: one that is there, or a new one."""
        names = self.data(shape)
        if names and self.random.random() < 0.8:
            return self.pick(names)
        if self.symbolic:
            return names and f"({self.pick(names)} * 3)"
        kind = "torch." + str(self.specs["x"].dtype).removeprefix("torch.")
        return self.random.choice([f"torch.zeros({list(shape)}, dtype={kind})", f"torch.full({list(shape)}, 3, dtype={kind})", f"torch.ones({list(shape)}, dtype={kind})"])

    def write_to(self, d):
        """A statement that writes into `d`."""
        r, value = self.random, self.values[d]
        shape, rank = value.shape, value.dim()
        same = self.shaped(shape) or "2"
        if not rank:
            return r.choice([f"{d}.fill_(7)", f"{d}.add_(1)"])
        dim = r.randrange(rank)
        part = lambda n: torch.Size([*shape[:dim], n, *shape[dim + 1:]])
        rows = self.shaped(part(2)) or "2"
        lead = ":, " * dim
        index = f"i.view({[2 if k == dim else 1 for k in range(rank)]}).expand({[2 if k == dim else -1 if s == 1 else s for k, s in enumerate(shape)]})"
        mask = "m" if shape == self.values["m"].shape else f"({d} > 0)" if not value.is_complex() else "m"
        row = self.shaped(shape[1:]) or "2"
        statements = {
            "whole": (6, r.choice([f"{d}.add_(1)", f"{d}.mul_(2)", f"{d}.neg_()", f"{d}.clamp_(-1, 1)", f"{d}.sigmoid_()", f"{d}.fill_(5)", f"{d}.zero_()", f"{d}.relu_()",
                                   f"{d}.pow_(2)", f"{d}.abs_()", f"{d}.tril_()"])),
            "operand": (6, f"{d}.{r.choice(['add_', 'mul_', 'sub_', 'copy_', 'copy_'])}({same})"),
            "aliased": (2, r.choice([f"{d}.add_({d})", f"{d}.mul_({d}.flip({dim}))", f"{d}.copy_({d}.clone())", f"{d}.addcmul_({d}, {same})", f"{d}.copy_({d}.flip({dim}))"])),
            "shift": (2, r.choice([f"{d}[1:] = {d}[:-1]", f"{d}[1:] = {d}[:-1].clone()", f"{d}[1:] += {d}[:-1] * 2", f"{d}[:-1] = {d}[1:] + 1"])),
            "item": (6, f"{d}[{self.subscript(shape)}] {r.choice(['=', '=', '+=', '*='])} {r.choice(['3', same, row, row])}"),
            "put": (4, f"{d}.index_put_([{'None, ' * dim if r.random() < 0.5 else ''}i], {r.choice([rows, rows, '4'])}{r.choice(['', ', accumulate=True'])})"
                    if rows.isidentifier() or r.random() < 0.3 else f"{d}[{lead}i] = {r.choice(['2', row, rows])}"),
            "gathered": (1.5, r.choice([f"{d}[{lead}i] += {d}[{lead}i]", f"{d}[{lead}i] = {d}[{lead}i.flip(0)] * 2", f"{d}[i] += 1"])),
            "rows": (4, r.choice([f"{d}.index_copy_({dim}, i, {rows})", f"{d}.index_add_({dim}, i, {rows})", f"{d}.index_fill_({dim}, i, 6)"])),
            "scatter": (3, f"{d}." + r.choice([f"scatter_({dim}, {index}, {rows})", f"scatter_add_({dim}, {index}, {rows})", f"scatter_({dim}, {index}, 8)"])),
            "masked": (3, f"{d}." + r.choice([f"masked_fill_({mask}, 9)", f"masked_scatter_({mask}, {same})"])),
        }
        return r.choices([s for _, s in statements.values()], [w for w, _ in statements.values()])[0]

    # --- steps -------------------------------------------------------------------------------------------------------------------------

    def view(self):
        self.new(self.view_of(self.pick(self.data())))

    def write(self):
        target = self.pick(self.data())
        if self.random.random() < 0.4:
            target = self.new(self.view_of(target)) or target
        for _ in range(4):
            if self.values[target].dtype != torch.bool and self.add(None, self.write_to(target)):
                return

    def chain(self):
        """A write through several views of one input or of a fresh buffer, the input or an older view read afterwards."""
        r = self.random
        at = r.choice(["x", "y", "x", "y", "z"]) if r.random() < 0.75 else self.fresh()
        for _ in range(r.randrange(1, 4)):
            at = at and (self.new(self.view_of(at)) or at)
        if at and self.values[at].dtype != torch.bool:
            for _ in range(4):
                if self.add(None, self.write_to(at)):
                    break

    def snapshot(self):
        """A copy, then a write into what was copied, then a read of the copy."""
        of = self.pick(self.data())
        copy = self.new(self.random.choice([f"{of}.clone()", f"{of}.contiguous()", f"{of}.reshape(-1)", f"{of}.flatten()", f"{of}.t().contiguous()", f"{of} + 0"]))
        for _ in range(4):
            if self.values[of].dtype != torch.bool and self.add(None, self.write_to(of)):
                break
        if copy:
            self.new(f"{copy} * 3")

    def fresh(self):
        x = self.pick(self.data())
        shape = list(self.values[x].shape)
        choices = [f"{x}.clone()", f"torch.zeros_like({x})", f"{x} + 1", f"torch.empty_like({x}).fill_(2)", f"{x}.new_zeros({x}.shape)"]
        if not self.symbolic:
            kind = "torch." + str(self.values[x].dtype).removeprefix("torch.")
            choices += [f"torch.zeros({shape}, dtype={kind})", f"torch.full({shape}, 2, dtype={kind})", f"torch.empty({shape}, dtype={kind}).copy_({x})"]
        return self.new(self.random.choice(choices))

    def compute(self):
        a = self.pick(self.data())
        b = self.pick(self.data(self.values[a].shape))
        self.new(self.random.choice([
            f"{a} + 1", f"{a} * {b}", f"{a} - {b}", f"-{a}", f"{a}.clone()", f"{a}.contiguous()", f"{a}.t().contiguous()", f"{a}.reshape(-1)", f"torch.cat([{a}, {b}])",
            f"{a}.flip(0)", f"torch.stack([{a}, {b}])", f"{a}.sum(0)", f"torch.zeros_like({a})", f"{a}.mul(2).t()", f"{a}[i]", f"{a}.index_select(0, i)",
            f"{a}.repeat({[2] * max(self.values[a].dim(), 1)})", f"{a}.clone().view(-1)", f"torch.where({b} > 0, {a}, {b})", f"{a}.cumsum(0)"]))

    def make(self):
        steps, weights = [self.view, self.write, self.chain, self.compute, self.fresh, self.snapshot], [3, 3, 4, 2, 0.7, 1]
        for _ in range(self.random.randrange(1, 3 if self.small else 7)):
            self.random.choices(steps, weights)[0]()
        if not any(".copy_(" in line or "_(" in line or "] =" in line for line in self.lines):
            self.chain()
        if self.random.random() < 0.6:
            self.new(f"{self.pick(self.data())} * 2")
        names = [n for n, v in self.values.items() if isinstance(v, torch.Tensor) and n not in "imr"]
        returns = [self.pick(names) for _ in range(self.random.choice([0, 1, 1, 2, 3]))]
        buffer = self.random.choice("xyz") if self.random.random() < 0.12 else None
        return EagerProgram(self.specs, self.lines, [r for r in returns if r != buffer], self.sizes, self.symbolic, buffer,
                            FILLS + ("random",) * 7 if self.small else FILLS)   # a mask or an index may hide what it does in place
