"""Graphs of every kind that torch makes, for printed_forms_test.py: small models of our own, captured by every tracer.

`cases(more)` yields (name, GraphModule) pairs. A capture that this torch cannot do is yielded as (name, exception), so that the test can say so.
"""
import contextlib
import enum
import io
import math
import operator
import typing

import torch
import torch.fx
from torch.fx.experimental.proxy_tensor import make_fx

f32 = torch.float32
CASES, MORE = [], []


def case(function):
    CASES.append(function)
    return function


def more(function):
    MORE.append(function)
    return function


def cases(with_more=False):
    for make in CASES + (MORE if with_more else []):
        torch._dynamo.reset()
        try:
            made = make()
            made = made if isinstance(made, dict) else {"": made}
        except Exception as error:   # noqa: BLE001 - what this torch cannot capture is reported, not hidden
            yield make.__name__, error
            continue
        for suffix, graph in made.items():
            yield make.__name__ + (f".{suffix}" if suffix else ""), graph


# --- graphs made by hand: every operator, every kind of argument ---------------------------------------------------------------------

class Uncompiled(torch.nn.Module):
    """Holds a graph whose code is not Python (reprs of objects), which GraphModule would compile."""
    def __init__(self, graph):
        super().__init__()
        self.graph, self._graph = graph, graph

    code = property(lambda self: self.graph.python_code("self").src)

    def print_readable(self, print_output=True, fast_sympy_print=False, **options):
        return torch.fx.graph_module._print_readable(self, self._get_name(), print_output, **options)


def by_hand(build, inputs=("x", "y"), is_python=True):
    graph = torch.fx.Graph()
    nodes = [graph.placeholder(name) for name in inputs]
    graph.output(build(graph, *nodes))
    return torch.fx.GraphModule(torch.nn.Module(), graph) if is_python else Uncompiled(graph)


@case
def magic_operators():
    binary = ["add", "sub", "mul", "floordiv", "truediv", "mod", "pow", "lshift", "rshift", "and_", "or_", "xor", "matmul",
              "eq", "ne", "lt", "gt", "le", "ge", "getitem"]

    def build(graph, x, y):
        nodes = [graph.call_function(getattr(operator, name), (x, y)) for name in binary]
        nodes += [graph.call_function(getattr(operator, name), (2, y)) for name in binary[:13]]
        nodes += [graph.call_function(getattr(operator, name), (x, -1.5)) for name in ("add", "pow", "lt")]
        nodes += [graph.call_function(getattr(operator, name), (x,)) for name in ("neg", "pos", "invert")]
        nodes += [graph.call_function(operator.neg, (3,)), graph.call_function(operator.pow, (-2, x)), graph.call_function(operator.pow, (-2.0, x))]
        return tuple(nodes)
    return by_hand(build)


@case
def operators_without_sign():
    def build(graph, x, y):
        names = ["not_", "truth", "is_", "is_not", "contains", "concat", "abs", "index", "countOf"]
        return [graph.call_function(getattr(operator, name), (x, y) if name in ("is_", "is_not", "contains", "concat", "countOf") else (x,)) for name in names]
    return by_hand(build)


@case
def in_place_operators():
    names = ["iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow", "ilshift", "irshift", "iand", "ior", "ixor", "imatmul"]

    def build(graph, x, y):
        nodes = [graph.call_function(getattr(operator, name), (x, y)) for name in names]
        nodes.append(graph.call_function(operator.iadd, (x, 1e-05)))
        graph.call_function(operator.setitem, (x, 0, y))
        graph.call_function(operator.setitem, (x, (slice(None, None, None), 0), 1.0))
        graph.call_function(operator.setitem, (x, (Ellipsis, None, slice(1, nodes[0], 2)), nodes[1]))
        graph.call_function(operator.setitem, (x, "key", None))
        return nodes
    return by_hand(build)


