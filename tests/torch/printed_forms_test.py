#!/usr/bin/env python3
"""What torch prints, read by fxloom, against the graph itself.   printed_forms_test.py [--more] [--keep FOLDER] [CASE...]

For every graph of printed_forms.py and every way in which torch prints it: the nodes as `fxloom lua` sees them (op, name, target, args,
kwargs, annotation) must be those of the FX graph, without an error; and the text that fxloom prints back must hold the same statements. The
text is also wrapped in what logs, mails, terminals and web pages do to it. What fxloom prints and exports is run by Python and
traced again. Prints each difference; exit 1 when there is one.
"""
import html
import math
import operator
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap

import sympy
import torch
import torch.utils._sympy.functions

import printed_forms
import printed_forms_compiled  # noqa: F401 - adds its graphs

program_path = os.environ.get("FXLOOM", str(pathlib.Path(__file__).resolve().parents[2] / "build" / "fxloom"))
LUA = r"""
local function escaped(text) return (text:gsub("[^%w%p ]", function(c) return string.format("\\x%02x", c:byte()) end)) end
local tuple = getmetatable(fx.tuple{})
local function encode(value)
  local kind = math.type(value) or type(value)
  if kind == "integer" or kind == "boolean" then return tostring(value) end
  if kind == "float" then return value ~= value and "nan" or string.format("%.17g", value) .. "f" end
  if kind == "string" then return "'" .. escaped(value) .. "'" end
  if kind == "table" then
    local parts = {}
    for _, item in ipairs(value) do parts[#parts + 1] = encode(item) end
    local both = getmetatable(value) == tuple and "()" or "[]"
    return both:sub(1, 1) .. table.concat(parts, ", ") .. both:sub(2)
  end
  local isNode, name = pcall(function() return value.name end)
  if isNode and name then return "%" .. name end
  return "<" .. escaped(tostring(value)) .. ">"
end
for _, path in ipairs(fx.args) do
  local ok, why = pcall(fx.open, path)
  print("file " .. path .. (ok and "" or " " .. escaped(tostring(why))))
  for _, graph in ipairs(ok and fx.graphs() or {}) do
    fx.use(graph.name or graph)
    local g = fx.graph()
    print("graph " .. g:name())
    for n in g:nodes() do
      local args, kwargs = {}, {}
      for i = 1, #n.args do args[i] = encode(n.args[i]) end
      for key, value in pairs(n.kwargs) do kwargs[#kwargs + 1] = key .. "=" .. encode(value) end
      table.sort(kwargs)
      print(table.concat({"node", n.op, n.name, escaped(n.target), table.concat(args, ", "), table.concat(kwargs, ", "), n.meta and n.meta.text or "", n.line or 0}, "\t"))
    end
    for line in g:text():gmatch("[^\n]*") do print("text " .. line) end
  end
  if ok and path:sub(-8) == ".all.txt" then
    local first = fx.graphs()[1]
    fx.use(first.name or first)
    local exported, refusal = pcall(fx.export, path:sub(1, -5) .. ".py")
    if not exported then print("refused " .. escaped(tostring(refusal))) end
  end
end
"""


# --- the graph as torch has it -------------------------------------------------------------------------------------------------------

def escaped(text):
    return "".join(chr(b) if 32 <= b < 127 else f"\\x{b:02x}" for b in text.encode("utf-8", "surrogatepass"))


def encode(value, quote=False):
    """One argument, as the Lua above writes it."""
    if isinstance(value, torch.fx.Node):
        return f"%{value.name}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and not isinstance(value, torch.SymInt):
        return str(value) if -2**63 <= value < 2**63 else f"<{value}>"
    if isinstance(value, float):
        return "nan" if value != value else f"{value:.17g}f"
    if isinstance(value, str):
        return f"'{escaped(value)}'"
    if isinstance(value, (list, tuple)):
        both = "[]" if isinstance(value, list) else "()"
        return both[0] + ", ".join(map(encode, value)) + both[1]
    return f"<{escaped(printed(value))}>"


