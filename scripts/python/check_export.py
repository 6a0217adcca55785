#!/usr/bin/env python3
"""Runs a Python file that fxloom exported, and compares what it computes with expected results.

    check_export.py OUT.py INPUTS.safetensors EXPECTED.safetensors

Calls `forward` with the inputs by the names of its parameters (numbers from the metadata `symbols`), then compares outputs and the
final contents of the inputs: those that EXPECTED lists within rtol 1e-5, atol 1e-6 (kernels differ between machines), the others with
what they were. Prints what differs; exit 0 when nothing does, 1 when something does.
"""
import importlib.util
import inspect
import json
import sys

import torch

import tensors


def load_module(path):
    spec = importlib.util.spec_from_file_location("exported", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def arguments(forward, given, symbols):
    """The parameters of `forward` in order; what is neither a tensor nor a symbol of INPUTS is an error that names it."""
    names = list(inspect.signature(forward).parameters)
    missing = [name for name in names if name not in given and name not in symbols]
    if missing:
        raise SystemExit(f"the inputs file has nothing for {', '.join(missing)}")
    return [given[name] if name in given else symbols[name] for name in names]


def differences(outputs, given, before, expected):
    """One line for each output or input that is not what it should be."""
    lines = []
    for key, value in expected.items():
        kind, _, name = key.partition(".")
        found = outputs[int(name)] if kind == "output" else given[name]
        if not isinstance(found, torch.Tensor) or found.shape != value.shape or found.dtype != value.dtype:
            lines.append(f"{key}: {getattr(found, 'shape', found)} is not {value.dtype} {list(value.shape)}")
        elif not torch.allclose(found, value, rtol=1e-5, atol=1e-6, equal_nan=True):
            lines.append(f"{key}: differs by up to {(found.double() - value.double()).abs().max().item():g}")
    changed = [name for name in before if f"input.{name}" not in expected and not torch.equal(before[name], given[name])]
    return lines + [f"input.{name}: changed, and should not" for name in changed]


def check(module_path, inputs_path, expected_path):
    """(lines of differences, how many values were compared)."""
    given, metadata = tensors.load(inputs_path)
    expected, _ = tensors.load(expected_path)
    before = {name: value.clone() for name, value in given.items()}
    forward = load_module(module_path).forward
    with torch.no_grad():
        outputs = forward(*arguments(forward, given, json.loads(metadata.get("symbols", "{}"))))
    outputs = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
    return differences(outputs, given, before, expected), len(expected)


def main():
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    lines, compared = check(*sys.argv[1:])
    for line in lines:
        print(line)
    print(f"{compared} results compared, {len(lines)} differ (torch {torch.__version__})")
    sys.exit(bool(lines))


if __name__ == "__main__":
    main()
