"""The graph that torch itself makes of an eager program, as text that torch prints: writes became functional updates, and copies back into the inputs.

Ways: make_fx of torch.func.functionalize with the views kept ("mutations") or turned into copies ("mutations_and_views"), and
AOTAutograd's inference graph with the mutations kept in it ("aot"). With symbolic sizes the samples of the program are those at which
every annotation of the text holds.
"""
import logging
import re

import torch
from torch._functorch.aot_autograd import aot_function
from torch.func import functionalize
from torch.fx.experimental.proxy_tensor import make_fx

import programs

WAYS = ("mutations", "mutations_and_views", "aot")
logging.getLogger("torch").setLevel(logging.ERROR)


def capture(function, arguments, way, symbolic):
    """The graph module; an exception of torch's when it cannot."""
    if way != "aot":
        return make_fx(functionalize(function, remove=way), tracing_mode="symbolic" if symbolic else "real")(*arguments)
    captured = []

    def compiler(graph_module, _):
        captured.append(graph_module)
        return graph_module

    with torch.no_grad():
        aot_function(function, fw_compiler=compiler, keep_inference_input_mutations=True, dynamic=symbolic)(*arguments)
    return captured[0]


def make_attribute(graph_module, position, name, value):
    """The input at that position becomes an attribute that the graph reads."""
    placeholders = [n for n in graph_module.graph.nodes if n.op == "placeholder"]
    old = placeholders[position]
    setattr(graph_module, name, torch.nn.Buffer(value))
    with graph_module.graph.inserting_before(next(n for n in graph_module.graph.nodes if n.op != "placeholder")):
        new = graph_module.graph.get_attr(name)
    new.meta = dict(old.meta)
    old.replace_all_uses_with(new)
    graph_module.graph.erase_node(old)
    graph_module.recompile()


def program_of(eager, way, layout):
    """The Program, with the samples for which its text holds; `layout`: strides and devices are printed too."""
    names, samples = list(eager.specs), eager.samples()
    graph_module = capture(eager.function(), programs.fresh(samples[0]), way, eager.symbolic)
    order = [k for k, name in enumerate(names) if name != eager.buffer]
    if eager.buffer:
        at = names.index(eager.buffer)
        make_attribute(graph_module, at, "buffer", samples[0][at])
    text = graph_module.print_readable(print_output=False, include_stride=layout, include_device=layout)
    text = re.sub(r"\x1b\[\d+m", "", text).rstrip() + "\n"
    attributes = {name: value for name, value in [*graph_module.named_buffers(), *vars(graph_module).items()] if isinstance(value, torch.Tensor)}
    program = programs.read(text, [samples[0][k] for k in order], attributes)
    program.source = text
    program.samples = [[*(values[k] for k in order), *(values[at] if attribute == "buffer" else attributes[attribute] for attribute in program.buffers.values())]
                       for values in samples]
    program.samples += [programs.amid(program.samples[0]), *([] if layout else programs.other_strides(program.samples[0]))]
    program.samples = [values for values in program.samples if stated(program, values)]
    program.graph_module, function = graph_module, eager.function()
    positions = [*order, *(at if attribute == "buffer" else None for attribute in program.buffers.values())]

    def as_written(*arguments):
        """The eager program, called with the arguments of the graph."""
        given = {position: value for position, value in zip(positions, arguments) if position is not None}
        return function(*(given.get(k, samples[0][k]) for k in range(len(names))))

    program.eager = as_written
    return program


def stated(program, values):
    """Does the text hold for these arguments, and does it run?"""
    try:
        return programs.holds(program.shown, program.run(*programs.fresh(values))[1])
    except Exception:   # noqa: BLE001 - a size for which the program is not meant
        return False
