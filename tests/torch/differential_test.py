#!/usr/bin/env python3
"""Random programs rewritten by scripts/reinplace.lua: nothing that a caller observes may change.

    differential_test.py [COUNT [FIRST_SEED]] [--oracle] [--jobs N] [--program FXLOOM] [--show SEED]

Every third program is dump text (program_maker.py); the others are Python programs with in-place writes through views
(eager_maker.py) of which torch made the graph (functionalized.py). Each is run as printed and as exported, at every sample, and called with
inputs that share memory: the same tensor twice, a part in common, two halves of one buffer. Such a call must come out as printed, or
be rejected before anything is written; the halves must not be rejected. Where torch's graph itself differs from the Python, that is
counted, not blamed on fxloom. --oracle makes small programs and says what could have been taken of them (oracle.py). What fails is
shrunk (shrinker.py) and printed. The exit code is 1 when something is wrong, or when hardly anything was taken: then nothing was tested.
"""
import argparse
import collections
import multiprocessing
import random
import sys
import tempfile
import traceback

import torch

import eager_maker
import functionalized
import oracle
import program_maker
import programs
import rewritten
import shrinker
from observations import Observation, compare, fresh, same

CHUNK = 40


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
        except Exception:   # noqa: BLE001 - torch cannot functionalize it
            return None
    return program if program and program.samples else None


# --- one program ---------------------------------------------------------------------------------------------------------------------------


def unwritten(observation, arguments):
    return all(same(a, b) for a, b in zip(observation.inputs, arguments))


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
        lines += [f"sample {number}: {line}" for line in compare(old, new)]
    for how, arguments in sharing_arguments(program, program.samples[0]) if answer.taken else ():
        old, new = Observation(program.outputs, arguments), Observation(exported, arguments)
        if rejected(new, ["share memory"]) and how != "halves" and unwritten(new, arguments):
            counts["calls rejected because inputs share memory"] += 1
        elif not old.error:
            lines += [f"called with {how}: {line}" for line in compare(old, new)]
    return lines[:limit]


def torch_differs(program, counts):
    """Counts the kinds in which the graph as printed differs from the Python that it was made of."""
    kinds = set()
    for sample in program.samples if program.eager else ():
        kinds |= {line.split(":")[0].split()[0] for line in compare(Observation(program.eager, sample), Observation(program.outputs, sample))}
    counts.update(f"torch's graph, not as eager: {kind}" for kind in kinds)


def against_oracle(program, answer, counts):
    """Counts what was taken of what could be; the chains that were left, [(names, operators, rules)]."""
    best = oracle.best(program)
    if best is None:
        counts["too large for the oracle"] += 1
        return []
    after = programs.read(answer.text, [v for n, v in program.inputs.items() if n not in program.buffers],
                          {attribute: program.inputs[name] for name, attribute in program.buffers.items()})
    left = oracle.copied_bytes(after)
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
    if left > best.after and not missed:
        missed = [best.erased & remaining or {"?"}]
    operators = lambda names: " ".join(sorted(before.get(n, "?").split("(")[0].removeprefix("aten.") for n in names & remaining or names))
    return [(sorted(names), operators(names), " ".join(sorted({rules[n] for n in names if n in rules})) or "not considered") for names in missed]


# --- many ----------------------------------------------------------------------------------------------------------------------------------


def run_chunk(seeds_and_options):
    """(counts, [(seed, lines)] that are wrong, [(seed, what was missed)])."""
    seeds, options = seeds_and_options
    torch.set_num_threads(1)
    programs.program_path = options.program
    counts, failures, missed = collections.Counter(), [], []
    made = [(seed, program) for seed in seeds if (program := make(seed, options.oracle))]
    counts.update({"programs": len(made), "not made (torch refuses, or its sizes cannot be stated)": len(seeds) - len(made)})
    with tempfile.TemporaryDirectory() as folder:
        answers = rewritten.rewrite_all([program.text() for _, program in made], folder)
        for (seed, program), answer in zip(made, answers):
            counts.update(f"refused: {rule}" for _, rule, _ in answer.refused)
            counts["chains taken"] += len(answer.taken)
            counts["programs of several sizes"] += len({str([getattr(v, "shape", v) for v in sample]) for sample in program.samples}) > 1
            try:
                lines = wrong(program, answer, counts)
                torch_differs(program, counts)
                if options.oracle and not answer.error:
                    missed += [(seed, *what) for what in against_oracle(program, answer, counts)]
            except Exception:   # noqa: BLE001 - a fault of the tester is a failure of the test
                lines = [traceback.format_exc()]
            if lines:
                failures.append((seed, lines))
                counts.update({f"WRONG: {kind}" for kind in {line.split(": ")[1 if line.startswith(("sample", "called")) else 0].split()[0] for line in lines}})
    return counts, failures, missed


