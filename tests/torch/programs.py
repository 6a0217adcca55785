"""A graph program in the words of a dump, read from dump text and printed as such, that runs under torch.

    u = aten.slice_scatter.default(x, s, 0, 0, 2)

A Program holds statements, annotations (given, or made by running it), and samples: argument lists for which the annotations hold, of
several sizes when they are symbolic. `rewrite` is fxloom's answer: scripts/reinplace.lua without verification (--no-verify), because
the analysis must be right by itself. What a run gives is compared in observations.py.
"""
import ast
import json
import os
import pathlib
import re
import subprocess
import sys

import torch

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "scripts" / "python"))
from check_export import load_module  # noqa: E402
from observations import differences, fresh  # noqa: E402,F401 - every test of programs compares

program_path = os.environ.get("FXLOOM", str(root / "build" / "fxloom"))
script = root / "scripts" / "reinplace.lua"
SHORT = {torch.float32: "f32", torch.float64: "f64", torch.float16: "f16", torch.bfloat16: "bf16", torch.int64: "i64", torch.int32: "i32",
         torch.int16: "i16", torch.int8: "i8", torch.uint8: "u8", torch.bool: "b8", torch.complex64: "c64"}
RULES = {"unknown-operator", "async-reader", "dtype-or-shape-changes", "internal-overlap", "overlapping-operand", "two-owners",
         "geometry-changes", "alias-depends-on-size", "old-value-read-later", "input-must-keep-value", "copy-writes-other-value",
         "result-escapes", "inputs-may-alias", "size-unproven", "not-profitable"}
