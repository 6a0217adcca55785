#!/usr/bin/env python3
"""operator_cases.py FOLDER: small graphs as dump text, their inputs, and what Python's torch computes from the very same text.

A case is a body of dump statements; dumps are Python, so `exec` runs it. For each: NAME.txt, NAME.inputs.safetensors,
NAME.expected.safetensors (`output.N`, `input.<placeholder>` for what changed, numbers and Nones in the metadata).
"""
import _operator
import json
import math
import pathlib
import sys

import torch
import torch._inductor.inductor_prims  # registers prims.fma
from safetensors.torch import save_file

device, inf, nan = torch.device, math.inf, math.nan
ABBREVIATION = {torch.float32: 'f32', torch.float64: 'f64', torch.bfloat16: 'bf16', torch.float16: 'f16', torch.int64: 'i64', torch.int32: 'i32', torch.bool: 'b8',
                torch.uint8: 'u8', torch.int8: 'i8'}
torch.manual_seed(0)


def f(*shape, dtype=torch.float32):
    return torch.randn(*shape).to(dtype)


def i(*values):
    return torch.tensor(values)


X = dict(x=f(3, 4), y=f(3, 4))
# name: (inputs, body, what is returned)
CASES = {
    # Python numbers in Tensor slots
    'add_number': (X, 'a = torch.ops.aten.add.Tensor(x, 2)', 'a'),
    'add_alpha': (X, 'a = torch.ops.aten.add.Tensor(x, y, alpha = 2)', 'a'),
    'sub_from_number': (X, 'a = torch.ops.aten.sub.Tensor(2, x)', 'a'),
    'mul_number_keeps_integers': (dict(x=i(1, 2, 3)), 'a = torch.ops.aten.mul.Tensor(x, 2)', 'a'),
    'mul_float_promotes_integers': (dict(x=i(1, 2, 3)), 'a = torch.ops.aten.mul.Tensor(x, 0.5)', 'a'),
    'mul_float_keeps_bfloat': (dict(x=f(8, dtype=torch.bfloat16)), 'a = torch.ops.aten.mul.Tensor(x, 0.333)', 'a'),
    'div_mode': (dict(x=i(-7, 7, 5)), "a = torch.ops.aten.div.Tensor_mode(x, 2, rounding_mode = 'floor')", 'a'),
    'where_number': (X, 'c = torch.ops.aten.gt.Scalar(x, 0)\na = torch.ops.aten.where.ScalarOther(c, x, 0.0)', 'a'),
    'pow_scalar': (X, 'a = torch.ops.aten.pow.Tensor_Scalar(x, 2)', 'a'),
    'le_scalar': (X, 'a = torch.ops.aten.le.Scalar(x, 0)', 'a'),
    'full_like_dtype': (X, 'a = torch.ops.aten.full_like.default(x, -inf, dtype = torch.float64)', 'a'),
    # lists
    'index_with_none': (dict(x=f(3, 4, 5), p=i(2, 0)), 'a = torch.ops.aten.index.Tensor(x, [None, p])', 'a'),
    'index_put': (dict(x=f(3, 4), p=i(2, 0), v=f(3, 2)), 'a = torch.ops.aten.index_put.default(x, [None, p], v)', 'a'),
    'index_put_in_place': (dict(x=f(3, 4), p=i(2, 0), v=f(3, 2)), 'a = torch.ops.aten.index_put_.default(x, [None, p], v)', 'a'),
    'cat': (X, 'a = torch.ops.aten.cat.default([x, y, x], -1)', 'a'),
    'cat_of_split': (X, 's = torch.ops.aten.split.Tensor(x, 2, 1)\na = torch.ops.aten.cat.default(s, 0)', 'a'),
    'stack': (X, 'a = torch.ops.aten.stack.default([x, y])', 'a'),
    'permute': (dict(x=f(2, 3, 4)), 'a = torch.ops.aten.permute.default(x, [0, 2, 1])', 'a'),
    'expand_minus_one': (dict(x=f(3, 1)), 'a = torch.ops.aten.expand.default(x, [-1, 4])', 'a'),
    'mean_dims': (X, 'a = torch.ops.aten.mean.dim(x, [-1], True)', 'a'),
    'sum_dtype': (X, 'a = torch.ops.aten.sum.dim_IntList(x, [0, 1], dtype = torch.float64)', 'a'),
    'upsample': (dict(x=f(1, 1, 2, 2)), 'a = torch.ops.aten.upsample_nearest2d.vec(x, None, [2.0, 2.0])', 'a'),
    'constant_pad': (X, 'a = torch.ops.aten.constant_pad_nd.default(x, [1, 2], 1)', 'a'),
    # several results
    'topk': (X, 't = torch.ops.aten.topk.default(x, 2)\na = t[0]\nb = t[1]', 'a, b'),
    'var_mean': (X, 't = torch.ops.aten.var_mean.correction(x, [1], correction = 0, keepdim = True)\nb = t[1]', 'b'),
    'split_unused': (X, 's = torch.ops.aten.split.Tensor(x, 2, 1)\nb = s[1]', 'b'),
    'layer_norm': (dict(x=f(3, 4), w=f(4), b=f(4)), 't = torch.ops.aten.native_layer_norm.default(x, [4], w, b, 1e-05)\na = t[0]\nm = t[1]\nr = t[2]', 'a, m, r'),
    'batch_norm_mutates': (dict(x=f(4, 3), w=f(3), b=f(3), m=f(3), v=torch.rand(3)), 't = torch.ops.aten.native_batch_norm.default(x, w, b, m, v, True, 0.1, 1e-05)\na = t[0]', 'a'),
    'max_dim': (X, 't = torch.ops.aten.max.dim(x, 1)\na = t[0]\nb = t[1]', 'a, b'),
    # writing in place
    'add_in_place': (X, 'a = torch.ops.aten.add_.Tensor(x, y)', 'a'),
    'copy_in_place': (X, 'a = torch.ops.aten.copy_.default(x, y)', 'y'),
    'write_through_view': (X, 's = torch.ops.aten.slice.Tensor(x, 0, 0, 2)\nc = torch.ops.aten.fill_.Scalar(s, 7.0)\na = torch.ops.aten.sum.default(x)', 'a'),
    'foreach_in_place': (X, 'n = torch.ops.aten._foreach_add_.Scalar([x, y], 1)', 'x'),
    'foreach': (X, 't = torch.ops.aten._foreach_mul.Scalar([x, y], 2.0)\na = t[0]\nb = t[1]', 'a, b'),
    # conversions, factories
    'convert': (X, 'a = torch.ops.prims.convert_element_type.default(x, torch.bfloat16)', 'a'),
    'to_copy': (X, 'a = torch.ops.aten._to_copy.default(x, dtype = torch.float64)', 'a'),
    'clone_format': (dict(x=f(2, 3, 4)), 'p = torch.ops.aten.permute.default(x, [2, 0, 1])\na = torch.ops.aten.clone.default(p, memory_format = torch.contiguous_format)', 'a'),
    'full': ({}, "a = torch.ops.aten.full.default([2, 3], 1.5, dtype = torch.float32, layout = torch.strided, device = device(type='cpu'), pin_memory = False)", 'a'),
    'full_without_device': ({}, 'a = torch.ops.aten.full.default([2], 1)', 'a'),
    'arange': ({}, "a = torch.ops.aten.arange.start_step(0, 10, 3, layout = torch.strided, device = device(type='cpu'))", 'a'),
    'iota': ({}, "a = torch.ops.prims.iota.default(5, start = 2, step = 3, dtype = torch.int32, device = device(type='cpu'), requires_grad = False)", 'a'),
    'iota_down': ({}, "a = torch.ops.prims.iota.default(5, start = 4, step = -1, dtype = torch.int64, device = device(type='cpu'), requires_grad = False)", 'a'),
    'device_put': (X, "a = torch.ops.prims.device_put.default(x, device(type='cpu'))", 'a'),
    'broadcast_in_dim': (dict(x=f(3)), 'a = torch.ops.prims.broadcast_in_dim.default(x, [2, 3, 4], [1])', 'a'),
    'rev': (X, 'a = torch.ops.prims.rev.default(x, [0, 1])', 'a'),
    'fma': (dict(a=f(5), b=f(5), c=f(5)), 'd = torch.ops.prims.fma.default(a, b, c)', 'd'),
    'prims_elementwise': (X, 'a = torch.ops.prims.sin.default(x)\nb = torch.ops.prims.maximum.default(a, y)\ng = torch.ops.prims.gt.default(b, x)\nc = torch.ops.prims.where.default(g, b, x)', 'c'),
    'prims_div_integers': (dict(x=i(-7, 7), y=i(2, 2)), 'a = torch.ops.prims.div.default(x, y)', 'a'),
    'prims_reductions': (X, 'a = torch.ops.prims.sum.default(x, [0])\nb = torch.ops.prims.amax.default(x, [1])\nc = torch.ops.prims.var.default(x, [0, 1], 1.0)', 'a, b, c'),
    'prims_shapes': (X, 'a = torch.ops.prims.transpose.default(x, [1, 0])\nb = torch.ops.prims.split_dim.default(x, 1, 2)\nc = torch.ops.prims.collapse_view.default(b, 0, 1)', 'a, b, c'),
    'prims_reshape': (X, 'a = torch.ops.prims.reshape.default(x, [2, 6])', 'a'),
    # numbers
    'sizes': (X, 's = torch.ops.aten.sym_size.int(x, 1)\nt = torch.ops.aten.sym_stride.int(x, 0)\nn = torch.ops.aten.sym_numel.default(x)\nm = s * t\nv = torch.ops.aten.view.default(x, [n])', 's, t, n, m, v'),
    'number_arithmetic': (X, 's = torch.ops.aten.sym_size.int(x, 0)\na = s + 1\nb = s - 5\nc = b // 3\nd = b % 3\ne = s / 2\ng = s ** 2\nh = -s\nk = s < 4', 'a, b, c, d, e, g, h, k'),
    'sym_functions': (X, 's = torch.ops.aten.sym_size.int(x, 0)\na = torch.sym_max(s, 5)\nb = torch.sym_min(s, 5)\nc = torch.sym_float(s)\nd = torch.sym_int(c)\nk = s == 3\ne = torch.sym_ite(k, 1, 2)', 'a, b, c, d, e'),
    'math': (X, 's = torch.ops.aten.sym_size.int(x, 1)\na = math.sqrt(s)\nb = math.floor(a)\nc = math.trunc(a)', 'a, b, c'),
    'builtins': (X, 's = torch.ops.aten.sym_size.int(x, 1)\na = max(s, 9)\nb = min(s, 9)\nc = abs(s)\nd = float(s)\ne = int(d)\ng = round(d)', 'a, b, c, d, e, g'),
    'number_in_tensor_slot': (X, 's = torch.ops.aten.sym_size.int(x, 0)\na = torch.ops.aten.mul.Tensor(x, s)\nb = torch.ops.aten.add.Tensor(a, s)', 'a, b'),
    'number_in_float_slot': (X, 's = torch.ops.aten.sym_size.int(x, 0)\na = torch.ops.aten.native_layer_norm.default(x, [4], None, None, s)\nb = a[0]', 'b'),
    'item': (dict(x=i(3)), 'a = torch.ops.aten._local_scalar_dense.default(x)\nb = torch.ops.aten.full.default([a], 1.0)', 'a, b'),
    # outputs
    'none_and_nested': (X, 'a = torch.ops.aten.neg.default(x)', 'a, None, 5, (x, [a])'),
    'single': (X, 'a = torch.ops.aten.relu.default(x)', 'a'),
    'same_twice': (X, 'a = torch.ops.aten.mul.Tensor(x, x)', 'a, a'),
    # the families that models use
    'embedding': (dict(w=f(10, 4), p=i(3, 9, 0)), 'a = torch.ops.aten.embedding.default(w, p)', 'a'),
    'addmm': (dict(b=f(5), x=f(3, 4), w=f(4, 5)), 'a = torch.ops.aten.addmm.default(b, x, w)', 'a'),
    'convolution': (dict(x=f(1, 2, 5, 5), w=f(3, 2, 3, 3), b=f(3)), 'a = torch.ops.aten.convolution.default(x, w, b, [1, 1], [1, 1], [1, 1], False, [0, 0], 1)', 'a'),
    'max_pool': (dict(x=f(1, 2, 6, 6)), 't = torch.ops.aten.max_pool2d_with_indices.default(x, [2, 2], [2, 2])\na = t[0]\nb = t[1]', 'a, b'),
    'attention': (dict(q=f(1, 2, 3, 4), k=f(1, 2, 3, 4), v=f(1, 2, 3, 4)), 't = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu.default(q, k, v)\na = t[0]', 'a'),
    'softmax': (X, 'a = torch.ops.aten._softmax.default(x, -1, False)', 'a'),
    'gather_scatter': (dict(x=f(3, 4), p=torch.tensor([[0, 1], [2, 0]])), 'a = torch.ops.aten.gather.default(x, 1, p)\nb = torch.ops.aten.scatter.src(x, 1, p, a)', 'a, b'),
    'slice_scatter': (dict(x=f(5, 4), y=f(2, 4)), 'a = torch.ops.aten.slice_scatter.default(x, y, 0, 1, 3)', 'a'),
    'cumsum_sort': (X, 'a = torch.ops.aten.cumsum.default(x, 1)\ns = torch.ops.aten.sort.stable(x, stable = False)\nb = s[0]', 'a, b'),
    'bool_logic': (X, 'a = torch.ops.aten.gt.Scalar(x, 0)\nb = torch.ops.aten.logical_not.default(a)\nc = torch.ops.aten.bitwise_or.Tensor(a, b)', 'c'),
    'as_strided': (X, 'a = torch.ops.aten.as_strided.default(x, [2, 2], [1, 2], 1)', 'a'),
    'complex_inside': (dict(x=f(3, 2)), 'c = torch.ops.aten.view_as_complex.default(x)\nd = torch.ops.aten.mul.Tensor(c, c)\na = torch.ops.aten.view_as_real.default(d)', 'a'),
}