def share(part, whole):
    return f"{part} of {whole}" + (f" ({100 * part / whole:.1f} %)" if whole else "")


def summary(counts, missed):
    for name, n in sorted(counts.items()):
        if not name.startswith("oracle: "):
            print(f"{n:9}  {name}")
    get = lambda name: counts[f"oracle: {name}"]
    if get("programs"):
        print(f"\nof what an exhaustive search found removable in {get('programs')} small programs, fxloom took")
        print(f"    chains    {share(get('chains taken'), get('chains removable'))}")
        print(f"    forwards  {share(get('forwards taken'), get('forwards removable'))}")
        print(f"    bytes     {share(get('bytes taken'), get('bytes removable'))}")
        print(f"    all of it {share(get('programs with all of it taken'), get('programs with something removable'))} programs; more than that in {get('programs in which fxloom took more')}")
    if missed:
        print("\nleft though removable: refusal, operators that stayed (seeds)")
        groups = collections.defaultdict(list)
        for seed, _, operators, rules in missed:
            groups[rules, operators].append(seed)
        for (rules, operators), seeds in sorted(groups.items(), key=lambda g: -len(g[1]))[:40]:
            print(f"{len(seeds):6}  {rules}: {operators} ({', '.join(map(str, seeds[:4]))})")


def show(seed, options):
    """Prints a program, what became of it, and what could have."""
    program = make(seed, options.oracle)
    if not program:
        sys.exit(f"seed {seed} makes no program")
    with tempfile.TemporaryDirectory() as folder:
        answer, = rewritten.rewrite_all([program.text()], folder)
        print(program.text(), answer.text, f"taken {answer.taken}", *answer.refused, f"error {answer.error}", sep="\n")
        print("wrong:", wrong(program, answer, collections.Counter()))
        if options.oracle and not answer.error:
            best = oracle.best(program)
            print("best:", vars(best) if best else None, "left:", against_oracle(program, answer, collections.Counter()))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=300)
    parser.add_argument("first", nargs="?", type=int, default=0)
    parser.add_argument("--oracle", action="store_true", help="small programs, and what could have been taken of them")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--program", default=programs.program_path, help="the fxloom to test ($FXLOOM)")
    parser.add_argument("--show", type=int, metavar="SEED", help="print one program and what becomes of it")
    parser.add_argument("--shrink", type=int, default=3, metavar="N", help="how many failures to shrink (3)")
    return parser.parse_args()


def main():
    options = arguments()
    programs.program_path = options.program
    if options.show is not None:
        return show(options.show, options)
    last = options.first + options.count
    chunks = [(range(k, min(k + CHUNK, last)), options) for k in range(options.first, last, CHUNK)]
    counts, failures, missed = collections.Counter(), [], []
    with multiprocessing.get_context("spawn").Pool(options.jobs, maxtasksperchild=20) if options.jobs > 1 else Alone() as pool:
        for some, wrong_ones, left in pool.imap_unordered(run_chunk, chunks):
            counts.update(some)
            failures += wrong_ones
            missed += left
            for seed, lines in wrong_ones:
                print(f"seed {seed}: {'; '.join(lines)}", flush=True)
    summary(counts, missed)
    for seed, _ in sorted(failures)[:options.shrink]:
        shrinker.show(make(seed, options.oracle), lambda p, a: wrong(p, a, collections.Counter()), f"seed {seed}")
    taken = counts["oracle: chains taken"] + counts["oracle: forwards taken"] if options.oracle else counts["chains taken"]
    if taken < options.count // 5:
        print("too little was taken for this to be a test")
    print(f"{counts['programs'] - len(failures)} passed, {len(failures)} failed")
    sys.exit(bool(failures) or taken < options.count // 5)


class Alone:
    """A pool of this process."""
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def imap_unordered(self, function, items):
        return map(function, items)


if __name__ == "__main__":
    main()
