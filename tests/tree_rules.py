#!/usr/bin/env python3
"""What the project promises of its tree: no path of a machine in a committed file, no file over 500 lines, only the folders that the
README names at the top level. Looks at what git tracks (at every file when there is no git).

    tree_rules.py [ROOT]        checks the tree
    tree_rules.py --self-test   checks that breaches are found
"""
import pathlib
import re
import subprocess
import sys
import tempfile

TOP = re.compile(r"CMakeLists\.txt|README\.md|app|graph|rewrites|scripts|samples|tests|\..*")
MACHINE = re.compile("/(" + "|".join(["work", "root", "farm"]) + r")/[A-Za-z.]|/" + r"home/[a-z]+/")
CODE = re.compile(r"(app|graph|rewrites|scripts|tests)/.*\.(cpp|h|lua|py|sh)")
LONGEST = 500


def tracked(root):
    git = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], capture_output=True, text=True)
    names = git.stdout.split("\0") if git.returncode == 0 and git.stdout else [p.relative_to(root).as_posix() for p in root.rglob("*")]
    return [name for name in names if name and (root / name).is_file()]


def check(root):
    found = []
    names = tracked(root)
    for top in sorted({name.split("/")[0] for name in names}):
        if not TOP.fullmatch(top):
            found.append(f"{top}: not one of the top-level folders")
    for name in names:
        data = (root / name).read_bytes()
        if b"\0" in data:
            continue
        lines = data.decode(errors="replace").split("\n")
        found += [f"{name}:{i}: the path of a machine: {line.strip()[:80]}" for i, line in enumerate(lines, 1) if MACHINE.search(line)]
        if CODE.fullmatch(name) and len(lines) > LONGEST + 1:
            found.append(f"{name}: {len(lines) - 1} lines, more than {LONGEST}")
    return found, len(names)


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in {"app/fine.cpp": "int x;\n" * LONGEST, "app/long.cpp": "int x;\n" * (LONGEST + 1), "extra/x.txt": "x\n",
                           "README.md": "see /" + "home/somebody/x\n", "samples/s.txt": "File: /" + "root/model.py\n"}.items():
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text(text)
        found, _ = check(root)
    print("\n".join(found))
    return sorted(line.split(":")[0] for line in found) == ["README.md", "app/long.cpp", "extra", "samples/s.txt"]


def main():
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(not self_test())
    found, count = check(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[1])
    print("\n".join([*found, f"{count} files, {len(found)} breaches"]))
    sys.exit(bool(found) or not count)


if __name__ == "__main__":
    main()