@case
def subscripts():
    def build(graph, x, y):
        keys = [0, -1, "out", (0,), (0, 1), slice(None, None, None), (slice(None, None, None), 0), (Ellipsis, None), None, Ellipsis, True, y, (y, slice(y, None, None)),
                [1, 2], ([0, 1], y), slice(-1, None, -1)]
        return [graph.call_function(operator.getitem, (x, key)) for key in keys]
    return by_hand(build)


class Colour(enum.Enum):
    RED = 1
    BLUE = "b"


class Pair(typing.NamedTuple):
    left: typing.Any
    right: typing.Any


STRINGS = ["", "plain", "it's", 'say "x"', "both ' and \"", "back\\slash", "line\nfeed", "tab\t", "nul\x00", "esc\x1b[31m", "bell\x07\x7f", "\xe9\xa0\u2028\u200b\U0001f600",
           "a;  b = None", "# no comment", "%x", "x: \"f32[2]\" = y", "return (x,)", "\u201cquoted\u201d", "\\", "\\'", "ends with \\", "{braces}", "\r\n", "\x85"]


@case
def literals():
    values = [None, True, False, 0, 1, -1, 2**31, -2**31, 2**63 - 1, -2**63, 2**63, -2**63 - 1, 10**30, 0.0, -0.0, 1.0, -1.5, 1e-05, 1e16, 1e300, 5e-324, 1.7976931348623157e308,
              math.inf, -math.inf, math.nan, math.pi, 1e22, 123456789012345680.0, 0.1, 1j, -1j, 1 + 2j, -1.5 - 2j, complex(0.0, math.inf), complex(math.nan, 1), complex(-0.0, 1),
              complex(0.0, -0.0), complex(1e-05, -1e22), complex(-0.0, -0.0), complex(math.inf, math.nan), complex(2, -math.inf), *STRINGS]

    def build(graph, x, y):
        nodes = [graph.call_function(torch.full, ([2], value)) for value in values]
        nodes.append(graph.call_function(torch.foo if hasattr(torch, "foo") else torch.full, (x,), {f"k{i}": value for i, value in enumerate(values)}))
        nodes.append(graph.call_method("format", (x, values[:5], tuple(values[5:9])), {"key": {"a": 1, 2: [x, None], "z'": {}}}))
        return nodes
    return by_hand(build)


@case
def torch_literals():
    values = [torch.float32, torch.bfloat16, torch.float8_e4m3fn, torch.complex64, torch.int64, torch.bool, torch.uint8, torch.bits8, torch.quint8, torch.float4_e2m1fn_x2, torch.Generator(),
              torch.strided, torch.sparse_coo, torch.sparse_csr, torch._mkldnn, torch.jagged, torch.contiguous_format, torch.preserve_format, torch.channels_last, torch.channels_last_3d,
              torch.device("cpu"), torch.device("cuda", 1), torch.device("meta"), torch.device("mps", 0), torch.Size([1, 2]), torch.Size([]), torch.Size([3]),
              torch.ops.aten.add.Tensor, torch.ops.aten.add, torch.ops.higher_order.cond, Colour.RED, slice(1, 2, None), Ellipsis, (), [], {}, ((),), [[]], ((1,), [2, (3,)]),
              range(3), torch.per_tensor_affine, torch.float32.is_floating_point, our_function]

    def build(graph, x, y):
        nodes = []
        for value in values:
            try:
                nodes.append(graph.call_function(torch.full_like, (x, value), {"dtype": value}))
            except Exception:   # noqa: BLE001 - no argument of a graph in this torch
                pass
        nodes.append(graph.call_function(torch.full_like, (x, Pair(x, 1))))
        nodes.append(graph.call_function(torch.cat, ([x, y, (x, [y])],), {"dim": -1, "nested": {"a": (x, y), "b": [1, {"c": y}]}}))
        return nodes
    return by_hand(build, is_python=False)


def our_function(x, y=1):
    return x


