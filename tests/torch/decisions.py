"""The decisions of reinplacing on a printed graph, and an interpreter that carries out any set of them with concrete tensors.

Nothing of fxloom is used. Each statement of a Program has forms: as it is printed; `write`: an update in place (a functional operator's
in-place twin, a scatter as copy_ into the view that its arguments describe, unless the source already is that view); `forward`: a clone, contiguous
or copy(d, s) that is not made, a *_copy that is a view. A copy_ whose source already is its destination does nothing. `Plan` says
what a set of forms costs in copied bytes: functional updates outside their window (scatters as a
whole: what is in their window was moved there too), copy_, clones and *_copy as a whole.
"""
import ast
import math

import torch

from observations import fresh, sharing
from programs import NAMES, names_in, writes

VIEW_OF = {"slice_scatter": "slice.Tensor", "select_scatter": "select.int", "diagonal_scatter": "diagonal.default", "as_strided_scatter": "as_strided.default"}
CLONES = {"clone", "contiguous"}
# Results that share the first operand's memory, for following a value back to where its memory comes from.
VIEWS = {"slice", "select", "narrow", "transpose", "permute", "t", "unsqueeze", "squeeze", "expand", "view", "reshape", "_unsafe_view", "flatten", "diagonal", "unfold",
         "as_strided", "split", "split_with_sizes", "chunk", "tensor_split", "unbind", "alias", "detach", "movedim", "real", "imag", "_conj", "_neg_view", "view_as_real",
         "view_as_complex", "contiguous", "copy_", "_reshape_alias", "lift_fresh"}


class Statement:
    """One line: `name = aten.op.overload(args)`, or an expression that is no call of an operator (then `op` is empty)."""

    def __init__(self, name, expression):
        self.name, self.expression, self.op, self.overload, self.args, self.kwargs = name, expression, "", "", [], {}
        tree = ast.parse(expression, mode="eval").body
        if isinstance(tree, ast.Call) and expression.startswith("aten."):
            _, self.op, self.overload = ast.unparse(tree.func).split(".")
            self.args = [ast.unparse(a) for a in tree.args]
            self.kwargs = {k.arg: ast.unparse(k.value) for k in tree.keywords}
        self.writes = writes(expression)

    def operand(self, position, *names):
        found = self.args[position] if position < len(self.args) else next((self.kwargs[n] for n in names if n in self.kwargs), "")
        return found if found.isidentifier() else ""

    @property
    def base(self):
        return self.operand(0, "self", "input")

    @property
    def source(self):
        return self.operand(1, "src", "source")

    def rest(self, skip):
        """The arguments behind the first `skip`, as text."""
        return "".join(f", {a}" for a in self.args[skip:]) + "".join(f", {k}={v}" for k, v in self.kwargs.items() if k not in ("self", "input", "src"))


def twin_of(op, overload):
    """The in-place twin: the same arguments but for the first, which is written. "add_.Tensor" or None."""
    if not hasattr(torch.ops.aten, op) or not hasattr(torch.ops.aten, op + "_") or op in ("transpose", "squeeze", "unsqueeze", "t", "detach", "as_strided", "swapaxes"):
        return None
    wanted = [(str(a.type), a.kwarg_only) for a in getattr(getattr(torch.ops.aten, op), overload)._schema.arguments]
    packet = getattr(torch.ops.aten, op + "_")
    for name in packet.overloads():
        arguments = getattr(packet, name)._schema.arguments
        if arguments and arguments[0].alias_info is not None and [(str(a.type), a.kwarg_only) for a in arguments] == wanted:
            return f"{op}_.{name}"
    return None


def view_of_copy(op, overload):
    """slice_copy.Tensor -> slice.Tensor; None for what is no view made a copy."""
    name = op[:-len("_copy")] if op.endswith("_copy") else ""
    return f"{name}.{overload}" if name and op not in ("_to_copy", "lift_fresh_copy") and hasattr(torch.ops.aten, name) and name != "index" else None


class Form:
    """One way to carry out a statement: its expression, what it needs, and where the memory of its result comes from ("" when it is new)."""

    def __init__(self, kind, expression, needs, root, always):
        self.kind, self.needs, self.root, self.always = kind, needs, root, always
        self.code = compile(expression, "<form>", "eval")


