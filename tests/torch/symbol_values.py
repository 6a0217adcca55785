#!/usr/bin/env python3
"""Makes tests/golden/symbols/values.txt: random symbolic expressions, and their values as torch's own sympy functions give them.

    symbol_values.py [COUNT [SEED]] > values.txt     each line: expression <TAB> s0=..., s1=... <TAB> value

tests/ir/symbol_values_test.cpp reads the table. Values are integers; conditions are 1 and 0. An expression that torch itself refuses for a
binding (a division by zero, Mod of a negative number) is left out for it.
"""
import random
import sys

import sympy
import torch.utils._sympy.functions as functions

BINARY = ["FloorDiv", "PythonMod", "Mod", "Max", "Min", "CleanDiv"]
NAMES = {name: getattr(functions, name) for name in ("FloorDiv", "PythonMod", "Mod", "Max", "Min", "CleanDiv", "CeilToInt", "FloorToInt", "TruncToInt", "RoundToInt", "IntTrueDiv",
         "FloatTrueDiv", "ToFloat", "TruncToFloat", "Where", "PowByNatural", "ModularIndexing", "LShift", "RShift")}
NAMES |= {name: getattr(sympy, name) for name in ("Eq", "Ne", "Lt", "Le", "Gt", "Ge", "Abs", "Piecewise", "Not", "And", "Or")} | {"True": sympy.true}


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def leaf(self):
        return self.random.choice(["s0", "s1", "u0", "s0", "s1", str(self.random.choice([0, 1, 2, 3, 4, 7, 8, 16, -1, -3]))])

    def integer(self, depth):
        if depth <= 0:
            return self.leaf()
        below = lambda: self.integer(depth - self.random.randint(1, 2))
        kind = self.random.randrange(12)
        if kind < 3:
            return f"({below()} {self.random.choice('+-*')} {below()})"
        if kind < 6:
            return f"{self.random.choice(BINARY)}({below()}, {below()})"
        if kind == 6:
            return f"({below()}//{below()})"
        if kind == 7:
            return f"{self.random.choice(['CeilToInt', 'FloorToInt', 'TruncToInt', 'RoundToInt'])}({self.random.choice(['IntTrueDiv', 'FloatTrueDiv'])}({below()}, {below()}))"
        if kind == 8:
            return self.random.choice([f"Where({self.condition(depth - 1)}, {below()}, {below()})", f"Piecewise(({below()}, {self.condition(depth - 1)}), ({below()}, True))"])
        if kind == 9:
            return self.random.choice([f"Abs({below()})", f"-{below()}", f"TruncToInt(ToFloat({below()}))"])
        if kind == 10:
            return self.random.choice([f"PowByNatural({below()}, {self.random.randint(0, 4)})", f"({below()})**{self.random.randint(0, 3)}", f"LShift({below()}, {self.random.randint(0, 5)})",
                                       f"RShift({below()}, {self.random.randint(0, 5)})"])
        return f"ModularIndexing({below()}, {self.random.randint(1, 9)}, {self.random.randint(2, 9)})"

    def condition(self, depth):
        below = lambda: self.integer(depth - 1)
        kind = self.random.randrange(8)
        if kind < 3:
            return f"{self.random.choice(['Eq', 'Ne', 'Lt', 'Le', 'Gt', 'Ge'])}({below()}, {below()})"
        if kind < 6:
            return f"({below()} {self.random.choice(['<', '<=', '>', '>='])} {below()})"
        if depth <= 0:
            return "(s0 < 3)"
        return self.random.choice([f"({self.condition(depth - 1)} & {self.condition(depth - 1)})", f"({self.condition(depth - 1)} | {self.condition(depth - 1)})", f"~({self.condition(depth - 1)})"])


def value(text, binding):
    """An int, or None where torch gives none."""
    try:
        result = sympy.sympify(eval(text, NAMES, {name: sympy.Integer(number) for name, number in binding.items()}))   # noqa: S307 - our own text
        if result in (sympy.true, sympy.false):
            return int(result == sympy.true)
        return int(result) if isinstance(result, (sympy.Integer, sympy.Float)) and abs(result) < 2**62 and result == int(result) else None
    except (ZeroDivisionError, AssertionError, ValueError, TypeError, OverflowError, AttributeError, RecursionError):
        return None


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1500
    maker = Maker(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    made = 0
    while made < count:
        text = maker.integer(3) if made % 5 else maker.condition(2)
        binding = {name: maker.random.choice([0, 1, 2, 3, 5, 8, 17, 64, -1, -2, -7, -16, 101]) for name in ("s0", "s1", "u0")}
        if (number := value(text, binding)) is not None:
            print(text, ", ".join(f"{name}={n}" for name, n in binding.items()), number, sep="\t")
            made += 1


if __name__ == "__main__":
    main()
