"""Random program number N: the same one every time.

Of four in a row, one is dump text that program_maker.py grew; one is a Python program with in-place writes through views
(eager_maker.py) of which torch made the graph (functionalized.py: it takes most of the time); two are that graph, edited (hazards.py).
"""
import functools
import random

import torch

import eager_maker
import functionalized
import hazards
import program_maker


@functools.lru_cache(maxsize=2)
def functional_graph(number, small):
    """The graph that torch makes of Python program `number`; None when it refuses."""
    torch.manual_seed(number)
    choice = random.Random(number)
    eager = eager_maker.EagerMaker(number, small).make()
    try:
        return functionalized.program_of(eager, choice.choice(functionalized.WAYS), choice.random() < 0.5)
    except Exception:   # noqa: BLE001 - torch cannot functionalize it
        return None


def make(seed, small):
    """Program `seed`, or None when torch or its sizes refuse it."""
    number, place = divmod(seed, 4)
    if place == 0:
        program = program_maker.program_of(number, small)
    else:
        program = functional_graph(number, small)
        if place > 1 and program and program.samples:
            program = hazards.nastier(program, random.Random(seed))
    return program if program and program.samples else None
