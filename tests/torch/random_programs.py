"""Random program number N: the same one every time.

Every third is dump text that program_maker.py grew; the others are Python programs with in-place writes through views (eager_maker.py) of
which torch made the graph (functionalized.py), some of them edited afterwards (hazards.py).
"""
import random

import torch

import eager_maker
import functionalized
import hazards
import program_maker


def make(seed, small):
    """Program `seed`, or None when torch or its sizes refuse it."""
    torch.manual_seed(seed)
    if seed % 3 == 0:
        program = program_maker.program_of(seed, small)
    else:
        choice = random.Random(seed)
        eager = eager_maker.EagerMaker(seed, small).make()
        try:
            program = functionalized.program_of(eager, choice.choice(functionalized.WAYS), choice.random() < 0.5)
            if program.samples and choice.random() < 0.4:
                program = hazards.nastier(program, choice)
        except Exception:   # noqa: BLE001 - torch cannot functionalize it
            return None
    return program if program and program.samples else None