NAMES = {"aten": torch.ops.aten, "prims": torch.ops.prims, "torch": torch, "device": torch.device, "inf": float("inf"), "nan": float("nan")}
FORMULAS = {"Max": max, "Min": min, "Mod": lambda a, b: a % b, "FloorDiv": lambda a, b: a // b, "CeilToInt": lambda a: -(-a // 1), "__builtins__": {}}
LINE = re.compile(r'^        (\w+)(?:: "([^"]*)")? = (.*)$')
INPUT = re.compile(r'(\w+)(?:: "([^"]*)")?')


class Program:
    """`inputs`: {name: tensor or number}, in order; `statements`: [(name, expression)]; `returns`: expressions, usually names.
    `shown`: {name: annotation}, else running it gives them; `buffers`: {input: attribute} for those that the graph reads by get_attr;
    `samples`: argument lists, else the inputs; `source`: the text that it was read from, if torch printed it."""

    def __init__(self, inputs, statements, returns, shown=None, buffers=None, samples=None, source=None):
        self.inputs, self.statements, self.returns = inputs, statements, returns
        self.shown, self.buffers, self.source = shown, buffers or {}, source
        self.samples = samples or [list(inputs.values())]
        self.code = self.eager = self.graph_module = None   # eager: the Python that torch made this graph of, called with the same arguments

    def text(self, annotations=None):
        """As print_readable prints it. `annotations` {name: text} replaces those that are known (for symbolic sizes)."""
        if self.source:
            return self.source
        shown = (self.annotations() if self.shown is None else self.shown) | (annotations or {})
        annotated = lambda name: f'{name}: "{shown[name]}"' if name in shown else name
        lines = ["class <lambda>(torch.nn.Module):", f"    def forward(self, {', '.join(annotated(i) for i in self.inputs if i not in self.buffers)}):"]
        lines += [f"        {annotated(name)} = self.{attribute}" for name, attribute in self.buffers.items()]
        lines += [f"        {annotated(name)} = {re.sub(r'^(?=(aten|prims)[.])', 'torch.ops.', expression)}" for name, expression in self.statements]
        return "\n".join(lines + [f"        return ({''.join(r + ', ' for r in self.returns).rstrip(' ')})", ""])

    def annotations(self):
        values = self.run(*fresh(list(self.inputs.values())))[1]
        return {name: annotation(value) for name, value in values.items() if annotation(value)}

    def run(self, *arguments):
        """(the returned values, every value by name)."""
        if self.code is None:
            lines = [f"def program({', '.join(self.inputs)}):"] + [f"    {name} = {expression}" for name, expression in self.statements]
            names = dict(NAMES)
            exec("\n".join(lines + [f"    return ({''.join(r + ', ' for r in self.returns)}), locals()"]), names)   # noqa: S102 - our own statements
            self.code = names["program"]
        return self.code(*arguments)

    def outputs(self, *arguments):
        return self.run(*arguments)[0]

    def exported(self, module):
        """The exported function, called like `outputs`: attributes are module globals there."""
        def forward(*arguments):
            values = dict(zip(self.inputs, arguments))
            for name, attribute in self.buffers.items():
                setattr(module, attribute, values.pop(name))
            return module.forward(*values.values())
        return forward

    def live(self):
        """The program without the statements that nobody needs."""
        needed, kept = names_in(", ".join(self.returns)), []
        for name, expression in reversed(self.statements):
            if name in needed or writes(expression):
                kept.append((name, expression))
                needed |= names_in(expression)
        return self.but(statements=kept[::-1])

    def but(self, **changes):
        """A copy with changes, of which torch no longer knows the text."""
        fields = {name: getattr(self, name) for name in ("inputs", "statements", "returns", "shown", "buffers", "samples")}
        return Program(**(fields | changes))


def read(text, arguments, attributes):
    """The program of a dump. `arguments`: values of the placeholders, in order; `attributes`: {name: value}."""
    shown, statements, returns, inputs, buffers = {}, [], ["None"], [], {}
    for line in text.splitlines():
        if line.lstrip().startswith("def forward("):
            for name, annotated in INPUT.findall(line[line.index("(self") + 5:line.rindex(")")]):
                if name != "self":
                    inputs.append(name)
                    shown |= {name: annotated} if annotated else {}
        elif line.lstrip().startswith("return "):
            value = line.strip()[len("return "):]
            tree = ast.parse(value, mode="eval").body
            returns = [ast.unparse(item) for item in tree.elts] if isinstance(tree, (ast.Tuple, ast.List)) else [value]
        elif found := LINE.match(line):
            name, annotated, expression = found.groups()
            expression = re.sub(r";  .*$", "", expression).replace("torch.ops.", "")
            shown |= {name: annotated} if annotated else {}
            if expression.startswith("self."):
                buffers[name] = expression[len("self."):]
            else:
                statements.append((name, expression))
    values = dict(zip(inputs, arguments)) | {name: attributes[attribute] for name, attribute in buffers.items()}
    return Program(values, statements, returns, shown, buffers)


def names_in(expression):
    return set(re.findall(r"(?<![\w.'\"])[A-Za-z_]\w*", expression))


def writes(expression):
    """Does the operator write into an operand? By its schema."""
    found = re.match(r"(\w+)\.(\w+)\.(\w+)\(", expression)
    if not found:
        return False
    schema = getattr(getattr(getattr(torch.ops, found[1]), found[2]), found[3])._schema
    return any(argument.alias_info is not None and argument.alias_info.is_write for argument in schema.arguments)


def annotation(value):
    if isinstance(value, torch.Tensor):
        layout = f"[{', '.join(map(str, value.stride()))}]cpu"
        return f"{SHORT[value.dtype]}[{', '.join(map(str, value.shape))}]{layout}"
    return f"Sym({value})" if isinstance(value, int) else ""


def holds(shown, values):
    """Do the annotations say what the values are? Symbols are bound by the sizes that are nothing but a symbol."""
    parsed = {name: re.match(r"(\w+)\[([^\]]*)\](?:\[([^\]]*)\])?", text) for name, text in shown.items()}
    symbols = {}
    for name, found in parsed.items():
        if found and isinstance(values.get(name), torch.Tensor):
            symbols |= {s.strip(): n for s, n in zip(found[2].split(","), values[name].shape) if s.strip().isidentifier() and s.strip() not in symbols}
        elif text := re.fullmatch(r"Sym\((\w+)\)", shown[name]):
            symbols.setdefault(text[1], values.get(name))

    def numbers(text):
        return eval(f"({text},)" if text else "()", dict(FORMULAS), symbols)   # noqa: S307 - sizes that torch printed

    for name, found in parsed.items():
        value = values.get(name)
        try:
            if found and isinstance(value, torch.Tensor):
                if SHORT.get(value.dtype) != found[1] or tuple(value.shape) != numbers(found[2]):
                    return False
                if found[3] is not None and value.numel() and any(a != b for a, b, n in zip(value.stride(), numbers(found[3]), value.shape) if n > 1):
                    return False
            elif shown[name].startswith("Sym(") and numbers(shown[name][4:-1]) != (value,):
                return False
        except NameError:
            continue   # a symbol that no size gives
    return True


def other_strides(values):
    """More argument lists, for texts that do not state strides: tensors contiguous, transposed in memory, or a part of wider ones."""
    def transposed(value):
        return value.transpose(0, -1).contiguous().transpose(0, -1)

    def part(value):
        return torch.cat([value, value[..., :1]], -1)[..., :-1]

    for how in (torch.Tensor.contiguous, transposed, part):
        yield [how(v) if isinstance(v, torch.Tensor) and v.dim() > 1 and v.numel() and v.dtype != torch.bool else v for v in fresh(values)]


def amid(values):
    """The same arguments, each a part of a larger buffer: nothing states where in its storage an input begins."""
    def moved(value):
        reach = sum((n - 1) * stride for n, stride in zip(value.shape, value.stride())) + 1 if value.numel() else 0
        memory = (torch.arange(reach + 8).remainder(2) if value.dtype == torch.bool else torch.arange(2, reach + 10)).to(value.dtype)
        new = memory.as_strided(value.shape, value.stride(), 4)
        new.copy_(value)
        return new.conj() if value.is_conj() else new

    return [moved(v) if isinstance(v, torch.Tensor) else v for v in values]


def rewrite(text, folder, name="program"):
    """(the exported module, the report): what fxloom makes of the text with reinplace.lua, without running anything."""
    dump, out, report = (pathlib.Path(folder, f"{name}{suffix}") for suffix in (".txt", ".py", ".json"))
    dump.write_text(text)
    done = subprocess.run([program_path, "rewrite", dump, script, "-o", out, "--no-verify", "--report", report],
                          capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise AssertionError(f"fxloom rewrite: exit {done.returncode}: {done.stderr.strip() or done.stdout.strip()}\n{text}")
    return load_module(out), json.loads(report.read_text())


def outcome(report):
    """(chains taken, updates refused)."""
    return ([t for r in report["rewrites"] for t in r["taken"]], [r for w in report["rewrites"] for r in w["refused"]])


def scatters_left(path):
    return len(re.findall(r"aten\.\w+_scatter\b|aten\.index_put\.", pathlib.Path(path).read_text()))
