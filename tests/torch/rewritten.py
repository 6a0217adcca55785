"""What fxloom makes of many programs: one `fxloom repl` opens, rewrites and exports them one after the other (rewrite_each.lua).

A program during which fxloom ends is given as a crash, and the next process goes on behind it.
"""
import os
import pathlib
import shutil
import subprocess

import programs
from programs import load_module

# Each step is a line, and thus a transaction, of its own; after one that failed the graph is another one's.
STEP = 'local why = "" if fine then fine, why = pcall(function() {} end) end if not fine and why then print("@error\\t" .. tostring(why):gsub("\\n.*", "")) end'
here = pathlib.Path(__file__).resolve().parent
rewrites = ["reinplace"]   # that are applied, in order; others than this one are found by name


class Rewritten:
    """fxloom's answer: `taken` [(node, updates, names removed)], of other rewrites `repaired` [(node, rewrite)], `refused` [(node, rule, because)], the exported `text` and `module`;
    `error` when there is none."""

    def __init__(self):
        self.taken, self.repaired, self.refused, self.error, self.text, self.path = [], [], [], None, None, None

    @property
    def module(self):
        return load_module(self.path)


def rewrite_all(texts, folder):
    """The answers, in order, with the rewrite "reinplace" that programs.script defines. Files p0.txt, p0.py, p0.out.txt ... are left in the
    folder, which is emptied of older ones first."""
    folder = pathlib.Path(folder)
    for old in folder.glob("p*"):
        old.unlink()
    shutil.copy(here / "rewrite_each.lua", folder)
    shutil.copy(programs.script, folder / "reinplace.lua")
    for i, text in enumerate(texts):
        (folder / f"p{i}.txt").write_text(text)
    answers = [Rewritten() for _ in texts]
    first = 0
    while first < len(texts):
        first = run(answers, first, folder)
    for i, answer in enumerate(answers):
        answer.path, out = folder / f"p{i}.py", folder / f"p{i}.out.txt"
        if out.exists() and answer.path.exists():
            answer.text = out.read_text()
        elif not answer.error:
            answer.error = "nothing was exported"
    return answers


def run(answers, first, folder):
    """One process for the programs from `first` on; which is the next one to do."""
    lines = []
    for i in range(first, len(answers)):
        names = ", ".join(f'"{name}"' for name in rewrites)
        steps = [f'fx.open("p{i}.txt")', f'fx.load("rewrite_each.lua", {{args = {{{names}}}}})', f'fx.export("p{i}.py") fx.export("p{i}.out.txt")']
        lines += [f'print("@program\\t{i}") fine = true', *(STEP.format(step) for step in steps)]
    try:
        done = subprocess.run([programs.program_path, "repl"], input="\n".join([*lines, 'print("@end")', ""]), cwd=folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30 + 2 * (len(answers) - first),
                              env=os.environ | {"TERM": "dumb"})
        output, ended = done.stdout, f"exit {done.returncode}"
    except subprocess.TimeoutExpired as error:
        output, ended = (error.stdout or b"").decode(errors="replace"), "no answer in time"
    at = None
    for line in output.splitlines():
        kind, *fields = line.split("\t")
        if kind == "@program":
            at = int(fields[0])
        elif kind == "@end":
            return len(answers)
        elif at is not None and kind == "@taken":
            if fields[3] == "reinplace":
                answers[at].taken.append((fields[0], int(fields[1]), fields[2].split(",")))
            else:
                answers[at].repaired.append((fields[0], fields[3]))
        elif at is not None and kind == "@refused":
            answers[at].refused.append(tuple(fields))
        elif at is not None and kind == "@error" and not answers[at].error:
            answers[at].error = fields[0] or "a step before failed"
    at = first if at is None else at
    answers[at].error = f"fxloom ended ({ended}): {output[-600:]}"
    return at + 1
