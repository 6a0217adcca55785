#!/usr/bin/env python3
"""Prints the graph that torch.compile makes of one decode step of llama.py, as PyTorch prints it, into NAME.txt.

    capture.py samples/decode_4layers --layers 4 --width 256 --heads 4 --dynamic batch,cache-batch,cache-length

The graph is AOTAutograd's inference graph with the mutations of the caches kept in it (keep_inference_input_mutations). With
--tensors also NAME.inputs.safetensors and NAME.expected.safetensors: the inputs by placeholder name, and what torch computes from
the graph as printed (`output.N`, and `input.<placeholder>` for every input that it changed). With --passes NAME.passes/ is
written instead of NAME.txt: the graph as captured and after each of Inductor's passes that concern copies, as files that fxloom opens as
revisions of one graph.
"""
import argparse
import copy
import json
import os
import re

import torch
from torch._dynamo.backends.common import aot_autograd

import llama
import tensors

DYNAMIC = {"batch": ("ids", 0), "cache-batch": ("caches", 0), "cache-length": ("caches", 1)}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="where to write: NAME.txt (and NAME.inputs.safetensors, NAME.expected.safetensors)")
    add = lambda option, default, help: parser.add_argument(option, type=int, default=default, help=f"{help} ({default})")
    add("--layers", 2, "decoder layers")
    add("--width", 64, "model width")
    add("--heads", 4, "query heads")
    add("--kv-heads", 0, "key/value heads; 0: as many as query heads")
    add("--feed-forward", 0, "width of the feed-forward layer; 0: twice the model's")
    add("--vocabulary", 100, "tokens of the vocabulary")
    add("--positions", 0, "rows of the rotary tables; 0: the cache length")
    add("--batch", 3, "sequences that decode")
    add("--cache-batch", 4, "rows of the caches")
    add("--cache-length", 16, "positions of the caches")
    parser.add_argument("--dtype", default="float32", help="a torch dtype (float32)")
    parser.add_argument("--dynamic", default="batch,cache-batch", help=f"comma-separated: {', '.join(DYNAMIC)}; empty for none")
    parser.add_argument("--decompositions", choices=["none", "inductor"], default="none", help="which operators are decomposed first (none)")
    parser.add_argument("--layout", action="store_true", help="print strides and devices too")
    parser.add_argument("--tensors", action="store_true", help="write inputs and expected results too")
    parser.add_argument("--passes", action="store_true", help="write the graph as captured and after each of Inductor's passes into NAME.passes instead")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.kv_heads = options.kv_heads or options.heads
    options.feed_forward = options.feed_forward or 2 * options.width
    options.positions = options.positions or options.cache_length
    for dimension in filter(None, options.dynamic.split(",")):
        if dimension not in DYNAMIC:
            parser.error(f"--dynamic: {dimension!r} is not one of {', '.join(DYNAMIC)}")
    return options


def capture(options):
    """(graph module, the inputs that it was first called with): AOTAutograd's inference graph of one decode step."""
    torch.manual_seed(options.seed)
    dtype = getattr(torch, options.dtype)
    model = llama.Llama(options.layers, options.width, options.heads, options.kv_heads, options.feed_forward, options.vocabulary,
                        options.positions, dtype).eval()
    keys, values = llama.caches(options.layers, options.cache_batch, options.cache_length, options.kv_heads, options.width // options.heads,
                                dtype, torch.randn)
    ids = torch.randint(0, options.vocabulary, (options.batch, 1))
    position = torch.tensor([options.cache_length // 2])
    # dynamic=True below and every other dimension static: marked dynamic one by one, each cache would get symbols of its own.
    dynamic = {DYNAMIC[name] for name in filter(None, options.dynamic.split(","))}
    for who, some in (("ids", [ids, position]), ("caches", keys + values)):
        for tensor in some:
            for axis in range(tensor.dim()):
                if (who, axis) not in dynamic:
                    torch._dynamo.mark_static(tensor, axis)

    captured = []

    def compiler(graph_module, example_inputs):
        def run(*inputs):
            captured.append((graph_module, [x.clone() if isinstance(x, torch.Tensor) else x for x in inputs]))
            return graph_module(*inputs)
        return run

    decompositions = None
    if options.decompositions == "inductor":
        from torch._inductor.decomposition import select_decomp_table
        decompositions = select_decomp_table()
    backend = aot_autograd(fw_compiler=compiler, decompositions=decompositions, keep_inference_input_mutations=True)
    with torch.no_grad():
        torch.compile(model, backend=backend, fullgraph=True, dynamic=True)(ids, position, keys, values)
    return captured[0]


def text(graph_module, options):
    printed = graph_module.print_readable(print_output=False, include_stride=options.layout, include_device=options.layout)
    printed = re.sub(r"\x1b\[\d+m", "", printed)
    here = os.path.dirname(os.path.abspath(llama.__file__)) + os.sep
    return printed.replace(here, "").rstrip() + "\n"


def write_passes(graph_module, options):
    """What Inductor's own passes make of the copies: its removal of no-ops, then its reinplacing."""
    from torch._inductor.fx_passes import post_grad, reinplace
    from torch._inductor.fx_utils import FakeTensorUpdater
    from torch._inductor.virtualized import V
    folder = f"{options.name}.passes"
    os.makedirs(folder, exist_ok=True)
    graph_module = copy.deepcopy(graph_module)
    fake_mode = next(node.meta["val"].fake_mode for node in graph_module.graph.nodes if isinstance(node.meta.get("val"), torch.Tensor))
    updater = FakeTensorUpdater(graph_module.graph)
    steps = [("captured", lambda: None), ("remove_noop_ops", lambda: post_grad.remove_noop_ops(graph_module.graph)),
             ("reinplace_inplaceable_ops", lambda: reinplace.reinplace_inplaceable_ops(updater, graph_module.graph))]
    for number, (label, step) in enumerate(steps):
        with V.set_fake_mode(fake_mode):
            step()
        graph_module.recompile()
        with open(os.path.join(folder, f"pass_{number}_{label}.txt"), "w") as file:
            file.write(text(graph_module, options))


def write_tensors(graph_module, inputs, name):
    placeholders = [node.name for node in graph_module.graph.nodes if node.op == "placeholder"]
    symbols = {p: int(v) for p, v in zip(placeholders, inputs) if not isinstance(v, torch.Tensor)}
    before = {p: v for p, v in zip(placeholders, inputs) if isinstance(v, torch.Tensor)}
    tensors.save(before, f"{name}.inputs.safetensors", {"symbols": json.dumps(symbols)})
    given = [v.clone() if isinstance(v, torch.Tensor) else v for v in inputs]
    with torch.no_grad():
        outputs = graph_module(*given)
    after = dict(zip(placeholders, given))
    expected = {f"output.{i}": v for i, v in enumerate(outputs)}
    expected |= {f"input.{p}": after[p] for p, v in before.items() if not torch.equal(v, after[p])}
    tensors.save(expected, f"{name}.expected.safetensors")


def main():
    options = arguments()
    graph_module, inputs = capture(options)
    written = f"{options.name}.passes" if options.passes else f"{options.name}.txt"
    if options.passes:
        write_passes(graph_module, options)
    else:
        with open(written, "w") as file:
            file.write(text(graph_module, options))
    if options.tensors:
        write_tensors(graph_module, inputs, options.name)
    print(f"{written}: {len(graph_module.graph.nodes)} nodes, torch {torch.__version__}")


if __name__ == "__main__":
    main()
