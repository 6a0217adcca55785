#!/usr/bin/env python3
"""Writes the operator table that fxloom is built with.

    schemas.py EXTRA.txt OUT.inc

Every schema that the installed torch registers (C++, and those that its Python modules register on import: prims, Inductor's prims,
quantized_decomposed), then the lines of EXTRA.txt, which win where the torch in use does not know the operator. OUT.inc is a C++ array
body, sorted by target: {"aten.add.Tensor", "aten::add.Tensor(Tensor self, ...) -> Tensor"},
"""
import importlib
import os
import sys


def target_of(line):
    """aten::add.Tensor(...) -> aten.add.Tensor; aten::relu(...) -> aten.relu.default"""
    qualified = line[: line.index("(")].strip()
    namespace, name = qualified.split("::", 1)
    if "." not in name:
        name += ".default"
    return namespace.replace("::", ".") + "." + name


def torch_lines():
    import torch

    for module in ("torch._prims", "torch._inductor.inductor_prims", "torch.ao.quantization.fx._decomposed", "torch._higher_order_ops"):
        try:
            importlib.import_module(module)
        except Exception as error:  # a torch without this module has fewer operators; the rest of the table is as good
            print(f"schemas.py: {module} cannot be imported ({error}); its operators are left out", file=sys.stderr)
    return [str(schema) for schema in torch._C._jit_get_all_schemas()]


def extra_lines(path):
    with open(path, encoding="utf-8") as file:
        return [line.strip() for line in file if line.strip() and not line.startswith("#")]


def literal(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?") + '"'


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    table = {}
    for line in torch_lines() + extra_lines(sys.argv[1]):
        if "::" in line.split("(", 1)[0]:
            table.setdefault(target_of(line), line)
    temporary = sys.argv[2] + ".new"
    with open(temporary, "w", encoding="utf-8") as out:
        for target in sorted(table, key=lambda name: name.encode()):
            out.write(f"{{{literal(target)}, {literal(table[target])}}},\n")
    os.replace(temporary, sys.argv[2])


if __name__ == "__main__":
    main()
