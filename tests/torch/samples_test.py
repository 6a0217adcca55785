#!/usr/bin/env python3
"""The samples against torch: every NAME.txt with NAME.inputs.safetensors runs as printed, is rewritten to text and to Python, and both
run again, each equal to NAME.expected.safetensors (computed by torch from the dump as printed). Run by ctest; $FXLOOM is the program.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "scripts" / "python"))
import check_export  # noqa: E402

program = os.environ.get("FXLOOM", str(root / "build" / "fxloom"))
script = root / "scripts" / "reinplace.lua"
chains = {"llama_2layers_torch2.1": 4, "llama_2layers_torch2.11": 4, "llama_22layers_torch2.1": 44}   # two caches a layer
failures = []
passed = 0


def check(label, ok, why=""):
    global passed
    passed += bool(ok)
    if not ok:
        failures.append(f"{label}: {why}")
    print(f"{'ok  ' if ok else 'FAIL'} {label}{'' if ok else ': ' + why}", flush=True)
    return ok


def fxloom(label, *arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=600)
    last = ((done.stderr or done.stdout).strip().splitlines() or ["no output"])[-1]
    return check(label, done.returncode == 0, f"exit {done.returncode}: {last}")


def check_report(name, path):
    report = json.load(open(path))
    taken = sum(len(rewrite["taken"]) for rewrite in report["rewrites"])
    before, after = report["graph"]["copied_bytes"], report["graph"]["copied_bytes_after"]
    check(f"{name}: every chain taken", taken == chains.get(name, taken), f"{taken}, not {chains.get(name)}")
    check(f"{name}: copied bytes of updates", before["update"] > 0 and after["update"] == 0, f"{before} -> {after}")
    check(f"{name}: copied bytes of copy_", before["copy_"] > 0 and after["copy_"] == 0, f"{before} -> {after}")
    check(f"{name}: clones stay", before["clone"] == after["clone"], f"{before} -> {after}")
    verify = report["verify"]
    check(f"{name}: verified bit for bit", verify["status"] == "same" and verify["bit_identical"] and verify["aliasing"] == "same", str(verify)[:300])


def check_sample(dump, folder):
    name = dump.stem
    inputs, expected = (dump.with_name(f"{name}.{kind}.safetensors") for kind in ("inputs", "expected"))
    text, python, report = folder / f"{name}.txt", folder / f"{name.replace('.', '_')}.py", folder / f"{name}.json"
    fxloom(f"{name}: as printed", "run", dump, "--inputs", inputs, "--expect", expected)
    if fxloom(f"{name}: rewrite to text", "rewrite", dump, script, "-o", text, "--inputs", inputs, "--report", report):
        check_report(name, report)
        left = len(re.findall(r"aten\.(?:slice_scatter|copy_)\b", text.read_text()))
        check(f"{name}: no scatter or copy_ is left", left == 0, f"{left} are")
        fxloom(f"{name}: rewritten text", "run", text, "--inputs", inputs, "--expect", expected)
    if fxloom(f"{name}: rewrite to Python", "rewrite", dump, script, "-o", python, "--inputs", inputs):
        try:
            lines, _ = check_export.check(python, inputs, expected)
            check(f"{name}: exported Python under torch", not lines, "; ".join(lines[:5]))
        except Exception as error:  # noqa: BLE001 - whatever the exported file raises is the finding
            check(f"{name}: exported Python under torch", False, f"{type(error).__name__}: {error}")


def main():
    dumps = [p for p in sorted((root / "samples").glob("*.txt")) if p.with_name(f"{p.stem}.inputs.safetensors").exists()]
    check("samples with inputs", len(dumps) >= 3, f"only {len(dumps)} found")
    with tempfile.TemporaryDirectory() as folder:
        for dump in dumps:
            check_sample(dump, pathlib.Path(folder))
    print(f"{passed} passed, {len(failures)} failed")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
