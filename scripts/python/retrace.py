"""A torch graph module from the text of a dump, for passes that need one: the statements are run on fake tensors under make_fx.

Sizes are numbers (`symbols` says which), because the text does not say what torch knew of them. Tensors that the graph reads as attributes
become inputs.
"""
import re

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx

DTYPES = {"f32": torch.float32, "f64": torch.float64, "f16": torch.float16, "bf16": torch.bfloat16, "i64": torch.int64, "i32": torch.int32, "i16": torch.int16,
          "i8": torch.int8, "u8": torch.uint8, "b8": torch.bool, "c64": torch.complex64}
ANNOTATED = re.compile(r'(\w+): "?(Sym\((?:[^()]|\([^()]*\))*\)|\w+\[[^\]]*\](?:\[[^\]]*\])?)')
STATEMENT = re.compile(r'^        (\w+)(?:: (?:"[^"]*"|Sym\(.*?\)|\w+\[[^\]]*\](?:\[[^\]]*\])?\w*))? = (.*?)(?:;  .*)?$')


def value(annotation, symbols):
    """A fake mode must be active."""
    number = lambda text: eval(text, {"__builtins__": {}, "Max": max, "Min": min}, symbols)   # noqa: S307 - sizes of a dump
    if annotation.startswith("Sym("):
        return number(annotation[4:-1])
    dtype, sizes, strides = re.match(r"(\w+)\[([^\]]*)\](?:\[([^\]]*)\])?", annotation).groups()
    sizes = number(f"({sizes},)") if sizes else ()
    return torch.empty_strided(sizes, number(f"({strides},)"), dtype=DTYPES[dtype]) if strides else torch.empty(sizes, dtype=DTYPES[dtype])


def retrace(text, symbols):
    """(graph module, its arguments, fake)."""
    lines = text.splitlines()
    head = next(line for line in lines if line.lstrip().startswith("def forward("))
    inputs = dict(ANNOTATED.findall(head))
    body = []
    for line in lines:
        if line.lstrip().startswith("return "):
            body.append(line.strip())
        elif found := STATEMENT.match(line):
            name, expression = found.groups()
            if expression.startswith("self."):
                inputs[name] = ANNOTATED.search(line)[2]
            else:
                body.append(f"{name} = {expression}")
    names = {"torch": torch, "device": torch.device, "inf": float("inf"), "nan": float("nan")}
    exec("\n".join([f"def program({', '.join(inputs)}):", *("    " + line for line in body)]), names)   # noqa: S102 - statements of a dump
    with FakeTensorMode(allow_non_fake_inputs=True):
        arguments = [value(annotation, symbols) for annotation in inputs.values()]
        return make_fx(names["program"])(*arguments), arguments
