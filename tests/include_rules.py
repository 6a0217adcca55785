#!/usr/bin/env python3
"""Who may include whom: fails when a source file breaks the layering of the project (README.md, "Where does a thing live").

    include_rules.py [ROOT]        checks the tree
    include_rules.py --self-test   checks that breaches are found

    graph/ir <- graph/{text, files, layout, run} <- graph/torch;  graph <- rewrites <- rewrites/lua <- app
"""
import pathlib
import re
import sys
import tempfile

SIDE = {"graph/ir", "graph/text", "graph/files", "graph/layout", "graph/run"}
ALLOWED = {   # folder: the folders that it may include, itself left out
    "graph/ir": set(),
    "graph/text": {"graph/ir"},
    "graph/files": {"graph/ir"},
    "graph/layout": {"graph/ir"},
    "graph/run": {"graph/ir", "graph/files"},
    "graph/torch": {"graph/ir", "graph/files", "graph/run"},
    "rewrites": SIDE,
    "rewrites/lua": SIDE | {"rewrites"},
    "app": SIDE | {"rewrites", "rewrites/lua"},
}
THIRD_PARTY = {   # what a header's name starts with: the folders that may see it
    r"(ATen|c10|torch|caffe2)/": {"graph/torch"},
    r"(lua|lauxlib|lualib)\.h(pp)?$": {"rewrites/lua"},
    r"(imgui|GLFW/|GL/)": {"app"},
    r"graphviz/": {"graph/layout"},
    r"(fmt|nlohmann|CLI)/": set(ALLOWED) - {"graph/ir"},
}
MAKES_BACKEND = re.compile(r"\bkMakeBackend\b|\bfxloomMakeBackend\b")
MAY_MAKE_BACKEND = {"app", "graph/torch"}
DECLARES_BACKEND = "graph/run/backend.h"


def folder_of(path):
    """The longest folder of ALLOWED that holds the path ("app/panels/x.cpp" is in "app"), or None."""
    inside = [folder for folder in ALLOWED if path.startswith(folder + "/")]
    return max(inside, key=len, default=None)


def breaches_of(path, text):
    folder = folder_of(path)
    if folder is None:
        return
    for number, line in enumerate(text.splitlines(), 1):
        include = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if include:
            name = include.group(1)
            target = folder_of(name)
            if target and target != folder and target not in ALLOWED[folder]:
                yield f"{path}:{number}: {folder} may not include {target} ({name})"
            for pattern, folders in THIRD_PARTY.items():
                if target is None and re.match(pattern, name) and folder not in folders:
                    yield f"{path}:{number}: {name} belongs to {', '.join(sorted(folders))}, not to {folder}"
        elif MAKES_BACKEND.search(line) and folder not in MAY_MAKE_BACKEND and path != DECLARES_BACKEND:
            yield f"{path}:{number}: only app/ makes a backend"


def check(root):
    files = [p for top in ("graph", "rewrites", "app") for p in sorted((root / top).rglob("*")) if p.suffix in (".h", ".cpp", ".inc")]
    found = [line for p in files for line in breaches_of(p.relative_to(root).as_posix(), p.read_text(errors="replace"))]
    return found, len(files)


def self_test():
    bad = {
        "graph/ir/bad_fmt.h": "#include <fmt/format.h>", "graph/ir/bad_up.h": '#include "graph/run/backend.h"',
        "graph/text/bad_side.cpp": '#include "graph/layout/fold.h"', "graph/run/bad_torch.cpp": "#include <ATen/ATen.h>",
        "rewrites/bad_lua.cpp": '#include "rewrites/lua/engine.h"', "rewrites/bad_app.cpp": '  # include "app/window.h"',
        "app/panels/bad_torch.cpp": '#include "graph/torch/tensors.h"', "rewrites/lua/bad_imgui.cpp": '#include "imgui.h"',
        "rewrites/bad_backend.cpp": "dlsym(module, kMakeBackend)",
    }
    good = {
        "graph/run/backend.h": "inline constexpr const char* kMakeBackend = 0;", "graph/torch/module.cpp": '#include <torch/library.h>\nfxloomMakeBackend()',
        "app/torch_module.cpp": '#include "graph/run/backend.h"\ndlsym(m, graph::run::kMakeBackend)', "app/panels/x.cpp": '#include "app/window.h"\n#include <imgui.h>',
        "rewrites/lua/engine.cpp": '#include <lua.hpp>\n#include "rewrites/session.h"', "graph/ir/graph.h": '#include <vector>\n#include "graph/ir/node.h"',
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (bad | good).items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text + "\n")
        found, count = check(pathlib.Path(folder))
    named = {line.split(":")[0] for line in found}
    for name in sorted(set(bad) ^ named):
        print(f"{name}: {'a breach that was not found' if name in bad else 'no breach, but reported'}")
    print(f"{count} small files, {len(bad)} breaches, {len(named & set(bad))} found")
    return named == set(bad)


def main():
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(not self_test())
    found, count = check(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[1])
    print("\n".join([*found, f"{count} files, {len(found)} breaches"]))
    sys.exit(bool(found) or not count)


if __name__ == "__main__":
    main()
