#!/usr/bin/env python3
"""Random programs rewritten by scripts/reinplace.lua: nothing that a caller observes may change.

    differential_test.py [COUNT [FIRST_SEED]] [--oracle] [--jobs N] [--program FXLOOM]        without COUNT, the fixed set of CI
    differential_test.py --show SEED [--oracle]                                              one program and what becomes of it

The programs are those of random_programs.py. Each is run as printed and as exported, at every sample, and called with
inputs that share memory: the same tensor twice, a part in common, two halves of one buffer. Such a call must come out as printed, or
be rejected before anything is written; the halves must not be rejected. Where torch's graph itself differs from the Python, that is
counted, not blamed on fxloom. --oracle makes small programs and says what could have been taken of them (oracle.py). What fails is
shrunk (shrinker.py) and printed. The exit code is 1 when something is wrong, or when hardly anything was taken: then nothing was tested.
"""
import argparse
import collections
import multiprocessing
import sys
import tempfile
import traceback

import torch

import checks
import oracle
import programs
import rewritten
import shrinker
from random_programs import make

CHUNK = 40
BLIND = rewritten.here / "blind.lua"
FOUND = (102730, 401156, 411715, 412865, 415317, 602317)   # seeds that came out wrong once
AT_LEAST = 85   # percent of the removable chains and bytes


def run_chunk(seeds_and_options):
    """(counts, [(seed, lines)] that are wrong, [(seed, what was missed)])."""
    seeds, options = seeds_and_options
    torch.set_num_threads(1)
    programs.program_path, programs.script = options.program, options.script
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
                lines = checks.wrong(program, answer, counts)
                checks.torch_differs(program, counts)
                if options.oracle and not lines:
                    missed += [(seed, *what) for what in checks.against_oracle(program, answer, counts)]
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
        print(f"    all of it {share(get('programs with all of it taken'), get('programs with something removable'))} programs; "
              f"more than that in {get('programs in which fxloom took more')}")
    if missed:
        print("\nleft though removable: refusal, operators that stayed (seeds)")
        groups = collections.defaultdict(list)
        for seed, _, operators, rules in missed:
            groups[rules, operators].append(seed)
        for (rules, operators), seeds in sorted(groups.items(), key=lambda g: -len(g[1]))[:60]:
            print(f"{len(seeds):6}  {rules}: {operators} ({', '.join(map(str, seeds[:4]))})")


def shrink_left(missed, options):
    """The smallest program of each of the commonest refusals of something removable."""
    groups = collections.defaultdict(list)
    for seed, _, operators, rules in missed:
        groups[rules, operators].append(seed)
    for (rules, operators), seeds in sorted(groups.items(), key=lambda g: -len(g[1]))[:options.shrink]:
        kind = f"left/{rules.replace(' ', '/')}: {operators}:"
        shrinker.show(make(seeds[0], True), lambda p, a, kind=kind: [line for line in checks.left(p, a) if line.startswith(kind)],
                      f"{len(seeds)} times {rules}: {operators}, seed {seeds[0]}")


def show(seed, options):
    """Prints a program, what became of it, and what could have."""
    program = make(seed, options.oracle)
    if not program:
        sys.exit(f"seed {seed} makes no program")
    with tempfile.TemporaryDirectory() as folder:
        answer, = rewritten.rewrite_all([program.text()], folder)
        print(program.text(), answer.text, f"taken {answer.taken}", *answer.refused, f"error {answer.error}", sep="\n")
        print("wrong:", checks.wrong(program, answer, collections.Counter()))
        if options.oracle and not answer.error:
            best = oracle.best(program)
            print("best:", vars(best) if best else None, "left:", checks.against_oracle(program, answer, collections.Counter()))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, help="how many programs; without it, the fixed set of CI")
    parser.add_argument("first", nargs="?", type=int, default=0)
    parser.add_argument("--oracle", action="store_true", help="small programs, and what could have been taken of them")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--program", default=programs.program_path, help="the fxloom to test ($FXLOOM)")
    parser.add_argument("--at-least", type=float, default=AT_LEAST, metavar="PERCENT", help=f"of the removable chains and bytes ({AT_LEAST})")
    parser.add_argument("--script", default=programs.script, help="what defines the rewrite reinplace (scripts/reinplace.lua)")
    parser.add_argument("--show", type=int, metavar="SEED", help="print one program and what becomes of it")
    parser.add_argument("--shrink", type=int, default=3, metavar="N", help="how many failures, and how many ways to leave something, to shrink (3)")
    return parser.parse_args()


