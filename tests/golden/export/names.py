"""Names, exported by fxloom from names.txt.

Inputs of forward(), in this order:
    L_x_    anything (the dump does not say)
    math_   torch.float32 [2]
    s77     number: s77
"""
import math
import operator

import torch
from torch import device, inf, nan

CHECK_INPUTS = True

_INPUTS = (
    ('L_x_', None, None),
    ('math_', torch.float32, (2,)),
    ('s77', int, 's77'),
)


def _check_inputs(values):
    """Raises ValueError or TypeError naming the input that forward cannot take."""
    _check_shapes(values)


def forward(L_x_, math_, s77):
    if CHECK_INPUTS:
        _check_inputs((L_x_, math_, s77,))
    l_x_ = L_x_
    math_1 = math_
    slice_1 = torch.ops.aten.relu.default(math_1);  math_1 = None
    nan_1 = torch.ops.aten.add.Tensor(slice_1, l_x_);  slice_1 = l_x_ = None
    mul = s77 * 2;  s77 = None
    neg = -mul
    getitem = nan_1[0]
    full = torch.ops.aten.full.default([2], -inf, dtype = torch.float32, device = device(type='cpu'), pin_memory = False)
    return (nan_1, mul, neg, getitem, full, None, 'text', [1.0, 1e-05])


if __name__ == "__main__":
    print(__doc__)