def annotation(tensor):
    return f"{ABBREVIATION[tensor.dtype]}[{', '.join(map(str, tensor.shape))}]"


def flatten(value):
    return [leaf for item in value for leaf in flatten(item)] if isinstance(value, (tuple, list)) else [value]


def write(folder, name, inputs, body, returned):
    statement = f'return ({returned},)'
    text = ('class GraphModule(torch.nn.Module):\n    def forward(self, ' + ', '.join(f'{key}: "{annotation(value)}"' for key, value in inputs.items()) + '):\n' +
            ''.join(f'        {line}\n' for line in body.split('\n') + [statement]))
    (folder / f'{name}.txt').write_text(text)
    save_file({key: value.contiguous() for key, value in inputs.items()}, folder / f'{name}.inputs.safetensors')
    scope = {**globals(), **{key: value.clone() for key, value in inputs.items()}}
    try:
        exec(body, scope)
    except Exception as problem:
        raise SystemExit(f'{name}: {problem}')
    results = flatten(eval(f'({returned},)', scope))
    tensors, ints, nones = {}, {}, []
    for index, value in enumerate(results):
        if isinstance(value, torch.Tensor):
            tensors[f'output.{index}'] = value.clone().contiguous()
        elif value is None:
            nones.append(index)
        else:
            ints[f'output.{index}'] = value
    for key, value in inputs.items():
        if not torch.equal(value, scope[key]) and not value.isnan().any():
            tensors[f'input.{key}'] = scope[key].clone()
    save_file(tensors, folder / f'{name}.expected.safetensors', {'ints': json.dumps(ints), 'nones': json.dumps(nones)})


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob('*'):
        old.unlink()
    with torch.no_grad():
        for name, (inputs, body, returned) in CASES.items():
            write(folder, name, inputs, body, returned)
    print(len(CASES), 'cases')


main()
