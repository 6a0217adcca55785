"""What can be said of a program and fxloom's answer to it: what is wrong, where torch's own graph is not what Python does, what was left.

Each check gets a Counter `counts` and adds what it saw. Samples and calls with shared memory are compared as in observations.py.
"""
import collections

import torch

import oracle
import programs
from observations import Observation, compare, same


def unwritten(observation, arguments):
    return all(same(a, b, exact=True) for a, b in zip(observation.inputs, arguments))


def rejected(observation, words):
    return isinstance(observation.error, ValueError) and any(word in str(observation.error) for word in words)


def sharing_arguments(program, sample):
    """(how, arguments) for every pair of inputs that could be the same memory."""
    names = [n for n, v in zip(program.inputs, sample) if isinstance(v, torch.Tensor) and v.dim() and v.numel()]
    at = {name: k for k, name in enumerate(program.inputs)}
    for k, first in enumerate(names):
        for second in names[k + 1:]:
            a, b = sample[at[first]], sample[at[second]]
            if a.shape != b.shape or a.dtype != b.dtype or a.stride() != b.stride():
                continue
            ways = {"same": (a, a)}
            if a.is_contiguous():
                buffer = torch.cat([a, b])
                ways |= {"part": (buffer[:a.shape[0]], buffer[1:a.shape[0] + 1]), "halves": (buffer[:a.shape[0]], buffer[a.shape[0]:])}
            for how, (one, two) in ways.items():
                yield how, [one if j == at[first] else two if j == at[second] else value for j, value in enumerate(sample)]


def wrong(program, answer, counts, limit=3):
    """The lines that say what the rewritten program does differently; at most `limit`."""
    if answer.error:
        return [f"fxloom: {answer.error}"]
    lines = []
    try:
        exported = program.exported(answer.module)
    except Exception as error:   # noqa: BLE001 - the exported file must be Python
        return [f"the exported file: {type(error).__name__}: {error}"]
    conditions = [line for line in answer.text.splitlines() if "# guard: " in line and "(" not in line.split("# guard: ")[1]]
    for number, sample in enumerate(program.samples):
        old = Observation(program.outputs, sample)
        new = Observation(exported, sample)
        if conditions and number and rejected(new, ["guard", "requires", "relies"]) and unwritten(new, sample):
            counts["calls rejected by a condition on sizes"] += 1
            continue
        different = compare(old, new)
        counts["runs that differ by rounding (other strides, other kernel)"] += not different and bool(compare(old, new, exact=True))
        lines += [f"sample {number}: {line}" for line in different]
    for how, arguments in sharing_arguments(program, program.samples[0]) if answer.taken else ():
        old, new = Observation(program.outputs, arguments), Observation(exported, arguments)
        if rejected(new, ["share memory"]) and how != "halves" and unwritten(new, arguments):
            counts["calls rejected because inputs share memory"] += 1
        elif not old.error:
            # A functional scatter keeps the offset of its base, so that here the layout of a result depends on the call.
            lines += [f"called with {how}: {line}" for line in compare(old, new) if not line.startswith("layout")]
    return lines[:limit]


def torch_differs(program, counts):
    """Counts the kinds in which the graph as printed differs from the Python that it was made of."""
    kinds = set()
    for sample in program.samples if program.eager else ():
        kinds |= {line.split(":")[0].split()[0] for line in compare(Observation(program.eager, sample), Observation(program.outputs, sample))}
    counts.update(f"torch's graph, not as eager: {kind}" for kind in kinds)


def reread(program, text):
    """The program of a text that was made of it, with the same inputs."""
    first = dict(zip(program.inputs, program.samples[0]))
    return programs.read(text, [v for n, v in first.items() if n not in program.buffers], {a: first[name] for name, a in program.buffers.items()})


def against_oracle(program, answer, counts):
    """Counts what was taken of what could be; the chains that were left, [(names, operators, rules)]."""
    best = oracle.best(program)
    if best is None:
        counts["too large for the oracle"] += 1
        return []
    after = reread(program, answer.text)
    left, costly = oracle.copied_bytes(after)
    counts.update({"oracle: programs": 1, "oracle: chains removable": len(best.chains), "oracle: forwards removable": len(best.forwards),
                   "oracle: bytes removable": best.before - best.after, "oracle: bytes taken": best.before - left,
                   "oracle: programs with something removable": best.after < best.before, "oracle: programs with all of it taken": left <= best.after < best.before})
    if left < best.after:
        counts["oracle: programs in which fxloom took more"] += 1
    before = dict(program.live().statements)
    remaining = {name for name, expression in after.statements if before.get(name, "").split("(")[0] == expression.split("(")[0]}
    gone = lambda names: left <= best.after or not names & remaining
    counts["oracle: chains taken"] += sum(gone(chain) for chain in best.chains)
    counts["oracle: forwards taken"] += sum(gone({name}) for name in best.forwards)
    rules = {node: rule for node, rule, _ in answer.refused}
    missed = [names for names in [*best.chains, *({name} for name in best.forwards)] if not gone(names)]
    operators = lambda names: " ".join(sorted(before.get(n, "?").split("(")[0].removeprefix("aten.") for n in names & remaining or names))
    found = [(sorted(names), operators(names), " ".join(sorted({rules[n] for n in names if n in rules})) or "not considered") for names in missed]
    if left > best.before:
        return [(sorted(costly), " ".join(sorted(costly.values())), "more is copied than before")]
    if left > best.after and not missed:   # other copies than those of the best way
        found = ([(sorted(best.erased & remaining), "copy_.default", "a copy_ of a thing to itself stays")] if best.erased & remaining
                 else [(sorted(costly), " ".join(sorted(costly.values())), "taken in a way that copies more")])
    return found


def left(program, answer):
    """What was left though removable, as lines whose kind is the refusal."""
    if answer.error:
        return []
    return [f"left/{rules.replace(' ', '/')}: {operators}: {names}" for names, operators, rules in against_oracle(program, answer, collections.Counter())]
