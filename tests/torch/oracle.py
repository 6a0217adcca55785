"""The most that reinplacing can take from a small graph: every set of decisions is carried out until the cheapest one that nobody notices is found.

The sets are tried in the order of the bytes that they would at best leave; one is accepted when at every sample (random and special
values, other sizes) a caller observes what the graph as printed does: results, final inputs, sharing, layouts (observations.py); once also
with noise in everything that is computed, for what is right only because two computations agree is not to be found by any
analysis of memory. It needs no analysis, and is exact as far as the samples tell right from wrong. Graphs with more than LIMIT sets are skipped.
"""
import itertools

from decisions import Plan
from observations import Observation, compare

LIMIT = 4096


class Best:
    """`before`, `after`: copied bytes as printed and at best; `chains`: sets of names of the updates that end in one in-place write;
    `forwards`: names of the copies that need not be made; `erased`: names of the copy_ that go."""

    def __init__(self, plan, chosen, idle, before, after):
        self.before, self.after, self.erased = before, after, {s.name for s in plan.statements if s.op == "copy_" and s.name in idle}
        kinds = {s.name: plan.forms[k][chosen[k]].kind for k, s in enumerate(plan.statements)}
        self.forwards = {name for name, kind in kinds.items() if kind == "forward"}
        self.chains = []
        for k, s in enumerate(plan.statements):
            if kinds[s.name] != "write":
                continue
            inner = written_into(plan, chosen, kinds, s.source) if s.name in idle else None
            joined = next((c for c in self.chains if inner in c), None)
            self.chains.append({s.name}) if joined is None else joined.add(s.name)


def written_into(plan, chosen, kinds, name):
    """The update in place that made the content which a scatter finds in its place already."""
    while (k := plan.position.get(name)) is not None and kinds[name] != "write":
        name = plan.forms[k][chosen[k]].root
    return name


def decisions(plan):
    total = 1
    for forms in plan.forms:
        total *= len(forms)
    return total


def unnoticed(plan, chosen, live, expected):
    """The names of what did nothing at every sample; None when somebody notices the decisions."""
    everywhere = None
    for reference, sample, salted in expected:
        idle = set()
        if compare(reference, Observation(plan.function(chosen, live, idle, salted), sample)):
            return None
        everywhere = idle if everywhere is None else everywhere & idle
    return everywhere


def best(program, limit=LIMIT):
    """Best, or None when there are too many decisions."""
    plan = Plan(program)
    if decisions(plan) > limit:
        return None
    nothing = tuple(0 for _ in plan.forms)
    salted = Observation(plan.function(nothing, range(len(plan.forms)), set(), salted=True), program.samples[0])
    expected = [(salted, program.samples[0], True)] + [(Observation(plan.program.outputs, sample), sample, False) for sample in program.samples]
    before = sum(plan.kept)
    queue = []
    for chosen in itertools.product(*(range(len(forms)) for forms in plan.forms)):
        live = plan.live(chosen)
        if any(c and k not in live for k, c in enumerate(chosen)):
            continue   # the same as without the decision
        idle = plan.at_best(chosen, live)
        queue.append((plan.bytes(chosen, plan.live(chosen, idle), idle), sum(map(bool, chosen)), chosen, live))
    queue.sort(key=lambda q: q[:2])
    found = None
    for least, count, chosen, live in queue:
        if found and (least, count) >= found[:2]:
            break
        idle = unnoticed(plan, chosen, live, expected)
        if idle is not None:
            cost = plan.bytes(chosen, plan.live(chosen, idle), idle), count
            if not found or cost < found[:2]:
                found = *cost, chosen, idle
    after, _, chosen, idle = found
    return Best(plan, chosen, idle, before, after)


def copied_bytes(program):
    """(what a graph copies as it is written, {statement: its operator} of those that copy)."""
    plan = Plan(program)
    costly = {s.name: f"{s.op}.{s.overload}" for s, n in zip(plan.statements, plan.kept) if n}
    return sum(plan.kept), costly
