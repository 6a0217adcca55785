"""Grows random programs over two inputs, statement by statement, running them as they grow so that shapes are known.

Three kinds: constant sizes; `s0`, the rows of both inputs; `k`, a number that slices use as a bound and whose sign nobody knows. Most
updates are what functionalization makes of a write through views: the views, the functional update, the scatters back. Annotations of
the latter two kinds come from several runs, so that what they state holds at every one of them.
"""
import random

import torch

import functionalized
import programs
from programs import Program

END = 9223372036854775807
ROWS = (7, 9, 12)
BOUNDS = (-9, -3, -2, 0, 1, 2, 3, 5, 8, 10)


class Maker:
    def __init__(self, seed, small=False):
        """`small`: few statements, for what is tried exhaustively."""
        self.random = r = random.Random(seed)
        self.small = small
        torch.manual_seed(seed)
        self.kind = r.choice(["constant", "constant", "rows", "bound"])
        shape = r.choice([(4, 3), (6, 2), (5, 4), (4, 4), (3, 4, 2), (4, 6)])
        self.inputs = {}
        if self.kind == "rows":
            shape = (ROWS[0], *shape[1:])
            self.inputs["s0"] = ROWS[0]
        elif self.kind == "bound":
            shape = (8, *shape[1:])
            self.inputs["k"] = 2
        self.ints = list(self.inputs)
        self.inputs |= {"x": self.matrix(shape), "y": self.matrix(shape), "i": torch.tensor(r.choice([[1, 0], [1, 1]])), "s": torch.randn(shape[1:]),
                        "b": torch.randn(shape) > 0}
        self.values = dict(zip(self.inputs, programs.fresh(list(self.inputs.values()))))
        self.statements = []
        self.updated = []                         # (update, the input that it stands for)
        self.root = {name: name for name in self.inputs}
        self.current = {"x": "x", "y": "y"}       # what stands for the new content of an input

    def matrix(self, shape):
        choice = self.random.random() if self.kind == "constant" else 1
        if choice < 0.1:
            return torch.randn(*shape[:-1], shape[-1] + 1)[..., :-1]
        if choice < 0.2:
            return torch.randn(shape[::-1]).permute(*reversed(range(len(shape))))
        return torch.randn(shape)

    # --- statements --------------------------------------------------------------------------------------------------------------------

    def add(self, expression, root=None):
        """Appends `name = expression` when torch accepts it; the name, or None."""
        name = f"v{len(self.statements)}"
        try:
            value = eval(expression, {"aten": torch.ops.aten, "torch": torch}, self.values)   # noqa: S307 - our own statements
        except (RuntimeError, IndexError, TypeError):
            return None
        if isinstance(value, torch.Tensor) and not 0 < value.numel() <= 400:
            return None
        self.values[name] = value
        self.statements.append((name, expression))
        self.root[name] = root or name
        return name

    def tensors(self, shape=None, dtype=torch.float32):
        return [n for n, v in self.values.items() if isinstance(v, torch.Tensor) and v.dtype == dtype and (shape is None or v.shape == torch.Size(shape))]

    def pick(self, names):
        """Later values are likelier: chains grow."""
        return self.random.choices(names, [1 + 2 * i for i in range(len(names))])[0]

    def base(self):
        return self.pick([n for n in self.tensors() if self.values[n].dim()])

    def bounds(self, size):
        r = self.random
        start, end = r.randrange(size), None
        end = r.choice([start + 1, start + 2, size, END, size + 5, -1])
        start = r.choice([start, start, start, start - size, 0])
        if self.ints and r.random() < 0.5:
            start, end = r.choice([(start, r.choice(self.ints)), (r.choice(self.ints), end), (r.choice(self.ints), r.choice(self.ints))])
        return start, end

    def index(self, size, first):
        return self.random.choice(self.ints) if self.kind == "bound" and first and self.random.random() < 0.4 else self.random.randrange(-size, size)

    def view_of(self, base):
        """(a view of `base`, how to bring `source`, an update of that view, back into an update of `b`; None where there is no way)."""
        r, value = self.random, self.values[base]
        shape, rank = list(value.shape), value.dim()
        dim = r.randrange(-rank, rank)
        names = ["slice"] * 9 + ["whole", "select", "select", "select", "unsqueeze", "alias", "squeeze", "expand", "contiguous", "dtype", "permute"]
        names += ["transpose"] * 2 + ["diagonal"] if rank > 1 else []
        names += ["view", "view", "reshape"] if not self.ints else []
        # Between the rows of an input that is a part of something larger there is no defined content.
        names += ["as_strided"] if self.kind == "constant" and all(self.inputs[n].is_contiguous() for n in "xy") else []
        name = r.choice(names)
        start, end = self.bounds(shape[dim]) if name == "slice" else (0, END)
        step = ", 2" if name == "slice" and r.random() < 0.12 else ""
        at = self.index(shape[dim], dim % rank == 0)
        a, b = r.sample(range(rank), 2) if rank > 1 else (0, 0)
        new = r.choice([[value.numel()], [1, *shape], [shape[0] * shape[1], *shape[2:]] if rank > 1 else [1, *shape],
                        [*shape[:-1], 2, shape[-1] // 2] if shape[-1] % 2 == 0 else [*shape, 1]])
        order = list(reversed(range(rank)))
        return {
            "slice": (f"slice.Tensor({base}, {dim}, {start}, {end}{step})", f"slice_scatter.default(BASE, SOURCE, {dim}, {start}, {end}{step})"),
            "whole": (f"slice.Tensor({base}, {dim}, 0, {END})", f"slice_scatter.default(BASE, SOURCE, {dim}, 0, {END})"),
            "select": (f"select.int({base}, {dim}, {at})", f"select_scatter.default(BASE, SOURCE, {dim}, {at})"),
            "diagonal": (f"diagonal.default({base})", "diagonal_scatter.default(BASE, SOURCE)"),
            "transpose": (f"transpose.int({base}, {a}, {b})", f"transpose.int(SOURCE, {a}, {b})"),
            "permute": (f"permute.default({base}, {order})", f"permute.default(SOURCE, {order})"),
            "unsqueeze": (f"unsqueeze.default({base}, {dim})", f"squeeze.dim(SOURCE, {dim})"),
            "alias": (f"alias.default({base})", "alias.default(SOURCE)"),
            "view": (f"view.default({base}, {new})", f"view.default(SOURCE, {shape})"),
            "reshape": (f"reshape.default({base}, {new})", f"reshape.default(SOURCE, {shape})"),
            "squeeze": (f"squeeze.dim({base}, {dim})", None),
            "expand": (f"expand.default({base}, {[2, *[-1] * rank]})", None),
            "contiguous": (f"contiguous.default({base})", None),
            "dtype": (f"view.dtype({base}, torch.int32)", None),
            "as_strided": (f"as_strided.default({base}, [2], [1], {r.randrange(4)})", None),
        }[name]

    def show(self, base):
        view, back = self.view_of(base)
        return self.add("aten." + view, self.root[base]), back

    def bring_back(self, back, base, source):
        return self.add("aten." + back.replace("BASE", base).replace("SOURCE", source))

    def source(self, shape):
        names = self.tensors(shape)
        if names and self.random.random() < 0.75:
            return self.pick(names)
        if self.ints:
            return self.add(f"aten.mul.Tensor({self.pick(names)}, 3)") if names else None
        return self.add(f"aten.full.default({list(shape)}, {self.random.randrange(9)}.0)")

    def update_all(self, base):
        """An update whose window is all of base, or a result that a copy of it is replaced by."""
        r, shape = self.random, self.values[base].shape
        kind = r.random()
        if kind < 0.4:
            lead = "None, " if len(shape) > 1 and r.random() < 0.5 else ""
            source = self.source(r.choice([(shape[0], 2, *shape[2:]) if lead else (2, *shape[1:]), ()]))
            form = r.choice(["{0}, [{1}i], {2}", "{0}, [{1}i], {2}, True", "self={0}, indices=[{1}i], values={2}"])
            return source and self.add(f"aten.index_put.default({form.format(base, lead, source)})")
        if kind < 0.5:
            source = self.source((2, *shape[1:]))
            return source and self.add(f"aten.{r.choice(['index_add', 'index_copy'])}.default({base}, 0, i, {source})")
        source = self.source(shape)
        if kind < 0.65:
            return self.add(r.choice([f"aten.masked_fill.Scalar({base}, b, 5)", f"aten.masked_scatter.default({base}, b, {source})"])) if shape == self.values["b"].shape else None
        if kind < 0.8:
            return source and self.add(f"aten.copy.default({base}, {source})")
        return r.choice([self.add(f"aten.add.Tensor({base}, 1)"), source])

    # --- steps -------------------------------------------------------------------------------------------------------------------------

    def view(self):
        self.show(self.base())

    def pieces(self):
        base = self.base()
        shape = self.values[base].shape
        dim = self.random.randrange(len(shape))
        call = self.random.choice([f"split.Tensor({base}, 2, {dim})", f"split_with_sizes.default({base}, [1, {shape[dim] - 1}], {dim})", f"max.dim({base}, {dim})",
                                   f"chunk.default({base}, 2, {dim})"] + ([f"unbind.int({base}, {dim})"] if not self.ints else []))
        name = self.add("aten." + call)
        for _ in range(self.random.randrange(1, 3)):
            name and self.add(f"{name}[{self.random.randrange(-1, len(self.values[name]))}]", None if "max" in call else self.root[base])
        if name and "max" not in call and self.random.random() < 0.2:
            self.add(f"aten.cat.default({name}, {dim})")

    def compute(self):
        a = self.pick(self.tensors())
        b = self.pick(self.tensors(self.values[a].shape))
        self.add("aten." + self.random.choice([
            f"add.Tensor({a}, 1)", f"mul.Tensor({a}, {b})", f"sub.Tensor({a}, {b})", f"neg.default({a})", f"clone.default({a})", f"sin.default({a})",
            f"cat.default([{a}, {b}])", f"flip.default({a}, [0])", f"zeros_like.default({a})", f"sum.dim_IntList({a}, [0])", f"_to_copy.default({a})",
            f"slice_copy.Tensor({a}, 0, 0, 2)"]))

    def write_through_views(self):
        root = self.random.choice(["x", "y"])
        if self.random.random() < 0.25:
            root = self.add(f"aten.{self.random.choice(['clone', 'zeros_like', 'neg'])}.default({root})")
            self.current[root] = root
        chain, backs = [self.current[root]], []
        for _ in range(self.random.choice([0, 1, 1, 2, 2, 3])):
            name, back = self.show(chain[-1])
            if not name or not back or not self.values[name].dim():
                break
            chain.append(name), backs.append(back)
        update = self.update_all(chain[-1])
        for base, back in zip(chain[-2::-1], reversed(backs)):
            if self.random.random() < 0.1:
                self.compute()
            update = update and self.bring_back(back, base, update)
        if not update or self.values[update].shape != self.values[root].shape:
            return
        self.current[root] = update
        self.updated.append((update, root))
        read = self.random.choice([None, update, self.show(update)[0]])
        if read and self.values[read].dtype == torch.float32:
            self.add(f"aten.mul.Tensor({read}, 2)")

    def update(self):
        base = self.updated[-1][0] if self.updated and self.random.random() < 0.5 else self.base()
        if not self.values[base].dim():
            return
        name, back = self.show(base) if self.random.random() < 0.7 else (None, None)
        if name and back:
            source = self.source(self.values[name].shape) if self.random.random() < 0.5 else self.add(f"aten.mul.Tensor({name}, 2)")
            made = source and self.bring_back(back, base, source)
        else:
            made = self.update_all(base)
        if made:
            self.updated.append((made, self.root[base]))

    def mutate(self):
        base = self.pick(self.tensors())
        other = self.source(self.values[base].shape) or base
        self.add("aten." + self.random.choice([f"add_.Tensor({base}, 1)", f"mul_.Tensor({base}, 2)", f"zero_.default({base})", f"copy_.default({base}, {other})",
                                               f"add_.Tensor({base}, {other})"]), self.root[base])

    def number(self):
        size = self.kind == "rows" and self.random.random() < 0.4
        self.ints.append(self.add("aten.sym_size.int(x, 0)" if size else f"{self.pick(self.ints)} {self.random.choice('+-')} {self.random.randrange(1, 6)}"))

    def epilogue(self):
        for name in ("x", "y"):
            mine = [u for u, root in self.updated if root == name and self.values[u].shape == self.inputs[name].shape]
            value = self.current[name] if self.current[name] != name else mine[-1] if mine else None
            if value and self.random.random() < 0.85:
                self.add(f"aten.copy_.default({name}, {value})", name)
            elif self.updated and self.random.random() < 0.1:
                self.add(f"aten.copy_.default({name}, {self.updated[-1][0]})", name)

    def make(self):
        steps = [self.view] * 3 + [self.compute] * 3 + [self.write_through_views] * 4 + [self.update] * 3 + [self.mutate, self.pieces]
        steps += [self.number] * 2 if self.ints else []
        for _ in range(self.random.randrange(1, 3) if self.small else self.random.randrange(2, 9)):
            self.random.choice(steps)()
        if not self.updated:
            self.write_through_views()
        if self.random.random() < 0.15:
            self.epilogue(), self.compute()
        self.epilogue()
        names = [n for n, _ in self.statements if self.random.random() < 0.2 and isinstance(self.values[n], torch.Tensor)]
        return Program(self.inputs, self.statements, names[:3])


# --- annotations that several runs agree on ------------------------------------------------------------------------------------------------


def inputs_at(kind, inputs, number):
    """The inputs with another number: s0 rows, or k."""
    if kind == "bound":
        return [number if name == "k" else value for name, value in inputs.items()]
    torch.manual_seed(number)
    new = {"s0": lambda v: number, "x": lambda v: torch.randn(number, *v.shape[1:]), "y": lambda v: torch.randn(number, *v.shape[1:]),
           "b": lambda v: torch.randn(number, *v.shape[1:]) > 0}
    return [new.get(name, lambda v: v)(value) for name, value in inputs.items()]


def linear(numbers, found, symbol):
    """`2*s0 + 1` when that is what was found at every number; None otherwise."""
    slope, rest = divmod(found[1] - found[0], numbers[1] - numbers[0])
    constant = found[0] - slope * numbers[0]
    if rest or any(f != slope * n + constant for n, f in zip(numbers, found)):
        return None
    if not slope:
        return str(constant)
    return (symbol if slope == 1 else f"{slope}*{symbol}") + (f" {'+' if constant > 0 else '-'} {abs(constant)}" if constant else "")


def annotations(kind, program):
    """({name: annotation}, the numbers at which they hold); (None, []) when the runs do not agree."""
    numbers, runs = [], []
    for number in ROWS if kind == "rows" else BOUNDS:
        try:
            runs.append(program.run(*programs.fresh(inputs_at(kind, program.inputs, number)))[1])
            numbers.append(number)
        except (RuntimeError, IndexError):
            continue
    if len(numbers) < 2 or kind == "rows" and len(numbers) < len(ROWS):
        return None, []
    unknown = {}

    def size(found):
        text = linear(numbers, found, "s0" if kind == "rows" else "s1")
        return text if text or kind == "rows" else unknown.setdefault(tuple(found), f"u{len(unknown)}")

    shown = {}
    for name, value in runs[0].items():
        if isinstance(value, int):
            shown[name] = f"Sym({size([run[name] for run in runs])})"
        elif isinstance(value, torch.Tensor):
            if len({run[name].dim() for run in runs}) > 1:
                return None, []
            shape, stride = ([size([getter(run[name])[d] for run in runs]) for d in range(value.dim())] for getter in (lambda t: t.shape, lambda t: t.stride()))
            if None in shape:
                return None, []
            shown[name] = f"{programs.SHORT[value.dtype]}[{', '.join(shape)}]" + (f"[{', '.join(stride)}]cpu" if kind == "rows" and None not in stride else "")
    return shown, numbers


def program_of(seed, small=False):
    """Program `seed` with its annotations and samples; None when its sizes cannot be stated."""
    maker = Maker(seed, small)
    program = maker.make()
    if maker.kind == "constant":
        program.shown = program.annotations()
        program.samples = [filled(program.inputs, how) for how in ("as made", "special", "whole", *["random"] * (7 if small else 1))]
        program.samples.append(programs.amid(program.samples[0]))
        return program
    program.shown, numbers = annotations(maker.kind, program)
    if program.shown is None:
        return None
    program.samples = [inputs_at(maker.kind, program.inputs, n) for n in numbers]
    program.samples.append(programs.amid(program.samples[0]))
    if maker.kind == "bound":   # whose text states no strides
        program.samples += [values for values in programs.other_strides(program.samples[0]) if functionalized.stated(program, values)]
    return program


def filled(inputs, how):
    """The inputs with other contents, NaN, infinities and -0.0 here and there ("special"), or small whole numbers, many of them equal ("whole")."""
    values = programs.fresh(list(inputs.values()))
    for value in values if how != "as made" else ():
        if not isinstance(value, torch.Tensor):
            continue
        if not value.is_floating_point():   # a mask, or row numbers
            value.copy_(torch.randint(0, 2, value.shape))
            continue
        if how == "random":
            value.copy_(torch.randn(value.shape))
        if how == "special":
            chosen = torch.randint(0, 12, value.shape)
            for number, special in enumerate((float("nan"), float("inf"), float("-inf"), -0.0)):
                value[chosen == number] = special
        if how == "whole":
            value.copy_(torch.randint(-2, 3, value.shape))
    return values
