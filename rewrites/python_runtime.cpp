// The fixed parts of an exported Python module.
//
// The memory check runs at every call, so its usual path is short: one byte interval for each tensor, sorted, and only intervals that
// meet and are named by a guard go on to the exact test, which marks elements in a mask.
#include "rewrites/python_runtime.h"

namespace rewrites {

const std::string_view kPythonShapes = R"py(
_FUNCTIONS = {
    "Max": max, "Min": min, "Abs": abs,
    "Mod": lambda a, b: a % b, "PythonMod": lambda a, b: a % b, "FloorDiv": lambda a, b: a // b, "CleanDiv": lambda a, b: a // b,
    "Eq": lambda a, b: a == b, "Ne": lambda a, b: a != b, "Lt": lambda a, b: a < b, "Le": lambda a, b: a <= b,
    "Gt": lambda a, b: a > b, "Ge": lambda a, b: a >= b, "Where": lambda c, a, b: a if c else b,
    "CeilToInt": math.ceil, "ToFloat": float, "TruncToInt": int, "Pow": pow, "__builtins__": {},
}


def _value(expression, symbols):
    """The value of a sympy expression such as "2*s0 + 1"; None while a symbol of it is unknown."""
    try:
        return eval(expression, _FUNCTIONS, symbols)
    except NameError:
        return None


def _expect(symbols, name, dimension, expected, actual):
    """One size or integer: binds a symbol that is new, compares one that is known."""
    wanted = expected
    if isinstance(expected, str) and expected.isidentifier():
        wanted = symbols.setdefault(expected, actual)
    elif isinstance(expected, str):
        value = _value(expected, symbols)
        wanted = actual if value is None else value
    if wanted != actual:
        where = f"input '{name}'" if dimension is None else f"dimension {dimension} of input '{name}'"
        why = f"{expected} = {wanted} as in other inputs" if isinstance(expected, str) else wanted
        raise ValueError(f"{where} is {actual}, expected {why}")


def _check_shapes(values):
    """Types, dtypes and shapes of the inputs as the graph states them; returns the symbols."""
    symbols = {}
    later = []
    for (name, kind, shape), value in zip(_INPUTS, values):
        if isinstance(value, torch.Tensor) and value.dtype is kind and value.shape == shape or kind is None:
            continue
        if kind is int:
            if not isinstance(value, (int, float, torch.SymInt, torch.SymFloat)):
                raise TypeError(f"input '{name}' is a {type(value).__name__}, expected a number ({shape})")
            (later.append((name, None, shape, value)) if isinstance(shape, str) and not shape.isidentifier()
             else _expect(symbols, name, None, shape, value))
            continue
        if not isinstance(value, torch.Tensor):
            raise TypeError(f"input '{name}' is a {type(value).__name__}, expected a {kind} tensor")
        if value.dtype is not kind:
            raise ValueError(f"input '{name}' is {value.dtype}, expected {kind}")
        if len(value.shape) != len(shape):
            raise ValueError(f"input '{name}' has shape {list(value.shape)}, expected {len(shape)} dimensions: [{', '.join(map(str, shape))}]")
        for dimension, (expected, actual) in enumerate(zip(shape, value.shape)):
            if isinstance(expected, str) and not expected.isidentifier():
                later.append((name, dimension, expected, actual))
            else:
                _expect(symbols, name, dimension, expected, actual)
    for name, dimension, expected, actual in later:
        _expect(symbols, name, dimension, expected, actual)
    return symbols
)py";

const std::string_view kPythonMemory = R"py(
def _steps(tensor):
    """(count, step in bytes) of the dimensions that move, the bytes of an element included."""
    size = tensor.element_size()
    steps = [(n, s * size) for n, s in zip(tensor.shape, tensor.stride()) if n > 1 and s > 0]
    steps.append((size, 1))
    return steps


def _mark(mask, steps, start):
    return torch.as_strided(mask, [n for n, _ in steps], [s for _, s in steps], start)


