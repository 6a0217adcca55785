"""Custom, exported by fxloom from custom.txt.

Inputs of forward(), in this order:
    x   torch.float32 [2]   written in place
    y   torch.float32 [2]   written in place

It calls operators of torch.ops.export_test, torch.ops.other_test: import what registers them before calling forward.
"""
import math
import operator

import torch
from torch import device, inf, nan

CHECK_INPUTS = True

_INPUTS = (
    ('x', torch.float32, (2,)),
    ('y', torch.float32, (2,)),
)


def _check_inputs(values):
    """Raises ValueError or TypeError naming the input that forward cannot take."""
    _check_shapes(values)


def forward(x, y):
    if CHECK_INPUTS:
        _check_inputs((x, y,))
    rope = torch.ops.export_test.rope_.default(x, y);  rope = None
    auto_functionalized = torch.ops.higher_order.auto_functionalized(torch.ops.other_test.bump.default, x = x, y = y);  x = y = None
    getitem = auto_functionalized[1];  auto_functionalized = None
    wait = torch.ops._c10d_functional.wait_tensor.default(getitem);  getitem = None
    return (wait,)


if __name__ == "__main__":
    print(__doc__)
