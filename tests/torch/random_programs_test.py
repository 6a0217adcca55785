#!/usr/bin/env python3
"""Random programs that write through views: whatever is taken must change nothing.   random_programs_test.py [COUNT [FIRST_SEED]]

Every program (program_maker.py) is run as printed and as exported, under torch (programs.py), with every number that its annotations
hold for, and called with inputs that share memory: the same tensor twice, a part in common, two halves of one buffer. Such a call
must come out as printed or be rejected before anything is written; the halves must not be rejected. Prints the program that fails; also
fails when hardly anything was taken, for then nothing was tested.
"""
import collections
import sys
import tempfile

import torch

import programs
from program_maker import Maker, annotations, inputs_at


def shared(names, inputs, how):
    """The inputs with x and y in one memory; None when their strides would not be those of the program."""
    inputs = programs.fresh(inputs)
    x, y = names.index("x"), names.index("y")
    if inputs[x].stride() != inputs[y].stride():
        return None
    if how == "same":
        inputs[y] = inputs[x]
    else:
        rows = inputs[x].shape[0]
        if not inputs[x].is_contiguous():
            return None
        buffer = torch.cat([inputs[x], inputs[y]])
        inputs[x], inputs[y] = buffer[:rows], buffer[1:rows + 1] if how == "part" else buffer[rows:]
    return inputs


def runs(program, module, inputs):
    """What differs, as printed against as exported."""
    try:
        program.run(*programs.fresh(inputs))
    except (RuntimeError, IndexError):
        return []   # another size than those of the annotations
    return programs.differences(lambda *a: program.run(*a)[0], module.forward, inputs)


def shared_runs(program, module, inputs, counts):
    words = []
    for how in ("same", "part", "halves"):
        first, second = (shared(list(program.inputs), inputs, how) for _ in range(2))
        if first is None:
            continue
        try:
            expected = program.run(*first)[0]
        except (RuntimeError, IndexError):
            continue
        before = programs.fresh(second)
        try:
            found = module.forward(*second)
        except ValueError as error:
            counts["rejected calls"] += 1
            if "share memory" not in str(error) or how == "halves":
                words.append(f"{how}: {error}")
            first, expected, found = before, (), ()   # nothing may have been written
        found = found if isinstance(found, (tuple, list)) else (found,)
        for old, new in zip([*expected, *first], [*found, *second]):
            if isinstance(old, torch.Tensor) and not torch.equal(old, new):
                words.append(f"called with {how}: {old.tolist()} became {new.tolist()}")
    return words


def check(seed, folder, counts):
    """What is wrong with program `seed`, its text, the nodes taken."""
    maker = Maker(seed)
    program = maker.make()
    shown, numbers = ({}, [None]) if maker.kind == "constant" else annotations(maker.kind, program)
    if shown is None:
        counts["without annotations"] += 1
        return [], "", []
    text = program.text(shown)
    try:
        module, report = programs.rewrite(text, folder, f"p{seed}")
        takes, refusals = programs.outcome(report)
        counts.update(f"refused: {refusal['rule']}" for refusal in refusals)
        sets = [list(program.inputs.values()) if n is None else inputs_at(maker.kind, program.inputs, n) for n in numbers]
        words = [word for inputs in sets for word in runs(program, module, inputs)] + shared_runs(program, module, sets[0], counts)
    except Exception as error:   # noqa: BLE001 - a program that cannot be rewritten or run is a failure of the test
        return [f"{type(error).__name__}: {error}"], text, []
    return words, text, [t["node"] for t in takes]


def main():
    torch.set_num_threads(1)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    counts = collections.Counter()
    failed = 0
    for seed in range(first, first + count):
        with tempfile.TemporaryDirectory() as folder:
            words, text, taken = check(seed, folder, counts)
        counts["taken"] += len(taken)
        if words:
            failed += 1
            print(f"seed {seed}: {'; '.join(words)}\n{text}taken: {taken}\n", flush=True)
    print(f"{count} programs: {', '.join(f'{name} {n}' for name, n in sorted(counts.items()))}")
    if counts["taken"] < count // 3:
        print("too few chains were taken for this to be a test")
        failed += 1
    print(f"{count - failed} passed, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
