"""Graphs of every kind that torch makes, for printed_forms_test.py: small models of our own, captured by every tracer.

printed_forms_compiled.py adds those of the compilers. `cases(more)` yields (name, GraphModule) pairs. A capture that this torch cannot do is yielded as (name, exception), so that the test can say so.
"""
import enum
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
