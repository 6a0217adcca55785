#!/usr/bin/env python3
"""Writes the operator table that fxloom is built with.

    schemas.py EXTRA.txt OUT.inc

Every schema that the installed torch registers (C++, and those that its Python modules register on import: prims, Inductor's prims,
quantized_decomposed), then the lines of EXTRA.txt, which win where the torch in use does not know the operator. OUT.inc is a C++ array
body, sorted by target: {"aten.add.Tensor", "aten::add.Tensor(Tensor self, ...) -> Tensor", 1}, where the number is the sum of
POINTWISE and RANDOM.

Both are torch's tags (`pointwise`, `nondeterministic_seeded`), and more than those, because torch tags by hand and unevenly: add_ but not
eq_, gelu but not gelu_, rrelu but not prims.uniform. An in-place or out= form has the tags of the overload that takes the same arguments;
whatever takes a Generator is random. What torch tags wrongly (aten.equal, which gives one bool) is left out: an element of a pointwise
operator's result must depend on the elements at its own place alone.
"""
import importlib
import os
import sys

POINTWISE = 1
RANDOM = 2

# Pointwise, whatever the overload, and tagged by no torch up to 2.11: forms that write in place exist for each.
UNTAGGED_POINTWISE = set("""
    __and__ __or__ __xor__ __lshift__ __rshift__ absolute arccos arccosh arcsin arcsinh arctan arctan2 arctanh copy divide fill fix
    floor_divide greater greater_equal hardswish leaky_relu less less_equal masked_fill multiply negative not_equal rsub subtract
    true_divide""".split())
# Python's own operators are in place with an i: __iand__.
IN_PLACE_OF = {"__iand__": "__and__", "__ior__": "__or__", "__ixor__": "__xor__", "__ilshift__": "__lshift__", "__irshift__": "__rshift__"}
# What Inductor's graphs draw from the global generator, with no Generator among its arguments.
UNTAGGED_RANDOM = {"prims::inductor_seed", "prims::inductor_seeds", "prims::inductor_random", "prims::inductor_randint"}


def target_of(line):
    """aten::add.Tensor(...) -> aten.add.Tensor; aten::relu(...) -> aten.relu.default"""
    qualified = line[: line.index("(")].strip()
    namespace, name = qualified.split("::", 1)
    if "." not in name:
        name += ".default"
    return namespace.replace("::", ".") + "." + name


def torch_schemas():
    import torch

    for module in ("torch._prims", "torch._inductor.inductor_prims", "torch.ao.quantization.fx._decomposed", "torch._higher_order_ops"):
        try:
            importlib.import_module(module)
        except Exception as error:  # a torch without this module has fewer operators; the rest of the table is as good
            print(f"schemas.py: {module} cannot be imported ({error}); its operators are left out", file=sys.stderr)
    return torch._C._jit_get_all_schemas()


def functional_name(name):
    """aten::add_ -> aten::add, aten::__iand__ -> aten::__and__"""
    namespace, operation = name.rsplit("::", 1)
    operation = IN_PLACE_OF.get(operation, operation)
    return namespace + "::" + (operation if operation.endswith("__") else operation.removesuffix("_"))


def call_of(schema):
    """What a functional overload, its in-place form and its out= form have in common."""
    return functional_name(schema.name), tuple((argument.name, str(argument.type)) for argument in schema.arguments if not argument.is_out)


def own_tags(schema):
    import torch

    found = torch._C._get_operation_overload(schema.name, schema.overload_name)
    tags = found[2] if found else ()
    gives_tensors = bool(schema.returns) and all(str(result.type) == "Tensor" for result in schema.returns)
    takes_tensor = any(str(argument.type) == "Tensor" for argument in schema.arguments)
    namespace, operation = functional_name(schema.name).rsplit("::", 1)
    by_name = namespace == "aten" and operation in UNTAGGED_POINTWISE and takes_tensor
    result = 0
    if (torch.Tag.pointwise in tags or by_name) and gives_tensors:
        result |= POINTWISE
    takes_generator = any("Generator" in str(argument.type) for argument in schema.arguments)
    if torch.Tag.nondeterministic_seeded in tags or takes_generator or schema.name in UNTAGGED_RANDOM:
        result |= RANDOM
    return result


def tags_of(schemas):
    """The tags of each schema, by its printed line."""
    of_call = {}
    for schema in schemas:
        call = call_of(schema)
        of_call[call] = of_call.get(call, 0) | own_tags(schema)
    return {str(schema): of_call[call_of(schema)] for schema in schemas}


def extra_lines(path):
    with open(path, encoding="utf-8") as file:
        return [line.strip() for line in file if line.strip() and not line.startswith("#")]


def literal(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?") + '"'


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    table = {}
    tags = tags_of(torch_schemas())
    for line in list(tags) + extra_lines(sys.argv[1]):
        if "::" in line.split("(", 1)[0]:
            table.setdefault(target_of(line), line)
    temporary = sys.argv[2] + ".new"
    with open(temporary, "w", encoding="utf-8") as out:
        for target in sorted(table, key=lambda name: name.encode()):
            out.write(f"{{{literal(target)}, {literal(table[target])}, {tags.get(table[target], 0)}}},\n")
    os.replace(temporary, sys.argv[2])


if __name__ == "__main__":
    main()
