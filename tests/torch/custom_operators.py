"""Custom operators of the library `fxloom_test`, and what torch makes of functions that call them: graphs with auto_functionalized calls.

Each operator writes some of its arguments and is registered as users do (torch.library.custom_op). `captured` traces a function as torch.compile
does for inference, with version 1 or 2 of auto_functionalized; the graph module runs, and its text is what fxloom reads.
"""
from typing import List, Optional, Tuple

import torch
import torch._inductor.config
from torch._functorch.aot_autograd import aot_function

SPACE = "fxloom_test"


@torch.library.custom_op(f"{SPACE}::bump", mutates_args={"x"})
def bump(x: torch.Tensor, y: torch.Tensor, by: float = 1.0) -> None:
    x.add_(y * by)


@torch.library.custom_op(f"{SPACE}::fill_rows", mutates_args={"x"})
def fill_rows(x: torch.Tensor, rows: int, *, value: float) -> None:
    x[:rows] = value


@torch.library.custom_op(f"{SPACE}::both", mutates_args={"a", "b"})
def both(a: torch.Tensor, scale: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    total = a.sum() - b.sum()
    a.mul_(scale)
    b.sub_(1)
    return total


@torch.library.custom_op(f"{SPACE}::parts", mutates_args={"x"})
def parts(x: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    old = x.clone()
    x.mul_(3)
    return old, x.sum()


@torch.library.custom_op(f"{SPACE}::many", mutates_args={"xs", "m"})
def many(xs: List[torch.Tensor], m: Optional[torch.Tensor], k: float = 1.0) -> None:
    for i, x in enumerate(xs):
        x.add_(k + i)
    if m is not None:
        m.mul_(2)


both.register_fake(lambda a, scale, b: a.new_empty(()))
parts.register_fake(lambda x: (torch.empty_like(x), x.new_empty(())))
for operator in (bump, fill_rows, many):
    operator.register_fake(lambda *args, **kwargs: None)

NAMES = ("bump", "fill_rows", "both", "parts", "many")


def declarations():
    """The Lua that declares them, by the schemas that torch prints."""
    schemas = [getattr(getattr(torch.ops, SPACE), name).default._schema for name in NAMES]
    return "".join(f'fx.operator("{schema}")\n' for schema in schemas)


def captured(function, inputs, version, dynamic=False):
    """The inference graph of `function`, which changes its inputs where the function does."""
    found = []

    def compiler(module, example_inputs):
        found.append(module)
        return module

    torch._inductor.config.enable_auto_functionalized_v2 = version == 2
    with torch.no_grad():
        aot_function(function, fw_compiler=compiler, keep_inference_input_mutations=True, dynamic=dynamic)(*inputs)
    return found[0]


def text_of(module, strides=True):
    return module.print_readable(print_output=False, include_stride=strides, include_device=strides)