def forms(statement, feeds):
    """As printed, then what can be decided. `feeds`: names whose memory may end in an update."""
    s, made = statement, []
    root = s.base if s.op in VIEWS or s.writes else ""
    if not s.op and s.expression.split("[")[0].isidentifier():
        root = s.expression.split("[")[0]   # getitem
    needs = names_in(s.expression)
    expression = f"erase_or_copy({s.name!r}, {s.base}, {s.source}{s.rest(2)})" if s.op == "copy_" else s.expression
    made.append(Form("keep", expression, needs, root, s.writes))
    if s.writes or not s.op or not s.base:
        return made
    add = lambda kind, text, used, origin: made.append(Form(kind, text, used, origin, kind == "write"))
    if s.op in VIEW_OF:
        add("write", f"write_window({s.name!r}, {s.base}, aten.{VIEW_OF[s.op]}({s.base}{s.rest(2)}), {s.source})", needs, s.base)
    elif (view := view_of_copy(s.op, s.overload)):
        add("forward", f"aten.{view}({s.base}{s.rest(1)})", needs, s.base)
    elif s.op in CLONES:
        add("forward", s.base, {s.base}, s.base)
    elif s.name in feeds:
        twin = twin_of(s.op, s.overload)
        if twin and s.op == "masked_scatter":   # not element by element, though a kernel may happen to copy an operand that overlaps
            add("write", f"apart({s.base}, {s.operand(2, 'source')}, aten.{twin})({s.base}{s.rest(1)})", needs, s.base)
        elif twin:
            add("write", f"aten.{twin}({s.base}{s.rest(1)})", needs, s.base)
        if s.op == "copy" and s.source:
            add("forward", s.source, {s.source}, s.source)
    return made


def feeding(statements):
    """Names whose memory may become that of an update's base or source, through views, updates and forwards."""
    feeds = set()
    for s in reversed(statements):
        scatter = s.op in VIEW_OF or s.op == "copy_" or s.op == "copy" or s.op in BYTES_OUTSIDE
        if scatter or s.name in feeds:
            feeds |= {s.source} if s.op in VIEW_OF or s.op in ("copy_", "copy") else set()
            feeds |= {s.base, s.expression.split("[")[0]}
        if s.op in BYTES_OUTSIDE:
            feeds.add(s.name)
    return feeds


# --- copied bytes --------------------------------------------------------------------------------------------------------------------------


def indexed(s, base, values):
    """Elements that index_put addresses; all of them when a mask decides."""
    items = ast.parse(s.args[1] if len(s.args) > 1 else s.kwargs["indices"], mode="eval").body.elts
    names = [None if isinstance(e, ast.Constant) else values[ast.unparse(e)] for e in items]
    given = [v for v in names if v is not None]
    if any(v.dtype == torch.bool for v in given):
        return base.numel()
    rest = math.prod(n for k, n in enumerate(base.shape) if k >= len(names) or names[k] is None)
    return math.prod(torch.broadcast_shapes(*(v.shape for v in given))) * rest


def operand_size(position, name):
    return lambda s, base, values: values[s.operand(position, name)].numel()


BYTES_OUTSIDE = {   # elements inside the window of a functional update, when that may be less than its base
    **{op: operand_size(1, "src") for op in VIEW_OF}, "index_put": indexed, "_unsafe_index_put": indexed,
    "index_copy": operand_size(3, "source"), "index_add": operand_size(3, "source"),
    "index_fill": lambda s, base, values: values[s.operand(2, "index")].numel() * base.numel() // max(base.shape[int(s.args[1])], 1),
    **{op: operand_size(2, "index") for op in ("scatter", "scatter_add", "scatter_reduce")},
}


def kept_bytes(s, values):
    """What the statement copies as printed."""
    value, base = values.get(s.name), values.get(s.base)
    if s.op in ("copy_", "clone") or view_of_copy(s.op, s.overload):
        items = value if isinstance(value, (tuple, list)) else [value]
        return sum(item.numel() * item.element_size() for item in items)
    if s.op == "contiguous" and value.data_ptr() != base.data_ptr():
        return value.numel() * value.element_size()
    if s.op in VIEW_OF or s.op == "copy":   # it moves its base around the source, and the source, as the copy_ does that replaces it
        return base.numel() * base.element_size()
    if s.op in BYTES_OUTSIDE:
        return max(base.numel() - BYTES_OUTSIDE[s.op](s, base, values), 0) * base.element_size()
    return 0


# --- carrying out --------------------------------------------------------------------------------------------------------------------------


def same_memory(a, b):
    """Is copying b to a copying a thing to itself?"""
    return (a.shape == b.shape and a.dtype == b.dtype and (a.numel() == 0 or a.data_ptr() == b.data_ptr())
            and all(m == n for m, n, size in zip(a.stride(), b.stride(), a.shape) if size > 1) and a.is_conj() == b.is_conj() and a.is_neg() == b.is_neg())


