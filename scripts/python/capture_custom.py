#!/usr/bin/env python3
"""Prints the graph that torch.compile makes of a decode step with a custom operator that writes a cache.   capture_custom.py OUT.txt

The operator mylib.store writes rows into one layer of a cache; torch makes auto_functionalized_v2 calls of it. Printed as AOTAutograd's inference
graph with the mutations of the caches kept, as capture.py does.
"""
import pathlib
import sys

import torch
from torch._functorch.aot_autograd import aot_function


@torch.library.custom_op("mylib::store", mutates_args={"cache"})
def store(cache: torch.Tensor, rows: torch.Tensor, at: torch.Tensor) -> None:
    cache.index_copy_(1, at, rows)


store.register_fake(lambda cache, rows, at: None)


def step(keys, values, k, v, q, at):
    for layer in range(keys.shape[0]):
        store(keys[layer], k, at)
        store(values[layer], v, at)
        scores = torch.softmax(q @ keys[layer].transpose(1, 2), -1)
        q = q + scores @ values[layer]
    return q


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    cache, row = (2, 4, 64, 16), (4, 1, 16)
    inputs = [torch.zeros(cache), torch.zeros(cache), torch.zeros(row), torch.zeros(row), torch.zeros(row), torch.tensor([3])]
    found = []
    with torch.no_grad():
        aot_function(step, fw_compiler=lambda module, _: found.append(module) or module, keep_inference_input_mutations=True)(*inputs)
    text = found[0].print_readable(print_output=False, include_stride=True, include_device=True)
    pathlib.Path(sys.argv[1]).write_text(text.rstrip() + "\n")


if __name__ == "__main__":
    main()