def printed(value):
    """What FX's code generator writes for an argument that is no plain value."""
    if isinstance(value, slice):
        return f"slice({printed(value.start)}, {printed(value.stop)}, {printed(value.step)})"
    if isinstance(value, (torch._ops.OpOverload, torch._ops.HigherOrderOperator)):
        return torch.fx.node._get_qualified_name(value)
    if isinstance(value, printed_forms.enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    return repr(value)


def target(node):
    """The target in fxloom's words: aten.add.Tensor, _operator.mul, math.trunc."""
    if not callable(node.target):
        return node.target
    name = torch.fx.node._get_qualified_name(node.target)
    if name.startswith("torch.ops."):
        return name.removeprefix("torch.ops.")
    if name.startswith(("_operator.", "math.")):
        return name
    module = getattr(node.target, "__module__", None)
    if torch.fx.graph._is_from_torch(node.target):
        return name
    return re.sub(r"[^0-9a-zA-Z_]+", "_", name.removeprefix("builtins."))


def annotation(node, options):
    if node.op == "placeholder" and isinstance(node.graph._codegen, torch.fx.graph._BoxedCodeGen):
        return ""   # the text has none
    value = node.meta.get("val", node.meta.get("tensor_meta", node.meta.get("example_value")))
    if options.get("plain") or node.op == "output":
        return "" if node.type is None or node.op == "output" else None
    if isinstance(value, torch.Tensor) and value.layout not in (torch.sparse_csc, torch.sparse_csr):
        shape = lambda sizes: f"[{', '.join(map(str, sizes))}]"
        core = torch.fx.graph.dtype_abbrs[value.dtype] + shape(value.shape) + (shape(value.stride()) if options.get("include_stride") else "") + (str(value.device) if options.get("include_device") else "")
        return core if type(value) is torch.Tensor or isinstance(value, torch._subclasses.FakeTensor) else f"{type(value).__name__}({core})"
    if isinstance(value, torch.fx.experimental.proxy_tensor.py_sym_types):
        return f"Sym({torch.fx.graph.CodeGen._sym_repr(value)})"
    return None   # a Python type, or nothing


def nodes_of(graph, options):
    """Lines as the Lua prints them, and {name: line}."""
    lines = []
    inputs_first = sorted(graph.nodes, key=lambda node: node.op != "placeholder")   # as the text has them
    for node in inputs_first:
        args = [] if node.op == "placeholder" and not node.args else [encode(a) for a in node.args]
        kwargs = sorted(f"{key}={encode(value)}" for key, value in node.kwargs.items())
        lines.append(["node", node.op, node.name, escaped(str(target(node))), ", ".join(args), ", ".join(kwargs), annotation(node, options)])
    return lines


def graph_modules(gm):
    """The module, then those nested in it that hold graphs, in the order of their text."""
    yield gm.graph
    for child in gm.children():
        if isinstance(getattr(child, "graph", None), torch.fx.Graph):
            yield from graph_modules(child)


# --- the ways of printing ------------------------------------------------------------------------------------------------------------

def coded(gm, **options):
    return gm.graph.python_code("self", verbose=True, **options).src


def with_environment(name, value, make):
    os.environ[name] = value
    try:
        return make()
    finally:
        del os.environ[name]


PRINTINGS = {
    "code": (lambda gm: gm.code, {"plain": True}),
    "readable": (lambda gm: gm.print_readable(print_output=False), {}),
    "all": (lambda gm: gm.print_readable(print_output=False, include_stride=True, include_device=True), {"include_stride": True, "include_device": True}),
    "colored": (lambda gm: gm.print_readable(print_output=False, include_stride=True, include_device=True, colored=True), {"include_stride": True, "include_device": True}),
    "expanded": (lambda gm: gm.print_readable(print_output=False, include_stride=True, expanded_def=True), {"include_stride": True}),
    "fast": (lambda gm: gm.print_readable(print_output=False, fast_sympy_print=True), {}),
    "python_code": (lambda gm: coded(gm, include_device=True), {"include_device": True}),
    "python_code_colored": (lambda gm: coded(gm, include_stride=True, colored=True), {"include_stride": True}),
    "recorded": (lambda gm: coded(gm, record_func=True), {}),
    "meta": (lambda gm: with_environment("FX_GRAPH_SHOW_META", "1", lambda: gm.print_readable(print_output=False)), {}),
    "logged": (lambda gm: f"TRACED GRAPH\n ===== Forward graph 0 =====\n <eval_with_key>.7 {gm.print_readable(print_output=False, include_device=True)}\n", {"include_device": True}),
}

GLOG = "V0716 11:20:08.832000 1234 torch/_inductor/compile_fx.py:1889] [0/0_1] [__aot_graphs] "
DATED = "[2024-01-05 10:11:12,345] [0/0] torch._functorch.aot_autograd.__aot_graphs: [INFO] "


def prefixed(prefix):
    return lambda text: "".join(prefix + line + "\n" for line in text.splitlines())


def hard_wrapped(width):
    return lambda text: "\n".join(line[at:at + width] for line in text.split("\n") for at in range(0, max(len(line), 1), width))


def soft_wrapped(width):
    return lambda text: "\n".join(textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False, drop_whitespace=True) if len(line) > width else line for line in text.split("\n"))


