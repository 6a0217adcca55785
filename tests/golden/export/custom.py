"""Custom, exported by fxloom from custom.txt.

Inputs of forward(), in this order:
    x       torch.float32 [2]   written in place
    y       torch.float32 [2]   written in place
    math_   torch.float32 [2]

It calls operators of torch.ops.export_test, torch.ops.other_test: import what registers them before calling forward.

Forward checks at every call what the graph relies on. CHECK_INPUTS = False turns the checks off.
Strides are checked too: which elements a view shows depends on them.
"""
import math
import operator

import torch
from torch import device, inf, nan

CHECK_INPUTS = True

_INPUTS = (
    ('x', torch.float32, (2,)),
    ('y', torch.float32, (2,)),
    ('math_', torch.float32, (2,)),
)

_STRIDES = (
    ('math_', (1,), None),
)


def _check_inputs(values):
    """Raises ValueError or TypeError naming the input that forward cannot take."""
    symbols = _check_shapes(values)
    tensors = {name: value for (name, _, _), value in zip(_INPUTS, values) if isinstance(value, torch.Tensor)}
    _check_strides(tensors, symbols)


def forward(x, y, math_):
    if CHECK_INPUTS:
        _check_inputs((x, y, math_,))
    math_1 = math_
    rope = torch.ops.export_test.rope_.default(x, y);  rope = None
    auto_functionalized = torch.ops.higher_order.auto_functionalized(torch.ops.other_test.bump.default, x = x, y = y);  x = y = None
    getitem = auto_functionalized[1];  auto_functionalized = None
    wait = torch.ops._c10d_functional.wait_tensor.default(getitem);  getitem = None
    return (wait,)


if __name__ == "__main__":
    print(__doc__)