class Unfit(Exception):
    """A form gave another type or shape than the statement as printed."""


class Plan:
    """The statements of a live program, their forms, and what each costs at the first sample."""

    def __init__(self, program):
        self.program = program.live()
        self.statements = [Statement(*s) for s in self.program.statements]
        feeds = feeding(self.statements)
        self.forms = [forms(s, feeds) for s in self.statements]
        values = self.program.run(*fresh(program.samples[0]))[1]
        self.metas = {s.name: (values[s.name].dtype, values[s.name].dim()) for s in self.statements if isinstance(values[s.name], torch.Tensor)}
        self.kept = [kept_bytes(s, values) for s in self.statements]
        self.window = [window_bytes(s, values) for s in self.statements]
        self.computes = [computes(s) for s in self.statements]
        self.returned = names_in(", ".join(self.program.returns))
        self.position = {s.name: k for k, s in enumerate(self.statements)}

    def live(self, chosen, idle=()):
        """Positions of the statements that a choice of forms still needs, when the copies named in `idle` do nothing."""
        needed, kept = set(self.returned), []
        for k in range(len(self.statements) - 1, -1, -1):
            form, s = self.forms[k][chosen[k]], self.statements[k]
            if form.always and not (s.op == "copy_" and s.name in idle) or s.name in needed:
                kept.append(k)
                needed |= form.needs
        return kept[::-1]

    def root(self, name, chosen):
        """Whose memory a value has under a choice."""
        while (k := self.position.get(name)) is not None:
            form = self.forms[k][chosen[k]]
            if not form.root:
                return name
            name = form.root
        return name

    def bytes(self, chosen, live, done_nothing):
        """Copied bytes of a choice; `done_nothing`: names of the scatters and copies that turned out to be in place already."""
        total = 0
        for k in live:
            s, form = self.statements[k], self.forms[k][chosen[k]]
            if form.kind == "keep":
                total += 0 if s.op == "copy_" and s.name in done_nothing else self.kept[k]
            elif form.kind == "write" and s.name not in done_nothing:
                total += self.window[k]
        return total

    def at_best(self, chosen, live):
        """The names of the scatters and copies that may turn out to be in place already."""
        return {self.statements[k].name for k in live
                if self.statements[k].source and self.root(self.statements[k].base, chosen) == self.root(self.statements[k].source, chosen)}

    def function(self, chosen, live, idle, salted=False):
        """What a caller calls; it puts the names of copies that do nothing into `idle`. `salted`: noise goes into what is computed
        (not moved), the same for every choice, so that nothing is equal by arithmetic, such as relu(relu(x)) and relu(x), x + (y - x) and y."""
        steps = [(k, self.statements[k].name, self.forms[k][chosen[k]].code, self.metas.get(self.statements[k].name), self.forms[k][chosen[k]].kind) for k in live]
        returns = compile(f"({''.join(r + ', ' for r in self.program.returns)})", "<returns>", "eval")

        def copy(name, base, window, source, *rest):
            if same_memory(window, source):
                idle.add(name)
            else:
                window.copy_(source)
            return base

        def apart(base, source, operator):
            if sharing([base, source])[0]:
                raise Unfit("masked_scatter")
            return operator

        names = NAMES | {"apart": apart, "write_window": copy, "erase_or_copy": lambda name, base, source, *rest: copy(name, base, base, source)}

        def run(*arguments):
            values = dict(zip(self.program.inputs, arguments))
            for k, name, code, meta, kind in steps:
                value = eval(code, names, values)   # noqa: S307 - our own forms
                if kind != "keep" and meta and (value.dtype, value.dim()) != meta:
                    raise Unfit(name)
                if salted and self.computes[k] and meta and (value.is_floating_point() or value.is_complex()):
                    noise = torch.randn(value.shape, generator=torch.Generator().manual_seed(k))
                    value.mul_(1.5 + noise.sin()).add_(noise)
                values[name] = value
            return eval(returns, names, values)   # noqa: S307
        return run


def computes(s):
    """Does the statement make new elements, all of its result? (Not: views, copies, and updates that keep some of their base.)"""
    op = s.op.removesuffix("_")
    return bool(op) and op not in VIEWS | CLONES | {"copy", "_to_copy"} and op not in BYTES_OUTSIDE and not op.startswith("masked_") and not view_of_copy(op, s.overload)


def window_bytes(s, values):
    """What a scatter or copy copies when it is done by copy_."""
    value = values.get(s.source) if s.op in VIEW_OF else values.get(s.name) if s.op == "copy" else None
    return value.numel() * value.element_size() if value is not None else 0
