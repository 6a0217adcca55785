"""PyTorch's own passes that take copies out of a graph, applied to a copy of a graph module.

`inductor` is what torch.compile runs after AOTAutograd, `inductor_always` the same without its test of whether a write in place pays,
`fx` is torch.fx.passes.reinplace. Both need the graph as torch traced it, with fake tensors in its metadata.
"""
import copy
import dataclasses
import time

import torch


def with_one_fake_mode(graph_module, arguments):
    """(a copy of which all fake tensors are of one mode, the mode): graphs traced with real tensors have one for each node."""
    result = copy.deepcopy(graph_module)
    modes = {id(mode): mode for node in result.graph.nodes if (mode := getattr(node.meta.get("val"), "fake_mode", None)) is not None}
    if len(modes) == 1:
        return result, *modes.values()
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.fx.passes.fake_tensor_prop import FakeTensorProp
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    FakeTensorProp(result, mode).propagate(*arguments)
    return result, mode


def inductor(graph_module, arguments, always=False):
    """(the graph after remove_noop_ops and reinplace_inplaceable_ops, seconds that the second took). `always`: whether it pays or not."""
    from torch._inductor.fx_passes import post_grad, reinplace
    from torch._inductor.fx_utils import FakeTensorUpdater
    from torch._inductor.virtualized import V
    result, mode = with_one_fake_mode(graph_module, arguments)
    scatter = reinplace._generalized_scatter
    known = reinplace.inplaceable_ops[scatter]
    with V.set_fake_mode(mode):
        post_grad.remove_noop_ops(result.graph)
        updater = FakeTensorUpdater(result.graph)
        try:
            if always:
                reinplace.inplaceable_ops[scatter] = dataclasses.replace(known, extra_check=lambda node: True)
            start = time.perf_counter()
            reinplace.reinplace_inplaceable_ops(updater, result.graph)
            seconds = time.perf_counter() - start
        finally:
            reinplace.inplaceable_ops[scatter] = known
    result.recompile()
    return result, seconds


def inductor_always(graph_module, arguments):
    return inductor(graph_module, arguments, always=True)


def fx(graph_module, arguments):
    """(the graph after torch.fx.passes.reinplace, seconds)."""
    from torch.fx.passes.reinplace import reinplace
    result = copy.deepcopy(graph_module)
    start = time.perf_counter()
    result = reinplace(result, *arguments)
    seconds = time.perf_counter() - start
    result.recompile()
    return result, seconds


PASSES = {"inductor": inductor, "inductor_always": inductor_always, "fx": fx}