def _share_element(a, b):
    """Exact: does some byte belong to an element of both? Their intervals overlap already."""
    first, second = _steps(a), _steps(b)
    distance = b.data_ptr() - a.data_ptr()
    # Two halves of one buffer, usually: steps that are multiples of m leave only a short run on a circle of m bytes.
    for m in {s for _, s in first + second if s > 1}:
        run = 1 + sum((n - 1) * s for n, s in first if s % m)
        other = 1 + sum((n - 1) * s for n, s in second if s % m)
        start = distance % m
        if run <= start and start + other <= m:
            return False
    unit = math.gcd(distance, a.element_size(), b.element_size(), *(s for _, s in first[:-1] + second[:-1]))
    first = [(n, s // unit) for n, s in first[:-1]] + [(first[-1][0] // unit, 1)]
    second = [(n, s // unit) for n, s in second[:-1]] + [(second[-1][0] // unit, 1)]
    distance //= unit
    ahead, behind = max(0, -distance), max(0, distance)   # where a and b begin in the mask
    length = max(start + 1 + sum((n - 1) * s for n, s in steps) for start, steps in ((ahead, first), (behind, second)))
    mask = torch.zeros(length, dtype=torch.bool)
    _mark(mask, first, ahead).fill_(True)
    return bool(_mark(mask, second, behind).any())


def _overlaps_itself(tensor):
    """Exact: do two elements share an address?"""
    steps = sorted((s, n) for n, s in zip(tensor.shape, tensor.stride()) if n > 1)
    extent = 1
    for s, n in steps:
        if s < extent:
            break
        extent += (n - 1) * s
    else:
        return False
    if tensor.numel() == 0:
        return False
    if any(s == 0 for s, _ in steps):
        return True
    mask = torch.zeros(1 + sum((n - 1) * s for s, n in steps), dtype=torch.bool)
    _mark(mask, [(n, s) for s, n in steps], 0).fill_(True)
    return int(mask.sum()) != tensor.numel()


def _check_memory(tensors):
    """What the in-place writes rely on: no element of a written input is one of an input that is read afterwards."""
    intervals = []
    for name, tensor in tensors.items():
        low = tensor.data_ptr()
        if tensor.is_contiguous():
            high = low + tensor.nbytes
        else:
            high = low + (1 + sum((n - 1) * s for n, s in zip(tensor.shape, tensor.stride()))) * tensor.element_size()
            if name in _NO_SELF_OVERLAP and _overlaps_itself(tensor):
                raise ValueError(f"two elements of input '{name}' share one address (an expanded view?), and it is written in place; "
                                 f"pass a contiguous copy")
            if tensor.numel() == 0:
                continue
        if low and high > low:   # not empty, not on the meta device
            intervals.append((low, high, name))
    intervals.sort()
    open_ones, end = [], 0
    for interval in intervals:
        low, high, name = interval
        if low >= end:   # the usual case: nothing before reaches this far
            open_ones = [interval]
            end = high
            continue
        open_ones = [other for other in open_ones if other[1] > low]
        for _, _, other in open_ones:
            if other in _DISJOINT.get(name, ()):
                written, read = name, other
            elif name in _DISJOINT.get(other, ()):
                written, read = other, name
            else:
                continue
            if tensors[name].device == tensors[other].device and _share_element(tensors[name], tensors[other]):
                raise ValueError(f"inputs '{written}' and '{read}' share memory, and '{read}' is read after '{written}' was written in place; "
                                 f"pass a copy of one of them")
        open_ones.append(interval)
        end = max(end, high)
)py";

const std::string_view kPythonStrides = R"py(
def _solve(expression, actual, symbols):
    """Binds the one unknown symbol of a linear expression; nothing when there are more, or when it does not fit."""
    unknown = [name for name in compile(expression, "stride", "eval").co_names if name not in symbols and name not in _FUNCTIONS]
    if len(unknown) != 1:
        return
    zero, one = (_value(expression, {**symbols, unknown[0]: number}) for number in (0, 1))
    if one != zero and (actual - zero) % (one - zero) == 0:
        symbols[unknown[0]] = (actual - zero) // (one - zero)


def _check_strides(tensors, symbols):
    """What the analysis relied on: where the elements of these inputs lie."""
    later = []   # strides of symbols that no size shows: they must agree among themselves
    for name, strides, offset in _STRIDES:
        tensor = tensors.get(name)
        if tensor is None or tensor.numel() == 0:
            continue
        text = f"strides [{', '.join(map(str, strides))}]" + ("" if offset is None else f" and storage offset {offset}")
        found = f"input '{name}' has strides {list(tensor.stride())}" + ("" if offset is None else f" and storage offset {tensor.storage_offset()}")
        problem = f"{found}, and this graph is right only for {text}"
        if len(strides) != tensor.dim():
            raise ValueError(problem)
        pairs = [(wanted, actual) for wanted, actual, size in zip(strides, tensor.stride(), tensor.shape) if size > 1]
        if offset is not None:
            pairs.append((offset, tensor.storage_offset()))
        for wanted, actual in pairs:
            value = _value(wanted, symbols) if isinstance(wanted, str) else wanted
            if value is None:
                later.append((wanted, actual, problem))
            elif value != actual:
                known = ", ".join(f"{k} = {v}" for k, v in sorted(symbols.items()))
                raise ValueError(problem + (f" ({known})" if isinstance(wanted, str) else ""))
    for _ in later:
        for wanted, actual, _ in later:
            _solve(wanted, actual, symbols)
    for wanted, actual, problem in later:
        value = _value(wanted, symbols)
        if value != actual:
            raise ValueError(f"{problem}: " + ("no size says what the symbols of " + wanted + " are" if value is None else f"{wanted} is {value}, not {actual}"))
)py";

const std::string_view kPythonConditions = R"py(
def _check_conditions(symbols):
    """What the graph states of its sizes and what the rewrite assumed."""
    for condition in _CONDITIONS:
        if not _value(condition, symbols):
            raise ValueError(f"this graph is made for {condition}; here {', '.join(f'{k} = {v}' for k, v in sorted(symbols.items()))}")
)py";

const std::string_view kPythonAttributes = R"py(
def _attribute(name):
    """A module global that the graph reads."""
    value = globals()[name]
    if value is None:
        raise RuntimeError(f"set {__name__}.{name} before calling forward: the graph reads it, and its data is not in the text it came from")
    return value
)py";

}  // namespace rewrites
