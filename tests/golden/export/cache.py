"""Cache, exported by fxloom from cache.txt.

Inputs of forward(), in this order:
    cache   torch.float32 [s1, 8]   written in place
    n       number: s0
    pos     torch.int64 [1]
    k       torch.float32 [s0, 1]
    other   torch.float32 [s1, 8]

Forward checks its inputs at every call, because writing in place relies on it: no written input shares an element
with an input that is read afterwards. CHECK_INPUTS = False turns the checks off.
"""
import math
import operator

import torch
from torch import device, inf, nan

CHECK_INPUTS = True

_INPUTS = (
    ('cache', torch.float32, ('s1', 8)),
    ('n', int, 's0'),
    ('pos', torch.int64, (1,)),
    ('k', torch.float32, ('s0', 1)),
    ('other', torch.float32, ('s1', 8)),
)

_OTHERS = {'cache', 'k', 'other', 'pos'}
_DISJOINT = {
    'cache': _OTHERS - {'cache'},
    'other': {'cache'},
}
_NO_SELF_OVERLAP = frozenset(('cache', ))
_CONDITIONS = ('s0 >= 2', )


def _check_inputs(values):
    """Raises ValueError or TypeError naming the input that forward cannot take."""
    symbols = _check_shapes(values)
    tensors = {name: value for (name, _, _), value in zip(_INPUTS, values) if isinstance(value, torch.Tensor)}
    _check_memory(tensors)
    _check_conditions(symbols)


def forward(cache, n, pos, k, other):
    if CHECK_INPUTS:
        _check_inputs((cache, n, pos, k, other,))

    # File: kv.py:3 in forward, code: cache[:n, pos] = k
    slice_1 = torch.ops.aten.slice.Tensor(cache, 0, 0, n)
    index_put_ = torch.ops.aten.index_put_.default(slice_1, [None, pos], k);  slice_1 = pos = k = index_put_ = None
    slice_2 = torch.ops.aten.slice.Tensor(cache, 0, 0, n);  cache = n = None
    slice_3 = torch.ops.aten.slice.Tensor(other, 0, 0, 1);  other = None
    mul = torch.ops.aten.mul.Tensor(slice_2, slice_3);  slice_2 = slice_3 = None
    return (mul,)


if __name__ == "__main__":
    print(__doc__)