def curly(text):
    text = re.sub(r'"([^"\n]*)"', "\u201c\\1\u201d", text)
    return re.sub(r"'([^'\n]*)'", "\u2018\\1\u2019", text)


DRESSES = {
    "glog": prefixed(GLOG), "ranked": prefixed("[rank0]:" + GLOG), "dated": prefixed(DATED), "windows": lambda text: text.replace("\n", "\r\n"),
    "tabs": lambda text: re.sub(r"(?m)^( {4})+", lambda m: "\t" * (len(m[0]) // 4), text), "indented": lambda text: textwrap.indent(text, "    "),
    "quoted": prefixed("> "), "quoted_twice": prefixed(">> "), "fenced": lambda text: f"This is what I see:\n\n```python\n{text}\n```\nWhy is it slow?\n",
    "html": lambda text: html.escape(text), "numbered": lambda text: "".join(f"{i:5} {line}\n" for i, line in enumerate(text.splitlines(), 1)),
    "numbered_bar": lambda text: "".join(f"{i:4} | {line}\n" for i, line in enumerate(text.splitlines(), 1)),
    "curly": curly, "wrapped80": hard_wrapped(80), "wrapped100": hard_wrapped(100), "wrapped120": hard_wrapped(120), "soft80": soft_wrapped(80), "soft120": soft_wrapped(120),
    "nbsp": lambda text: text.replace("    ", "\u00a0\u00a0\u00a0\u00a0"), "crlf_glog": lambda text: prefixed(GLOG)(text).replace("\n", "\r\n"), "bom": lambda text: "\ufeff" + text,
}
# What a dress cannot give back: strings with quotes in them, blanks and reprs at the end of a line.
LOSSY = {"curly": ("literals", "torch_literals", "custom_operators", "effects", "symbolic_sizes.unbacked"), "soft80": ("literals", "torch_literals", "symbolic_trace"), "soft120": ("literals", "torch_literals")}


# Texts that Python cannot run: reprs of objects, functions of this file, graphs made to be read only.
NOT_RUN = ("torch_literals", "callees", "names", "outputs.namedtuple", "signatures")


# --- comparing -----------------------------------------------------------------------------------------------------------------------

def read_all(files):
    """{path: [(graph name, [node fields], [text lines])]} as fxloom sees them; a text that cannot be opened gives its message."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(LUA)
        script.flush()
        done = subprocess.run([program_path, "lua", "--trust", script.name, *map(str, files)], capture_output=True, timeout=600)
    out = done.stdout.decode("utf-8", "surrogateescape")
    if done.returncode:
        raise SystemExit(f"fxloom lua: exit {done.returncode}: {done.stderr.decode()[:2000]}\n{out[-500:]}")
    found = {}
    graphs = None
    for line in out.split("\n"):
        kind, _, rest = line.partition(" ")
        if kind == "file":
            path, _, why = rest.partition(" ")
            graphs = found[path] = why or []
        elif kind == "graph":
            graphs.append((rest, [], []))
        elif kind == "refused":
            print(f"{path} is not exported: {rest[:300]}")
        elif kind == "text":
            graphs[-1][2].append(rest)
        elif line.startswith("node\t"):
            graphs[-1][1].append(line.split("\t"))
    return found


SYMBOLIC = {name: getattr(torch.utils._sympy.functions, name) for name in torch.utils._sympy.functions.__all__} | vars(sympy.functions) | {"Eq": sympy.Eq, "Ne": sympy.Ne, "Mod": torch.utils._sympy.functions.PythonMod}


def same_sizes(a, b):
    """Do two annotations mean the same sizes? fxloom writes out products that sympy leaves: (s0 + 1)*u0."""
    if re.sub(r"\[.*\]|\(.*\)", "", a) != re.sub(r"\[.*\]|\(.*\)", "", b):
        return False
    tree = lambda text: re.findall(r"\[(.*?)\](?=\[|[a-z]|$)", text) or re.findall(r"Sym\((.*)\)$", text)
    symbols = sorted(set(re.findall(r"\b(?:[su]|zf|zuf)\d+\b", a + b)))
    for offset in (2, 7, 30):
        values = {symbol: sympy.Integer(offset + 3 * i) for i, symbol in enumerate(symbols)}
        left, right = ([[sympy.sympify(v) for v in eval(f"[{part}]", SYMBOLIC, values)] for part in tree(text)] for text in (a, b))   # noqa: S307 - torch's own text
        if left != right or not left:
            return False
    return True


def differences(gm, options, found, is_whole=True):
    """The words that say how what fxloom saw differs from the graph."""
    if isinstance(found, str):
        return [f"cannot be read: {found[:300]}"]
    words = []
    expected = [graph for graph in graph_modules(gm)] if is_whole else [gm.graph]
    if len(expected) != len(found):
        words.append(f"{len(found)} graphs, not {len(expected)}")
    for graph, (name, nodes, _) in zip(expected, found):
        wanted = nodes_of(graph, options)
        if len(wanted) != len(nodes):
            words.append(f"{name}: {len(nodes)} nodes, not {len(wanted)}")
        for a, b in zip(wanted, nodes):
            for what, x, y in zip(("", "op", "name", "target", "args", "kwargs", "annotation"), a, b):
                if x is not None and x != y and not (what == "name" and a[1] == "output") and not (what == "annotation" and same_sizes(x, y)):
                    words.append(f"{name}.{a[2]}: {what}: {y}  is not  {x}")
            if len(words) > 8:
                return words
    return words


# --- the text that fxloom prints, run by Python ---------------------------------------------------------------------------------------

class Everything(torch.fx.Tracer):
    """Traces a call of any module as one node."""
    def is_leaf_module(self, module, name):
        return True


def traced(lines):
    """The FX graph of the text's outermost `forward`, as torch's own tracer sees it; None when torch cannot trace it (numbers that must be known, operators on graphs)."""
    text = "\n".join(lines).replace("class <lambda>(", "class GraphModule(", 1)
    names = {"torch": torch, "device": torch.device, "inf": float("inf"), "nan": float("nan"), "math": math, "_operator": operator} | {f"_operator_{name}": getattr(operator, name) for name in operator.__all__}
    names |= {f"math_{name}": getattr(math, name) for name in dir(math)}
    code = compile(text, "printed", "exec")   # a syntax error is fxloom's mistake
    exec(code, names)   # noqa: S102 - our own graphs
    forward = next(value for key, value in list(names.items()) if key in ("forward", "GraphModule") or isinstance(value, type) and issubclass(value, torch.nn.Module))
    module = forward() if isinstance(forward, type) else type("Module", (torch.nn.Module,), {"forward": forward})()
    try:
        return Everything().trace(module)
    except Exception:   # noqa: BLE001 - not traceable
        return None


def exported(path):
    """The FX graph of the Python file that fxloom exports, traced by torch; None when torch cannot trace it."""
    names = {"__name__": "exported"}
    code = compile(pathlib.Path(path).read_text(), path, "exec")
    exec(code, names)   # noqa: S102 - our own graphs
    names["CHECK_INPUTS"] = False   # a tracer's values have no shapes
    try:
        return Everything().trace(names["forward"])
    except Exception:   # noqa: BLE001 - not traceable
        return None


def is_seen_by_tracer(node):
    """A call without nodes in it is computed while tracing; torch.nn.functional adds defaults before the tracer sees a call."""
    return node.op != "call_function" or (bool(node.all_input_nodes) and getattr(node.target, "__module__", "") != "torch.nn.functional")


def run_differences(gm, again):
    """(was traced, words): how the graph that Python makes of a text, which `again` runs, differs from the one it came from."""
    try:
        again = again()
    except SyntaxError as error:
        return False, [f"the text is no Python: {error}: {error.text}"]
    if again is None or not all(map(is_seen_by_tracer, gm.graph.nodes)):
        return False, []
    order = lambda graph: [n for n in sorted(graph.nodes, key=lambda node: node.op != "placeholder")]
    old, new = order(gm.graph), order(again)
    if len(old) != len(new):
        return True, [f"run by Python the text has {len(new)} nodes, not {len(old)}"]
    same = dict(zip(new, old))
    words = []
    for a, b in zip(old, new):
        args, kwargs = torch.fx.node.map_arg((b.args, b.kwargs), lambda n: same[n])
        is_size = target(a) == "aten.sym_size.int" and (b.op, b.target) == ("call_method", "size")   # exported files say x.size(0)
        if not is_size and (a.op, target(a)) != (b.op, target(b)) or encode(tuple(a.args)) != encode(tuple(args)) or {k: encode(v) for k, v in a.kwargs.items()} != {k: encode(v) for k, v in kwargs.items()}:
            words.append(f"run by Python: {b.format_node()}  is not  {a.format_node()}")
    return True, words


def prints(name, gm, folder, dressed):
    """Writes every text of a graph; yields (path, what it is called, options)."""
    for printing, (make, options) in PRINTINGS.items():
        try:
            text = make(gm).replace(f"{pathlib.Path(__file__).resolve().parent}/", "")   # where lines are cut must not depend on the folder
        except Exception as error:   # noqa: BLE001
            yield None, f"{name} {printing}: torch cannot print it: {type(error).__name__} {str(error)[:200]}", options, ""
            continue
        texts = {"": text}
        if printing == "all" and dressed:
            texts |= {dress: make_dress(text) for dress, make_dress in DRESSES.items() if not name.startswith(LOSSY.get(dress, ()) or "-")}
        for dress, final in texts.items():
            path = pathlib.Path(folder, f"{name}.{printing}{'.' + dress if dress else ''}.txt")
            path.write_bytes(final.encode("utf-8", "surrogatepass"))
            yield path, f"{name} {printing} {dress}".strip(), options, printing


def main():
    arguments = sys.argv[1:]
    more = "--more" in arguments
    keep = arguments[arguments.index("--keep") + 1] if "--keep" in arguments else None
    only = [a for a in arguments if not a.startswith("--") and a != keep]
    failed = checked = ran = exports = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = keep or temporary
        todo = []
        for name, gm in printed_forms.cases(more):
            if only and not any(name.startswith(o) for o in only):
                continue
            if isinstance(gm, Exception):
                print(f"{name}: not captured: {type(gm).__name__} {str(gm)[:200]}")
                failed += 1
                continue
            todo += [(gm, *one) for one in prints(name, gm, folder, True)]
        found = read_all([path for _, path, *_ in todo if path])
        for gm, path, called, options, printing in todo:
            if path is None:
                print(called)
                continue
            checked += 1
            words = differences(gm, options, found[str(path)], is_whole=not printing.startswith(("code", "python_code", "recorded")))
            if called.endswith(" all") and not called.startswith(NOT_RUN) and not isinstance(found[str(path)], str):
                was_traced, more_words = run_differences(gm, lambda: traced(found[str(path)][0][2]))
                ran += was_traced
                words += more_words
                python = path.with_suffix(".py")
                if python.exists() and not any(node.op in ("get_attr", "call_module") for node in gm.graph.nodes):   # those need weights
                    was_traced, more_words = run_differences(gm, lambda: exported(python))
                    exports += was_traced
                    words += [f"exported: {word}" for word in more_words]
            if words:
                failed += 1
                print(f"{called}: " + "\n    ".join(words[:6]))
    print(f"{checked} texts, {checked - failed} read as they are, {failed} failed; {ran} printed texts and {exports} exported files traced by torch and compared (torch {torch.__version__})")
    if not only and (ran < 15 or exports < 15):
        print("too few of the texts were traced for this to be a test")
        failed += 1
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