@case
def callees():
    targets = [torch.relu, torch.nn.functional.relu, torch._C._nn.linear, torch.ops.aten.add.Tensor, torch.ops.aten.add, torch.ops.aten.sym_size.int, torch.ops.prims.iota.default, math.trunc,
               math.sqrt, math.floor, math.ceil, our_function, len, print, abs, min, max, sum, round, int, float, bool, torch.sym_max, torch.sym_min, torch.sym_int,
               torch.sym_float, torch.sym_not, torch.sym_sum, torch.sym_sqrt, torch.sym_ite, isinstance, torch.Tensor.add, torch.Tensor.__add__, torch._assert, torch._check, math.pow, math.log2, range, tuple, list, dict, slice,
               torch.ops.aten._scaled_dot_product_flash_attention_for_cpu.default, torch._foreach_add, torch.ops.aten._foreach_add.List, type, str, repr, hash, zip,
               torch.amp.autocast_mode._enter_autocast, torch._C._set_grad_enabled, torch.manual_seed, operator.itemgetter, torch.nn.functional.scaled_dot_product_attention]

    def build(graph, x, y):
        return [graph.call_function(target, (x, y)) for target in targets] + [graph.call_function(target, (x,), {"key": y, "end": None}) for target in targets]
    return by_hand(build)


@case
def attributes_and_modules():
    class Inner(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(2))
            self.register_buffer("scale", torch.ones(2))

        def forward(self, x, *, shift=None):
            return x * self.weight

    root = torch.nn.Module()
    root.layers = torch.nn.ModuleList([Inner(), torch.nn.Sequential(Inner(), torch.nn.ReLU())])
    root.bias = torch.nn.Parameter(torch.ones(2))
    graph = torch.fx.Graph(root)
    x = graph.placeholder("x")
    values = [graph.get_attr(name) for name in ("bias", "layers.0.weight", "layers.1.0.scale")]
    called = graph.call_module("layers.0", (x,), {"shift": values[0]})
    values += [called, graph.call_module("layers.1.1", (called,)), graph.call_function(getattr, (x, "shape")), graph.call_function(getattr, (x, "not valid")),
               graph.call_function(getattr, (x, "T", None)), graph.call_method("size", (x, 0)), graph.call_method("view", (x, -1), {"dtype": torch.int32}), graph.call_method("t", (x,))]
    graph.output(values)
    return torch.fx.GraphModule(root, graph)


@case
def signatures():
    def build(defaults):
        graph = torch.fx.Graph()
        x = graph.placeholder("x", type_expr=torch.Tensor)
        rest = [graph.placeholder("n", type_expr=int, default_value=3), graph.placeholder("text", type_expr=typing.Optional[str], default_value="a, b) = (c"), graph.placeholder("*args"),
                graph.placeholder("key", default_value=None), graph.placeholder("**kwargs")] if defaults else [graph.placeholder("L_x_"), graph.placeholder("L_self_weight_")]
        node = graph.call_function(torch.relu, (x,), type_expr=torch.Tensor)
        pair = graph.call_function(torch.max, (x, 0), type_expr=typing.Tuple[torch.Tensor, torch.Tensor])
        listed = graph.call_function(torch.split, (x, 1), type_expr=typing.List[torch.Tensor])
        newer = graph.call_function(torch.split, (x, 1), type_expr=list[torch.Tensor])
        graph.output((node, pair, listed, newer, rest), type_expr=typing.Tuple[torch.Tensor, int])
        return torch.fx.GraphModule(torch.nn.Module(), graph)
    return {"defaults": build(True), "plain": build(False)}


@case
def outputs():
    forms = {"one": lambda x, y: x, "none": lambda x, y: None, "tuple1": lambda x, y: (x,), "tuple0": lambda x, y: (), "list": lambda x, y: [x, y], "dict": lambda x, y: {"a": x, "b": [y, None]},
             "nested": lambda x, y: ((x, [y]), {"k": (x,)}, 1, "s", 2.5, None, True), "number": lambda x, y: 3, "slice": lambda x, y: slice(x, y, None), "twice": lambda x, y: (x, x),
             "namedtuple": lambda x, y: Pair(x, y), "dtype": lambda x, y: (x, torch.float32, torch.device("cpu"))}
    return {name: by_hand(lambda graph, x, y, form=form: form(x, y)) for name, form in forms.items()}


