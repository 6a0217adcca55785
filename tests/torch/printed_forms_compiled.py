"""The graphs of torch.export, Dynamo, AOT autograd and Inductor, and of the higher-order operators; registers them with printed_forms.py."""
import contextlib

import torch

from printed_forms import Attention, Cache, by_hand, case, more, make_fx


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