def run(count, first, options):
    """(counts, failures, missed) of the programs from `first` on; what is wrong is printed as it is found."""
    chunks = [(range(k, min(k + CHUNK, first + count)), options) for k in range(first, first + count, CHUNK)]
    counts, failures, missed = collections.Counter(), [], []
    with multiprocessing.get_context("spawn").Pool(options.jobs, maxtasksperchild=20) if options.jobs > 1 else Alone() as pool:
        for some, wrong_ones, left_ones in pool.imap_unordered(run_chunk, chunks):
            counts.update(some)
            failures += wrong_ones
            missed += left_ones
            for seed, lines in wrong_ones if options.script != BLIND else ():
                print(f"seed {seed}: {'; '.join(lines)}", flush=True)
    return counts, sorted(failures), sorted(missed)


def verdict(count, first, options):
    """Runs and reports; is everything right, and was enough taken to say so?"""
    counts, failures, missed = run(count, first, options)
    summary(counts, missed)
    if options.oracle:
        shrink_left(missed, options)
    for seed, _ in failures[:options.shrink]:
        shrinker.show(make(seed, options.oracle), lambda p, a: checks.wrong(p, a, collections.Counter()), f"seed {seed}")
    print(f"{counts['programs'] - len(failures)} passed, {len(failures)} failed", flush=True)
    taken, enough = counts["chains taken"], counts["programs"] // 3
    if taken < enough:
        print(f"{taken} chains were taken: too few, {enough} make a test")
    shares = [100 * counts[f"oracle: {what} taken"] / max(counts[f"oracle: {what} removable"], 1) for what in ("chains", "bytes")]
    if options.oracle and min(shares) < options.at_least:
        print(f"{min(shares):.1f} % of what is removable was taken, {options.at_least} % are wanted")
        return False
    return not failures and taken >= enough


def noticed(count, options):
    """Does the tester notice a rewrite that is wrong?"""
    blind = argparse.Namespace(**(vars(options) | {"script": BLIND, "oracle": False}))
    counts, failures, _ = run(count, 0, blind)
    print(f"a rewrite that does not ask whether a write is safe was found wrong in {len(failures)} of {counts['programs']} programs: "
          + ", ".join(f"{n} {name.removeprefix('WRONG: ')}" for name, n in sorted(counts.items()) if name.startswith("WRONG: ")))
    return len(failures) > counts["programs"] // 8 and all(counts[f"WRONG: {kind}"] for kind in ("input", "output", "alias"))


def found_once(options):
    """Are the programs that were rewritten wrongly once right today?"""
    failures = [failure for seed in FOUND for failure in run(1, seed, options)[1]]
    print(f"{len(FOUND)} that were wrong once: {len(FOUND) - len(failures)} passed, {len(failures)} failed", flush=True)
    return not failures


def fixed_set(options):
    """What CI runs: programs of all sizes, those that were wrong once, small ones beside the oracle, and a rewrite that has to be caught."""
    small = argparse.Namespace(**(vars(options) | {"oracle": True, "shrink": 0}))
    return all([verdict(240, 0, options), found_once(options), verdict(90, 500000, small), noticed(60, options)])


def main():
    options = arguments()
    programs.program_path, programs.script = options.program, options.script
    if options.show is not None:
        return show(options.show, options)
    sys.exit(not (verdict(options.count, options.first, options) if options.count else fixed_set(options)))


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