@case
def names():
    graph = torch.fx.Graph()
    words = ["self", "device", "inf", "nan", "list", "print", "lambda", "if", "return", "x_1", "_", "__", "x__1", "pass", "class", "in", "e5", "L_x_", "s0", "slice", "math", "j1", "iter", "next", "getattr", "args_list"]
    reserved = ("self", "lambda", "if", "return", "pass", "class", "in")
    nodes = [graph.placeholder(word) for word in ["x", *words] if word not in reserved]
    nodes += [graph.call_function(torch.rand, (2,), name=word) for word in reserved if word != "self"]
    nodes = [graph.call_function(torch.relu, (node,), name=word) for node, word in zip(nodes, [*words[1:], "last"])]
    graph.output(nodes)
    graph.lint()
    return torch.fx.GraphModule(torch.nn.Module(), graph)


# --- symbolic_trace ------------------------------------------------------------------------------------------------------------------

class Attention(torch.nn.Module):
    def __init__(self, width=8, heads=2):
        super().__init__()
        self.heads = heads
        self.qkv = torch.nn.Linear(width, 3 * width)
        self.out = torch.nn.Sequential(torch.nn.Linear(width, width), torch.nn.Dropout(0.1))
        self.norm = torch.nn.LayerNorm(width)
        self.register_buffer("mask", torch.ones(4, 4).tril().bool())

    def forward(self, x, scale: float = 1.0, *, causal=True):
        b, t, w = x.shape
        q, k, v = self.qkv(self.norm(x)).view(b, t, self.heads, 3 * w // self.heads).transpose(1, 2).chunk(3, dim=-1)
        scores = (q @ k.transpose(-2, -1)) * scale / 2.0
        if causal:
            scores = scores.masked_fill(~self.mask[:4, :4], float("-inf"))
        y = torch.softmax(scores, -1, dtype=torch.float32) @ v
        return x + self.out(y.transpose(1, 2).reshape(x.shape))


class Cache(torch.nn.Module):
    """Writes a window of a buffer and an input."""
    def __init__(self):
        super().__init__()
        self.register_buffer("cache", torch.zeros(4, 5, 8))

    def forward(self, k, pos, total):
        self.cache[:2, 3] = k
        self.cache.index_put_((pos,), k[:1])
        total += k.sum()
        total[0] = -1
        return self.cache.sum() + total, None


@case
def symbolic_trace():
    def pieces(x, *args, key=None, **kwargs):
        y = x.shape[0] + x.size(1)
        z = -x + 2 * x - x ** 2 // 3
        return {"a": torch.cat([x, z]), "b": (y, x[..., 0], x[1:, None], x.T.dtype)}, args, key

    return {"attention": torch.fx.symbolic_trace(Attention(), concrete_args={"causal": True}), "pieces": torch.fx.symbolic_trace(pieces),
            "concrete": torch.fx.symbolic_trace(lambda a: a["x"] + a["y"][0], concrete_args={"a": {"x": torch.fx.PH, "y": [torch.fx.PH, 3]}})}


# --- make_fx -------------------------------------------------------------------------------------------------------------------------

def everything(x, y):
    """Shapes, views, updates, several results, random numbers, casts."""
    a = torch.nn.functional.layer_norm(x @ y, (4,), eps=1e-05)
    b = a.view(-1).unfold(0, 2, 1).t().contiguous()
    c = a.clone()
    c[1:, ::2] += 1
    c[torch.tensor([0]), :] = float("nan")
    values, indices = torch.topk(a, 2)
    mean, var = torch.var_mean(a, 0)
    d = torch.nn.functional.dropout(a, 0.5) + torch.rand_like(a) + torch.randn(4, 4, dtype=torch.float64).float()
    e = a.to(torch.bfloat16).to(torch.complex64) * (1 + 2j)
    f = torch.where(a > 0, a, -torch.inf).masked_fill(a.isnan(), 0.0)
    g = torch.split(a, [1, 3], 1)
    h = torch.einsum("ij,jk->ik", a, a).sum(dim=[0], keepdim=True)
    i = torch.nn.functional.conv2d(a[None, None], torch.ones(1, 1, 2, 2), padding="same", dilation=2)
    return b, c, values, indices, mean, var, d, e, f, g[1], h, i, torch.arange(4, device="cpu"), torch.scatter(a, 0, indices[:, :1], 7.0), torch.eye(4)[None].expand(2, 4, 4)


@case
def proxy_tensor():
    x, y = torch.randn(4, 4), torch.randn(4, 4)
    return {"real": make_fx(everything)(x, y), "functional": make_fx(torch.func.functionalize(everything))(x, y),
            "symbolic": make_fx(everything, tracing_mode="symbolic")(x, y), "fake": make_fx(everything, tracing_mode="fake")(x, y),
            "strided": make_fx(lambda a, b: (a.t() + b, a.as_strided((2, 2), (8, 2), 1)), tracing_mode="fake")(torch.randn(4, 6).t(), torch.randn(4, 6)),
            "pytree": make_fx(lambda d, l: {"s": d["a"] + l[0], "t": (l[1], None)}, tracing_mode="fake")({"a": x}, [y, x]),
            "lists": make_fx(lambda a, b: torch._foreach_add([a, b], [b, a], alpha=2), tracing_mode="fake")(x, y),
            "constant": make_fx(lambda a: a + torch.tensor([1.0, 2.0, 3.0, 4.0]))(x)}


@case
def gradients():
    x, w = torch.randn(3, 4, requires_grad=True), torch.randn(4, 4, requires_grad=True)

    def step(x, w):
        loss = torch.nn.functional.gelu(x @ w).pow(2).mean()
        return torch.autograd.grad(loss, (x, w))
    return {"plain": make_fx(step, tracing_mode="fake")(x, w), "vmap": make_fx(torch.func.vmap(torch.func.grad(lambda a, b: (a * b).sum())), tracing_mode="symbolic")(torch.randn(5, 3), torch.randn(5, 3)),
            "jvp": make_fx(lambda a: torch.func.jvp(torch.sin, (a,), (a,)))(torch.randn(3))}


# --- sizes ---------------------------------------------------------------------------------------------------------------------------

def sizes(x, y, n, f):
    s, t = x.shape[0], y.shape[0]
    a = x.new_zeros(max(s, t), min(s, t) + 1)
    b = x.new_zeros((s + 3) // 2, s % 3 + 1, -(-s // 4))
    c = x.new_zeros(int(s / t) + 1, math.ceil(s / 3), math.floor(s / 3) + 1, math.trunc(s / 7) + 1, round(s / 5) + 1)
    d = x.new_zeros(torch.sym_max(s, 4), torch.sym_min(t, s), int(torch.sym_sqrt(s)) + 1, s ** 2, 2 * s * t - t)
    e = x.new_zeros(torch.sym_ite(s > 5, s, t), torch.sym_sum([s, t, 3]), int(s * 0.5) + 1, abs(s - t) + 1)
    g = x.new_zeros((n * 2 + s) // (t + 1) + 1, (s << 1) if hasattr(torch.SymInt, "__lshift__") else s)
    h = x * (s / t) + float(n) * f
    return a, b, c, d, e, g, h, s // t, s % t, s == t, s <= t


@case
def symbolic_sizes():
    gm = make_fx(sizes, tracing_mode="symbolic")(torch.randn(7, 2), torch.randn(5, 2), 3, 0.5)

    class Data(torch.nn.Module):
        def forward(self, x, mask):
            n = x.max().item()
            torch._check(n >= 2)
            torch._check(n < 100)
            picked = torch.nonzero(mask)
            z = torch.zeros(n + 1, picked.shape[0] + 1)
            return z, picked, x[mask], torch.repeat_interleave(x, x, output_size=n), x.float().mean().item() * 2

    batch = torch.export.Dim("batch", min=2, max=64)
    unbacked = torch.export.export(Data(), (torch.tensor([3, 4]), torch.tensor([True, False])))
    shaped = torch.export.export(Attention().eval(), (torch.randn(3, 4, 8),), dynamic_shapes=({0: batch},))
    return {"all": gm, "unbacked": unbacked.graph_module, "batch": shaped.graph_module}


# --- torch.export --------------------------------------------------------------------------------------------------------------------

class Trees(torch.nn.Module):
    def forward(self, pair, named, flag=True, *, scale=2.0, extra=None):
        x, y = pair
        total = x + named["a"] * scale + named["b"][0]
        return {"sum": total, "list": [y, None, 3], "flag": (flag, "text")}, extra


@case
def exported():
    x = torch.randn(2, 2)
    trees = torch.export.export(Trees(), ((x, x), {"a": x, "b": [x]}), {"scale": 2.0, "extra": x})
    cache = torch.export.export(Cache(), (torch.randn(2, 8), torch.tensor([1]), torch.zeros(2)))
    attention = torch.export.export(Attention().eval(), (torch.randn(3, 4, 8),))
    return {"trees": trees.graph_module, "trees_module": trees.module(), "cache": cache.graph_module, "cache_aten": cache.run_decompositions().graph_module, "attention": attention.graph_module,
            "attention_core": attention.run_decompositions().graph_module, "cache_module": cache.module(), "attention_module": attention.module()}


# --- Dynamo, AOT, Inductor -----------------------------------------------------------------------------------------------------------

def dynamo_graphs(function, *inputs, dynamic=None, **options):
    graphs = []

    def backend(gm, _):
        graphs.append(gm)
        return gm.forward
    torch.compile(function, backend=backend, dynamic=dynamic, **options)(*inputs)
    return {f"graph{i}": gm for i, gm in enumerate(graphs)}


def aot_graphs(function, *inputs, dynamic=None):
    from functorch.compile import make_boxed_func
    from torch._dynamo.backends.common import aot_autograd
    graphs = {}

    def keep(name):
        def compiler(gm, _):
            graphs[f"{name}{sum(k.startswith(name) for k in graphs)}"] = gm
            return make_boxed_func(gm.forward)
        return compiler
    out = torch.compile(function, backend=aot_autograd(fw_compiler=keep("forward"), bw_compiler=keep("backward"), inference_compiler=keep("inference")), dynamic=dynamic)(*inputs)
    loss = out[0] if isinstance(out, tuple) else out
    if isinstance(loss, torch.Tensor) and loss.requires_grad:
        loss.sum().backward()
    return graphs


def regions(x, w, flags):
    with torch.no_grad():
        a = x * 2
    with torch.autocast("cpu", dtype=torch.bfloat16):
        b = x @ w
    x[0, 1:] = 3
    x += 1
    parts = x.split([1, 2], 0)
    c = torch.nn.functional.pad(parts[1], (1, 2), mode="constant", value=0.5)
    d = dict(a=a, b=b.float()[..., None], c=c.sum(dim=-1, keepdim=True))
    assert x.shape[0] == 3
    return d["a"] + d["c"][:1].sum() + flags["k"][0], d["b"].to(device="cpu", dtype=torch.float64, non_blocking=True), x.argmax(1)


@case
def dynamo():
    made = {f"regions_{k}": v for k, v in dynamo_graphs(regions, torch.randn(3, 4), torch.randn(4, 4), {"k": [torch.ones(())]}).items()}
    made |= {f"attention_{k}": v for k, v in dynamo_graphs(Attention(), torch.randn(3, 4, 8)).items()}
    made |= {f"dynamic_{k}": v for k, v in dynamo_graphs(lambda x, n: (x.view(-1, x.shape[1] * n)[: x.shape[0] // 2], x.new_ones(n, x.size(0) + 1)), torch.randn(6, 4), 3, dynamic=True).items()}
    return made


@case
def aot():
    made = {f"attention_{k}": v for k, v in aot_graphs(Attention(), torch.randn(3, 4, 8)).items()}
    made |= {f"dynamic_{k}": v for k, v in aot_graphs(lambda x, w: torch.relu(x @ w).sum(0), torch.randn(6, 4, requires_grad=True), torch.randn(4, 5, requires_grad=True), dynamic=True).items()}
    with torch.no_grad():
        made |= {f"cache_{k}": v for k, v in aot_graphs(Cache(), torch.randn(2, 8), torch.tensor([1]), torch.zeros(2)).items()}
    return made


@case
def boxed():
    gm = make_fx(lambda x, y: (x + y, x * 2), tracing_mode="fake")(torch.randn(2), torch.randn(2))
    gm.graph.set_codegen(torch.fx.graph._BoxedCodeGen())
    gm.recompile()
    return gm


@case
def joint():
    """The joint graph with descriptors (expanded_def prints them)."""
    from torch._functorch.aot_autograd import aot_export_joint_with_descriptors
    model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.BatchNorm1d(4))
    with contextlib.ExitStack() as stack:
        made = aot_export_joint_with_descriptors(stack, model, (torch.randn(3, 4),))
        return made.graph_module


@more
def post_grad():
    graphs = {}
    import torch._inductor.config as config

    def keep(name):
        def run(graph):
            graphs[name + str(len(graphs))] = torch.fx.GraphModule(graph.owning_module or torch.nn.Module(), __import__("copy").deepcopy(graph))
        return run
    with config.patch(post_grad_custom_post_pass=keep("post"), post_grad_custom_pre_pass=keep("pre"), fx_graph_cache=False), torch.no_grad():
        torch.compile(Attention().eval())(torch.randn(3, 4, 8))
        torch.compile(lambda x, w: (x.index_put_((torch.tensor([0]),), w), x.sort()[0], torch.rand(4)), dynamic=True)(torch.randn(3, 4), torch.randn(4))
    return graphs


# --- higher-order operators ----------------------------------------------------------------------------------------------------------

def captured(function, *inputs, **options):
    return make_fx(function, tracing_mode="fake", **options)(*inputs)


@case
def control_flow():
    from torch._higher_order_ops.map import map as hop_map
    from torch._higher_order_ops.scan import scan
    from torch._higher_order_ops.while_loop import while_loop
    from torch._higher_order_ops.associative_scan import associative_scan
    x = torch.randn(3, 4)

    class Flow(torch.nn.Module):
        def forward(self, x):
            a = torch.cond(x.sum() > 0, lambda v: torch.cond(v.max() > 1, lambda u: u.cos(), lambda u: u.tan(), (v,)), lambda v: (v * 2).sin(), (x,))
            b = while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * 2), (torch.tensor(0), a))
            return b

    class Scans(torch.nn.Module):
        def forward(self, x):
            c = hop_map(lambda row, z: row * 2 + z, x, x[0] + 1)
            d = scan(lambda carry, row: (carry + row, carry * row), x[0].clone(), x)
            return c, d

    made = {"cond": torch.export.export(Flow(), (x,)).graph_module, "scans": torch.export.export(Scans(), (x,), strict=True).graph_module,
            "cond_aten": torch.export.export(Flow(), (x,), strict=True).run_decompositions().graph_module}
    made |= {f"associative_{k}": v for k, v in dynamo_graphs(lambda v: associative_scan(lambda a, b: a + b, v, 0, combine_mode="generic"), x).items()}
    return made


@case
def regions_of_code():
    from torch.utils.checkpoint import checkpoint
    x = torch.randn(3, 4, requires_grad=True)
    nested = torch.compiler.nested_compile_region(lambda v: v.sin() + 1) if hasattr(torch.compiler, "nested_compile_region") else torch.sin

    def function(v):
        a = checkpoint(lambda u: torch.sin(u) * 2, v, use_reentrant=False)
        return nested(nested(a)) + 1

    made = {f"dynamo_{k}": v for k, v in dynamo_graphs(function, x).items()}
    made |= {f"aot_{k}": v for k, v in aot_graphs(function, x).items()}
    return made


@case
def flex():
    from torch.nn.attention.flex_attention import create_block_mask, flex_attention
    q = torch.randn(1, 2, 128, 16)
    mask = create_block_mask(lambda b, h, i, j: i >= j, None, None, 128, 128, device="cpu")
    return dynamo_graphs(lambda q: flex_attention(q, q, q, score_mod=lambda s, b, h, i, j: s * 2 + (i - j), block_mask=mask), q)


@case
def custom_operators():
    library = torch.library.Library("printed_forms", "FRAGMENT")
    library.define("scale_(Tensor(a!) x, float by) -> ()")
    library.define("halves(Tensor(a!)[] xs, Tensor? y=None, *, str how='a', ScalarType dtype=float) -> Tensor")
    library.impl("scale_", lambda x, by: (x.mul_(by), None)[1], "CompositeExplicitAutograd")
    library.impl("halves", lambda xs, y=None, *, how="a", dtype=torch.float32: (xs[0].mul_(0.5), xs[0].clone())[1], "CompositeExplicitAutograd")
    ops = torch.ops.printed_forms

    def function(x, y):
        ops.scale_(x, 2.0)
        return ops.halves([x, y], how="it's") + x.sum()
    made = dynamo_graphs(function, torch.randn(3), torch.randn(3))
    with torch.no_grad():
        made |= {f"aot_{k}": v for k, v in aot_graphs(function, torch.randn(3), torch.randn(3)).items()}
        torch._inductor.config.enable_auto_functionalized_v2 = False
        torch._dynamo.reset()
        try:
            made |= {f"old_{k}": v for k, v in aot_graphs(function, torch.randn(3), torch.randn(3)).items()}
        finally:
            torch._inductor.config.enable_auto_functionalized_v2 = True
    KEPT.append(library)
    return made


KEPT = []


@case
def effects():
    class Prints(torch.nn.Module):
        def forward(self, x):
            torch.ops.aten._print("moo's \"x\"")
            return x + 1
    program = torch.export.export(Prints(), (torch.randn(3),))
    return {"training": program.graph_module, "aten": program.run_decompositions().graph_module}


@case
def wrapped_calls():
    from torch._higher_order_ops.hints_wrap import hints_wrapper
    from torch._higher_order_ops.out_dtype import out_dtype
    x = torch.randint(-4, 4, (3, 3), dtype=torch.int8)
    made = {"out_dtype": captured(lambda a: out_dtype(torch.ops.aten.mm.default, torch.int32, a, a), x)}
    made |= {f"hints_{k}": v for k, v in dynamo_graphs(lambda v: hints_wrapper(lambda a: a + 1, (v,), {}, hints={"outer": True, "n": 1}), torch.randn(3)).items()}
    return made


@more
def subclasses():
    from torch.testing._internal.two_tensor import TwoTensor
    x = TwoTensor(torch.randn(3), torch.randn(3))
    gm = torch.fx.symbolic_trace(lambda v: v * 2)
    for node in gm.graph.nodes:
        node.meta["val"] = x
    return gm


@case
def described():
    """Annotations of every dtype, layout and wrapper; comments of every kind."""
    gm = by_hand(lambda graph, x, y: [graph.call_function(torch.relu, (x,)) for _ in range(70)])
    values = [torch.empty(2, 3, dtype=d, device="meta") for d in (torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz, torch.float8_e8m0fnu,
              torch.float4_e2m1fn_x2, torch.complex32, torch.complex64, torch.complex128, torch.int8, torch.int16, torch.int32, torch.int64, torch.bool, torch.uint8, torch.uint16, torch.uint32, torch.uint64)]
    values += [torch.empty((), device="meta"), torch.empty(0, 3, device="meta"), torch.empty_strided((2, 3), (0, 1), device="meta"), torch.nn.Parameter(torch.empty(2, device="meta")), torch.nn.Buffer(torch.empty(2, device="meta")),
               torch.empty(2, 3).to_sparse(), torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=torch.jagged)]
    for node, value in zip([n for n in gm.graph.nodes if n.op == "call_function"], values):
        node.meta["val"] = value
        node.stack_trace = f'File "model.py", line {len(node.name)}, in forward\n    x = torch.relu(x)  # it\'s "{node.name}"'
    for node, custom in zip(gm.graph.nodes, [{"k": "v" * 50}, {"stage": 1}, {"it's": None}]):
        node.meta["custom"] = custom
    return gm
