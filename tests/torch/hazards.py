"""Makes a graph nastier: torch's functionalization reads every value at its right time, other passes and people do not.

A few random edits that keep it a program: an operand is replaced by another value of the same annotation, an old value is read at the end, a
copy back into an input comes earlier, goes, or is made of another value, one more value is returned. Samples for which it does not run
are dropped.
"""
import re

from functionalized import stated
from programs import names_in


def size_and_type(text):
    """`f32[4, 3]` of `f32[4, 3][3, 1]cpu`; None for what is no tensor."""
    found = re.match(r"\w+\[[^\]]*\]", text or "")
    return found and found[0]


def substituted(expression, old, new):
    return re.sub(rf"(?<![\w.'\"]){re.escape(old)}(?!\w)", new, expression, count=1)


def other_operand(program, r):
    k = r.randrange(len(program.statements))
    name, expression = program.statements[k]
    earlier = [*program.inputs, *(n for n, _ in program.statements[:k])]
    used = [n for n in earlier if n in names_in(expression) and size_and_type(program.shown.get(n))]
    if not used:
        return
    old = r.choice(used)
    same = [n for n in earlier if n != old and size_and_type(program.shown.get(n)) == size_and_type(program.shown[old])]
    if same:
        program.statements[k] = name, substituted(expression, old, r.choice(same))


def late_read(program, r):
    old = [n for n in [*program.inputs, *(n for n, _ in program.statements)] if (size_and_type(program.shown.get(n)) or "").startswith(("f", "i"))]
    if old:
        value, name = r.choice(old), f"late_{len(program.statements)}"
        program.statements.insert(r.choice([len(program.statements)] * 3 + [r.randrange(len(program.statements) + 1)]), (name, f"aten.mul.Tensor({value}, 2)"))
        program.shown[name] = size_and_type(program.shown[value])
        program.returns.append(name)


def moved_copy(program, r):
    copies = [k for k, (_, e) in enumerate(program.statements) if e.startswith("aten.copy_.")]
    if not copies:
        return
    k = r.choice(copies)
    statement = program.statements.pop(k)
    how = r.random()
    if how < 0.2:
        return   # it goes
    needed = names_in(statement[1])
    first = max([i + 1 for i, (n, _) in enumerate(program.statements) if n in needed], default=0)
    program.statements.insert(r.randrange(first, len(program.statements) + 1), statement)


def one_more_return(program, r):
    program.returns.append(r.choice([n for n in [*program.inputs, *(n for n, _ in program.statements)] if size_and_type(program.shown.get(n))]))


EDITS = ((other_operand, 4), (late_read, 4), (moved_copy, 2), (one_more_return, 1))


def nastier(program, r):
    """An edited copy; None when it does not run at any sample."""
    new = program.live().but(shown=dict(program.shown), returns=[x for x in program.returns if x != "None"])
    new.statements = list(new.statements)
    for _ in range(r.choice([1, 1, 2, 3])):
        if new.statements:
            r.choices([edit for edit, _ in EDITS], [weight for _, weight in EDITS])[0](new, r)
    new.samples = [sample for sample in new.samples if stated(new, sample)]
    return new if new.samples else None
