"""Makes a program that fails smaller, as long as it fails in the same way, and prints it as a test.

One step takes away a return, a statement (its users take another value of the same annotation, or it becomes an input), an input or a sample, or
makes every size of one number smaller. A step stays when what was wrong before still is; steps are tried until none does.
"""
import re
import tempfile

import rewritten
from observations import fresh
from programs import names_in, writes


def same_kind(lines):
    """The kinds of a failure, without values."""
    return {re.sub(r"^(sample \d+|called with \w+): ", "", line).split(":")[0].split()[0] for line in lines}


def answer_to(program):
    with tempfile.TemporaryDirectory() as folder:
        answer, = rewritten.rewrite_all([program.text()], folder)
        if not answer.error:
            answer.loaded = answer.module
    return answer


class Loaded:
    """An answer whose module is loaded already: its file is gone."""
    def __init__(self, answer):
        self.taken, self.refused, self.error, self.text = answer.taken, answer.refused, answer.error, answer.text
        self.module = getattr(answer, "loaded", None)


def failure(program, check):
    """What is wrong with the program now; nothing when it does not run."""
    try:
        for sample in program.samples:
            program.run(*fresh(sample))
        return check(program, Loaded(answer_to(program)))
    except Exception:   # noqa: BLE001 - not a program any more
        return []


def substitute(expression, old, new):
    return re.sub(rf"(?<![\w.'\"]){re.escape(old)}(?!\w)", new, expression)


def without(program, k, replacement):
    name = program.statements[k][0]
    statements = [(n, substitute(e, name, replacement)) for n, e in program.statements[k + 1:]]
    return program.but(statements=program.statements[:k] + statements, returns=[substitute(r, name, replacement) for r in program.returns])


def as_input(program, k):
    """The result of statement k is given by the caller."""
    name = program.statements[k][0]
    values = [program.run(*fresh(sample))[1][name] for sample in program.samples]
    inputs = {name: values[0]} | program.inputs
    return program.but(inputs=inputs, statements=program.statements[:k] + program.statements[k + 1:],
                       samples=[[fresh([value])[0], *sample] for value, sample in zip(values, program.samples)])


def smaller(program, old, new):
    """Every size and number `old` is `new`; annotations are made anew."""
    change = lambda t: t[tuple(slice(0, new if n == old else n) for n in t.shape)].clone() if hasattr(t, "shape") else new if t == old else t
    statements = [(n, re.sub(rf"(?<![\w.]){old}(?![\w.])", str(new), e)) for n, e in program.statements]
    samples = [[change(value) for value in sample] for sample in program.samples]
    return program.but(inputs=dict(zip(program.inputs, samples[0])), samples=samples, statements=statements, shown=None)


def candidates(program):
    if len(program.samples) > 1:
        yield from (program.but(samples=[sample], inputs=dict(zip(program.inputs, sample))) for sample in program.samples)
    for k in range(len(program.returns)):
        yield program.but(returns=program.returns[:k] + program.returns[k + 1:])
    needed = lambda k: any(program.statements[k][0] in names_in(e) for e in [*(e for _, e in program.statements[k + 1:]), *program.returns])
    for k in reversed(range(len(program.statements))):
        name, expression = program.statements[k]
        if not needed(k):
            yield without(program, k, name)
            continue
        earlier = [*program.inputs, *(n for n, _ in program.statements[:k])]
        shown = program.shown or {}
        equal = [n for n in earlier if n in shown and shown.get(name, "").split("]")[0] == shown[n].split("]")[0]]
        preferred = [n for n in equal if n in names_in(expression)] + equal[:2]
        yield from (without(program, k, n) for n in dict.fromkeys(preferred))
        if not writes(expression) and name in shown and "[" in shown[name]:
            yield as_input(program, k)
    for name in program.inputs:
        if not any(name in names_in(e) for _, e in program.statements) and name not in program.returns:
            keep = [k for k, n in enumerate(program.inputs) if n != name]
            samples = [[sample[k] for k in keep] for sample in program.samples]
            yield program.but(inputs={n: v for n, v in program.inputs.items() if n != name}, samples=samples,
                              buffers={n: a for n, a in program.buffers.items() if n != name})
    if program.shown is None or not any(re.search(r"[su]\d", text) for text in program.shown.values()):
        sizes = sorted({n for value in program.inputs.values() if hasattr(value, "shape") for n in value.shape}, reverse=True)
        yield from (smaller(program, old, new) for old in sizes for new in (2, 3) if new < old)


def weight(program):
    elements = sum(getattr(v, "numel", lambda: 1)() for v in program.inputs.values())
    return len(program.statements), len(program.samples), len(program.returns), len(program.inputs), elements


def shrink(program, check, tries=600):
    """(the smallest program found that fails in the same way, what is wrong with it)."""
    program = program.live() if failure(program.live(), check) else program.but()
    lines = failure(program, check)
    wanted = same_kind(lines)
    progress = bool(lines)
    while progress and tries > 0:
        progress = False
        for candidate in candidates(program):
            tries -= 1
            found = weight(candidate) < weight(program) and failure(candidate, check)
            if found and same_kind(found) & wanted:
                program, lines, progress = candidate, found, True
                break
            if tries <= 0:
                break
    return program, lines


def show(program, check, title):
    """Shrinks and prints: dump text, what is wrong, and the command that shows it."""
    small, lines = shrink(program, check)
    if not lines:
        print(f"\n{title}: what is wrong does not come back when it is run alone\n{program.text()}")
        return
    answer = answer_to(small)
    print(f"\n{title}, shrunk to {len(small.statements)} statements: {'; '.join(lines)}")
    print(f"cat > wrong.txt <<'END'\n{small.text()}END\nfxloom rewrite wrong.txt scripts/reinplace.lua -o wrong.py --no-verify")
    for name, value in small.inputs.items():
        strided = f", strides {list(value.stride())}" if hasattr(value, "stride") and not value.is_contiguous() else ""
        print(f"# {name} = {value.tolist() if hasattr(value, 'tolist') else value}{strided}")
    print(f"taken {answer.taken}, refused {[r[:2] for r in answer.refused]}\n{answer.text or answer.error}", flush=True)
