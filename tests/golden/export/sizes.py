"""Sizes, exported by fxloom from sizes.txt.

Inputs of forward(), in this order:
    x   torch.float32 [2*s0, (s1//2)]
    y   torch.float32 [s0]
    z   torch.int64 []
"""
import math
import operator

import torch
import torch._prims  # registers torch.ops.prims
from torch import device, inf, nan

CHECK_INPUTS = True

_INPUTS = (
    ('x', torch.float32, ('2*s0', '(s1//2)')),
    ('y', torch.float32, ('s0',)),
    ('z', torch.int64, ()),
)


def _check_inputs(values):
    """Raises ValueError or TypeError naming the input that forward cannot take."""
    _check_shapes(values)


def forward(x, y, z):
    if CHECK_INPUTS:
        _check_inputs((x, y, z,))
    sym_size = x.size(0)
    sym_size_int = x.size(1)
    sym_numel = y.numel()
    sym_stride = y.stride(0);  y = None
    iota = torch.ops.prims.iota.default(sym_size, start = 0, step = 1, dtype = torch.int64, device = device(type='cpu'), requires_grad = False);  sym_size = None
    convert = torch.ops.prims.convert_element_type.default(iota, torch.float32);  iota = None
    floordiv = sym_numel // 2
    sym_max = torch.sym_max(1, sym_numel);  sym_numel = None
    return (convert, x, z, sym_size_int, sym_stride, floordiv, sym_max)


if __name__ == "__main__":
    print(__doc__)
